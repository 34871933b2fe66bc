// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign_proxmox.c - cards that Proxmox VE gives to its VMs: hostpciN lines, and the mappings they name. */
#include "foreign.h"

#define MODES (1U << GS_MODE_PASSTHROUGH | 1U << GS_MODE_VGPU)

struct vm {
	struct gs_owners *owners;
	const char *id;
	const char *key;   /* "hostpci0" */
	const char *value; /* all of it */
	const char *maps;
	const char *node;
};

/* 0000:01:00.0, 01:00.0, 0000:01:00 or 01:00: without a function, all of the slot */
static bool parse_host(const char *text, size_t length, struct gs_owner *owner)
{
	char address[64];
	const char *dot;

	if (!length || length > GS_ADDRESS_LEN + 2)
		return false;
	dot = memchr(text, '.', length);
	owner->whole_slot = !dot;
	snprintf(address, sizeof(address), "%.*s%s", (int)length, text, dot ? "" : ".0");
	return gs_address_parse(address, &owner->address) == 0;
}

static int add(const struct vm *vm, const char *host, size_t length)
{
	struct gs_owner owner = { .who = "proxmox", .group = -1, .modes = MODES };

	if (!parse_host(host, length, &owner))
		return 0;
	owner.evidence = gs_asprintf("VM %s of Proxmox has %s: %s, and binds it itself", vm->id,
				     vm->key, vm->value);
	owner.fix = gs_asprintf("qm set %s --%s '%s,driver=keep'", vm->id, vm->key, vm->value);
	return gs_owners_add(vm->owners, owner);
}

/* Addresses parted by ';' */
static int add_all(const struct vm *vm, const char *hosts, size_t length)
{
	int r = 0;

	while (length && r == 0) {
		const char *end = memchr(hosts, ';', length);
		size_t one = end ? (size_t)(end - hosts) : length;

		r = add(vm, hosts, one);
		hosts += one + (end != NULL);
		length -= one + (end != NULL);
	}
	return r;
}

/* The value of "key=" among words parted by commas; NULL: none. */
static const char *find_option(const char *text, size_t length, const char *key, size_t *ret_length)
{
	size_t key_length = strlen(key);
	const char *end = text + length;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		size_t word = (size_t)((comma ? comma : end) - text);

		if (word > key_length && strncmp(text, key, key_length) == 0) {
			*ret_length = word - key_length;
			return text + key_length;
		}
		text += word + 1;
	}
	return NULL;
}

static bool is_text(const char *text, size_t length, const char *wanted)
{
	return strlen(wanted) == length && strncmp(text, wanted, length) == 0;
}

/* A line "<TAB>map id=10de:2204,iommugroup=15,node=pve1,path=0000:01:00.0" */
static int add_map(const struct vm *vm, const char *line, size_t length)
{
	const char *path, *node;
	size_t path_length, node_length;

	line += 5;
	length -= 5;
	path = find_option(line, length, "path=", &path_length);
	node = find_option(line, length, "node=", &node_length);
	if (!path || (node && !is_text(node, node_length, vm->node)))
		return 0;
	return add_all(vm, path, path_length);
}

/* A section begins with its name at the start of a line; some versions write a type before it. */
static bool is_section(const char *line, size_t length, const char *name, size_t name_length)
{
	const char *colon = memchr(line, ':', length);

	if (colon) {
		length -= (size_t)(colon + 1 - line);
		line = colon + 1;
		for (; length && *line == ' '; length--)
			line++;
	}
	return length == name_length && strncmp(line, name, length) == 0;
}

static int add_mapping(const struct vm *vm, const char *name, size_t name_length)
{
	bool wanted = false;
	int r = 0;

	for (const char *line = vm->maps; *line && r == 0;) {
		size_t length = strcspn(line, "\n");

		if (length && *line != '\t' && *line != ' ')
			wanted = is_section(line, length, name, name_length);
		else if (wanted && length > 5 && strncmp(line, "\tmap ", 5) == 0)
			r = add_map(vm, line, length);
		line += length + (line[length] == '\n');
	}
	return r;
}

static int take_value(const struct vm *vm)
{
	size_t length = strlen(vm->value), part;
	const char *option = find_option(vm->value, length, "driver=", &part);

	if (option && is_text(option, part, "keep"))
		return 0; /* Proxmox leaves the binding to others */
	option = find_option(vm->value, length, "mapping=", &part);
	if (option)
		return add_mapping(vm, option, part);
	option = find_option(vm->value, length, "host=", &part);
	if (option)
		return add_all(vm, option, part);
	return add_all(vm, vm->value, strcspn(vm->value, ","));
}

/* "hostpci0: 0000:01:00.0,pcie=1" */
static int take_line(struct vm *vm, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon || strncmp(line, "hostpci", 7) != 0 ||
	    line + 7 + strspn(line + 7, "0123456789") != colon || colon == line + 7)
		return 0;
	*colon = '\0';
	vm->key = line;
	vm->value = colon + 1 + strspn(colon + 1, " \t");
	return take_value(vm);
}

int gs_owners_proxmox(struct gs_owners *owners, const char *vmid, const char *text,
		      const char *maps, const char *node)
{
	struct vm vm = { .owners = owners, .id = vmid, .maps = maps, .node = node };
	gs_cleanup_free char *copy = strdup(text);
	char *rest = NULL;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	/* Snapshots follow in sections of their own; they tell how it was. */
	for (char *line = strtok_r(copy, "\n", &rest); line && *line != '[' && r == 0;
	     line = strtok_r(NULL, "\n", &rest))
		r = take_line(&vm, line);
	return r;
}
