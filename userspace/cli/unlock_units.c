// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: systemd.unit(5), systemd.syntax(7), systemd.exec(5): which drop-ins a service has, and how their lines are read. */
#include "unlock_units.h"

#include "output.h"
#include "tree.h"
#include "unlock_host.h"

int unlock_units_refuse(struct cli *cli, const char *path, const char *what)
{
	return cli_fail(cli, GS_EXIT_REFUSED, "foreign-owner", "take that out first, by what put it there",
			"/%s %s", path, what);
}

/* --- lines --- */

struct span {
	const char *text;
	size_t length;
};

struct lines {
	const char *at;
	struct span key, value; /* of the line that was read last, without blanks around them */
	bool goes_on;		/* on the next line, which has no key of its own */
	bool whole;		/* it is all of its setting */
};

static bool is(const struct span *span, const char *text)
{
	return span->length == strlen(text) && memcmp(span->text, text, span->length) == 0;
}

static bool holds(const struct span *span, const char *text)
{
	return memmem(span->text, span->length, text, strlen(text)) != NULL;
}

static struct span trim(const char *text, size_t length)
{
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	while (length && strchr(" \t", *text)) {
		text++;
		length--;
	}
	return (struct span){ text, length };
}

static struct span take_line(struct lines *lines)
{
	size_t length = strcspn(lines->at, "\n");
	struct span line = trim(lines->at, length);

	lines->at += length;
	lines->at += *lines->at == '\n';
	return line;
}

/* The next line that sets something. */
static bool next_setting(struct lines *lines)
{
	while (*lines->at) {
		struct span line = take_line(lines);
		bool went_on = lines->goes_on;
		const char *equals;

		if (line.length && strchr("#;", *line.text))
			continue;
		lines->goes_on = line.length && line.text[line.length - 1] == '\\';
		lines->whole = !went_on && !lines->goes_on;
		line = trim(line.text, line.length - lines->goes_on);
		lines->value = line;
		if (went_on)
			return true;
		equals = memchr(line.text, '=', line.length);
		if (!equals) {
			lines->goes_on = false;
			continue;
		}
		lines->key = trim(line.text, (size_t)(equals - line.text));
		lines->value = trim(equals + 1, line.length - (size_t)(equals + 1 - line.text));
		return true;
	}
	return false;
}

/* --- what they say --- */

static const char preloads[] = "preloads something already";

/* Two libraries would each answer. That a path has vgpu_unlock in it says nothing: so has that of the configuration. */
static const struct conflict {
	const char *key, *word, *what;
} conflicts[] = {
	{ "Environment", "LD_PRELOAD", preloads },
	{ "PassEnvironment", "LD_PRELOAD", preloads },
	{ "UnsetEnvironment", "LD_PRELOAD", "takes away what is to be preloaded" },
	{ "ExecStart", "LD_PRELOAD", preloads },
	{ "ExecStart", "vgpu_unlock", "starts the service by vgpu_unlock already" },
};

/* What such a file says comes after what drop-ins say. */
static int check_environment_file(struct cli *cli, const struct span *value)
{
	gs_cleanup_free char *text = NULL;
	bool may_be_gone = value->length && *value->text == '-';
	char path[GS_PATH_MAX];
	struct lines lines;
	int r;

	if (gs_path(path, "%.*s", (int)(value->length - may_be_gone), value->text + may_be_gone) < 0 ||
	    path[0] != '/')
		return 0;
	r = gs_tree_read(cli->engine, path + 1, &text);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return 0;
	lines = (struct lines){ .at = text };
	while (next_setting(&lines))
		if (is(&lines.key, "LD_PRELOAD"))
			return unlock_units_refuse(cli, path + 1, preloads);
	return 0;
}

/* @later: it is read after ours. */
static int check_setting(struct cli *cli, const char *path, const struct lines *line, bool later)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(conflicts); i++)
		if (is(&line->key, conflicts[i].key) && holds(&line->value, conflicts[i].word))
			return unlock_units_refuse(cli, path, conflicts[i].what);
	if (later && is(&line->key, "Environment") && line->whole && !line->value.length)
		return unlock_units_refuse(cli, path,
					   "empties the environment that drop-ins before it set");
	return is(&line->key, "EnvironmentFile") ? check_environment_file(cli, &line->value) : 0;
}

static int check_file(struct cli *cli, const char *path, bool later)
{
	gs_cleanup_free char *text = NULL;
	struct lines lines;
	int r = gs_tree_read(cli->engine, path, &text);

	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return 0;
	lines = (struct lines){ .at = text };
	while (r == 0 && next_setting(&lines))
		r = check_setting(cli, path, &lines, later);
	return r;
}

/* --- which files --- */

/* What systemd would read. */
static bool is_drop_in(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && gs_streq(name + length - 5, ".conf");
}

/* They are read by their names, whatever folder they are in. */
static int check_folder(struct cli *cli, const char *folder)
{
	char path[GS_PATH_MAX];
	char **names = NULL;
	int r = 0;

	if (gs_tree_list(cli->engine, folder, &names) < 0)
		r = cli_no_memory(cli);
	for (char **name = names; r == 0 && name && *name; name++)
		if (is_drop_in(*name) && !gs_streq(*name, UNLOCK_DROP_IN) &&
		    gs_path(path, "%s/%s", folder, *name) == 0)
			r = check_file(cli, path, strcmp(*name, UNLOCK_DROP_IN) > 0);
	gs_strv_free(names);
	return r;
}

/* Of a-b.service: a-b.service.d, a-.service.d, and service.d. */
static int check_drop_ins(struct cli *cli, const char *units, const char *service)
{
	char folder[GS_PATH_MAX];
	int r = 0;

	for (size_t length = strlen(service); r == 0 && length > 0; length--) {
		bool all = !service[length];

		if (!all && service[length - 1] != '-')
			continue;
		if (gs_path(folder, "%s/%.*s%s.d", units, (int)length, service, all ? "" : ".service") == 0)
			r = check_folder(cli, folder);
	}
	if (r == 0 && gs_path(folder, "%s/service.d", units) == 0)
		r = check_folder(cli, folder);
	return r;
}

int unlock_units_check(struct cli *cli, const char *service)
{
	const char *folder = unlock_host_service(cli->engine, service);
	char path[GS_PATH_MAX];
	int r = 0;

	if (!folder)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"install NVIDIA's vGPU host driver (...-vgpu-kvm.run --dkms)",
				"there is no %s: this is not the vGPU host driver", service);
	if (gs_path(path, "%s/%s", folder, service) == 0)
		r = check_file(cli, path, false);
	for (const char *const *in = unlock_unit_folders; r == 0 && *in; in++)
		r = check_drop_ins(cli, *in, service);
	return r;
}
