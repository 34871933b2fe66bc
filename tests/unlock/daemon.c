// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daemon.c - in the place of nvidia-vgpud, nvidia-vgpu-mgr and `nvidia-smi vgpu`: asks the driver's control device what
 * they ask, and writes a line a call:
 *
 *   WHEN COMMAND SIZE STATUS BYTES
 *
 * WHEN is "idle", or "vm" after a VM was started. As nvidia-smi it does so on standard output. As a daemon it goes into
 * the background once /run/NAME/answers is written, and writes it anew at each SIGHUP.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RM_CONTROL 0xc020462aul
#define XFER 0xc01046d3ul
#define SIZE_MAX_ASKED 6000

struct nvos54 {
	uint32_t hClient, hObject, cmd, flags;
	uint64_t params __attribute__((aligned(8)));
	uint32_t paramsSize, status;
};

struct xfer {
	uint32_t cmd, size;
	uint64_t ptr __attribute__((aligned(8)));
};

static const struct question {
	const char *when;
	uint32_t cmd, size;
	int transfer; /* by the long way */
} questions[] = {
	{ "idle", 0x20801801, 16, 0 },	 { "idle", 0x20801801, 16, 1 },
	{ "idle", 0x00800289, 4, 0 },	 { "idle", 0x00800289, 8, 0 },
	{ "idle", 0xa0810112, 1, 0 },	 { "idle", 0xa0810111, 32, 0 },
	{ "idle", 0xa0810103, 4960, 0 }, { "idle", 0xa0810103, 5096, 0 },
	{ "idle", 0xa0810103, 5232, 0 }, { "idle", 0xa0810103, 5424, 0 },
	{ "idle", 0xa0810103, 5432, 0 }, { "idle", 0xa0810103, 5440, 0 },
	{ "idle", 0xa0820102, 1840, 0 }, { "idle", 0xa0820102, 1848, 0 },
	{ "idle", 0xa0820102, 2328, 0 }, { "idle", 0xa0820104, 16, 0 },
	{ "idle", 0x90960103, 16, 0 },	 { "idle", 0x2080014b, 16, 0 },
	{ "idle", 0x20800102, 16, 0 },	 { "vm", 0x00000c01, 0x420, 0 },
	{ "vm", 0x00000c02, 0x20, 0 },	 { "vm", 0x00000c02, 0x28, 0 },
	{ "vm", 0xa0810103, 4960, 1 },	 { "vm", 0xa0820102, 1848, 0 },
};

/* False: the call itself failed. */
static int ask(int fd, const struct question *question, FILE *to)
{
	unsigned char bytes[SIZE_MAX_ASKED] = { 0 };
	struct nvos54 control = {
		.cmd = question->cmd,
		.params = (uintptr_t)bytes,
		.paramsSize = question->size,
	};
	struct xfer xfer = { .cmd = 0x2a, .size = sizeof(control), .ptr = (uintptr_t)&control };
	int r = question->transfer ? ioctl(fd, XFER, &xfer) : ioctl(fd, RM_CONTROL, &control);

	if (r < 0)
		return 0;
	fprintf(to, "%s %08x %u %x ", question->when, question->cmd, question->size, control.status);
	for (uint32_t i = 0; i < question->size; i++)
		fprintf(to, "%02x", bytes[i]);
	fputc('\n', to);
	return 1;
}

static int ask_all(FILE *to)
{
	int fd = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC);
	int done = fd >= 0;

	for (size_t i = 0; done && i < sizeof(questions) / sizeof(questions[0]); i++)
		done = ask(fd, &questions[i], to);
	if (!done)
		perror("/dev/nvidiactl");
	if (fd >= 0)
		close(fd);
	return done;
}

/* Whole at any moment: by rename. */
static int write_answers(void)
{
	const char *name = program_invocation_short_name;
	char path[128], new[160];
	FILE *to;
	int done;

	snprintf(path, sizeof(path), "/run/%s/answers", name);
	snprintf(new, sizeof(new), "%s.new", path);
	to = fopen(new, "w");
	if (!to)
		return 0;
	done = ask_all(to);
	if (fclose(to) != 0 || !done)
		return 0;
	return rename(new, path) == 0;
}

static void serve(int told)
{
	sigset_t signals;
	char done = 1;
	int got;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	setsid();
	if (!write_answers() || write(told, &done, 1) != 1)
		exit(1);
	close(told);
	while (sigwait(&signals, &got) == 0)
		if (!write_answers())
			exit(1);
}

/* The parent ends when its child has done the first of it. */
static int go_into_background(void)
{
	int told[2];
	char done = 0;
	pid_t child;

	if (pipe(told) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		close(told[0]);
		serve(told[1]);
		exit(1);
	}
	close(told[1]);
	return child < 0 || read(told[0], &done, 1) != 1 || !done;
}

int main(void)
{
	if (strcmp(program_invocation_short_name, "nvidia-smi") == 0)
		return !ask_all(stdout);
	return go_into_background();
}
