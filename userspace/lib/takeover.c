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
#include "quarantine.h"
#include "restore.h"

/* Of Linux 6.9, for older headers. */
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1UL << 2)
#endif

/* How long a killed worker may take to die before it counts as stuck. */
#define KILL_WAIT_MS 2000

static int tell(int pidfd, int number, unsigned long whom)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, whom);
}

static bool ends_within(int pidfd, int timeout_ms)
{
	struct pollfd event = { .fd = pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&event, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	return r == 1;
}

/*
 * What the worker runs to load a module or to drain a card is in the group that
 * it leads, and would write to the card when its turn has long passed. Older
 * kernels take a group by its number only. That cannot become a stranger's:
 * a worker that was told to stop ends no more by itself, and so keeps it.
 */
static void kill_group(int pidfd, pid_t pid)
{
	if (tell(pidfd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == 0 || errno != EINVAL)
		return;
	if (tell(pidfd, SIGSTOP, 0) == 0 && !ends_within(pidfd, 0) && pid > 1 &&
	    getpgid(pid) == pid)
		kill(-pid, SIGKILL);
}

static bool dies(int pidfd, pid_t pid)
{
	kill_group(pidfd, pid);
	tell(pidfd, SIGKILL, 0);
	return ends_within(pidfd, KILL_WAIT_MS);
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

#define WHY " does not come back, and its owner was killed"

/* What only reads keeps no journal. */
static int quarantine_card(struct gs_engine *engine, const struct gs_lock_text *text)
{
	char card[GS_ADDRESS_LEN];
	struct gs_address address;

	if (gs_address_parse(text->card, &address) < 0)
		return -EBADMSG;
	return gs_quarantine_store(engine, gs_address_format(&address, card),
				   "the last read of it" WHY, &text->worker, NULL, 0);
}

static int quarantine(struct gs_engine *engine, const struct gs_lock_text *text)
{
	struct gs_journal *journal;
	int r;

	if (text->card[0])
		return quarantine_card(engine, text);
	r = gs_journal_read(engine, &journal);
	if (r < 0)
		return r;
	if (journal->same_boot)
		r = gs_quarantine_plan(engine, journal->plan, "its last write" WHY, &text->worker);
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
	/* EINVAL: it has gone, and what it ran to load a module still has its number as a group. */
	if (pidfd < 0)
		return errno == ESRCH || errno == EINVAL ? 0 : -ETIMEDOUT;
	/* Looked at after the pidfd was had: this is the process that it names. */
	if (!gs_process_alive(engine, &text.worker) || dies(pidfd, text.worker.pid))
		return 0;
	r = quarantine(engine, &text);
	if (r == 0)
		r = open_up(pidfd, text.worker_fd, fd);
	return r < 0 ? -ETIMEDOUT : 0;
}
