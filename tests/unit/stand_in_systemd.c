// SPDX-License-Identifier: GPL-2.0-or-later
/* stand_in_systemd.c - org.freedesktop.systemd1 on a bus of its own. */
#include "stand_in_systemd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"

static struct systemd *shared;
static pid_t bus_pid, systemd_pid;
static sd_bus *bus;
static unsigned int jobs;

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "stand_in_systemd: %s: %s\n", what, strerror(-r));
	abort();
}

static struct unit *find(const char *name)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(shared->units); i++)
		if (*name && (strcmp(shared->units[i].name, name) == 0 ||
			      strcmp(shared->units[i].alias, name) == 0))
			return &shared->units[i];
	return NULL;
}

static int subscribe(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	(void)error;
	return sd_bus_reply_method_return(message, "");
}

static int list_units(sd_bus_message *message, void *data, sd_bus_error *error)
{
	sd_bus_message *reply;
	const char *name;

	(void)data;
	(void)error;
	must(sd_bus_message_new_method_return(message, &reply), "reply");
	must(sd_bus_message_open_container(reply, 'a', "(ssssssouso)"), "open");
	must(sd_bus_message_enter_container(message, 'a', "s"), "names");
	while (sd_bus_message_read(message, "s", &name) > 0) {
		const struct unit *unit = find(name);

		must(sd_bus_message_append(reply, "(ssssssouso)", unit ? unit->name : name, "",
					   unit ? "loaded" : "not-found",
					   unit && unit->running ? "active" : "inactive", "", "",
					   "/unit", 0, "", "/"),
		     "append");
	}
	must(sd_bus_message_close_container(reply), "close");
	must(sd_bus_send(NULL, reply, NULL), "send");
	sd_bus_message_unref(reply);
	return 1;
}

static void tell_end(const char *job, const char *unit, const char *result)
{
	if (strcmp(result, "never") != 0)
		must(sd_bus_emit_signal(bus, MANAGER_PATH, MANAGER, "JobRemoved", "uoss", jobs, job,
					unit, *result ? result : "done"),
		     "signal");
}

static int move_unit(sd_bus_message *message, bool start, sd_bus_error *error)
{
	const char *result = start ? shared->start_result : shared->stop_result;
	const char *name, *mode;
	struct unit *unit;
	char job[64];

	must(sd_bus_message_read(message, "ss", &name, &mode), "arguments");
	unit = find(name);
	if (!unit)
		return sd_bus_error_setf(error, SYSTEMD ".NoSuchUnit", "Unit %s not loaded.", name);
	snprintf(job, sizeof(job), "/org/freedesktop/systemd1/job/%u", ++jobs);
	if (!*result) {
		unit->running = start;
		unit->started += start;
		unit->stopped += !start;
	}
	/* Of another job, which is not to be taken for this one. */
	tell_end("/org/freedesktop/systemd1/job/0", "other.service", "failed");
	if (shared->early)
		tell_end(job, name, result);
	must(sd_bus_reply_method_return(message, "o", job), "reply");
	if (!shared->early)
		tell_end(job, name, result);
	return 1;
}

static int stop_unit(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	return move_unit(message, false, error);
}

static int start_unit(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	return move_unit(message, true, error);
}

/* What is understood of a transient unit. */
struct transient {
	char *program;
	char **arguments, **environment;
	uint64_t limit_us, limit_size; /* 0: none */
	int output;
};

static int read_command(sd_bus_message *message, struct transient *unit)
{
	const char *program;

	must(sd_bus_message_enter_container(message, 'v', "a(sasb)"), "command");
	must(sd_bus_message_enter_container(message, 'a', "(sasb)"), "command");
	must(sd_bus_message_enter_container(message, 'r', "sasb"), "command");
	must(sd_bus_message_read(message, "s", &program), "program");
	unit->program = strdup(program);
	must(sd_bus_message_read_strv(message, &unit->arguments), "arguments");
	must(sd_bus_message_read(message, "b", NULL), "ignore");
	for (int depth = 0; depth < 3; depth++)
		must(sd_bus_message_exit_container(message), "command");
	return 0;
}

static int read_environment(sd_bus_message *message, struct transient *unit)
{
	must(sd_bus_message_enter_container(message, 'v', "as"), "environment");
	must(sd_bus_message_read_strv(message, &unit->environment), "environment");
	return sd_bus_message_exit_container(message);
}

static int read_limit(sd_bus_message *message, struct transient *unit)
{
	return sd_bus_message_read(message, "v", "t", &unit->limit_us);
}

static int read_size(sd_bus_message *message, struct transient *unit)
{
	return sd_bus_message_read(message, "v", "t", &unit->limit_size);
}

static int read_output(sd_bus_message *message, struct transient *unit)
{
	return sd_bus_message_read(message, "v", "h", &unit->output);
}

static void read_transient(sd_bus_message *message, struct transient *unit)
{
	static const struct {
		const char *name;
		int (*read)(sd_bus_message *message, struct transient *unit);
	} properties[] = {
		{ "ExecStart", read_command },
		{ "Environment", read_environment },
		{ "TimeoutStartUSec", read_limit },
		{ "LimitFSIZE", read_size },
		{ "StandardOutputFileDescriptor", read_output },
	};
	const char *name;

	must(sd_bus_message_skip(message, "ss"), "name");
	must(sd_bus_message_enter_container(message, 'a', "(sv)"), "properties");
	while (sd_bus_message_enter_container(message, 'r', "sv") > 0) {
		int r = 1;

		must(sd_bus_message_read(message, "s", &name), "property");
		for (size_t i = 0; i < GS_ARRAY_SIZE(properties); i++)
			if (strcmp(name, properties[i].name) == 0)
				r = properties[i].read(message, unit);
		must(r == 1 ? sd_bus_message_skip(message, "v") : r, name);
		must(sd_bus_message_exit_container(message), "property");
	}
}

/* Ended with all that it has started, as a unit is. */
static const char *run_transient(const struct transient *unit)
{
	struct timespec limit = { .tv_sec = (time_t)(unit->limit_us / 1000000),
				  .tv_nsec = (long)(unit->limit_us % 1000000) * 1000 };
	sigset_t children;
	pid_t pid;
	int status;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		sigprocmask(SIG_UNBLOCK, &children, NULL);
		if (unit->limit_size)
			setrlimit(RLIMIT_FSIZE, &(struct rlimit){ unit->limit_size, unit->limit_size });
		dup2(unit->output, STDOUT_FILENO);
		dup2(unit->output, STDERR_FILENO);
		execve(unit->program, unit->arguments, unit->environment);
		_exit(127);
	}
	setpgid(pid, pid);
	sigtimedwait(&children, NULL, &limit);
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* The end of one that was killed is not that of the next. */
	sigtimedwait(&children, NULL, &(struct timespec){ 0 });
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "done" : "failed";
}

static void free_strings(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}

static int start_transient_unit(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct transient unit = { .output = -1 };
	const char *result;
	char job[64];

	(void)data;
	(void)error;
	read_transient(message, &unit);
	shared->transient++;
	snprintf(job, sizeof(job), "/org/freedesktop/systemd1/job/%u", ++jobs);
	must(sd_bus_reply_method_return(message, "o", job), "reply");
	must(sd_bus_flush(bus), "flush");
	result = run_transient(&unit);
	tell_end(job, "tool.service", result);
	free(unit.program);
	free_strings(unit.arguments);
	free_strings(unit.environment);
	return 1;
}

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Subscribe", "", "", subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListUnitsByNames", "as", "a(ssssssouso)", list_units,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopUnit", "ss", "o", stop_unit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartUnit", "ss", "o", start_unit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", start_transient_unit,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};

static void __attribute__((noreturn)) serve(const char *address, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(sd_bus_new(&bus), "bus");
	must(sd_bus_set_address(bus, address), "address");
	must(sd_bus_set_bus_client(bus, true), "client");
	must(sd_bus_start(bus), "start");
	must(sd_bus_add_object_vtable(bus, NULL, MANAGER_PATH, MANAGER, manager, NULL), "vtable");
	must(sd_bus_request_name(bus, SYSTEMD, 0), "name");
	if (write(ready, "r", 1) != 1)
		abort();
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		must(r, "process");
		if (r == 0)
			must(sd_bus_wait(bus, UINT64_MAX), "wait");
	}
}

static void __attribute__((noreturn)) run_bus(const char *config, int ready)
{
	char option[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(option, sizeof(option), "--print-address=%d", ready);
	execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", option, config, NULL);
	perror("dbus-daemon");
	_exit(127);
}

/* Until the child says that it is ready. */
static void wait_ready(int pipe_ends[2], const char *what)
{
	char byte;

	close(pipe_ends[1]);
	if (read(pipe_ends[0], &byte, 1) != 1) {
		fprintf(stderr, "stand_in_systemd: no %s\n", what);
		abort();
	}
	close(pipe_ends[0]);
}

static pid_t start_bus(struct tree *tree)
{
	char config[256];
	int ready[2];
	pid_t pid;

	tree_folder(tree, "run/dbus");
	tree_write(tree, "run/dbus/config",
		   "<busconfig><listen>unix:path=%s/run/dbus/system_bus_socket</listen>"
		   "<auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\"/>"
		   "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
		   tree_root(tree));
	snprintf(config, sizeof(config), "--config-file=%s/run/dbus/config", tree_root(tree));
	if (pipe(ready) < 0)
		abort();
	pid = fork();
	if (pid == 0)
		run_bus(config, ready[1]);
	wait_ready(ready, "dbus-daemon");
	return pid;
}

struct systemd *systemd_start(struct tree *tree)
{
	char address[256];
	int ready[2];

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		abort();
	tree_folder(tree, "run/systemd/system");
	bus_pid = start_bus(tree);
	snprintf(address, sizeof(address), "unix:path=%s/run/dbus/system_bus_socket",
		 tree_root(tree));
	if (pipe(ready) < 0)
		abort();
	systemd_pid = fork();
	if (systemd_pid == 0)
		serve(address, ready[1]);
	wait_ready(ready, "service");
	return shared;
}

static void end(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void systemd_stop(void)
{
	end(&systemd_pid);
	end(&bus_pid);
	munmap(shared, sizeof(*shared));
}
