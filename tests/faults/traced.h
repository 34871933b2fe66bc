/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traced.h - what strike does to a process that it follows, and asks of it. */
#ifndef TRACED_H
#define TRACED_H

#include <stdint.h>
#include <sys/types.h>

/* die - ends with status 125, and says why by errno */
void die(const char *what);

/* What a descriptor of the task is open on; "": nothing. Good until the next call. */
const char *path_of(pid_t pid, uint64_t fd);

/* A string or the beginning of a buffer in the task's memory, on one line. Good until the next call. */
const char *memory_of(pid_t pid, uint64_t address, size_t length);

/* fail_call - the system call that the task is about to enter is not made, and gives @error */
void fail_call(pid_t pid, int error);

/* filter_calls - the calling process will stop where it renames a file: all other calls cost nothing */
void filter_calls(void);

int errno_of(const char *name);

#endif
