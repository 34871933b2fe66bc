// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxmox_conf.h"

struct hosts {
	const char *maps;
	const char *node;
	size_t map;
	int (*take)(void *data, const struct gs_proxmox_host *host);
	void *data;
};

/* --- lines ------------------------------------------------------------------------------------- */

/* "hostpci0: 0000:01:00.0,pcie=1" */
static bool parse_line(char *line, struct gs_proxmox_device *ret)
{
	char *colon = strchr(line, ':');
	unsigned long index;
	char *end;

	if (!colon || strncmp(line, "hostpci", 7) != 0 || line[7] < '0' || line[7] > '9')
		return false;
	index = strtoul(line + 7, &end, 10);
	if (end != colon || index > 9999)
		return false;
	*colon = '\0';
	*ret = (struct gs_proxmox_device){ line, (unsigned int)index,
					   colon + 1 + strspn(colon + 1, " \t") };
	return true;
}

int gs_proxmox_devices(const char *text,
		       int (*take)(void *data, const struct gs_proxmox_device *device), void *data)
{
	gs_cleanup_free char *copy = strdup(text);
	struct gs_proxmox_device device;
	char *rest = NULL;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &rest); line && *line != '[' && r == 0;
	     line = strtok_r(NULL, "\n", &rest))
		if (parse_line(line, &device))
			r = take(data, &device);
	return r;
}

/* "hookscript: local:snippets/gpushift" */
bool gs_proxmox_has_hook(const char *text)
{
	static const char key[] = "hookscript:";

	for (const char *line = text; *line && *line != '[';) {
		size_t length = strcspn(line, "\n");
		const char *name = memrchr(line, '/', length);

		if (name && strncmp(line, key, sizeof(key) - 1) == 0 &&
		    strncmp(name + 1, "gpushift", 8) == 0)
			return true;
		line += length + (line[length] == '\n');
	}
	return false;
}

/* --- values ------------------------------------------------------------------------------------ */

static const char *find_option(const char *text, size_t length, const char *name,
			       size_t *ret_length)
{
	size_t name_length = strlen(name);
	const char *end = text + length;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		size_t word = (size_t)((comma ? comma : end) - text);

		if (word > name_length + 1 && strncmp(text, name, name_length) == 0 &&
		    text[name_length] == '=') {
			*ret_length = word - name_length - 1;
			return text + name_length + 1;
		}
		text += word + 1;
	}
	return NULL;
}

const char *gs_proxmox_option(const char *value, const char *name, size_t *ret_length)
{
	return find_option(value, strlen(value), name, ret_length);
}

/* 0000:01:00.0, 01:00.0, 0000:01:00 or 01:00: without a function, all of the slot */
static bool parse_host(const char *text, size_t length, struct gs_proxmox_host *ret)
{
	char address[64];
	const char *dot;

	if (!length || length > GS_ADDRESS_LEN + 2)
		return false;
	dot = memchr(text, '.', length);
	ret->whole_slot = !dot;
	snprintf(address, sizeof(address), "%.*s%s", (int)length, text, dot ? "" : ".0");
	return gs_address_parse(address, &ret->address) == 0;
}

/* Addresses parted by ';' */
static int take_hosts(const struct hosts *hosts, const char *text, size_t length)
{
	struct gs_proxmox_host host = { .map = hosts->map };
	int r = 0;

	while (length && r == 0) {
		const char *end = memchr(text, ';', length);
		size_t one = end ? (size_t)(end - text) : length;

		if (parse_host(text, one, &host))
			r = hosts->take(hosts->data, &host);
		text += one + (end != NULL);
		length -= one + (end != NULL);
	}
	return r;
}

static bool is_text(const char *text, size_t length, const char *wanted)
{
	return strlen(wanted) == length && strncmp(text, wanted, length) == 0;
}

/* A line "<TAB>map id=10de:2204,iommugroup=15,node=pve1,path=0000:01:00.0" */
static int take_map(struct hosts *hosts, const char *line, size_t length)
{
	const char *path, *node;
	size_t path_length, node_length;
	int r;

	line += 5;
	length -= 5;
	path = find_option(line, length, "path", &path_length);
	node = find_option(line, length, "node", &node_length);
	if (!path || (node && !is_text(node, node_length, hosts->node)))
		return 0;
	r = take_hosts(hosts, path, path_length);
	hosts->map++;
	return r;
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

static int take_mapping(struct hosts *hosts, const char *name, size_t name_length)
{
	bool wanted = false;
	int r = 0;

	for (const char *line = hosts->maps; *line && r == 0;) {
		size_t length = strcspn(line, "\n");

		if (length && *line != '\t' && *line != ' ')
			wanted = is_section(line, length, name, name_length);
		else if (wanted && length > 5 && strncmp(line, "\tmap ", 5) == 0)
			r = take_map(hosts, line, length);
		line += length + (line[length] == '\n');
	}
	return r;
}

int gs_proxmox_hosts(const char *value, const char *maps, const char *node,
		     int (*take)(void *data, const struct gs_proxmox_host *host), void *data)
{
	struct hosts hosts = { .maps = maps, .node = node, .take = take, .data = data };
	const char *option;
	size_t length;

	option = gs_proxmox_option(value, "mapping", &length);
	if (option)
		return take_mapping(&hosts, option, length);
	option = gs_proxmox_option(value, "host", &length);
	if (option)
		return take_hosts(&hosts, option, length);
	return take_hosts(&hosts, value, strcspn(value, ","));
}
