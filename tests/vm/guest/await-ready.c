/* SPDX-License-Identifier: GPL-2.0 */
/*
 * await-ready PIDFILE COMMAND...: starts a service as a service manager would, and returns once it says READY=1. Its pid
 * is in PIDFILE. Exits 1 when the service ends before that.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/notify.%d", getpid());
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("await-ready");
		exit(1);
	}
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return fd;
}

static int is_ready(int fd)
{
	char text[4096];
	ssize_t length = recv(fd, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return strncmp(text, "READY=1", 7) == 0 || strstr(text, "\nREADY=1");
}

int main(int argc, char **argv)
{
	struct pollfd polls[2] = { { .events = POLLIN }, { .events = POLLIN } };
	FILE *file;
	pid_t pid;

	if (argc < 3)
		return 2;
	polls[0].fd = open_socket();
	pid = fork();
	if (pid == 0) {
		setsid();
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	file = fopen(argv[1], "w");
	if (pid < 0 || !file || fprintf(file, "%d\n", pid) < 0 || fclose(file))
		return 1;
	polls[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (poll(polls, 2, -1) > 0) {
		if (polls[0].revents && is_ready(polls[0].fd))
			return 0;
		if (polls[1].revents)
			break;
	}
	return 1;
}
