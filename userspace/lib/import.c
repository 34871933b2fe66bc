// SPDX-License-Identifier: GPL-2.0-or-later
/* import.c - what lines that bind cards come to as wishes. */
#include "import.h"

#define VFIO "vfio-pci"

static void clear_import(struct gs_import *import)
{
	free(import->driver);
	free(import->want.with);
	gs_strv_free(import->from);
	gs_strv_free(import->also);
}

void gs_imports_clear(struct gs_imports *imports)
{
	for (size_t i = 0; i < imports->count; i++)
		clear_import(&imports->list[i]);
	free(imports->list);
	*imports = (struct gs_imports){ 0 };
}

static const char *driver_of(const struct gs_binding *line)
{
	return line->kind == GS_BINDING_IDS ? VFIO : line->driver;
}

/* driverctl binds later than the kernel does, so that its word is the last. */
static const struct gs_binding *find_line(const struct gs_bindings *bindings,
					  const struct gs_function *function)
{
	const struct gs_binding *found = NULL;

	for (size_t i = 0; i < bindings->count; i++) {
		const struct gs_binding *line = &bindings->list[i];

		if (line->kind == GS_BINDING_BLACKLIST || !gs_binding_takes(line, function))
			continue;
		if (!found || line->kind == GS_BINDING_OVERRIDE)
			found = line;
	}
	return found;
}

/* Cards that nobody may have meant: a list of ids takes all that are alike. */
static int add_others(const struct gs_host *host, const struct gs_binding *line,
		      struct gs_import *import)
{
	int r = 0;

	for (size_t i = 0; r == 0 && line->kind == GS_BINDING_IDS && i < host->n_cards; i++) {
		const struct gs_function *display = gs_card_display(&host->cards[i]);

		if (&host->cards[i] != import->card && gs_binding_takes(line, display))
			r = gs_strv_add(&import->also, display->text);
	}
	return r;
}

/* Functions outside the card that go to vfio-pci as well. */
static int add_with(const struct gs_bindings *bindings, struct gs_import *import)
{
	const struct gs_card *card = import->card;
	struct gs_want *want = &import->want;

	for (size_t i = 0; i < card->n_outside; i++) {
		const struct gs_binding *line = find_line(bindings, card->outside[i]);

		if (!line || !gs_driver_is_vfio(driver_of(line)) ||
		    gs_function_is_bridge(card->outside[i]))
			continue;
		if (gs_grow(&want->with, want->n_with, sizeof(*want->with)) < 0 ||
		    gs_strv_add(&import->from, line->where) < 0)
			return -ENOMEM;
		want->with[want->n_with++] = card->outside[i]->address;
	}
	return 0;
}

/* Is the card what the lines say, so that a wish for it is a verified one? */
static bool is_so_now(const struct gs_import *import)
{
	const struct gs_card *card = import->card;

	if (card->mode != import->want.mode)
		return false;
	return !import->driver || gs_streq(gs_card_display(card)->driver, import->driver);
}

/* What everybody gets may be named or not. */
static const char *named_driver(const struct gs_want *want)
{
	return want->driver || want->mode != GS_MODE_PASSTHROUGH ? want->driver : VFIO;
}

static bool goes_along(const struct gs_want *want, const struct gs_address *address)
{
	for (size_t i = 0; i < want->n_with; i++)
		if (gs_address_equal(&want->with[i], address))
			return true;
	return false;
}

/* Does the wish give all that the lines say: mode, driver, and who goes along? */
static bool gives_it(const struct gs_import *import, const struct gs_want *wished)
{
	const struct gs_want *want = &import->want;

	if (wished->mode != want->mode || !gs_streq(named_driver(wished), named_driver(want)))
		return false;
	for (size_t i = 0; i < want->n_with; i++)
		if (!goes_along(wished, &want->with[i]))
			return false;
	return true;
}

static int judge(struct gs_engine *engine, const struct gs_host *host, struct gs_import *import)
{
	struct gs_want wished = { 0 };
	struct gs_wish *wish;
	int r;

	r = gs_wish_for(engine, host, import->card, &wish);
	if (r < 0)
		return r;
	import->state = is_so_now(import) ? GS_IMPORT_NEW : GS_IMPORT_NOT_NOW;
	if (wish)
		r = gs_wish_want(engine, host, import->card, wish, &wished);
	if (wish && r == 0) {
		import->wished = wish->mode;
		import->state = gives_it(import, &wished) ? GS_IMPORT_THERE : GS_IMPORT_OTHER;
	}
	gs_wish_want_clear(&wished);
	gs_wish_free(wish);
	return r;
}

static int fill(struct gs_engine *engine, const struct gs_host *host,
		const struct gs_bindings *bindings, const struct gs_binding *line,
		struct gs_import *import)
{
	const char *driver = driver_of(line);
	int r;

	import->want.mode = gs_driver_is_vfio(driver) ? GS_MODE_PASSTHROUGH : GS_MODE_HOST;
	/* What everybody gets needs no name. */
	if (!gs_streq(driver, VFIO)) {
		import->driver = strdup(driver);
		if (!import->driver)
			return -ENOMEM;
		import->want.driver = import->driver;
	}
	r = gs_strv_add(&import->from, line->where);
	if (r == 0 && import->want.mode == GS_MODE_PASSTHROUGH)
		r = add_with(bindings, import);
	if (r == 0)
		r = add_others(host, line, import);
	return r == 0 ? judge(engine, host, import) : r;
}

int gs_imports_make(struct gs_engine *engine, const struct gs_host *host,
		    const struct gs_bindings *bindings, struct gs_imports *ret)
{
	struct gs_imports imports = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->n_cards; i++) {
		const struct gs_card *card = &host->cards[i];
		const struct gs_binding *line = find_line(bindings, gs_card_display(card));

		/* driverctl's "none" leaves it without a driver, which is no mode. */
		if (!line || gs_streq(driver_of(line), "none"))
			continue;
		r = gs_grow(&imports.list, imports.count, sizeof(*imports.list));
		if (r < 0)
			break;
		imports.list[imports.count].card = card;
		r = fill(engine, host, bindings, line, &imports.list[imports.count++]);
	}
	if (r < 0)
		gs_imports_clear(&imports);
	else
		*ret = imports;
	return r;
}

int gs_import_store(struct gs_engine *engine, const struct gs_host *host, struct gs_import *import)
{
	int r;

	if (import->state != GS_IMPORT_NEW)
		return -EINVAL;
	r = gs_wish_store(engine, host, import->card, &import->want);
	import->stored = r == 0;
	return r;
}

/* ---- what stays behind ---- */

/* Drivers of cards; a blacklist of anything else is none of our business. */
static const char *const gpu_drivers[] = { "nouveau",	 "nvidia", "nvidia_drm", "nvidia_modeset",
					   "nvidiafb",	 "amdgpu", "radeon",	 "i915",
					   "xe" };

static bool takes_a_card(const struct gs_binding *line, const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_cards; i++) {
		const struct gs_card *card = &host->cards[i];

		for (size_t j = 0; j < card->n_functions; j++)
			if (gs_binding_takes(line, card->functions[j]))
				return true;
		for (size_t j = 0; j < card->n_outside; j++)
			if (gs_binding_takes(line, card->outside[j]))
				return true;
	}
	return false;
}

bool gs_binding_matters(const struct gs_binding *line, const struct gs_host *host)
{
	if (line->kind != GS_BINDING_BLACKLIST)
		return takes_a_card(line, host);
	for (size_t i = 0; i < GS_ARRAY_SIZE(gpu_drivers); i++)
		if (gs_binding_is_driver(line, gpu_drivers[i]))
			return host->n_cards;
	return false;
}

char *gs_binding_fix(const struct gs_binding *line, const char *rebuild)
{
	char address[GS_ADDRESS_LEN];

	if (line->kind == GS_BINDING_OVERRIDE)
		return gs_asprintf("driverctl unset-override %s",
				   gs_address_format(&line->address, address));
	if (strcmp(line->where, "/proc/cmdline") == 0)
		return gs_asprintf("take %s from the kernel's command line", line->text);
	return gs_asprintf("remove this line%s%s", rebuild ? ", then: " : "", rebuild ? rebuild : "");
}
