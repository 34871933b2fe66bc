// SPDX-License-Identifier: GPL-2.0-or-later
#include "fences.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tree.h"

static const char *const names[] = {
	[GS_FENCE_UNBIND_LOCK] = "unbind-lock",
	[GS_FENCE_DRAIN] = "drain",
};

const char *gs_fence_name(enum gs_fence fence)
{
	return names[fence];
}

enum gs_fence gs_fence_parse(const char *text)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++)
		if (text && gs_streq(names[i], text))
			return (enum gs_fence)i;
	return GS_FENCE_NONE;
}

void gs_fences_read(struct gs_engine *engine, struct gs_host *host)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct gs_function *function = &host->functions[i];
		char path[GS_PATH_MAX];

		if (!gs_streq(function->driver, "nvidia") ||
		    gs_path(path, "proc/driver/nvidia/gpus/%s/unbindLock", function->text) < 0)
			continue;
		if (gs_tree_exists(engine, path))
			function->fence = GS_FENCE_UNBIND_LOCK;
		else if (gs_tree_exists(engine, GS_NVIDIA_SMI))
			function->fence = GS_FENCE_DRAIN;
	}
}

/* The caller's variables are none of root's programs' business. */
static void __attribute__((noreturn))
run_program(const char *program, const char *address, bool on, int output)
{
	char *const arguments[] = { (char *)"nvidia-smi", (char *)"drain",
				    (char *)"-p",	  (char *)address,
				    (char *)"-m",	  (char *)(on ? "1" : "0"),
				    NULL };
	char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
				      (char *)"LC_ALL=C", NULL };

	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	execve(program, arguments, environment);
	_exit(127);
}

/* The last line of what it prints; more than fits is dropped. */
static void read_last_line(int fd, char *answer, size_t size)
{
	char text[4096], dropped[512], *end, *line;
	size_t length = 0;
	ssize_t n;

	do {
		bool room = length < sizeof(text) - 1;

		n = room ? read(fd, text + length, sizeof(text) - 1 - length)
			 : read(fd, dropped, sizeof(dropped));
		if (n > 0 && room)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	text[length] = '\0';
	for (end = text + length; end > text && (end[-1] == '\n' || end[-1] == ' ');)
		*--end = '\0';
	line = strrchr(text, '\n');
	snprintf(answer, size, "%s", line ? line + 1 : text);
}

static int wait_program(pid_t pid, char *answer, size_t size)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (!*answer)
		snprintf(answer, size, "exit status %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return -EIO;
}

int gs_drain(struct gs_engine *engine, const char *address, bool on, char *answer, size_t size)
{
	gs_cleanup_free char *program = gs_asprintf("%s/" GS_NVIDIA_SMI, engine->root);
	int ends[2];
	pid_t pid;

	if (engine->foreign_root)
		return -EPERM;
	if (!gs_tree_exists(engine, GS_NVIDIA_SMI))
		return -ENOENT;
	if (!program || pipe2(ends, O_CLOEXEC) < 0)
		return program ? -errno : -ENOMEM;
	pid = fork();
	if (pid == 0)
		run_program(program, address, on, ends[1]);
	close(ends[1]);
	if (pid > 0)
		read_last_line(ends[0], answer, size);
	close(ends[0]);
	return pid < 0 ? -EAGAIN : wait_program(pid, answer, size);
}
