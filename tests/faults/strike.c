// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * strike - does something to a switch at one exact moment of it
 *
 *   strike --step N --op OP --when before|entry|exit|after --do kill|killall|errno=NAME|run=COMMAND
 *          --report FILE -- gpushift set CARD MODE...
 *
 * Follows the command and what it forks by ptrace. Until the journal is named a filter of system calls stops it there only.
 * The marks of progress that it appends to its journal tell the steps
 * apart. `before` is the moment at which the step can begin, `after` the one before its mark is written; `entry` and `exit`
 * are those of the system call that the step is made for: a write to sysfs where OP has one, else the step's first look at a
 * file. `kill` hits the switching process, `killall` its worker too, `errno` fails the system call without making it (entry
 * only), `run` lets a shell command happen in that moment.
 *
 * FILE gets one line when the moment came: STEP SYSTEM-CALL PATH DATA. Exits as the command does, 128 + N when a signal
 * ended it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traced.h"

#define JOURNAL "/var/lib/gpushift/journal"
#define MAX_TASKS 64

enum when { BEFORE, ENTRY, EXIT, AFTER };
static const char *const whens[] = { "before", "entry", "exit", "after" };

static struct {
	long step;
	const char *op;
	enum when when;
	bool kill, killall;
	int errno_value;
	const char *command;
	const char *report;
} want = { .step = -1 };

/* The first write is the journal itself; then its folder is synced, and the first step can begin. */
enum phase { NO_JOURNAL, JOURNAL_NAMED, STEPS };

static struct {
	pid_t main;
	enum phase phase;
	long step;  /* the one that is being made */
	bool acted; /* its system call was seen */
	bool struck;
	int status; /* how the main process ended; -1: it runs */
} state = { .status = -1 };

/* A task that was followed, and the system call that it is in. */
static struct task {
	pid_t pid;
	struct ptrace_syscall_info entry;
	bool marks, acts, names;
	bool worker; /* makes the writes of steps */
} tasks[MAX_TASKS];

static struct task *task_of(pid_t pid)
{
	struct task *empty = NULL;

	for (int i = 0; i < MAX_TASKS; i++) {
		if (tasks[i].pid == pid)
			return &tasks[i];
		if (!tasks[i].pid && !empty)
			empty = &tasks[i];
	}
	if (!empty)
		die("too many processes");
	*empty = (struct task){ .pid = pid };
	return empty;
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Ops whose step is a write to sysfs. */
static bool op_writes(void)
{
	static const char *const ops[] = { "hold-power", "set-override", "unbind",     "probe",
					   "enable-vfs", "create-vgpu",	 "remove-vgpu", "disable-vfs" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i], want.op))
			return true;
	return false;
}

static bool is_look(uint64_t number)
{
	static const uint64_t numbers[] = { SYS_openat, SYS_openat2, SYS_readlinkat, SYS_newfstatat,
					    SYS_faccessat, SYS_faccessat2, SYS_ioctl, SYS_close,
					    SYS_renameat, SYS_recvfrom };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool is_act(const struct task *task)
{
	const struct ptrace_syscall_info *call = &task->entry;

	if (state.phase != STEPS || state.acted || state.step != want.step)
		return false;
	if (op_writes())
		return call->entry.nr == SYS_write &&
		       begins_with(path_of(task->pid, call->entry.args[0]), "/sys/");
	return is_look(call->entry.nr);
}

static bool is_mark(const struct task *task)
{
	const struct ptrace_syscall_info *call = &task->entry;

	return task->pid == state.main && state.phase == STEPS && call->entry.nr == SYS_write &&
	       !strcmp(path_of(task->pid, call->entry.args[0]), JOURNAL);
}

static bool names_journal(const struct task *task)
{
	const struct ptrace_syscall_info *call = &task->entry;

	if (task->pid != state.main || state.phase != NO_JOURNAL)
		return false;
	if (call->entry.nr != SYS_renameat && call->entry.nr != SYS_renameat2)
		return false;
	return !strcmp(memory_of(task->pid, call->entry.args[3], 64), "journal");
}

static void write_report(const struct task *task)
{
	const struct ptrace_syscall_info *call = &task->entry;
	FILE *report = fopen(want.report, "we");
	bool writes = call->entry.nr == SYS_write;

	if (!report)
		die(want.report);
	fprintf(report, "%ld %lld", state.step, (long long)call->entry.nr);
	fprintf(report, " %s", writes ? path_of(task->pid, call->entry.args[0]) : "-");
	fprintf(report, " %s\n",
		writes ? memory_of(task->pid, call->entry.args[1], call->entry.args[2]) : "-");
	if (fclose(report))
		die(want.report);
}

static void kill_all(void)
{
	for (int i = 0; i < MAX_TASKS; i++)
		if (tasks[i].pid)
			kill(tasks[i].pid, SIGKILL);
}

static void strike(struct task *task)
{
	state.struck = true;
	write_report(task);
	if (want.command && system(want.command) != 0)
		fprintf(stderr, "strike: the command failed: %s\n", want.command);
	if (want.errno_value)
		fail_call(task->pid, want.errno_value);
	if (want.kill)
		kill(state.main, SIGKILL);
	if (want.killall)
		kill_all();
}

static void came(enum when when, struct task *task)
{
	if (!state.struck && state.step == want.step && when == want.when)
		strike(task);
}

static void at_entry(struct task *task)
{
	task->marks = is_mark(task);
	task->names = names_journal(task);
	task->acts = !task->marks && is_act(task);
	if (task->marks)
		came(AFTER, task);
	if (task->acts) {
		state.acted = true;
		came(ENTRY, task);
	}
}

static void handle(pid_t pid, int status);

/*
 * Until the first step only the switching process is stopped at its system calls; from now on its worker is, too, which is
 * there by now and waits for its first job. What comes later reads with deadlines, and would miss them.
 */
static void begin_steps(void)
{
	state.phase = STEPS;
	for (int i = 0; i < MAX_TASKS; i++) {
		pid_t pid = tasks[i].pid;
		int status;

		if (!pid || pid == state.main)
			continue;
		tasks[i].worker = true;
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 &&
		    waitpid(pid, &status, __WALL) == pid)
			handle(pid, status);
	}
}

static void at_exit_of(struct task *task)
{
	if (task->acts)
		came(EXIT, task);
	if (task->names)
		state.phase = JOURNAL_NAMED;
	if (task->pid == state.main && state.phase == JOURNAL_NAMED && task->entry.entry.nr == SYS_fsync) {
		begin_steps();
		came(BEFORE, task);
	}
	if (task->marks) {
		state.step++;
		state.acted = false;
		came(BEFORE, task);
	}
	task->marks = task->acts = task->names = false;
}

/* What the filter stops at is entered like any other, and stopped at already when all calls are. */
static void system_call(struct task *task)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) < 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_SECCOMP && state.phase == NO_JOURNAL) {
		task->entry = info; /* the same fields at the same places */
		at_entry(task);
	} else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		task->entry = info;
		at_entry(task);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		at_exit_of(task);
	}
}

static void task_ended(struct task *task, int status)
{
	if (task->pid == state.main)
		state.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	task->pid = 0;
}

/* It may run, and be seen, long after whoever made it goes on. */
static void note_child(const struct task *parent)
{
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) == 0)
		(void)task_of((pid_t)pid);
}

/* What was struck goes on at its own pace. */
static bool stops_at_calls(const struct task *task)
{
	if (task->pid == state.main && state.phase == NO_JOURNAL)
		return task->names;
	return !state.struck && (task->pid == state.main || task->worker);
}

static bool is_at_call(int status)
{
	return WSTOPSIG(status) == (SIGTRAP | 0x80) ||
	       status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
}

static bool is_fork(int status)
{
	const int event = status >> 16;

	return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE;
}

static void handle(pid_t pid, int status)
{
	struct task *task = task_of(pid);
	int signal = 0;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		task_ended(task, status);
		return;
	}
	if (is_at_call(status))
		system_call(task);
	else if (is_fork(status))
		note_child(task);
	else if (status >> 16 == 0 && WSTOPSIG(status) != SIGTRAP)
		signal = WSTOPSIG(status);
	/* Fails when it was killed. */
	ptrace(stops_at_calls(task) ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, signal);
}

/* Whoever still runs when the tracer ends goes on untraced. */
static int follow(void)
{
	while (state.status < 0) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno != EINTR)
			die("wait");
		if (pid > 0)
			handle(pid, status);
	}
	return state.status;
}

static pid_t start(char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		filter_calls();
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid ||
	    ptrace(PTRACE_SEIZE, pid, NULL, options) < 0)
		die("trace");
	kill(pid, SIGCONT);
	return pid;
}

static void parse_do(const char *text)
{
	want.kill = !strcmp(text, "kill");
	want.killall = !strcmp(text, "killall");
	if (begins_with(text, "errno="))
		want.errno_value = errno_of(text + 6);
	else if (begins_with(text, "run="))
		want.command = text + 4;
	else if (!want.kill && !want.killall)
		exit(2);
}

static void parse_when(const char *text)
{
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		if (!strcmp(whens[i], text)) {
			want.when = (enum when)i;
			return;
		}
	}
	exit(2);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc && strcmp(argv[i], "--"); i += 2) {
		if (!strcmp(argv[i], "--step"))
			want.step = atol(argv[i + 1]);
		else if (!strcmp(argv[i], "--op"))
			want.op = argv[i + 1];
		else if (!strcmp(argv[i], "--when"))
			parse_when(argv[i + 1]);
		else if (!strcmp(argv[i], "--do"))
			parse_do(argv[i + 1]);
		else if (!strcmp(argv[i], "--report"))
			want.report = argv[i + 1];
		else
			return 2;
	}
	if (want.step < 0 || !want.op || !want.report || i >= argc - 1)
		return 2;
	state.main = start(argv + i + 1);
	return follow();
}
