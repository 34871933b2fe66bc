// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: dkms(8), and the links that DKMS keeps: kernel-KERNEL-ARCH -> VERSION/KERNEL/ARCH of what is installed. */
#include "unlock_rebuild.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include "output.h"
#include "state_file.h"
#include "tree.h"
#include "unlock_manifest.h"
#include "vendor_tool.h"

#define DKMS_TREE "var/lib/dkms/nvidia"
#define BUILD_LIMIT_MS (30 * 60 * 1000)

bool unlock_source_version(const char *path, char *ret, size_t size)
{
	static const char prefix[] = "usr/src/nvidia-";
	const char *version = path + sizeof(prefix) - 1;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	return snprintf(ret, size, "%.*s", (int)strcspn(version, "/"), version) < (int)size;
}

/* --- what DKMS has installed --- */

struct installed {
	char version[128], kernel[128];
};

/* Of a link's target; DKMS removes what it points to before it makes it anew. */
static bool parse_link(int folder, const char *name, struct installed *ret)
{
	char target[sizeof(ret->version) + sizeof(ret->kernel)];
	ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);
	char *kernel, *end;

	target[n > 0 ? n : 0] = '\0';
	kernel = strchr(target, '/');
	end = kernel ? strchr(kernel + 1, '/') : NULL;
	if (!end)
		return false;
	*kernel++ = '\0';
	*end = '\0';
	if (!gs_state_is_name(target) || !gs_state_is_name(kernel))
		return false;
	/* No longer than that: they are names. */
	memcpy(ret->version, target, strlen(target) + 1);
	memcpy(ret->kernel, kernel, strlen(kernel) + 1);
	return true;
}

static int read_installed(struct gs_engine *engine, struct installed **ret, size_t *ret_count)
{
	gs_cleanup_close int folder = gs_tree_open(engine, DKMS_TREE, O_RDONLY | O_DIRECTORY);
	char **names = NULL;
	int r = gs_tree_list(engine, DKMS_TREE, &names);

	*ret = NULL;
	*ret_count = 0;
	for (char **name = names; r == 0 && folder >= 0 && name && *name; name++) {
		struct installed one;

		if (strncmp(*name, "kernel-", 7) != 0 || !parse_link(folder, *name, &one))
			continue;
		r = gs_grow(ret, *ret_count, sizeof(**ret));
		if (r == 0)
			(*ret)[(*ret_count)++] = one;
	}
	gs_strv_free(names);
	return r;
}

/* Which version DKMS has installed for a kernel; false: none. */
static bool installed_for(struct gs_engine *engine, const char *kernel, struct installed *ret)
{
	gs_cleanup_free struct installed *list = NULL;
	size_t count;

	if (read_installed(engine, &list, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!gs_streq(list[i].kernel, kernel))
			continue;
		*ret = list[i];
		return true;
	}
	return false;
}

bool unlock_is_installed(struct gs_engine *engine, const char *version, const char *kernel)
{
	struct installed now;

	return installed_for(engine, kernel, &now) && gs_streq(now.version, version);
}

/* --- what is owed --- */

static struct json_object *owed_list(const struct unlock_store *store)
{
	return store->manifest ? unlock_manifest_member(store->manifest, "rebuild") : NULL;
}

size_t unlock_owed_count(const struct unlock_store *store)
{
	struct json_object *list = owed_list(store);

	return list ? json_object_array_length(list) : 0;
}

struct unlock_build unlock_build_of(struct json_object *object)
{
	return (struct unlock_build){ gs_state_string(object, "version"),
				      gs_state_string(object, "kernel") };
}

const char *unlock_build_error(struct json_object *object)
{
	return gs_state_string(object, "error");
}

struct unlock_build unlock_owed(const struct unlock_store *store, size_t index)
{
	return unlock_build_of(json_object_array_get_idx(owed_list(store), index));
}

static int add_to(struct json_object *list, const struct unlock_build *build, const char *error)
{
	struct json_object *object = json_object_new_object();
	int r = object ? gs_state_set(object, "version", build->version) : -ENOMEM;

	if (r == 0)
		r = gs_state_set(object, "kernel", build->kernel);
	if (r == 0 && error)
		r = gs_state_set(object, "error", error);
	if (r == 0 && json_object_array_add(list, object) < 0)
		r = -ENOMEM;
	if (r < 0)
		json_object_put(object);
	return r;
}

static bool is_owed(const struct unlock_store *store, const char *version, const char *kernel)
{
	for (size_t i = 0; i < unlock_owed_count(store); i++) {
		struct unlock_build build = unlock_owed(store, i);

		if (gs_streq(build.version, version) && (!kernel || gs_streq(build.kernel, kernel)))
			return true;
	}
	return false;
}

static int owe(struct unlock_store *store, const char *version, const char *kernel)
{
	struct unlock_build build = { version, kernel };

	return is_owed(store, version, kernel) ? 0 : add_to(owed_list(store), &build, NULL);
}

static int need_list(struct unlock_store *store)
{
	int r = unlock_manifest_need(store);

	if (r < 0 || owed_list(store))
		return r;
	return gs_state_add(store->manifest, "rebuild", json_object_new_array());
}

int unlock_owe(struct unlock_store *store, const char *version, const char *loaded)
{
	gs_cleanup_free struct installed *list = NULL;
	struct utsname running;
	size_t count = 0;
	int r = need_list(store);

	if (r == 0)
		r = read_installed(store->engine, &list, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (gs_streq(list[i].version, version))
			r = owe(store, version, list[i].kernel);
	if (r == 0 && gs_streq(loaded, version) && !is_owed(store, version, NULL))
		r = uname(&running) < 0 ? -errno : owe(store, version, running.release);
	return r == 0 ? unlock_manifest_write(store) : r;
}

int unlock_owe_again(struct unlock_store *store, struct json_object *done)
{
	size_t count = done ? json_object_array_length(done) : 0;
	int r = need_list(store);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct unlock_build build = unlock_build_of(json_object_array_get_idx(done, i));

		r = owe(store, build.version, build.kernel);
	}
	return r == 0 ? unlock_manifest_write(store) : r;
}

void unlock_builds_json(struct gs_json *json, const char *key, struct json_object *list)
{
	struct json_object *copy = NULL;

	if (!list)
		copy = json_object_new_array();
	else if (json_object_deep_copy(list, &copy, NULL) < 0)
		copy = NULL;
	gs_json_put(json, key, copy);
}

void unlock_owed_json(struct gs_json *json, const char *key, const struct unlock_store *store)
{
	unlock_builds_json(json, key, owed_list(store));
}

void unlock_builds_print(struct json_object *done)
{
	for (size_t i = 0; done && i < json_object_array_length(done); i++) {
		struct unlock_build build = unlock_build_of(json_object_array_get_idx(done, i));

		cli_line(stdout, "built: driver %s for kernel %s", build.version, build.kernel);
	}
}

/* --- building --- */

void unlock_builds_clear(struct unlock_builds *builds)
{
	json_object_put(builds->done);
	json_object_put(builds->failed);
	*builds = (struct unlock_builds){ 0 };
}

static int add_result(struct json_object **list, const struct unlock_build *build, const char *error)
{
	if (!*list)
		*list = json_object_new_array();
	return *list ? add_to(*list, build, error) : -ENOMEM;
}

/* Its source or its kernel is gone, or another version took its place: that one is nobody's to replace. */
static bool is_moot(struct gs_engine *engine, const struct unlock_build *build)
{
	struct installed now;
	char path[GS_PATH_MAX];

	if (gs_path(path, "usr/src/nvidia-%s/dkms.conf", build->version) < 0 ||
	    !gs_tree_exists(engine, path))
		return true;
	if (gs_path(path, "lib/modules/%s", build->kernel) < 0 || !gs_tree_exists(engine, path))
		return true;
	return installed_for(engine, build->kernel, &now) &&
	       !gs_streq(now.version, build->version);
}

static int run_dkms(struct gs_engine *engine, const struct unlock_build *build, char *answer,
		    size_t size)
{
	static const char *const verbs[] = { "build", "install" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(verbs); i++) {
		const char *const arguments[] = {
			UNLOCK_DKMS,	verbs[i], "-m",		 "nvidia",  "-v",
			build->version, "-k",	  build->kernel, "--force", NULL,
		};
		const struct gs_tool dkms = { .unit = "unlock-build", .arguments = arguments,
					      .limit_ms = BUILD_LIMIT_MS, .writes_files = true };

		r = gs_vendor_tool(engine, &dkms, answer, size);
	}
	if (r < 0 && !*answer)
		snprintf(answer, size, "%s", r == -ENOENT ? "there is no /" UNLOCK_DKMS : strerror(-r));
	return r;
}

static int strike(struct unlock_store *store, size_t index)
{
	json_object_array_del_idx(owed_list(store), index, 1);
	return unlock_manifest_write(store);
}

/* Returns 1: struck off, 0: still owed. */
static int build_one(struct cli *cli, struct unlock_store *store, size_t index,
		     struct unlock_builds *ret)
{
	struct unlock_build build = unlock_owed(store, index);
	char answer[256] = "";
	int r;

	if (is_moot(cli->engine, &build)) {
		r = strike(store, index);
		return r < 0 ? r : 1;
	}
	cli_hint(cli, "DKMS builds driver %s for kernel %s; that takes minutes", build.version,
		 build.kernel);
	if (run_dkms(cli->engine, &build, answer, sizeof(answer)) < 0)
		return add_result(&ret->failed, &build, answer);
	r = add_result(&ret->done, &build, NULL);
	if (r == 0)
		r = strike(store, index);
	return r < 0 ? r : 1;
}

int unlock_rebuild(struct cli *cli, struct unlock_store *store, char *const *but, bool go_on,
		   struct unlock_builds *ret)
{
	size_t i = 0;

	*ret = (struct unlock_builds){ 0 };
	if (cli->engine->foreign_root)
		return 0;
	while (i < unlock_owed_count(store) && (go_on || !ret->failed)) {
		int r = 0;

		if (!gs_strv_has(but, unlock_owed(store, i).version))
			r = build_one(cli, store, i, ret);
		if (r < 0)
			return r;
		if (r == 0)
			i++;
	}
	return ret->failed ? -EIO : 0;
}
