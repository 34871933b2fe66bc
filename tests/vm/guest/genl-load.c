/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * genl-load dump|proc|listen: reads in a loop, also while the module comes and goes, until SIGTERM; then says how often.
 *
 * dump reads all functions, proc the text file; listen prints `event GENERATION KIND ADDRESS [DRIVER]` for each event.
 * Exit status 1: an answer was wrong.
 */
#include "genl.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>

static volatile sig_atomic_t ended;
static unsigned long complete, interrupted, absent, functions, gaps, wrong;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void failure(const char *what, int error)
{
	if (ended)
		return;
	wrong++;
	printf("wrong: %s: %s\n", what, strerror(-error));
}

static void take_function(const struct nlmsghdr *message, void *data)
{
	unsigned long *seen = data;

	++*seen;
	if (!genl_find(message, GPUSHIFT_A_ADDRESS) || !genl_find(message, GPUSHIFT_A_GENERATION))
		failure("a function without address or generation", -EPROTO);
}

/* The family goes between two requests, or is about to go: that is not wrong. */
static bool gone(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EPROTONOSUPPORT;
}

static bool went(int error)
{
	if (!gone(error))
		return false;
	absent++;
	sched_yield();
	return true;
}

static void dump_loop(void)
{
	static struct request request;
	int fd = genl_open(), ret;
	struct genl_ids ids = { 0 };
	uint32_t seq = 1;

	while (!ended) {
		unsigned long seen = 0;

		if (!ids.family) {
			ret = genl_resolve(fd, &ids, ++seq);
			if (ret && !went(ret))
				failure("family", ret);
			if (ret)
				continue;
		}
		request_start(&request, ids.family, GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP, ++seq);
		request_attr(&request, GPUSHIFT_A_ALL, NULL, 0);
		ret = genl_send(fd, request.bytes, request.header.nlmsg_len);
		if (!ret)
			ret = genl_wait(fd, seq, take_function, &seen);
		if (gone(ret))
			ids.family = 0;
		if (ret == GENL_INTERRUPTED)
			interrupted++;
		else if (ret && !went(ret))
			failure("dump", ret);
		else if (!ret)
			complete++, functions = seen;
	}
}

static void proc_loop(void)
{
	static char text[1 << 16];
	ssize_t length, total;
	int fd;

	while (!ended) {
		fd = open("/proc/gpushift", O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT) {
			went(-ENOENT);
			continue;
		}
		for (total = 0; (length = read(fd, text, sizeof(text))) > 0;) {
			if (!total && strncmp(text, "gpushift 1 generation ", 22))
				failure("first line", -EPROTO);
			total += length;
		}
		/* A file whose module goes while it is open has nothing to read any more, or says so. */
		if (length < 0 && errno != EIO && errno != ENOENT)
			failure("read", -errno);
		else if (total > 0)
			complete++;
		else
			absent++;
		close(fd);
	}
}

static uint32_t u32_of(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = genl_find(message, type);

	return attr ? *(const uint32_t *)genl_data(attr) : 0;
}

static const char *text_of(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = genl_find(message, type);

	return attr ? genl_data(attr) : "";
}

static void take_event(const struct nlmsghdr *message, uint32_t *last)
{
	static const char *const names[] = { "?", "added", "removed", "bind", "bound", "unbind", "unbound", "not-bound" };
	const struct nlattr *kind = genl_find(message, GPUSHIFT_A_EVENT);
	uint32_t generation = u32_of(message, GPUSHIFT_A_GENERATION);
	unsigned int event = kind ? *(const uint8_t *)genl_data(kind) : 0;

	if (!event || event >= sizeof(names) / sizeof(*names) || !generation)
		return failure("an event without kind or number", -EPROTO);
	if (*last && generation != *last + 1)
		gaps++;
	*last = generation;
	complete++;
	printf("event %u %s %s %s\n", generation, names[event], text_of(message, GPUSHIFT_A_ADDRESS),
	       text_of(message, GPUSHIFT_A_DRIVER));
}

/* Joins again whenever the family is another one. Return: the socket, or -1. */
static int join(struct genl_ids *ids, int control, int old)
{
	struct timeval tick = { .tv_usec = 50000 };
	static uint32_t seq;
	struct genl_ids now = { 0 };
	int fd, size = 4 << 20;

	if (genl_resolve(control, &now, ++seq)) {
		absent++;
		return old;
	}
	if (old >= 0 && now.family == ids->family && now.group == ids->group)
		return old;
	if (old >= 0)
		close(old);
	*ids = now;
	fd = genl_open();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Not an interval to wait for events: only after it is the family looked for again. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &ids->group, sizeof(ids->group)) < 0) {
		close(fd);
		return -1;
	}
	printf("listening\n");
	return fd;
}

static void listen_loop(void)
{
	static uint8_t buffer[GENL_BUFFER] __attribute__((aligned(8)));
	int control = genl_open(), fd = -1, joined;
	struct genl_ids ids = { 0 };
	uint32_t last = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!ended) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		ssize_t length = fd < 0 ? -1 : recv(fd, buffer, sizeof(buffer), 0);

		if (length < 0) {
			gaps += fd >= 0 && errno == ENOBUFS;
			joined = join(&ids, control, fd);
			if (joined != fd)
				last = 0;
			fd = joined;
			continue;
		}
		for (; genl_ok(message, length); message = NLMSG_NEXT(message, length))
			take_event(message, &last);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct sigaction action = { .sa_handler = end };

	sigaction(SIGTERM, &action, NULL);
	if (!strcmp(what, "dump"))
		dump_loop();
	else if (!strcmp(what, "proc"))
		proc_loop();
	else if (!strcmp(what, "listen"))
		listen_loop();
	else
		return 2;
	printf("%s: complete %lu interrupted %lu absent %lu functions %lu gaps %lu wrong %lu\n", what, complete, interrupted,
	       absent, functions, gaps, wrong);
	return wrong > 0;
}
