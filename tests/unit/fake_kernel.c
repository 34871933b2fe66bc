// SPDX-License-Identifier: GPL-2.0-or-later
/* fake_kernel.c - what writes to sysfs do. Workers close what they do not know: paths only, no
 * descriptors. */
#include "fake_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"
#include "model.h"

#define PATH_SIZE 1024

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

enum trouble { NO_TROUBLE, FAIL, FAIL_FROM, HANG, KILL_BEFORE, KILL_AFTER };

static struct control {
	char root[PATH_SIZE];
	pid_t builder; /* its own writes build the tree */
	unsigned int writes;
	enum trouble trouble;
	unsigned int nth;
	int error;
	char refusing[64];
	int refusal;
	int busy_group;
	bool lock_kept;
	char lock_values[64];
	unsigned long refused_request;
	int refused_error;
	char vgpu_driver[64];
	char vgpu_type[64];
	unsigned int vgpu_instances;
	unsigned int vfs_fewer;
	enum fake_params params;
	unsigned int vf_types; /* how many VFs of a card can become a vGPU; 0: none */
} * control;

static void __attribute__((format(printf, 2, 3)))
path_of(char path[PATH_SIZE], const char *format, ...)
{
	va_list arguments;
	int n = snprintf(path, PATH_SIZE, "%s/", control->root);

	va_start(arguments, format);
	vsnprintf(path + n, (size_t)(PATH_SIZE - n), format, arguments);
	va_end(arguments);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || __real_write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static bool get(const char *path, char text[PATH_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, PATH_SIZE - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

/* The last component of a link's target; false: no such link. */
static bool get_link(const char *path, char text[PATH_SIZE])
{
	char target[PATH_SIZE];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	strcpy(text, strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	return true;
}

static void make_link(const char *path, const char *below_root)
{
	char target[PATH_SIZE];

	snprintf(target, sizeof(target), "/%s", below_root);
	if (symlink(target, path) < 0)
		abort();
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The real folder of a function: the links of a built tree need not be followed by the host. */
static void folder_of(const char *address, char folder[PATH_SIZE])
{
	char link[PATH_SIZE], target[PATH_SIZE];
	const char *real;
	ssize_t n;

	path_of(link, "sys/bus/pci/devices/%s", address);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		abort();
	target[n] = '\0';
	real = strstr(target, "sys/devices/");
	if (!real && (real = strstr(target, "devices/pci")))
		path_of(folder, "sys/%s", real);
	else if (real)
		path_of(folder, "%s", real);
	else
		abort();
}

static bool is_on_vfio(const char *address)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 16], driver[PATH_SIZE];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver", folder);
	return get_link(path, driver) && gs_driver_is_vfio(driver);
}

static bool any_member(const char *group, bool (*test)(const char *address))
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool any = false;
	DIR *dir;

	path_of(path, "sys/kernel/iommu_groups/%s/devices", group);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		any = any || (entry->d_name[0] != '.' && strlen(entry->d_name) < 20 &&
			      test(entry->d_name));
	if (dir)
		closedir(dir);
	return any;
}

/* The group's node is there as long as a member is on a vfio driver. */
static void update_node(const char *folder)
{
	char path[PATH_SIZE + 16], group[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	if (!get_link(path, group))
		return;
	path_of(path, "dev/vfio/%s", group);
	if (any_member(group, is_on_vfio))
		put(path, "");
	else
		unlink(path);
}

static void make_parent(const char *address, const char *folder)
{
	char path[PATH_SIZE * 2], link[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/mdev_supported_types", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s", folder, control->vgpu_type);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices", folder,
		 control->vgpu_type);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/name", folder, control->vgpu_type);
	put(path, "Stand-in\n");
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/create", folder,
		 control->vgpu_type);
	put(path, "");
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/available_instances", folder,
		 control->vgpu_type);
	snprintf(link, sizeof(link), "%u\n", control->vgpu_instances);
	put(path, link);
	path_of(link, "sys/class/mdev_bus");
	mkdir(link, 0755);
	path_of(link, "sys/class/mdev_bus/%s", address);
	make_link(link, folder + strlen(control->root) + 1);
}

static void forget_mdev(const char *folder, const char *uuid)
{
	char path[PATH_SIZE * 2];

	path_of(path, "sys/bus/mdev/devices/%s", uuid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices/%s", folder,
		 control->vgpu_type, uuid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s", folder, uuid);
	remove_tree(path);
}

static void unmake_parent(const char *address, const char *folder)
{
	char path[PATH_SIZE * 2];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices", folder,
		 control->vgpu_type);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			forget_mdev(folder, entry->d_name);
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/mdev_supported_types", folder);
	remove_tree(path);
	path_of(path, "sys/class/mdev_bus/%s", address);
	unlink(path);
}

static unsigned int get_number(const char *folder, const char *name)
{
	char path[PATH_SIZE + 32], text[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return get(path, text) ? (unsigned int)strtoul(text, NULL, 10) : 0;
}

/* The folder "nvidia" of a VF; false: it has none. */
static bool vf_folder(const char *pf, unsigned int number, char ret[PATH_SIZE + 64])
{
	char link[PATH_SIZE + 64], address[PATH_SIZE], folder[PATH_SIZE];

	snprintf(link, sizeof(link), "%s/virtfn%u", pf, number);
	if (!get_link(link, address))
		return false;
	folder_of(address, folder);
	snprintf(ret, PATH_SIZE + 64, "%s/nvidia", folder);
	return access(ret, F_OK) == 0;
}

/* What a VF can be changes with what the others are. */
static unsigned int list_vf_types(const char *pf)
{
	char folder[PATH_SIZE + 64], path[PATH_SIZE + 128];
	unsigned int made = 0;

	for (unsigned int i = 0; vf_folder(pf, i, folder); i++)
		made += get_number(folder, "current_vgpu_type") != 0;
	for (unsigned int i = 0; vf_folder(pf, i, folder); i++) {
		bool is_free = !get_number(folder, "current_vgpu_type");

		snprintf(path, sizeof(path), "%s/creatable_vgpu_types", folder);
		/* The other type is another size, which has no place beside this one. */
		put(path, !is_free || made >= control->vf_types ? "ID : vGPU Name\n"
			  : made ? "ID : vGPU Name\n558 : NVIDIA A40-2Q\n"
				 : "ID : vGPU Name\n558 : NVIDIA A40-2Q\n562 : NVIDIA A40-8Q\n");
	}
	return made;
}

static int set_vf_type(char *nvidia, const char *value)
{
	char path[PATH_SIZE + 32], link[PATH_SIZE + 32], pf[PATH_SIZE], address[PATH_SIZE];
	bool is_none = strcmp(value, "0") == 0;

	snprintf(link, sizeof(link), "%.*s/physfn", (int)(strrchr(nvidia, '/') - nvidia), nvidia);
	if (!get_link(link, address))
		return ENODEV;
	folder_of(address, pf);
	if (strcmp(value, "562") == 0 && list_vf_types(pf) == 0)
		is_none = true;
	if (!is_none && (strcmp(value, "558") != 0 || list_vf_types(pf) >= control->vf_types))
		return EIO;
	snprintf(path, sizeof(path), "%s/current_vgpu_type", nvidia);
	put(path, value);
	list_vf_types(pf);
	return 0;
}

static void add_params(const char *device)
{
	char path[PATH_SIZE * 2];

	if (control->params == FAKE_PARAMS_NONE)
		return;
	snprintf(path, sizeof(path), "%s/nvidia", device);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/nvidia/vgpu_params", device);
	put(path, "\n");
}

/* One blank clears them. */
static int set_params(const char *path, const char *value)
{
	char text[PATH_SIZE];

	if (control->params == FAKE_PARAMS_IGNORED)
		return 0;
	snprintf(text, sizeof(text), "%s\n", strcmp(value, " ") == 0 ? "" : value);
	put(path, text);
	return 0;
}

/* In an IOMMU group of its own. */
static void group_vf(const char *folder, const char *address, unsigned int number)
{
	char path[PATH_SIZE * 2 + 32], group[64];

	snprintf(group, sizeof(group), "sys/kernel/iommu_groups/%u", 40 + number);
	path_of(path, "%s", group);
	mkdir(path, 0755);
	path_of(path, "%s/devices", group);
	mkdir(path, 0755);
	path_of(path, "%s/devices/%s", group, address);
	unlink(path);
	make_link(path, folder + strlen(control->root) + 1);
	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	make_link(path, group);
	snprintf(path, sizeof(path), "%s/driver_override", folder);
	put(path, "(null)\n");
}

/* Beside its PF, in a slot of its own, without a driver. */
static void add_vf(const char *pf, unsigned int number)
{
	char folder[PATH_SIZE * 2], path[PATH_SIZE * 2 + 32], address[32], autoprobe[PATH_SIZE];
	const char *below = pf + strlen(control->root) + 1;
	size_t length = (size_t)(strrchr(below, '/') - below);

	snprintf(address, sizeof(address), "0000:01:10.%u", number);
	snprintf(folder, sizeof(folder), "%s/%.*s/%s", control->root, (int)length, below, address);
	mkdir(folder, 0755);
	snprintf(path, sizeof(path), "%s/class", folder);
	put(path, "0x030000\n");
	snprintf(path, sizeof(path), "%s/vendor", folder);
	put(path, "0x10de\n");
	snprintf(path, sizeof(path), "%s/physfn", folder);
	make_link(path, below);
	snprintf(path, sizeof(path), "%s/virtfn%u", pf, number);
	make_link(path, folder + strlen(control->root) + 1);
	path_of(path, "sys/bus/pci/devices/%s", address);
	make_link(path, folder + strlen(control->root) + 1);
	group_vf(folder, address, number);
	snprintf(path, sizeof(path), "%s/sriov_drivers_autoprobe", pf);
	if (!control->vf_types || !get(path, autoprobe) || strcmp(autoprobe, "1") != 0)
		return;
	snprintf(path, sizeof(path), "%s/nvidia", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/nvidia/current_vgpu_type", folder);
	put(path, "0");
	add_params(folder);
}

static void remove_vf(const char *pf, unsigned int number)
{
	char path[PATH_SIZE + 32], address[PATH_SIZE], folder[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/virtfn%u", pf, number);
	if (!get_link(path, address))
		return;
	unlink(path);
	folder_of(address, folder);
	path_of(path, "sys/bus/pci/devices/%s", address);
	unlink(path);
	path_of(path, "sys/kernel/iommu_groups/%u", 40 + number);
	remove_tree(path);
	remove_tree(folder);
}

static int set_vfs(const char *pf, const char *value)
{
	unsigned int count = (unsigned int)strtoul(value, NULL, 10);
	unsigned int now = get_number(pf, "sriov_numvfs");
	char path[PATH_SIZE + 32], text[PATH_SIZE];

	if (count > get_number(pf, "sriov_totalvfs"))
		return ERANGE;
	if (count == now)
		return 0;
	snprintf(path, sizeof(path), "%s/driver", pf);
	if (!get_link(path, text))
		return ENOENT;
	if (count && now)
		return EBUSY;
	count -= count ? control->vfs_fewer : 0;
	for (unsigned int i = 0; i < now; i++)
		remove_vf(pf, i);
	for (unsigned int i = 0; i < count; i++)
		add_vf(pf, i);
	snprintf(text, sizeof(text), "%u\n", count);
	snprintf(path, sizeof(path), "%s/sriov_numvfs", pf);
	put(path, text);
	list_vf_types(pf);
	return 0;
}

/* vfio-pci allows runtime power management while it is bound, whatever was there before, and forbids it as it goes. */
static void runtime_power(const char *folder, const char *driver, const char *value)
{
	char path[PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/power/control", folder);
	if (gs_driver_is_vfio(driver) && access(path, F_OK) == 0)
		put(path, value);
}

static int do_bind(const char *address, const char *driver)
{
	char folder[PATH_SIZE], path[PATH_SIZE * 2], text[PATH_SIZE];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver", folder);
	if (get_link(path, text))
		return EBUSY;
	snprintf(path, sizeof(path), "%s/driver_override", folder);
	if (get(path, text) && strcmp(text, "(null)") != 0) {
		if (strcmp(text, driver) != 0)
			return ENODEV;
	} else {
		snprintf(path, sizeof(path), "%s/.native", folder);
		if (!get(path, text) || strcmp(text, driver) != 0)
			return ENODEV;
	}
	if (strcmp(control->refusing, driver) == 0)
		return control->refusal;
	snprintf(text, sizeof(text), "sys/bus/pci/drivers/%s", driver);
	snprintf(path, sizeof(path), "%s/driver", folder);
	make_link(path, text);
	runtime_power(folder, driver, "auto");
	update_node(folder);
	if (strcmp(control->vgpu_driver, driver) == 0)
		make_parent(address, folder);
	return 0;
}

static int do_unbind(const char *address, const char *driver)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 16], now[PATH_SIZE];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver", folder);
	if (!get_link(path, now) || strcmp(now, driver) != 0)
		return ENODEV;
	set_vfs(folder, "0");
	unlink(path);
	runtime_power(folder, driver, "on");
	if (strcmp(control->vgpu_driver, driver) == 0)
		unmake_parent(address, folder);
	update_node(folder);
	return 0;
}

static bool is_registered(const char *driver)
{
	char path[PATH_SIZE];

	path_of(path, "sys/bus/pci/drivers/%s", driver);
	return access(path, F_OK) == 0;
}

/* Says yes whatever the driver's probe did. */
static int do_probe(const char *address)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 32], driver[PATH_SIZE];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver_override", folder);
	if (!get(path, driver) || strcmp(driver, "(null)") == 0) {
		snprintf(path, sizeof(path), "%s/.native", folder);
		if (!get(path, driver))
			return 0;
	}
	if (is_registered(driver))
		do_bind(address, driver);
	return 0;
}

static int do_create(char *folder, const char *type, const char *uuid)
{
	char path[PATH_SIZE * 2], text[PATH_SIZE], *below = folder + strlen(control->root) + 1;
	unsigned int made = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices", folder, type);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		made += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	if (made >= control->vgpu_instances)
		return ENOSPC;
	snprintf(path, sizeof(path), "%s/%s", folder, uuid);
	if (mkdir(path, 0755) < 0)
		return EEXIST;
	snprintf(path, sizeof(path), "%s/%s/remove", folder, uuid);
	put(path, "");
	snprintf(path, sizeof(path), "%s/%s/mdev_type", folder, uuid);
	snprintf(text, sizeof(text), "%s/mdev_supported_types/%s", below, type);
	make_link(path, text);
	snprintf(text, sizeof(text), "%s/%s", below, uuid);
	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s/devices/%s", folder, type, uuid);
	make_link(path, text);
	path_of(path, "sys/bus/mdev");
	mkdir(path, 0755);
	path_of(path, "sys/bus/mdev/devices");
	mkdir(path, 0755);
	path_of(path, "sys/bus/mdev/devices/%s", uuid);
	make_link(path, text);
	snprintf(path, sizeof(path), "%s/%s", folder, uuid);
	add_params(path);
	return 0;
}

static int set_override(const char *path, const char *value)
{
	char text[PATH_SIZE];

	snprintf(text, sizeof(text), "%s\n", *value ? value : "(null)");
	put(path, text);
	return 0;
}

/* Of a VF, as xe has them. */
static int set_profile(const char *path, const char *value)
{
	static const char *const shown[] = { "[low] normal high", "low [normal] high",
					     "low normal [high]" };
	static const char *const words[] = { "low", "normal", "high" };
	char text[PATH_SIZE];

	snprintf(text, sizeof(text), "%s\n", value);
	for (size_t i = 0; strstr(path, "sched_priority") && i < GS_ARRAY_SIZE(words); i++)
		if (strcmp(words[i], value) == 0)
			snprintf(text, sizeof(text), "%s\n", shown[i]);
	put(path, text);
	return 0;
}

static int set_power(const char *path, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "auto") != 0)
		return EINVAL;
	put(path, value);
	return 0;
}

/* What the kernel would reset by is kept beside it, a line a reset. */
static int do_reset(const char *folder)
{
	char path[PATH_SIZE + 16], before[PATH_SIZE], method[PATH_SIZE], text[PATH_SIZE * 2 + 2];

	snprintf(path, sizeof(path), "%s/reset_method", folder);
	if (!get(path, method))
		return ENOTTY;
	snprintf(path, sizeof(path), "%s/.resets", folder);
	if (!get(path, before))
		before[0] = '\0';
	snprintf(text, sizeof(text), "%s%s;", before, method);
	put(path, text);
	return 0;
}

/* Cuts the last component off @path and returns it. */
static char *cut(char *path)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	return slash + 1;
}

static int react(char *path, const char *value)
{
	char whole[PATH_SIZE];
	char *file, *folder;

	strcpy(whole, path);
	file = cut(path);
	if (strcmp(file, "driver_override") == 0)
		return set_override(whole, value);
	if (strcmp(file, "control") == 0)
		return set_power(whole, value);
	if (strcmp(file, "reset") == 0)
		return do_reset(path);
	if (strcmp(file, "current_vgpu_type") == 0)
		return set_vf_type(path, value);
	if (strcmp(file, "vgpu_params") == 0)
		return set_params(whole, value);
	if (strstr(whole, "/sriov_admin/"))
		return set_profile(whole, value);
	if (strcmp(file, "sriov_numvfs") == 0)
		return set_vfs(path, value);
	if (strcmp(file, "sriov_drivers_autoprobe") == 0) {
		put(whole, value);
		return 0;
	}
	if (strcmp(file, "reset_method") == 0) {
		put(whole, value);
		return 0;
	}
	if (strcmp(file, "drivers_probe") == 0)
		return do_probe(value);
	folder = cut(path);
	if (strcmp(file, "bind") == 0)
		return do_bind(value, folder);
	if (strcmp(file, "unbind") == 0)
		return do_unbind(value, folder);
	if (strcmp(file, "create") == 0) {
		cut(path);
		return do_create(path, folder, value);
	}
	if (strcmp(file, "remove") == 0) {
		forget_mdev(path, folder);
		return 0;
	}
	fprintf(stderr, "fake_kernel: nobody writes %s\n", whole);
	abort();
}

static int react_in_trouble(char *path, const char *value)
{
	unsigned int n = ++control->writes;
	bool now = control->nth &&
		   (n == control->nth || (control->trouble == FAIL_FROM && n > control->nth));
	int error;

	if (!now)
		return react(path, value);
	switch (control->trouble) {
	case FAIL:
	case FAIL_FROM:
		return control->error;
	case HANG:
		for (;;)
			pause();
	case KILL_BEFORE:
		kill(getppid(), SIGKILL);
		return react(path, value);
	case KILL_AFTER:
		error = react(path, value);
		kill(getppid(), SIGKILL);
		return error;
	case NO_TROUBLE:
		break;
	}
	return react(path, value);
}

/* Where in the tree a descriptor is open, or false. */
static bool is_below(int fd, const char *folder, char path[PATH_SIZE])
{
	char self[64], prefix[PATH_SIZE];
	ssize_t n;

	if (!control || !control->root[0])
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, path, PATH_SIZE - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	path_of(prefix, "%s/", folder);
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* A driver's lock: what was written is kept, and the file tells whether it was given. */
static ssize_t write_lock(int fd, const void *data, size_t size)
{
	size_t length = strlen(control->lock_values);

	if (length + size < sizeof(control->lock_values))
		memcpy(control->lock_values + length, data, size);
	return control->lock_kept ? (ssize_t)size : __real_write(fd, data, size);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	char path[PATH_SIZE], value[PATH_SIZE];
	int error;

	if (control && getpid() != control->builder && is_below(fd, "proc/driver/nvidia", path))
		return write_lock(fd, data, size);
	if (!control || getpid() == control->builder || !is_below(fd, "sys", path) ||
	    size >= sizeof(value))
		return __real_write(fd, data, size);
	memcpy(value, data, size);
	value[size] = '\0';
	value[strcspn(value, "\n")] = '\0';
	error = react_in_trouble(path, value);
	if (error) {
		errno = error;
		return -1;
	}
	return (ssize_t)size;
}

static bool is_on_host(const char *address)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 16], driver[PATH_SIZE];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver", folder);
	return get_link(path, driver) && gs_driver_owns_dma(driver);
}

static int vfio_ioctl(const char *node, unsigned long request, void *argument)
{
	struct vfio_group_status *status = argument;

	if (control->refused_request == request) {
		errno = control->refused_error;
		return -1;
	}
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = any_member(node, is_on_host) ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_CHECK_EXTENSION:
		return 1;
	default:
		return 0;
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	char path[PATH_SIZE];
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (is_below(fd, "dev/vfio", path))
		return vfio_ioctl(strrchr(path, '/') + 1, request, argument);
	return __real_ioctl(fd, request, argument);
}

static bool is_busy_node(const char *path)
{
	char node[64];

	if (!control || !control->root[0] || control->busy_group < 0)
		return false;
	snprintf(node, sizeof(node), "dev/vfio/%d", control->busy_group);
	return strcmp(path, node) == 0;
}

long __wrap_syscall(long number, ...)
{
	long values[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		values[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_openat2 && is_busy_node((const char *)values[1])) {
		errno = EBUSY;
		return -1;
	}
	return __real_syscall(number, values[0], values[1], values[2], values[3], values[4],
			      values[5]);
}

static void trouble(enum trouble what, unsigned int nth, int error)
{
	control->trouble = what;
	control->nth = nth ? control->writes + nth : 0;
	control->error = error;
}

unsigned int fake_kernel_writes(void)
{
	return control->writes;
}

void fake_kernel_fail(unsigned int nth, int error)
{
	trouble(FAIL, nth, error);
}

void fake_kernel_fail_from(unsigned int nth, int error)
{
	trouble(FAIL_FROM, nth, error);
}

void fake_kernel_hang(unsigned int nth)
{
	trouble(HANG, nth, 0);
}

void fake_kernel_kill_parent(unsigned int nth, bool before)
{
	trouble(before ? KILL_BEFORE : KILL_AFTER, nth, 0);
}

void fake_kernel_refuse(const char *driver, int error)
{
	snprintf(control->refusing, sizeof(control->refusing), "%s", driver ? driver : "");
	control->refusal = error;
}

void fake_kernel_busy(int group)
{
	control->busy_group = group;
}

void fake_kernel_keep_lock(bool keep)
{
	control->lock_kept = keep;
	memset(control->lock_values, 0, sizeof(control->lock_values));
}

const char *fake_kernel_lock_values(void)
{
	return control->lock_values;
}

void fake_kernel_fewer_vfs(unsigned int fewer)
{
	control->vfs_fewer = fewer;
}

void fake_kernel_vf_types(unsigned int most)
{
	control->vf_types = most;
}

void fake_kernel_refuse_ioctl(unsigned long request, int error)
{
	control->refused_request = request;
	control->refused_error = error;
}

void fake_kernel_start(struct tree *tree)
{
	if (!control)
		control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (control == MAP_FAILED)
		abort();
	memset(control, 0, sizeof(*control));
	control->busy_group = -1;
	control->builder = getpid();
	tree_write(tree, "sys/bus/pci/drivers_probe", "%s", "");
	tree_write(tree, "dev/vfio/vfio", "%s", "");
	snprintf(control->root, sizeof(control->root), "%s", tree_root(tree));
}

void fake_kernel_stop(void)
{
	memset(control, 0, sizeof(*control));
}

void fake_kernel_driver(struct tree *tree, const char *driver)
{
	char path[PATH_SIZE];

	tree_register_driver(tree, driver);
	path_of(path, "sys/bus/pci/drivers/%s/bind", driver);
	put(path, "");
	path_of(path, "sys/bus/pci/drivers/%s/unbind", driver);
	put(path, "");
}

void fake_kernel_native(struct tree_function *function, const char *driver, bool bind)
{
	fake_kernel_driver(tree_of(function), driver);
	tree_attribute(function, ".native", driver);
	if (bind && do_bind(tree_address(function), driver) != 0)
		abort();
}

void fake_kernel_params(enum fake_params params)
{
	control->params = params;
}

void fake_kernel_vgpu_driver(struct tree *tree, const char *driver, const char *type,
			     unsigned int instances)
{
	snprintf(control->vgpu_driver, sizeof(control->vgpu_driver), "%s", driver);
	snprintf(control->vgpu_type, sizeof(control->vgpu_type), "%s", type);
	control->vgpu_instances = instances;
	fake_kernel_driver(tree, driver);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* " params X", or nothing where there are none. */
static void get_params(const char *device, char text[PATH_SIZE + 16])
{
	char path[PATH_SIZE * 2], params[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/nvidia/vgpu_params", device);
	text[0] = '\0';
	if (get(path, params) && *params)
		snprintf(text, PATH_SIZE + 16, " params %s", params);
}

static char *line_of(const char *address)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 32], driver[PATH_SIZE], override[PATH_SIZE],
		power[PATH_SIZE], params[PATH_SIZE + 16];

	folder_of(address, folder);
	snprintf(path, sizeof(path), "%s/driver", folder);
	if (!get_link(path, driver))
		strcpy(driver, "-");
	snprintf(path, sizeof(path), "%s/driver_override", folder);
	if (!get(path, override))
		strcpy(override, "?");
	snprintf(path, sizeof(path), "%s/power/control", folder);
	if (!get(path, power))
		strcpy(power, "?");
	get_params(folder, params);
	return gs_asprintf("%s driver %s override %s power %s vfs %u autoprobe %u type %u%s\n", address,
			   driver, override, power, get_number(folder, "sriov_numvfs"),
			   get_number(folder, "sriov_drivers_autoprobe"),
			   get_number(folder, "nvidia/current_vgpu_type"), params);
}

static char *vgpu_line(const char *uuid)
{
	char link[PATH_SIZE], target[PATH_SIZE] = "/", folder[PATH_SIZE], params[PATH_SIZE + 16];

	path_of(link, "sys/bus/mdev/devices/%s", uuid);
	/* What a test put there by hand is no link, and has none. */
	(void)!readlink(link, target, sizeof(target) - 1);
	path_of(folder, "%s", target + 1);
	get_params(folder, params);
	return gs_asprintf("vgpu %s%s\n", uuid, params);
}

static size_t add_lines(const char *folder, bool functions, char **lines, size_t count, size_t room)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *dir;

	path_of(path, "%s", folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && count < room)
		if (entry->d_name[0] != '.')
			lines[count++] = functions ? line_of(entry->d_name)
						   : vgpu_line(entry->d_name);
	if (dir)
		closedir(dir);
	return count;
}

char *fake_kernel_state(void)
{
	char *lines[256];
	size_t count;
	char *text = strdup("");

	count = add_lines("sys/bus/pci/devices", true, lines, 0, GS_ARRAY_SIZE(lines));
	count = add_lines("sys/bus/mdev/devices", false, lines, count, GS_ARRAY_SIZE(lines));
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++) {
		char *longer = gs_asprintf("%s%s", text, lines[i]);

		free(lines[i]);
		free(text);
		text = longer;
	}
	return text;
}
