// SPDX-License-Identifier: GPL-2.0-or-later
/* The module's messages, and the numbers of its protocol. */
#include <linux/gpushift.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "fixture.h"
#include "message.h"

/* The protocol is an ABI: none of these may ever change. */
_Static_assert(GPUSHIFT_CMD_FUNCTION_GET == 1 && GPUSHIFT_CMD_EVENT == 2, "commands");
_Static_assert(GPUSHIFT_A_GENERATION == 1 && GPUSHIFT_A_ADDRESS == 2, "attributes");
_Static_assert(GPUSHIFT_A_VENDOR_ID == 3 && GPUSHIFT_A_DEVICE_ID == 4, "attributes");
_Static_assert(GPUSHIFT_A_SUBSYSTEM_VENDOR_ID == 5, "attributes");
_Static_assert(GPUSHIFT_A_SUBSYSTEM_DEVICE_ID == 6, "attributes");
_Static_assert(GPUSHIFT_A_CLASS == 7 && GPUSHIFT_A_REVISION == 8, "attributes");
_Static_assert(GPUSHIFT_A_DRIVER == 9 && GPUSHIFT_A_DRIVER_OVERRIDE == 10, "attributes");
_Static_assert(GPUSHIFT_A_IOMMU_GROUP == 11 && GPUSHIFT_A_IOMMU_GROUP_MEMBER == 12, "attributes");
_Static_assert(GPUSHIFT_A_IOMMU_DOMAIN_TYPE == 13 && GPUSHIFT_A_DMA_OWNER == 14, "attributes");
_Static_assert(GPUSHIFT_A_RESET_METHOD == 15 && GPUSHIFT_A_RESET_BUS == 16, "attributes");
_Static_assert(GPUSHIFT_A_RESET_SLOT == 17 && GPUSHIFT_A_UPSTREAM_BRIDGE == 18, "attributes");
_Static_assert(GPUSHIFT_A_BOOT_VGA == 19 && GPUSHIFT_A_SRIOV_TOTAL == 20, "attributes");
_Static_assert(GPUSHIFT_A_SRIOV_ENABLED == 21 && GPUSHIFT_A_PHYSFN == 22, "attributes");
_Static_assert(GPUSHIFT_A_MDEV_PARENT == 23 && GPUSHIFT_A_NUMA_NODE == 24, "attributes");
_Static_assert(GPUSHIFT_A_ALL == 25 && GPUSHIFT_A_EVENT == 26, "attributes");
_Static_assert(GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE == 27 && GPUSHIFT_A_RESET == 28, "attributes");
_Static_assert(GPUSHIFT_A_RESET_BUS_REASON == 29 && GPUSHIFT_A_RESET_BUS_DETAIL == 30, "attributes");
_Static_assert(GPUSHIFT_A_RESET_SCOPE == 31 && GPUSHIFT_A_RESET_OUTSIDE_GROUP == 32, "attributes");
_Static_assert(GPUSHIFT_A_ISOLATED == 33 && GPUSHIFT_A_ISOLATION_CAUSE == 34, "attributes");
_Static_assert(GPUSHIFT_A_ISOLATION_BRIDGE == 35 && GPUSHIFT_A_ACS_MISSING == 36, "attributes");
_Static_assert(GPUSHIFT_A_POWER_STATE == 37 && GPUSHIFT_A_D3COLD_ALLOWED == 38, "attributes");
_Static_assert(GPUSHIFT_A_RUNTIME_CONTROL == 39 && GPUSHIFT_A_RUNTIME_STATUS == 40, "attributes");
_Static_assert(GPUSHIFT_A_NO_SOFT_RESET == 41 && GPUSHIFT_A_BAR == 42, "attributes");
_Static_assert(GPUSHIFT_A_BAR_DETAIL == 43 && GPUSHIFT_A_ROM_SIZE == 44, "attributes");
_Static_assert(GPUSHIFT_A_LINK_SPEED == 45 && GPUSHIFT_A_LINK_SPEED_MAX == 46, "attributes");
_Static_assert(GPUSHIFT_A_LINK_WIDTH == 47 && GPUSHIFT_A_LINK_WIDTH_MAX == 48, "attributes");
_Static_assert(GPUSHIFT_A_MDEV_TYPES == 49 && GPUSHIFT_A_CONFIG_ANSWERS == 50, "attributes");
_Static_assert(GPUSHIFT_RESET_METHOD_SLOT == 8 && GPUSHIFT_RESET_STATE_STALE == 4, "resets");
_Static_assert(GPUSHIFT_RESET_REASON_OTHER_QUIRK == 12, "reasons");
_Static_assert(GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS == 4 && GPUSHIFT_BAR_TYPE_MEM64_PREF == 5, "words");
_Static_assert(GPUSHIFT_POWER_STATE_ERROR == 6 && GPUSHIFT_RUNTIME_STATUS_ERROR == 5, "words");
_Static_assert(GPUSHIFT_DMA_OWNER_UNKNOWN == 0 && GPUSHIFT_DMA_OWNER_USER == 3, "owners");
_Static_assert(GPUSHIFT_EVENT_ADDED == 1 && GPUSHIFT_EVENT_NOT_BOUND == 7, "events");

static int setup(void **state)
{
	*state = nlmsg_alloc();
	return *state && nlmsg_put(*state, 0, 0, 100, 0, 0) ? 0 : -1;
}

static int teardown(void **state)
{
	nlmsg_free(*state);
	return 0;
}

static int read_function(struct nl_msg *message, struct gs_function *ret, uint32_t *generation)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	return gs_message_function(nlmsg_attrdata(header, 0), nlmsg_attrlen(header, 0), ret,
				   generation);
}

static int read_event(struct nl_msg *message, struct gs_event *ret)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	return gs_message_event(nlmsg_attrdata(header, 0), nlmsg_attrlen(header, 0), ret);
}

static void put_all(struct nl_msg *message)
{
	nla_put_u32(message, GPUSHIFT_A_GENERATION, 77);
	nla_put_string(message, GPUSHIFT_A_ADDRESS, "10000:01:00.0");
	nla_put_u16(message, GPUSHIFT_A_VENDOR_ID, 0x10de);
	nla_put_u16(message, GPUSHIFT_A_DEVICE_ID, 0x1b38);
	nla_put_u16(message, GPUSHIFT_A_SUBSYSTEM_VENDOR_ID, 0x10de);
	nla_put_u16(message, GPUSHIFT_A_SUBSYSTEM_DEVICE_ID, 0x11d9);
	nla_put_u32(message, GPUSHIFT_A_CLASS, 0x030200);
	nla_put_u8(message, GPUSHIFT_A_REVISION, 0xa1);
	nla_put_string(message, GPUSHIFT_A_DRIVER, "nvidia");
	nla_put_string(message, GPUSHIFT_A_DRIVER_OVERRIDE, "");
	nla_put_u32(message, GPUSHIFT_A_IOMMU_GROUP, 9);
	nla_put_string(message, GPUSHIFT_A_IOMMU_GROUP_MEMBER, "10000:01:00.1");
	nla_put_string(message, GPUSHIFT_A_IOMMU_GROUP_MEMBER, "10000:01:00.0");
	nla_put_string(message, GPUSHIFT_A_IOMMU_DOMAIN_TYPE, "identity");
	nla_put_u8(message, GPUSHIFT_A_DMA_OWNER, GPUSHIFT_DMA_OWNER_USER);
	nla_put_string(message, GPUSHIFT_A_RESET_METHOD, "pm");
	nla_put_string(message, GPUSHIFT_A_RESET_METHOD, "bus");
	nla_put_u8(message, GPUSHIFT_A_RESET_BUS, 1);
	nla_put_u8(message, GPUSHIFT_A_RESET_SLOT, 0);
	nla_put_string(message, GPUSHIFT_A_UPSTREAM_BRIDGE, "10000:00:01.0");
	nla_put_u8(message, GPUSHIFT_A_BOOT_VGA, 1);
	nla_put_u16(message, GPUSHIFT_A_SRIOV_TOTAL, 16);
	nla_put_u16(message, GPUSHIFT_A_SRIOV_ENABLED, 4);
	nla_put_u8(message, GPUSHIFT_A_MDEV_PARENT, 1);
	nla_put_s32(message, GPUSHIFT_A_NUMA_NODE, 1);
	/* A later module may say more. */
	nla_put_u32(message, GPUSHIFT_A_MAX + 5, 1);
}

static void every_attribute_is_read(void **state)
{
	struct gs_function function;
	uint32_t generation;

	put_all(*state);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_int_equal(generation, 77);
	assert_string_equal(function.text, "10000:01:00.0");
	assert_int_equal(function.vendor_id, 0x10de);
	assert_int_equal(function.device_id, 0x1b38);
	assert_int_equal(function.subsystem_vendor_id, 0x10de);
	assert_int_equal(function.subsystem_device_id, 0x11d9);
	assert_int_equal(function.class_code, 0x030200);
	assert_int_equal(function.revision, 0xa1);
	assert_string_equal(function.driver, "nvidia");
	assert_int_equal(function.override_known, GS_YES);
	assert_null(function.driver_override);
	assert_int_equal(function.iommu_group, 9);
	assert_string_equal(function.group_members[0], "10000:01:00.0");
	assert_string_equal(function.group_members[1], "10000:01:00.1");
	assert_string_equal(function.domain_type, "identity");
	assert_int_equal(function.dma_owner, GS_DMA_USER);
	assert_string_equal(function.reset_methods[0], "pm");
	assert_string_equal(function.reset_methods[1], "bus");
	assert_int_equal(function.bus_reset, GS_YES);
	assert_int_equal(function.slot_reset, GS_NO);
	assert_false(function.on_root_bus);
	assert_int_equal(function.bridge.domain, 0x10000);
	assert_int_equal(function.boot_vga, GS_YES);
	assert_int_equal(function.sriov_total, 16);
	assert_int_equal(function.sriov_enabled, 4);
	assert_false(function.is_vf);
	assert_true(function.mdev_parent);
	assert_int_equal(function.numa_node, 1);
	gs_function_clear(&function);
}

/* As the module leaves it out of those that are impossible. */
#define NO_STATE 0

static void put_reset(struct nl_msg *message, uint8_t method, uint8_t state, uint8_t reason,
		      const char *detail)
{
	struct nlattr *nest = nla_nest_start(message, GPUSHIFT_A_RESET);

	nla_put_u8(message, GPUSHIFT_RESET_A_METHOD, method);
	if (state)
		nla_put_u8(message, GPUSHIFT_RESET_A_STATE, state);
	if (reason)
		nla_put_u8(message, GPUSHIFT_RESET_A_REASON, reason);
	if (detail)
		nla_put_string(message, GPUSHIFT_RESET_A_DETAIL, detail);
	nla_nest_end(message, nest);
}

static void put_bars(struct nl_msg *message)
{
	struct nlattr *nest = nla_nest_start(message, GPUSHIFT_A_BAR_DETAIL);

	nla_put_u8(message, GPUSHIFT_BAR_A_INDEX, 3);
	nla_put_u64(message, GPUSHIFT_BAR_A_RESIZABLE, 0x700);
	nla_put_string(message, GPUSHIFT_BAR_A_CLAIMANT, "efi-framebuffer");
	nla_nest_end(message, nest);
	nest = nla_nest_start(message, GPUSHIFT_A_BAR);
	nla_put_u8(message, GPUSHIFT_BAR_A_INDEX, 3);
	nla_put_u8(message, GPUSHIFT_BAR_A_TYPE, GPUSHIFT_BAR_TYPE_MEM64_PREF);
	nla_put_u64(message, GPUSHIFT_BAR_A_START, 0x4000000000);
	nla_put_u64(message, GPUSHIFT_BAR_A_SIZE, 0x10000000);
	nla_nest_end(message, nest);
	nest = nla_nest_start(message, GPUSHIFT_A_BAR);
	nla_put_u8(message, GPUSHIFT_BAR_A_INDEX, 0);
	nla_put_u8(message, GPUSHIFT_BAR_A_TYPE, 77);
	nla_put_u64(message, GPUSHIFT_BAR_A_SIZE, 4096);
	nla_nest_end(message, nest);
}

static void put_facts(struct nl_msg *message)
{
	nla_put_string(message, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_string(message, GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE, "DMA-FQ");
	put_reset(message, GPUSHIFT_RESET_METHOD_SLOT, NO_STATE,
		  GPUSHIFT_RESET_REASON_NO_SLOT, NULL);
	put_reset(message, GPUSHIFT_RESET_METHOD_FLR, GPUSHIFT_RESET_STATE_ENABLED, 0, NULL);
	put_reset(message, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_STALE,
		  GPUSHIFT_RESET_REASON_SIBLINGS, "0000:01:01.0");
	/* Of a later module: a method, a state and a reason that are not known here. */
	put_reset(message, 99, GPUSHIFT_RESET_STATE_ENABLED, 0, NULL);
	put_reset(message, GPUSHIFT_RESET_METHOD_PM, 99, 0, NULL);
	put_reset(message, GPUSHIFT_RESET_METHOD_ACPI, GPUSHIFT_RESET_STATE_IMPOSSIBLE, 99, NULL);
	nla_put_u8(message, GPUSHIFT_A_RESET_BUS_REASON, GPUSHIFT_RESET_REASON_OTHER_QUIRK);
	nla_put_string(message, GPUSHIFT_A_RESET_BUS_DETAIL, "0000:00:01.0");
	nla_put_string(message, GPUSHIFT_A_RESET_SCOPE, "0000:01:01.0 0000:01:00.0");
	nla_put_u8(message, GPUSHIFT_A_RESET_OUTSIDE_GROUP, 1);
	nla_put_u8(message, GPUSHIFT_A_ISOLATION_CAUSE, GPUSHIFT_ISOLATION_CAUSE_PORT_ACS);
	nla_put_string(message, GPUSHIFT_A_ISOLATION_BRIDGE, "0000:00:01.0");
	nla_put_u16(message, GPUSHIFT_A_ACS_MISSING, 0xff01);
	nla_put_u8(message, GPUSHIFT_A_POWER_STATE, GPUSHIFT_POWER_STATE_D3COLD);
	nla_put_u8(message, GPUSHIFT_A_D3COLD_ALLOWED, 1);
	nla_put_u8(message, GPUSHIFT_A_RUNTIME_CONTROL, 0);
	nla_put_u8(message, GPUSHIFT_A_RUNTIME_STATUS, GPUSHIFT_RUNTIME_STATUS_SUSPENDED);
	nla_put_u8(message, GPUSHIFT_A_NO_SOFT_RESET, 1);
	put_bars(message);
	nla_put_u64(message, GPUSHIFT_A_ROM_SIZE, 0x20000);
	nla_put_u32(message, GPUSHIFT_A_LINK_SPEED, 2500);
	nla_put_u32(message, GPUSHIFT_A_LINK_SPEED_MAX, 16000);
	nla_put_u8(message, GPUSHIFT_A_LINK_WIDTH, 8);
	nla_put_u8(message, GPUSHIFT_A_LINK_WIDTH_MAX, 16);
	nla_put_u32(message, GPUSHIFT_A_MDEV_TYPES, 7);
	nla_put_u8(message, GPUSHIFT_A_CONFIG_ANSWERS, 0);
}

static void resets_are_read(void **state)
{
	struct gs_function function;
	const struct gs_facts *facts = &function.facts;
	uint32_t generation;

	put_facts(*state);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_string_equal(function.default_domain_type, "DMA-FQ");
	assert_int_equal(facts->n_resets, 4);
	assert_int_equal(facts->resets[0].method, GPUSHIFT_RESET_METHOD_ACPI);
	assert_int_equal(facts->resets[0].reason, GPUSHIFT_RESET_REASON_UNSPEC);
	assert_int_equal(facts->resets[1].method, GPUSHIFT_RESET_METHOD_FLR);
	assert_int_equal(facts->resets[1].state, GPUSHIFT_RESET_STATE_ENABLED);
	assert_null(facts->resets[1].detail);
	assert_int_equal(facts->resets[2].state, GPUSHIFT_RESET_STATE_STALE);
	assert_int_equal(facts->resets[2].reason, GPUSHIFT_RESET_REASON_SIBLINGS);
	assert_string_equal(facts->resets[2].detail, "0000:01:01.0");
	assert_int_equal(facts->resets[3].method, GPUSHIFT_RESET_METHOD_SLOT);
	assert_int_equal(facts->bus_reason, GPUSHIFT_RESET_REASON_OTHER_QUIRK);
	assert_string_equal(facts->bus_detail, "0000:00:01.0");
	assert_string_equal(facts->reset_scope[0], "0000:01:00.0");
	assert_string_equal(facts->reset_scope[1], "0000:01:01.0");
	assert_int_equal(facts->outside_group, GS_YES);
	assert_int_equal(facts->for_root, GS_YES);
	gs_function_clear(&function);
}

static void isolation_power_and_link_are_read(void **state)
{
	struct gs_function function;
	const struct gs_facts *facts = &function.facts;
	uint32_t generation;

	put_facts(*state);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_int_equal(facts->isolation.cause, GPUSHIFT_ISOLATION_CAUSE_PORT_ACS);
	assert_int_equal(facts->isolation.bridge.slot, 1);
	assert_true(facts->isolation.missing_known);
	assert_int_equal(facts->isolation.missing, PCI_ACS_SV);
	assert_int_equal(facts->power.state, GPUSHIFT_POWER_STATE_D3COLD);
	assert_int_equal(facts->power.d3cold_allowed, GS_YES);
	assert_int_equal(facts->power.runtime_control, GS_NO);
	assert_int_equal(facts->power.runtime_status, GPUSHIFT_RUNTIME_STATUS_SUSPENDED);
	assert_int_equal(facts->power.no_soft_reset, GS_YES);
	assert_int_equal(facts->link.speed, 2500);
	assert_int_equal(facts->link.speed_max, 16000);
	assert_int_equal(facts->link.width, 8);
	assert_int_equal(facts->link.width_max, 16);
	assert_int_equal(facts->mdev_types, 7);
	assert_int_equal(facts->config_answers, GS_NO);
	gs_function_clear(&function);
}

static void bars_are_read(void **state)
{
	struct gs_function function;
	const struct gs_facts *facts = &function.facts;
	uint32_t generation;

	put_facts(*state);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_true(facts->bars_known);
	assert_int_equal(facts->n_bars, 2);
	assert_int_equal(facts->bars[0].index, 0);
	assert_int_equal(facts->bars[0].type, GPUSHIFT_BAR_TYPE_UNSPEC);
	assert_false(facts->bars[0].has_start);
	assert_int_equal(facts->bars[0].size, 4096);
	assert_int_equal(facts->bars[1].index, 3);
	assert_int_equal(facts->bars[1].type, GPUSHIFT_BAR_TYPE_MEM64_PREF);
	assert_true(facts->bars[1].has_start);
	assert_true(facts->bars[1].start == 0x4000000000);
	assert_int_equal(facts->bars[1].size, 0x10000000);
	assert_int_equal(facts->bars[1].resizable, 0x700);
	assert_string_equal(facts->bars[1].claimant, "efi-framebuffer");
	assert_int_equal(facts->rom_size, 0x20000);
	gs_function_clear(&function);
}

/* What a plain user gets: the bits are missing, not none. */
static void what_is_for_root_is_unknown_to_others(void **state)
{
	struct gs_function function;
	uint32_t generation;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_u8(*state, GPUSHIFT_A_POWER_STATE, GPUSHIFT_POWER_STATE_D0);
	nla_put_u8(*state, GPUSHIFT_A_ISOLATION_CAUSE, GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION);
	nla_put_string(*state, GPUSHIFT_A_ISOLATION_BRIDGE, "0000:01:00.0");
	put_reset(*state, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_IMPOSSIBLE,
		  GPUSHIFT_RESET_REASON_ROOT_BUS, NULL);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_int_equal(function.facts.for_root, GS_NO);
	assert_false(function.facts.isolation.missing_known);
	assert_int_equal(function.facts.power.no_soft_reset, GS_UNKNOWN);
	assert_true(function.facts.bars_known);
	gs_function_clear(&function);
}

static void absent_attributes_are_unknown(void **state)
{
	struct gs_function function;
	uint32_t generation;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_int_equal(generation, 0);
	assert_null(function.driver);
	assert_int_equal(function.override_known, GS_UNKNOWN);
	assert_int_equal(function.iommu_group, -1);
	assert_null(function.group_members);
	assert_null(function.reset_methods);
	assert_int_equal(function.dma_owner, GS_DMA_UNKNOWN);
	assert_int_equal(function.bus_reset, GS_UNKNOWN);
	assert_int_equal(function.slot_reset, GS_UNKNOWN);
	assert_int_equal(function.boot_vga, GS_UNKNOWN);
	assert_true(function.on_root_bus);
	assert_false(function.mdev_parent);
	assert_int_equal(function.numa_node, -1);
	assert_int_equal(function.facts.n_resets, 0);
	assert_null(function.facts.reset_scope);
	assert_int_equal(function.facts.outside_group, GS_UNKNOWN);
	assert_int_equal(function.facts.isolation.cause, GPUSHIFT_ISOLATION_CAUSE_UNSPEC);
	assert_int_equal(function.facts.power.state, -1);
	assert_int_equal(function.facts.power.runtime_control, GS_UNKNOWN);
	assert_int_equal(function.facts.power.runtime_status, -1);
	assert_false(function.facts.bars_known);
	assert_int_equal(function.facts.mdev_types, -1);
	assert_int_equal(function.facts.config_answers, GS_UNKNOWN);
	assert_int_equal(function.facts.for_root, GS_UNKNOWN);
	gs_function_clear(&function);
}

static void an_override_is_kept(void **state)
{
	struct gs_function function;
	uint32_t generation;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.4");
	nla_put_string(*state, GPUSHIFT_A_DRIVER_OVERRIDE, "vfio-pci");
	nla_put_string(*state, GPUSHIFT_A_PHYSFN, "0000:01:00.0");
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_string_equal(function.driver_override, "vfio-pci");
	assert_true(function.is_vf);
	assert_int_equal(function.physfn.function, 0);
	gs_function_clear(&function);
}

static void expect_bad(struct nl_msg *message)
{
	struct gs_function function;
	struct gs_event event;
	uint32_t generation;

	assert_int_equal(read_function(message, &function, &generation), -EBADMSG);
	gs_function_clear(&function);
	assert_int_equal(read_event(message, &event), -EBADMSG);
}

static void no_address_is_refused(void **state)
{
	nla_put_u8(*state, GPUSHIFT_A_EVENT, GPUSHIFT_EVENT_BOUND);
	expect_bad(*state);
}

static void a_wrong_address_is_refused(void **state)
{
	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "../../etc/passwd");
	expect_bad(*state);
}

static void an_endless_address_is_refused(void **state)
{
	nla_put(*state, GPUSHIFT_A_ADDRESS, 12, "0000:01:00.0");
	expect_bad(*state);
}

static void short_numbers_are_refused(void **state)
{
	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_u8(*state, GPUSHIFT_A_CLASS, 3);
	expect_bad(*state);
}

static void strings_without_end_are_refused(void **state)
{
	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put(*state, GPUSHIFT_A_IOMMU_GROUP_MEMBER, 3, "abc");
	nla_put_string(*state, GPUSHIFT_A_IOMMU_GROUP_MEMBER, "0000:01:00.0");
	expect_bad(*state);
}

static void expect_bad_function(struct nl_msg *message)
{
	struct gs_function function;
	uint32_t generation;

	assert_int_equal(read_function(message, &function, &generation), -EBADMSG);
	gs_function_clear(&function);
}

static void damaged_nests_are_refused(void **state)
{
	struct nlattr *nest;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nest = nla_nest_start(*state, GPUSHIFT_A_RESET);
	nla_put(*state, GPUSHIFT_RESET_A_METHOD, 0, NULL);
	nla_nest_end(*state, nest);
	expect_bad_function(*state);
}

static void a_bar_without_number_is_refused(void **state)
{
	struct nlattr *nest;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nest = nla_nest_start(*state, GPUSHIFT_A_BAR);
	nla_put_u64(*state, GPUSHIFT_BAR_A_SIZE, 4096);
	nla_nest_end(*state, nest);
	expect_bad_function(*state);
}

static void a_wrong_culprit_is_refused(void **state)
{
	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_u8(*state, GPUSHIFT_A_ISOLATION_CAUSE, GPUSHIFT_ISOLATION_CAUSE_PORT_ACS);
	nla_put_string(*state, GPUSHIFT_A_ISOLATION_BRIDGE, "..");
	expect_bad_function(*state);
}

static void odd_values_are_unknown(void **state)
{
	struct gs_function function;
	uint32_t generation;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_u8(*state, GPUSHIFT_A_DMA_OWNER, 200);
	nla_put_u32(*state, GPUSHIFT_A_IOMMU_GROUP, UINT32_MAX);
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_int_equal(function.dma_owner, GS_DMA_UNKNOWN);
	assert_int_equal(function.iommu_group, -1);
	gs_function_clear(&function);
}

/* A newer module tells more: by attributes that are not known here, and by longer ones. */
static void what_a_newer_module_adds_is_passed_over(void **state)
{
	const uint32_t longer[2] = { 7, 1 };
	struct gs_function function;
	uint32_t generation;

	put_all(*state);
	nla_put(*state, GPUSHIFT_A_MAX + 5, sizeof(longer), longer);
	nla_put_string(*state, GPUSHIFT_A_MAX + 6, "0000:99:00.0");
	assert_int_equal(read_function(*state, &function, &generation), 0);
	assert_string_equal(function.text, "10000:01:00.0");
	gs_function_clear(&function);
	assert_true(gs_message_known(GPUSHIFT_GENL_VERSION));
	assert_false(gs_message_known(GPUSHIFT_GENL_VERSION + 1));
	assert_false(gs_message_known(0));
}

static void events_are_read(void **state)
{
	struct gs_event event;

	nla_put_u32(*state, GPUSHIFT_A_GENERATION, 5);
	nla_put_u8(*state, GPUSHIFT_A_EVENT, GPUSHIFT_EVENT_NOT_BOUND);
	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	nla_put_string(*state, GPUSHIFT_A_DRIVER, "vfio-pci");
	assert_int_equal(read_event(*state, &event), 0);
	assert_int_equal(event.kind, GS_EVENT_NOT_BOUND);
	assert_string_equal(gs_event_name(event.kind), "not-bound");
	assert_string_equal(event.address, "0000:01:00.0");
	assert_string_equal(event.driver, "vfio-pci");
	assert_string_equal(event.parent, "");
	assert_true(event.generation_known);
	assert_int_equal(event.generation, 5);
}

static void unknown_events_are_passed_over(void **state)
{
	struct gs_event event;

	nla_put_string(*state, GPUSHIFT_A_ADDRESS, "0000:01:00.0");
	assert_int_equal(read_event(*state, &event), -ENOMSG);
	nla_put_u8(*state, GPUSHIFT_A_EVENT, 99);
	assert_int_equal(read_event(*state, &event), -ENOMSG);
}

#define message_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		message_test(every_attribute_is_read),
		message_test(resets_are_read),
		message_test(isolation_power_and_link_are_read),
		message_test(bars_are_read),
		message_test(what_is_for_root_is_unknown_to_others),
		message_test(absent_attributes_are_unknown),
		message_test(an_override_is_kept),
		message_test(no_address_is_refused),
		message_test(a_wrong_address_is_refused),
		message_test(an_endless_address_is_refused),
		message_test(short_numbers_are_refused),
		message_test(strings_without_end_are_refused),
		message_test(damaged_nests_are_refused),
		message_test(a_bar_without_number_is_refused),
		message_test(a_wrong_culprit_is_refused),
		message_test(odd_values_are_unknown),
		message_test(what_a_newer_module_adds_is_passed_over),
		message_test(events_are_read),
		message_test(unknown_events_are_passed_over),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
