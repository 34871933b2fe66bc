// SPDX-License-Identifier: GPL-2.0-or-later
/* netlink.c - dumps, received as the product receives them. */
#include <err.h>
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

/* As in the product: one read takes a whole message of the kernel. */
#define BUFFER_SIZE 65536

struct shown {
	enum gpushift_attr attr;
	enum fact fact;
	const char *format;
};

static const struct shown numbers[] = {
	{ GPUSHIFT_A_VENDOR_ID, FACT_VENDOR, "0x%04llx" },
	{ GPUSHIFT_A_DEVICE_ID, FACT_DEVICE, "0x%04llx" },
	{ GPUSHIFT_A_SUBSYSTEM_VENDOR_ID, FACT_SUBSYSTEM_VENDOR, "0x%04llx" },
	{ GPUSHIFT_A_SUBSYSTEM_DEVICE_ID, FACT_SUBSYSTEM_DEVICE, "0x%04llx" },
	{ GPUSHIFT_A_CLASS, FACT_CLASS, "0x%06llx" },
	{ GPUSHIFT_A_REVISION, FACT_REVISION, "0x%02llx" },
	{ GPUSHIFT_A_IOMMU_GROUP, FACT_GROUP, "%llu" },
	{ GPUSHIFT_A_BOOT_VGA, FACT_BOOT_VGA, "%llu" },
	{ GPUSHIFT_A_SRIOV_TOTAL, FACT_SRIOV_TOTAL, "%llu" },
	{ GPUSHIFT_A_SRIOV_ENABLED, FACT_SRIOV_ENABLED, "%llu" },
	{ GPUSHIFT_A_NUMA_NODE, FACT_NUMA_NODE, "%llu" },
	{ GPUSHIFT_A_D3COLD_ALLOWED, FACT_D3COLD_ALLOWED, "%llu" },
	{ GPUSHIFT_A_LINK_WIDTH, FACT_LINK_WIDTH, "%llu" },
	{ GPUSHIFT_A_LINK_WIDTH_MAX, FACT_LINK_WIDTH_MAX, "%llu" },
	{ GPUSHIFT_A_ROM_SIZE, FACT_ROM_SIZE, "%llu" },
	{ GPUSHIFT_A_MDEV_TYPES, FACT_MDEV_TYPES, "%llu" },
};

static const char *const power_states[] = {
	"D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error",
};

static const char *const runtime_controls[] = { "on", "auto" };

static const char *const runtime_statuses[] = {
	"unsupported", "active", "suspending", "suspended", "resuming", "error",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct worded {
	enum gpushift_attr attr;
	enum fact fact;
	const char *const *words;
	size_t count;
} worded[] = {
	{ GPUSHIFT_A_POWER_STATE, FACT_POWER_STATE, power_states, ARRAY_SIZE(power_states) },
	{ GPUSHIFT_A_RUNTIME_CONTROL, FACT_RUNTIME_CONTROL, runtime_controls,
	  ARRAY_SIZE(runtime_controls) },
	{ GPUSHIFT_A_RUNTIME_STATUS, FACT_RUNTIME_STATUS, runtime_statuses,
	  ARRAY_SIZE(runtime_statuses) },
};

static const struct shown speeds[] = {
	{ GPUSHIFT_A_LINK_SPEED, FACT_LINK_SPEED, "%llu.%llu GT/s PCIe" },
	{ GPUSHIFT_A_LINK_SPEED_MAX, FACT_LINK_SPEED_MAX, "%llu.%llu GT/s PCIe" },
};

static const struct shown strings[] = {
	{ GPUSHIFT_A_DRIVER, FACT_DRIVER, NULL },
	{ GPUSHIFT_A_DRIVER_OVERRIDE, FACT_DRIVER_OVERRIDE, NULL },
	{ GPUSHIFT_A_UPSTREAM_BRIDGE, FACT_BRIDGE, NULL },
	{ GPUSHIFT_A_PHYSFN, FACT_PHYSFN, NULL },
};

static unsigned long long number_of(const struct nlattr *attr)
{
	switch (nla_len(attr)) {
	case 1:
		return nla_get_u8(attr);
	case 2:
		return nla_get_u16(attr);
	case 8:
		return nla_get_u64(attr);
	default:
		return nla_get_u32(attr);
	}
}

static void append(char *text, size_t size, const char *word, const char *after)
{
	if (strlen(text) + strlen(word) + strlen(after) >= size)
		errx(1, "%s: no room for %s", text, word);
	strcat(strcat(text, word), after);
}

static void take_words(struct function *function, struct nlattr **attrs)
{
	for (size_t i = 0; i < ARRAY_SIZE(worded); i++) {
		const struct nlattr *attr = attrs[worded[i].attr];

		if (!attr)
			continue;
		if (number_of(attr) >= worded[i].count)
			errx(1, "%s: a number without a word", function->address);
		strcpy(function->value[worded[i].fact], worded[i].words[number_of(attr)]);
	}
}

static void take_speeds(struct function *function, struct nlattr **attrs)
{
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
		const struct nlattr *attr = attrs[speeds[i].attr];

		if (attr)
			snprintf(function->value[speeds[i].fact], VALUE_SIZE, speeds[i].format,
				 number_of(attr) / 1000, number_of(attr) / 100 % 10);
	}
}

static void take_bar(struct function *function, struct nlattr *attr)
{
	struct nlattr *bar[GPUSHIFT_BAR_A_MAX + 1];
	unsigned long long start = 0;

	if (nla_parse_nested(bar, GPUSHIFT_BAR_A_MAX, attr, NULL) < 0)
		errx(1, "%s: a BAR that cannot be parsed", function->address);
	if (bar[GPUSHIFT_BAR_A_START])
		start = number_of(bar[GPUSHIFT_BAR_A_START]);
	host_add_bar(function, (unsigned int)number_of(bar[GPUSHIFT_BAR_A_INDEX]),
		     (unsigned int)number_of(bar[GPUSHIFT_BAR_A_TYPE]),
		     bar[GPUSHIFT_BAR_A_START] ? &start : NULL,
		     number_of(bar[GPUSHIFT_BAR_A_SIZE]));
}

static void take_lists(struct function *function, const struct genlmsghdr *generic)
{
	char *methods = function->value[FACT_RESET_METHODS];
	struct nlattr *attr;
	bool first = !function->group || !function->group->known;
	int left;

	nla_for_each_attr(attr, genlmsg_attrdata(generic, 0), genlmsg_attrlen(generic, 0), left) {
		if (nla_type(attr) == GPUSHIFT_A_RESET_METHOD)
			append(methods, VALUE_SIZE, nla_get_string(attr), " ");
		else if (nla_type(attr) == GPUSHIFT_A_IOMMU_GROUP_MEMBER && first)
			append(function->group->members, MEMBERS_SIZE, nla_get_string(attr), " ");
		else if (nla_type(attr) == GPUSHIFT_A_BAR)
			take_bar(function, attr);
	}
	if (*methods)
		methods[strlen(methods) - 1] = '\0';
}

static void take(struct host *host, const struct genlmsghdr *generic, struct nlattr **attrs)
{
	struct function *function = host_add(host);
	struct nlattr *attr;

	append(function->address, VALUE_SIZE, nla_get_string(attrs[GPUSHIFT_A_ADDRESS]), "");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		attr = attrs[numbers[i].attr];
		if (attr)
			snprintf(function->value[numbers[i].fact], VALUE_SIZE, numbers[i].format,
				 number_of(attr));
	}
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		attr = attrs[strings[i].attr];
		if (attr)
			append(function->value[strings[i].fact], VALUE_SIZE, nla_get_string(attr),
			       "");
	}
	if (number_of(attrs[GPUSHIFT_A_MDEV_PARENT]))
		strcpy(function->value[FACT_MDEV_PARENT], "yes");
	take_words(function, attrs);
	take_speeds(function, attrs);
	host->tells_override |= attrs[GPUSHIFT_A_DRIVER_OVERRIDE] != NULL;
	function->group = host_group(host, function);
	take_lists(function, generic);
	if (!function->group || function->group->known)
		return;
	function->group->known = true;
	attr = attrs[GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE];
	if (attr)
		append(function->group->type, VALUE_SIZE, nla_get_string(attr), "");
}

static void count_attributes(struct profile *profile, const struct genlmsghdr *generic)
{
	unsigned int words;
	struct nlattr *attr;
	int left;

	nla_for_each_attr(attr, genlmsg_attrdata(generic, 0), genlmsg_attrlen(generic, 0), left) {
		words = ((unsigned int)nla_len(attr) + 3) / 4;
		profile->attributes++;
		profile->sized[words < PROFILE_WORDS ? words : PROFILE_WORDS - 1]++;
	}
}

static int on_message(struct nl_msg *message, void *data)
{
	struct nlattr *attrs[GPUSHIFT_A_MAX + 1];
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct dump *dump = data;

	if (dump->unparsed)
		return NL_OK;
	if (genlmsg_parse(header, 0, attrs, GPUSHIFT_A_MAX, NULL) < 0)
		errx(1, "a message that cannot be parsed");
	dump->messages++;
	dump->bytes += header->nlmsg_len;
	if (dump->host)
		take(dump->host, nlmsg_data(header), attrs);
	if (dump->profile)
		count_attributes(dump->profile, nlmsg_data(header));
	return NL_OK;
}

void dump_open(struct dump *dump, const char *family)
{
	struct nl_sock *socket = nl_socket_alloc();
	int r;

	if (!socket)
		errx(1, "out of memory");
	r = genl_connect(socket);
	if (r == 0)
		r = nl_socket_set_msg_buf_size(socket, BUFFER_SIZE);
	if (r == 0)
		r = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, dump);
	if (r < 0)
		errx(1, "netlink: %s", nl_geterror(r));
	dump->socket = socket;
	dump->family = genl_ctrl_resolve(socket, family);
	if (dump->family < 0)
		errx(1, "family %s: %s", family, nl_geterror(dump->family));
}

void dump_close(struct dump *dump)
{
	nl_socket_free(dump->socket);
}

int dump_run(struct dump *dump)
{
	struct nl_msg *request = nlmsg_alloc();
	int r = -NLE_NOMEM;

	dump->messages = 0;
	dump->bytes = 0;
	if (request && genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, dump->family, 0, NLM_F_DUMP,
				   GPUSHIFT_CMD_FUNCTION_GET, GPUSHIFT_GENL_VERSION))
		r = dump->all ? nla_put_flag(request, GPUSHIFT_A_ALL) : 0;
	if (r == 0)
		r = nl_send_auto(dump->socket, request);
	nlmsg_free(request);
	return r < 0 ? r : nl_recvmsgs_default(dump->socket);
}
