// SPDX-License-Identifier: GPL-2.0-or-later
/* The planner's words as the contract spells them. */
#include "plan.h"

static const char *const refusal_codes[GS_REFUSE_COUNT] = {
	[GS_REFUSE_NO_IOMMU] = "no-iommu",
	[GS_REFUSE_OUTSIDE_CARD] = "outside-card",
	[GS_REFUSE_GROUP_NOT_VIABLE] = "group-not-viable",
	[GS_REFUSE_IN_USE] = "in-use",
	[GS_REFUSE_NO_RESET] = "no-reset",
	[GS_REFUSE_NO_VGPU_TYPES] = "no-vgpu-types",
	[GS_REFUSE_TYPE_MISMATCH] = "type-mismatch",
	[GS_REFUSE_NO_CAPACITY] = "no-capacity",
	[GS_REFUSE_VGPUS_EXIST] = "vgpus-exist",
	[GS_REFUSE_VFS_ENABLED] = "vfs-enabled",
	[GS_REFUSE_DRIVER_MISSING] = "driver-missing",
	[GS_REFUSE_QUARANTINED] = "quarantined",
	[GS_REFUSE_BUSY] = "busy",
	[GS_REFUSE_NOT_PERMITTED] = "not-permitted",
	[GS_REFUSE_NO_INTERRUPT_REMAPPING] = "no-interrupt-remapping",
	[GS_REFUSE_RESERVED_REGION] = "reserved-region",
	[GS_REFUSE_LAST_DISPLAY] = "last-display",
	[GS_REFUSE_CRITICAL_DEVICE] = "critical-device",
	[GS_REFUSE_FOREIGN_OWNER] = "foreign-owner",
	[GS_REFUSE_IDENTITY_CHANGED] = "identity-changed",
	[GS_REFUSE_REBOOT_REQUIRED] = "reboot-required",
	[GS_REFUSE_UNKNOWN_CARD] = "unknown-card",
};

static const char *const op_names[GS_OP_COUNT] = {
	[GS_OP_STOP_SERVICE] = "stop-service",
	[GS_OP_LOAD_MODULE] = "load-module",
	[GS_OP_FENCE] = "fence",
	[GS_OP_HOLD_POWER] = "hold-power",
	[GS_OP_SET_OVERRIDE] = "set-override",
	[GS_OP_UNBIND] = "unbind",
	[GS_OP_PROBE] = "probe",
	[GS_OP_VERIFY_DRIVER] = "verify-driver",
	[GS_OP_VERIFY_GROUP] = "verify-group",
	[GS_OP_ENABLE_VFS] = "enable-vfs",
	[GS_OP_WAIT] = "wait",
	[GS_OP_CREATE_VGPU] = "create-vgpu",
	[GS_OP_REMOVE_VGPU] = "remove-vgpu",
	[GS_OP_DISABLE_VFS] = "disable-vfs",
	[GS_OP_UNFENCE] = "unfence",
	[GS_OP_START_SERVICE] = "start-service",
	[GS_OP_RECORD] = "record",
	[GS_OP_RESET_METHODS] = "set-reset-methods",
	[GS_OP_RESET] = "reset",
	[GS_OP_SET_DEFINITIONS] = "set-definitions",
	[GS_OP_SET_PARAMS] = "set-params",
};

static const char *const result_names[] = {
	[GS_RESULT_NOT_RUN] = "not-run",
	[GS_RESULT_DONE] = "done",
	[GS_RESULT_FAILED] = "failed",
	[GS_RESULT_UNDONE] = "undone",
};

const char *gs_refusal_code(enum gs_refusal refusal)
{
	return refusal_codes[refusal];
}

const char *gs_op_name(enum gs_op op)
{
	return op_names[op];
}

int gs_op_parse(const char *text, enum gs_op *ret)
{
	for (int op = 0; op < GS_OP_COUNT; op++) {
		if (gs_streq(text, op_names[op])) {
			*ret = op;
			return 0;
		}
	}
	return -EINVAL;
}

const char *gs_result_name(enum gs_result result)
{
	return result_names[result];
}
