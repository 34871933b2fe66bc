// SPDX-License-Identifier: GPL-2.0-or-later
/* message.c - reading the module's messages; an absent attribute is not known. */
#include "message.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>

#include "message_facts.h"

#define ADDRESS { .type = NLA_STRING, .maxlen = GPUSHIFT_ADDRESS_MAX + 1 }

static const struct nla_policy policy[GPUSHIFT_A_MAX + 1] = {
	[GPUSHIFT_A_GENERATION] = { .type = NLA_U32 },
	[GPUSHIFT_A_ADDRESS] = ADDRESS,
	[GPUSHIFT_A_VENDOR_ID] = { .type = NLA_U16 },
	[GPUSHIFT_A_DEVICE_ID] = { .type = NLA_U16 },
	[GPUSHIFT_A_SUBSYSTEM_VENDOR_ID] = { .type = NLA_U16 },
	[GPUSHIFT_A_SUBSYSTEM_DEVICE_ID] = { .type = NLA_U16 },
	[GPUSHIFT_A_CLASS] = { .type = NLA_U32 },
	[GPUSHIFT_A_REVISION] = { .type = NLA_U8 },
	[GPUSHIFT_A_DRIVER] = { .type = NLA_STRING },
	[GPUSHIFT_A_DRIVER_OVERRIDE] = { .type = NLA_STRING },
	[GPUSHIFT_A_IOMMU_GROUP] = { .type = NLA_U32 },
	[GPUSHIFT_A_IOMMU_GROUP_MEMBER] = { .type = NLA_STRING },
	[GPUSHIFT_A_IOMMU_DOMAIN_TYPE] = { .type = NLA_STRING },
	[GPUSHIFT_A_DMA_OWNER] = { .type = NLA_U8 },
	[GPUSHIFT_A_RESET_METHOD] = { .type = NLA_STRING },
	[GPUSHIFT_A_RESET_BUS] = { .type = NLA_U8 },
	[GPUSHIFT_A_RESET_SLOT] = { .type = NLA_U8 },
	[GPUSHIFT_A_UPSTREAM_BRIDGE] = ADDRESS,
	[GPUSHIFT_A_BOOT_VGA] = { .type = NLA_U8 },
	[GPUSHIFT_A_SRIOV_TOTAL] = { .type = NLA_U16 },
	[GPUSHIFT_A_SRIOV_ENABLED] = { .type = NLA_U16 },
	[GPUSHIFT_A_PHYSFN] = ADDRESS,
	[GPUSHIFT_A_MDEV_PARENT] = { .type = NLA_U8 },
	[GPUSHIFT_A_NUMA_NODE] = { .type = NLA_S32 },
	[GPUSHIFT_A_EVENT] = { .type = NLA_U8 },
	[GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE] = { .type = NLA_STRING },
	[GPUSHIFT_A_RESET] = { .type = NLA_NESTED },
	[GPUSHIFT_A_RESET_BUS_REASON] = { .type = NLA_U8 },
	[GPUSHIFT_A_RESET_BUS_DETAIL] = { .type = NLA_STRING },
	[GPUSHIFT_A_RESET_SCOPE] = { .type = NLA_STRING },
	[GPUSHIFT_A_RESET_OUTSIDE_GROUP] = { .type = NLA_U8 },
	[GPUSHIFT_A_ISOLATED] = { .type = NLA_U8 },
	[GPUSHIFT_A_ISOLATION_CAUSE] = { .type = NLA_U8 },
	[GPUSHIFT_A_ISOLATION_BRIDGE] = ADDRESS,
	[GPUSHIFT_A_ACS_MISSING] = { .type = NLA_U16 },
	[GPUSHIFT_A_POWER_STATE] = { .type = NLA_U8 },
	[GPUSHIFT_A_D3COLD_ALLOWED] = { .type = NLA_U8 },
	[GPUSHIFT_A_RUNTIME_CONTROL] = { .type = NLA_U8 },
	[GPUSHIFT_A_RUNTIME_STATUS] = { .type = NLA_U8 },
	[GPUSHIFT_A_NO_SOFT_RESET] = { .type = NLA_U8 },
	[GPUSHIFT_A_BAR] = { .type = NLA_NESTED },
	[GPUSHIFT_A_BAR_DETAIL] = { .type = NLA_NESTED },
	[GPUSHIFT_A_ROM_SIZE] = { .type = NLA_U64 },
	[GPUSHIFT_A_LINK_SPEED] = { .type = NLA_U32 },
	[GPUSHIFT_A_LINK_SPEED_MAX] = { .type = NLA_U32 },
	[GPUSHIFT_A_LINK_WIDTH] = { .type = NLA_U8 },
	[GPUSHIFT_A_LINK_WIDTH_MAX] = { .type = NLA_U8 },
	[GPUSHIFT_A_MDEV_TYPES] = { .type = NLA_U32 },
	[GPUSHIFT_A_CONFIG_ANSWERS] = { .type = NLA_U8 },
};

static const enum gs_dma_owner dma_owners[] = {
	[GPUSHIFT_DMA_OWNER_UNKNOWN] = GS_DMA_UNKNOWN,
	[GPUSHIFT_DMA_OWNER_NONE] = GS_DMA_NONE,
	[GPUSHIFT_DMA_OWNER_KERNEL] = GS_DMA_KERNEL,
	[GPUSHIFT_DMA_OWNER_USER] = GS_DMA_USER,
};

static const enum gs_event_kind event_kinds[] = {
	[GPUSHIFT_EVENT_UNSPEC] = GS_EVENT_LOST,
	[GPUSHIFT_EVENT_ADDED] = GS_EVENT_ADDED,
	[GPUSHIFT_EVENT_REMOVED] = GS_EVENT_REMOVED,
	[GPUSHIFT_EVENT_BIND] = GS_EVENT_BIND,
	[GPUSHIFT_EVENT_BOUND] = GS_EVENT_BOUND,
	[GPUSHIFT_EVENT_UNBIND] = GS_EVENT_UNBIND,
	[GPUSHIFT_EVENT_UNBOUND] = GS_EVENT_UNBOUND,
	[GPUSHIFT_EVENT_NOT_BOUND] = GS_EVENT_NOT_BOUND,
};

static const struct {
	int netlink;
	int error;
} errors[] = {
	{ NLE_NOMEM, -ENOMEM },	       { NLE_OBJ_NOTFOUND, -ENOENT }, { NLE_PERM, -EPERM },
	{ NLE_DUMP_INTR, -EINTR },     { NLE_AGAIN, -ETIMEDOUT },     { NLE_MSG_TRUNC, -EMSGSIZE },
	{ NLE_MSG_OVERFLOW, -ENOBUFS }, { NLE_NOACCESS, -EACCES },     { NLE_INVAL, -EINVAL },
};

int gs_netlink_errno(int error)
{
	if (error >= 0)
		return error;
	for (size_t i = 0; i < GS_ARRAY_SIZE(errors); i++)
		if (errors[i].netlink == -error)
			return errors[i].error;
	return -EPROTO;
}

static unsigned int number(struct nlattr *const *given, enum gpushift_attr id)
{
	struct nlattr *attribute = given[id];

	if (!attribute)
		return 0;
	switch (policy[id].type) {
	case NLA_U8:
		return nla_get_u8(attribute);
	case NLA_U16:
		return nla_get_u16(attribute);
	default:
		return nla_get_u32(attribute);
	}
}

static enum gs_known known(struct nlattr *const *given, enum gpushift_attr id)
{
	if (!given[id])
		return GS_UNKNOWN;
	return number(given, id) ? GS_YES : GS_NO;
}

/* An address that is given must be one; @ret_given says whether it is. */
static int address(struct nlattr *const *given, enum gpushift_attr id, bool *ret_given,
		   struct gs_address *ret)
{
	*ret_given = given[id];
	if (!given[id])
		return 0;
	return gs_address_parse(nla_get_string(given[id]), ret) < 0 ? -EBADMSG : 0;
}

static int string(struct nlattr *const *given, enum gpushift_attr id, char **ret)
{
	if (!given[id])
		return 0;
	*ret = strdup(nla_get_string(given[id]));
	return *ret ? 0 : -ENOMEM;
}

static int list(struct nlattr *attributes, int length, enum gpushift_attr id, char ***ret)
{
	struct nlattr *attribute;
	int rest, r;

	nla_for_each_attr(attribute, attributes, length, rest) {
		if (nla_type(attribute) != (int)id)
			continue;
		r = gs_strv_add(ret, nla_get_string(attribute));
		if (r < 0)
			return r;
	}
	return 0;
}

/* One string, whose words are the items. */
static int words(struct nlattr *const *given, enum gpushift_attr id, char ***ret)
{
	char *copy = NULL, *rest;
	int r = string(given, id, &copy);

	for (char *word = copy ? strtok_r(copy, " ", &rest) : NULL; word && r == 0;
	     word = strtok_r(NULL, " ", &rest))
		r = gs_strv_add(ret, word);
	free(copy);
	return r;
}

static void read_numbers(struct nlattr *const *given, struct gs_function *function)
{
	unsigned int owner = number(given, GPUSHIFT_A_DMA_OWNER);

	function->vendor_id = (uint16_t)number(given, GPUSHIFT_A_VENDOR_ID);
	function->device_id = (uint16_t)number(given, GPUSHIFT_A_DEVICE_ID);
	function->subsystem_vendor_id = (uint16_t)number(given, GPUSHIFT_A_SUBSYSTEM_VENDOR_ID);
	function->subsystem_device_id = (uint16_t)number(given, GPUSHIFT_A_SUBSYSTEM_DEVICE_ID);
	function->class_code = number(given, GPUSHIFT_A_CLASS) & 0xffffff;
	function->revision = (uint8_t)number(given, GPUSHIFT_A_REVISION);
	function->sriov_total = number(given, GPUSHIFT_A_SRIOV_TOTAL);
	function->sriov_enabled = number(given, GPUSHIFT_A_SRIOV_ENABLED);
	function->bus_reset = known(given, GPUSHIFT_A_RESET_BUS);
	function->slot_reset = known(given, GPUSHIFT_A_RESET_SLOT);
	function->boot_vga = known(given, GPUSHIFT_A_BOOT_VGA);
	function->mdev_parent = known(given, GPUSHIFT_A_MDEV_PARENT) == GS_YES;
	if (owner < GS_ARRAY_SIZE(dma_owners))
		function->dma_owner = dma_owners[owner];
	if (given[GPUSHIFT_A_IOMMU_GROUP] && number(given, GPUSHIFT_A_IOMMU_GROUP) <= INT32_MAX)
		function->iommu_group = (int)number(given, GPUSHIFT_A_IOMMU_GROUP);
	if (given[GPUSHIFT_A_NUMA_NODE])
		function->numa_node = nla_get_s32(given[GPUSHIFT_A_NUMA_NODE]);
}

/* An empty override says that none is set; none at all, that it is not known. */
static int read_override(struct nlattr *const *given, struct gs_function *function)
{
	struct nlattr *attribute = given[GPUSHIFT_A_DRIVER_OVERRIDE];

	function->override_known = attribute ? GS_YES : GS_UNKNOWN;
	if (!attribute || !*nla_get_string(attribute))
		return 0;
	return string(given, GPUSHIFT_A_DRIVER_OVERRIDE, &function->driver_override);
}

static int read_texts(struct nlattr *const *given, struct gs_function *function)
{
	bool has_bridge;
	int r;

	r = address(given, GPUSHIFT_A_UPSTREAM_BRIDGE, &has_bridge, &function->bridge);
	function->on_root_bus = !has_bridge;
	if (r == 0)
		r = address(given, GPUSHIFT_A_PHYSFN, &function->is_vf, &function->physfn);
	if (r == 0)
		r = string(given, GPUSHIFT_A_DRIVER, &function->driver);
	if (r == 0)
		r = string(given, GPUSHIFT_A_IOMMU_DOMAIN_TYPE, &function->domain_type);
	if (r == 0)
		r = string(given, GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE,
			   &function->default_domain_type);
	return r < 0 ? r : read_override(given, function);
}

/* New attributes are passed over and need no other version; another one means something else by the old ones. */
bool gs_message_known(unsigned int version)
{
	return version == GPUSHIFT_GENL_VERSION;
}

int gs_message_function(struct nlattr *attributes, int length, struct gs_function *ret,
			uint32_t *ret_generation)
{
	struct nlattr *given[GPUSHIFT_A_MAX + 1];
	struct gs_address at;
	bool has_address;
	int r;

	*ret = (struct gs_function){ 0 };
	if (nla_parse(given, GPUSHIFT_A_MAX, attributes, length, policy) < 0 ||
	    address(given, GPUSHIFT_A_ADDRESS, &has_address, &at) < 0 || !has_address)
		return -EBADMSG;
	gs_function_init(ret, &at);
	read_numbers(given, ret);
	r = read_texts(given, ret);
	if (r == 0)
		r = list(attributes, length, GPUSHIFT_A_IOMMU_GROUP_MEMBER, &ret->group_members);
	if (r == 0)
		r = list(attributes, length, GPUSHIFT_A_RESET_METHOD, &ret->reset_methods);
	if (r == 0)
		r = words(given, GPUSHIFT_A_RESET_SCOPE, &ret->facts.reset_scope);
	if (r == 0)
		r = gs_message_facts(given, &ret->facts);
	if (r == 0)
		r = gs_message_nests(attributes, length, &ret->facts);
	if (r < 0)
		return r;
	gs_address_sort(ret->group_members);
	gs_address_sort(ret->facts.reset_scope);
	*ret_generation = number(given, GPUSHIFT_A_GENERATION);
	return 0;
}

int gs_message_event(struct nlattr *attributes, int length, struct gs_event *ret)
{
	struct nlattr *given[GPUSHIFT_A_MAX + 1];
	struct gs_event event = { 0 };
	struct gs_address at;
	bool has_address;
	unsigned int kind;

	if (nla_parse(given, GPUSHIFT_A_MAX, attributes, length, policy) < 0 ||
	    address(given, GPUSHIFT_A_ADDRESS, &has_address, &at) < 0 || !has_address)
		return -EBADMSG;
	kind = number(given, GPUSHIFT_A_EVENT);
	if (kind == GPUSHIFT_EVENT_UNSPEC || kind >= GS_ARRAY_SIZE(event_kinds))
		return -ENOMSG;
	event.kind = event_kinds[kind];
	gs_address_format(&at, event.address);
	if (given[GPUSHIFT_A_DRIVER])
		snprintf(event.driver, sizeof(event.driver), "%s",
			 nla_get_string(given[GPUSHIFT_A_DRIVER]));
	event.generation_known = given[GPUSHIFT_A_GENERATION];
	event.generation = number(given, GPUSHIFT_A_GENERATION);
	*ret = event;
	return 0;
}
