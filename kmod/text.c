// SPDX-License-Identifier: GPL-2.0
/*
 * Packed attributes as text: a line for each attribute, "key: value".  The items
 * of a list stand in one line; those of a nest are joined by commas.  It is
 * driven by tables, and does without a formatter: a reader waits for thousands
 * of lines.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <net/netlink.h>

#include <linux/gpushift.h>

#include "pack.h"
#include "text.h"

/**
 * enum kind - how the value of an attribute is shown
 * @KIND_NONE: not at all
 * @KIND_NUMBER: decimal, or as a word
 * @KIND_SIGNED: decimal, may be negative
 * @KIND_HEX: hexadecimal, all digits of the field's width, or as few as needed
 * @KIND_STRING: as it is
 * @KIND_ESCAPED: with what would break a line escaped
 * @KIND_NEST: its attributes, joined by commas
 */
enum kind {
	KIND_NONE,
	KIND_NUMBER,
	KIND_SIGNED,
	KIND_HEX,
	KIND_STRING,
	KIND_ESCAPED,
	KIND_NEST,
};

/**
 * struct field - how an attribute is shown
 * @key: its name, none in a nest
 * @words: words for all values there are, or NULL
 * @nest: of a nest, how all its attributes are shown
 * @absent: what is shown in a nest in which it is not, but a later one is
 * @kind: one of enum kind
 * @digits: of a hexadecimal number, or 0 for as many as needed
 */
struct field {
	const char *key;
	union {
		const char *const *words;
		const struct field *nest;
	};
	const char *absent;
	u8 kind;
	u8 digits;
};

#define NUMBER(name) { .key = name, .kind = KIND_NUMBER }
#define SIGNED(name) { .key = name, .kind = KIND_SIGNED }
#define HEX(name, width) { .key = name, .kind = KIND_HEX, .digits = width }
#define STRING(name) { .key = name, .kind = KIND_STRING }
#define ESCAPED(name) { .key = name, .kind = KIND_ESCAPED }
#define WORD(name, list) { .key = name, .kind = KIND_NUMBER, .words = list }
#define WORD_OR(word, list) \
	{ .kind = KIND_NUMBER, .words = list, .absent = word }
#define NEST(name, list) { .key = name, .kind = KIND_NEST, .nest = list }

static const char *const dma_owners[] = {
	[GPUSHIFT_DMA_OWNER_UNKNOWN] = "unknown",
	[GPUSHIFT_DMA_OWNER_NONE] = "none",
	[GPUSHIFT_DMA_OWNER_KERNEL] = "kernel",
	[GPUSHIFT_DMA_OWNER_USER] = "user",
};

static const char *const reset_methods[] = {
	[GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC] = "device_specific",
	[GPUSHIFT_RESET_METHOD_ACPI] = "acpi",
	[GPUSHIFT_RESET_METHOD_FLR] = "flr",
	[GPUSHIFT_RESET_METHOD_AF_FLR] = "af_flr",
	[GPUSHIFT_RESET_METHOD_PM] = "pm",
	[GPUSHIFT_RESET_METHOD_BUS] = "bus",
	[GPUSHIFT_RESET_METHOD_CXL_BUS] = "cxl_bus",
	[GPUSHIFT_RESET_METHOD_SLOT] = "slot",
};

static const char *const reset_states[] = {
	[GPUSHIFT_RESET_STATE_ENABLED] = "enabled",
	[GPUSHIFT_RESET_STATE_DISABLED] = "disabled",
	[GPUSHIFT_RESET_STATE_STALE] = "stale",
};

static const char *const reset_reasons[] = {
	[GPUSHIFT_RESET_REASON_NO_CAPABILITY] = "no-capability",
	[GPUSHIFT_RESET_REASON_NO_SOFT_RESET] = "no-soft-reset",
	[GPUSHIFT_RESET_REASON_QUIRK] = "quirk",
	[GPUSHIFT_RESET_REASON_NO_METHOD] = "no-method",
	[GPUSHIFT_RESET_REASON_SIBLINGS] = "siblings",
	[GPUSHIFT_RESET_REASON_ROOT_BUS] = "root-bus",
	[GPUSHIFT_RESET_REASON_NO_BRIDGE] = "no-bridge",
	[GPUSHIFT_RESET_REASON_IS_BRIDGE] = "is-bridge",
	[GPUSHIFT_RESET_REASON_NO_SLOT] = "no-slot",
	[GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET] = "slot-without-reset",
	[GPUSHIFT_RESET_REASON_NOT_CXL] = "not-cxl",
	[GPUSHIFT_RESET_REASON_OTHER_QUIRK] = "other-quirk",
};

static const char *const isolation_causes[] = {
	[GPUSHIFT_ISOLATION_CAUSE_PORT_ACS] = "port-acs",
	[GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION] = "multifunction",
	[GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS] = "dma-alias",
};

static const char *const power_states[] = {
	[GPUSHIFT_POWER_STATE_D0] = "D0",
	[GPUSHIFT_POWER_STATE_D1] = "D1",
	[GPUSHIFT_POWER_STATE_D2] = "D2",
	[GPUSHIFT_POWER_STATE_D3HOT] = "D3hot",
	[GPUSHIFT_POWER_STATE_D3COLD] = "D3cold",
	[GPUSHIFT_POWER_STATE_UNKNOWN] = "unknown",
	[GPUSHIFT_POWER_STATE_ERROR] = "error",
};

static const char *const runtime_statuses[] = {
	[GPUSHIFT_RUNTIME_STATUS_UNSUPPORTED] = "unsupported",
	[GPUSHIFT_RUNTIME_STATUS_ACTIVE] = "active",
	[GPUSHIFT_RUNTIME_STATUS_SUSPENDING] = "suspending",
	[GPUSHIFT_RUNTIME_STATUS_SUSPENDED] = "suspended",
	[GPUSHIFT_RUNTIME_STATUS_RESUMING] = "resuming",
	[GPUSHIFT_RUNTIME_STATUS_ERROR] = "error",
};

static const char *const bar_types[] = {
	[GPUSHIFT_BAR_TYPE_IO] = "io",
	[GPUSHIFT_BAR_TYPE_MEM32] = "mem32",
	[GPUSHIFT_BAR_TYPE_MEM32_PREF] = "mem32-pref",
	[GPUSHIFT_BAR_TYPE_MEM64] = "mem64",
	[GPUSHIFT_BAR_TYPE_MEM64_PREF] = "mem64-pref",
};

static const struct field reset_fields[] = {
	[GPUSHIFT_RESET_A_METHOD] = WORD(NULL, reset_methods),
	[GPUSHIFT_RESET_A_STATE] = WORD_OR("impossible", reset_states),
	[GPUSHIFT_RESET_A_REASON] = WORD(NULL, reset_reasons),
	[GPUSHIFT_RESET_A_DETAIL] = STRING(NULL),
};

static const struct field bar_fields[] = {
	[GPUSHIFT_BAR_A_INDEX] = NUMBER(NULL),
	[GPUSHIFT_BAR_A_TYPE] = WORD(NULL, bar_types),
	[GPUSHIFT_BAR_A_START] = HEX(NULL, 0),
	[GPUSHIFT_BAR_A_SIZE] = HEX(NULL, 0),
	[GPUSHIFT_BAR_A_RESIZABLE] = HEX(NULL, 0),
	[GPUSHIFT_BAR_A_CLAIMANT] = STRING(NULL),
};

static const struct field fields[GPUSHIFT_A_MAX + 1] = {
	[GPUSHIFT_A_ADDRESS] = STRING("address"),
	[GPUSHIFT_A_VENDOR_ID] = HEX("vendor-id", 4),
	[GPUSHIFT_A_DEVICE_ID] = HEX("device-id", 4),
	[GPUSHIFT_A_SUBSYSTEM_VENDOR_ID] = HEX("subsystem-vendor-id", 4),
	[GPUSHIFT_A_SUBSYSTEM_DEVICE_ID] = HEX("subsystem-device-id", 4),
	[GPUSHIFT_A_CLASS] = HEX("class", 6),
	[GPUSHIFT_A_REVISION] = HEX("revision", 2),
	[GPUSHIFT_A_DRIVER] = STRING("driver"),
	[GPUSHIFT_A_DRIVER_OVERRIDE] = ESCAPED("driver-override"),
	[GPUSHIFT_A_IOMMU_GROUP] = NUMBER("iommu-group"),
	[GPUSHIFT_A_IOMMU_GROUP_MEMBER] = STRING("iommu-group-member"),
	[GPUSHIFT_A_IOMMU_DOMAIN_TYPE] = STRING("iommu-domain-type"),
	[GPUSHIFT_A_DMA_OWNER] = WORD("dma-owner", dma_owners),
	[GPUSHIFT_A_RESET_METHOD] = STRING("reset-method"),
	[GPUSHIFT_A_RESET_BUS] = NUMBER("reset-bus"),
	[GPUSHIFT_A_RESET_SLOT] = NUMBER("reset-slot"),
	[GPUSHIFT_A_UPSTREAM_BRIDGE] = STRING("upstream-bridge"),
	[GPUSHIFT_A_BOOT_VGA] = NUMBER("boot-vga"),
	[GPUSHIFT_A_SRIOV_TOTAL] = NUMBER("sriov-total"),
	[GPUSHIFT_A_SRIOV_ENABLED] = NUMBER("sriov-enabled"),
	[GPUSHIFT_A_PHYSFN] = STRING("physfn"),
	[GPUSHIFT_A_MDEV_PARENT] = NUMBER("mdev-parent"),
	[GPUSHIFT_A_NUMA_NODE] = SIGNED("numa-node"),
	[GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE] =
		STRING("iommu-default-domain-type"),
	[GPUSHIFT_A_RESET] = NEST("reset", reset_fields),
	[GPUSHIFT_A_RESET_BUS_REASON] =
		WORD("reset-bus-reason", reset_reasons),
	[GPUSHIFT_A_RESET_BUS_DETAIL] = STRING("reset-bus-detail"),
	[GPUSHIFT_A_RESET_SCOPE] = STRING("reset-scope"),
	[GPUSHIFT_A_RESET_OUTSIDE_GROUP] = NUMBER("reset-outside-group"),
	[GPUSHIFT_A_ISOLATED] = NUMBER("isolated"),
	[GPUSHIFT_A_ISOLATION_CAUSE] =
		WORD("isolation-cause", isolation_causes),
	[GPUSHIFT_A_ISOLATION_BRIDGE] = STRING("isolation-bridge"),
	[GPUSHIFT_A_ACS_MISSING] = HEX("acs-missing", 4),
	[GPUSHIFT_A_POWER_STATE] = WORD("power-state", power_states),
	[GPUSHIFT_A_D3COLD_ALLOWED] = NUMBER("d3cold-allowed"),
	[GPUSHIFT_A_RUNTIME_CONTROL] = NUMBER("runtime-control"),
	[GPUSHIFT_A_RUNTIME_STATUS] = WORD("runtime-status", runtime_statuses),
	[GPUSHIFT_A_NO_SOFT_RESET] = NUMBER("no-soft-reset"),
	[GPUSHIFT_A_BAR] = NEST("bar", bar_fields),
	[GPUSHIFT_A_BAR_DETAIL] = NEST("bar-detail", bar_fields),
	[GPUSHIFT_A_ROM_SIZE] = NUMBER("rom-size"),
	[GPUSHIFT_A_LINK_SPEED] = NUMBER("link-speed"),
	[GPUSHIFT_A_LINK_SPEED_MAX] = NUMBER("link-speed-max"),
	[GPUSHIFT_A_LINK_WIDTH] = NUMBER("link-width"),
	[GPUSHIFT_A_LINK_WIDTH_MAX] = NUMBER("link-width-max"),
	[GPUSHIFT_A_MDEV_TYPES] = NUMBER("mdev-types"),
	[GPUSHIFT_A_CONFIG_ANSWERS] = NUMBER("config-answers"),
};

static u64 value_of(const struct nlattr *nla)
{
	switch (nla_len(nla)) {
	case sizeof(u8):
		return nla_get_u8(nla);
	case sizeof(u16):
		return nla_get_u16(nla);
	case sizeof(u32):
		return nla_get_u32(nla);
	default:
		return nla_get_u64(nla);
	}
}

static void show_hex(struct seq_file *file, unsigned int digits, u64 number)
{
	char text[2 * sizeof(number) + 1];

	if (!digits)
		digits = number ? DIV_ROUND_UP(fls64(number), 4) : 1;
	text[digits] = '\0';
	for (; digits; number >>= 4)
		text[--digits] = "0123456789abcdef"[number & 15];
	seq_puts(file, text);
}

static void show_number(struct seq_file *file, const struct field *field,
			u64 number)
{
	if (field->words)
		seq_puts(file, field->words[number]);
	else
		seq_put_decimal_ull(file, "", number);
}

/*
 * What is escaped would break a line.  Only an override can hold such: it is
 * whatever a user wrote.  The other strings are words of ours and names that
 * the kernel gave to devices and drivers.
 */
static void show_scalar(struct seq_file *file, const struct field *field,
			const struct nlattr *nla)
{
	switch (field->kind) {
	case KIND_NUMBER:
		show_number(file, field, value_of(nla));
		break;
	case KIND_SIGNED:
		seq_put_decimal_ll(file, "", nla_get_s32(nla));
		break;
	case KIND_HEX:
		show_hex(file, field->digits, value_of(nla));
		break;
	case KIND_STRING:
		seq_puts(file, nla_data(nla));
		break;
	case KIND_ESCAPED:
		seq_escape(file, nla_data(nla), "\n\\");
		break;
	}
}

static void show_absent(struct seq_file *file, const struct field *fields,
			int from, int to)
{
	for (; from < to; from++) {
		if (!fields[from].absent)
			continue;
		seq_puts(file, fields[from].absent);
		seq_putc(file, ',');
	}
}

static void show_nest(struct seq_file *file, const struct field *field,
		      const struct nlattr *nest)
{
	const struct nlattr *nla;
	int left, next = 1;

	nla_for_each_nested(nla, nest, left) {
		if (next > 1)
			seq_putc(file, ',');
		show_absent(file, field->nest, next, nla_type(nla));
		show_scalar(file, &field->nest[nla_type(nla)], nla);
		next = nla_type(nla) + 1;
	}
}

/**
 * gpushift_text_show() - show attributes as text
 * @file: where to
 * @pack: the attributes
 */
void gpushift_text_show(struct seq_file *file, const struct gpushift_pack *pack)
{
	const struct nlattr *nla;
	int left, line = GPUSHIFT_A_UNSPEC;

	nla_for_each_attr(nla, (const struct nlattr *)pack->data, pack->used,
			  left) {
		const struct field *field = &fields[nla_type(nla)];

		if (field->kind == KIND_NONE)
			continue;
		if (nla_type(nla) != line) {
			if (line != GPUSHIFT_A_UNSPEC)
				seq_putc(file, '\n');
			seq_puts(file, field->key);
			seq_putc(file, ':');
			line = nla_type(nla);
		}
		seq_putc(file, ' ');
		if (field->kind == KIND_NEST)
			show_nest(file, field, nla);
		else
			show_scalar(file, field, nla);
	}
	seq_putc(file, '\n');
}
