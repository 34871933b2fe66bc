/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - reads that can block in the kernel, made by an expendable child.
 *
 * The child writes records, fields that each end in NUL, into memory that it
 * shares with its parent: a pipe would cost two task switches for each thing
 * that must not be lost. Whatever it published before the deadline counts; a
 * child that does not end by then is killed, and left alone when the kernel does
 * not let it die. It keeps no descriptor of its parent but the tree's and the
 * pipe's whose end tells that it is gone, so that a stuck one holds neither a
 * lock nor a terminal.
 */
#ifndef GS_CHILD_H
#define GS_CHILD_H

#include <stdatomic.h>

#include "engine.h"

/* More than a host with ten thousand processes needs; only used pages cost memory. */
#define GS_RECORDS_MAX (8 * 1024 * 1024)

/* What both see. */
struct gs_shared_records {
	_Atomic size_t published;
	char bytes[GS_RECORDS_MAX];
};

/* Where the child writes. */
struct gs_records {
	struct gs_shared_records *shared;
	size_t used;
};

/* gs_record_field - add one field; fields are told apart only by their order */
void gs_record_field(struct gs_records *records, const char *text);
void gs_record_number(struct gs_records *records, long number);

/* gs_record_publish - before what may block, so that nothing known is lost */
void gs_record_publish(struct gs_records *records);

/* What the parent got. */
struct gs_answer {
	char *text;	/* fields, each ending in NUL; what came after the last NUL is cut off */
	size_t length;
	size_t next;	/* where gs_answer_next() goes on */
	bool complete;	/* the child ended by itself */
	pid_t stuck;	/* the child that could not be killed; 0: none */
};

typedef void (*gs_child_function)(struct gs_engine *engine, struct gs_records *records,
				  void *data);

/*
 * gs_child_read - run @function in a child
 * @quiet_ms: how long it may be silent; @total_ms: how long it may take
 * Returns 0 also when it was killed (see complete), or -errno.
 */
int gs_child_read(struct gs_engine *engine, gs_child_function function, void *data,
		  unsigned int quiet_ms, unsigned int total_ms, struct gs_answer *ret) gs_must_check;

/* gs_answer_next - the next field, or NULL at the end */
const char *gs_answer_next(struct gs_answer *answer);

/* gs_answer_number - the next field as a number; 0 at the end or when it is none */
long gs_answer_number(struct gs_answer *answer);
void gs_answer_clear(struct gs_answer *answer);

/*
 * Children that could not be killed are kept with the name of what they hang
 * at, so that the next reading does not hang another one at the same place.
 */
int gs_child_keep(struct gs_engine *engine, pid_t pid, const char *at) gs_must_check;
bool gs_child_stuck_at(struct gs_engine *engine, const char *at);
void gs_children_forget(struct gs_engine *engine);

#endif
