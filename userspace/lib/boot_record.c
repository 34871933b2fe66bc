// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_record.c - what was on disk before, written down before it changes. */
#include "boot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "remembered.h"
#include "state_file.h"
#include "tree.h"

static int put_list(struct json_object *json, const char *key, char *const *list)
{
	struct json_object *array = json_object_new_array();

	for (; array && list && *list; list++) {
		struct json_object *word = json_object_new_string(*list);

		if (!word || json_object_array_add(array, word) < 0) {
			json_object_put(word);
			json_object_put(array);
			return -ENOMEM;
		}
	}
	return gs_state_add(json, key, array);
}

static struct json_object *file_to_json(const struct gs_boot_file *file)
{
	struct json_object *json = json_object_new_object();

	if (json && gs_state_set(json, "path", file->path) == 0 &&
	    gs_state_set(json, "before", file->before) == 0 &&
	    gs_state_set(json, "after", file->after) == 0)
		return json;
	json_object_put(json);
	return NULL;
}

static int put_files(struct json_object *json, const struct gs_boot_change *change)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < change->n_files; i++) {
		struct json_object *file = file_to_json(&change->files[i]);

		if (!file || json_object_array_add(array, file) < 0) {
			json_object_put(file);
			json_object_put(array);
			return -ENOMEM;
		}
	}
	return gs_state_add(json, "files", array);
}

/* As the files are whose content it holds: where one of them is for root only, so is it. */
static mode_t mode_of_record(struct gs_engine *engine, const struct gs_boot_change *change)
{
	for (size_t i = 0; i < change->n_files; i++) {
		gs_cleanup_close int fd = gs_tree_open(engine, change->files[i].path, O_PATH);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && !(st.st_mode & S_IROTH))
			return 0600;
	}
	return 0644;
}

int gs_boot_record_write(struct gs_engine *engine, const struct gs_boot_change *change)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	gs_cleanup_free char *text = NULL;
	int r;

	if (!json)
		return -ENOMEM;
	r = put_files(json, change);
	if (r == 0)
		r = put_list(json, "command", change->command);
	if (r == 0)
		r = put_list(json, "undo", change->undo);
	if (r == 0)
		r = put_list(json, "words", change->words);
	if (r == 0)
		r = gs_state_add(json, "finished", json_object_new_boolean(change->finished));
	/* A tree of no boot is not asked about one. */
	if (r == 0 && gs_add_boot_id(engine, json) == -ENOMEM)
		r = -ENOMEM;
	if (r < 0)
		return r;
	text = gs_asprintf("%s\n", json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	if (!text)
		return -ENOMEM;
	r = gs_state_mkdir(engine, GS_STATE_DIR, 0755);
	if (r < 0)
		return r;
	return gs_state_write_mode(engine, GS_BOOT_RECORD, text, mode_of_record(engine, change));
}

static int get_list(struct json_object *json, const char *key, char ***ret)
{
	struct json_object *array;
	int r = 0;

	if (!json_object_object_get_ex(json, key, &array) ||
	    !json_object_is_type(array, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++) {
		struct json_object *word = json_object_array_get_idx(array, i);

		r = json_object_is_type(word, json_type_string) ?
			    gs_strv_add(ret, json_object_get_string(word)) :
			    -EBADMSG;
	}
	return r;
}

static int copy_string(struct json_object *json, const char *key, char **ret)
{
	const char *text = gs_state_string(json, key);

	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int get_file(struct json_object *json, struct gs_boot_change *change)
{
	const char *path = gs_state_string(json, "path");
	char *before = NULL, *after = NULL;
	int r;

	if (!path || path[0] == '/' || !path[0])
		return -EBADMSG;
	r = copy_string(json, "before", &before);
	if (r == 0)
		r = copy_string(json, "after", &after);
	if (r == 0)
		return gs_boot_change_add(change, path, before, after);
	free(before);
	free(after);
	return r;
}

static int from_json(struct json_object *json, struct gs_boot_change *ret)
{
	struct json_object *files, *finished;
	int r = 0;

	if (!json_object_object_get_ex(json, "files", &files) ||
	    !json_object_is_type(files, json_type_array) ||
	    !json_object_object_get_ex(json, "finished", &finished))
		return -EBADMSG;
	ret->finished = json_object_get_boolean(finished);
	for (size_t i = 0; r == 0 && i < json_object_array_length(files); i++)
		r = get_file(json_object_array_get_idx(files, i), ret);
	if (r == 0)
		r = get_list(json, "command", &ret->command);
	if (r == 0)
		r = get_list(json, "undo", &ret->undo);
	/* Not in a record of old. */
	if (r == 0 && json_object_object_get_ex(json, "words", NULL))
		r = get_list(json, "words", &ret->words);
	return r;
}

/* "arch+2-1.conf": the length of what stands before its tries; 0: it is no name of an entry. */
static size_t entry_stem(const char *name)
{
	size_t length = strlen(name), stem;
	const char *plus;

	if (length < 6 || strcmp(name + length - 5, ".conf") != 0)
		return 0;
	plus = memrchr(name, '+', length - 5);
	stem = plus ? (size_t)(plus - name) : length - 5;
	return plus && plus[1 + strspn(plus + 1, "0123456789-")] != '.' ? length - 5 : stem;
}

/* Names of the entries of @folder that differ from @name in their tries only; the first, and how many. */
static int find_entry(struct gs_engine *engine, const char *folder, const char *name, char **ret,
		      size_t *ret_count)
{
	char **names = NULL;
	size_t stem = entry_stem(name);
	int r = gs_tree_list(engine, folder, &names);

	*ret_count = 0;
	for (char **one = names; r == 0 && one && *one; one++) {
		if (entry_stem(*one) != stem || strncmp(*one, name, stem) != 0)
			continue;
		if ((*ret_count)++ == 0)
			r = (*ret = gs_asprintf("%s/%s", folder, *one)) ? 0 : -ENOMEM;
	}
	gs_strv_free(names);
	return r;
}

/* systemd-boot counts the tries of an entry in its name: it is the same file under another one. */
static int follow(struct gs_engine *engine, struct gs_boot_file *file)
{
	const char *slash = strrchr(file->path, '/');
	gs_cleanup_free char *folder = NULL, *found = NULL;
	size_t count;
	int r;

	if (!file->before || !file->after || !slash || !entry_stem(slash + 1) ||
	    gs_tree_has(engine, file->path))
		return 0;
	folder = strndup(file->path, (size_t)(slash - file->path));
	if (!folder)
		return -ENOMEM;
	r = find_entry(engine, folder, slash + 1, &found, &count);
	if (r < 0 || count != 1)
		return r == -ENOMEM ? r : 0;
	free(file->path);
	file->path = gs_steal(found);
	return 0;
}

int gs_boot_record_read(struct gs_engine *engine, struct gs_boot_change **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_boot_change *change;
	int r;

	r = gs_state_read(engine, GS_BOOT_RECORD, &json);
	if (r < 0)
		return r;
	change = calloc(1, sizeof(*change));
	if (!change)
		return -ENOMEM;
	r = from_json(json, change);
	change->same_boot = gs_same_boot(engine, json);
	for (size_t i = 0; r == 0 && i < change->n_files; i++)
		r = follow(engine, &change->files[i]);
	if (r < 0) {
		gs_boot_change_clear(change);
		free(change);
		return r;
	}
	*ret = change;
	return 0;
}
