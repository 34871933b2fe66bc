/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - what stands in the way of giving cards away on this host.
 *
 * A table of checks; each gives one finding or more, with what was seen and, for a
 * problem, what to do about it on this host. Reads only. What cannot be told (for a
 * plain user, on another architecture) is said to be so, and is no problem.
 */
#ifndef GS_DOCTOR_H
#define GS_DOCTOR_H

#include <json-c/json.h>

#include "boot.h"
#include "cpu.h"
#include "lock.h"
#include "model.h"

enum gs_verdict {
	GS_CANNOT_TELL,
	GS_FINE,
	GS_PROBLEM,
};

/* "ok", "problem", "unknown" */
const char *gs_verdict_name(enum gs_verdict verdict);

struct gs_finding {
	const char *id;
	const char *about; /* what the check looks at */
	char *card;	   /* NULL: of the host */
	enum gs_verdict verdict;
	char **evidence;
	char *fix; /* NULL: nothing to do, or nothing is known */
};

struct gs_doctor {
	struct gs_engine *engine;
	const struct gs_host *host;
	const struct gs_boot *boot;
	bool rom;		    /* read the cards' ROMs */
	struct gs_lock *lock;	    /* for that; NULL: in another tree, where nothing is written */
	bool hung;		    /* a ROM did not come back: the lock may be somebody else's now */
	struct gs_cpu cpu;
	struct gs_finding *findings;
	size_t n_findings;
	/* Of the check that runs. */
	const char *id, *about;
	int failed; /* -ENOMEM: findings lack something */
};

/*
 * gs_doctor_run - all checks, or the one of that id
 * @doctor: engine, host (with holders, drivers and groups) and boot are filled in
 * Returns 0, -ENOMEM, or -ENOENT: there is no such check.
 */
int gs_doctor_run(struct gs_doctor *doctor, const char *id) gs_must_check;
void gs_doctor_clear(struct gs_doctor *doctor);

/* gs_doctor_id - the id of the nth check; NULL: there are no more */
const char *gs_doctor_id(size_t n);

/* gs_json_findings - the document; NULL: no memory */
struct json_object *gs_json_findings(const struct gs_doctor *doctor) gs_must_check;

/*
 * gs_doctor_report - the findings and what they are about, for somebody else to read (doctor_report.c)
 * @host: read without who uses the cards
 * @ret: a JSON document without what tells whose host it is, see redact.h
 */
int gs_doctor_report(const struct gs_doctor *doctor, const struct gs_host *host,
		     char **ret) gs_must_check;

/* What checks call; memory that runs out is remembered in doctor->failed. */
void gs_find(struct gs_doctor *doctor, const struct gs_card *card, enum gs_verdict verdict);
void gs_see(struct gs_doctor *doctor, const char *format, ...) gs_printf(2, 3);
void gs_advise(struct gs_doctor *doctor, const char *format, ...) gs_printf(2, 3);
/* gs_judge - the verdict of the finding at hand is another one */
void gs_judge(struct gs_doctor *doctor, enum gs_verdict verdict);
/* gs_advise_boot - to add what the command line lacks, in the way of its owner */
void gs_advise_boot(struct gs_doctor *doctor);

/* The checks, by what they look at. */
void gs_exam_cpu(struct gs_doctor *doctor);
void gs_exam_iommu_firmware(struct gs_doctor *doctor);
void gs_exam_command_line(struct gs_doctor *doctor);
void gs_exam_iommu(struct gs_doctor *doctor);
void gs_exam_interrupts(struct gs_doctor *doctor);
/* doctor_signing.c */
void gs_exam_secure_boot(struct gs_doctor *doctor);
void gs_exam_lockdown(struct gs_doctor *doctor);
void gs_exam_signature(struct gs_doctor *doctor);
/* doctor_kernel.c */
void gs_exam_vfio(struct gs_doctor *doctor);
void gs_exam_module(struct gs_doctor *doctor);
/* doctor_software.c */
void gs_exam_daemon(struct gs_doctor *doctor);
void gs_exam_wishes(struct gs_doctor *doctor);
void gs_exam_initramfs(struct gs_doctor *doctor);
void gs_exam_static_binding(struct gs_doctor *doctor);
/* doctor_services.c */
void gs_exam_switchers(struct gs_doctor *doctor);
void gs_exam_nvidia(struct gs_doctor *doctor);
void gs_exam_unlock(struct gs_doctor *doctor);
void gs_exam_roms(struct gs_doctor *doctor); /* doctor_rom.c */
/* doctor_cards.c: a finding a card */
void gs_exam_cards(struct gs_doctor *doctor);
void gs_exam_groups(struct gs_doctor *doctor);
void gs_exam_resets(struct gs_doctor *doctor);
void gs_exam_displays(struct gs_doctor *doctor);
void gs_exam_owners(struct gs_doctor *doctor);
void gs_exam_identical(struct gs_doctor *doctor);
void gs_exam_switches(struct gs_doctor *doctor);

#endif
