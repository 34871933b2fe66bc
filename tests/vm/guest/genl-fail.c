/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * genl-fail KIND [ARGUMENT]...: makes the kernel fail the first allocation of an operation, then the second, and so on
 * until all succeed (/proc/self/fail-nth). After each the same operation has to work again.
 *
 *   get ADDRESS · dump · policy · resolve · proc      requests
 *   rebind ADDRESS DRIVER       unbind and bind, which send events; a listener is there
 *   load FILE                   load and unload the module
 */
#include "genl.h"

#include <fcntl.h>
#include <sys/syscall.h>

/* No operation has so many allocations: a counter that never runs out would otherwise be an endless loop. */
#define MOST 20000

static struct request request;
static struct genl_ids ids;
static char **arguments;
static unsigned int seq;

/* Opened once: an open would itself be made to fail. */
static int fail_nth_fd;

static void fail_nth(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth_fd, text, length, 0) != length) {
		perror("/proc/self/fail-nth");
		exit(2);
	}
}

/* Return: true when the failure was not made, since there are fewer allocations. */
static bool fail_nth_left(void)
{
	char text[16] = "";

	if (pread(fail_nth_fd, text, sizeof(text) - 1, 0) <= 0) {
		perror("/proc/self/fail-nth");
		exit(2);
	}
	return atoi(text) > 0;
}

/* Opened before the failure is set, so that only the operation's own allocations count. */
static int socket_fd, listener;

static int ask(uint16_t family, uint8_t command, uint16_t flags, uint16_t attr, const void *data, size_t length)
{
	request_start(&request, family, command, flags, ++seq);
	if (length)
		request_attr(&request, attr, data, length);
	int ret = genl_send(socket_fd, request.bytes, request.header.nlmsg_len);

	return ret ? ret : genl_wait(socket_fd, seq, NULL, NULL);
}

static int get(void)
{
	return ask(ids.family, GPUSHIFT_CMD_FUNCTION_GET, NLM_F_ACK, GPUSHIFT_A_ADDRESS, arguments[0], strlen(arguments[0]) + 1);
}

static int dump(void)
{
	return ask(ids.family, GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP, 0, NULL, 0);
}

static int policy(void)
{
	return ask(GENL_ID_CTRL, CTRL_CMD_GETPOLICY, NLM_F_DUMP, CTRL_ATTR_FAMILY_ID, &ids.family, sizeof(ids.family));
}

static int resolve(void)
{
	return genl_resolve(socket_fd, &ids, ++seq);
}

static int proc(void)
{
	static char text[1 << 16];
	int fd = open("/proc/gpushift", O_RDONLY | O_CLOEXEC), ret = 0;
	ssize_t length;

	if (fd < 0)
		return -errno;
	while ((length = read(fd, text, sizeof(text))) > 0)
		;
	if (length < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int write_file(const char *directory, const char *file, const char *text)
{
	char path[256];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s", directory, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The events that came; the numbers may have gaps, where one could not be sent, but never go back. */
static int read_events(void)
{
	static uint8_t buffer[GENL_BUFFER] __attribute__((aligned(8)));
	static uint32_t last;
	ssize_t length;

	while ((length = recv(listener, buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		const struct nlattr *number = length > 0 ? genl_find(message, GPUSHIFT_A_GENERATION) : NULL;

		if (!number)
			continue;
		if (*(const uint32_t *)genl_data(number) <= last)
			return -EPROTO;
		last = *(const uint32_t *)genl_data(number);
	}
	return 0;
}

static int rebind(void)
{
	int unbound = write_file(arguments[1], "unbind", arguments[0]), bound;

	bound = write_file(arguments[1], "bind", arguments[0]);
	if (read_events())
		return -EPROTO;
	/* It was not bound, or still is: the operation before this one was made to fail half-way. */
	if (bound && bound != -EBUSY)
		return bound;
	return unbound == -ENODEV ? 0 : unbound;
}

static int load(void)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
	close(fd);
	while (!ret && syscall(SYS_delete_module, "gpushift", O_NONBLOCK) < 0) {
		if (errno != EAGAIN && errno != ENOMEM)
			ret = -errno;
	}
	return ret;
}

static const struct {
	const char *name;
	int (*run)(void);
	int arguments;
} kinds[] = {
	{ "get", get, 1 }, { "dump", dump, 0 }, { "policy", policy, 0 }, { "resolve", resolve, 0 }, { "proc", proc, 0 },
	{ "rebind", rebind, 2 }, { "load", load, 1 },
};

static int every_failure(const char *name, int (*run)(void))
{
	unsigned int n, failed = 0;
	int ret = run();

	for (n = 1; !ret && n < MOST; n++) {
		bool left;
		int error;

		fail_nth(n);
		error = run();
		left = fail_nth_left();
		fail_nth(0);
		failed += error != 0;
		/* An error may still be waiting in the socket. */
		close(socket_fd);
		socket_fd = genl_open();
		if (error == -EAGAIN || error == -EPROTO) {
			printf("%s: allocation %u failed: %s\n", name, n, strerror(-error));
			return 1;
		}
		if (left)
			break;
		ret = run();
	}
	printf("%s: %u allocations failed one after the other, %u of them seen by the caller\n", name, n - 1, failed);
	if (ret || n < 2 || n == MOST) {
		printf("%s: afterwards: %s\n", name, strerror(-ret));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	socket_fd = genl_open();
	listener = genl_open();
	fail_nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth_fd < 0) {
		perror("/proc/self/fail-nth");
		return 2;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && argc > 1; i++) {
		if (strcmp(kinds[i].name, argv[1]) || argc != 2 + kinds[i].arguments)
			continue;
		arguments = argv + 2;
		if (kinds[i].run != load && resolve()) {
			fprintf(stderr, "genl-fail: the module is not loaded\n");
			return 2;
		}
		setsockopt(listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &ids.group, sizeof(ids.group));
		return every_failure(argv[1], kinds[i].run);
	}
	return 2;
}
