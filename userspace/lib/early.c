// SPDX-License-Identifier: GPL-2.0-or-later
/* early.c - the functions that the initramfs aims at vfio, from the wishes. */
#include "early.h"

#include "initramfs_maker.h"
#include "plan_build.h"
#include "tree.h"
#include "wish.h"

#define HEADER "# Made by gpushift boot early: driver, ids, place, address"

void gs_early_free(struct gs_early *early)
{
	if (!early)
		return;
	for (size_t i = 0; i < early->n_lines; i++) {
		free(early->lines[i].driver);
		gs_place_clear(&early->lines[i].place);
	}
	free(early->lines);
	free(early->text);
	free(early);
}

/* Takes over the place. One that cannot be told from outside its address is nothing to go by. */
static int add_line(struct gs_early *early, const char *driver, struct gs_place *place)
{
	struct gs_early_line *line;

	if (!place->path)
		return 0;
	if (gs_grow(&early->lines, early->n_lines, sizeof(*early->lines)) < 0)
		return -ENOMEM;
	line = &early->lines[early->n_lines];
	line->driver = strdup(driver);
	if (!line->driver)
		return -ENOMEM;
	line->place = *place;
	*place = (struct gs_place){ 0 };
	early->n_lines++;
	return 0;
}

/* What goes along: the card's own functions, and those outside it that were named. */
static struct gs_function **functions_of(const struct gs_host *host, const struct gs_card *card,
					 const struct gs_want *want, size_t *ret_count)
{
	struct gs_function **functions =
		calloc(card->n_functions + want->n_with + 1, sizeof(*functions));

	*ret_count = 0;
	for (size_t i = 0; functions && i < card->n_functions; i++)
		functions[(*ret_count)++] = card->functions[i];
	for (size_t i = 0; functions && i < want->n_with; i++) {
		functions[*ret_count] = gs_host_function(host, &want->with[i]);
		*ret_count += functions[*ret_count] != NULL;
	}
	return functions;
}

static int add_functions(struct gs_engine *engine, const struct gs_host *host,
			 const struct gs_card *card, const struct gs_want *want,
			 struct gs_early *early)
{
	size_t count;
	gs_cleanup_free struct gs_function **functions = functions_of(host, card, want, &count);
	struct gs_place *places;
	int r;

	if (!functions)
		return -ENOMEM;
	r = gs_places_read(engine, functions, count, &places);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		bool named = want->driver && functions[i] == gs_card_display(card);

		r = add_line(early, named ? want->driver : GS_VFIO_DRIVER, &places[i]);
	}
	gs_places_free(places, count);
	return r;
}

static int add_wish(struct gs_engine *engine, const struct gs_host *host,
		    const struct gs_wish *wish, struct gs_early *early)
{
	const struct gs_card *card = NULL;
	struct gs_address address;
	struct gs_want want;
	int r;

	if (wish->mode != GS_MODE_PASSTHROUGH || wish->found != GS_FOUND_IT)
		return 0;
	if (gs_address_parse(wish->now, &address) == 0)
		card = gs_host_card(host, &address);
	if (!card)
		return 0;
	r = gs_wish_want(engine, host, card, wish, &want);
	if (r < 0)
		return r;
	r = add_functions(engine, host, card, &want, early);
	gs_wish_want_clear(&want);
	return r;
}

static int make_text(struct gs_early *early)
{
	early->text = strdup(early->n_lines ? HEADER : "");
	for (size_t i = 0; early->text && i < early->n_lines; i++) {
		const struct gs_early_line *line = &early->lines[i];
		char identity[GS_IDENTITY_LEN], *longer;

		gs_identity_format(&line->place.identity, identity);
		longer = gs_asprintf("%s\n%s %s %s %s", early->text, line->driver, identity,
				     line->place.path, line->place.address);
		free(early->text);
		early->text = longer;
	}
	return early->text ? 0 : -ENOMEM;
}

const char *gs_early_rebuild(struct gs_engine *engine)
{
	const struct gs_initramfs_maker *maker = gs_initramfs_maker(engine);

	return maker && gs_initramfs_asks(engine, maker) ? maker->rebuild : NULL;
}

static int compare(struct gs_engine *engine, struct gs_early *early)
{
	gs_cleanup_free char *record = NULL;

	early->rebuild = gs_early_rebuild(engine);
	if (gs_tree_read(engine, GS_EARLY_RECORD, &record) == -ENOMEM)
		return -ENOMEM;
	early->current = gs_streq(record ? record : "", early->text);
	return 0;
}

int gs_early_read(struct gs_engine *engine, const struct gs_host *host, struct gs_early **ret)
{
	gs_cleanup_early struct gs_early *early = calloc(1, sizeof(*early));
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	int r;

	if (!early)
		return -ENOMEM;
	r = gs_wishes_read(engine, &wishes);
	if (r == 0)
		r = gs_wishes_match(engine, host, wishes);
	for (size_t i = 0; r == 0 && i < wishes->n_wishes; i++)
		r = add_wish(engine, host, &wishes->wishes[i], early);
	if (r == 0)
		r = make_text(early);
	if (r == 0)
		r = compare(engine, early);
	if (r < 0)
		return r;
	*ret = gs_steal(early);
	return 0;
}
