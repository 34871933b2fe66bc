/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon.h - gpushiftd: the engine on the system bus.
 *
 * One thread, one event loop. What may take long is done by a child of its
 * own (ask.c), so that the loop always serves; the daemon itself writes to no device.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <json-c/json.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "engine.h"
#include "events.h"
#include "model.h"

#define BUS_NAME "org.gpushift1"
#define PATH_ROOT "/org/gpushift1"
#define PATH_GPU PATH_ROOT "/gpu"
#define INTERFACE_MANAGER BUS_NAME ".Manager"
#define PATH_JOB PATH_ROOT "/job"
#define INTERFACE_GPU BUS_NAME ".Gpu"
#define INTERFACE_JOB BUS_NAME ".Job"
#define ERROR_PREFIX BUS_NAME ".Error."

/* A card as the bus shows it. */
struct gpu {
	char address[GS_ADDRESS_LEN];
	char *path;
	struct json_object *facts; /* as in `list --json`, without holders */
	bool stale;		   /* an event changed the card since */
};

struct ask;
struct job;
struct leases;

struct daemon {
	sd_event *event;
	sd_bus *bus;
	struct gs_engine *engine;
	struct gs_events *events; /* NULL: nothing happens in a tree */
	sd_event_source *event_sources[2];
	struct gs_host *host;
	struct gpu *gpus; /* by address */
	size_t n_gpus;
	sd_event_source *rest; /* signals that can wait; shown.c */
	struct ask *asks;
	size_t n_asks;
	struct job *jobs; /* the newest first; of those that have ended a few are kept */
	unsigned int last_job;
	struct leases *leases; /* NULL: in another tree, or they cannot be listened to */
	bool stopping;
};

/* manager.c: the object /org/gpushift1 */
int manager_add(struct daemon *daemon) gs_must_check;

/* job.c: the objects below /org/gpushift1/job */
int job_add_objects(struct daemon *daemon) gs_must_check;

/* gpu.c: the objects below /org/gpushift1/gpu */
int gpu_add_objects(struct daemon *daemon) gs_must_check;

#endif
