// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfs.h"

#include "remembered.h"
#include "state_file.h"
#include "tree.h"
#include "vendor_tool.h"
#include "vgpu_params.h"

#define PCI_DEVICES "sys/bus/pci/devices"
#define RECORDS GS_STATE_DIR "/vfs"

/* The kernel counts them in 16 bits. */
#define VFS_MAX 65535

#define BY_TOOL " sriov-manage"
#define AUTOPROBE " autoprobe="

void gs_vfs_format(const struct gs_vfs *vfs, char text[GS_VFS_TEXT])
{
	int n = snprintf(text, GS_VFS_TEXT, "%u", vfs->count);

	if (vfs->autoprobe != GS_UNKNOWN)
		n += snprintf(text + n, (size_t)(GS_VFS_TEXT - n), " autoprobe=%d",
			      vfs->autoprobe == GS_YES);
	if (vfs->params[0])
		n += snprintf(text + n, (size_t)(GS_VFS_TEXT - n), " %s", vfs->params);
	if (vfs->by_tool)
		snprintf(text + n, (size_t)(GS_VFS_TEXT - n), BY_TOOL);
}

/* Cuts a word off the end of what is left. */
static bool cut_tool(const char *rest, size_t *length)
{
	size_t word = strlen(BY_TOOL);

	if (*length < word || strncmp(rest + *length - word, BY_TOOL, word) != 0)
		return false;
	*length -= word;
	return true;
}

static enum gs_known cut_autoprobe(const char **rest, size_t *length)
{
	static const char *const words[] = { AUTOPROBE "0", AUTOPROBE "1" };
	static const enum gs_known values[] = { GS_NO, GS_YES };

	for (size_t i = 0; i < GS_ARRAY_SIZE(words); i++) {
		size_t word = strlen(words[i]);

		if (*length < word || strncmp(*rest, words[i], word) != 0 ||
		    (*length > word && (*rest)[word] != ' '))
			continue;
		*rest += word;
		*length -= word;
		return values[i];
	}
	return GS_UNKNOWN;
}

/* As gs_vf_params_read() gives them, behind one blank; or nothing. */
static int take_params(const char *rest, size_t length, char ret[GS_VFS_PARAMS])
{
	gs_cleanup_free char *problem = NULL;
	gs_cleanup_free char *params = NULL;

	ret[0] = '\0';
	if (!length)
		return 0;
	if (*rest != ' ' || length > GS_VFS_PARAMS)
		return -EINVAL;
	snprintf(ret, GS_VFS_PARAMS, "%.*s", (int)length - 1, rest + 1);
	if (gs_vf_params_read(ret, &params, &problem) == 0 && *params && gs_streq(params, ret))
		return 0;
	return -EINVAL;
}

int gs_vfs_parse(const char *text, struct gs_vfs *ret)
{
	struct gs_vfs vfs = { 0 };
	unsigned long count;
	const char *rest;
	size_t length;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	count = strtoul(text, &end, 10);
	if (errno || count > VFS_MAX)
		return -EINVAL;
	rest = end;
	length = strlen(rest);
	vfs.count = (unsigned int)count;
	vfs.by_tool = cut_tool(rest, &length);
	vfs.autoprobe = cut_autoprobe(&rest, &length);
	if (take_params(rest, length, vfs.params) < 0)
		return -EINVAL;
	*ret = vfs;
	return 0;
}

int gs_vfs_param_path(char path[GS_PATH_MAX], const char *pf, unsigned int vf, const char *key)
{
	return gs_path(path, PCI_DEVICES "/%s/sriov_admin/vf%u/profile/%s", pf, vf, key);
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

int gs_vfs_own(struct gs_engine *engine, const char *pf, const struct gs_vfs *vfs,
	       struct json_object *before)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	char text[GS_VFS_TEXT];
	int r;

	if (!json)
		return -ENOMEM;
	gs_vfs_format(vfs, text);
	r = gs_state_set(json, "vfs", text);
	if (r == 0 && before)
		r = gs_state_add(json, "before", json_object_get(before));
	if (r == 0)
		r = gs_add_boot_id(engine, json);
	return r < 0 ? r : gs_record_write(engine, RECORDS, pf, json);
}

int gs_vfs_disown(struct gs_engine *engine, const char *pf)
{
	return gs_record_remove(engine, RECORDS, pf);
}

struct json_object *gs_vfs_before(struct gs_engine *engine, const char *pf)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct json_object *before = NULL;
	char path[GS_PATH_MAX];

	if (gs_path(path, RECORDS "/%s.json", pf) == 0 &&
	    gs_state_read(engine, path, &json) == 0 && gs_same_boot(engine, json) &&
	    json_object_object_get_ex(json, "before", &before) &&
	    json_object_is_type(before, json_type_object))
		return json_object_get(before);
	return NULL;
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

static unsigned int find_params(struct gs_engine *engine, const char *pf)
{
	unsigned int found = 0;
	char path[GS_PATH_MAX];
	const char *key;

	for (unsigned int i = 0; (key = gs_vf_param_key(i)); i++)
		if (gs_vfs_param_path(path, pf, 1, key) == 0 && gs_tree_exists(engine, path))
			found |= 1u << i;
	return found;
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
		function->vf_params = find_params(engine, function->text);
		/* Somebody else changed it since. */
		if (function->own_vfs.count != function->sriov_enabled)
			function->own_vfs.count = 0;
	}
}
