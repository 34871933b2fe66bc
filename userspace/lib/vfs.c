// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfs.h"

#include "remembered.h"
#include "state_file.h"
#include "tree.h"
#include "vendor_tool.h"

#define PCI_DEVICES "sys/bus/pci/devices"
#define RECORDS GS_STATE_DIR "/vfs"

/* The kernel counts them in 16 bits. */
#define VFS_MAX 65535

#define BY_TOOL " sriov-manage"

void gs_vfs_format(const struct gs_vfs *vfs, char text[GS_VFS_TEXT])
{
	int n = snprintf(text, GS_VFS_TEXT, "%u", vfs->count);

	if (vfs->autoprobe != GS_UNKNOWN)
		n += snprintf(text + n, (size_t)(GS_VFS_TEXT - n), " autoprobe=%d",
			      vfs->autoprobe == GS_YES);
	if (vfs->by_tool)
		snprintf(text + n, (size_t)(GS_VFS_TEXT - n), BY_TOOL);
}

int gs_vfs_parse(const char *text, struct gs_vfs *ret)
{
	static const char *const words[] = { "", " autoprobe=0", " autoprobe=1" };
	static const enum gs_known values[] = { GS_UNKNOWN, GS_NO, GS_YES };
	unsigned long count;
	bool by_tool;
	size_t length;
	char *rest;

	if (!text || *text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	count = strtoul(text, &rest, 10);
	length = strlen(rest);
	by_tool = length >= strlen(BY_TOOL) && strcmp(rest + length - strlen(BY_TOOL), BY_TOOL) == 0;
	length -= by_tool ? strlen(BY_TOOL) : 0;
	for (size_t i = 0; !errno && count <= VFS_MAX && i < GS_ARRAY_SIZE(words); i++) {
		if (strlen(words[i]) != length || strncmp(rest, words[i], length) != 0)
			continue;
		*ret = (struct gs_vfs){ .count = (unsigned int)count,
					.autoprobe = values[i],
					.by_tool = by_tool };
		return 0;
	}
	return -EINVAL;
}

int gs_sriov_manage(struct gs_engine *engine, const char *pf, bool on, unsigned int limit_ms,
		    char *answer, size_t size)
{
	const char *const arguments[] = { GS_SRIOV_MANAGE, on ? "-e" : "-d", pf, NULL };
	gs_cleanup_free char *unit = gs_asprintf("sriov-manage-%s", pf);
	const struct gs_tool tool = { .unit = unit, .arguments = arguments, .limit_ms = limit_ms };

	return unit ? gs_vendor_tool(engine, &tool, answer, size) : -ENOMEM;
}

char *gs_vfs_address(struct gs_engine *engine, const char *pf, unsigned int number)
{
	char path[GS_PATH_MAX], *address;

	if (gs_path(path, PCI_DEVICES "/%s/virtfn%u", pf, number) < 0 ||
	    gs_tree_link_name(engine, path, &address) < 0)
		return NULL;
	return address;
}

unsigned int gs_vfs_count(struct gs_engine *engine, const char *pf)
{
	unsigned int count = 0;
	char path[GS_PATH_MAX];

	while (count < VFS_MAX &&
	       gs_path(path, PCI_DEVICES "/%s/virtfn%u/class", pf, count) == 0 &&
	       gs_tree_exists(engine, path))
		count++;
	return count;
}

int gs_vfs_own(struct gs_engine *engine, const char *pf, const struct gs_vfs *vfs)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	char text[GS_VFS_TEXT];
	int r;

	if (!json)
		return -ENOMEM;
	gs_vfs_format(vfs, text);
	r = gs_state_set(json, "vfs", text);
	if (r == 0)
		r = gs_add_boot_id(engine, json);
	return r < 0 ? r : gs_record_write(engine, RECORDS, pf, json);
}

int gs_vfs_disown(struct gs_engine *engine, const char *pf)
{
	return gs_record_remove(engine, RECORDS, pf);
}

struct gs_vfs gs_vfs_recorded(struct gs_engine *engine, const char *pf)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_vfs vfs = { .autoprobe = GS_UNKNOWN };
	char path[GS_PATH_MAX];

	if (gs_path(path, RECORDS "/%s.json", pf) == 0 &&
	    gs_state_read(engine, path, &json) == 0 && gs_same_boot(engine, json) &&
	    gs_vfs_parse(gs_state_string(json, "vfs"), &vfs) < 0)
		vfs = (struct gs_vfs){ .autoprobe = GS_UNKNOWN };
	return vfs;
}

static enum gs_known read_autoprobe(struct gs_engine *engine, const char *pf)
{
	char path[GS_PATH_MAX];
	uint64_t value;

	/* Of the files of SR-IOV the one that takes no lock of the device. */
	if (gs_path(path, PCI_DEVICES "/%s/sriov_drivers_autoprobe", pf) < 0 ||
	    gs_tree_read_u64(engine, path, &value) < 0)
		return GS_UNKNOWN;
	return value ? GS_YES : GS_NO;
}

void gs_vfs_read(struct gs_engine *engine, struct gs_host *host)
{
	host->sriov_manage = gs_tree_exists(engine, GS_SRIOV_MANAGE);
	for (size_t i = 0; i < host->n_functions; i++) {
		struct gs_function *function = &host->functions[i];

		if (!function->sriov_total || !gs_function_is_display(function))
			continue;
		function->sriov_autoprobe = read_autoprobe(engine, function->text);
		function->own_vfs = gs_vfs_recorded(engine, function->text);
		/* Somebody else changed it since. */
		if (function->own_vfs.count != function->sriov_enabled)
			function->own_vfs.count = 0;
	}
}
