// SPDX-License-Identifier: GPL-2.0-or-later
#include "verb.h"

#include <fcntl.h>

#include "cli.h"
#include "tree.h"

#define WORDS 16

/* What the last verb printed. */
static struct json_object *document;

static struct json_object *read_document(int fd)
{
	struct json_object *json = lseek(fd, 0, SEEK_SET) == 0 ? json_object_from_fd(fd) : NULL;

	if (!json)
		fail_msg("no document: %s", json_util_get_last_err());
	return json;
}

int run_verb(struct lab *lab, const char *line)
{
	char words[256], path[] = "/tmp/gpushift-verb.XXXXXX", *argv[WORDS + 2] = { "gpushift" };
	int argc = 1, out, saved, status;
	struct cli cli;
	char *rest = words;

	snprintf(words, sizeof(words), "%s", line);
	while (argc < WORDS && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc++] = (char *)"--json";
	argv[argc++] = (char *)"--quiet";
	argv[argc] = NULL;
	out = mkstemp(path);
	assert_true(out >= 0);
	/* Not even one that is killed half way leaves it. */
	unlink(path);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(out, STDOUT_FILENO);
	status = cli_parse(&cli, argc, argv);
	if (status == 0) {
		cli.engine = lab->engine;
		status = cli.verb->run(&cli);
		cli.engine = NULL;
	}
	cli_clear(&cli);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	json_object_put(document);
	document = read_document(out);
	close(out);
	return status;
}

const char *at(const char *path)
{
	struct json_object *json = document;
	char words[128], *rest = words, *word;

	snprintf(words, sizeof(words), "%s", path);
	while ((word = strsep(&rest, "/"))) {
		if (json_object_is_type(json, json_type_array))
			json = json_object_array_get_idx(json, strtoul(word, NULL, 10));
		else if (!json_object_object_get_ex(json, word, &json))
			fail_msg("no %s in %s", path, json_object_to_json_string(document));
	}
	return json ? json_object_get_string(json) : "null";
}

int verb_teardown(void **state)
{
	json_object_put(document);
	document = NULL;
	return lab_teardown(state);
}

size_t count_of(const char *key)
{
	return json_object_array_length(json_object_object_get(document, key));
}

void use_vgpu_driver(struct lab *lab)
{
	fake_kernel_vgpu_driver(lab->tree, "nvidia", "nvidia-46", 2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
}

int run_vm(struct lab *lab, const char *line, const char *description)
{
	char path[] = "/tmp/gpushift-verb.XXXXXX";
	int in = mkstemp(path), saved = dup(STDIN_FILENO), status;

	assert_true(in >= 0);
	unlink(path);
	assert_int_equal(write(in, description, strlen(description)), (ssize_t)strlen(description));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	dup2(in, STDIN_FILENO);
	status = run_verb(lab, line);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(in);
	return status;
}

bool is_on(struct lab *lab, const char *vf, const char *driver)
{
	gs_cleanup_free char *found = NULL;
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", vf);
	(void)!gs_tree_link_name(lab->engine, path, &found);
	return gs_streq(found, driver);
}
