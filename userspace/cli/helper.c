// SPDX-License-Identifier: GPL-2.0-or-later
/* helper.c - running programs of the host */
#include "helper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "output.h"

#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a shell says for a program that is not there. */
#define NO_PROGRAM 127

/* What a program may answer. */
#define OUTPUT_MAX 65536

/* Some of the caller's, with the place for a NULL. */
#define ENVIRONMENT_MAX 32

/* An answer must be understood. */
static char *const plain[] = { (char *)"PATH=" PROGRAM_PATH, (char *)"LC_ALL=C.UTF-8", NULL };

/* What is written for people, like the menu of GRUB, is in their language; nothing else of the caller's environment counts. */
static void take_language(char *environment[ENVIRONMENT_MAX])
{
	static const char *const wanted[] = { "LANG=", "LANGUAGE=", "LC_" };
	size_t count = 0;

	environment[count++] = plain[0];
	for (char **one = environ; *one; one++)
		for (size_t i = 0; i < GS_ARRAY_SIZE(wanted) && count + 1 < ENVIRONMENT_MAX; i++)
			if (strncmp(*one, wanted[i], strlen(wanted[i])) == 0)
				environment[count++] = *one;
	environment[count] = NULL;
}

static void __attribute__((noreturn))
run_child(char *const *command, char *const *environment, int output)
{
	/* Standard output is for the result of the command alone. */
	if (dup2(output, STDOUT_FILENO) < 0)
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

static pid_t start(char *const *command, char *const *environment, int output)
{
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid == 0)
		run_child(command, environment, output);
	return pid < 0 ? -errno : pid;
}

static int end(pid_t pid, char *const *command)
{
	int status = 0;

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

int cli_helper_run(char *const *command)
{
	char *environment[ENVIRONMENT_MAX];
	pid_t pid;

	take_language(environment);
	pid = start(command, environment, STDERR_FILENO);
	return pid < 0 ? pid : end(pid, command);
}

/* To its end, so that the program never waits for a reader; what is more is left out. */
static void read_output(int fd, char *text, size_t size)
{
	char rest[512] = "";
	size_t length = 0;
	ssize_t n;

	do {
		bool full = length + 1 >= size;

		n = read(fd, full ? rest : text + length, full ? sizeof(rest) : size - 1 - length);
		if (n > 0 && !full)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	text[length] = '\0';
}

int cli_helper_ask(char *const *command, char **ret)
{
	gs_cleanup_free char *text = malloc(OUTPUT_MAX);
	int ends[2], r;
	pid_t pid;

	if (!text)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = start(command, plain, ends[1]);
	close(ends[1]);
	if (pid > 0)
		read_output(ends[0], text, OUTPUT_MAX);
	close(ends[0]);
	r = pid < 0 ? pid : end(pid, command);
	if (r == 0)
		*ret = gs_steal(text);
	return r;
}
