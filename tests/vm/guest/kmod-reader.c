/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmod-reader VERB: reads what the module tells, as tests need it.
 *
 *   dumps     dump every function again and again; at SIGTERM print how often, and how often it was told to start again
 *   reads     the same with /proc/gpushift
 *   unread    ask for a dump of every function, print "holding", and never read it
 *   half      the same, but read the first part
 *   half-proc read a few bytes of /proc/gpushift, print "holding", and keep it open
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "family.h"

static struct genl genl;
static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static void end_by_signal(void)
{
	const struct sigaction action = { .sa_handler = end, .sa_flags = SA_RESTART };

	sigaction(SIGTERM, &action, NULL);
}

/* Return: whether the dump was consistent. */
static bool dump(void)
{
	bool consistent = true;

	genl_ask(&genl);
	for (;;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)genl.buffer;
		ssize_t left = genl_receive(&genl);

		if (left < 0)
			errx(1, "dump: %s", strerror((int)-left));
		for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_ERROR)
				errx(1, "dump: an error");
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				consistent = false;
			if (message->nlmsg_type == NLMSG_DONE)
				return consistent;
		}
	}
}

static void do_dumps(void)
{
	unsigned int count = 0, again = 0;

	end_by_signal();
	genl_open(&genl);
	for (; !ended; count++)
		again += !dump();
	printf("dumps=%u again=%u\n", count, again);
}

static void do_reads(void)
{
	static char buffer[65536];
	unsigned int count = 0;
	ssize_t n;
	int fd;

	end_by_signal();
	for (; !ended; count++) {
		fd = open("/proc/gpushift", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err(1, "/proc/gpushift");
		do
			n = read(fd, buffer, sizeof(buffer));
		while (n > 0);
		if (n < 0)
			err(1, "/proc/gpushift");
		close(fd);
	}
	printf("reads=%u\n", count);
}

static void hold(void)
{
	puts("holding");
	fflush(stdout);
	for (;;)
		pause();
}

static void do_unread(void)
{
	genl_open(&genl);
	genl_ask(&genl);
	hold();
}

static void do_half(void)
{
	genl_open(&genl);
	genl_ask(&genl);
	if (genl_receive(&genl) < 0)
		errx(1, "the dump failed");
	hold();
}

static void do_half_proc(void)
{
	int fd = open("/proc/gpushift", O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd < 0 || read(fd, &byte, 1) != 1)
		err(1, "/proc/gpushift");
	hold();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} verbs[] = {
		{ "dumps", do_dumps }, { "reads", do_reads }, { "unread", do_unread },
		{ "half", do_half }, { "half-proc", do_half_proc },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0) {
			verbs[i].run();
			return 0;
		}
	}
	errx(2, "usage: see the comment at the top of kmod-reader.c");
}
