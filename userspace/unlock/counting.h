/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counting.h - a report that remembers whether there was an error in it. */
#ifndef UNLOCK_COUNTING_H
#define UNLOCK_COUNTING_H

#include "report.h"

struct unlock_counting {
	struct unlock_report report; /* to be used instead of the other */
	const struct unlock_report *other;
	bool error;
};

void unlock_counting_begin(struct unlock_counting *counting, const struct unlock_report *other);

#endif
