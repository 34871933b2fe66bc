// SPDX-License-Identifier: GPL-2.0-or-later
/* identity.c - the places of cards, and finding a card again. */
#include "identity.h"

#include "tree.h"

#define SLOTS "sys/bus/pci/slots"

void gs_identity_format(const struct gs_identity *identity, char text[GS_IDENTITY_LEN])
{
	snprintf(text, GS_IDENTITY_LEN, "%04x:%04x:%04x:%04x", identity->vendor_id,
		 identity->device_id, identity->subsystem_vendor_id,
		 identity->subsystem_device_id);
}

int gs_identity_parse(const char *text, struct gs_identity *ret)
{
	char again[GS_IDENTITY_LEN];

	if (sscanf(text, "%4hx:%4hx:%4hx:%4hx", &ret->vendor_id, &ret->device_id,
		   &ret->subsystem_vendor_id, &ret->subsystem_device_id) != 4)
		return -EINVAL;
	gs_identity_format(ret, again);
	return gs_streq(text, again) ? 0 : -EINVAL;
}

static int read_id(struct gs_engine *engine, const char *address, const char *file, uint16_t *ret)
{
	char path[GS_PATH_MAX];
	uint64_t value;
	int r;

	r = gs_path(path, "sys/bus/pci/devices/%s/%s", address, file);
	if (r == 0)
		r = gs_tree_read_u64(engine, path, &value);
	if (r == 0)
		*ret = (uint16_t)value;
	return r;
}

int gs_identity_read(struct gs_engine *engine, const char *address, struct gs_identity *ret)
{
	int r;

	r = read_id(engine, address, "vendor", &ret->vendor_id);
	if (r == 0)
		r = read_id(engine, address, "device", &ret->device_id);
	if (r == 0)
		r = read_id(engine, address, "subsystem_vendor", &ret->subsystem_vendor_id);
	if (r == 0)
		r = read_id(engine, address, "subsystem_device", &ret->subsystem_device_id);
	return r;
}

void gs_place_clear(struct gs_place *place)
{
	free(place->path);
	free(place->slot);
	*place = (struct gs_place){ 0 };
}

void gs_places_free(struct gs_place *places, size_t count)
{
	for (size_t i = 0; places && i < count; i++)
		gs_place_clear(&places[i]);
	free(places);
}

/* Adds one component of a real path: the root as it is, functions without their bus. */
static int add_component(char path[GS_PATH_MAX], size_t *used, const char *component)
{
	struct gs_address address;
	int n;

	if (gs_address_parse(component, &address) == 0)
		n = snprintf(path + *used, GS_PATH_MAX - *used, "/%02x.%x", address.slot,
			     address.function);
	else if (strncmp(component, "pci", 3) != 0)
		return -EINVAL;
	else /* a root below a function, as VMD makes them, is numbered as it comes */
		n = snprintf(path + *used, GS_PATH_MAX - *used, "%s%s", *used ? "/" : "",
			     *used ? "pci" : component);
	if (n < 0 || (size_t)n >= GS_PATH_MAX - *used)
		return -ENAMETOOLONG;
	*used += (size_t)n;
	return 0;
}

/* From "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"; NULL in @ret: no such path. */
static int path_of(struct gs_engine *engine, const char *address, char **ret)
{
	gs_cleanup_free char *real = NULL;
	char link[GS_PATH_MAX], path[GS_PATH_MAX];
	size_t used = 0;
	char *rest, *component;
	int r;

	r = gs_path(link, "sys/bus/pci/devices/%s", address);
	if (r == 0)
		r = gs_tree_real_path(engine, link, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	rest = strstr(real, "/pci");
	if (!rest)
		return 0;
	for (rest++; (component = strsep(&rest, "/"));)
		if (add_component(path, &used, component) < 0)
			return 0;
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

/* "0000:01:00": the device that sits in a slot, whatever its functions. */
static bool is_in_slot(struct gs_engine *engine, const char *slot, const char *address)
{
	gs_cleanup_free char *device = NULL;
	char path[GS_PATH_MAX];
	size_t length;

	if (gs_path(path, SLOTS "/%s/address", slot) < 0 || gs_tree_read(engine, path, &device) < 0)
		return false;
	length = strlen(device);
	return length && strncmp(address, device, length) == 0 && address[length] == '.';
}

static int slot_of(struct gs_engine *engine, char *const *slots, const char *address, char **ret)
{
	for (; slots && *slots; slots++) {
		if (!is_in_slot(engine, *slots, address))
			continue;
		*ret = strdup(*slots);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_place(struct gs_engine *engine, const struct gs_function *function,
		      char *const *slots, struct gs_place *place)
{
	int r;

	place->identity = gs_function_identity(function);
	memcpy(place->address, function->text, sizeof(place->address));
	r = path_of(engine, function->text, &place->path);
	return r < 0 ? r : slot_of(engine, slots, function->text, &place->slot);
}

int gs_places_read(struct gs_engine *engine, struct gs_function *const *functions, size_t count,
		   struct gs_place **ret)
{
	struct gs_place *places = calloc(count + 1, sizeof(*places));
	char **slots = NULL;
	int r;

	if (!places)
		return -ENOMEM;
	r = gs_tree_list(engine, SLOTS, &slots);
	if (r != -ENOMEM)
		r = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = read_place(engine, functions[i], slots, &places[i]);
	gs_strv_free(slots);
	if (r < 0)
		gs_places_free(places, count);
	else
		*ret = places;
	return r;
}

int gs_places_of_cards(struct gs_engine *engine, const struct gs_host *host, struct gs_place **ret)
{
	gs_cleanup_free struct gs_function **displays =
		calloc(host->n_cards + 1, sizeof(*displays));

	if (!displays)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_cards; i++)
		displays[i] = gs_card_display(&host->cards[i]);
	return gs_places_read(engine, displays, host->n_cards, ret);
}

static bool same_ids(const struct gs_place *a, const struct gs_place *b)
{
	return gs_identity_equal(&a->identity, &b->identity);
}

/* Where no path is known, the address has to do. */
static bool same_place(const struct gs_place *a, const struct gs_place *b)
{
	if (a->path && b->path)
		return gs_streq(a->path, b->path);
	return gs_streq(a->address, b->address);
}

/* Does the card at @place belong to somebody else? */
static bool is_taken(const struct gs_sought *sought, const struct gs_place *place)
{
	if (place->path && gs_strv_has((char *const *)sought->others, place->path))
		return true;
	for (size_t i = 0; i < sought->n_peers; i++)
		if (same_ids(sought->peers[i], place) && same_place(sought->peers[i], place))
			return true;
	return false;
}

/* Is there a peer that is at its place no more, and in that slot, if one is given? */
static bool is_contested(const struct gs_sought *sought, const struct gs_place *now, size_t count,
			 const char *slot)
{
	for (size_t i = 0; i < sought->n_peers; i++) {
		const struct gs_place *peer = sought->peers[i];
		bool there = false;

		if (!same_ids(peer, sought->place) || (slot && !gs_streq(peer->slot, slot)))
			continue;
		for (size_t j = 0; j < count && !there; j++)
			there = same_ids(peer, &now[j]) && same_place(peer, &now[j]);
		if (!there)
			return true;
	}
	return false;
}

/* How many of @now are free for the one that is sought; in its slot only, if @slot. */
static size_t count_free(const struct gs_sought *sought, const struct gs_place *now, size_t count,
			 const char *slot, size_t *ret_last)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!same_ids(sought->place, &now[i]) || is_taken(sought, &now[i]) ||
		    (slot && !gs_streq(now[i].slot, slot)))
			continue;
		*ret_last = i;
		n++;
	}
	return n;
}

static bool address_is_used(const struct gs_place *place, const struct gs_place *now, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gs_streq(place->address, now[i].address))
			return true;
	return false;
}

enum gs_found gs_place_find(const struct gs_sought *sought, const struct gs_place *now, size_t count,
			    size_t *ret_index)
{
	const struct gs_place *place = sought->place;
	size_t n_free;

	for (size_t i = 0; i < count; i++) {
		if (!same_ids(place, &now[i]) || !same_place(place, &now[i]))
			continue;
		*ret_index = i;
		return GS_FOUND_IT;
	}
	n_free = count_free(sought, now, count, NULL, ret_index);
	if (n_free == 0)
		return address_is_used(place, now, count) ? GS_FOUND_OTHER : GS_FOUND_NOTHING;
	if (n_free == 1 && !is_contested(sought, now, count, NULL))
		return GS_FOUND_IT;
	if (place->slot && count_free(sought, now, count, place->slot, ret_index) == 1 &&
	    !is_contested(sought, now, count, place->slot))
		return GS_FOUND_IT;
	return GS_FOUND_AMBIGUOUS;
}
