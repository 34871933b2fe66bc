// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysfs_resets.c - what sysfs tells of reset methods. Of one that is possible
 * and not enabled it does not tell whether a quirk or the administrator took
 * it away: such a method is not mentioned.
 */
#include "sysfs_facts.h"

struct barrier {
	enum gpushift_reset_reason reason;
	char detail[GS_ADDRESS_LEN];
};

static bool in_slot(const struct gs_scope_entry *entry, char *const *slots)
{
	char text[GS_ADDRESS_LEN];

	gs_address_format(&entry->address, text);
	*strrchr(text, '.') = '\0';
	return gs_strv_has(slots, text);
}

/* Of the drivers of slots, only that of PCI Express ports can reset one. */
static bool slot_may_have_reset(const struct gs_scope_entry *entry, char *const *slots)
{
	if (!in_slot(entry, slots))
		return false;
	return !entry->above || !entry->above->config.known ||
	       gs_config_is_port(&entry->above->config);
}

/* The first other function on the bus; VFs count when they are on it. */
static const struct gs_scope_entry *sibling(const struct gs_scope *scope,
					    const struct gs_scope_entry *entry)
{
	for (size_t i = 0; i < scope->n_entries; i++) {
		const struct gs_scope_entry *other = &scope->entries[i];

		if (other != entry && other->above == entry->above && other->above)
			return other;
	}
	return NULL;
}

/* Why the bus that the function is on cannot be reset at all. */
static enum gpushift_reset_reason no_bus_reset(const struct gs_scope_entry *entry)
{
	if (entry->has_bridge)
		return GPUSHIFT_RESET_REASON_UNSPEC;
	if (entry->is_vf && entry->address.bus != entry->physfn.bus)
		return GPUSHIFT_RESET_REASON_NO_BRIDGE;
	return GPUSHIFT_RESET_REASON_ROOT_BUS;
}

/* The method "bus" is for what is alone on its bus. */
static struct barrier judge_bus(const struct gs_scope *scope, const struct gs_scope_entry *entry)
{
	struct barrier barrier = { .reason = no_bus_reset(entry) };
	const struct gs_scope_entry *other;

	if (barrier.reason && barrier.reason != GPUSHIFT_RESET_REASON_NO_BRIDGE)
		return barrier;
	if (gs_scope_is_bridge(entry))
		barrier.reason = GPUSHIFT_RESET_REASON_IS_BRIDGE;
	if (barrier.reason)
		return barrier;
	other = sibling(scope, entry);
	if (!other)
		return barrier;
	barrier.reason = GPUSHIFT_RESET_REASON_SIBLINGS;
	gs_address_format(&other->address, barrier.detail);
	return barrier;
}

static int add_bus(const struct gs_scope *scope, const struct gs_scope_entry *entry,
		   char *const *slots, struct gs_function *function)
{
	struct barrier barrier = judge_bus(scope, entry);
	bool enabled = gs_strv_has(function->reset_methods, "bus");
	enum gpushift_reset_state state = enabled ? GPUSHIFT_RESET_STATE_STALE
						  : GPUSHIFT_RESET_STATE_IMPOSSIBLE;

	/* The kernel takes the slot, if that can be reset; sysfs does not tell. */
	if (barrier.reason && slot_may_have_reset(entry, slots) &&
	    !(entry->config.answers == GS_YES && entry->config.multifunction))
		barrier = (struct barrier){ 0 };
	if (!barrier.reason && !enabled)
		return 0;
	if (!barrier.reason)
		state = GPUSHIFT_RESET_STATE_ENABLED;
	return gs_facts_add_reset(&function->facts, GPUSHIFT_RESET_METHOD_BUS, state,
				  barrier.reason, barrier.detail);
}

static int add_enabled(struct gs_function *function)
{
	int r = 0;

	for (char **method = function->reset_methods; method && *method && r == 0; method++) {
		int number = gs_reset_method_find(*method);

		if (number > 0 && number != GPUSHIFT_RESET_METHOD_BUS)
			r = gs_facts_add_reset(&function->facts,
					       (enum gpushift_reset_method)number,
					       GPUSHIFT_RESET_STATE_ENABLED,
					       GPUSHIFT_RESET_REASON_UNSPEC, NULL);
	}
	return r;
}

static int add_impossible(struct gs_function *function, enum gpushift_reset_method method,
			  enum gpushift_reset_reason reason)
{
	if (!reason)
		return 0;
	return gs_facts_add_reset(&function->facts, method, GPUSHIFT_RESET_STATE_IMPOSSIBLE, reason,
				  NULL);
}

/* After the enabled ones: what was added first stays. */
static int add_capabilities(const struct gs_config *config, struct gs_function *function)
{
	enum gpushift_reset_reason no = GPUSHIFT_RESET_REASON_NO_CAPABILITY;
	enum gpushift_reset_reason pm = config->no_soft_reset
						? GPUSHIFT_RESET_REASON_NO_SOFT_RESET
						: GPUSHIFT_RESET_REASON_UNSPEC;
	int r;

	if (!config->known)
		return 0;
	r = add_impossible(function, GPUSHIFT_RESET_METHOD_FLR, config->flr ? 0 : no);
	if (r == 0)
		r = add_impossible(function, GPUSHIFT_RESET_METHOD_AF_FLR, config->af_flr ? 0 : no);
	if (r == 0)
		r = add_impossible(function, GPUSHIFT_RESET_METHOD_PM, config->has_pm ? pm : no);
	return r;
}

static int add_slot(const struct gs_scope_entry *entry, char *const *slots,
		    struct gs_function *function)
{
	if (!slots || slot_may_have_reset(entry, slots))
		return 0;
	function->slot_reset = GS_NO;
	return add_impossible(function, GPUSHIFT_RESET_METHOD_SLOT,
			      in_slot(entry, slots) ? GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET
						    : GPUSHIFT_RESET_REASON_NO_SLOT);
}

static int add_scope(const struct gs_scope *scope, const struct gs_scope_entry *entry,
		     struct gs_function *function)
{
	struct gs_facts *facts = &function->facts;
	char text[GS_ADDRESS_LEN];
	int r = 0;

	for (size_t i = 0; i < scope->n_entries && r == 0; i++) {
		const struct gs_scope_entry *other = &scope->entries[i];

		if (!gs_scope_is_hit(other, entry->above))
			continue;
		r = gs_strv_add(&facts->reset_scope, gs_address_format(&other->address, text));
		if (other->iommu_group != entry->iommu_group)
			facts->outside_group = GS_YES;
	}
	if (facts->outside_group == GS_UNKNOWN && facts->reset_scope)
		facts->outside_group = GS_NO;
	if (entry->iommu_group < 0)
		facts->outside_group = GS_UNKNOWN;
	return r;
}

int gs_sysfs_resets(const struct gs_scope *scope, const struct gs_scope_entry *entry,
		    char *const *slots, struct gs_function *function)
{
	int r = add_enabled(function);

	if (r == 0)
		r = add_bus(scope, entry, slots, function);
	if (r == 0)
		r = add_capabilities(&entry->config, function);
	if (r == 0)
		r = add_slot(entry, slots, function);
	function->facts.bus_reason = no_bus_reset(entry);
	if (r == 0 && entry->above)
		r = add_scope(scope, entry, function);
	return r;
}
