// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder_scan.c - who has device nodes open, in every mount namespace.
 *
 * Runs in the child. What is known is published before each read that may wait
 * for a file server, or for the memory map of a stuck process.
 */
#include <ctype.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "holder_names.h"
#include "holders.h"

/* In the flags of /proc/PID/stat: a kernel thread, which has no files. */
#define PF_KTHREAD 0x00200000

/* File systems that may ask another host or a process when a file on them is looked at. */
static const char *const remote_types[] = { "nfs",    "cifs", "smb",	 "fuse",  "9p",	      "ceph",
					    "afs",    "coda", "lustre",	 "gpfs",  "beegfs",   "ocfs",
					    "gfs",    "glusterfs", "orangefs", "autofs", "virtiofs" };

/* A mount namespace is looked into once; ids of mounts are the same for all. */
struct namespaces {
	char **seen; /* "mnt:[4026531840]" */
	int *safe;   /* mounts on which a file can be looked at without waiting */
	size_t n_safe;
};

struct search {
	struct gs_scan *scan;
	struct namespaces namespaces;
	bool block; /* disks are looked for */
};

/* The process that is looked at; its name is found out when needed. */
struct process {
	int pid;
	int fd_folder;
	bool known;
	bool in_namespace; /* its mounts are known */
	char comm[64];
	struct gs_holder_name name;
};

void gs_holder_tell(struct gs_scan *scan, const struct gs_found *found)
{
	const char *const texts[] = { found->name,    found->detail, found->manager,
				      found->command, found->fix,    found->critical };

	gs_record_field(scan->records, GS_RECORD_HOLDER);
	gs_record_number(scan->records, (long)found->target);
	gs_record_field(scan->records, found->kind);
	gs_record_number(scan->records, found->pid);
	for (size_t i = 0; i < GS_ARRAY_SIZE(texts); i++)
		gs_record_field(scan->records, texts[i] ? texts[i] : "");
	gs_record_number(scan->records, found->overridable);
	gs_record_number(scan->records, found->yields);
}

static ssize_t read_proc(struct gs_scan *scan, int pid, const char *name, char *buffer, size_t size)
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

static void know_process(struct gs_scan *scan, struct process *process)
{
	static char command_line[32768], cgroup[8192];
	ssize_t length;

	if (process->known)
		return;
	process->known = true;
	gs_record_publish(scan->records);
	if (read_proc(scan, process->pid, "comm", process->comm, sizeof(process->comm)) < 0)
		process->comm[0] = '\0';
	process->comm[strcspn(process->comm, "\n")] = '\0';
	if (read_proc(scan, process->pid, "cgroup", cgroup, sizeof(cgroup)) < 0)
		cgroup[0] = '\0';
	length = read_proc(scan, process->pid, "cmdline", command_line, sizeof(command_line));
	gs_holder_name(process->comm, command_line, length > 0 ? (size_t)length : 0, cgroup,
		       &process->name);
}

static const char *last_component(const char *path)
{
	const char *last = strrchr(path, '/');

	return last ? last + 1 : path;
}

/* In /dev, or called like one of the nodes. */
static bool is_near(const struct gs_scan *scan, const char *text)
{
	if (strncmp(text, "/dev/", 5) == 0)
		return true;
	for (size_t i = 0; i < scan->nodes->n_nodes; i++)
		if (strcmp(last_component(text), last_component(scan->nodes->nodes[i].path)) == 0)
			return true;
	return false;
}

static bool is_remote_type(const char *type)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(remote_types); i++)
		if (strncmp(type, remote_types[i], strlen(remote_types[i])) == 0)
			return true;
	return false;
}

static void note_safe_mounts(struct search *search, int pid)
{
	struct namespaces *namespaces = &search->namespaces;
	gs_cleanup_free char *text = NULL;
	struct gs_mount mount;
	char path[GS_PATH_MAX], *rest = NULL;

	if (gs_path(path, "proc/%d/mountinfo", pid) < 0 ||
	    gs_tree_read(search->scan->engine, path, &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (gs_mountinfo_parse(line, &mount) < 0 || is_remote_type(mount.type) ||
		    gs_grow(&namespaces->safe, namespaces->n_safe, sizeof(int)) < 0)
			continue;
		namespaces->safe[namespaces->n_safe++] = mount.id;
	}
}

static void enter_namespace(struct search *search, struct process *process)
{
	gs_cleanup_free char *name = NULL;
	char path[GS_PATH_MAX];

	if (process->in_namespace)
		return;
	process->in_namespace = true;
	if (gs_path(path, "proc/%d/ns/mnt", process->pid) < 0 ||
	    gs_tree_link_name(search->scan->engine, path, &name) < 0 ||
	    gs_strv_has(search->namespaces.seen, name) ||
	    gs_strv_add(&search->namespaces.seen, name) < 0)
		return;
	note_safe_mounts(search, process->pid);
	if (search->block && gs_path(path, "proc/%d/mountinfo", process->pid) == 0)
		gs_scan_mounts(search->scan, path, process->pid);
}

/*
 * A node can lie anywhere, under any name, but looking at a file may wait for
 * a file server that does not answer: the mount that it lies on tells.
 */
static bool is_safe(struct search *search, struct process *process, const char *name)
{
	static const char key[] = "mnt_id:";
	char text[1024], path[64];
	const char *found;
	int id;

	enter_namespace(search, process);
	snprintf(path, sizeof(path), "fdinfo/%.20s", name);
	if (read_proc(search->scan, process->pid, path, text, sizeof(text)) < 0)
		return false;
	found = strstr(text, key);
	id = found ? atoi(found + sizeof(key) - 1) : -1;
	for (size_t i = 0; i < search->namespaces.n_safe; i++)
		if (search->namespaces.safe[i] == id)
			return true;
	return false;
}

static bool node_matches(const struct gs_node *node, const struct statx *stat)
{
	return stat->stx_rdev_major == node->major && stat->stx_rdev_minor == node->minor &&
	       (node->block ? S_ISBLK(stat->stx_mode) : S_ISCHR(stat->stx_mode));
}

static void tell_process(struct gs_scan *scan, struct process *process, struct gs_node *node,
			 const char *path)
{
	gs_cleanup_free char *fix = NULL;
	const struct gs_holder_name *name = &process->name;

	node->seen_pid = process->pid;
	know_process(scan, process);
	fix = gs_holder_stop_command(name->kind, name->manager, name->name, process->pid);
	gs_holder_tell(scan,
		       &(struct gs_found){
			       .target = node->target,
			       .kind = name->kind,
			       .name = name->name,
			       .pid = process->pid,
			       .detail = path,
			       .manager = name->manager,
			       .command = process->comm,
			       .fix = fix,
			       .overridable = node->overridable && strcmp(name->kind, "vm") != 0,
		       });
}

void gs_scan_tell_process(struct gs_scan *scan, int pid, size_t target, const char *detail,
			  bool overridable)
{
	struct process process = { .pid = pid };
	struct gs_node node = { .target = target, .overridable = overridable };

	tell_process(scan, &process, &node, detail);
}

/*
 * A program that computes opens the render node of every GPU. That of one which
 * it does not compute on counts only if it draws there: the driver tells how
 * long each engine worked for it.
 */
static bool only_opened(struct gs_scan *scan, const struct process *process,
			const struct gs_node *node, const char *name)
{
	static const char engine[] = "\ndrm-engine-";
	char text[8192], path[64];

	if (strncmp(node->path, "/dev/dri/render", 15) != 0 ||
	    !gs_kfd_elsewhere(scan, process->pid, node->target))
		return false;
	snprintf(path, sizeof(path), "fdinfo/%.20s", name);
	if (read_proc(scan, process->pid, path, text, sizeof(text)) < 0 ||
	    !strstr(text, "drm-driver:"))
		return false;
	for (const char *line = text; (line = strstr(line, engine)); line++) {
		unsigned long long worked = 0;

		if (sscanf(line + sizeof(engine) - 1, "%*[^:]: %llu ns", &worked) == 1 && worked)
			return false;
	}
	return true;
}

static void look_at_file(struct search *search, struct process *process, const char *name)
{
	struct gs_scan *scan = search->scan;
	bool foreign = scan->engine->foreign_root;
	char text[GS_PATH_MAX];
	struct statx stat = { 0 };
	ssize_t n;

	n = readlinkat(process->fd_folder, name, text, sizeof(text) - 1);
	if (n <= 0 || text[0] != '/')
		return;
	text[n] = '\0';
	/* In another tree the links are texts and no open files. */
	if (!foreign && !is_near(scan, text) && !is_safe(search, process, name))
		return;
	gs_record_publish(scan->records);
	if (!foreign &&
	    statx(process->fd_folder, name, AT_STATX_DONT_SYNC, STATX_TYPE, &stat) < 0)
		return;
	for (size_t i = 0; i < scan->nodes->n_nodes; i++) {
		struct gs_node *node = &scan->nodes->nodes[i];

		if (node->seen_pid != process->pid &&
		    (foreign ? strcmp(text, node->path) == 0 : node_matches(node, &stat)) &&
		    !only_opened(scan, process, node, name))
			tell_process(scan, process, node, text);
	}
}

static bool is_kernel_thread(struct gs_scan *scan, int pid)
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

static void look_at_files(struct search *search, struct process *process, DIR *folder)
{
	struct dirent *entry;

	process->fd_folder = dirfd(folder);
	if (search->block)
		enter_namespace(search, process);
	while ((entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_file(search, process, entry->d_name);
}

static void look_at_process(struct search *search, int pid)
{
	struct gs_scan *scan = search->scan;
	struct process process = { .pid = pid };
	char path[GS_PATH_MAX];
	DIR *folder;
	int fd;

	fd = gs_path(path, "proc/%d/fd", pid);
	if (fd == 0)
		fd = gs_tree_open(scan->engine, path, O_RDONLY | O_DIRECTORY);
	folder = fd >= 0 ? fdopendir(fd) : NULL;
	if (folder) {
		look_at_files(search, &process, folder);
		closedir(folder);
	} else if (fd >= 0) {
		close(fd);
		gs_record_field(scan->records, GS_RECORD_UNREADABLE);
	} else if (fd != -ENOENT && fd != -ESRCH && !is_kernel_thread(scan, pid)) {
		gs_record_field(scan->records, GS_RECORD_UNREADABLE);
	}
	gs_record_field(scan->records, GS_RECORD_LOOKED);
}

/* Our own process, the one that asks, and the one that keeps others off are no holders. */
static bool is_other_process(const struct gs_scan *scan, const char *name, int *ret_pid)
{
	uint64_t pid;

	if (gs_number_parse(name, &pid) < 0 || !isdigit((unsigned char)name[0]) || !pid ||
	    pid > INT32_MAX)
		return false;
	*ret_pid = (int)pid;
	return scan->engine->foreign_root || (*ret_pid != getpid() && *ret_pid != getppid() &&
					      *ret_pid != scan->engine->fence_pid);
}

static int look_at_processes(struct search *search)
{
	struct gs_scan *scan = search->scan;
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
			look_at_process(search, pid);
	gs_strv_free(names);
	return 0;
}

/* Imported pools are there although nothing is mounted from them. */
static void scan_pools(struct gs_scan *scan)
{
	for (size_t i = 0; i < scan->nodes->n_nodes; i++) {
		struct gs_node *node = &scan->nodes->nodes[i];
		char path[GS_PATH_MAX];

		if (!*node->pool || node->mounted || strchr(node->pool, '/') ||
		    gs_path(path, "proc/spl/kstat/zfs/%s", node->pool) < 0 ||
		    !gs_tree_exists(scan->engine, path))
			continue;
		gs_holder_tell(scan, &(struct gs_found){ .target = node->target,
							 .kind = "mount",
							 .name = node->pool,
							 .detail = "imported ZFS pool" });
	}
}

void gs_scan_processes(struct gs_scan *scan)
{
	struct search search = { .scan = scan };

	for (size_t i = 0; i < scan->nodes->n_nodes; i++)
		search.block = search.block || scan->nodes->nodes[i].block;
	if (!scan->nodes->n_nodes)
		return;
	if (search.block)
		gs_scan_mounts(scan, "proc/self/mountinfo", 0);
	scan_pools(scan);
	if (look_at_processes(&search) < 0)
		gs_record_field(scan->records, GS_RECORD_UNREADABLE);
	gs_strv_free(search.namespaces.seen);
	free(search.namespaces.safe);
}
