/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the write-ahead record of one switch.
 *
 * var/lib/gpushift/journal: one JSON object with the boot id, the writer, and
 * the whole plan with every old value; fsynced, with its folder, before the
 * first write to a device. Lines of progress follow it, for people: recovery
 * decides from what the machine really shows.
 */
#ifndef GS_JOURNAL_H
#define GS_JOURNAL_H

#include "engine.h"
#include "lock.h"
#include "plan.h"

#define GS_JOURNAL_PATH GS_STATE_DIR "/journal"

struct gs_journal {
	struct gs_plan *plan;	  /* steps and old values as planned */
	struct gs_process writer; /* who switched */
	bool same_boot;
};

/*
 * gs_journal_write - make the journal of a plan
 *
 * Nothing may be written to a device before it returned 0. -EEXIST: an
 * interrupted switch is there; recover it first.
 */
int gs_journal_write(struct gs_engine *engine, const struct gs_plan *plan) gs_must_check;

/* gs_journal_open - for marks; returns a descriptor or -errno */
int gs_journal_open(struct gs_engine *engine) gs_must_check;

/* gs_journal_mark - add a line of progress; best effort, nothing with a descriptor below 0 */
void gs_journal_mark(int fd, const struct gs_step *step);

/*
 * gs_journal_read - what a switch left behind
 * Returns 0, -ENOENT (nothing), -EBADMSG (damaged), -EPROTO (of a newer gpushift), or -errno.
 */
int gs_journal_read(struct gs_engine *engine, struct gs_journal **ret) gs_must_check;
void gs_journal_free(struct gs_journal *journal);

/* gs_journal_end - the switch has ended, whole */
int gs_journal_end(struct gs_engine *engine) gs_must_check;

/* gs_journal_set_aside - keep a journal that cannot be acted on: renamed to journal.SUFFIX */
int gs_journal_set_aside(struct gs_engine *engine, const char *suffix) gs_must_check;

#endif
