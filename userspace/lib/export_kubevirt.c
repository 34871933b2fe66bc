// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * export_kubevirt.c - what KubeVirt is to offer, and what a VM asks it for.
 *
 * YAML, of which every JSON string is one: names of devices are quoted so.
 */
#include <ctype.h>
#include <json-c/json.h>

#include "export.h"
#include "json_build.h"

/* As long as the name of a resource of Kubernetes may be. */
#define NAME_MAX_LENGTH 63

/* Whose resources these are called. */
static const struct {
	uint16_t vendor_id;
	const char *domain;
} domains[] = {
	{ 0x10de, "nvidia.com" },
	{ 0x1002, "amd.com" },
	{ 0x8086, "intel.com" },
};

static const char *domain_of(const struct gs_function *function)
{
	for (size_t i = 0; function && i < GS_ARRAY_SIZE(domains); i++)
		if (domains[i].vendor_id == function->vendor_id)
			return domains[i].domain;
	return "gpushift.local";
}

/* "GRID P40-2Q" as KubeVirt writes it: letters, digits and "-_." with a letter or digit at both ends. */
static void to_resource(const char *text, char name[NAME_MAX_LENGTH + 1])
{
	size_t length = 0;

	while (*text && !isalnum((unsigned char)*text))
		text++;
	for (; *text && length < NAME_MAX_LENGTH; text++)
		name[length++] = isalnum((unsigned char)*text) || strchr("-.", *text) ? *text : '_';
	while (length && !isalnum((unsigned char)name[length - 1]))
		length--;
	name[length] = '\0';
}

static int put_quoted(FILE *out, const char *before, const char *text)
{
	struct json_object *quoted;
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "text", text);
	quoted = gs_json_end(&json);
	if (!quoted)
		return -ENOMEM;
	fprintf(out, "%s%s\n", before,
		json_object_to_json_string_ext(json_object_object_get(quoted, "text"),
					       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(quoted);
	return 0;
}

static void put_resource(FILE *out, const char *before, const char *domain, const char *name)
{
	fprintf(out, "%s\"%s/%s\"\n", before, domain, name);
}

#define PERMITTED                                \
	"# in the resource KubeVirt\n"           \
	"spec:\n"                                \
	"  configuration:\n"                     \
	"    permittedHostDevices:\n"

#define WANTED                                   \
	"---\n"                                  \
	"# in the resource VirtualMachine\n"     \
	"spec:\n"                                \
	"  template:\n"                          \
	"    spec:\n"                            \
	"      domain:\n"                        \
	"        devices:\n"

/* The functions that are given: those of a card, or one VF. */
struct given {
	struct gs_function *const *functions;
	size_t count;
};

static void put_selector(FILE *out, const struct gs_function *function)
{
	char name[NAME_MAX_LENGTH + 1];

	fprintf(out, "        - pciVendorSelector: \"%04X:%04X\"\n", function->vendor_id,
		function->device_id);
	snprintf(name, sizeof(name), "%04X-%04X", function->vendor_id, function->device_id);
	put_resource(out, "          resourceName: ", domain_of(function), name);
}

/* Two functions with the same ids are two devices of one resource. */
static bool is_repeated(const struct given *given, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (given->functions[i]->vendor_id == given->functions[at]->vendor_id &&
		    given->functions[i]->device_id == given->functions[at]->device_id)
			return true;
	return false;
}

static void put_wanted_kind(FILE *out, const struct given *given, bool display)
{
	char name[NAME_MAX_LENGTH + 1];
	bool first = true;

	for (size_t i = 0; i < given->count; i++) {
		const struct gs_function *function = given->functions[i];

		if (gs_function_is_display(function) != display)
			continue;
		if (first)
			fprintf(out, "          %s:\n", display ? "gpus" : "hostDevices");
		first = false;
		snprintf(name, sizeof(name), "%04X-%04X", function->vendor_id, function->device_id);
		fprintf(out, "            - name: gpushift%zu\n", i);
		put_resource(out, "              deviceName: ", domain_of(function), name);
	}
}

static int put_functions(FILE *out, const struct given *given)
{
	fputs(PERMITTED "      pciHostDevices:\n", out);
	for (size_t i = 0; i < given->count; i++)
		if (!is_repeated(given, i))
			put_selector(out, given->functions[i]);
	fputs(WANTED, out);
	put_wanted_kind(out, given, true);
	put_wanted_kind(out, given, false);
	return 0;
}

static int put_mdev(const struct gs_export *export, FILE *out)
{
	const char *type = export->vgpu->type_name ? export->vgpu->type_name : export->vgpu->type;
	const struct gs_function *parent = NULL;
	char name[NAME_MAX_LENGTH + 1];
	struct gs_address address;
	int r;

	if (!type)
		return -EOPNOTSUPP;
	to_resource(type, name);
	if (!*name)
		return -EOPNOTSUPP;
	if (gs_address_parse(export->vgpu->parent, &address) == 0)
		parent = gs_host_function(export->host, &address);
	fputs(PERMITTED "      mediatedDevices:\n", out);
	r = put_quoted(out, "        - mdevNameSelector: ", type);
	put_resource(out, "          resourceName: ", domain_of(parent), name);
	fputs(WANTED "          gpus:\n"
		     "            - name: gpushift0\n",
	      out);
	put_resource(out, "              deviceName: ", domain_of(parent), name);
	return r;
}

int gs_export_kubevirt(const struct gs_export *export, FILE *out)
{
	struct gs_function *vf;

	if (export->card)
		return put_functions(out, &(struct given){ export->card->functions,
							   export->card->n_functions });
	if (export->vgpu->uuid)
		return put_mdev(export, out);
	vf = (struct gs_function *)gs_export_vf(export);
	return vf ? put_functions(out, &(struct given){ &vf, 1 }) : -EOPNOTSUPP;
}
