// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_check.c - gpushift unlock check [<file>] */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "output.h"
#include "tree.h"
#include "unlock/driver.h"
#include "unlock/load.h"
#include "unlock/settings.h"
#include "unlock_check.h"
#include "unlock_trust.h"

#define FOLDER "etc/vgpu_unlock"

/* What the library reads. */
static const struct kind {
	const char *name;
	const struct unlock_kind *kind;
} kinds[] = {
	{ "config.toml", &unlock_kind_settings },
	{ "profile_override.toml", &unlock_kind_overrides },
};

struct check {
	struct cli *cli;
	struct cli_findings findings;
	struct gs_unlock_types *types;
	unsigned int branch;
	size_t present; /* how many of the files are there */
};

/* One of the files, opened. */
struct opened {
	const char *name; /* as it is shown */
	int fd, folder;	  /* or -errno */
	bool draft;
};

/* A draft may belong to anybody; what the library is to read may not. */
static int check_owner(struct check *check, const struct opened *file)
{
	struct stat st, folder, real;
	const char *why;
	int r;

	if (fstat(file->fd, &st) < 0 || fstat(file->folder, &folder) < 0)
		return -errno;
	r = unlock_folder_of(file->fd, &real);
	if (r < 0)
		return r;
	unlock_trust_own(check->cli->engine, &st);
	unlock_trust_own(check->cli->engine, &folder);
	unlock_trust_own(check->cli->engine, &real);
	why = unlock_distrust(&st, &folder, &real);
	if (why)
		cli_findings_add(&check->findings, file->draft ? UNLOCK_NOTE : UNLOCK_ERROR, 0,
				 "the library does not use this file: %s", why);
	return 0;
}

static int check_open(struct check *check, const struct unlock_kind *kind, const struct opened *file)
{
	struct unlock_report report = { cli_findings_say, &check->findings };
	struct unlock_loaded *loaded = NULL;
	struct stat st;
	int r = check_owner(check, file);

	if (r < 0)
		return r;
	if (fstat(file->fd, &st) < 0)
		return -errno;
	r = unlock_load_fd(kind, file->fd, &st, &report, &loaded);
	if (r == 0 && kind == &unlock_kind_overrides)
		cli_unlock_check_overrides(&check->findings, (const void *)loaded->content,
					   check->types, check->branch);
	unlock_unload(loaded);
	return r == -EINVAL ? 0 : r;
}

/* Both are closed. */
static int check_file(struct check *check, const struct unlock_kind *kind, const struct opened *file)
{
	gs_cleanup_close int fd = file->fd;
	gs_cleanup_close int folder = file->folder;
	struct cli *cli = check->cli;
	int r = fd < 0 ? fd : folder < 0 ? folder : 0;

	cli_findings_file(&check->findings, file->name);
	if (r == 0) {
		r = check_open(check, kind, file);
		check->present++;
	}
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r == -ENOENT && !file->draft)
		return 0;
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read '%s': %s",
				file->name, r == -EISDIR ? "it is no regular file" : strerror(-r));
	return 0;
}

/* By its name: it is config.toml, or it is about profiles. */
static const struct unlock_kind *kind_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return gs_streq(slash ? slash + 1 : path, kinds[0].name) ? kinds[0].kind : kinds[1].kind;
}

static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	if (snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		     slash ? path : ".") >= (int)sizeof(folder))
		return -ENAMETOOLONG;
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int check_given(struct check *check, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct opened file = { path, fd < 0 ? -errno : fd, open_folder(path), true };

	return check_file(check, kind_of(path), &file);
}

static int check_installed(struct check *check)
{
	const struct gs_engine *engine = check->cli->engine;
	char path[GS_PATH_MAX], shown[GS_PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(kinds); i++) {
		struct opened file = { .name = shown };

		if (gs_path(path, FOLDER "/%s", kinds[i].name) < 0 ||
		    gs_path(shown, "/%s", path) < 0)
			return GS_EXIT_FAILED;
		file.fd = gs_tree_open(engine, path, O_RDONLY);
		file.folder = gs_tree_open(engine, FOLDER, O_PATH | O_DIRECTORY);
		r = check_file(check, kinds[i].kind, &file);
	}
	return r;
}

/* What is to be compared with; a host without the driver checks less. */
static int read_driver(struct check *check)
{
	gs_cleanup_free char *version = NULL;
	int r = gs_unlock_types_read(check->cli->engine, &check->types);

	if (r == -ENOMEM)
		return cli_no_memory(check->cli);
	if (r == -ENOENT)
		cli_hint(check->cli, "without the driver's types (/" GS_UNLOCK_TYPES_PATH
				     "): whether profiles exist and fit their cards is not checked");
	else if (r < 0)
		cli_hint(check->cli, "/" GS_UNLOCK_TYPES_PATH " cannot be read: %s", strerror(-r));
	if (gs_tree_read(check->cli->engine, "sys/module/nvidia/version", &version) == 0)
		check->branch = unlock_branch_parse(version);
	return 0;
}

static int print(struct check *check)
{
	enum gs_exit status = check->findings.problems ? GS_EXIT_FAILED : GS_EXIT_DONE;
	struct gs_json document;

	if (check->findings.no_memory)
		return cli_no_memory(check->cli);
	cli_findings_sort(&check->findings);
	if (check->cli->json) {
		gs_json_begin_document(&document);
		gs_json_put_strings(&document, "files", check->findings.files);
		cli_findings_json(&check->findings, &document);
		return cli_document(gs_json_end(&document), status);
	}
	cli_findings_print(&check->findings);
	if (!check->present)
		cli_line(stdout, "There is no file in /" FOLDER ": nothing is overridden.");
	else if (!check->findings.problems)
		cli_line(stdout, "Nothing is wrong.");
	return status;
}

int verb_unlock_check(struct cli *cli)
{
	struct check check = { .cli = cli };
	int r;

	r = read_driver(&check);
	if (r == 0)
		r = cli->n_arguments ? check_given(&check, cli->arguments[0]) :
				       check_installed(&check);
	if (r == 0)
		r = print(&check);
	cli_findings_clear(&check.findings);
	gs_unlock_types_free(check.types);
	return r;
}
