// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic unsigned int known;
static bool told; /* by the environment, which may also say that it is none that we know */

unsigned int unlock_branch_parse(const char *version)
{
	unsigned int branch = 0;
	int digits = 0;

	for (; version[digits] >= '0' && version[digits] <= '9'; digits++) {
		if (digits == 4)
			return 0;
		branch = branch * 10 + (unsigned int)(version[digits] - '0');
	}
	return digits && version[digits] == '.' ? branch : 0;
}

void unlock_driver_begin(void)
{
	const char *version = secure_getenv("GPUSHIFT_UNLOCK_DRIVER");

	if (!version)
		return;
	atomic_store(&known, unlock_branch_parse(version));
	told = true;
}

static unsigned int read_branch(void)
{
	char text[64];
	ssize_t n;
	int fd = open(UNLOCK_DRIVER_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return unlock_branch_parse(text);
}

/* The module may be loaded after this process began. */
unsigned int unlock_driver_branch(void)
{
	unsigned int branch = atomic_load(&known);
	int state;

	if (branch || told)
		return branch;
	/* ioctl() is no place where a thread is cancelled, as open() is. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	branch = read_branch();
	pthread_setcancelstate(state, NULL);
	atomic_store(&known, branch);
	return branch;
}
