// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_report.c - what others need to understand a problem, without what tells whose host it is. */
#include "doctor.h"
#include "import.h"
#include "json.h"
#include "json_build.h"
#include "redact.h"
#include "tree.h"

static void put_file(struct gs_json *json, struct gs_engine *engine, const char *key,
		     const char *path)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read(engine, path, &text) == -ENOMEM)
		json->failed = true;
	gs_json_put_string(json, key, text);
}

static void put_cmdline(struct gs_json *json, struct gs_engine *engine)
{
	gs_cleanup_free char *text = NULL;
	gs_cleanup_free char *shown = NULL;

	if (gs_tree_read(engine, "proc/cmdline", &text) == 0) {
		shown = gs_redact_cmdline(text);
		json->failed |= !shown;
	}
	gs_json_put_string(json, "command_line", shown);
}

/* Lines of modprobe.d and driverctl; those of the command line are shown above. */
static struct json_object *json_bindings(struct gs_engine *engine)
{
	struct gs_bindings bindings = { 0 };
	struct gs_json array;

	gs_json_begin_array(&array);
	array.failed |= gs_bindings_read(engine, &bindings) < 0;
	for (size_t i = 0; i < bindings.count; i++) {
		struct gs_json json;

		gs_json_begin(&json);
		gs_json_put_string(&json, "where", bindings.list[i].where);
		gs_json_put_string(&json, "text", bindings.list[i].text);
		gs_json_add(&array, gs_json_end(&json));
	}
	gs_bindings_clear(&bindings);
	return gs_json_end(&array);
}

static struct json_object *json_boot(const struct gs_boot *boot)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "owner", boot->owner);
	gs_json_put_string(&json, "known_by", boot->known_by);
	gs_json_put_strings(&json, "words", boot->words);
	gs_json_put_strings(&json, "missing", boot->missing);
	gs_json_put_bool(&json, "applied", boot->applied != NULL);
	gs_json_put_string(&json, "refusal", boot->refusal);
	return gs_json_end(&json);
}

static struct json_object *json_report(const struct gs_doctor *doctor, const struct gs_host *host)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "gpushift", GPUSHIFT_VERSION);
	put_file(&json, doctor->engine, "kernel", "proc/sys/kernel/osrelease");
	put_file(&json, doctor->engine, "system", "etc/os-release");
	put_cmdline(&json, doctor->engine);
	gs_json_put(&json, "doctor", gs_json_findings(doctor));
	gs_json_put(&json, "list", gs_json_list(host, true));
	gs_json_put(&json, "groups", gs_json_groups(host));
	gs_json_put(&json, "bindings", json_bindings(doctor->engine));
	gs_json_put(&json, "boot", json_boot(doctor->boot));
	return gs_json_end(&json);
}

int gs_doctor_report(const struct gs_doctor *doctor, const struct gs_host *host, char **ret)
{
	struct json_object *json = json_report(doctor, host);
	struct gs_secrets secrets = { 0 };
	const char *text = NULL;
	int r = json ? gs_secrets_read(doctor->engine, &secrets) : -ENOMEM;

	if (r == 0)
		text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
								    JSON_C_TO_STRING_SPACED |
								    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (r == 0) {
		*ret = text ? gs_redact(&secrets, text) : NULL;
		r = *ret ? 0 : -ENOMEM;
	}
	gs_secrets_clear(&secrets);
	json_object_put(json);
	return r;
}
