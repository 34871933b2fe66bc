/* SPDX-License-Identifier: GPL-2.0-or-later */
/* questions.h - what a child is asked: the plan of a switch, and who uses a card. */
#ifndef DAEMON_QUESTIONS_H
#define DAEMON_QUESTIONS_H

#include "daemon.h"
#include "options.h"

struct question {
	const struct gs_host *known; /* for the names of devices */
	char card[GS_ADDRESS_LEN];
	struct options options; /* of a plan */
	uid_t uid;		/* of a plain user who asks who uses a card; 0: all is told */
};

/* question_plan - the JSON of `plan`; for ask_start(), @data is a struct question */
struct json_object *question_plan(struct gs_engine *engine, void *data);

/*
 * question_holders - {schema, card, holders, counts, unreadable}
 * A plain user gets his own processes, and a count of all by kind.
 */
struct json_object *question_holders(struct gs_engine *engine, void *data);

#endif
