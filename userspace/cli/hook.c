// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "json.h"
#include "output.h"
#include "state_file.h"
#include "switch.h"

/* For all that a VM asks for, where --deadline does not say it. */
#define DEADLINE_S 120
/* What is not done by then is undone, which takes its time, too. */
#define GRACE_US (60 * 1000000ULL)
#define MAX_RECORDS (16 * 1024 * 1024)

/* The child, and what it tells. */
struct worker {
	pid_t pid;
	int pidfd;
	int fd;
	char *text;
	size_t length;
	int status;
	bool ended;
};

int cli_hook_fail(const struct cli *cli, enum gs_exit status, const char *code, const char *message,
		  const char *fix)
{
	if (fix)
		cli_message("%s; next: %s", message, fix);
	else
		cli_message("%s", message);
	if (cli->json)
		return cli_document(gs_json_error(code, message, fix), status);
	return (int)status;
}

/* --- the child --------------------------------------------------------------------------------- */

static int input_of(const struct cli_hook *hook)
{
	int fd = memfd_create("description", MFD_CLOEXEC);

	/* Memory takes all of it at once, or none. */
	if (fd >= 0 && hook->text &&
	    (write(fd, hook->text, hook->length) != (ssize_t)hook->length ||
	     lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -EIO;
	}
	return fd < 0 ? -errno : fd;
}

/* Standard output is what libvirt takes for the domain. */
static void set_up_child(pid_t parent, int input)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Without whom it is for it is undone: nobody would give it back. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		_exit(GS_EXIT_FAILED);
}

static void __attribute__((noreturn)) child_main(const struct cli *cli, const struct cli_hook *hook,
						 int fd)
{
	uint64_t now = gs_now_us();
	uint64_t left = cli->end_us > now ? (cli->end_us - now) / 1000000 + 1 : 1;
	char deadline[40];
	/* An option that is given twice is given. */
	const char *const argv[] = { "gpushift", cli->direct ? "--direct" : "--json", "--json",
				     deadline,	 "__vm", "--", hook->event, hook->manager,
				     hook->vm,	 NULL };

	snprintf(deadline, sizeof(deadline), "--deadline=%llu", (unsigned long long)left);
	_exit(cli_main_job(fd, GS_ARRAY_SIZE(argv) - 1, (char **)argv));
}

static int start(const struct cli *cli, const struct cli_hook *hook, struct worker *worker)
{
	gs_cleanup_close int input = input_of(hook);
	pid_t parent = getpid();
	int fds[2];

	if (input < 0)
		return input;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	worker->pid = fork();
	if (worker->pid == 0) {
		set_up_child(parent, input);
		close(fds[0]);
		child_main(cli, hook, fds[1]);
	}
	close(fds[1]);
	worker->fd = fds[0];
	if (worker->pid < 0)
		return -errno;
	fcntl(worker->fd, F_SETFL, O_NONBLOCK);
	worker->pidfd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
	return worker->pidfd < 0 ? -errno : 0;
}

/* --- this process ------------------------------------------------------------------------------- */

/* All that is there now. Returns 0 at the end of it, else -errno. */
static int read_records(struct worker *worker)
{
	const size_t part = 65536;

	while (worker->length < MAX_RECORDS) {
		char *longer = realloc(worker->text, worker->length + part + 1);
		ssize_t n;

		if (!longer)
			return -ENOMEM;
		worker->text = longer;
		n = read(worker->fd, longer + worker->length, part);
		if (n <= 0)
			return n == 0 ? 0 : -errno;
		worker->length += (size_t)n;
		longer[worker->length] = '\0';
	}
	return -EFBIG;
}

/* Until the child has ended, not its pipe: whatever hangs of it in the kernel keeps that. */
static int wait_for(struct worker *worker, uint64_t until_us)
{
	struct pollfd events[] = { { .fd = worker->fd, .events = POLLIN },
				   { .fd = worker->pidfd, .events = POLLIN } };
	int r = -EAGAIN;

	for (;;) {
		uint64_t now = gs_now_us();

		if (now >= until_us)
			return -ETIMEDOUT;
		if (poll(events, 2, (int)((until_us - now) / 1000 + 1)) < 0 && errno != EINTR)
			return -errno;
		r = read_records(worker);
		if (r != -EAGAIN && r != -EINTR)
			events[0].fd = -1;
		if (events[1].revents)
			break;
	}
	if (waitpid(worker->pid, &worker->status, 0) != worker->pid)
		return -ECHILD;
	worker->ended = true;
	r = read_records(worker);
	return r == -ENOMEM ? r : 0;
}

/* The last record, where it is the end of the run. */
static struct json_object *last_record(struct worker *worker)
{
	struct json_object *record;
	char *line;

	while (worker->length && worker->text[worker->length - 1] == '\n')
		worker->text[--worker->length] = '\0';
	line = worker->length ? memrchr(worker->text, '\n', worker->length) : NULL;
	record = worker->length ? json_tokener_parse(line ? line + 1 : worker->text) : NULL;
	if (record && json_object_object_get_ex(record, "finished", NULL))
		return record;
	json_object_put(record);
	return NULL;
}

/* A child without a last word was killed, or could not begin. */
static int tell(const struct cli *cli, const struct cli_hook *hook, struct worker *worker)
{
	gs_cleanup_json struct json_object *record = last_record(worker);
	struct json_object *finished, *document = NULL, *error = NULL;
	gs_cleanup_free char *message = NULL;
	int status = GS_EXIT_FAILED;

	if (record && json_object_object_get_ex(record, "finished", &finished)) {
		status = json_object_get_int(finished);
		json_object_object_get_ex(record, "document", &document);
	}
	if (status == GS_EXIT_DONE)
		return cli->json && document ? cli_document(json_object_get(document), GS_EXIT_DONE) :
					       GS_EXIT_DONE;
	json_object_object_get_ex(document, "error", &error);
	message = gs_asprintf("%s: %s", hook->vm,
			      error ? gs_state_string(error, "message") :
				      "the process that switched has ended early");
	return cli_hook_fail(cli, (enum gs_exit)status,
			     error ? gs_state_string(error, "code") : "failed",
			     message ? message : "out of memory",
			     error ? gs_state_string(error, "fix") : "gpushift recover");
}

static int cannot(const struct cli *cli, const struct cli_hook *hook, int r)
{
	gs_cleanup_free char *message = NULL;

	message = r == -ETIMEDOUT ?
			  gs_asprintf("%s: the switch did not end in time; it is being undone",
				      hook->vm) :
			  gs_asprintf("%s: cannot wait for the switch: %s", hook->vm, strerror(-r));
	return cli_hook_fail(cli, GS_EXIT_FAILED, "failed", message ? message : "out of memory",
			     "gpushift list");
}

int cli_hook_run(struct cli *cli, const struct cli_hook *hook)
{
	struct worker worker = { .pidfd = -1, .fd = -1 };
	int r;

	if (geteuid() != 0)
		return cli_hook_fail(cli, GS_EXIT_REFUSED, "not-permitted", "hooks run as root", NULL);
	if (!cli->end_us)
		cli->end_us = gs_now_us() + DEADLINE_S * 1000000ULL;
	fflush(stdout);
	fflush(stderr);
	r = start(cli, hook, &worker);
	if (r == 0)
		r = wait_for(&worker, cli->end_us + GRACE_US);
	/* A child that is still there is told to undo by the end of this process. */
	r = r < 0 ? cannot(cli, hook, r) : tell(cli, hook, &worker);
	free(worker.text);
	if (worker.fd >= 0)
		close(worker.fd);
	if (worker.pidfd >= 0)
		close(worker.pidfd);
	return r;
}
