// SPDX-License-Identifier: GPL-2.0-or-later
/* helper.c - running programs of the host */
#include "helper.h"

#include <signal.h>
#include <sys/wait.h>

#include "output.h"

#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a shell says for a program that is not there. */
#define NO_PROGRAM 127

static void __attribute__((noreturn)) run_child(char *const *command)
{
	static char *environment[] = {(char *)"PATH=" PROGRAM_PATH, (char *)"LC_ALL=C.UTF-8", NULL};

	/* Standard output is for the result of the command alone. */
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(NO_PROGRAM);
	signal(SIGPIPE, SIG_DFL);
	setenv("PATH", PROGRAM_PATH, 1);
	execvpe(command[0], command, environment);
	_exit(NO_PROGRAM);
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int cli_helper_run(char *const *command)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(command);
	if (wait_for(pid, &status) < 0)
		return -EIO;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM) {
		cli_message("%s cannot be run", command[0]);
		return -ENOENT;
	}
	cli_message("%s failed (%s %d)", command[0],
		    WIFEXITED(status) ? "exit status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return -EIO;
}
