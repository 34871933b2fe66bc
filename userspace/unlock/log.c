// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SAID 256

static bool to_stderr;
static _Atomic uint64_t said[SAID];

void unlock_log_begin(void)
{
	const char *where = secure_getenv("GPUSHIFT_UNLOCK_LOG");

	to_stderr = where && strcmp(where, "stderr") == 0;
}

static void send_to_log(const char *text, size_t length)
{
	static const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* A log that is full or gone must not stop a daemon. */
	(void)!sendto(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&log,
		      sizeof(log));
	close(fd);
}

static void send_message(int priority, const char *format, va_list arguments)
{
	char text[512];
	int head, body, length;

	head = snprintf(text, sizeof(text), to_stderr ? "gpushift-unlock: " : "<%d>gpushift-unlock[%d]: ",
			LOG_DAEMON | priority, (int)getpid());
	body = vsnprintf(text + head, sizeof(text) - (size_t)head - 1, format, arguments);
	if (body < 0)
		return;
	length = head + body;
	if (length > (int)sizeof(text) - 2)
		length = (int)sizeof(text) - 2;
	if (to_stderr) {
		text[length++] = '\n';
		(void)!write(STDERR_FILENO, text, (size_t)length);
		return;
	}
	send_to_log(text, (size_t)length);
}

/* What sends it are places where a thread can be cancelled; ioctl() is none. */
static void vlog(int priority, const char *format, va_list arguments)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	send_message(priority, format, arguments);
	pthread_setcancelstate(state, NULL);
}

void unlock_log(int priority, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vlog(priority, format, arguments);
	va_end(arguments);
}

/* Whoever puts it into the table is the one who says it. */
static bool is_first(uint64_t what)
{
	for (size_t i = 0; i < SAID; i++) {
		/* Looked at first: to want to write takes the line from the other threads, each of hundreds. */
		uint64_t found = atomic_load_explicit(&said[i], memory_order_relaxed);

		if (!found && atomic_compare_exchange_strong(&said[i], &found, what))
			return true;
		if (found == what)
			return false;
	}
	return false;
}

void unlock_log_once(uint64_t what, int priority, const char *format, ...)
{
	va_list arguments;

	if (!is_first(what))
		return;
	va_start(arguments, format);
	vlog(priority, format, arguments);
	va_end(arguments);
}
