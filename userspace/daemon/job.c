// SPDX-License-Identifier: GPL-2.0-or-later
/* job.c - the child of a job: started, listened to, ended */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "child_setup.h"
#include "cli/cli.h"
#include "errors.h"
#include "job_state.h"
#include "log.h"
#include "shown.h"

/* Claims wait for each other; of those that ended the last ones can still be asked. */
#define MAX_RUNNING 128
#define MAX_KEPT 8
#define PIPE_SIZE (1024 * 1024)
#define LINE_MAX_LENGTH (16UL * 1024 * 1024)

static void free_job(struct job *job)
{
	sd_event_source_unref(job->io);
	sd_event_source_unref(job->end);
	if (job->fd >= 0)
		close(job->fd);
	free(job->path);
	free(job->card);
	free(job->starter);
	free(job->step);
	free(job->result);
	free(job->text);
	free(job);
}

const char *job_path(const struct job *job)
{
	return job->path;
}

bool job_runs(const struct daemon *daemon, const char *path)
{
	for (const struct job *job = daemon->jobs; job; job = job->next)
		if (gs_streq(job->path, path))
			return job->phase != JOB_FINISHED;
	return false;
}

static size_t count_running(const struct daemon *daemon)
{
	size_t n = 0;

	for (const struct job *job = daemon->jobs; job; job = job->next)
		n += job->phase != JOB_FINISHED;
	return n;
}

/* The oldest of those that ended go. */
static void forget_old(struct daemon *daemon)
{
	struct job **at = &daemon->jobs;
	size_t kept = 0;

	while (*at) {
		struct job *job = *at;

		if (job->phase != JOB_FINISHED || ++kept <= MAX_KEPT) {
			at = &job->next;
			continue;
		}
		job_emit_removed(job);
		*at = job->next;
		free_job(job);
	}
}

/* --- the child --------------------------------------------------------------------------------- */

/* Standard input and output, before all other files are closed. */
static void open_streams(int input)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(input < 0 ? null : input, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		_exit(GS_EXIT_FAILED);
	close(null);
}

static void __attribute__((noreturn)) child_main(int fd, const struct job_order *order)
{

	setsid();
	open_streams(order->input);
	child_setup(fd, fd);
	/* Who listens may go; that must not end a switch half way. */
	signal(SIGPIPE, SIG_IGN);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	_exit(cli_main_job(fd, (int)gs_strv_count(order->argv), order->argv));
}

/* --- what it tells ----------------------------------------------------------------------------- */

static void take_lines(struct job *job)
{
	char *line = job->text, *end;

	while ((end = memchr(line, '\n', job->length - (size_t)(line - job->text)))) {
		*end = '\0';
		job_take_record(job, line);
		line = end + 1;
	}
	job->length -= (size_t)(line - job->text);
	memmove(job->text, line, job->length);
}

/* Returns what read() did, or -errno. */
static ssize_t read_more(struct job *job)
{
	const size_t part = 65536;
	ssize_t n;
	char *text;

	if (job->length > LINE_MAX_LENGTH)
		return -EMSGSIZE;
	text = realloc(job->text, job->length + part);
	if (!text)
		return -ENOMEM;
	job->text = text;
	n = read(job->fd, text + job->length, part);
	if (n < 0)
		return -errno;
	job->length += (size_t)n;
	take_lines(job);
	return n;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *data)
{
	ssize_t n = read_more(data);

	(void)fd;
	(void)events;
	if (n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR))
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

/* A child that said nothing at the end was killed; what it had begun is in the journal. */
static void end_without_words(struct job *job, const siginfo_t *info)
{
	bool interrupted = info->si_code != CLD_EXITED && info->si_status == SIGINT;

	job->status = GS_EXIT_FAILED;
	job->result = gs_asprintf("{\"schema\":1,\"error\":{\"code\":\"failed\",\"message\":\"%s\","
				  "\"fix\":%s}}",
				  interrupted ? "cancelled before anything was touched" :
						"the process that switched has ended early",
				  interrupted ? "null" : "\"gpushift recover\"");
}

static void tell_end(const struct job *job)
{
	gs_cleanup_free char *status = gs_asprintf("%d", job->status);
	const char *const fields[] = { "GPUSHIFT_DEVICE", job->card, "GPUSHIFT_EXIT_STATUS",
				       status, NULL };

	log_tell(job->status == GS_EXIT_DONE ? LOG_JOB_DONE : LOG_JOB_FAILED, fields,
		 "%s: ended with status %d", job->card[0] ? job->card : "a job", job->status);
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct job *job = data;
	struct daemon *daemon = job->daemon;

	(void)source;
	while (read_more(job) > 0)
		;
	if (!job->result)
		end_without_words(job, info);
	close(job->fd);
	job->fd = -1;
	job->io = sd_event_source_unref(job->io);
	job->end = sd_event_source_unref(job->end);
	free(gs_steal(job->text));
	job->phase = JOB_FINISHED;
	job->percentage = 100;
	/* What the card is now is shown before it is said that the job has ended. */
	if (shown_read(daemon) < 0)
		log_error(EIO, "cannot read the host after a switch");
	job_emit_changed(job);
	job_emit_finished(job);
	tell_end(job);
	forget_old(daemon);
	job_ended(daemon);
	return 0;
}

/* --- beginning and ending ----------------------------------------------------------------------- */

static int watch(struct job *job, pid_t pid)
{
	sd_event *event = job->daemon->event;
	int r = sd_event_add_child(event, &job->end, pid, WEXITED, on_end, job);

	if (r >= 0)
		r = sd_event_add_io(event, &job->io, job->fd, EPOLLIN, on_input, job);
	/* What it has told is read before its end is looked at. */
	if (r >= 0)
		r = sd_event_source_set_priority(job->end, SD_EVENT_PRIORITY_IDLE);
	return r;
}

static int start_child(struct job *job, const struct job_order *order)
{
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* A daemon that is stopped must not hold up a switch that has much to tell. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	pid = fork();
	if (pid == 0)
		child_main(ends[1], order);
	close(ends[1]);
	job->fd = ends[0];
	if (pid < 0)
		return -errno;
	r = fcntl(job->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : watch(job, pid);
	/* Nobody would hear of it: it has not begun to write yet, or undoes it. */
	if (r < 0)
		kill(pid, SIGINT);
	return r;
}

static int new_job(struct daemon *daemon, sd_bus_message *call, const char *card, struct job **ret)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	job->daemon = daemon;
	job->fd = -1;
	job->path = gs_asprintf(PATH_JOB "/%u", ++daemon->last_job);
	job->card = strdup(card);
	job->step = strdup("");
	job->starter = call ? strdup(sd_bus_message_get_sender(call)) : NULL;
	if (!job->path || !job->card || !job->step || (call && !job->starter)) {
		free_job(job);
		return -ENOMEM;
	}
	*ret = job;
	return 0;
}

int job_start(struct daemon *daemon, sd_bus_message *call, const struct job_order *order,
	      const struct job **ret, sd_bus_error *error)
{
	struct job *job = NULL;
	int r;

	if (daemon->engine->foreign_root)
		return error_code(error, "failed", "another tree than the host's is never changed");
	if (daemon->stopping || count_running(daemon) >= MAX_RUNNING)
		return error_code(error, "busy",
				  daemon->stopping ? "the daemon is about to stop" :
						     "too many switches at once; try again");
	r = new_job(daemon, call, order->card, &job);
	if (r == 0)
		r = start_child(job, order);
	if (r < 0) {
		if (job)
			free_job(job);
		return r;
	}
	job->next = daemon->jobs;
	daemon->jobs = job;
	job_emit_added(job);
	*ret = job;
	return 0;
}

void job_cancel(struct job *job)
{
	if (job->phase != JOB_RUNNING)
		return;
	job->phase = JOB_CANCELLING;
	(void)sd_event_source_send_child_signal(job->end, SIGINT, NULL, 0);
	job_emit_changed(job);
}

size_t job_cancel_all(struct daemon *daemon)
{
	for (struct job *job = daemon->jobs; job; job = job->next)
		job_cancel(job);
	return count_running(daemon);
}

void job_forget_all(struct daemon *daemon)
{
	while (daemon->jobs) {
		struct job *job = daemon->jobs;

		daemon->jobs = job->next;
		free_job(job);
	}
}
