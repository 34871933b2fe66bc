// SPDX-License-Identifier: GPL-2.0-or-later
/* modes.c - modes of cards, by signals of the daemon or by reading the host again */
#include "modes.h"

#include <systemd/sd-bus.h>

#include "bus_call.h"
#include "inventory.h"

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define GPU_INTERFACE BUS_NAME ".Gpu"

struct entry {
	char card[GS_ADDRESS_LEN];
	char *mode;
	bool seen;
};

struct cli_modes {
	struct cli *cli;
	cli_modes_told told;
	struct entry *entries;
	size_t count;
	sd_bus *bus; /* NULL: no daemon, or it has gone */
	bool gone;   /* the daemon */
	int status;  /* of what was told last */
};

static struct entry *find(struct cli_modes *modes, const char *card)
{
	for (size_t i = 0; i < modes->count; i++) {
		if (gs_streq(modes->entries[i].card, card))
			return &modes->entries[i];
	}
	return NULL;
}

/* A new card has an event of its own; only what it was before and is not any more is a change. */
static int note(struct cli_modes *modes, const char *card, const char *mode)
{
	struct entry *entry = find(modes, card);
	char *copy;

	if (entry && gs_streq(entry->mode, mode))
		return 0;
	copy = strdup(mode);
	if (!copy)
		return -ENOMEM;
	if (!entry) {
		if (gs_grow(&modes->entries, modes->count, sizeof(*modes->entries)) < 0) {
			free(copy);
			return -ENOMEM;
		}
		entry = &modes->entries[modes->count++];
		*entry = (struct entry){ .mode = copy };
		snprintf(entry->card, sizeof(entry->card), "%s", card);
		return 0;
	}
	if (modes->status == 0)
		modes->status = modes->told(modes->cli, card, entry->mode, copy);
	free(entry->mode);
	entry->mode = copy;
	return 0;
}

static void forget_unseen(struct cli_modes *modes)
{
	size_t kept = 0;

	for (size_t i = 0; i < modes->count; i++) {
		if (modes->entries[i].seen)
			modes->entries[kept++] = modes->entries[i];
		else
			free(modes->entries[i].mode);
	}
	modes->count = kept;
}

static int note_host(struct cli_modes *modes, const struct gs_host *host)
{
	int r = 0;

	for (size_t i = 0; i < modes->count; i++)
		modes->entries[i].seen = false;
	for (size_t i = 0; r == 0 && i < host->n_cards; i++) {
		const char *card = gs_card_display(&host->cards[i])->text;

		r = note(modes, card, gs_mode_name(host->cards[i].mode));
		if (r == 0)
			find(modes, card)->seen = true;
	}
	forget_unseen(modes);
	return r;
}

/* --- the daemon -------------------------------------------------------------------------------- */

/* "/org/gpushift1/gpu/_0000_01_00_0": 0000:01:00.0 */
static bool card_of(const char *path, char card[GS_ADDRESS_LEN])
{
	static const char prefix[] = BUS_PATH "/gpu/_";
	struct gs_address address;

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		return false;
	path += strlen(prefix);
	if (strlen(path) >= GS_ADDRESS_LEN || strlen(path) < 4)
		return false;
	snprintf(card, GS_ADDRESS_LEN, "%s", path);
	for (char *p = card; *p; p++) {
		if (*p == '_')
			*p = ':';
	}
	card[strlen(card) - 2] = '.';
	return gs_address_parse(card, &address) == 0;
}

/* From inside an a{sv}: the value of Mode; NULL when it is not there. */
static int find_mode(sd_bus_message *message, const char **ret)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	*ret = NULL;
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && gs_streq(name, "Mode"))
			r = sd_bus_message_read(message, "v", "s", ret);
		else if (r >= 0)
			r = sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int on_changed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *interface, *mode, *path = sd_bus_message_get_path(message);
	struct cli_modes *modes = data;
	char card[GS_ADDRESS_LEN];

	(void)error;
	if (sd_bus_message_read(message, "s", &interface) < 0 ||
	    !gs_streq(interface, GPU_INTERFACE) || find_mode(message, &mode) < 0)
		return 0;
	return mode && card_of(path, card) ? note(modes, card, mode) : 0;
}

/* The rest of an entry of a{sa{sv}}. */
static int note_interface(struct cli_modes *modes, sd_bus_message *message, const char *path)
{
	const char *interface, *mode;
	char card[GS_ADDRESS_LEN];
	int r = sd_bus_message_read(message, "s", &interface);

	if (r < 0 || !gs_streq(interface, GPU_INTERFACE))
		return r < 0 ? r : sd_bus_message_skip(message, "a{sv}");
	r = find_mode(message, &mode);
	return r >= 0 && mode && card_of(path, card) ? note(modes, card, mode) : r;
}

static int note_object(struct cli_modes *modes, sd_bus_message *message, const char *path)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		r = note_interface(modes, message, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int on_added(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *path;

	(void)error;
	if (sd_bus_message_read(message, "o", &path) >= 0)
		(void)!note_object(data, message, path);
	return 0;
}

/* A card at the same address later may be another. */
static int on_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct cli_modes *modes = data;
	char card[GS_ADDRESS_LEN];
	struct entry *entry;
	const char *path;

	(void)error;
	if (sd_bus_message_read(message, "o", &path) < 0 || !card_of(path, card))
		return 0;
	entry = find(modes, card);
	for (size_t i = 0; entry && i < modes->count; i++)
		modes->entries[i].seen = &modes->entries[i] != entry;
	if (entry)
		forget_unseen(modes);
	return 0;
}

static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *name, *before, *after;
	struct cli_modes *modes = data;

	(void)error;
	/* Not left here: the bus is being worked on. */
	if (sd_bus_message_read(message, "sss", &name, &before, &after) >= 0 && *before)
		modes->gone = true;
	return 0;
}

static int listen(struct cli_modes *modes)
{
	static const struct {
		const char *interface, *member;
		sd_bus_message_handler_t handler;
	} signals[] = {
		{ "org.freedesktop.DBus.Properties", "PropertiesChanged", on_changed },
		{ OBJECT_MANAGER, "InterfacesAdded", on_added },
		{ OBJECT_MANAGER, "InterfacesRemoved", on_removed },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < GS_ARRAY_SIZE(signals); i++)
		r = sd_bus_match_signal(modes->bus, NULL, BUS_NAME, NULL, signals[i].interface,
					signals[i].member, signals[i].handler, modes);
	if (r >= 0)
		r = sd_bus_add_match(modes->bus, NULL,
				     "type='signal',sender='org.freedesktop.DBus',"
				     "member='NameOwnerChanged',arg0='" BUS_NAME "'",
				     on_owner, modes);
	return r;
}

static int note_objects(struct cli_modes *modes, sd_bus_message *reply)
{
	const char *path;
	int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(reply, "o", &path);
		if (r >= 0)
			r = note_object(modes, reply, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r;
}

/* One that does not run is not started for this. */
static int ask(struct cli_modes *modes)
{
	sd_bus_message *call = NULL, *reply = NULL;
	int r;

	r = sd_bus_message_new_method_call(modes->bus, &call, BUS_NAME, BUS_PATH, OBJECT_MANAGER,
					   "GetManagedObjects");
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, 0);
	if (r >= 0)
		r = sd_bus_call(modes->bus, call, 0, NULL, &reply);
	if (r >= 0)
		r = note_objects(modes, reply);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return r;
}

static void leave_daemon(struct cli_modes *modes)
{
	modes->bus = sd_bus_flush_close_unref(modes->bus);
}

static bool join_daemon(struct cli_modes *modes)
{
	if (modes->cli->direct || sd_bus_open_system(&modes->bus) < 0)
		return false;
	if (listen(modes) >= 0 && ask(modes) >= 0)
		return true;
	leave_daemon(modes);
	return false;
}

/* --- either ------------------------------------------------------------------------------------ */

int cli_modes_open(struct cli *cli, const struct gs_host *host, cli_modes_told told,
		   struct cli_modes **ret)
{
	struct cli_modes *modes = calloc(1, sizeof(*modes));

	if (!modes)
		return -ENOMEM;
	modes->cli = cli;
	modes->told = told;
	if (!join_daemon(modes) && note_host(modes, host) < 0) {
		cli_modes_close(modes);
		return -ENOMEM;
	}
	*ret = modes;
	return 0;
}

void cli_modes_close(struct cli_modes *modes)
{
	if (!modes)
		return;
	leave_daemon(modes);
	for (size_t i = 0; i < modes->count; i++)
		free(modes->entries[i].mode);
	free(modes->entries);
	free(modes);
}

struct pollfd cli_modes_poll(const struct cli_modes *modes)
{
	return (struct pollfd){
		.fd = modes->bus ? sd_bus_get_fd(modes->bus) : -1,
		.events = POLLIN,
	};
}

static int status_of(struct cli_modes *modes)
{
	int status = modes->status;

	modes->status = 0;
	return status;
}

static int read_host(struct cli_modes *modes)
{
	gs_cleanup_host struct gs_host *host = NULL;

	/* A host that changes while it is read has more events to come. */
	if (gs_inventory_read(modes->cli->engine, 0, &host) == 0)
		(void)!note_host(modes, host);
	return status_of(modes);
}

int cli_modes_next(struct cli_modes *modes)
{
	int r = 1;

	while (modes->bus && !modes->gone && r > 0)
		r = sd_bus_process(modes->bus, NULL);
	if (!modes->bus || (r >= 0 && !modes->gone))
		return status_of(modes);
	/* The daemon has gone: from now on the host is looked at. */
	leave_daemon(modes);
	return read_host(modes);
}

int cli_modes_read(struct cli_modes *modes)
{
	return modes->bus ? 0 : read_host(modes);
}
