/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer.h - stands where the C library's ioctl() would be, and answers as the driver does.
 *
 * With ANSWER_DEVICE=/dev/nvidiactl in the environment that device answers
 * instead (tests/kmod/rm.c), with the same bytes.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Per thread, so that threads do not get each other's answers. */
struct answer {
	bool kernel; /* ask the kernel, instead of all below */
	int result;
	int error;	 /* errno with a result below 0 */
	uint32_t status; /* of RM control */
	const void *bytes; /* what the parameters become, if there are as many */
	size_t size;
	void (*before_read)(void); /* of a file's bytes by pread(), which the library does; NULL: nothing */
	/* What was asked. */
	unsigned int calls;
	int fd;
	unsigned long request;
	void *argument;
};

struct answer *answer(void);

#endif
