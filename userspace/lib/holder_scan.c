// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder_scan.c - who has device nodes open, disks mounted, interfaces up.
 *
 * Runs in the child. What is known is published before each read that may wait
 * for a file server, or for the memory map of a stuck process.
 */
#include <ctype.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "holders.h"

/* In the flags of /proc/PID/stat: a kernel thread, which has no files. */
#define PF_KTHREAD 0x00200000

/* Programs that run a guest, by the start of their name. */
static const char *const vm_programs[] = { "qemu", "kvm", "cloud-hypervisor", "crosvm" };

struct scan {
	struct gs_engine *engine;
	struct gs_records *records;
	struct gs_nodes *nodes;
};

/* The process that is looked at; name and kind are found out when needed. */
struct process {
	int pid;
	int fd_folder;
	bool known;
	bool vm;
	char name[256];
};

static void tell(struct scan *scan, size_t target, const char *kind, int pid, const char *name,
		 const char *detail, bool overridable)
{
	gs_record_field(scan->records, GS_RECORD_HOLDER);
	gs_record_number(scan->records, (long)target);
	gs_record_field(scan->records, kind);
	gs_record_number(scan->records, pid);
	gs_record_field(scan->records, name);
	gs_record_field(scan->records, detail);
	gs_record_number(scan->records, overridable);
}

static ssize_t read_proc(struct scan *scan, int pid, const char *name, char *buffer, size_t size)
{
	char path[GS_PATH_MAX];
	ssize_t n = -1;
	int fd;

	*buffer = '\0';
	if (gs_path(path, "proc/%d/%s", pid, name) < 0)
		return -1;
	fd = gs_tree_open(scan->engine, path, O_RDONLY);
	if (fd < 0)
		return -1;
	n = read(fd, buffer, size - 1);
	close(fd);
	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

/* "guest=NAME,debug-threads=on", or the name alone. */
static void name_guest(const char *option, char *ret, size_t size)
{
	const char *guest = strstr(option, "guest=");
	size_t length;

	if (guest && (guest == option || guest[-1] == ','))
		option = guest + 6;
	length = strcspn(option, ",");
	if (length && length < size)
		snprintf(ret, size, "%.*s", (int)length, option);
}

static bool is_vm_program(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	for (size_t i = 0; i < GS_ARRAY_SIZE(vm_programs); i++)
		if (strncmp(name, vm_programs[i], strlen(vm_programs[i])) == 0)
			return true;
	return false;
}

static void read_command_line(struct scan *scan, struct process *process)
{
	static char text[32768];
	ssize_t length;
	bool name_follows = false;

	length = read_proc(scan, process->pid, "cmdline", text, sizeof(text));
	if (length <= 0 || !is_vm_program(text))
		return;
	process->vm = true;
	for (const char *word = text; word < text + length; word += strlen(word) + 1) {
		if (name_follows)
			name_guest(word, process->name, sizeof(process->name));
		name_follows = strcmp(word, "-name") == 0 || strcmp(word, "--name") == 0;
	}
}

static void know_process(struct scan *scan, struct process *process)
{
	if (process->known)
		return;
	process->known = true;
	gs_record_publish(scan->records);
	if (read_proc(scan, process->pid, "comm", process->name, sizeof(process->name)) < 0)
		process->name[0] = '\0';
	process->name[strcspn(process->name, "\n")] = '\0';
	read_command_line(scan, process);
}

static const char *last_component(const char *path)
{
	const char *last = strrchr(path, '/');

	return last ? last + 1 : path;
}

/* Containers may have the node elsewhere than in /dev, but seldom under another name. */
static bool is_candidate(const struct scan *scan, const char *text)
{
	if (text[0] != '/')
		return false;
	if (strncmp(text, "/dev/", 5) == 0)
		return true;
	for (size_t i = 0; i < scan->nodes->n_nodes; i++)
		if (strcmp(last_component(text), last_component(scan->nodes->nodes[i].path)) == 0)
			return true;
	return false;
}

static bool node_matches(const struct gs_node *node, const struct statx *stat)
{
	return stat->stx_rdev_major == node->major && stat->stx_rdev_minor == node->minor &&
	       (node->block ? S_ISBLK(stat->stx_mode) : S_ISCHR(stat->stx_mode));
}

static void look_at_file(struct scan *scan, struct process *process, const char *name)
{
	char text[GS_PATH_MAX];
	struct statx stat = { 0 };
	ssize_t n;

	n = readlinkat(process->fd_folder, name, text, sizeof(text) - 1);
	if (n < 0)
		return;
	text[n] = '\0';
	if (!is_candidate(scan, text))
		return;
	gs_record_publish(scan->records);
	/* In another tree the links are texts and no open files. */
	if (!scan->engine->foreign_root &&
	    statx(process->fd_folder, name, AT_STATX_DONT_SYNC, STATX_TYPE, &stat) < 0)
		return;
	for (size_t i = 0; i < scan->nodes->n_nodes; i++) {
		struct gs_node *node = &scan->nodes->nodes[i];

		if (node->seen_pid == process->pid ||
		    (scan->engine->foreign_root ? strcmp(text, node->path) != 0 :
						  !node_matches(node, &stat)))
			continue;
		node->seen_pid = process->pid;
		know_process(scan, process);
		tell(scan, node->target, process->vm ? "vm" : "process", process->pid,
		     process->name, text, node->overridable && !process->vm);
	}
}

static bool is_kernel_thread(struct scan *scan, int pid)
{
	char text[1024];
	const char *after_name;
	unsigned long flags;

	if (read_proc(scan, pid, "stat", text, sizeof(text)) <= 0)
		return false;
	/* The name may hold blanks and brackets itself. */
	after_name = strrchr(text, ')');
	return after_name &&
	       sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) == 1 &&
	       (flags & PF_KTHREAD);
}

static void look_at_files(struct scan *scan, int pid, DIR *folder)
{
	struct process process = { .pid = pid, .fd_folder = dirfd(folder) };
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_file(scan, &process, entry->d_name);
}

static void look_at_process(struct scan *scan, int pid)
{
	char path[GS_PATH_MAX];
	DIR *folder;
	int fd;

	fd = gs_path(path, "proc/%d/fd", pid);
	if (fd == 0)
		fd = gs_tree_open(scan->engine, path, O_RDONLY | O_DIRECTORY);
	folder = fd >= 0 ? fdopendir(fd) : NULL;
	if (folder) {
		look_at_files(scan, pid, folder);
		closedir(folder);
	} else if (fd >= 0) {
		close(fd);
		gs_record_field(scan->records, GS_RECORD_UNREADABLE);
	} else if (fd != -ENOENT && fd != -ESRCH && !is_kernel_thread(scan, pid)) {
		gs_record_field(scan->records, GS_RECORD_UNREADABLE);
	}
	gs_record_field(scan->records, GS_RECORD_LOOKED);
}

/* Our own process and the one that asks are no holders. */
static bool is_other_process(const struct scan *scan, const char *name, int *ret_pid)
{
	uint64_t pid;

	if (gs_number_parse(name, &pid) < 0 || !isdigit((unsigned char)name[0]) || !pid ||
	    pid > INT32_MAX)
		return false;
	*ret_pid = (int)pid;
	return scan->engine->foreign_root || (*ret_pid != getpid() && *ret_pid != getppid());
}

static int scan_processes(struct scan *scan)
{
	char **names = NULL;
	int pid, r;

	r = gs_tree_list(scan->engine, "proc", &names);
	if (r < 0)
		return r;
	gs_record_field(scan->records, GS_RECORD_PROCESSES);
	r = 0;
	for (size_t i = 0; names && names[i]; i++)
		r += is_other_process(scan, names[i], &pid);
	gs_record_number(scan->records, r);
	for (size_t i = 0; names && names[i]; i++)
		if (is_other_process(scan, names[i], &pid))
			look_at_process(scan, pid);
	gs_strv_free(names);
	return 0;
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* The kernel writes blanks and backslashes as three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '\\' && is_octal(p + 1)) {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

int gs_mountinfo_parse(char *line, struct gs_mount *ret)
{
	char *rest = NULL, *field = strtok_r(line, " ", &rest);
	char *device = NULL, *point = NULL;
	int end = 0;

	for (int i = 1; field && strcmp(field, "-") != 0; i++) {
		if (i == 3)
			device = field;
		if (i == 5)
			point = field;
		field = strtok_r(NULL, " ", &rest);
	}
	if (!field || !point || !strtok_r(NULL, " ", &rest) ||
	    sscanf(device, "%u:%u%n", &ret->major, &ret->minor, &end) != 2 || device[end])
		return -EINVAL;
	ret->source = strtok_r(NULL, " ", &rest);
	if (!ret->source)
		return -EINVAL;
	ret->point = point;
	unescape(ret->point);
	unescape(ret->source);
	return 0;
}

/* Some file systems (btrfs) have numbers of their own, and only the source tells. */
static bool is_mounted_from(const struct gs_node *node, const struct gs_mount *mount)
{
	return node->block && ((node->major == mount->major && node->minor == mount->minor) ||
			       strcmp(node->path, mount->source) == 0);
}

static void scan_mounts(struct scan *scan)
{
	gs_cleanup_free char *text = NULL;
	struct gs_mount mount;
	char *rest = NULL;

	if (gs_tree_read(scan->engine, "proc/self/mountinfo", &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (gs_mountinfo_parse(line, &mount) < 0)
			continue;
		for (size_t i = 0; i < scan->nodes->n_nodes; i++)
			if (is_mounted_from(&scan->nodes->nodes[i], &mount))
				tell(scan, scan->nodes->nodes[i].target, "mount", 0, mount.point,
				     scan->nodes->nodes[i].path, false);
	}
}

static void scan_swaps(struct scan *scan)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;

	if (gs_tree_read(scan->engine, "proc/swaps", &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line[strcspn(line, " \t")] = '\0';
		for (size_t i = 0; i < scan->nodes->n_nodes; i++)
			if (strcmp(scan->nodes->nodes[i].path, line) == 0)
				tell(scan, scan->nodes->nodes[i].target, "mount", 0, "[swap]",
				     line, false);
	}
}

void gs_holders_scan(struct gs_engine *engine, struct gs_records *records, struct gs_nodes *nodes)
{
	struct scan scan = { .engine = engine, .records = records, .nodes = nodes };

	for (size_t i = 0; i < nodes->n_interfaces; i++)
		tell(&scan, nodes->interfaces[i].target, "network", 0, nodes->interfaces[i].name,
		     "interface is up", false);
	if (!nodes->n_nodes)
		return;
	scan_mounts(&scan);
	scan_swaps(&scan);
	if (scan_processes(&scan) < 0)
		gs_record_field(records, GS_RECORD_UNREADABLE);
}
