// SPDX-License-Identifier: GPL-2.0-or-later
#include "child_setup.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_range_of(int first, int last)
{
	if (first <= last)
		syscall(SYS_close_range, (unsigned int)first, (unsigned int)last, 0);
}

/* A child that hangs in the kernel must hold neither the bus nor a listener's buffer. */
static void drop_descriptors(int keep_one, int keep_other)
{
	int low = keep_one < keep_other ? keep_one : keep_other;
	int high = keep_one < keep_other ? keep_other : keep_one;

	close_range_of(STDERR_FILENO + 1, low - 1);
	close_range_of(low + 1, high - 1);
	close_range_of(high + 1, INT_MAX);
}

static void reset_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGPIPE };
	sigset_t none;

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void child_setup(int keep_one, int keep_other)
{
	reset_signals();
	drop_descriptors(keep_one, keep_other);
}
