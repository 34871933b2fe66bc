// SPDX-License-Identifier: GPL-2.0-or-later
/* shown.c - reading the host, applying events, signalling what changed */
#include "shown.h"

#include "inventory.h"
#include "json.h"
#include "properties.h"

/* What `list` reads, without holders: they are nobody's but the asker's. */
#define READS (GS_READ_TYPES | GS_READ_DRIVERS)
#define REST_US 20000

/* Keys that no property shows, or that change without an event. */
static const char *const hidden[] = { "holders", "holders_unreadable", "reset_methods" };

static void hide_in_each(struct json_object *list, const char *key)
{
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++)
		json_object_object_del(json_object_array_get_idx(list, i), key);
}

static struct json_object *facts_of(const struct gs_host *host, const struct gs_card *card)
{
	struct json_object *facts = gs_json_card(host, card);

	for (size_t i = 0; facts && i < GS_ARRAY_SIZE(hidden); i++)
		json_object_object_del(facts, hidden[i]);
	if (facts) {
		hide_in_each(json_object_object_get(facts, "functions"), "driver_override");
		hide_in_each(json_object_object_get(facts, "vgpus"), "in_use");
	}
	return facts;
}

/* "/org/gpushift1/gpu/_0000_01_00_0": a path element holds letters, digits and _ only. */
static char *path_of(const char *address)
{
	char *path = gs_asprintf(PATH_GPU "/_%s", address);

	for (char *p = path ? path + strlen(PATH_GPU) : NULL; p && *p; p++) {
		if (*p == ':' || *p == '.')
			*p = '_';
	}
	return path;
}

static void gpu_clear(struct gpu *gpu)
{
	free(gpu->path);
	json_object_put(gpu->facts);
	*gpu = (struct gpu){ 0 };
}

static int gpu_init(struct gpu *gpu, const struct gs_host *host, const struct gs_card *card)
{
	snprintf(gpu->address, sizeof(gpu->address), "%s", gs_card_display(card)->text);
	gpu->path = path_of(gpu->address);
	gpu->facts = facts_of(host, card);
	return gpu->path && gpu->facts ? 0 : -ENOMEM;
}

static void free_gpus(struct gpu *gpus, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gpu_clear(&gpus[i]);
	free(gpus);
}

static int make_gpus(const struct gs_host *host, struct gpu **ret)
{
	struct gpu *gpus = calloc(host->n_cards + 1, sizeof(*gpus));
	int r = gpus ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < host->n_cards; i++)
		r = gpu_init(&gpus[i], host, &host->cards[i]);
	if (r == 0)
		*ret = gpus;
	else if (gpus)
		free_gpus(gpus, host->n_cards);
	return r;
}

/* --- signals ----------------------------------------------------------------------------------- */

static struct gpu *find_gpu(struct gpu *gpus, size_t count, const char *address)
{
	for (size_t i = 0; i < count; i++) {
		if (gs_streq(gpus[i].address, address))
			return &gpus[i];
	}
	return NULL;
}

static void signal_changes(struct daemon *daemon, const struct gpu *gpu, struct json_object *before)
{
	const char *names[PROPERTIES_MAX];

	if (properties_changed(before, gpu->facts, names))
		(void)!sd_bus_emit_properties_changed_strv(daemon->bus, gpu->path, INTERFACE_GPU,
							   (char **)names);
}

/* The new cards are in place: listeners who ask at once see what the signals say. */
static void signal_difference(struct daemon *daemon, struct gpu *old, size_t n_old)
{
	for (size_t i = 0; i < n_old; i++) {
		if (!shown_gpu(daemon, old[i].address))
			(void)!sd_bus_emit_interfaces_removed(daemon->bus, old[i].path,
							      INTERFACE_GPU, NULL);
	}
	for (size_t i = 0; i < daemon->n_gpus; i++) {
		const struct gpu *gpu = &daemon->gpus[i];
		const struct gpu *before = find_gpu(old, n_old, gpu->address);

		if (before)
			signal_changes(daemon, gpu, before->facts);
		else
			(void)!sd_bus_emit_interfaces_added(daemon->bus, gpu->path, INTERFACE_GPU,
							    NULL);
	}
}

/* --- the host ---------------------------------------------------------------------------------- */

static bool is_same_device(const struct gs_function *a, const struct gs_function *b)
{
	return a->vendor_id == b->vendor_id && a->device_id == b->device_id;
}

/* pci.ids is a large file: what was looked up once keeps its name. */
static int take_names(struct daemon *daemon, struct gs_host *host)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct gs_function *function = &host->functions[i];
		const struct gs_function *known =
			daemon->host ? gs_host_function(daemon->host, &function->address) : NULL;

		if (!known || !is_same_device(known, function))
			return -ENOENT;
		function->name = strdup(known->name);
		if (!function->name)
			return -ENOMEM;
	}
	return 0;
}

static int read_names(struct daemon *daemon, struct gs_host *host)
{
	int r = take_names(daemon, host);

	if (r != -ENOENT)
		return r;
	for (size_t i = 0; i < host->n_functions; i++)
		free(gs_steal(host->functions[i].name));
	return gs_names_read(daemon->engine, host);
}

int shown_read(struct daemon *daemon)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gpu *gpus = NULL, *old = daemon->gpus;
	size_t n_old = daemon->n_gpus;
	int r;

	r = gs_inventory_read(daemon->engine, READS, &host);
	if (r == 0)
		r = read_names(daemon, host);
	if (r == 0)
		r = make_gpus(host, &gpus);
	if (r < 0)
		return r;
	daemon->gpus = gpus;
	daemon->n_gpus = host->n_cards;
	gs_host_free(daemon->host);
	daemon->host = gs_steal(host);
	/* At the start nobody listens yet. */
	if (daemon->bus)
		signal_difference(daemon, old, n_old);
	free_gpus(old, n_old);
	return 0;
}

/* --- events ------------------------------------------------------------------------------------ */

/* How many changes the event is ahead of what is known; 0 or less: it is part of it. */
static int64_t steps_ahead(const struct daemon *daemon, const struct gs_event *event)
{
	if (!event->generation_known || !daemon->host->generation_known)
		return INT64_MAX;
	return (int32_t)(event->generation - daemon->host->generation);
}

static bool set_driver(struct gs_function *function, const char *driver)
{
	char *copy = driver ? strdup(driver) : NULL;

	if (driver && !copy)
		return false;
	free(function->driver);
	function->driver = copy;
	return true;
}

static bool has(struct gs_function *const *list, size_t count, const struct gs_function *function)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == function)
			return true;
	}
	return false;
}

/* Who binds a neighbour decides what a card can be switched to. */
static bool judge_cards(struct daemon *daemon, const struct gs_function *function)
{
	for (size_t i = 0; i < daemon->n_gpus; i++) {
		struct gs_card *card = &daemon->host->cards[i];
		bool own = has(card->functions, card->n_functions, function);

		if (own && gs_card_judge(daemon->engine, card) < 0)
			return false;
		daemon->gpus[i].stale |= own || has(card->outside, card->n_outside, function);
	}
	return true;
}

/* A driver that became a vGPU host, or no longer is one, brings more than its name. */
static bool is_plain_binding(const struct gs_host *host, const struct gs_function *function)
{
	return !function->mdev_parent && !gs_host_parent(host, function->text) &&
	       !function->sriov_total;
}

static bool apply_binding(struct daemon *daemon, const struct gs_event *event, const char *driver)
{
	struct gs_function *function;
	struct gs_address address;

	if (gs_address_parse(event->address, &address) < 0)
		return false;
	function = gs_host_function(daemon->host, &address);
	/* A function out of our sight: no card depends on it. */
	if (!function)
		return true;
	return is_plain_binding(daemon->host, function) && set_driver(function, driver) &&
	       judge_cards(daemon, function);
}

bool shown_apply(struct daemon *daemon, const struct gs_event *event)
{
	int64_t ahead = steps_ahead(daemon, event);
	bool applied = false;

	if (ahead != 1)
		return ahead <= 0;
	switch (event->kind) {
	case GS_EVENT_BIND:
	case GS_EVENT_UNBIND:
	case GS_EVENT_NOT_BOUND:
		applied = true;
		break;
	case GS_EVENT_BOUND:
		applied = apply_binding(daemon, event, event->driver);
		break;
	case GS_EVENT_UNBOUND:
		applied = apply_binding(daemon, event, NULL);
		break;
	default:
		break;
	}
	if (applied)
		daemon->host->generation = event->generation;
	return applied;
}

void shown_settle(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->n_gpus; i++) {
		struct gpu *gpu = &daemon->gpus[i];
		struct json_object *before = gpu->facts, *after = NULL;

		if (gpu->stale)
			after = facts_of(daemon->host, shown_card(daemon, gpu));
		if (!after)
			continue;
		gpu->stale = false;
		gpu->facts = after;
		signal_changes(daemon, gpu, before);
		json_object_put(before);
	}
}

static int on_rest(sd_event_source *source, uint64_t now, void *data)
{
	(void)source;
	(void)now;
	shown_settle(data);
	return 0;
}

/* Not at once, so that who waits for the first signal gets it even on one CPU; and once for a burst. */
static int announce_later(struct daemon *daemon)
{
	int r;

	if (!daemon->rest)
		return sd_event_add_time_relative(daemon->event, &daemon->rest, CLOCK_MONOTONIC,
						  REST_US, REST_US, on_rest, daemon);
	r = sd_event_source_set_time_relative(daemon->rest, REST_US);
	return r < 0 ? r : sd_event_source_set_enabled(daemon->rest, SD_EVENT_ONESHOT);
}

/* Most who listen wait for these, and they cost next to nothing. */
static void announce_binding(struct daemon *daemon, struct gpu *gpu)
{
	const struct gs_card *card = shown_card(daemon, gpu);
	const struct {
		const char *key, *property, *value;
	} quick[] = {
		{ "driver", "Driver", gs_card_display(card)->driver },
		{ "mode", "Mode", gs_mode_name(card->mode) },
	};
	const char *names[GS_ARRAY_SIZE(quick) + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < GS_ARRAY_SIZE(quick); i++) {
		struct json_object *old = json_object_object_get(gpu->facts, quick[i].key);
		const char *value = quick[i].value;

		if (gs_streq(json_object_get_string(old), value))
			continue;
		json_object_object_add(gpu->facts, quick[i].key,
				       value ? json_object_new_string(value) : NULL);
		names[n++] = quick[i].property;
	}
	if (n)
		(void)!sd_bus_emit_properties_changed_strv(daemon->bus, gpu->path, INTERFACE_GPU,
							   (char **)names);
}

void shown_announce(struct daemon *daemon)
{
	bool any = false;

	for (size_t i = 0; i < daemon->n_gpus; i++) {
		if (daemon->gpus[i].stale)
			announce_binding(daemon, &daemon->gpus[i]);
		any |= daemon->gpus[i].stale;
	}
	if (any && announce_later(daemon) < 0)
		shown_settle(daemon);
}

void shown_clear(struct daemon *daemon)
{
	sd_event_source_unref(daemon->rest);
	free_gpus(daemon->gpus, daemon->n_gpus);
	gs_host_free(daemon->host);
}

struct gpu *shown_gpu(struct daemon *daemon, const char *address)
{
	return find_gpu(daemon->gpus, daemon->n_gpus, address);
}

struct gs_card *shown_card(struct daemon *daemon, const struct gpu *gpu)
{
	return &daemon->host->cards[gpu - daemon->gpus];
}
