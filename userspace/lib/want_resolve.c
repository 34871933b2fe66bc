// SPDX-License-Identifier: GPL-2.0-or-later
#include "want_resolve.h"

#include "inventory.h"
#include "units.h"

/* How often overrides are asked for again, two seconds each. */
#define ASK_AGAIN 3

struct list {
	struct gs_function **functions;
	size_t count;
};

static int add(struct list *list, const struct gs_host *host, const struct gs_address *address)
{
	struct gs_function *function = gs_host_function(host, address);

	if (!function)
		return 0;
	for (size_t i = 0; i < list->count; i++)
		if (list->functions[i] == function)
			return 0;
	if (gs_grow(&list->functions, list->count, sizeof(*list->functions)) < 0)
		return -ENOMEM;
	list->functions[list->count++] = function;
	return 0;
}

/* Named now, or moved earlier and coming back. */
static int collect(const struct gs_host *host, const struct gs_card *card,
		   const struct gs_want *want, struct list *list)
{
	const struct gs_remembered *remembered =
		want->mode == GS_MODE_PASSTHROUGH ? NULL : card->remembered;
	char **with = remembered ? remembered->with : NULL;
	struct gs_address address;
	int r = 0;

	for (size_t i = 0; r == 0 && i < want->n_with; i++)
		r = add(list, host, &want->with[i]);
	for (; r == 0 && with && *with; with++)
		if (gs_address_parse(*with, &address) == 0)
			r = add(list, host, &address);
	return r;
}

static bool knows_overrides(const struct gs_card *card)
{
	for (size_t i = 0; i < card->n_functions; i++)
		if (card->functions[i]->override_known == GS_UNKNOWN)
			return false;
	return true;
}

int gs_want_resolve(struct gs_engine *engine, struct gs_host *host, const struct gs_card *card,
		    struct gs_want *want)
{
	struct list list = { 0 };
	int unreadable;
	int r;

	gs_want_clear(want);
	if (want->driver)
		want->driver_known = gs_driver_known(engine, host, want->driver);
	r = collect(host, card, want, &list);
	for (int n = 0; r == 0 && n < ASK_AGAIN && !knows_overrides(card); n++)
		r = gs_overrides_read(engine, host);
	if (r == 0 && list.count > 0)
		r = gs_holders_of_functions(engine, list.functions, list.count, &want->with_holders,
					    &want->n_with_holders, &unreadable);
	free(list.functions);
	if (r == 0 && card->quiesce)
		r = gs_units_read(engine, card->quiesce, &want->services, &want->n_services);
	return r;
}

void gs_want_clear(struct gs_want *want)
{
	gs_holders_free(want->with_holders, want->n_with_holders);
	want->with_holders = NULL;
	want->n_with_holders = 0;
	gs_units_free(want->services, want->n_services);
	want->services = NULL;
	want->n_services = 0;
}
