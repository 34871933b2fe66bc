// SPDX-License-Identifier: GPL-2.0-or-later
/* uevent.c - reading the kernel's uevents. */
#include "uevent.h"

struct uevent {
	const char *action;
	const char *path;
	const char *subsystem;
	const char *slot;
	const char *driver;
};

static const struct {
	const char *subsystem;
	const char *action;
	enum gs_event_kind kind;
} kinds[] = {
	{ "pci", "add", GS_EVENT_ADDED },	  { "pci", "remove", GS_EVENT_REMOVED },
	{ "pci", "bind", GS_EVENT_BOUND },	  { "pci", "unbind", GS_EVENT_UNBOUND },
	{ "mdev", "add", GS_EVENT_VGPU_ADDED }, { "mdev", "remove", GS_EVENT_VGPU_REMOVED },
	/* A PF after its VFs changed, a device that became an mdev parent or no longer is one. */
	{ "pci", "change", GS_EVENT_CHANGED },
	{ "drivers", "add", GS_EVENT_CHANGED },
	{ "drivers", "remove", GS_EVENT_CHANGED },
	/* After it was initialized; when all of it has gone. */
	{ "module", "add", GS_EVENT_SOURCE },
	{ "module", "remove", GS_EVENT_SOURCE },
};

/* Drivers of other buses are nobody's here. */
#define PCI_DRIVERS "/bus/pci/drivers/"
#define OUR_MODULE "/module/gpushift"

static void take_pair(const char *pair, struct uevent *event)
{
	const struct {
		const char *key;
		const char **value;
	} wanted[] = {
		{ "ACTION=", &event->action },
		{ "DEVPATH=", &event->path },
		{ "SUBSYSTEM=", &event->subsystem },
		{ "PCI_SLOT_NAME=", &event->slot },
		{ "DRIVER=", &event->driver },
	};

	for (size_t i = 0; i < GS_ARRAY_SIZE(wanted); i++)
		if (strncmp(pair, wanted[i].key, strlen(wanted[i].key)) == 0)
			*wanted[i].value = pair + strlen(wanted[i].key);
}

static int find_kind(const struct uevent *event, enum gs_event_kind *ret)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(kinds); i++) {
		if (gs_streq(event->subsystem, kinds[i].subsystem) &&
		    gs_streq(event->action, kinds[i].action)) {
			*ret = kinds[i].kind;
			return 0;
		}
	}
	return -ENOMSG;
}

static int take_text(char *to, size_t size, const char *from, size_t length)
{
	if (!length || length >= size)
		return -ENOMSG;
	memcpy(to, from, length);
	to[length] = '\0';
	return 0;
}

/* ".../0000:00:05.0/UUID": the last is the vGPU, the one before its parent. */
static int take_vgpu(const char *path, struct gs_event *ret)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	const char *parent = name;

	if (!name || name == path)
		return -ENOMSG;
	while (parent > path && parent[-1] != '/')
		parent--;
	if (take_text(ret->parent, sizeof(ret->parent), parent, (size_t)(name - parent)) < 0)
		return -ENOMSG;
	return take_text(ret->address, sizeof(ret->address), name + 1, strlen(name + 1));
}

static int take_function(const struct uevent *event, struct gs_event *ret)
{
	struct gs_address address;

	if (!event->slot || gs_address_parse(event->slot, &address) < 0)
		return -ENOMSG;
	gs_address_format(&address, ret->address);
	if (event->driver)
		snprintf(ret->driver, sizeof(ret->driver), "%s", event->driver);
	return 0;
}

static int take_change(const struct uevent *event)
{
	bool of_driver = gs_streq(event->subsystem, "drivers");

	if (of_driver && (!event->path || strncmp(event->path, PCI_DRIVERS, strlen(PCI_DRIVERS)) != 0))
		return -ENOMSG;
	return 0;
}

int gs_uevent_parse(const char *text, size_t length, bool functions, struct gs_event *ret)
{
	struct gs_event found = { 0 };
	struct uevent event = { 0 };
	bool of_vgpu;
	int r;

	if (!length || text[length - 1])
		return -ENOMSG;
	for (const char *pair = text; pair < text + length; pair += strlen(pair) + 1)
		take_pair(pair, &event);
	if (find_kind(&event, &found.kind) < 0)
		return -ENOMSG;
	of_vgpu = found.kind == GS_EVENT_VGPU_ADDED || found.kind == GS_EVENT_VGPU_REMOVED;
	if (found.kind == GS_EVENT_CHANGED)
		r = take_change(&event);
	else if (found.kind == GS_EVENT_SOURCE)
		r = gs_streq(event.path, OUR_MODULE) ? 0 : -ENOMSG;
	else if (of_vgpu)
		r = take_vgpu(event.path, &found);
	else
		r = functions ? take_function(&event, &found) : -ENOMSG;
	if (r == 0)
		*ret = found;
	return r;
}
