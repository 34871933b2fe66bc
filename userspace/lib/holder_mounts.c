// SPDX-License-Identifier: GPL-2.0-or-later
/* holder_mounts.c - what is mounted from disks, and which of it the host cannot live without. */
#include "holder_names.h"
#include "holders.h"

/* What the host itself runs from. */
static const char *const critical_points[] = { "/", "/usr", "/etc", "/var", "/boot", "/boot/efi",
					       "/efi" };

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

	ret->id = field ? atoi(field) : 0;
	for (int i = 1; field && strcmp(field, "-") != 0; i++) {
		if (i == 3)
			device = field;
		if (i == 5)
			point = field;
		field = strtok_r(NULL, " ", &rest);
	}
	ret->type = field ? strtok_r(NULL, " ", &rest) : NULL;
	if (!ret->type || !point ||
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

/* A dataset is called POOL or POOL/... */
static bool is_of_pool(const struct gs_node *node, const struct gs_mount *mount)
{
	size_t length = strlen(node->pool);

	return length && strcmp(mount->type, "zfs") == 0 &&
	       strncmp(mount->source, node->pool, length) == 0 &&
	       (mount->source[length] == '/' || !mount->source[length]);
}

/* Some file systems (btrfs) have numbers of their own, and only the source tells. */
static bool is_mounted_from(const struct gs_node *node, const struct gs_mount *mount)
{
	return node->block && ((node->major == mount->major && node->minor == mount->minor) ||
			       strcmp(node->path, mount->source) == 0 || is_of_pool(node, mount));
}

static bool is_critical(const char *point)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(critical_points); i++)
		if (strcmp(point, critical_points[i]) == 0)
			return true;
	return false;
}

static void tell_mount(struct gs_scan *scan, const struct gs_node *node,
		       const struct gs_mount *mount, int pid)
{
	gs_cleanup_free char *fix = gs_holder_stop_command("mount", "", mount->point, 0);
	gs_cleanup_free char *inside = NULL;
	gs_cleanup_free char *critical = NULL;

	if (!pid && is_critical(mount->point))
		critical = gs_asprintf("%s lies on it", mount->point);
	if (pid) {
		free(fix);
		fix = gs_asprintf("nsenter -t %d -m umount %s", pid, mount->point);
		inside = gs_asprintf("%s, in the mount namespace of process %d", node->path, pid);
	}
	gs_holder_tell(scan, &(struct gs_found){ .target = node->target,
						 .kind = "mount",
						 .name = mount->point,
						 .detail = pid ? inside : node->path,
						 .fix = critical ? NULL : fix,
						 .critical = critical });
}

/* What our own namespace shows is not told again of its copies. */
static void look_at_mount(struct gs_scan *scan, const struct gs_mount *mount, int pid)
{
	for (size_t i = 0; i < scan->nodes->n_nodes; i++) {
		struct gs_node *node = &scan->nodes->nodes[i];

		if (!is_mounted_from(node, mount) || (pid && node->mounted))
			continue;
		tell_mount(scan, node, mount, pid);
		node->mounted = true;
	}
}

void gs_scan_mounts(struct gs_scan *scan, const char *mountinfo, int pid)
{
	gs_cleanup_free char *text = NULL;
	struct gs_mount mount;
	char *rest = NULL;

	if (gs_tree_read(scan->engine, mountinfo, &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (gs_mountinfo_parse(line, &mount) == 0)
			look_at_mount(scan, &mount, pid);
}

void gs_scan_swaps(struct gs_scan *scan)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;

	if (!scan->nodes->n_nodes || gs_tree_read(scan->engine, "proc/swaps", &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		gs_cleanup_free char *fix = NULL;

		line[strcspn(line, " \t")] = '\0';
		fix = gs_holder_stop_command("swap", "", line, 0);
		for (size_t i = 0; i < scan->nodes->n_nodes; i++)
			if (strcmp(scan->nodes->nodes[i].path, line) == 0)
				gs_holder_tell(scan, &(struct gs_found){
							     .target = scan->nodes->nodes[i].target,
							     .kind = "swap",
							     .name = line,
							     .detail = "swap space",
							     .fix = fix });
	}
}
