/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycle-module FILE NAME COUNT: loads and unloads a module so often. An unload is refused while something uses the module,
 * and then tried again. Prints how often that was. Without a process for each, which costs more than the loading.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0, done, busy = 0;

	for (done = 0; done < count; done++) {
		if (load(argv[1]) < 0) {
			perror("load");
			break;
		}
		while (syscall(SYS_delete_module, argv[2], O_NONBLOCK) < 0) {
			if (errno != EAGAIN && errno != EBUSY) {
				perror("unload");
				return 1;
			}
			busy++;
			sched_yield();
		}
	}
	printf("%lu of %lu cycles, unloading refused %lu times\n", done, count, busy);
	return !count || done < count;
}
