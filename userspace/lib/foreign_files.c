// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign_files.c - what driverctl, mdevctl and kubelet wrote about devices. */
#include <json-c/json.h>

#include "foreign.h"

int gs_owners_driverctl(struct gs_owners *owners, const char *file, const char *text)
{
	struct gs_address address;
	char plain[GS_ADDRESS_LEN];

	if (strncmp(file, "pci-", 4) != 0 || gs_address_parse(file + 4, &address) < 0)
		return 0;
	gs_address_format(&address, plain);
	return gs_owners_add(
		owners, (struct gs_owner){
				.who = "driverctl",
				.address = address,
				.group = -1,
				.modes = ~0U,
				.evidence = gs_asprintf("/etc/driverctl.d/%s keeps %s on %.*s", file,
							plain, (int)strcspn(text, "\n"), text),
				.fix = gs_asprintf("driverctl unset-override %s", plain),
			});
}

static struct json_object *parse(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *json;

	if (!tokener)
		return NULL;
	json = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	json_tokener_free(tokener);
	return json;
}

static const char *get_string(struct json_object *json, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static bool is_uuid(const char *text)
{
	return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

int gs_owners_mdevctl(struct gs_owners *owners, const char *parent, const char *uuid,
		      const char *text)
{
	struct json_object *json = NULL;
	struct gs_address address;
	int r = 0;

	if (gs_address_parse(parent, &address) == 0 && is_uuid(uuid))
		json = parse(text);
	if (json && strcmp(get_string(json, "start"), "auto") == 0)
		r = gs_owners_add(
			owners,
			(struct gs_owner){
				.who = "mdevctl",
				.address = address,
				.group = -1,
				.modes = 1U << GS_MODE_PASSTHROUGH | 1U << GS_MODE_HOST,
				.evidence = gs_asprintf(
					"mdevctl starts %s (%s) on %s by itself", uuid,
					get_string(json, "mdev_type"), parent),
				.fix = gs_asprintf("mdevctl modify -u %s -p %s --manual", uuid,
						   parent),
			});
	json_object_put(json);
	return r;
}

/* KubeVirt serves nvidia.com/GP102 at the socket kubevirt-nvidia.com-GP102.sock. */
static bool is_of_kubevirt(const char *resource, char *const *sockets)
{
	gs_cleanup_free char *name = gs_asprintf("kubevirt-%s.sock", resource);

	for (char *p = name; p && *p; p++)
		if (*p == '/')
			*p = '-';
	return name && gs_strv_has(sockets, name);
}

/* The device ids of KubeVirt's PCI devices are numbers of IOMMU groups. */
static int add_group(struct gs_owners *owners, const char *resource, const char *id)
{
	char *rest;
	unsigned long group;

	errno = 0;
	group = strtoul(id, &rest, 10);
	if (!*id || *rest || errno || group > INT32_MAX || *id < '0' || *id > '9')
		return 0;
	return gs_owners_add(
		owners,
		(struct gs_owner){
			.who = "kubevirt",
			.group = (int)group,
			.modes = ~0U,
			.evidence = gs_asprintf(
				"KubeVirt offers IOMMU group %lu as %s: see its permittedHostDevices",
				group, resource),
			.fix = strdup("kubectl -n kubevirt edit kubevirt kubevirt"),
		});
}

int gs_owners_kubevirt(struct gs_owners *owners, const char *text, char *const *sockets)
{
	struct json_object *json = parse(text), *data, *registered;
	int r = 0;

	if (!json)
		return 0;
	if (json_object_object_get_ex(json, "Data", &data) &&
	    json_object_object_get_ex(data, "RegisteredDevices", &registered) &&
	    json_object_is_type(registered, json_type_object)) {
		json_object_object_foreach(registered, resource, ids)
		{
			if (!json_object_is_type(ids, json_type_array) ||
			    !is_of_kubevirt(resource, sockets))
				continue;
			for (size_t i = 0; r == 0 && i < json_object_array_length(ids); i++) {
				const char *id = json_object_get_string(
					json_object_array_get_idx(ids, i));

				r = add_group(owners, resource, id ? id : "");
			}
		}
	}
	json_object_put(json);
	return r;
}
