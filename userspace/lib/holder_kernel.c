// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder_kernel.c - what the kernel itself does with a card: console, framebuffer,
 * NVIDIA's mode setting; and the keyboards below a device.
 */
#include "holders.h"

/*
 * The kernel's own drivers take console and framebuffer down with them when
 * they are unbound. NVIDIA's waits for ever until both have gone.
 */
static bool lets_go(const char *driver)
{
	return !gs_streq(driver, "nvidia");
}

static char *driver_of(struct gs_scan *scan, const char *device)
{
	char path[GS_PATH_MAX];
	char *driver = NULL;

	if (gs_path(path, "%s/driver", device) < 0 ||
	    gs_tree_link_name(scan->engine, path, &driver) < 0)
		return NULL;
	return driver;
}

/* The console's part that draws on framebuffers: its name, while it is bound. */
static bool find_console(struct gs_scan *scan, char ret[64])
{
	char path[GS_PATH_MAX], **names = NULL;
	bool found = false;

	if (gs_tree_list(scan->engine, "sys/class/vtconsole", &names) < 0)
		return false;
	for (char **name = names; name && *name && !found; name++) {
		gs_cleanup_free char *title = NULL;
		uint64_t bound = 0;

		found = gs_path(path, "sys/class/vtconsole/%s/name", *name) == 0 &&
			gs_tree_read(scan->engine, path, &title) == 0 &&
			strstr(title, "frame buffer") &&
			gs_path(path, "sys/class/vtconsole/%s/bind", *name) == 0 &&
			gs_tree_read_u64(scan->engine, path, &bound) == 0 && bound;
		snprintf(ret, 64, "%s", *name);
	}
	gs_strv_free(names);
	return found;
}

static void tell_kernel(struct gs_scan *scan, size_t target, const char *name, const char *detail,
			const char *fix, bool yields)
{
	gs_holder_tell(scan, &(struct gs_found){ .target = target,
						 .kind = "kernel",
						 .name = name,
						 .detail = detail,
						 .fix = fix,
						 .yields = yields });
}

/* @console: "vtcon1", or NULL when the console is not on this framebuffer */
static void tell_framebuffer(struct gs_scan *scan, size_t target, const char *name,
			     const char *console, bool yields)
{
	gs_cleanup_free char *node = gs_asprintf("/dev/%s", name);
	gs_cleanup_free char *fix =
		console ? gs_asprintf("echo 0 > /sys/class/vtconsole/%s/bind", console) : NULL;

	tell_kernel(scan, target, console ? "console" : "framebuffer", node, fix, yields);
}

/* The console draws on the first framebuffer, unless it was told otherwise in a way that nothing shows. */
static void look_at_framebuffers(struct gs_scan *scan, size_t target, const char *device,
				 const char *driver)
{
	const char *address = strrchr(device, '/') + 1;
	char path[GS_PATH_MAX], console[64], **names = NULL;
	bool drawn_on = find_console(scan, console);

	if (gs_tree_list(scan->engine, "sys/class/graphics", &names) < 0)
		return;
	for (char **name = names; name && *name; name++) {
		gs_cleanup_free char *parent = NULL;

		if (strncmp(*name, "fb", 2) != 0 || (*name)[2] < '0' || (*name)[2] > '9')
			continue;
		if (gs_path(path, "sys/class/graphics/%s/device", *name) == 0 &&
		    gs_tree_link_name(scan->engine, path, &parent) == 0 &&
		    strcmp(parent, address) == 0)
			tell_framebuffer(scan, target, *name, drawn_on ? console : NULL,
					 lets_go(driver));
		drawn_on = false;
	}
	gs_strv_free(names);
}

static void look_at_nvidia(struct gs_scan *scan, size_t target, const char *driver)
{
	gs_cleanup_free char *set = NULL;

	if (!gs_streq(driver, "nvidia") ||
	    gs_tree_read(scan->engine, "sys/module/nvidia_drm/parameters/modeset", &set) < 0 ||
	    strcmp(set, "Y") != 0)
		return;
	tell_kernel(scan, target, "nvidia_drm", "mode setting is on", "modprobe -r nvidia_drm",
		    false);
}

void gs_scan_kernel(struct gs_scan *scan)
{
	for (size_t i = 0; i < scan->n_targets; i++) {
		char **device = scan->targets[i].devices;

		for (; device && *device; device++) {
			gs_cleanup_free char *driver = driver_of(scan, *device);

			look_at_framebuffers(scan, i, *device, driver);
			look_at_nvidia(scan, i, driver);
		}
	}
}

/* What /proc/bus/input/devices has of one device; sysrq listens to keyboards only. */
struct input {
	char name[128];
	char path[GS_PATH_MAX];
	bool keyboard;
};

static void read_input_line(const char *line, struct input *input)
{
	if (sscanf(line, "N: Name=\"%127[^\"]", input->name) == 1)
		return;
	if (strncmp(line, "S: Sysfs=/", 10) == 0)
		snprintf(input->path, sizeof(input->path), "sys/%s", line + 10);
	if (strncmp(line, "H: Handlers=", 12) == 0)
		input->keyboard = strstr(line + 12, "sysrq");
}

static bool is_below(struct gs_scan *scan, const struct gs_target *target, const char *path)
{
	for (char **device = target->devices; device && *device; device++) {
		gs_cleanup_free char *real = NULL;
		size_t length;

		if (gs_tree_real_path(scan->engine, *device, &real) < 0)
			continue;
		length = strlen(real);
		if (strncmp(path, real, length) == 0 && path[length] == '/')
			return true;
	}
	return false;
}

struct keyboards {
	struct input *inputs;
	size_t n_inputs;
};

static void read_keyboards(struct gs_scan *scan, struct keyboards *keyboards)
{
	gs_cleanup_free char *text = NULL;
	struct input input = { 0 };

	if (gs_tree_read(scan->engine, "proc/bus/input/devices", &text) < 0)
		return;
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		read_input_line(line, &input);
		/* An empty line ends each device. */
		if (*line && next)
			continue;
		if (input.keyboard && gs_grow(&keyboards->inputs, keyboards->n_inputs,
					      sizeof(*keyboards->inputs)) == 0)
			keyboards->inputs[keyboards->n_inputs++] = input;
		input = (struct input){ 0 };
	}
}

/* All keyboards of the host, when they are below this target. */
static void look_at_keyboards(struct gs_scan *scan, size_t target,
			      const struct keyboards *keyboards)
{
	for (size_t i = 0; i < keyboards->n_inputs; i++)
		if (!is_below(scan, &scan->targets[target], keyboards->inputs[i].path))
			return;
	for (size_t i = 0; i < keyboards->n_inputs; i++)
		gs_holder_tell(scan, &(struct gs_found){ .target = target,
							 .kind = "input",
							 .name = keyboards->inputs[i].name,
							 .detail = "keyboard",
							 .critical = "it is the only keyboard" });
}

void gs_scan_keyboards(struct gs_scan *scan)
{
	struct keyboards keyboards = { 0 };

	read_keyboards(scan, &keyboards);
	for (size_t i = 0; i < scan->n_targets; i++)
		look_at_keyboards(scan, i, &keyboards);
	free(keyboards.inputs);
}
