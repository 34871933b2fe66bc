// SPDX-License-Identifier: GPL-2.0-or-later
/* message_facts.c - resets, isolation, power, BARs and link in the module's messages. */
#include "message_facts.h"

static const struct nla_policy reset_policy[GPUSHIFT_RESET_A_MAX + 1] = {
	[GPUSHIFT_RESET_A_METHOD] = { .type = NLA_U8 },
	[GPUSHIFT_RESET_A_STATE] = { .type = NLA_U8 },
	[GPUSHIFT_RESET_A_REASON] = { .type = NLA_U8 },
	[GPUSHIFT_RESET_A_DETAIL] = { .type = NLA_STRING },
};

static const struct nla_policy bar_policy[GPUSHIFT_BAR_A_MAX + 1] = {
	[GPUSHIFT_BAR_A_INDEX] = { .type = NLA_U8 },
	[GPUSHIFT_BAR_A_TYPE] = { .type = NLA_U8 },
	[GPUSHIFT_BAR_A_START] = { .type = NLA_U64 },
	[GPUSHIFT_BAR_A_SIZE] = { .type = NLA_U64 },
	[GPUSHIFT_BAR_A_RESIZABLE] = { .type = NLA_U64 },
	[GPUSHIFT_BAR_A_CLAIMANT] = { .type = NLA_STRING },
};

static unsigned int u8_or_0(const struct nlattr *attribute)
{
	return attribute ? nla_get_u8(attribute) : 0;
}

static uint32_t u32_or_0(const struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

static uint64_t u64_or_0(struct nlattr *attribute)
{
	return attribute ? nla_get_u64(attribute) : 0;
}

static int u8_or_unknown(const struct nlattr *attribute)
{
	return attribute ? nla_get_u8(attribute) : -1;
}

static enum gs_known known(const struct nlattr *attribute)
{
	if (!attribute)
		return GS_UNKNOWN;
	return nla_get_u8(attribute) ? GS_YES : GS_NO;
}

/* Without an address there is nobody to blame. */
static int read_isolation(struct nlattr *const *given, struct gs_isolation *isolation)
{
	struct nlattr *bridge = given[GPUSHIFT_A_ISOLATION_BRIDGE];
	struct nlattr *missing = given[GPUSHIFT_A_ACS_MISSING];
	unsigned int cause = u8_or_0(given[GPUSHIFT_A_ISOLATION_CAUSE]);

	if (bridge && gs_address_parse(nla_get_string(bridge), &isolation->bridge) < 0)
		return -EBADMSG;
	if (!bridge || !gs_isolation_cause_name(cause))
		return 0;
	isolation->cause = (enum gpushift_isolation_cause)cause;
	/* ACS is not what a conventional bridge or an alias lacks. */
	isolation->missing_known = missing ||
				   cause == GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE ||
				   cause == GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS;
	if (missing)
		isolation->missing = nla_get_u16(missing) & GS_ACS_WANTED;
	return 0;
}

static void read_power(struct nlattr *const *given, struct gs_power *power)
{
	power->state = u8_or_unknown(given[GPUSHIFT_A_POWER_STATE]);
	power->d3cold_allowed = known(given[GPUSHIFT_A_D3COLD_ALLOWED]);
	power->runtime_control = known(given[GPUSHIFT_A_RUNTIME_CONTROL]);
	power->runtime_status = u8_or_unknown(given[GPUSHIFT_A_RUNTIME_STATUS]);
	power->no_soft_reset = known(given[GPUSHIFT_A_NO_SOFT_RESET]);
}

static void read_link(struct nlattr *const *given, struct gs_link *link)
{
	link->speed = u32_or_0(given[GPUSHIFT_A_LINK_SPEED]);
	link->speed_max = u32_or_0(given[GPUSHIFT_A_LINK_SPEED_MAX]);
	link->width = u8_or_0(given[GPUSHIFT_A_LINK_WIDTH]);
	link->width_max = u8_or_0(given[GPUSHIFT_A_LINK_WIDTH_MAX]);
}

static int read_bus_reason(struct nlattr *const *given, struct gs_facts *facts)
{
	struct nlattr *detail = given[GPUSHIFT_A_RESET_BUS_DETAIL];
	unsigned int reason = u8_or_0(given[GPUSHIFT_A_RESET_BUS_REASON]);

	if (!gs_reset_reason_name(reason))
		return 0;
	facts->bus_reason = (enum gpushift_reset_reason)reason;
	if (!detail)
		return 0;
	facts->bus_detail = strdup(nla_get_string(detail));
	return facts->bus_detail ? 0 : -ENOMEM;
}

int gs_message_facts(struct nlattr *const *given, struct gs_facts *facts)
{
	int r = read_isolation(given, &facts->isolation);

	if (r == 0)
		r = read_bus_reason(given, facts);
	if (r < 0)
		return r;
	read_power(given, &facts->power);
	read_link(given, &facts->link);
	facts->outside_group = known(given[GPUSHIFT_A_RESET_OUTSIDE_GROUP]);
	facts->config_answers = known(given[GPUSHIFT_A_CONFIG_ANSWERS]);
	facts->rom_size = u64_or_0(given[GPUSHIFT_A_ROM_SIZE]);
	if (given[GPUSHIFT_A_MDEV_TYPES] && nla_get_u32(given[GPUSHIFT_A_MDEV_TYPES]) <= INT32_MAX)
		facts->mdev_types = (int)nla_get_u32(given[GPUSHIFT_A_MDEV_TYPES]);
	/* Every module that tells BARs tells the power state, of functions without BARs too. */
	facts->bars_known = given[GPUSHIFT_A_POWER_STATE];
	facts->for_root = facts->bars_known ? GS_NO : GS_UNKNOWN;
	if (given[GPUSHIFT_A_NO_SOFT_RESET] || given[GPUSHIFT_A_ACS_MISSING])
		facts->for_root = GS_YES;
	return 0;
}

/* Only those for whom it tells everything see what others have not. */
static bool is_for_root(unsigned int method, unsigned int state)
{
	return state != GPUSHIFT_RESET_STATE_ENABLED && method != GPUSHIFT_RESET_METHOD_BUS &&
	       method != GPUSHIFT_RESET_METHOD_SLOT;
}

static int read_reset(struct nlattr *nest, struct gs_facts *facts)
{
	struct nlattr *given[GPUSHIFT_RESET_A_MAX + 1];
	unsigned int method, state, reason;

	if (nla_parse_nested(given, GPUSHIFT_RESET_A_MAX, nest, reset_policy) < 0)
		return -EBADMSG;
	method = u8_or_0(given[GPUSHIFT_RESET_A_METHOD]);
	state = given[GPUSHIFT_RESET_A_STATE] ? nla_get_u8(given[GPUSHIFT_RESET_A_STATE]) :
						GPUSHIFT_RESET_STATE_IMPOSSIBLE;
	reason = u8_or_0(given[GPUSHIFT_RESET_A_REASON]);
	/* A later module may know more than this. */
	if (!gs_reset_state_name(state))
		return 0;
	if (!gs_reset_reason_name(reason))
		reason = GPUSHIFT_RESET_REASON_UNSPEC;
	if (is_for_root(method, state))
		facts->for_root = GS_YES;
	return gs_facts_add_reset(facts, (enum gpushift_reset_method)method,
				  (enum gpushift_reset_state)state,
				  (enum gpushift_reset_reason)reason,
				  given[GPUSHIFT_RESET_A_DETAIL] ?
					  nla_get_string(given[GPUSHIFT_RESET_A_DETAIL]) : NULL);
}

static int read_bar_detail(struct nlattr *const *given, struct gs_bar *bar)
{
	bar->resizable = u64_or_0(given[GPUSHIFT_BAR_A_RESIZABLE]);
	if (!given[GPUSHIFT_BAR_A_CLAIMANT] || bar->claimant)
		return 0;
	bar->claimant = strdup(nla_get_string(given[GPUSHIFT_BAR_A_CLAIMANT]));
	return bar->claimant ? 0 : -ENOMEM;
}

static int read_bar(struct nlattr *nest, bool detail, struct gs_facts *facts)
{
	struct nlattr *given[GPUSHIFT_BAR_A_MAX + 1];
	struct gs_bar *bar;
	unsigned int type;

	if (nla_parse_nested(given, GPUSHIFT_BAR_A_MAX, nest, bar_policy) < 0 ||
	    !given[GPUSHIFT_BAR_A_INDEX])
		return -EBADMSG;
	bar = gs_facts_bar(facts, nla_get_u8(given[GPUSHIFT_BAR_A_INDEX]));
	if (!bar)
		return 0;
	if (detail)
		return read_bar_detail(given, bar);
	type = u8_or_0(given[GPUSHIFT_BAR_A_TYPE]);
	bar->type = gs_bar_type_name(type) ? (enum gpushift_bar_type)type
					   : GPUSHIFT_BAR_TYPE_UNSPEC;
	bar->has_start = given[GPUSHIFT_BAR_A_START];
	bar->start = u64_or_0(given[GPUSHIFT_BAR_A_START]);
	bar->size = u64_or_0(given[GPUSHIFT_BAR_A_SIZE]);
	return 0;
}

int gs_message_nests(struct nlattr *attributes, int length, struct gs_facts *facts)
{
	struct nlattr *attribute;
	int rest, r = 0;

	nla_for_each_attr(attribute, attributes, length, rest) {
		switch (nla_type(attribute)) {
		case GPUSHIFT_A_RESET:
			r = read_reset(attribute, facts);
			break;
		case GPUSHIFT_A_BAR:
			r = read_bar(attribute, false, facts);
			break;
		case GPUSHIFT_A_BAR_DETAIL:
			r = read_bar(attribute, true, facts);
			break;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
