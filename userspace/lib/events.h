/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - live events: from the module (functions) and from uevents (vGPUs
 * always, functions where the module is not loaded).
 */
#ifndef GS_EVENTS_H
#define GS_EVENTS_H

#include "engine.h"
#include "model.h"

enum gs_event_kind {
	GS_EVENT_ADDED,
	GS_EVENT_REMOVED,
	GS_EVENT_BIND,
	GS_EVENT_BOUND,
	GS_EVENT_UNBIND,
	GS_EVENT_UNBOUND,
	GS_EVENT_NOT_BOUND,
	GS_EVENT_VGPU_ADDED,
	GS_EVENT_VGPU_REMOVED,
	GS_EVENT_CHANGED, /* something else: VFs, vGPU types, PCI drivers; tells no address */
	GS_EVENT_SOURCE, /* the module came or went: open the events again */
	GS_EVENT_LOST, /* some were lost (overflow): read the inventory again */
};

/* gs_event_name - "bound", ...; "lost" for GS_EVENT_LOST */
const char *gs_event_name(enum gs_event_kind kind);

struct gs_event {
	enum gs_event_kind kind;
	char address[64];  /* of the function, or the uuid of the vGPU */
	char driver[64];   /* "": none or not told */
	char parent[64];   /* of a vGPU */
	bool generation_known;
	uint32_t generation;
};

struct gs_events;

/* gs_events_open - listen; everything that happens after it returned is told */
int gs_events_open(struct gs_engine *engine, struct gs_events **ret) gs_must_check;
void gs_events_close(struct gs_events *events);

/* gs_events_source - what tells function events */
enum gs_source gs_events_source(const struct gs_events *events);

/* gs_events_fds - the descriptors to poll for input; returns how many (1 or 2) */
size_t gs_events_fds(const struct gs_events *events, int fds[2]);

/*
 * gs_events_next - one event that is already there
 * Returns 1 with an event, 0 when there is none now, or -errno.
 */
int gs_events_next(struct gs_events *events, struct gs_event *ret) gs_must_check;

#endif
