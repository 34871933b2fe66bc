/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - messages of the library, to the system's log.
 *
 * syslog() takes locks, which a signal handler or a forked child may find
 * taken for ever. A datagram to /dev/log takes none.
 */
#ifndef UNLOCK_LOG_H
#define UNLOCK_LOG_H

#include <stdint.h>
#include <syslog.h>

/* unlock_log_begin - GPUSHIFT_UNLOCK_LOG=stderr in the environment sends them there */
void unlock_log_begin(void);

void unlock_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * unlock_log_once - the same, but only the first time in this process for this @what
 * @what: any number but 0; after some hundred different ones nothing more is said
 */
void unlock_log_once(uint64_t what, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
