// SPDX-License-Identifier: GPL-2.0-or-later
/* import_parse.c - lines of modprobe.d, of the command line, and of driverctl. */
#include <ctype.h>

#include "import.h"
#include "tree.h"

#define BLANKS " \t\r"

void gs_bindings_clear(struct gs_bindings *bindings)
{
	for (size_t i = 0; i < bindings->count; i++) {
		free(bindings->list[i].where);
		free(bindings->list[i].text);
		free(bindings->list[i].driver);
		free(bindings->list[i].ids);
	}
	free(bindings->list);
	*bindings = (struct gs_bindings){ 0 };
}

/* Modules are called with either of the two. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

static struct gs_binding *add(struct gs_bindings *bindings, enum gs_binding_kind kind,
			     const char *where, const char *text, const char *driver)
{
	struct gs_binding *line;

	if (gs_grow(&bindings->list, bindings->count, sizeof(*line)) < 0)
		return NULL;
	line = &bindings->list[bindings->count++];
	line->kind = kind;
	line->where = strdup(where);
	line->text = strdup(text);
	line->driver = driver ? strdup(driver) : NULL;
	return line->where && line->text && (line->driver || !driver) ? line : NULL;
}

/* "10de:2204[:subvendor[:subdevice[:class[:mask]]]]", hexadecimal, as the kernel reads it. */
static bool parse_id(const char *text, struct gs_binding_id *ret)
{
	*ret = (struct gs_binding_id){ .subvendor = GS_ANY_ID, .subdevice = GS_ANY_ID };
	return isxdigit((unsigned char)text[0]) &&
	       sscanf(text, "%8x:%8x:%8x:%8x:%8x:%8x", &ret->vendor, &ret->device, &ret->subvendor,
		      &ret->subdevice, &ret->class, &ret->class_mask) >= 2;
}

/* @list is parted by commas, and changed. */
static int add_ids(struct gs_bindings *bindings, const char *where, const char *text, char *list)
{
	struct gs_binding *line = NULL;
	char *rest = NULL;

	for (char *one = strtok_r(list, ",\"'", &rest); one; one = strtok_r(NULL, ",\"'", &rest)) {
		struct gs_binding_id id;

		if (!parse_id(one, &id))
			continue;
		if (!line)
			line = add(bindings, GS_BINDING_IDS, where, text, NULL);
		if (!line || gs_grow(&line->ids, line->n_ids, sizeof(id)) < 0)
			return -ENOMEM;
		line->ids[line->n_ids++] = id;
	}
	return 0;
}

static int add_blacklist(struct gs_bindings *bindings, const char *where, const char *text,
			 char *list)
{
	char *rest = NULL;

	for (char *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
		if (!add(bindings, GS_BINDING_BLACKLIST, where, text, one))
			return -ENOMEM;
	return 0;
}

/* "install nouveau /bin/false" loads nothing. */
static bool is_nothing(const char *command)
{
	return strstr(command, "/false") || strstr(command, "/true") || strcmp(command, ":") == 0;
}

static int take_command(struct gs_bindings *bindings, const char *where, const char *text, char *line)
{
	char *rest = NULL, *key = strtok_r(line, BLANKS, &rest);
	char *module = key ? strtok_r(NULL, BLANKS, &rest) : NULL;
	int r = 0;

	if (!module)
		return 0;
	if (strcmp(key, "blacklist") == 0)
		return add_blacklist(bindings, where, text, module);
	if (strcmp(key, "install") == 0 && is_nothing(rest + strspn(rest, BLANKS)))
		return add_blacklist(bindings, where, text, module);
	if (strcmp(key, "options") != 0 || !same_module(module, "vfio-pci"))
		return 0;
	for (char *word = strtok_r(NULL, BLANKS, &rest); r == 0 && word;
	     word = strtok_r(NULL, BLANKS, &rest))
		if (strncmp(word, "ids=", 4) == 0)
			r = add_ids(bindings, where, text, word + 4);
	return r;
}

/* A line that ends with a backslash goes on on the next one. Returns its length, and how many it had. */
static size_t whole_line(const char *text, unsigned int *lines)
{
	size_t length = 0;

	for (*lines = 1;; (*lines)++) {
		length += strcspn(text + length, "\n");
		if (!text[length] || length == 0 || text[length - 1] != '\\')
			return length;
		length++;
	}
}

/* As modprobe does it: nothing comes between them, not even a blank. */
static void join_lines(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++) {
		if (from[0] == '\\' && from[1] == '\n')
			from++;
		else
			*to++ = *from;
	}
	*to = '\0';
}

int gs_bindings_modprobe(struct gs_bindings *bindings, const char *file, const char *text)
{
	unsigned int number = 1, lines;
	int r = 0;

	for (; r == 0 && *text; number += lines) {
		size_t length = whole_line(text, &lines);
		gs_cleanup_free char *where = gs_asprintf("/%s:%u", file, number);
		gs_cleanup_free char *line = strndup(text, length);
		gs_cleanup_free char *copy = NULL;

		if (line)
			join_lines(line);
		copy = line ? strdup(line) : NULL;
		if (!where || !copy)
			return -ENOMEM;
		if (copy[strspn(copy, BLANKS)] != '#')
			r = take_command(bindings, where, line, copy);
		text += length + (text[length] != '\0');
	}
	return r;
}

int gs_bindings_cmdline(struct gs_bindings *bindings, const char *text)
{
	static const struct {
		const char *key;
		int (*take)(struct gs_bindings *, const char *, const char *, char *);
	} words[] = {
		{ "vfio-pci.ids=", add_ids },		  { "vfio_pci.ids=", add_ids },
		{ "modprobe.blacklist=", add_blacklist }, { "module_blacklist=", add_blacklist },
		{ "rd.driver.blacklist=", add_blacklist },
	};
	gs_cleanup_free char *copy = strdup(text);
	char *rest = NULL;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " \n", &rest); r == 0 && word;
	     word = strtok_r(NULL, " \n", &rest)) {
		for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(words); i++) {
			size_t length = strlen(words[i].key);
			gs_cleanup_free char *whole = NULL;

			if (strncmp(word, words[i].key, length) != 0)
				continue;
			whole = strdup(word);
			r = whole ? words[i].take(bindings, "/proc/cmdline", whole, word + length) :
				    -ENOMEM;
		}
	}
	return r;
}

int gs_bindings_driverctl(struct gs_bindings *bindings, const char *name, const char *text)
{
	gs_cleanup_free char *where = gs_asprintf("/etc/driverctl.d/%s", name);
	gs_cleanup_free char *driver = strndup(text, strcspn(text, " \t\n"));
	struct gs_address address;
	struct gs_binding *line;

	if (!where || !driver)
		return -ENOMEM;
	if (strncmp(name, "pci-", 4) != 0 || gs_address_parse(name + 4, &address) < 0 || !*driver)
		return 0;
	line = add(bindings, GS_BINDING_OVERRIDE, where, driver, driver);
	if (!line)
		return -ENOMEM;
	line->address = address;
	return 0;
}

static bool id_matches(const struct gs_binding_id *id, const struct gs_function *function)
{
	return (id->vendor == GS_ANY_ID || id->vendor == function->vendor_id) &&
	       (id->device == GS_ANY_ID || id->device == function->device_id) &&
	       (id->subvendor == GS_ANY_ID || id->subvendor == function->subsystem_vendor_id) &&
	       (id->subdevice == GS_ANY_ID || id->subdevice == function->subsystem_device_id) &&
	       !((id->class ^ function->class_code) & id->class_mask);
}

bool gs_binding_takes(const struct gs_binding *line, const struct gs_function *function)
{
	if (line->kind == GS_BINDING_OVERRIDE)
		return gs_address_equal(&line->address, &function->address);
	for (size_t i = 0; i < line->n_ids; i++)
		if (id_matches(&line->ids[i], function))
			return true;
	return false;
}

bool gs_binding_is_driver(const struct gs_binding *line, const char *driver)
{
	return line->driver && driver && same_module(line->driver, driver);
}
