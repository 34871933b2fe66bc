/* SPDX-License-Identifier: GPL-2.0 */
/* Prints "listening", then the kernel's uevents, one "action@devpath" a line. */
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	char event[8192];
	ssize_t length;
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("uevents");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("listening");
	for (;;) {
		length = recv(fd, event, sizeof(event) - 1, 0);
		/* A lost event (ENOBUFS) is news as well: whoever waits looks again. */
		event[length > 0 ? length : 0] = '\0';
		if (puts(event) < 0)
			return 0;
	}
}
