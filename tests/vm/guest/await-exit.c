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

	if (argc != 2)
		return 2;
	process.fd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	if (process.fd < 0)
		return errno != ESRCH;
	return poll(&process, 1, -1) != 1;
}
