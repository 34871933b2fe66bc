// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - one measurement a call. Prints `value NAME NUMBER` lines.
 *
 *	gpushift-bench facts module|sysfs	the facts, one a line
 *	gpushift-bench floor-parameters dump|proc	module parameters that make the floor as large
 *	gpushift-bench dump NAME FAMILY all|scope parsed|received ROUNDS	a dump
 *	gpushift-bench sysfs ROUNDS		the facts from sysfs
 *	gpushift-bench read NAME FILE ROUNDS	a file, opened and read to its end
 *	gpushift-bench files NAME ROUNDS		files whose names are read from standard input, as `read`
 *	gpushift-bench write NAME FILE		the lines of standard input, each written into the file; one of them
 *	gpushift-bench exec NAME ROUNDS COMMAND...	a program, from fork to its end
 *	gpushift-bench bind NAME SENDER|- ADDRESS DRIVER ROUNDS	from binding to the signal that tells of it
 */
#include <err.h>
#include <fcntl.h>
#include <linux/gpushift.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"
#include "measure.h"
#include "bus_signal.h"
#include "netlink.h"
#include "sysfs.h"

/* In words of 4 bytes: struct nlmsghdr and struct genlmsghdr; struct nlattr. */
#define MESSAGE_HEADER 5
#define ATTRIBUTE_HEADER 1

#define READ_SIZE 65536

extern char **environ;

static struct host host;

static void value(const char *name, const char *what, unsigned long long number)
{
	printf("value %s-%s %llu\n", name, what, number);
}

static void dump_facts(struct dump *dump)
{
	*dump = (struct dump){ .all = true, .host = &host };
	dump_open(dump, GPUSHIFT_GENL_NAME);
	if (dump_run(dump) < 0)
		errx(1, "the dump failed");
	dump->host = NULL;
}

static int do_facts(char **argv)
{
	struct dump dump;

	dump_facts(&dump);
	if (strcmp(argv[0], "sysfs") == 0) {
		sysfs_read(&host);
		sysfs_tidy(&host);
	}
	host_print(&host);
	dump_close(&dump);
	return 0;
}

static int read_file(const char *name)
{
	static char buffer[READ_SIZE];
	int fd = open(name, O_RDONLY);
	ssize_t total = 0, n;

	if (fd < 0)
		err(1, "%s", name);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		total += n;
	close(fd);
	return n < 0 ? -1 : (int)total;
}

static unsigned int minimum(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* The words of the @count shortest attributes together. */
static unsigned int shortest(const struct profile *profile, unsigned int count)
{
	unsigned int sum = 0;

	for (unsigned int words = 0; words < PROFILE_WORDS; words++) {
		unsigned int n = minimum(count, profile->sized[words]);

		sum += n * words;
		count -= n;
	}
	return sum;
}

/* Shares @words out to @count attributes, in proportion to the lengths of the real ones. */
static void print_sizes(const struct profile *profile, unsigned int count, unsigned int words)
{
	unsigned int all = shortest(profile, profile->attributes), before = 0;

	printf("sizes=");
	for (unsigned int i = 1; i <= count; i++) {
		unsigned int reached = shortest(profile, profile->attributes * i / count);
		unsigned int sum = (unsigned int)((unsigned long long)words * reached / all);

		printf("%s%u", i > 1 ? "," : "", 4 * (sum - before));
		before = sum;
	}
	printf("\n");
}

/*
 * As many messages and attributes as the dump of the same functions has, whose
 * attributes are as long, or for /proc as much shorter or longer as its bytes
 * ask for. What does not divide by the number of messages goes to the first of
 * them, so that the floor is at most 3 bytes smaller than what it is for.
 */
static int do_floor_parameters(char **argv)
{
	bool proc = strcmp(argv[0], "proc") == 0;
	struct profile profile = { 0 };
	struct dump dump = { .all = !proc, .profile = &profile };
	unsigned int bytes, headers, words;

	dump_open(&dump, GPUSHIFT_GENL_NAME);
	if (dump_run(&dump) < 0 || !dump.messages)
		errx(1, "the dump failed");
	dump_close(&dump);
	bytes = proc ? (unsigned int)read_file("/proc/gpushift") : dump.bytes;
	headers = dump.messages * MESSAGE_HEADER + profile.attributes * ATTRIBUTE_HEADER;
	if (bytes / 4 < headers)
		errx(1, "%u bytes do not hold as many attributes", bytes);
	words = bytes / 4 - headers;
	printf("messages=%u\nlonger=%u\nmore=%u\n", dump.messages, words % dump.messages,
	       profile.attributes % dump.messages);
	print_sizes(&profile, profile.attributes / dump.messages, words / dump.messages);
	return 0;
}

static int run_dump(void *data)
{
	return dump_run(data);
}

static int do_dump(char **argv)
{
	struct profile profile = { 0 };
	struct dump dump = {
		.all = strcmp(argv[2], "all") == 0,
		.unparsed = strcmp(argv[3], "received") == 0,
	};

	dump_open(&dump, argv[1]);
	value(argv[0], "ns", measure((unsigned int)atoi(argv[4]), run_dump, &dump));
	dump.unparsed = false;
	dump.profile = &profile;
	if (dump_run(&dump) < 0)
		errx(1, "the dump failed");
	value(argv[0], "messages", dump.messages);
	value(argv[0], "attributes", profile.attributes);
	value(argv[0], "bytes", dump.bytes);
	dump_close(&dump);
	return 0;
}

static int run_sysfs(void *data)
{
	return (int)sysfs_read(data);
}

static int do_sysfs(char **argv)
{
	struct dump dump;

	dump_facts(&dump);
	value("sysfs", "ns", measure((unsigned int)atoi(argv[0]), run_sysfs, &host));
	value("sysfs", "functions", host.n_functions);
	value("sysfs", "asked", sysfs_read(&host));
	dump_close(&dump);
	return 0;
}

static int run_read(void *data)
{
	return read_file(data);
}

static int do_read(char **argv)
{
	value(argv[0], "ns", measure((unsigned int)atoi(argv[2]), run_read, argv[1]));
	value(argv[0], "bytes", (unsigned long long)read_file(argv[1]));
	return 0;
}

/* Lines of standard input; ends with NULL. */
static char **read_lines(void)
{
	size_t count = 0, room = 64, size = 0;
	char **lines = calloc(room, sizeof(*lines));
	ssize_t length;

	while (lines && (length = getline(&lines[count], &size, stdin)) > 0) {
		lines[count][strcspn(lines[count], "\n")] = '\0';
		size = 0;
		if (++count == room)
			lines = reallocarray(lines, room *= 2, sizeof(*lines));
		if (lines)
			lines[count] = NULL;
	}
	if (!lines)
		errx(1, "out of memory");
	free(lines[count]);
	lines[count] = NULL;
	return lines;
}

static int run_files(void *data)
{
	for (char **name = data; *name; name++)
		if (read_file(*name) < 0)
			return -1;
	return 0;
}

static int do_files(char **argv)
{
	char **names = read_lines();

	value(argv[0], "ns", measure((unsigned int)atoi(argv[1]), run_files, names));
	return 0;
}

struct writes {
	const char *file;
	char **lines;
};

static int run_write(void *data)
{
	struct writes *writes = data;
	const char *line = *writes->lines++;
	int fd = open(writes->file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		err(1, "%s", writes->file);
	n = write(fd, line, strlen(line));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int do_write(char **argv)
{
	struct writes writes = { .file = argv[1], .lines = read_lines() };
	unsigned int count = 0;

	while (writes.lines[count])
		count++;
	/* One more than is measured, before the others. */
	value(argv[0], "ns", measure(count - 1, run_write, &writes));
	return 0;
}

static int run_command(void *data)
{
	static const char out[] = "/tmp/bench.out";
	posix_spawn_file_actions_t actions;
	char **argv = data;
	int status = -1;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0644))
		errx(1, "out of memory");
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		err(1, "%s", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "%s failed: status %#x", argv[0], status);
	return 0;
}

static int do_exec(char **argv)
{
	struct stat st = { 0 };

	value(argv[0], "ns", measure((unsigned int)atoi(argv[1]), run_command, argv + 2));
	stat("/tmp/bench.out", &st);
	value(argv[0], "bytes", (unsigned long long)st.st_size);
	return 0;
}

static int do_bind(char **argv)
{
	value(argv[0], "ns",
	      bus_signal_measure(argv[1], argv[2], argv[3], (unsigned int)atoi(argv[4])));
	return 0;
}

static const struct verb {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} verbs[] = {
	{ "facts", 1, do_facts },
	{ "floor-parameters", 1, do_floor_parameters },
	{ "dump", 5, do_dump },
	{ "sysfs", 1, do_sysfs },
	{ "read", 3, do_read },
	{ "files", 2, do_files },
	{ "write", 2, do_write },
	{ "exec", 3, do_exec },
	{ "bind", 5, do_bind },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].arguments)
			return verbs[i].run(argv + 2);
	errx(2, "usage: see the comment at the top of main.c");
}
