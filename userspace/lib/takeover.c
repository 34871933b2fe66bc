// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * takeover.c - the lock of a switch whose owner was killed while the kernel does
 * not come back from its worker's write.
 *
 * Nobody is left to quarantine the card, and the worker would keep the lock of
 * all cards until the next boot. So whoever waited as long as the owner would
 * have waited does what the owner would have done.
 */
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "journal.h"
#include "lock.h"
#include "restore.h"

/* How long a killed worker may take to die before it counts as stuck. */
#define KILL_WAIT_MS 2000

static bool dies_within(int pidfd, int timeout_ms)
{
	struct pollfd event = { .fd = pidfd, .events = POLLIN };
	int r;

	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	do
		r = poll(&event, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	return r == 1;
}

/* The lock belongs to the open file that the worker inherited: it is given up there. */
static int open_up(int pidfd, int number, int fd)
{
	gs_cleanup_close int theirs = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	struct stat lock;
	struct stat found;

	if (theirs < 0)
		return -errno;
	if (fstat(fd, &lock) < 0 || fstat(theirs, &found) < 0)
		return -errno;
	if (lock.st_dev != found.st_dev || lock.st_ino != found.st_ino)
		return -ESTALE;
	return flock(theirs, LOCK_UN) < 0 ? -errno : 0;
}

static int quarantine(struct gs_engine *engine, const struct gs_lock_text *text)
{
	struct gs_journal *journal;
	int r;

	r = gs_journal_read(engine, &journal);
	if (r < 0)
		return r;
	if (journal->same_boot)
		r = gs_quarantine_plan(engine, journal->plan,
				       "its last write does not come back, and its owner was killed",
				       &text->worker);
	else
		r = -ESTALE;
	gs_journal_free(journal);
	return r;
}

int gs_lock_take_over(struct gs_engine *engine, int fd)
{
	gs_cleanup_close int pidfd = -1;
	struct gs_lock_text text;
	int r;

	gs_lock_read(fd, &text);
	if (text.fields != 5 || gs_process_alive(engine, &text.holder))
		return -ETIMEDOUT;
	pidfd = (int)syscall(SYS_pidfd_open, text.worker.pid, 0);
	if (pidfd < 0)
		return errno == ESRCH ? 0 : -ETIMEDOUT;
	/* Looked at after the pidfd was had: this is the process that it names. */
	if (!gs_process_alive(engine, &text.worker) || dies_within(pidfd, KILL_WAIT_MS))
		return 0;
	r = quarantine(engine, &text);
	if (r == 0)
		r = open_up(pidfd, text.worker_fd, fd);
	return r < 0 ? -ETIMEDOUT : 0;
}
