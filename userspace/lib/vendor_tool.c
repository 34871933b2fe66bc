// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: org.freedesktop.systemd1(5), properties of a transient unit. */
#include "vendor_tool.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "systemd_bus.h"
#include "tree.h"

/* More than any of them prints; one that writes on and on is ended. */
#define OUTPUT_MAX (1024u * 1024u)

struct tool {
	struct gs_engine *engine;
	const struct gs_tool *as;
	char *unit;
	char *program; /* its path, below "/" */
	int output; /* a file in memory: nobody waits for a reader */
};

static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/* The last line of what it printed. */
static void tell_last_line(int fd, char *answer, size_t size)
{
	char text[4096], *end, *line;
	off_t length = lseek(fd, 0, SEEK_END);
	off_t begin = length > (off_t)sizeof(text) - 1 ? length - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, begin);

	end = text + (n > 0 ? n : 0);
	*end = '\0';
	while (end > text && (end[-1] == '\n' || end[-1] == ' '))
		*--end = '\0';
	line = strrchr(text, '\n');
	if (end > text)
		snprintf(answer, size, "%s", line ? line + 1 : text);
}

static void __attribute__((noreturn)) run_child(const struct tool *tool, pid_t parent)
{
	signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	dup2(tool->output, STDOUT_FILENO);
	dup2(tool->output, STDERR_FILENO);
	execve(tool->program, (char *const *)tool->as->arguments, (char *const *)environment);
	_exit(127);
}

static int wait_child(pid_t pid, char *answer, size_t size)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	snprintf(answer, size, "exit status %d",
		 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return -EIO;
}

static int run_as_child(const struct tool *tool, char *answer, size_t size)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		run_child(tool, parent);
	return pid < 0 ? -errno : wait_child(pid, answer, size);
}

static int add_command(sd_bus_message *call, const struct tool *tool)
{
	int r = sd_bus_message_open_container(call, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", "ExecStart");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "a(sasb)");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sasb)");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'r', "sasb");
	if (r >= 0)
		r = sd_bus_message_append(call, "s", tool->program);
	if (r >= 0)
		r = sd_bus_message_append_strv(call, (char **)tool->as->arguments);
	if (r >= 0)
		r = sd_bus_message_append(call, "b", false);
	for (int depth = 0; r >= 0 && depth < 4; depth++)
		r = sd_bus_message_close_container(call);
	return r;
}

/* A unit of the kind oneshot is starting until its program has ended: its job tells the end. */
static int add_properties(sd_bus_message *call, const struct tool *tool)
{
	uint64_t limit_us = (uint64_t)tool->as->limit_ms * 1000;
	int r;

	r = sd_bus_message_append(call, "(sv)(sv)(sv)", "Description", "s",
				  "A GPU vendor's program, run for gpushift", "Type", "s",
				  "oneshot", "CollectMode", "s", "inactive-or-failed");
	if (r >= 0)
		r = sd_bus_message_append(call, "(sv)(sv)", "Environment", "as", 2, environment[0],
					  environment[1], "TimeoutStartUSec", "t", limit_us);
	if (r >= 0 && !tool->as->writes_files)
		r = sd_bus_message_append(call, "(sv)", "LimitFSIZE", "t", (uint64_t)OUTPUT_MAX);
	/* There is nothing that it would have to put in order. */
	if (r >= 0)
		r = sd_bus_message_append(call, "(sv)", "KillSignal", "i", SIGKILL);
	if (r >= 0)
		r = sd_bus_message_append(call, "(sv)(sv)", "StandardOutputFileDescriptor", "h",
					  tool->output, "StandardErrorFileDescriptor", "h",
					  tool->output);
	return r < 0 ? r : add_command(call, tool);
}

static int describe_unit(sd_bus *bus, const struct tool *tool, sd_bus_message **ret)
{
	gs_cleanup_message sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &call, GS_SYSTEMD, GS_SYSTEMD_PATH,
					   GS_SYSTEMD_MANAGER, "StartTransientUnit");
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", tool->unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = add_properties(call, tool);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = sd_bus_message_append(call, "a(sa(sv))", 0);
	if (r >= 0)
		*ret = gs_steal(call);
	return r;
}

/*
 * Its caller was killed, and it goes on: it must not end after this one, which
 * may be there to undo it. Mostly there is none; one that stays keeps this one
 * from starting, since their names are the same.
 */
static void end_left_behind(sd_bus *bus, const struct tool *tool)
{
	char answer[128];

	(void)!gs_systemd_move_unit(bus, "StopUnit", tool->unit, answer, sizeof(answer));
}

static int run_as_unit(sd_bus *bus, const struct tool *tool, char *answer, size_t size)
{
	gs_cleanup_message sd_bus_message *call = NULL;
	uint64_t begin = gs_now_us();
	int r;

	end_left_behind(bus, tool);
	r = describe_unit(bus, tool, &call);
	if (r >= 0)
		r = gs_systemd_run_job(bus, call, answer, size);
	/* The job of a unit that systemd ended has failed like any other. */
	return r == -EIO && gs_now_us() - begin >= (uint64_t)tool->as->limit_ms * 1000 ? -ETIMEDOUT : r;
}

static int run(const struct tool *tool, char *answer, size_t size)
{
	gs_cleanup_bus sd_bus *bus = NULL;
	int r;

	r = gs_systemd_open(tool->engine, &bus) < 0 ? run_as_child(tool, answer, size)
						    : run_as_unit(bus, tool, answer, size);
	if (r < 0)
		tell_last_line(tool->output, answer, size);
	return r;
}

int gs_vendor_tool(struct gs_engine *engine, const struct gs_tool *as, char *answer, size_t size)
{
	size_t length = strlen(engine->root);
	struct tool tool = { .engine = engine, .as = as, .output = -1 };
	int r;

	if (engine->foreign_root)
		return -EPERM;
	if (!gs_tree_exists(engine, as->arguments[0]))
		return -ENOENT;
	while (length && engine->root[length - 1] == '/')
		length--;
	tool.unit = gs_asprintf("gpushift-%s.service", as->unit);
	tool.program = gs_asprintf("%.*s/%s", (int)length, engine->root, as->arguments[0]);
	r = tool.unit && tool.program ? 0 : -ENOMEM;
	if (r == 0)
		tool.output = memfd_create("gpushift-tool", MFD_CLOEXEC);
	if (r == 0)
		r = tool.output < 0 ? -errno : run(&tool, answer, size);
	if (tool.output >= 0)
		close(tool.output);
	free(tool.program);
	free(tool.unit);
	return r;
}
