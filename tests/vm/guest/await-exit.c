/* SPDX-License-Identifier: GPL-2.0 */
/* await-exit PID: returns once the process has ended and everything it held is closed. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pollfd process = { .events = POLLIN };

	if (argc != 2 || atoi(argv[1]) <= 0)
		return 2;
	process.fd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	/* EINVAL: it has gone, and its number is still that of a process group. */
	if (process.fd < 0)
		return errno != ESRCH && errno != EINVAL;
	return poll(&process, 1, -1) != 1;
}
