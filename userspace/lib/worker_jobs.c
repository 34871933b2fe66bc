// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker_jobs.h"

#include <fcntl.h>

#include "fences.h"
#include "modules.h"
#include "proof.h"
#include "rom.h"
#include "tree.h"
#include "units.h"
#include "vfs.h"

static void close_written(struct gs_job_state *state)
{
	if (state->written[0])
		close(state->written_fd);
	state->written[0] = '\0';
}

/* vGPUs of one type are made by one file, and sysfs takes each write to an open one as a new value. */
static int open_written(struct gs_job_state *state, const char *path)
{
	int fd;

	if (strcmp(state->written, path) == 0)
		return state->written_fd;
	fd = gs_tree_open(state->engine, path, O_WRONLY);
	if (fd < 0)
		return fd;
	/* It may block: that is what the deadline is for. */
	fcntl(fd, F_SETFL, 0);
	strcpy(state->written, path);
	state->written_fd = fd;
	return fd;
}

static int do_write(struct gs_job_state *state, const struct gs_job *job,
		    struct gs_job_answer *answer)
{
	int fd = open_written(state, job->path);
	size_t length = strlen(job->data);
	ssize_t n;

	(void)answer;
	if (fd < 0)
		return fd;
	n = write(fd, job->data, length); /* one write: sysfs takes a value at a time */
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

static int do_read(struct gs_job_state *state, const struct gs_job *job,
		   struct gs_job_answer *answer)
{
	gs_cleanup_free char *text = NULL;
	int r;

	r = gs_tree_read(state->engine, job->path, &text);
	if (r < 0)
		return r;
	if (strlen(text) >= sizeof(answer->text))
		return -EFBIG;
	strcpy(answer->text, text);
	return 0;
}

/* A device that fell off the bus reads all ones. */
static int do_answers(struct gs_job_state *state, const struct gs_job *job,
		      struct gs_job_answer *answer)
{
	gs_cleanup_close int fd = gs_tree_open(state->engine, job->path, O_RDONLY);
	uint16_t vendor;

	(void)answer;
	if (fd < 0)
		return fd;
	if (pread(fd, &vendor, sizeof(vendor), 0) != (ssize_t)sizeof(vendor))
		return -EIO;
	return vendor == 0xffff ? -ENXIO : 0;
}

/* All that there is, up to @max. Returns how much, or -errno. */
static ssize_t read_bytes(int fd, uint8_t *bytes, size_t max)
{
	size_t length = 0;

	while (length < max) {
		ssize_t n = pread(fd, bytes + length, max - length, (off_t)length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/*
 * The kernel shows a ROM only after a 1 was written, and until a 0 and a newline
 * are. All of it is one job: its end does not depend on who asked for it.
 */
static int do_read_rom(struct gs_job_state *state, const struct gs_job *job,
		       struct gs_job_answer *answer)
{
	bool as_it_is = job->data[0];
	gs_cleanup_close int fd =
		gs_tree_open(state->engine, job->path, as_it_is ? O_RDONLY : O_RDWR);
	gs_cleanup_free uint8_t *bytes = malloc(GS_ROM_MAX);
	struct gs_rom rom;
	ssize_t length;
	int r = 0;

	if (fd < 0 || !bytes)
		return fd < 0 ? fd : -ENOMEM;
	if (!as_it_is && pwrite(fd, "1", 1, 0) < 0)
		return -errno;
	length = read_bytes(fd, bytes, GS_ROM_MAX);
	if (!as_it_is && pwrite(fd, "0\n", 2, 0) < 0)
		r = -errno;
	if (length < 0)
		return (int)length;
	if (r == 0)
		r = gs_rom_parse(bytes, (size_t)length, &rom);
	if (r == 0)
		gs_rom_format(&rom, answer->text);
	return r;
}

/* Loaded and ready, or built in: then there is nothing to look up. */
static bool is_loaded(struct gs_engine *engine, const char *module)
{
	gs_cleanup_free char *state = NULL;
	gs_cleanup_free char *name = strdup(module);
	char path[GS_PATH_MAX];

	for (char *p = name; p && *p; p++)
		if (*p == '-')
			*p = '_';
	if (!name || gs_path(path, "sys/module/%s", name) < 0 || !gs_tree_exists(engine, path))
		return false;
	if (gs_path(path, "sys/module/%s/initstate", name) < 0 ||
	    gs_tree_read(engine, path, &state) < 0)
		return true;
	return strcmp(state, "live") == 0;
}

/* A module that needs loading, and is there afterwards. */
static int insert_module(struct kmod_module *module)
{
	int r = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
	int state;

	if (r < 0)
		return r;
	state = kmod_module_get_initstate(module);
	if (state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN)
		return 0;
	return state < 0 ? state : -EIO;
}

static int insert_by_name(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_list *modules = NULL;
	struct kmod_list *item;
	int r;

	r = kmod_module_new_from_lookup(kmod, name, &modules);
	if (r >= 0)
		r = modules ? 0 : -ENOENT;
	kmod_list_foreach(item, modules)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		if (r == 0)
			r = insert_module(module);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(modules);
	return r;
}

static int do_load_module(struct gs_job_state *state, const struct gs_job *job,
			  struct gs_job_answer *answer)
{
	struct kmod_ctx *kmod;
	int r;

	(void)answer;
	if (is_loaded(state->engine, job->path))
		return 0;
	if (state->engine->foreign_root)
		return -EPERM;
	kmod = gs_modules_open();
	if (!kmod)
		return -ENOMEM;
	r = insert_by_name(kmod, job->path);
	if (r == -ENOENT && job->data[0])
		r = insert_by_name(kmod, job->data);
	kmod_unref(kmod);
	return r;
}

static int do_prove_group(struct gs_job_state *state, const struct gs_job *job,
			  struct gs_job_answer *answer)
{
	(void)answer;
	return gs_prove_group(state->engine, job->path);
}

static int do_try_open(struct gs_job_state *state, const struct gs_job *job,
		       struct gs_job_answer *answer)
{
	gs_cleanup_close int fd = gs_tree_open(state->engine, job->path, O_RDWR);

	(void)answer;
	return fd < 0 ? fd : 0;
}

static int do_hold_open(struct gs_job_state *state, const struct gs_job *job,
			struct gs_job_answer *answer)
{
	int fd;

	(void)answer;
	for (size_t i = 0; i < state->n_held; i++)
		if (strcmp(state->held[i].path, job->path) == 0)
			return 0;
	if (gs_grow(&state->held, state->n_held, sizeof(*state->held)) < 0)
		return -ENOMEM;
	fd = gs_tree_open(state->engine, job->path, O_RDWR);
	if (fd < 0)
		return fd;
	strcpy(state->held[state->n_held].path, job->path);
	state->held[state->n_held++].fd = fd;
	return 0;
}

static int do_let_go(struct gs_job_state *state, const struct gs_job *job,
		     struct gs_job_answer *answer)
{
	(void)answer;
	for (size_t i = state->n_held; i-- > 0;) {
		if (job->path[0] && strcmp(state->held[i].path, job->path) != 0)
			continue;
		close(state->held[i].fd);
		state->held[i] = state->held[--state->n_held];
	}
	return 0;
}

static int do_stop_unit(struct gs_job_state *state, const struct gs_job *job,
			struct gs_job_answer *answer)
{
	return gs_unit_stop(state->engine, job->path, answer->text, sizeof(answer->text));
}

static int do_start_unit(struct gs_job_state *state, const struct gs_job *job,
			 struct gs_job_answer *answer)
{
	return gs_unit_start(state->engine, job->path, answer->text, sizeof(answer->text));
}

static int do_drain(struct gs_job_state *state, const struct gs_job *job,
		    struct gs_job_answer *answer)
{
	unsigned int on, limit_ms;

	if (sscanf(job->data, "%u %u", &on, &limit_ms) != 2)
		return -EINVAL;
	return gs_drain(state->engine, job->path, on, limit_ms, answer->text, sizeof(answer->text));
}

static int do_sriov_manage(struct gs_job_state *state, const struct gs_job *job,
			   struct gs_job_answer *answer)
{
	unsigned int on, limit_ms;

	if (sscanf(job->data, "%u %u", &on, &limit_ms) != 2)
		return -EINVAL;
	return gs_sriov_manage(state->engine, job->path, on, limit_ms, answer->text,
			       sizeof(answer->text));
}

static int (*const job_table[])(struct gs_job_state *, const struct gs_job *,
				struct gs_job_answer *) = {
	[GS_JOB_WRITE] = do_write,
	[GS_JOB_READ] = do_read,
	[GS_JOB_LOAD_MODULE] = do_load_module,
	[GS_JOB_PROVE_GROUP] = do_prove_group,
	[GS_JOB_ANSWERS] = do_answers,
	[GS_JOB_TRY_OPEN] = do_try_open,
	[GS_JOB_HOLD_OPEN] = do_hold_open,
	[GS_JOB_LET_GO] = do_let_go,
	[GS_JOB_STOP_UNIT] = do_stop_unit,
	[GS_JOB_START_UNIT] = do_start_unit,
	[GS_JOB_DRAIN] = do_drain,
	[GS_JOB_READ_ROM] = do_read_rom,
	[GS_JOB_SRIOV_MANAGE] = do_sriov_manage,
};

int gs_job_run(struct gs_job_state *state, const struct gs_job *job, struct gs_job_answer *answer)
{
	if (job->kind >= GS_ARRAY_SIZE(job_table) || !job_table[job->kind])
		return -ENOTSUP;
	if (job->kind != GS_JOB_WRITE || strcmp(state->written, job->path) != 0)
		close_written(state);
	return job_table[job->kind](state, job, answer);
}
