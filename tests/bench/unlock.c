// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unlock.c - what one ioctl() costs, as one of NVIDIA's daemons makes it.
 *
 *   unlock device    on a character device of the kernel's, one that RM control has nothing to do with: through the
 *                    library that is preloaded, and past it
 *   unlock query     the query for a vGPU type, answered by what is linked (tests/unlock/answer.c): for a type that is
 *                    overridden, and for one that is not
 *
 * Prints two numbers of nanoseconds, the medians of batches that alternate.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "../unlock/answer.h"

#define BATCHES 301
#define CALLS 400

#define RM_CONTROL 0xc020462aul
#define TYPE_INFO 0xa0810103u
#define TYPE_INFO_SIZE 5432
#define OVERRIDDEN 46
#define PLAIN 45

struct nvos54 {
	uint32_t hClient, hObject, cmd, flags;
	uint64_t params __attribute__((aligned(8)));
	uint32_t paramsSize, status;
};

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static int (*past)(int fd, unsigned long request, ...);
static unsigned char bytes[TYPE_INFO_SIZE], reply[TYPE_INFO_SIZE];

static int through_library(int fd)
{
	int bits;

	return ioctl(fd, RNDGETENTCNT, &bits);
}

static int past_library(int fd)
{
	int bits;

	return past(fd, RNDGETENTCNT, &bits);
}

static int query(int fd, uint32_t type)
{
	struct nvos54 control = {
		.cmd = TYPE_INFO,
		.params = (uintptr_t)bytes,
		.paramsSize = TYPE_INFO_SIZE,
	};

	memcpy(reply + 8, &type, sizeof(type));
	return ioctl(fd, RM_CONTROL, &control) + (int)control.status;
}

static int query_overridden(int fd)
{
	return query(fd, OVERRIDDEN);
}

static int query_plain(int fd)
{
	return query(fd, PLAIN);
}

static double batch(int (*call)(int fd), int fd)
{
	double start = now_ns();

	for (int i = 0; i < CALLS; i++)
		if (call(fd) != 0)
			exit(1);
	return (now_ns() - start) / CALLS;
}

static void measure(int (*one)(int fd), int (*other)(int fd), int fd)
{
	static double ones[BATCHES], others[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		ones[i] = batch(one, fd);
		others[i] = batch(other, fd);
	}
	qsort(ones, BATCHES, sizeof(ones[0]), compare);
	qsort(others, BATCHES, sizeof(others[0]), compare);
	printf("%.3f %.3f\n", ones[BATCHES / 2], others[BATCHES / 2]);
}

/* Nothing is measured of a library that does not do its work. */
static void check_override(int fd, uint32_t type, int wanted)
{
	if (query(fd, type) != 0 || (memcmp(bytes, reply, sizeof(reply)) != 0) != wanted)
		exit(2);
}

int main(int argc, char **argv)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	void *library = dlopen("libanswer.so", RTLD_NOW | RTLD_NOLOAD);

	if (fd < 0 || !library)
		return 1;
	past = (int (*)(int, unsigned long, ...))dlsym(library, "ioctl");
	*answer() = (struct answer){ .bytes = reply, .size = sizeof(reply) };
	check_override(fd, OVERRIDDEN, 1);
	check_override(fd, PLAIN, 0);
	if (argc > 1 && strcmp(argv[1], "query") == 0) {
		measure(query_overridden, query_plain, fd);
		return 0;
	}
	*answer() = (struct answer){ .kernel = true };
	measure(through_library, past_library, fd);
	return 0;
}
