// SPDX-License-Identifier: GPL-2.0-or-later
/* config.c - which files are read, whom they must belong to, and what comes of them. */
#include "config.h"

#include <fcntl.h>

#include "tree.h"

#define FILE_MAX_BYTES (256 * 1024)

void gs_config_error_clear(struct gs_config_error *error)
{
	free(error->message);
	free(error->fix);
	*error = (struct gs_config_error){ 0 };
}

void gs_configuration_free(struct gs_configuration *configuration)
{
	if (!configuration)
		return;
	for (size_t i = 0; i < configuration->n_cards; i++) {
		struct gs_card_config *card = &configuration->cards[i];

		free(card->name);
		free(card->driver);
		free(card->where);
		gs_strv_free(card->quiesce);
	}
	free(configuration->cards);
	gs_strv_free(configuration->quiesce);
	free(configuration);
}

/* As people find the file: below --root DIR, if there is one. */
static char *full_path(const struct gs_engine *engine, const char *path)
{
	size_t length = strlen(engine->root);

	while (length && engine->root[length - 1] == '/')
		length--;
	return gs_asprintf("%.*s/%s", (int)length, engine->root, path);
}

static int insecure(struct gs_config_error *error, const char *path, const char *why,
		    const char *command)
{
	error->message = gs_asprintf("%s: not read, since %s", path, why);
	error->fix = gs_asprintf("%s %s", command, path);
	return error->message && error->fix ? -EINVAL : -ENOMEM;
}

/* A tree that was made by a user may be his, which on the host itself would give him the cards. */
static int check_owner(const struct gs_engine *engine, const char *path, const struct stat *st,
		       struct gs_config_error *error)
{
	bool own = st->st_uid == 0 || (engine->foreign_root && st->st_uid == geteuid());

	if (!own)
		return insecure(error, path, "it does not belong to root", "chown root:root");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return insecure(error, path, "others can write it", "chmod go-w");
	return 0;
}

static int open_checked(const struct gs_engine *engine, const char *path, int flags,
			const char *shown, struct stat *st, struct gs_config_error *error)
{
	int fd = gs_tree_open(engine, path, O_RDONLY | flags);
	int r;

	if (fd < 0)
		return fd;
	r = fstat(fd, st) < 0 ? -errno : check_owner(engine, shown, st, error);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static int read_bytes(int fd, char *buffer, size_t size, size_t *ret_length)
{
	size_t length = 0;
	ssize_t n;

	do {
		n = read(fd, buffer + length, size - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	*ret_length = length;
	return n < 0 ? -errno : 0;
}

static int not_a_file(const char *shown, const struct stat *st, struct gs_config_error *error)
{
	error->message = gs_asprintf("%s: %s", shown,
				     S_ISREG(st->st_mode) ? "the file is too large" : "not a file");
	return error->message ? -EINVAL : -ENOMEM;
}

static int read_file(struct gs_engine *engine, const char *path,
		     struct gs_configuration *configuration, struct gs_config_error *error)
{
	gs_cleanup_free char *shown = full_path(engine, path);
	gs_cleanup_free char *text = NULL;
	gs_cleanup_close int fd = -1;
	size_t length;
	struct stat st;
	int r;

	if (!shown)
		return -ENOMEM;
	fd = open_checked(engine, path, 0, shown, &st, error);
	if (fd < 0)
		return fd;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES)
		return not_a_file(shown, &st, error);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	r = read_bytes(fd, text, (size_t)st.st_size, &length);
	if (r < 0)
		return r;
	return gs_configuration_parse(configuration, shown, text, length, error);
}

/* Who can put files into a folder can put any file there that belongs to root. */
static int check_folder(struct gs_engine *engine, const char *path, struct gs_config_error *error)
{
	gs_cleanup_free char *shown = full_path(engine, path);
	gs_cleanup_close int fd = -1;
	struct stat st;

	if (!shown)
		return -ENOMEM;
	fd = open_checked(engine, path, O_DIRECTORY, shown, &st, error);
	return fd < 0 ? fd : 0;
}

static bool is_conf(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && gs_streq(name + length - 5, ".conf");
}

static int read_drop_ins(struct gs_engine *engine, struct gs_configuration *configuration,
			 struct gs_config_error *error)
{
	char path[GS_PATH_MAX];
	char **names = NULL;
	int r;

	r = check_folder(engine, GS_CONFIG_FOLDER, error);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = gs_tree_list(engine, GS_CONFIG_FOLDER, &names);
	for (char **name = names; r == 0 && name && *name; name++) {
		if (!is_conf(*name))
			continue;
		r = gs_path(path, GS_CONFIG_FOLDER "/%s", *name);
		if (r == 0)
			r = read_file(engine, path, configuration, error);
	}
	gs_strv_free(names);
	return r;
}

static int read_files(struct gs_engine *engine, struct gs_configuration *configuration,
		      struct gs_config_error *error)
{
	int r;

	r = check_folder(engine, "etc/gpushift", error);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = read_file(engine, GS_CONFIG_PATH, configuration, error);
	if (r == 0 || r == -ENOENT)
		r = read_drop_ins(engine, configuration, error);
	return r == 0 ? gs_configuration_check(configuration, error) : r;
}

int gs_configuration_read(struct gs_engine *engine, struct gs_configuration **ret,
			  struct gs_config_error *error)
{
	struct gs_configuration *configuration = calloc(1, sizeof(*configuration));
	int r;

	*error = (struct gs_config_error){ 0 };
	if (!configuration)
		return -ENOMEM;
	r = read_files(engine, configuration, error);
	if (r == 0) {
		*ret = configuration;
		return 0;
	}
	gs_configuration_free(configuration);
	if (r != -EINVAL)
		gs_config_error_clear(error);
	return r;
}

int gs_engine_configure(struct gs_engine *engine, struct gs_config_error *error)
{
	struct gs_configuration *configuration;
	int r = gs_configuration_read(engine, &configuration, error);

	if (r < 0)
		return r;
	gs_configuration_free(engine->configuration);
	engine->configuration = configuration;
	return 0;
}

const struct gs_card_config *gs_configuration_card(const struct gs_configuration *configuration,
						   const struct gs_address *address)
{
	for (size_t i = 0; configuration && i < configuration->n_cards; i++)
		if (gs_address_equal(&configuration->cards[i].address, address))
			return &configuration->cards[i];
	return NULL;
}

const struct gs_card_config *gs_configuration_alias(const struct gs_configuration *configuration,
						    const char *name)
{
	for (size_t i = 0; configuration && i < configuration->n_cards; i++)
		if (gs_streq(configuration->cards[i].name, name))
			return &configuration->cards[i];
	return NULL;
}

static int add_units(struct gs_card *card, char *const *units)
{
	int r = 0;

	for (; r == 0 && units && *units; units++)
		if (!gs_strv_has(card->quiesce, *units))
			r = gs_strv_add(&card->quiesce, *units);
	return r;
}

int gs_configure_card(const struct gs_configuration *configuration, struct gs_card *card)
{
	const struct gs_card_config *config =
		gs_configuration_card(configuration, &gs_card_display(card)->address);
	int r;

	if (!configuration)
		return 0;
	r = add_units(card, configuration->quiesce);
	if (r < 0 || !config)
		return r;
	card->alias = strdup(config->name);
	if (!card->alias)
		return -ENOMEM;
	if (config->driver) {
		card->host_driver = strdup(config->driver);
		if (!card->host_driver)
			return -ENOMEM;
	}
	return add_units(card, config->quiesce);
}
