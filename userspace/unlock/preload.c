// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * preload.c - libgpushift-unlock.so, to be named in LD_PRELOAD: stands between
 * NVIDIA's vGPU daemons and ioctl().
 *
 * In any other process it does nothing: no file is opened, nothing is logged,
 * and ioctl() is passed on. Of a call that is not RM control nothing is looked
 * at but its number.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control.h"
#include "driver.h"
#include "log.h"

#define EXPORTED __attribute__((visibility("default")))

typedef int (*ioctl_function)(int fd, unsigned long request, ...);

static ioctl_function _Atomic next_ioctl;
static bool active;

static int raw_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* Other libraries may call ioctl() before our constructor runs. */
static ioctl_function find_next(void)
{
	union {
		void *symbol;
		ioctl_function function;
	} next = { .symbol = dlsym(RTLD_NEXT, "ioctl") };

	if (!next.symbol)
		next.function = raw_ioctl;
	atomic_store_explicit(&next_ioctl, next.function, memory_order_relaxed);
	return next.function;
}

/* Whom this is for, and the first argument that it must have. */
static const struct client {
	const char *program;
	const char *argument;
} clients[] = {
	{ "nvidia-vgpud", NULL },
	{ "nvidia-vgpu-mgr", NULL },
	{ "nvidia-smi", "vgpu" },
};

static bool is_client(const char *program, const char *argument)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (strcmp(program, clients[i].program) != 0)
			continue;
		return !clients[i].argument ||
		       (argument && strcmp(argument, clients[i].argument) == 0);
	}
	return false;
}

/* What the kernel says is running, whatever it calls itself. */
static bool runs_in_client(int argc, char **argv)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	return is_client(slash ? slash + 1 : path, argc > 1 ? argv[1] : NULL);
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
	int saved = errno;

	find_next();
	if (runs_in_client(argc, argv)) {
		unlock_log_begin();
		unlock_driver_begin();
		unlock_control_begin();
		active = true;
	}
	errno = saved;
}

/* A call that went the long way has its argument elsewhere. */
static struct rm_control *find_control(unsigned long request, void *argument)
{
	const struct rm_transfer *transfer = argument;

	if ((uint32_t)request == RM_CONTROL)
		return argument;
	if (transfer->cmd != RM_ESCAPE_CONTROL || transfer->size != sizeof(struct rm_control))
		return NULL;
	return (struct rm_control *)(uintptr_t)transfer->argument;
}

static void look_at(unsigned long request, void *argument)
{
	int saved = errno;
	struct rm_control *control = find_control(request, argument);

	if (control)
		unlock_control(control);
	errno = saved;
}

/* The kernel looks at 32 bits: who keeps the number in an int gives more. */
static bool is_looked_at(unsigned long request)
{
	return (uint32_t)request == RM_CONTROL || (uint32_t)request == RM_TRANSFER;
}

EXPORTED int ioctl(int fd, unsigned long request, ...)
{
	ioctl_function next = atomic_load_explicit(&next_ioctl, memory_order_relaxed);
	va_list arguments;
	void *argument;
	int r;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (__builtin_expect(!next, 0))
		next = find_next();
	r = next(fd, request, argument);
	if (is_looked_at(request) && active && r >= 0 && argument)
		look_at(request, argument);
	return r;
}
