// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_sysfs.c - PCI functions and their facts from sysfs.
 *
 * Two passes: the first looks at every function just enough to know which are
 * in scope (scope.c, the module's own rules), the second reads the facts of those.
 *
 * Some files must not be read here: "driver_override", "sriov_numvfs" and, on
 * some kernels, "uevent" take the device lock, which an unbind that hangs holds
 * for as long as it hangs; "vpd" and "rom" touch the device. "config" is for an
 * expendable child, and for what is awake (sysfs_config.c).
 */
#include "inventory.h"
#include "scope.h"
#include "sysfs_config.h"
#include "sysfs_facts.h"
#include "tree.h"

#define DEVICES "sys/bus/pci/devices"
#define SLOTS "sys/bus/pci/slots"

/* No device has more VFs; a tree made by hand must not make us count for long. */
#define VFS_MAX 65535

static uint64_t number_or_zero(const struct gs_dir *dir, const char *name, uint64_t most)
{
	uint64_t value;

	if (gs_dir_read_u64(dir, name, &value) < 0 || value > most)
		return 0;
	return value;
}

static int link_address(const struct gs_dir *dir, const char *name, struct gs_address *ret)
{
	char target[GS_PATH_MAX];
	int r = gs_dir_link_name(dir, name, target);

	return r < 0 ? r : gs_address_parse(target, ret);
}

static int group_of(const struct gs_dir *dir)
{
	char target[GS_PATH_MAX];
	uint64_t id;

	if (gs_dir_link_name(dir, "iommu_group", target) < 0 ||
	    gs_number_parse(target, &id) < 0 || id > INT32_MAX)
		return -1;
	return (int)id;
}

static void read_ids(const struct gs_dir *dir, struct gs_function *function)
{
	function->vendor_id = (uint16_t)number_or_zero(dir, "vendor", UINT16_MAX);
	function->device_id = (uint16_t)number_or_zero(dir, "device", UINT16_MAX);
	function->subsystem_vendor_id =
		(uint16_t)number_or_zero(dir, "subsystem_vendor", UINT16_MAX);
	function->subsystem_device_id =
		(uint16_t)number_or_zero(dir, "subsystem_device", UINT16_MAX);
	function->revision = (uint8_t)number_or_zero(dir, "revision", UINT8_MAX);
}

static int read_driver(const struct gs_dir *dir, struct gs_function *function)
{
	char target[GS_PATH_MAX];

	if (gs_dir_link_name(dir, "driver", target) < 0)
		return 0;
	function->driver = strdup(target);
	return function->driver ? 0 : -ENOMEM;
}

static int read_reset_methods(const struct gs_dir *dir, struct gs_function *function)
{
	char text[GS_ATTRIBUTE_MAX], *rest = NULL;
	int r = 0;

	if (gs_dir_read(dir, "reset_method", text) < 0)
		return 0;
	for (char *word = strtok_r(text, " \t\n", &rest); word && r == 0;
	     word = strtok_r(NULL, " \t\n", &rest))
		r = gs_strv_add(&function->reset_methods, word);
	return r;
}

static void read_boot_vga(const struct gs_dir *dir, struct gs_function *function)
{
	uint64_t value;

	if (function->class_code >> 8 != 0x0300)
		return;
	if (gs_dir_read_u64(dir, "boot_vga", &value) == 0)
		function->boot_vga = value ? GS_YES : GS_NO;
}

static void read_numa_node(const struct gs_dir *dir, struct gs_function *function)
{
	uint64_t node;

	/* "-1" is no number here, and means none. */
	if (gs_dir_read_u64(dir, "numa_node", &node) == 0 && node <= INT32_MAX)
		function->numa_node = (int)node;
}

static void read_sriov(const struct gs_dir *dir, struct gs_function *function)
{
	char name[32];

	function->is_vf = link_address(dir, "physfn", &function->physfn) == 0;
	function->sriov_total = (unsigned int)number_or_zero(dir, "sriov_totalvfs", VFS_MAX);
	if (!function->sriov_total)
		return;
	/* Counted by their links, since sriov_numvfs takes the device lock. */
	for (unsigned int n = 0; n < function->sriov_total; n++) {
		snprintf(name, sizeof(name), "virtfn%u", n);
		if (!gs_dir_has(dir, name))
			break;
		function->sriov_enabled = n + 1;
	}
}

static int read_members(struct gs_engine *engine, struct gs_function *function)
{
	char path[GS_PATH_MAX];
	int r;

	if (function->iommu_group < 0)
		return 0;
	r = gs_path(path, DEVICES "/%s/iommu_group/devices", function->text);
	if (r < 0)
		return r;
	r = gs_tree_list(engine, path, &function->group_members);
	if (r == -ENOMEM)
		return r;
	gs_address_sort(function->group_members);
	return 0;
}

/* Functions of one group share its list: only one of them reads it. */
static int find_members(struct gs_engine *engine, const struct gs_host *host,
			struct gs_function *function)
{
	int r = 0;

	for (size_t i = 0; i < host->n_functions; i++) {
		const struct gs_function *other = &host->functions[i];

		if (other == function || other->iommu_group != function->iommu_group ||
		    !other->group_members)
			continue;
		for (size_t m = 0; other->group_members[m] && r == 0; m++)
			r = gs_strv_add(&function->group_members, other->group_members[m]);
		return r;
	}
	return read_members(engine, function);
}

static void apply_topology(const struct gs_scope_entry *entry, struct gs_function *function)
{
	function->on_root_bus = !entry->has_bridge;
	function->bridge = entry->bridge;
	function->bus_reset = entry->has_bridge ? GS_YES : GS_NO;
}

static int count_mdev_types(struct gs_engine *engine, struct gs_function *function)
{
	char path[GS_PATH_MAX], **names = NULL;
	int r;

	if (!function->mdev_parent)
		return 0;
	r = gs_path(path, DEVICES "/%s/mdev_supported_types", function->text);
	if (r == 0)
		r = gs_tree_list(engine, path, &names);
	if (r == 0)
		function->facts.mdev_types = (int)gs_strv_count(names);
	gs_strv_free(names);
	return r == -ENOMEM ? r : 0;
}

/* What struct gs_facts holds. */
static int read_facts(struct gs_engine *engine, const struct gs_dir *dir,
		      const struct gs_scope *scope, const struct gs_scope_entry *entry,
		      char *const *slots, struct gs_function *function)
{
	int r;

	gs_sysfs_facts(dir, scope, entry, function);
	if (gs_strv_count(function->group_members) > 1)
		gs_sysfs_isolation(scope, entry, &function->facts.isolation);
	r = gs_sysfs_resets(scope, entry, slots, function);
	return r == 0 ? count_mdev_types(engine, function) : r;
}

static int read_function(struct gs_engine *engine, const struct gs_scope *scope,
			 const struct gs_scope_entry *entry, char *const *slots,
			 struct gs_host *host)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	struct gs_function *function;
	int r;

	/* It may have gone since the first pass. */
	if (gs_dir_open(engine, entry->path, &dir) < 0)
		return 0;
	r = gs_grow(&host->functions, host->n_functions, sizeof(*host->functions));
	if (r < 0)
		return r;
	function = &host->functions[host->n_functions++];
	gs_function_init(function, &entry->address);
	function->class_code = entry->class_code;
	function->iommu_group = entry->iommu_group;
	apply_topology(entry, function);
	read_ids(&dir, function);
	read_boot_vga(&dir, function);
	read_numa_node(&dir, function);
	read_sriov(&dir, function);
	function->mdev_parent = gs_dir_has(&dir, "mdev_supported_types");
	r = read_driver(&dir, function);
	if (r == 0)
		r = read_reset_methods(&dir, function);
	if (r == 0 && function->iommu_group >= 0)
		r = find_members(engine, host, function);
	return r == 0 ? read_facts(engine, &dir, scope, entry, slots, function) : r;
}

static int add_slot(struct gs_engine *engine, const char *name, char ***slots)
{
	gs_cleanup_free char *address = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, SLOTS "/%s/address", name);
	if (r == 0)
		r = gs_tree_read(engine, path, &address);
	if (r == 0)
		r = gs_strv_add(slots, address);
	return r == -ENOMEM ? r : 0;
}

/* Addresses of hotplug slots; a list with "" where there is none, NULL: not known. */
static int read_slots(struct gs_engine *engine, char ***slots)
{
	char **names = NULL;
	int r = 0;

	if (!gs_tree_exists(engine, SLOTS))
		return 0;
	if (gs_tree_list(engine, SLOTS, &names) == 0)
		r = gs_strv_add(slots, "");
	for (size_t i = 0; r == 0 && names && names[i]; i++)
		r = add_slot(engine, names[i], slots);
	gs_strv_free(names);
	return r;
}

static int read_listed(struct gs_engine *engine, struct gs_scope *scope, struct gs_host *host)
{
	char **slots = NULL;
	int r;

	r = gs_sysfs_ask(engine, scope);
	if (r == 0)
		r = read_slots(engine, &slots);
	for (size_t i = 0; i < scope->n_entries && r == 0; i++)
		if (scope->entries[i].listed)
			r = read_function(engine, scope, &scope->entries[i], slots, host);
	gs_strv_free(slots);
	return r;
}

/* "../../../devices/pci0000:00/..." or "/sys/devices/..." as a path below the root. */
static int device_path(struct gs_engine *engine, const char *name, char path[GS_PATH_MAX])
{
	gs_cleanup_free char *real = NULL;
	char link[GS_PATH_MAX];
	int r;

	r = gs_path(link, DEVICES "/%s", name);
	if (r == 0)
		r = gs_tree_real_path(engine, link, &real);
	return r < 0 ? r : gs_path(path, "%s", real);
}

/* The usual link is understood by its text, without asking the kernel again. */
static int device_path_by_text(const struct gs_dir *devices, const char *name,
			       char path[GS_PATH_MAX])
{
	static const char up[] = "../../../devices/";
	char target[GS_PATH_MAX];
	ssize_t n = readlinkat(devices->fd, name, target, sizeof(target));

	if (n < 0 || n == (ssize_t)sizeof(target))
		return -EINVAL;
	target[n] = '\0';
	if (strncmp(target, up, sizeof(up) - 1) != 0 || strstr(target + sizeof(up) - 2, "/../"))
		return -EINVAL;
	return gs_path(path, "sys/devices/%s", target + sizeof(up) - 1);
}

static int look_at(struct gs_engine *engine, const struct gs_dir *devices, const char *name,
		   struct gs_scope *scope)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	struct gs_scope_entry entry = { .iommu_group = -1 };
	char text[GS_ADDRESS_LEN];
	int r;

	if (gs_address_parse(name, &entry.address) < 0 ||
	    strcmp(gs_address_format(&entry.address, text), name) != 0)
		return 0;
	if (device_path_by_text(devices, name, entry.path) < 0 &&
	    device_path(engine, name, entry.path) < 0)
		return 0;
	if (gs_dir_open(engine, entry.path, &dir) < 0)
		return 0;
	entry.class_code = (uint32_t)number_or_zero(&dir, "class", 0xffffff);
	entry.iommu_group = group_of(&dir);
	entry.is_vf = link_address(&dir, "physfn", &entry.physfn) == 0;
	r = gs_scope_add(scope, &entry);
	return r;
}

/* A host without PCI has a sysfs all the same, and no functions. */
static int no_devices(struct gs_engine *engine, int error)
{
	if (error == -ENOENT && gs_tree_exists(engine, "sys/bus"))
		return 0;
	return error;
}

int gs_source_sysfs_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	gs_cleanup_dir struct gs_dir devices = { .fd = -1 };
	gs_cleanup_scope struct gs_scope scope = { 0 };
	char **names = NULL;
	int r;

	r = gs_dir_open(engine, DEVICES, &devices);
	if (r < 0)
		return no_devices(engine, r);
	r = gs_tree_list(engine, DEVICES, &names);
	for (size_t i = 0; r == 0 && names && names[i]; i++)
		r = look_at(engine, &devices, names[i], &scope);
	gs_strv_free(names);
	if (r < 0)
		return r;

	gs_scope_judge(&scope, flags & GS_READ_ALL);
	r = read_listed(engine, &scope, host);
	if (r < 0)
		return r;
	gs_host_sort_functions(host);
	host->source = GS_SOURCE_SYSFS;
	return 0;
}
