// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - one measurement a call. Prints `value NAME NUMBER` lines.
 *
 *	gpushift-bench facts module|sysfs	the facts, one a line
 *	gpushift-bench floor-parameters		module parameters that make the floor as large
 *	gpushift-bench dump ROUNDS		the module's dump and the floor's
 *	gpushift-bench sysfs ROUNDS		the facts from sysfs
 *	gpushift-bench read NAME FILE ROUNDS	a file, opened and read to its end
 *	gpushift-bench exec NAME ROUNDS COMMAND...	a program, from fork to its end
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
#include "netlink.h"
#include "sysfs.h"

/* struct nlmsghdr and struct genlmsghdr; struct nlattr. */
#define MESSAGE_HEADER 20
#define ATTRIBUTE_HEADER 4

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

static int read_file(void *data)
{
	static char buffer[READ_SIZE];
	int fd = open(data, O_RDONLY);
	ssize_t total = 0, n;

	if (fd < 0)
		err(1, "%s", (const char *)data);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		total += n;
	close(fd);
	return n < 0 ? -1 : (int)total;
}

/*
 * The floor's messages are all alike: as many attributes as the real ones have
 * on average, rounded down, and of equal size. So it is never larger than what it
 * is compared with, and less than four bytes a message smaller.
 */
static int do_floor_parameters(char **argv)
{
	unsigned int count, words;
	struct dump dump;

	(void)argv;
	dump_facts(&dump);
	count = dump.attributes / dump.messages;
	words = (dump.bytes / dump.messages - MESSAGE_HEADER - count * ATTRIBUTE_HEADER) / 4;
	printf("messages=%u sizes=", dump.messages);
	for (unsigned int i = 0; i < count; i++)
		printf("%s%u", i ? "," : "", 4 * (words / count + (i < words % count)));
	printf("\n");
	dump_close(&dump);
	return 0;
}

static int run_dump(void *data)
{
	return dump_run(data);
}

static void measure_dump(const char *name, struct dump *dump, unsigned int rounds)
{
	value(name, "ns", measure(rounds, run_dump, dump));
	value(name, "messages", dump->messages);
	value(name, "bytes", dump->bytes);
}

static int do_dump(char **argv)
{
	struct dump real = { .all = true }, floor = { 0 };
	unsigned int rounds = (unsigned int)atoi(argv[0]);

	dump_open(&real, GPUSHIFT_GENL_NAME);
	dump_open(&floor, FLOOR_FAMILY);
	measure_dump("dump", &real, rounds);
	measure_dump("floor-dump", &floor, rounds);
	dump_close(&real);
	dump_close(&floor);
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

static int do_read(char **argv)
{
	value(argv[0], "ns", measure((unsigned int)atoi(argv[2]), read_file, argv[1]));
	value(argv[0], "bytes", (unsigned long long)read_file(argv[1]));
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

static const struct verb {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} verbs[] = {
	{ "facts", 1, do_facts },
	{ "floor-parameters", 0, do_floor_parameters },
	{ "dump", 1, do_dump },
	{ "sysfs", 1, do_sysfs },
	{ "read", 3, do_read },
	{ "exec", 3, do_exec },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].arguments)
			return verbs[i].run(argv + 2);
	errx(2, "usage: see the comment at the top of main.c");
}
