// SPDX-License-Identifier: GPL-2.0-or-later
/* module.c - what the module says by netlink, as text in the words of the protocol. */
#include <err.h>
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"

static const char *const owners[] = {"unknown", "none", "kernel", "user"};
static const char *const states[] = {NULL, "enabled", "disabled", "impossible", "stale"};
static const char *const reasons[] = {
	NULL,	       "no-capability", "no-soft-reset",      "quirk",
	"no-method",   "siblings",	"root-bus",	      "no-bridge",
	"is-bridge",   "no-slot",	"slot-without-reset", "not-cxl",
	"other-quirk",
};
static const char *const causes[] = {
	NULL, "port-acs", "conventional-bridge", "multifunction", "dma-alias",
};
static const char *const powers[] = {"D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error"};
static const char *const runtimes[] = {
	"unsupported", "active", "suspending", "suspended", "resuming", "error",
};
static const char *const bar_types[] = {
	NULL, "io", "mem32", "mem32-pref", "mem64", "mem64-pref",
};

enum kind { UNSIGNED, SIGNED, HEX, STRING, LIST, WORD };

/* Attributes that are one fact each. */
static const struct simple {
	unsigned int attr, fact;
	enum kind kind;
	unsigned int count;
	const char *const *words;
} simple[] = {
	{GPUSHIFT_A_VENDOR_ID, FACT_VENDOR_ID, HEX, 4, NULL},
	{GPUSHIFT_A_DEVICE_ID, FACT_DEVICE_ID, HEX, 4, NULL},
	{GPUSHIFT_A_SUBSYSTEM_VENDOR_ID, FACT_SUBSYSTEM_VENDOR_ID, HEX, 4, NULL},
	{GPUSHIFT_A_SUBSYSTEM_DEVICE_ID, FACT_SUBSYSTEM_DEVICE_ID, HEX, 4, NULL},
	{GPUSHIFT_A_CLASS, FACT_CLASS, HEX, 6, NULL},
	{GPUSHIFT_A_REVISION, FACT_REVISION, HEX, 2, NULL},
	{GPUSHIFT_A_DRIVER, FACT_DRIVER, STRING, 0, NULL},
	{GPUSHIFT_A_DRIVER_OVERRIDE, FACT_DRIVER_OVERRIDE, STRING, 0, NULL},
	{GPUSHIFT_A_IOMMU_GROUP, FACT_IOMMU_GROUP, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_IOMMU_GROUP_MEMBER, FACT_IOMMU_GROUP_MEMBER, LIST, 0, NULL},
	{GPUSHIFT_A_IOMMU_DOMAIN_TYPE, FACT_IOMMU_DOMAIN_TYPE, STRING, 0, NULL},
	{GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE, FACT_IOMMU_DEFAULT_DOMAIN_TYPE, STRING, 0, NULL},
	{GPUSHIFT_A_DMA_OWNER, FACT_DMA_OWNER, WORD, ARRAY_SIZE(owners), owners},
	{GPUSHIFT_A_RESET_METHOD, FACT_RESET_METHOD, LIST, 0, NULL},
	{GPUSHIFT_A_RESET_BUS, FACT_RESET_BUS, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_RESET_SLOT, FACT_RESET_SLOT, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_UPSTREAM_BRIDGE, FACT_UPSTREAM_BRIDGE, STRING, 0, NULL},
	{GPUSHIFT_A_BOOT_VGA, FACT_BOOT_VGA, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_SRIOV_TOTAL, FACT_SRIOV_TOTAL, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_SRIOV_ENABLED, FACT_SRIOV_ENABLED, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_PHYSFN, FACT_PHYSFN, STRING, 0, NULL},
	{GPUSHIFT_A_MDEV_PARENT, FACT_MDEV_PARENT, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_MDEV_TYPES, FACT_MDEV_TYPES, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_NUMA_NODE, FACT_NUMA_NODE, SIGNED, 0, NULL},
	{GPUSHIFT_A_RESET_BUS_REASON, FACT_RESET_BUS_REASON, WORD, ARRAY_SIZE(reasons), reasons},
	{GPUSHIFT_A_RESET_BUS_DETAIL, FACT_RESET_BUS_DETAIL, STRING, 0, NULL},
	{GPUSHIFT_A_RESET_SCOPE, FACT_RESET_SCOPE, LIST, 0, NULL},
	{GPUSHIFT_A_RESET_OUTSIDE_GROUP, FACT_RESET_OUTSIDE_GROUP, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_ISOLATED, FACT_ISOLATED, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_ACS_MISSING, FACT_ACS_MISSING, HEX, 4, NULL},
	{GPUSHIFT_A_POWER_STATE, FACT_POWER_STATE, WORD, ARRAY_SIZE(powers), powers},
	{GPUSHIFT_A_D3COLD_ALLOWED, FACT_D3COLD_ALLOWED, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_RUNTIME_CONTROL, FACT_RUNTIME_CONTROL, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_RUNTIME_STATUS, FACT_RUNTIME_STATUS, WORD, ARRAY_SIZE(runtimes), runtimes},
	{GPUSHIFT_A_NO_SOFT_RESET, FACT_NO_SOFT_RESET, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_ROM_SIZE, FACT_ROM_SIZE, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_LINK_SPEED, FACT_LINK_SPEED, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_LINK_SPEED_MAX, FACT_LINK_SPEED_MAX, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_LINK_WIDTH, FACT_LINK_WIDTH, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_LINK_WIDTH_MAX, FACT_LINK_WIDTH_MAX, UNSIGNED, 0, NULL},
	{GPUSHIFT_A_CONFIG_ANSWERS, FACT_CONFIG_ANSWERS, UNSIGNED, 0, NULL},
};

static unsigned long long number_of(const struct nlattr *attr)
{
	unsigned long long number = 0;

	if (nla_len(attr) > (int)sizeof(number))
		errx(2, "an attribute %d of %d bytes is no number", nla_type(attr), nla_len(attr));
	memcpy(&number, nla_data(attr), (size_t)nla_len(attr));
	return number;
}

static const char *word_of(const struct nlattr *attr, const char *const *words, size_t count)
{
	unsigned long long number = number_of(attr);

	if (number >= count || !words[number])
		errx(2, "attribute %d has the value %llu, for which there is no word",
		     nla_type(attr), number);
	return words[number];
}

static void take_simple(char **fact, const struct simple *known, struct nlattr *attr)
{
	switch (known->kind) {
	case UNSIGNED:
		put(fact, "%llu", number_of(attr));
		break;
	case SIGNED:
		put(fact, "%d", (int)number_of(attr));
		break;
	case HEX:
		put(fact, "%0*llx", (int)known->count, number_of(attr));
		break;
	case STRING:
		put(fact, "%s", nla_get_string(attr));
		break;
	case LIST:
		put_item(fact, nla_get_string(attr), ' ');
		break;
	case WORD:
		put(fact, "%s", word_of(attr, known->words, known->count));
		break;
	}
}

static void take_reset(struct function *function, struct nlattr *nest)
{
	struct nlattr *parts[GPUSHIFT_RESET_A_MAX + 1];
	unsigned long long method;
	char **fact;

	if (nla_parse_nested(parts, GPUSHIFT_RESET_A_MAX, nest, NULL) < 0 ||
	    !parts[GPUSHIFT_RESET_A_METHOD])
		errx(2, "%s: a RESET without method", function->address);
	method = number_of(parts[GPUSHIFT_RESET_A_METHOD]);
	if (method < 1 || method > RESET_METHODS)
		errx(2, "%s: RESET of method %llu", function->address, method);
	fact = &function->ours[FACT_RESET + method - 1];
	if (*fact)
		errx(2, "%s: RESET of method %llu twice", function->address, method);
	put(fact, "%s",
	    parts[GPUSHIFT_RESET_A_STATE] ?
		    word_of(parts[GPUSHIFT_RESET_A_STATE], states, ARRAY_SIZE(states)) :
		    "impossible");
	if (parts[GPUSHIFT_RESET_A_REASON])
		put_item(fact,
			 word_of(parts[GPUSHIFT_RESET_A_REASON], reasons, ARRAY_SIZE(reasons)),
			 ',');
	if (parts[GPUSHIFT_RESET_A_DETAIL])
		put_item(fact, nla_get_string(parts[GPUSHIFT_RESET_A_DETAIL]), ',');
}

static void put_hex(char **fact, struct nlattr *attr)
{
	char text[32];

	snprintf(text, sizeof(text), "%llx", number_of(attr));
	put_item(fact, text, ',');
}

static void take_bar(struct function *function, struct nlattr *nest, unsigned int first)
{
	struct nlattr *parts[GPUSHIFT_BAR_A_MAX + 1];
	unsigned long long index;
	char **fact;

	if (nla_parse_nested(parts, GPUSHIFT_BAR_A_MAX, nest, NULL) < 0 ||
	    !parts[GPUSHIFT_BAR_A_INDEX])
		errx(2, "%s: a BAR without number", function->address);
	index = number_of(parts[GPUSHIFT_BAR_A_INDEX]);
	if (index >= BARS)
		errx(2, "%s: BAR %llu", function->address, index);
	fact = &function->ours[first + index];
	if (*fact)
		errx(2, "%s: BAR %llu twice", function->address, index);
	if (parts[GPUSHIFT_BAR_A_TYPE])
		put_item(fact,
			 word_of(parts[GPUSHIFT_BAR_A_TYPE], bar_types, ARRAY_SIZE(bar_types)),
			 ',');
	if (parts[GPUSHIFT_BAR_A_START])
		put_hex(fact, parts[GPUSHIFT_BAR_A_START]);
	if (parts[GPUSHIFT_BAR_A_SIZE])
		put_hex(fact, parts[GPUSHIFT_BAR_A_SIZE]);
	if (parts[GPUSHIFT_BAR_A_RESIZABLE])
		put_hex(fact, parts[GPUSHIFT_BAR_A_RESIZABLE]);
	if (parts[GPUSHIFT_BAR_A_CLAIMANT])
		put_item(fact, nla_get_string(parts[GPUSHIFT_BAR_A_CLAIMANT]), ',');
}

static void take_isolation(struct function *function, struct nlattr **attrs)
{
	char **fact = &function->ours[FACT_ISOLATION];

	if (attrs[GPUSHIFT_A_ISOLATION_CAUSE])
		put_item(fact,
			 word_of(attrs[GPUSHIFT_A_ISOLATION_CAUSE], causes, ARRAY_SIZE(causes)),
			 ' ');
	if (attrs[GPUSHIFT_A_ISOLATION_BRIDGE])
		put_item(fact, nla_get_string(attrs[GPUSHIFT_A_ISOLATION_BRIDGE]), ' ');
}

static void take_attribute(struct function *function, struct nlattr *attr)
{
	if (nla_type(attr) == GPUSHIFT_A_RESET)
		take_reset(function, attr);
	else if (nla_type(attr) == GPUSHIFT_A_BAR)
		take_bar(function, attr, FACT_BAR);
	else if (nla_type(attr) == GPUSHIFT_A_BAR_DETAIL)
		take_bar(function, attr, FACT_BAR_DETAIL);
	for (size_t i = 0; i < ARRAY_SIZE(simple); i++)
		if (nla_type(attr) == (int)simple[i].attr)
			take_simple(&function->ours[simple[i].fact], &simple[i], attr);
}

/* What follows from the others: whether one of its own methods works. */
static void take_function_reset(struct function *function)
{
	bool works = false;

	for (unsigned int method = 0; method < RESET_METHODS - 1; method++)
		works |= function->ours[FACT_RESET + method] &&
			 !strcmp(function->ours[FACT_RESET + method], "enabled");
	put(&function->ours[FACT_FUNCTION_RESET], "%d", works);
}

struct dump {
	struct host *host;
	bool all;
};

static int on_message(struct nl_msg *message, void *data)
{
	const struct genlmsghdr *generic = nlmsg_data(nlmsg_hdr(message));
	struct nlattr *attrs[GPUSHIFT_A_MAX + 1], *attr;
	struct dump *dump = data;
	struct function *function;
	int left;

	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, GPUSHIFT_A_MAX, NULL) < 0 ||
	    !attrs[GPUSHIFT_A_ADDRESS])
		errx(2, "a message that cannot be parsed");
	function = host_find(dump->host, nla_get_string(attrs[GPUSHIFT_A_ADDRESS]));
	if (!function)
		errx(1, "%s is in the dump, and not in sysfs",
		     nla_get_string(attrs[GPUSHIFT_A_ADDRESS]));
	if (!dump->all) {
		put(&function->ours[FACT_IN_SCOPE], "1");
		return NL_OK;
	}
	nla_for_each_attr(attr, genlmsg_attrdata(generic, 0), genlmsg_attrlen(generic, 0), left)
		take_attribute(function, attr);
	take_isolation(function, attrs);
	take_function_reset(function);
	put(&function->ours[FACT_IN_SCOPE], "0");
	dump->host->tells_override |= attrs[GPUSHIFT_A_DRIVER_OVERRIDE] != NULL;
	return NL_OK;
}

/* All functions, those in scope, or one. */
static void run(struct nl_sock *socket, int family, bool all, const char *address)
{
	struct nl_msg *request = nlmsg_alloc();
	int r = -NLE_NOMEM;

	if (request &&
	    genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, address ? 0 : NLM_F_DUMP,
			GPUSHIFT_CMD_FUNCTION_GET, GPUSHIFT_GENL_VERSION))
		r = address ? nla_put_string(request, GPUSHIFT_A_ADDRESS, address)
		    : all   ? nla_put_flag(request, GPUSHIFT_A_ALL)
			    : 0;
	if (r == 0)
		r = nl_send_auto(socket, request);
	nlmsg_free(request);
	/* What answers a single question is followed by an acknowledgment. */
	if (r >= 0)
		r = nl_recvmsgs_default(socket);
	if (r >= 0 && address)
		r = nl_wait_for_ack(socket);
	if (r < 0)
		errx(2, "asking: %s", nl_geterror(r));
}

static struct nl_sock *open_socket(int *family)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket || genl_connect(socket) < 0 || nl_socket_set_msg_buf_size(socket, 65536) < 0)
		errx(2, "netlink");
	*family = genl_ctrl_resolve(socket, GPUSHIFT_GENL_NAME);
	if (*family < 0)
		errx(2, "the module is not there");
	return socket;
}

struct asked {
	char addresses[MAX_FUNCTIONS][20];
	unsigned int answers;
};

static int on_answer(struct nl_msg *message, void *data)
{
	struct nlattr *address =
		nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN, GPUSHIFT_A_ADDRESS);
	struct asked *asked = data;

	if (!address)
		errx(2, "a message that cannot be parsed");
	if (asked->answers < MAX_FUNCTIONS)
		snprintf(asked->addresses[asked->answers], sizeof(asked->addresses[0]), "%s",
			 nla_get_string(address));
	asked->answers++;
	return NL_OK;
}

static void read_text(void)
{
	FILE *file = fopen("/proc/gpushift", "re");
	char buffer[4096];

	if (!file)
		err(2, "/proc/gpushift");
	while (fread(buffer, 1, sizeof(buffer), file) > 0)
		;
	if (ferror(file))
		err(2, "/proc/gpushift");
	fclose(file);
}

unsigned int module_ask(void)
{
	static struct asked asked;
	unsigned int functions;
	int family;
	struct nl_sock *socket = open_socket(&family);

	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_answer, &asked);
	run(socket, family, true, NULL);
	functions = asked.answers;
	for (unsigned int i = 0; i < functions && i < MAX_FUNCTIONS; i++)
		run(socket, family, false, asked.addresses[i]);
	run(socket, family, false, NULL);
	nl_socket_free(socket);
	read_text();
	return asked.answers;
}

void module_dump(struct host *host)
{
	struct dump dump = {.host = host, .all = true};
	int family;
	struct nl_sock *socket = open_socket(&family);

	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, &dump);
	run(socket, family, true, NULL);
	dump.all = false;
	run(socket, family, false, NULL);
	nl_socket_free(socket);
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *function = &host->functions[i];

		if (!function->ours[FACT_IN_SCOPE])
			errx(1, "%s is in sysfs, and not in the dump", function->address);
		sort_items(&function->ours[FACT_IOMMU_GROUP_MEMBER]);
		sort_items(&function->ours[FACT_RESET_SCOPE]);
	}
}
