// SPDX-License-Identifier: GPL-2.0-or-later
/* explain.c - facts about groups and resets in words. */
#include "explain.h"

static const struct {
	const char *text;
	const char *with; /* with a detail; NULL: the detail says nothing more */
} reasons[] = {
	[GPUSHIFT_RESET_REASON_NO_CAPABILITY] = { "no capability", NULL },
	[GPUSHIFT_RESET_REASON_NO_SOFT_RESET] = { "NoSoftRst is set", NULL },
	[GPUSHIFT_RESET_REASON_QUIRK] = { "known to be broken", "known to be broken: %s" },
	[GPUSHIFT_RESET_REASON_NO_METHOD] = { "neither kernel nor firmware has one", NULL },
	[GPUSHIFT_RESET_REASON_SIBLINGS] = { "shares its bus", "shares its bus with %s" },
	[GPUSHIFT_RESET_REASON_ROOT_BUS] = { "on a root bus", NULL },
	[GPUSHIFT_RESET_REASON_NO_BRIDGE] = { "on a bus that only virtual functions are on", NULL },
	[GPUSHIFT_RESET_REASON_IS_BRIDGE] = { "a bridge with a bus below it", NULL },
	[GPUSHIFT_RESET_REASON_NO_SLOT] = { "in no hotplug slot", NULL },
	[GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET] = { "its slot's driver cannot reset it", NULL },
	[GPUSHIFT_RESET_REASON_NOT_CXL] = { "the bridge above is no CXL port", NULL },
	[GPUSHIFT_RESET_REASON_OTHER_QUIRK] = { "another function would not survive it",
						"%s would not survive it" },
};

/* Appends, with @separator where there is something before it; takes @piece. */
static int append(char **text, const char *separator, char *piece)
{
	char *longer = piece ? gs_asprintf("%s%s%s", *text ? *text : "", *text ? separator : "",
					   piece)
			     : NULL;

	free(piece);
	if (!longer)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

static char *join(char *const *list)
{
	gs_cleanup_free char *text = NULL;

	for (; list && *list; list++)
		if (append(&text, ", ", strdup(*list)) < 0)
			return NULL;
	return text ? gs_steal(text) : strdup("");
}

static const struct gs_function *member(const struct gs_host *host, const char *name)
{
	struct gs_address address;

	return gs_address_parse(name, &address) < 0 ? NULL : gs_host_function(host, &address);
}

static const struct gs_function *above(const struct gs_host *host,
				       const struct gs_function *function)
{
	const struct gs_function *bridge;

	if (function->on_root_bus)
		return NULL;
	bridge = gs_host_function(host, &function->bridge);
	/* What was read while buses came and went must not make us walk in circles. */
	return bridge && gs_address_compare(&bridge->address, &function->address) < 0 ? bridge
										       : NULL;
}

static int depth(const struct gs_host *host, const struct gs_address *address)
{
	const struct gs_function *function = gs_host_function(host, address);
	int levels = 0;

	for (; function; function = above(host, function))
		levels++;
	return levels;
}

static bool blames(const struct gs_isolation *isolation, const struct gs_function *function)
{
	if (isolation->cause == GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION)
		return gs_address_same_slot(&isolation->bridge, &function->address);
	return gs_address_equal(&isolation->bridge, &function->address);
}

static bool joins(const struct gs_host *host, const struct gs_isolation *isolation,
		  const struct gs_function *function)
{
	for (; function; function = above(host, function))
		if (blames(isolation, function))
			return true;
	return false;
}

static bool joins_all(const struct gs_host *host, const struct gs_isolation *isolation,
		      char *const *members)
{
	for (; members && *members; members++) {
		const struct gs_function *function = member(host, *members);

		if (function && !gs_function_is_bridge(function) &&
		    !joins(host, isolation, function))
			return false;
	}
	return true;
}

/* What this member says; NULL: nothing. */
static const struct gs_isolation *told_by(const struct gs_host *host, const char *name)
{
	const struct gs_function *function = member(host, name);

	return function && function->facts.isolation.cause ? &function->facts.isolation : NULL;
}

static const struct gs_isolation *find_joiner(const struct gs_host *host,
					      const struct gs_group *group)
{
	const struct gs_isolation *best = NULL;

	for (char **name = group->members; name && *name; name++) {
		const struct gs_isolation *told = told_by(host, *name);

		if (told && joins_all(host, told, group->members) &&
		    (!best || depth(host, &told->bridge) > depth(host, &best->bridge)))
			best = told;
	}
	return best;
}

const struct gs_isolation *gs_group_isolation(const struct gs_host *host,
					      const struct gs_group *group)
{
	const struct gs_isolation *found = group ? find_joiner(host, group) : NULL;

	for (char **name = group ? group->members : NULL; name && *name && !found; name++)
		found = told_by(host, *name);
	return found;
}

/* "0000:00:02.0 (Intel ...)" */
static char *named(const struct gs_host *host, const struct gs_address *address)
{
	const struct gs_function *function = gs_host_function(host, address);
	char text[GS_ADDRESS_LEN];

	gs_address_format(address, text);
	if (function && function->name)
		return gs_asprintf("%s (%s)", text, function->name);
	return strdup(text);
}

/* " (SrcValid, ReqRedir)"; "" when it is not known which */
static char *missing_bits(const struct gs_isolation *isolation)
{
	gs_cleanup_free char *words = NULL;
	char **names = NULL;

	if (!isolation->missing_known || !isolation->missing)
		return strdup("");
	if (gs_acs_names(isolation->missing, &names) < 0)
		return NULL;
	words = join(names);
	gs_strv_free(names);
	return words ? gs_asprintf(" (%s)", words) : NULL;
}

static char *describe_slot(const struct gs_isolation *isolation, const char *bits)
{
	const struct gs_address *at = &isolation->bridge;

	return gs_asprintf("slot %04x:%02x:%02x, whose functions have no ACS%s between them",
			   at->domain, at->bus, at->slot, bits);
}

/* Whom to blame, and for what. */
static char *describe(const struct gs_host *host, const struct gs_isolation *isolation)
{
	gs_cleanup_free char *name = named(host, &isolation->bridge);
	gs_cleanup_free char *bits = missing_bits(isolation);

	if (!name || !bits)
		return NULL;
	switch (isolation->cause) {
	case GPUSHIFT_ISOLATION_CAUSE_PORT_ACS:
		return gs_asprintf("port %s, which lacks ACS%s", name, bits);
	case GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE:
		return gs_asprintf(
			"the conventional PCI bridge %s: devices behind it cannot be told apart",
			name);
	case GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION:
		return describe_slot(isolation, bits);
	case GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS:
		return gs_asprintf("%s, whose DMA carries the address of another function", name);
	case GPUSHIFT_ISOLATION_CAUSE_UNSPEC:
		break;
	}
	return strdup("a cause not known here");
}

/* Was the same blamed by a member before this one? */
static bool told_before(const struct gs_host *host, char *const *members, char *const *end,
			const struct gs_isolation *isolation)
{
	for (; members < end; members++) {
		const struct gs_isolation *told = told_by(host, *members);

		if (told && told->cause == isolation->cause &&
		    gs_address_equal(&told->bridge, &isolation->bridge))
			return true;
	}
	return false;
}

/* Nobody joins them all: each is named. */
static char *describe_each(const struct gs_host *host, const struct gs_group *group)
{
	gs_cleanup_free char *text = NULL;

	for (char **name = group->members; *name; name++) {
		const struct gs_isolation *told = told_by(host, *name);

		if (told && !told_before(host, group->members, name, told) &&
		    append(&text, ", and by ", describe(host, told)) < 0)
			return NULL;
	}
	return gs_steal(text);
}

int gs_explain_group(const struct gs_host *host, const struct gs_group *group, char **ret)
{
	const struct gs_isolation *found = find_joiner(host, group);
	gs_cleanup_free char *text = NULL;

	if (!found && !gs_group_isolation(host, group)) {
		*ret = NULL;
		return 0;
	}
	text = found ? describe(host, found) : describe_each(host, group);
	*ret = text ? gs_asprintf("Group %d is merged by %s.", group->id, text) : NULL;
	return *ret ? 0 : -ENOMEM;
}

char *gs_explain_reason(enum gpushift_reset_reason reason, const char *detail)
{
	size_t i = (size_t)reason;
	const char *hole;

	if (i >= GS_ARRAY_SIZE(reasons) || !reasons[i].text)
		return strdup("not known why");
	if (!detail || !reasons[i].with)
		return strdup(reasons[i].text);
	hole = strstr(reasons[i].with, "%s");
	return gs_asprintf("%.*s%s%s", (int)(hole - reasons[i].with), reasons[i].with, detail,
			   hole + 2);
}

char *gs_explain_reset(const struct gs_reset *reset)
{
	gs_cleanup_free char *why = gs_explain_reason(reset->reason, reset->detail);

	if (!why)
		return NULL;
	switch (reset->state) {
	case GPUSHIFT_RESET_STATE_DISABLED:
		return strdup("possible, but not in reset_method");
	case GPUSHIFT_RESET_STATE_STALE:
		return gs_asprintf("enabled before there was what makes it fail now: %s", why);
	case GPUSHIFT_RESET_STATE_IMPOSSIBLE:
		return gs_steal(why);
	default:
		return strdup("");
	}
}

/* Those that a reset hits beside @function: all, or only those outside its group. */
static char *others_hit(const struct gs_function *function, bool outside)
{
	gs_cleanup_free char *text = NULL;

	for (char **hit = function->facts.reset_scope; hit && *hit; hit++) {
		if (strcmp(*hit, function->text) == 0 ||
		    (outside && gs_strv_has(function->group_members, *hit)))
			continue;
		if (append(&text, ", ", strdup(*hit)) < 0)
			return NULL;
	}
	return text ? gs_steal(text) : strdup("");
}

static char *explain_no_scope(const struct gs_function *function)
{
	const struct gs_facts *facts = &function->facts;
	gs_cleanup_free char *why = gs_explain_reason(facts->bus_reason, facts->bus_detail);

	if (function->bus_reset == GS_UNKNOWN)
		return strdup("Whether its bus can be reset is not known.");
	if (!why)
		return NULL;
	if (facts->bus_reason)
		return gs_asprintf("Its bus cannot be reset: %s.", why);
	return strdup(function->bus_reset == GS_YES ? "Whom a reset of its bus would hit is not known."
						    : "Its bus cannot be reset.");
}

char *gs_explain_scope(const struct gs_function *function)
{
	gs_cleanup_free char *all = NULL, *outside = NULL;

	if (!function->facts.reset_scope)
		return explain_no_scope(function);
	all = others_hit(function, false);
	outside = others_hit(function, true);
	if (!all || !outside)
		return NULL;
	if (!*all)
		return strdup("A reset of its bus hits nothing else.");
	if (function->iommu_group < 0 || !*outside)
		return gs_asprintf("A reset of its bus hits also %s%s.", all,
				   function->iommu_group < 0 ? "" : ", all in its IOMMU group");
	return gs_asprintf("A reset of its bus hits also %s; outside its IOMMU group: %s.", all,
			   outside);
}
