// SPDX-License-Identifier: GPL-2.0-or-later
#include "holder_names.h"

#include <ctype.h>

/* Programs that run a guest, by the start of their name. */
static const char *const vm_programs[] = { "qemu", "kvm", "cloud-hypervisor", "crosvm" };

/* Ids of containers are longer, and known by their first digits. */
#define ID_SHORT 12

struct pattern {
	const char *prefix;
	const char *suffix;
	const char *kind; /* NULL: what looks like one, and is none */
	const char *manager;
	bool is_id; /* a hexadecimal id follows */
};

/* Folders of a control group; the first that fits counts, and the one nearest to the root. */
static const struct pattern patterns[] = {
	{ "docker-", ".scope", "container", "docker", true },
	{ "libpod-conmon-", ".scope", NULL, NULL, false },
	{ "libpod-", ".scope", "container", "podman", true },
	{ "cri-containerd-", ".scope", "container", "kubernetes", true },
	{ "crio-conmon-", ".scope", NULL, NULL, false },
	{ "crio-", ".scope", "container", "kubernetes", true },
	{ "nerdctl-", ".scope", "container", "containerd", true },
	{ "lxc.payload.", "", "container", "lxc", false },
	{ "machine-qemu-", ".scope", "vm", "libvirt", false },
	{ "machine-lxc-", ".scope", "container", "libvirt", false },
	{ "machine-", ".scope", "container", "nspawn", false },
	{ "systemd-nspawn@", ".service", "container", "nspawn", false },
};

/* The same without systemd: a folder, and below it one a guest or container. */
static const struct {
	const char *parent;
	const struct pattern child;
} nested[] = {
	{ "docker", { "", "", "container", "docker", true } },
	{ "lxc", { "", "", "container", "lxc", false } },
	{ "qemu.slice", { "", ".scope", "vm", "proxmox", false } },
};

static const struct {
	const char *kind;
	const char *manager; /* "": any */
	const char *format;  /* %s: its name */
} stop_commands[] = {
	{ "vm", "libvirt", "virsh shutdown %s" },
	{ "vm", "proxmox", "qm shutdown %s" },
	{ "vm", "kubernetes", "virtctl stop %s" },
	{ "container", "docker", "docker stop %s" },
	{ "container", "podman", "podman stop %s" },
	{ "container", "kubernetes", "crictl stop %s" },
	{ "container", "containerd", "nerdctl stop %s" },
	{ "container", "lxc", "lxc-stop -n %s" },
	{ "container", "libvirt", "virsh -c lxc:/// shutdown %s" },
	{ "container", "nspawn", "machinectl poweroff %s" },
	{ "unit", "", "systemctl stop %s" },
	{ "mount", "", "umount %s" },
	{ "swap", "", "swapoff %s" },
	{ "network", "", "ip link set %s down" },
};

/* By the start of their name: the kernel keeps fifteen letters of it. */
static const struct {
	const char *program;
	const char *setting;
} compositors[] = {
	{ "gnome-shell", "gnome-shell leaves a card alone that a udev rule gives TAG+=\"mutter-device-ignore\"" },
	{ "mutter", "mutter leaves a card alone that a udev rule gives TAG+=\"mutter-device-ignore\"" },
	{ "kwin_wayland", "kwin_wayland uses only the cards that KWIN_DRM_DEVICES names" },
	{ "sway", "sway uses only the cards that WLR_DRM_DEVICES names" },
	{ "labwc", "labwc uses only the cards that WLR_DRM_DEVICES names" },
	{ "wayfire", "wayfire uses only the cards that WLR_DRM_DEVICES names" },
	{ "Hyprland", "Hyprland uses only the cards that AQ_DRM_DEVICES names" },
	{ "cosmic-comp", "cosmic-comp leaves the cards alone that COSMIC_DRM_BLOCK_DEVICES names" },
	{ "weston", "weston uses only the card that its option --drm-device names" },
	{ "Xorg", "Xorg leaves other cards alone with Option \"AutoAddGPU\" \"false\" in its section ServerFlags" },
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static int hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* systemd writes '-' in a part of a name as "\x2d". */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
			*to++ = (char)(hex_digit(p[2]) << 4 | hex_digit(p[3]));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static bool is_id(const char *text)
{
	size_t length = strspn(text, "0123456789abcdef");

	return length >= ID_SHORT && !text[length];
}

/* "qemu-1-win11" and "lxc-1-web": a number of libvirt's stands before the name. */
static const char *after_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && text[digits] == '-' ? text + digits + 1 : text;
}

/* What stands between prefix and suffix, in @part itself; NULL: it does not fit. */
static const char *fit(const struct pattern *pattern, char *part)
{
	size_t length = strlen(part), prefix = strlen(pattern->prefix);
	size_t suffix = strlen(pattern->suffix);

	if (length <= prefix + suffix || !starts_with(part, pattern->prefix) ||
	    strcmp(part + length - suffix, pattern->suffix) != 0)
		return NULL;
	part[length - suffix] = '\0';
	if (!pattern->is_id || is_id(part + prefix))
		return part + prefix;
	part[length - suffix] = *pattern->suffix;
	return NULL;
}

static void take(const struct pattern *pattern, const char *name, struct gs_holder_name *ret)
{
	ret->kind = pattern->kind;
	ret->manager = pattern->manager;
	if (gs_streq(pattern->manager, "libvirt"))
		name = after_number(name);
	snprintf(ret->name, sizeof(ret->name), "%.*s",
		 pattern->is_id ? ID_SHORT : GS_HOLDER_NAME_MAX - 1, name);
}

/* One folder of the control group's path. Returns whether it told who it is. */
static bool try_part(const char *parent, char *part, struct gs_holder_name *ret, bool *ret_known)
{
	const char *name;

	for (size_t i = 0; i < GS_ARRAY_SIZE(nested); i++) {
		if (strcmp(parent, nested[i].parent) != 0)
			continue;
		name = fit(&nested[i].child, part);
		if (name)
			take(&nested[i].child, name, ret);
		if (name)
			return true;
	}
	for (size_t i = 0; i < GS_ARRAY_SIZE(patterns); i++) {
		name = fit(&patterns[i], part);
		if (!name)
			continue;
		if (patterns[i].kind)
			take(&patterns[i], name, ret);
		*ret_known = true;
		return patterns[i].kind;
	}
	return false;
}

/* /kubepods/besteffort/podUID/ID, where systemd does not name things */
static bool try_kubepods(const char *path, const char *part, struct gs_holder_name *ret)
{
	if (!starts_with(path, "/kubepods") || !is_id(part))
		return false;
	ret->kind = "container";
	ret->manager = "kubernetes";
	snprintf(ret->name, sizeof(ret->name), "%.*s", ID_SHORT, part);
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length > wanted && strcmp(text + length - wanted, end) == 0;
}

/* The path of the unified hierarchy, else of systemd's own; "" when there is none. */
static void find_path(const char *cgroup, char *ret, size_t size)
{
	*ret = '\0';
	while (*cgroup) {
		size_t length = strcspn(cgroup, "\n");
		bool unified = starts_with(cgroup, "0::");
		const char *systemd = strstr(cgroup, ":name=systemd:");
		const char *path = unified ? cgroup + 3 : NULL;

		if (!path && systemd && systemd < cgroup + length)
			path = systemd + strlen(":name=systemd:");
		/* "/" tells nothing where the two are used together. */
		if (path && cgroup + length > path + 1)
			snprintf(ret, size, "%.*s", (int)(cgroup + length - path), path);
		cgroup += length + (cgroup[length] == '\n');
	}
}

/* A service of the system; what runs in a login session is called by its own name. */
static void name_by_cgroup(const char *cgroup, struct gs_holder_name *ret)
{
	char path[4096], parent[256] = "", part[256], unit[256] = "";
	bool system, known = false;
	char *rest = NULL;

	find_path(cgroup, path, sizeof(path));
	system = !starts_with(path, "/user.slice/") && !starts_with(path, "/machine.slice/");
	for (char *word = strtok_r(path, "/", &rest); word; word = strtok_r(NULL, "/", &rest)) {
		snprintf(part, sizeof(part), "%s", word);
		if (system && ends_with(part, ".service"))
			snprintf(unit, sizeof(unit), "%s", part);
		if (try_kubepods(path, part, ret))
			return;
		unescape(part);
		if (try_part(parent, part, ret, &known))
			return;
		snprintf(parent, sizeof(parent), "%s", part);
	}
	if (!*unit || known)
		return;
	ret->kind = "unit";
	ret->manager = "systemd";
	snprintf(ret->name, sizeof(ret->name), "%s", unit);
}

/* What the words of a guest's command line tell. */
struct guest {
	bool is_one;
	bool libvirt;
	const char *name; /* not ended where it ends */
	size_t name_length;
	const char *number; /* Proxmox' VMID */
};

static bool is_vm_program(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	for (size_t i = 0; i < GS_ARRAY_SIZE(vm_programs); i++)
		if (starts_with(name, vm_programs[i]))
			return true;
	return false;
}

/* "guest=NAME,debug-threads=on", or the name alone. */
static void read_name(const char *option, struct guest *guest)
{
	const char *found = strstr(option, "guest=");

	if (found && (found == option || found[-1] == ','))
		option = found + 6;
	guest->name = option;
	guest->name_length = strcspn(option, ",");
}

static struct guest read_command_line(const char *text, size_t length)
{
	struct guest guest = { .is_one = length && is_vm_program(text) };
	const char *before = "";

	for (const char *word = text; guest.is_one && word < text + length;
	     word += strlen(word) + 1) {
		if (strcmp(before, "-name") == 0 || strcmp(before, "--name") == 0)
			read_name(word, &guest);
		if (strcmp(before, "-id") == 0 && *word && !word[strspn(word, "0123456789")])
			guest.number = word;
		guest.libvirt = guest.libvirt || strstr(word, "/libvirt/qemu/");
		before = word;
	}
	return guest;
}

static void name_guest(const struct guest *guest, struct gs_holder_name *ret)
{
	const char *manager = strcmp(ret->kind, "unit") == 0 ? "" : ret->manager;

	if (guest->number)
		manager = "proxmox";
	else if (guest->libvirt && !*manager)
		manager = "libvirt";
	if (strcmp(ret->kind, "unit") == 0 && !guest->name_length && !guest->number)
		return; /* a service that runs a nameless guest is known by the service */
	ret->kind = "vm";
	ret->manager = manager;
	if (guest->number)
		snprintf(ret->name, sizeof(ret->name), "%s", guest->number);
	else if (guest->name_length)
		snprintf(ret->name, sizeof(ret->name), "%.*s", (int)guest->name_length,
			 guest->name);
}

void gs_holder_name(const char *comm, const char *command_line, size_t length, const char *cgroup,
		    struct gs_holder_name *ret)
{
	struct guest guest = read_command_line(command_line, length);

	*ret = (struct gs_holder_name){ .kind = "process", .manager = "" };
	snprintf(ret->name, sizeof(ret->name), "%s", comm);
	name_by_cgroup(cgroup, ret);
	if (guest.is_one)
		name_guest(&guest, ret);
}

static const char *stop_format(const char *kind, const char *manager)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(stop_commands); i++)
		if (gs_streq(stop_commands[i].kind, kind) &&
		    (!*stop_commands[i].manager || gs_streq(stop_commands[i].manager, manager)))
			return stop_commands[i].format;
	return NULL;
}

/* As a shell takes it for one word. */
static char *quote(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=:.,/+@";
	size_t length = 3;
	char *quoted, *to;

	if (*text && !text[strspn(text, plain)])
		return strdup(text);
	for (const char *p = text; *p; p++)
		length += *p == '\'' ? 4 : 1;
	quoted = to = calloc(1, length);
	if (!quoted)
		return NULL;
	*to++ = '\'';
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *p;
	}
	strcpy(to, "'");
	return quoted;
}

char *gs_holder_stop_command(const char *kind, const char *manager, const char *name, int pid)
{
	const char *format = stop_format(kind, manager);
	gs_cleanup_free char *word = NULL;
	const char *place;

	if (!format)
		return pid > 0 ? gs_asprintf("kill %d", pid) : strdup("");
	word = quote(name);
	place = strstr(format, "%s");
	return word ? gs_asprintf("%.*s%s%s", (int)(place - format), format, word, place + 2)
		    : NULL;
}

char *gs_holder_edit_command(const char *domain)
{
	gs_cleanup_free char *word = quote(domain);

	return word ? gs_asprintf("virsh edit %s", word) : NULL;
}

const char *gs_holder_setting(const char *comm)
{
	for (size_t i = 0; comm && i < GS_ARRAY_SIZE(compositors); i++)
		if (starts_with(comm, compositors[i].program))
			return compositors[i].setting;
	return NULL;
}
