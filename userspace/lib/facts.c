// SPDX-License-Identifier: GPL-2.0-or-later
/* facts.c - the words for facts of functions, and their memory. */
#include "facts.h"

static const char *const method_names[] = {
	[GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC] = "device_specific",
	[GPUSHIFT_RESET_METHOD_ACPI] = "acpi",
	[GPUSHIFT_RESET_METHOD_FLR] = "flr",
	[GPUSHIFT_RESET_METHOD_AF_FLR] = "af_flr",
	[GPUSHIFT_RESET_METHOD_PM] = "pm",
	[GPUSHIFT_RESET_METHOD_BUS] = "bus",
	[GPUSHIFT_RESET_METHOD_CXL_BUS] = "cxl_bus",
	[GPUSHIFT_RESET_METHOD_SLOT] = "slot",
};

static const char *const state_names[] = {
	[GPUSHIFT_RESET_STATE_ENABLED] = "enabled",
	[GPUSHIFT_RESET_STATE_DISABLED] = "disabled",
	[GPUSHIFT_RESET_STATE_IMPOSSIBLE] = "impossible",
	[GPUSHIFT_RESET_STATE_STALE] = "stale",
};

static const char *const reason_names[] = {
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

static const char *const cause_names[] = {
	[GPUSHIFT_ISOLATION_CAUSE_PORT_ACS] = "port-acs",
	[GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION] = "multifunction",
	[GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS] = "dma-alias",
};

static const char *const power_names[] = {
	[GPUSHIFT_POWER_STATE_D0] = "D0",
	[GPUSHIFT_POWER_STATE_D1] = "D1",
	[GPUSHIFT_POWER_STATE_D2] = "D2",
	[GPUSHIFT_POWER_STATE_D3HOT] = "D3hot",
	[GPUSHIFT_POWER_STATE_D3COLD] = "D3cold",
	[GPUSHIFT_POWER_STATE_UNKNOWN] = "unknown",
	[GPUSHIFT_POWER_STATE_ERROR] = "error",
};

static const char *const runtime_names[] = {
	[GPUSHIFT_RUNTIME_STATUS_UNSUPPORTED] = "unsupported",
	[GPUSHIFT_RUNTIME_STATUS_ACTIVE] = "active",
	[GPUSHIFT_RUNTIME_STATUS_SUSPENDING] = "suspending",
	[GPUSHIFT_RUNTIME_STATUS_SUSPENDED] = "suspended",
	[GPUSHIFT_RUNTIME_STATUS_RESUMING] = "resuming",
	[GPUSHIFT_RUNTIME_STATUS_ERROR] = "error",
};

static const char *const bar_names[] = {
	[GPUSHIFT_BAR_TYPE_IO] = "io",
	[GPUSHIFT_BAR_TYPE_MEM32] = "mem32",
	[GPUSHIFT_BAR_TYPE_MEM32_PREF] = "mem32-pref",
	[GPUSHIFT_BAR_TYPE_MEM64] = "mem64",
	[GPUSHIFT_BAR_TYPE_MEM64_PREF] = "mem64-pref",
};

static const struct {
	uint16_t bit;
	const char *name;
} acs_bits[] = {
	{ PCI_ACS_SV, "SrcValid" },
	{ PCI_ACS_RR, "ReqRedir" },
	{ PCI_ACS_CR, "CmpltRedir" },
	{ PCI_ACS_UF, "UpstreamFwd" },
};

#define WORD(table, number) ((number) < GS_ARRAY_SIZE(table) ? (table)[number] : NULL)

const char *gs_reset_method_name(unsigned int method)
{
	return WORD(method_names, method);
}

const char *gs_reset_state_name(unsigned int state)
{
	return WORD(state_names, state);
}

const char *gs_reset_reason_name(unsigned int reason)
{
	return WORD(reason_names, reason);
}

const char *gs_isolation_cause_name(unsigned int cause)
{
	return WORD(cause_names, cause);
}

const char *gs_power_state_name(int state)
{
	return state < 0 ? NULL : WORD(power_names, (size_t)state);
}

const char *gs_runtime_status_name(int status)
{
	return status < 0 ? NULL : WORD(runtime_names, (size_t)status);
}

const char *gs_bar_type_name(unsigned int type)
{
	return WORD(bar_names, type);
}

static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

int gs_reset_method_find(const char *name)
{
	return find(method_names, GS_ARRAY_SIZE(method_names), name);
}

int gs_power_state_find(const char *name)
{
	return find(power_names, GS_ARRAY_SIZE(power_names), name);
}

int gs_runtime_status_find(const char *name)
{
	return find(runtime_names, GS_ARRAY_SIZE(runtime_names), name);
}

int gs_acs_names(uint16_t bits, char ***ret)
{
	char **names = NULL;

	for (size_t i = 0; i < GS_ARRAY_SIZE(acs_bits); i++) {
		if (!(bits & acs_bits[i].bit) || gs_strv_add(&names, acs_bits[i].name) == 0)
			continue;
		gs_strv_free(names);
		return -ENOMEM;
	}
	*ret = names;
	return 0;
}

void gs_facts_init(struct gs_facts *facts)
{
	*facts = (struct gs_facts){
		.outside_group = GS_UNKNOWN,
		.power = {
			.state = -1,
			.d3cold_allowed = GS_UNKNOWN,
			.runtime_control = GS_UNKNOWN,
			.runtime_status = -1,
			.no_soft_reset = GS_UNKNOWN,
		},
		.mdev_types = -1,
		.config_answers = GS_UNKNOWN,
		.for_root = GS_UNKNOWN,
	};
}

void gs_facts_clear(struct gs_facts *facts)
{
	for (size_t i = 0; i < facts->n_resets; i++)
		free(facts->resets[i].detail);
	for (size_t i = 0; i < facts->n_bars; i++)
		free(facts->bars[i].claimant);
	free(facts->bus_detail);
	gs_strv_free(facts->reset_scope);
	*facts = (struct gs_facts){ 0 };
}

const struct gs_reset *gs_facts_reset(const struct gs_facts *facts,
				      enum gpushift_reset_method method)
{
	for (size_t i = 0; i < facts->n_resets; i++)
		if (facts->resets[i].method == method)
			return &facts->resets[i];
	return NULL;
}

int gs_facts_add_reset(struct gs_facts *facts, enum gpushift_reset_method method,
		       enum gpushift_reset_state state, enum gpushift_reset_reason reason,
		       const char *detail)
{
	struct gs_reset reset = { .method = method, .state = state, .reason = reason };
	size_t at = facts->n_resets;

	if (!gs_reset_method_name(method) || gs_facts_reset(facts, method))
		return 0;
	if (detail && *detail) {
		reset.detail = strdup(detail);
		if (!reset.detail)
			return -ENOMEM;
	}
	for (; at > 0 && facts->resets[at - 1].method > method; at--)
		facts->resets[at] = facts->resets[at - 1];
	facts->resets[at] = reset;
	facts->n_resets++;
	return 0;
}

struct gs_bar *gs_facts_bar(struct gs_facts *facts, unsigned int index)
{
	size_t at = facts->n_bars;

	if (index >= GS_BARS)
		return NULL;
	for (size_t i = 0; i < facts->n_bars; i++)
		if (facts->bars[i].index == index)
			return &facts->bars[i];
	for (; at > 0 && facts->bars[at - 1].index > index; at--)
		facts->bars[at] = facts->bars[at - 1];
	facts->bars[at] = (struct gs_bar){ .index = index };
	facts->n_bars++;
	return &facts->bars[at];
}
