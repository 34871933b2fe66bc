// SPDX-License-Identifier: GPL-2.0-or-later
/* json.c - hosts, cards and groups as JSON */
#include "json.h"

#include "json_build.h"
#include "json_facts.h"

static void put_group_id(struct gs_json *json, int id)
{
	if (id < 0)
		gs_json_put_null(json, "iommu_group");
	else
		gs_json_put_number(json, "iommu_group", id);
}

/* The base class and subclass, without the programming interface. */
static void put_class(struct gs_json *json, const struct gs_function *function)
{
	gs_json_put_id(json, "class", (uint16_t)(function->class_code >> 8));
}

static void put_function(struct gs_json *json, const struct gs_function *function)
{
	gs_json_put_string(json, "address", function->text);
	put_class(json, function);
	gs_json_put_string(json, "driver", function->driver);
	gs_json_put_string(json, "driver_override", function->driver_override);
	put_group_id(json, function->iommu_group);
}

static struct json_object *json_function(const struct gs_function *function, bool facts)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_function(&json, function);
	if (facts)
		gs_json_put_facts(&json, function);
	return gs_json_end(&json);
}

static struct json_object *json_named_function(const struct gs_function *function)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_function(&json, function);
	gs_json_put_string(&json, "name", function->name);
	return gs_json_end(&json);
}

static struct json_object *json_holder(const struct gs_holder *holder)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "kind", holder->kind);
	gs_json_put_string(&json, "name", holder->name);
	if (holder->pid)
		gs_json_put_number(&json, "pid", holder->pid);
	else
		gs_json_put_null(&json, "pid");
	gs_json_put_string(&json, "detail", holder->detail);
	gs_json_put_string(&json, "manager", holder->manager);
	gs_json_put_string(&json, "command", holder->command);
	gs_json_put_string(&json, "fix", holder->fix);
	gs_json_put_string(&json, "critical", holder->critical);
	gs_json_put_bool(&json, "yields", holder->yields);
	return gs_json_end(&json);
}

static struct json_object *json_mode(const struct gs_host *host, const struct gs_card *card,
				     enum gs_mode mode)
{
	struct gs_blocker *blockers = NULL;
	struct gs_json json;
	size_t count = 0;

	gs_json_begin(&json);
	/* A card is not in its own way. */
	if (card->mode != mode && gs_blockers_for(host, card, mode, &blockers, &count) < 0)
		json.failed = true;
	gs_json_put_bool(&json, "available", count == 0);
	gs_json_put(&json, "blockers", gs_json_blockers(blockers, count));
	gs_blockers_free(blockers, count);
	return gs_json_end(&json);
}

struct json_object *gs_json_modes(const struct gs_host *host, const struct gs_card *card)
{
	struct gs_json json;

	gs_json_begin(&json);
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++)
		gs_json_put(&json, gs_mode_name(mode), json_mode(host, card, mode));
	return gs_json_end(&json);
}

static void put_card_lists(struct gs_json *json, const struct gs_card *card, bool facts)
{
	struct gs_json functions, vgpus, holders;

	gs_json_begin_array(&functions);
	for (size_t i = 0; i < card->n_functions; i++)
		gs_json_add(&functions, json_function(card->functions[i], facts));
	gs_json_put(json, "functions", gs_json_end(&functions));

	gs_json_begin_array(&vgpus);
	for (size_t i = 0; i < card->n_vgpus; i++)
		gs_json_add(&vgpus, gs_json_vgpu(card->vgpus[i]));
	gs_json_put(json, "vgpus", gs_json_end(&vgpus));

	gs_json_begin_array(&holders);
	for (size_t i = 0; i < card->n_holders; i++)
		gs_json_add(&holders, json_holder(&card->holders[i]));
	gs_json_put(json, "holders", gs_json_end(&holders));
	if (card->holders_unreadable < 0)
		gs_json_put_null(json, "holders_unreadable");
	else
		gs_json_put_number(json, "holders_unreadable", card->holders_unreadable);
}

/* @facts: also what only `show` has of each function */
static void put_card(struct gs_json *json, const struct gs_host *host, const struct gs_card *card,
		     bool facts)
{
	const struct gs_function *display = gs_card_display(card);

	gs_json_put_string(json, "address", display->text);
	gs_json_put_string(json, "name", display->name);
	gs_json_put_id(json, "vendor_id", display->vendor_id);
	gs_json_put_id(json, "device_id", display->device_id);
	put_class(json, display);
	gs_json_put_string(json, "mode", gs_mode_name(card->mode));
	gs_json_put_string(json, "reason", card->reason);
	gs_json_put_string(json, "driver", display->driver);
	put_group_id(json, display->iommu_group);
	gs_json_put_strings(json, "group_members", display->group_members);
	gs_json_put_strings(json, "reset_methods", display->reset_methods);
	gs_json_put_known(json, "boot_vga", display->boot_vga);
	gs_json_put_isolation(json, host, gs_host_group(host, display->iommu_group));
	put_card_lists(json, card, facts);
	gs_json_put(json, "modes", gs_json_modes(host, card));
}

struct json_object *gs_json_card(const struct gs_host *host, const struct gs_card *card)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_card(&json, host, card, false);
	return gs_json_end(&json);
}

static void put_source(struct gs_json *json, const struct gs_host *host)
{
	gs_json_put_string(json, "source", host->source == GS_SOURCE_KMOD ? "kmod" : "sysfs");
}

struct json_object *gs_json_list(const struct gs_host *host, bool all)
{
	struct gs_json json, cards, functions;

	gs_json_begin_document(&json);
	put_source(&json, host);
	if (host->generation_known)
		gs_json_put_number(&json, "generation", host->generation);
	else
		gs_json_put_null(&json, "generation");

	gs_json_begin_array(&cards);
	for (size_t i = 0; i < host->n_cards; i++)
		gs_json_add(&cards, gs_json_card(host, &host->cards[i]));
	gs_json_put(&json, "cards", gs_json_end(&cards));
	if (!all)
		return gs_json_end(&json);

	gs_json_begin_array(&functions);
	for (size_t i = 0; i < host->n_functions; i++)
		gs_json_add(&functions, json_named_function(&host->functions[i]));
	gs_json_put(&json, "functions", gs_json_end(&functions));
	return gs_json_end(&json);
}

static const char *dma_owner_name(enum gs_dma_owner owner)
{
	switch (owner) {
	case GS_DMA_UNKNOWN:
		return NULL;
	case GS_DMA_NONE:
		return "none";
	case GS_DMA_KERNEL:
		return "kernel";
	case GS_DMA_USER:
		return "user";
	}
	return NULL;
}

static struct json_object *json_outside(const struct gs_function *function)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_function(&json, function);
	gs_json_put_string(&json, "name", function->name);
	gs_json_put_bool(&json, "must_move",
			 !gs_function_is_bridge(function) && gs_driver_owns_dma(function->driver));
	return gs_json_end(&json);
}

static struct json_object *json_sriov(const struct gs_function *display)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_number(&json, "total", display->sriov_total);
	gs_json_put_number(&json, "enabled", display->sriov_enabled);
	return gs_json_end(&json);
}

static struct json_object *json_remembered(const struct gs_remembered *remembered)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "driver", remembered->driver);
	gs_json_put_strings(&json, "with", remembered->with);
	gs_json_put_bool(&json, "same_boot", remembered->same_boot);
	return gs_json_end(&json);
}

static void put_show_keys(struct gs_json *json, const struct gs_host *host,
			  const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);
	const struct gs_group *group = gs_host_group(host, display->iommu_group);
	struct gs_json outside;

	gs_json_put_id(json, "subsystem_vendor_id", display->subsystem_vendor_id);
	gs_json_put_id(json, "subsystem_device_id", display->subsystem_device_id);
	gs_json_put_number(json, "revision", display->revision);
	gs_json_put_string(json, "group_type", group ? group->type : NULL);
	gs_json_put_string(json, "domain_type", display->domain_type);
	gs_json_put_string(json, "dma_owner", dma_owner_name(display->dma_owner));
	gs_json_put_known(json, "bus_reset", display->bus_reset);
	gs_json_put_known(json, "slot_reset", display->slot_reset);
	gs_json_put_facts(json, display);
	gs_json_put_string(json, "power_control", display->power_control);
	if (display->numa_node < 0)
		gs_json_put_null(json, "numa_node");
	else
		gs_json_put_number(json, "numa_node", display->numa_node);
	if (display->sriov_total)
		gs_json_put(json, "sriov", json_sriov(display));
	else
		gs_json_put_null(json, "sriov");

	gs_json_put_stuck(json, card->stuck);

	gs_json_begin_array(&outside);
	for (size_t i = 0; i < card->n_outside; i++)
		gs_json_add(&outside, json_outside(card->outside[i]));
	gs_json_put(json, "outside", gs_json_end(&outside));
	if (card->remembered)
		gs_json_put(json, "remembered", json_remembered(card->remembered));
	else
		gs_json_put_null(json, "remembered");
}

struct json_object *gs_json_show(const struct gs_host *host, const struct gs_card *card)
{
	struct gs_json json, inner;

	gs_json_begin(&inner);
	put_card(&inner, host, card, true);
	gs_json_put_string(&inner, "alias", card->alias);
	put_show_keys(&inner, host, card);

	gs_json_begin_document(&json);
	put_source(&json, host);
	gs_json_put(&json, "card", gs_json_end(&inner));
	return gs_json_end(&json);
}

static struct json_object *json_group(const struct gs_host *host, const struct gs_group *group)
{
	struct gs_json json, devices;

	gs_json_begin_array(&devices);
	for (char **member = group->members; member && *member; member++) {
		const struct gs_function *function = NULL;
		struct gs_address address;
		struct gs_json device;

		if (gs_address_parse(*member, &address) == 0)
			function = gs_host_function(host, &address);
		gs_json_begin(&device);
		gs_json_put_string(&device, "address", *member);
		if (function)
			put_class(&device, function);
		else
			gs_json_put_null(&device, "class");
		gs_json_put_string(&device, "driver", function ? function->driver : NULL);
		gs_json_put_string(&device, "name", function ? function->name : NULL);
		gs_json_add(&devices, gs_json_end(&device));
	}

	gs_json_begin(&json);
	gs_json_put_number(&json, "id", group->id);
	gs_json_put_string(&json, "type", group->type);
	gs_json_put_isolation(&json, host, group);
	gs_json_put(&json, "devices", gs_json_end(&devices));
	return gs_json_end(&json);
}

struct json_object *gs_json_groups(const struct gs_host *host)
{
	struct gs_json json, groups;

	gs_json_begin_array(&groups);
	for (size_t i = 0; i < host->n_groups; i++)
		gs_json_add(&groups, json_group(host, &host->groups[i]));

	gs_json_begin_document(&json);
	gs_json_put(&json, "groups", gs_json_end(&groups));
	return gs_json_end(&json);
}
