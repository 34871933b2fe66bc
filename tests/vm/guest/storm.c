/* SPDX-License-Identifier: GPL-2.0 */
/*
 * storm CYCLES DRIVER ADDRESS HOTPLUGGED BUS: binds the function at ADDRESS to
 * DRIVER and unbinds it CYCLES times, takes HOTPLUGGED away and finds it again on
 * BUS every 20th time, while three others listen to the module:
 *
 *   the log     has room for everything, and writes down what it hears
 *   the dumper  dumps every function without a pause
 *   the slow    has room for almost nothing, and reads one message every 10 cycles
 *
 * Prints what came of it as key=value; the scenario says what it should be.
 * The state of the host is one number: the sum, over all functions, of a hash of
 * the address and driver. The log tells which state each generation had.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "family.h"

#define DEVICES "/sys/bus/pci/devices"
#define HOTPLUG_EVERY 20
#define SLOW_EVERY 10
#define EVENTS_MAX 65536
#define DUMPS_MAX 65536
#define NAME_SIZE 32
#define ROOM_LOG (64 << 20)
#define ROOM_SLOW 1

struct event {
	uint32_t generation;
	uint8_t kind;
	char address[NAME_SIZE];
	char driver[NAME_SIZE];
};

struct snapshot {
	uint32_t generation;
	uint32_t functions;
	uint64_t state;
	bool interrupted;
	bool mixed;
};

/**
 * struct shared - what the processes leave for each other
 * @first: the state before the storm
 * @last: of the slow listener, after its recovery
 * @lost: of the log: ENOBUFS
 * @slow_heard: events that the slow listener heard until it missed one
 * @slow_missed: it got ENOBUFS or saw a gap
 * @slow_after: events that it heard after its recovery, one after the other
 */
struct shared {
	struct snapshot first;
	struct snapshot last;
	unsigned int lost;
	unsigned int slow_heard;
	unsigned int slow_missed;
	unsigned int slow_after;
	unsigned int events;
	unsigned int dumps;
	struct event event[EVENTS_MAX];
	struct snapshot dump[DUMPS_MAX];
};

static struct shared *shared;
static struct genl genl;

static uint64_t hash(uint64_t sum, const char *text)
{
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	return (sum ^ '/') * 0x100000001b3;
}

static uint64_t state_of(const char *address, const char *driver)
{
	return hash(hash(0xcbf29ce484222325, address), driver);
}

static void copy(char to[NAME_SIZE], const char *from)
{
	snprintf(to, NAME_SIZE, "%s", from);
}

/* --- what the module says --- */

static void take_message(struct snapshot *snapshot, const struct nlmsghdr *message)
{
	uint32_t generation = genl_u32(message, GPUSHIFT_A_GENERATION);

	if (snapshot->functions && generation != snapshot->generation)
		snapshot->mixed = true;
	snapshot->generation = generation;
	snapshot->functions++;
	snapshot->state += state_of(genl_string(message, GPUSHIFT_A_ADDRESS), genl_string(message, GPUSHIFT_A_DRIVER));
}

static struct snapshot take_snapshot(struct genl *from)
{
	struct snapshot snapshot = { 0 };

	genl_ask(from);
	for (;;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)from->buffer;
		ssize_t left = genl_receive(from);

		if (left < 0)
			errx(1, "dump: %s", strerror((int)-left));
		for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				snapshot.interrupted = true;
			if (message->nlmsg_type == NLMSG_DONE)
				return snapshot;
			if (message->nlmsg_type != from->family)
				errx(1, "dump: a message of type %u", message->nlmsg_type);
			take_message(&snapshot, message);
		}
	}
}

static struct snapshot consistent_snapshot(void)
{
	struct snapshot snapshot;
	struct genl own;

	genl_open(&own);
	do
		snapshot = take_snapshot(&own);
	while (snapshot.interrupted);
	close(own.fd);
	return snapshot;
}

/* --- what sysfs says --- */

static uint64_t sysfs_state(void)
{
	char path[PATH_MAX], target[PATH_MAX];
	DIR *devices = opendir(DEVICES);
	const struct dirent *entry;
	const char *driver;
	uint64_t state = 0;
	ssize_t length;

	if (!devices)
		err(1, DEVICES);
	while ((entry = readdir(devices))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), DEVICES "/%s/driver", entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		driver = strrchr(target, '/');
		state += state_of(entry->d_name, driver ? driver + 1 : "");
	}
	closedir(devices);
	return state;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

/* --- the listeners: each tells by a byte when it listens, and ends with the other pipe --- */

struct listener {
	pid_t pid;
	int go;
	int ready;
};

static void say_ready(const struct listener *listener)
{
	if (write(listener->ready, "r", 1) != 1)
		err(1, "pipe");
}

static void log_message(void)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)genl.buffer;
	struct event *event = &shared->event[shared->events];

	if (shared->events == EVENTS_MAX)
		errx(1, "more than %d events", EVENTS_MAX);
	event->generation = genl_u32(message, GPUSHIFT_A_GENERATION);
	event->kind = genl_u8(message, GPUSHIFT_A_EVENT);
	copy(event->address, genl_string(message, GPUSHIFT_A_ADDRESS));
	copy(event->driver, genl_string(message, GPUSHIFT_A_DRIVER));
	shared->events++;
}

/* Return: whether there may be more. */
static bool log_next(void)
{
	ssize_t n = genl_receive(&genl);

	if (n == -EAGAIN)
		return false;
	if (n < 0)
		shared->lost++;
	else
		log_message();
	return true;
}

static void run_log(const struct listener *listener)
{
	struct pollfd wait[2] = { { .fd = genl.fd, .events = POLLIN }, { .fd = listener->go } };

	genl_room(&genl, ROOM_LOG);
	genl_join(&genl);
	fcntl(genl.fd, F_SETFL, O_NONBLOCK);
	shared->first = consistent_snapshot();
	say_ready(listener);
	while (!wait[1].revents) {
		poll(wait, 2, -1);
		while (log_next())
			;
	}
	/* What was sent before the end is there now. */
	while (log_next())
		;
}

static void run_dumper(const struct listener *listener)
{
	struct pollfd wait = { .fd = listener->go };

	say_ready(listener);
	while (poll(&wait, 1, 0) == 0 && shared->dumps < DUMPS_MAX) {
		shared->dump[shared->dumps] = take_snapshot(&genl);
		shared->dumps++;
	}
}

/* Return: the generation of the next event, 0 when there is none, or that of @before when some were lost. */
static uint32_t slow_next(void)
{
	ssize_t n = genl_receive(&genl);

	if (n == -EAGAIN)
		return 0;
	if (n == -ENOBUFS) {
		shared->slow_missed = 1;
		return UINT32_MAX;
	}
	if (n < 0)
		errx(1, "the slow listener: %s", strerror((int)-n));
	return genl_u32((const struct nlmsghdr *)genl.buffer, GPUSHIFT_A_GENERATION);
}

/* Reads one message a byte from the storm, then all that is left: what is to be missed has been by then. */
static void slow_listen(const struct listener *listener)
{
	uint32_t before = 0, number;
	bool storm = true;
	char byte;

	do {
		storm = storm && read(listener->go, &byte, 1) == 1 && byte == 'g';
		number = slow_next();
		if (number && number != UINT32_MAX) {
			shared->slow_missed |= before && number != before + 1;
			shared->slow_heard += !shared->slow_missed;
			before = number;
		}
	} while (storm || number);
}

static void run_slow(const struct listener *listener)
{
	uint32_t before, number;
	char byte;

	genl_room(&genl, ROOM_SLOW);
	genl_join(&genl);
	fcntl(genl.fd, F_SETFL, O_NONBLOCK);
	say_ready(listener);
	slow_listen(listener);
	shared->last = consistent_snapshot();
	say_ready(listener);
	/* One event a byte, so that there is room for each. */
	before = shared->last.generation;
	while (read(listener->go, &byte, 1) == 1) {
		while ((number = slow_next())) {
			if (number == before + 1)
				shared->slow_after++;
			before = number;
		}
		say_ready(listener);
	}
}

static struct listener start(void (*run)(const struct listener *listener))
{
	int go[2], ready[2];
	struct listener mine, theirs;
	char byte;

	if (pipe2(go, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		err(1, "pipe");
	mine = (struct listener){ .go = go[1], .ready = ready[0] };
	theirs = (struct listener){ .go = go[0], .ready = ready[1] };
	mine.pid = fork();
	if (mine.pid < 0)
		err(1, "fork");
	if (!mine.pid) {
		close(go[1]);
		genl_open(&genl);
		run(&theirs);
		_exit(0);
	}
	close(go[0]);
	close(ready[1]);
	if (read(mine.ready, &byte, 1) != 1)
		errx(1, "a listener does not start");
	return mine;
}

static void tell(const struct listener *listener, char byte)
{
	if (write(listener->go, &byte, 1) != 1)
		err(1, "a listener is gone");
}

static void await(const struct listener *listener)
{
	char byte;

	if (read(listener->ready, &byte, 1) != 1)
		errx(1, "a listener is gone");
}

static void stop(const struct listener *listener)
{
	int status;

	close(listener->go);
	if (waitpid(listener->pid, &status, 0) != listener->pid || status)
		errx(1, "a listener failed: status %#x", status);
}

/* --- the storm --- */

static char bind_path[PATH_MAX], unbind_path[PATH_MAX];

static void bind_once(const char *address)
{
	put(bind_path, address);
	put(unbind_path, address);
}

static void hotplug(const char *address, const char *bus)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/remove", address);
	put(path, "1");
	snprintf(path, sizeof(path), "/sys/class/pci_bus/%s/rescan", bus);
	put(path, "1");
	snprintf(path, sizeof(path), DEVICES "/%s", address);
	if (access(path, F_OK))
		err(1, "%s did not come back", address);
}

/* The slow listener hears each of the four events of one more cycle by itself. */
static void check_recovery(const struct listener *slow, const char *address)
{
	put(bind_path, address);
	tell(slow, 'g');
	await(slow);
	put(unbind_path, address);
	tell(slow, 'g');
	await(slow);
}

/* --- what came of it --- */

static unsigned int gaps(void)
{
	uint32_t before = shared->first.generation;
	unsigned int count = 0;

	for (unsigned int i = 0; i < shared->events; i++) {
		count += shared->event[i].generation != before + 1;
		before = shared->event[i].generation;
	}
	return count;
}

/* How often the events of @address are @kinds, in this order; -1 when they are anything else, too. */
static int cycles_of(const char *address, const char *driver, const uint8_t *kinds, unsigned int nr_kinds)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < shared->events; i++) {
		const struct event *event = &shared->event[i];

		if (strcmp(event->address, address))
			continue;
		if (event->kind != kinds[seen % nr_kinds] || strcmp(event->driver, driver))
			return -1;
		seen++;
	}
	return seen % nr_kinds ? -1 : (int)(seen / nr_kinds);
}

static unsigned int others(const char *a, const char *b)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < shared->events; i++)
		count += strcmp(shared->event[i].address, a) && strcmp(shared->event[i].address, b);
	return count;
}

/* What the event does to the state. */
static uint64_t change(const struct event *event)
{
	switch (event->kind) {
	case GPUSHIFT_EVENT_ADDED:
		return state_of(event->address, "");
	case GPUSHIFT_EVENT_REMOVED:
		return -state_of(event->address, "");
	case GPUSHIFT_EVENT_BOUND:
		return state_of(event->address, event->driver) - state_of(event->address, "");
	case GPUSHIFT_EVENT_UNBOUND:
		return state_of(event->address, "") - state_of(event->address, event->driver);
	default:
		return 0;
	}
}

/* Dumps are in the order of time, so are their generations. */
static void judge_dumps(void)
{
	unsigned int flagged = 0, wrong = 0, mixed = 0, at = 0, during = 0;
	uint64_t state = shared->first.state;
	uint32_t generation = shared->first.generation;

	for (unsigned int i = 0; i < shared->dumps; i++) {
		const struct snapshot *dump = &shared->dump[i];

		flagged += dump->interrupted;
		if (dump->interrupted)
			continue;
		mixed += dump->mixed;
		for (; at < shared->events && shared->event[at].generation <= dump->generation; at++) {
			state += change(&shared->event[at]);
			generation = shared->event[at].generation;
		}
		wrong += generation != dump->generation || state != dump->state;
		during += at && at < shared->events;
	}
	printf("dumps=%u\ndumps_flagged=%u\ndumps_consistent=%u\ndumps_mixed=%u\ndumps_wrong=%u\n", shared->dumps, flagged,
	       during, mixed, wrong);
}

static void judge(char **argv, const struct snapshot *after, uint64_t sysfs)
{
	static const uint8_t binding[] = {
		GPUSHIFT_EVENT_BIND, GPUSHIFT_EVENT_BOUND, GPUSHIFT_EVENT_UNBIND, GPUSHIFT_EVENT_UNBOUND,
	};
	static const uint8_t plugging[] = { GPUSHIFT_EVENT_REMOVED, GPUSHIFT_EVENT_ADDED };

	printf("functions=%u\nevents=%u\nlog_lost=%u\nlog_gaps=%u\n", shared->first.functions, shared->events, shared->lost,
	       gaps());
	printf("log_generations=%u\n", after->generation - shared->first.generation);
	printf("bind_cycles=%d\n", cycles_of(argv[3], argv[2], binding, 4));
	printf("hotplug_cycles=%d\n", cycles_of(argv[4], "", plugging, 2));
	printf("other_events=%u\n", others(argv[3], argv[4]));
	judge_dumps();
	printf("slow_heard=%u\nslow_missed=%u\nslow_after=%u\n", shared->slow_heard, shared->slow_missed, shared->slow_after);
	printf("slow_recovered=%d\n", shared->last.state == sysfs && !shared->last.mixed);
}

static void run_storm(char **argv, const struct listener *slow)
{
	unsigned int cycles = (unsigned int)atoi(argv[1]);

	for (unsigned int i = 1; i <= cycles; i++) {
		bind_once(argv[3]);
		if (i % HOTPLUG_EVERY == 0)
			hotplug(argv[4], argv[5]);
		if (i % SLOW_EVERY == 0)
			tell(slow, 'g');
	}
}

int main(int argc, char **argv)
{
	struct listener log, dumper, slow;
	struct snapshot after;
	uint64_t sysfs;

	if (argc != 6)
		errx(2, "usage: storm CYCLES DRIVER ADDRESS HOTPLUGGED BUS");
	snprintf(bind_path, sizeof(bind_path), "/sys/bus/pci/drivers/%s/bind", argv[2]);
	snprintf(unbind_path, sizeof(unbind_path), "/sys/bus/pci/drivers/%s/unbind", argv[2]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	signal(SIGPIPE, SIG_IGN);
	log = start(run_log);
	slow = start(run_slow);
	dumper = start(run_dumper);
	run_storm(argv, &slow);
	stop(&dumper);
	tell(&slow, 'e');
	await(&slow);
	sysfs = sysfs_state();
	check_recovery(&slow, argv[3]);
	stop(&slow);
	after = consistent_snapshot();
	stop(&log);
	judge(argv, &after, sysfs);
	return 0;
}
