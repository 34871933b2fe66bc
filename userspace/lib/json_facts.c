// SPDX-License-Identifier: GPL-2.0-or-later
/* json_facts.c - resets, isolation, power, BARs and link as JSON */
#include "json_facts.h"

#include "explain.h"

static void put_missing(struct gs_json *json, const struct gs_isolation *isolation)
{
	char **names = NULL;

	if (!isolation->missing_known) {
		gs_json_put_null(json, "missing");
		return;
	}
	if (gs_acs_names(isolation->missing, &names) < 0)
		json->failed = true;
	gs_json_put_strings(json, "missing", names);
	gs_strv_free(names);
}

void gs_json_put_isolation(struct gs_json *json, const struct gs_host *host,
			   const struct gs_group *group)
{
	const struct gs_isolation *isolation = gs_group_isolation(host, group);
	const struct gs_function *blamed;
	char address[GS_ADDRESS_LEN];
	struct gs_json inner;

	if (!isolation) {
		gs_json_put_null(json, "isolation");
		return;
	}
	blamed = gs_host_function(host, &isolation->bridge);
	gs_json_begin(&inner);
	gs_json_put_string(&inner, "address", gs_address_format(&isolation->bridge, address));
	gs_json_put_string(&inner, "name", blamed ? blamed->name : NULL);
	put_missing(&inner, isolation);
	gs_json_put_string(&inner, "cause", gs_isolation_cause_name(isolation->cause));
	gs_json_put(json, "isolation", gs_json_end(&inner));
}

static struct json_object *json_reset(const struct gs_reset *reset)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "method", gs_reset_method_name(reset->method));
	gs_json_put_string(&json, "state", gs_reset_state_name(reset->state));
	gs_json_put_string(&json, "reason", gs_reset_reason_name(reset->reason));
	gs_json_put_string(&json, "detail", reset->detail);
	return gs_json_end(&json);
}

static void put_resets(struct gs_json *json, const struct gs_facts *facts)
{
	struct gs_json resets;

	gs_json_begin_array(&resets);
	for (size_t i = 0; i < facts->n_resets; i++)
		gs_json_add(&resets, json_reset(&facts->resets[i]));
	gs_json_put(json, "resets", gs_json_end(&resets));
	gs_json_put_string(json, "reset_bus_reason", gs_reset_reason_name(facts->bus_reason));
	gs_json_put_string(json, "reset_bus_detail", facts->bus_detail);
	if (facts->reset_scope)
		gs_json_put_strings(json, "reset_scope", facts->reset_scope);
	else
		gs_json_put_null(json, "reset_scope");
	gs_json_put_known(json, "reset_outside_group", facts->outside_group);
}

static struct json_object *json_power(const struct gs_power *power)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "state", gs_power_state_name(power->state));
	gs_json_put_known(&json, "d3cold_allowed", power->d3cold_allowed);
	gs_json_put_string(&json, "runtime_control",
			   power->runtime_control == GS_UNKNOWN ? NULL
			   : power->runtime_control == GS_YES	? "auto"
								: "on");
	gs_json_put_string(&json, "runtime_status", gs_runtime_status_name(power->runtime_status));
	gs_json_put_known(&json, "no_soft_reset", power->no_soft_reset);
	return gs_json_end(&json);
}

/* 0 stands for unknown. */
static void put_number_or_null(struct gs_json *json, const char *key, uint64_t number)
{
	if (number && number <= INT64_MAX)
		gs_json_put_number(json, key, (int64_t)number);
	else
		gs_json_put_null(json, key);
}

/* The sizes in bytes; more than 2^62 of them there is no room for. */
static void put_resizable(struct gs_json *json, uint64_t sizes)
{
	struct gs_json array;

	if (!sizes) {
		gs_json_put_null(json, "resizable_bytes");
		return;
	}
	gs_json_begin_array(&array);
	for (unsigned int bit = 0; bit <= 42; bit++)
		if (sizes >> bit & 1)
			gs_json_add(&array, json_object_new_int64((int64_t)1 << (20 + bit)));
	gs_json_put(json, "resizable_bytes", gs_json_end(&array));
}

static struct json_object *json_bar(const struct gs_bar *bar)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_number(&json, "index", bar->index);
	gs_json_put_string(&json, "type", gs_bar_type_name(bar->type));
	if (bar->has_start && bar->start <= INT64_MAX)
		gs_json_put_number(&json, "start", (int64_t)bar->start);
	else
		gs_json_put_null(&json, "start");
	put_number_or_null(&json, "size_bytes", bar->size);
	put_resizable(&json, bar->resizable);
	gs_json_put_string(&json, "claimant", bar->claimant);
	return gs_json_end(&json);
}

static void put_bars(struct gs_json *json, const struct gs_facts *facts)
{
	struct gs_json bars;

	if (!facts->bars_known || facts->rom_size > INT64_MAX) {
		gs_json_put_null(json, "bars");
		gs_json_put_null(json, "rom_bytes");
		return;
	}
	gs_json_begin_array(&bars);
	for (size_t i = 0; i < facts->n_bars; i++)
		gs_json_add(&bars, json_bar(&facts->bars[i]));
	gs_json_put(json, "bars", gs_json_end(&bars));
	gs_json_put_number(json, "rom_bytes", (int64_t)facts->rom_size);
}

static void put_link(struct gs_json *json, const struct gs_link *link)
{
	struct gs_json inner;

	if (!link->speed && !link->speed_max && !link->width && !link->width_max) {
		gs_json_put_null(json, "link");
		return;
	}
	gs_json_begin(&inner);
	put_number_or_null(&inner, "speed_mts", link->speed);
	put_number_or_null(&inner, "speed_max_mts", link->speed_max);
	put_number_or_null(&inner, "width", link->width);
	put_number_or_null(&inner, "width_max", link->width_max);
	gs_json_put(json, "link", gs_json_end(&inner));
}

void gs_json_put_facts(struct gs_json *json, const struct gs_function *function)
{
	const struct gs_facts *facts = &function->facts;

	put_resets(json, facts);
	gs_json_put(json, "power", json_power(&facts->power));
	put_bars(json, facts);
	put_link(json, &facts->link);
	if (facts->mdev_types < 0)
		gs_json_put_null(json, "mdev_types");
	else
		gs_json_put_number(json, "mdev_types", facts->mdev_types);
	gs_json_put_known(json, "config_answers", facts->config_answers);
}
