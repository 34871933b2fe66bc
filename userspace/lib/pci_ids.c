// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci_ids.c - vendor and device names in the text of pci.ids.
 *
 *	10de  NVIDIA Corporation
 *	<tab>1b38  GP102GL [Tesla P40]
 *	<tab><tab>10de 11d9  a subsystem
 *	C 03  a device class
 *
 * Vendors are sorted. The file has more than a million bytes, of which a search
 * by halves looks at few.
 */
#include "pci_ids.h"

/* Below this many bytes the search goes on line by line. */
#define SEARCH_LINEAR 1024

struct span {
	const char *start;
	const char *end;
};

static const char *line_end(const char *p, const char *end)
{
	const char *found = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return found ? found : end;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The id that a line starts with, or -1: "1b38  name". */
static long line_id(const char *p, const char *end)
{
	long id = 0;

	if (end - p < 6 || p[4] != ' ' || p[5] != ' ')
		return -1;
	for (int i = 0; i < 4; i++) {
		if (hex_value(p[i]) < 0)
			return -1;
		id = id << 4 | hex_value(p[i]);
	}
	return id;
}

/* The first vendor line after the line that @p is in and before @limit, or NULL. */
static const char *next_vendor(const char *p, const char *limit, const char *end)
{
	for (p = line_end(p, limit); p < limit; p = line_end(p, limit)) {
		p++;
		if (line_id(p, end) >= 0)
			return p;
	}
	return NULL;
}

static const char *find_vendor(const struct gs_pci_ids *ids, const char *end, uint16_t vendor)
{
	const char *low = ids->text, *high = end, *middle, *line;

	while (high - low > SEARCH_LINEAR) {
		middle = low + (high - low) / 2;
		line = next_vendor(middle, high, end);
		if (!line || line_id(line, end) > vendor)
			high = middle;
		else
			low = line;
	}
	while (low && line_id(low, end) < vendor)
		low = next_vendor(low, end, end);
	return low && line_id(low, end) == vendor ? low : NULL;
}

/* Line by line: where the vendor's devices end could not be found faster. */
static const char *find_device(const char *vendor_line, const char *end, uint16_t device)
{
	const char *p = line_end(vendor_line, end);

	while (p < end && ++p < end) {
		if (*p == '\t' && line_id(p + 1, end) == device)
			return p + 1;
		if (*p != '\t' && *p != '#' && *p != '\n')
			return NULL;
		p = line_end(p, end);
	}
	return NULL;
}

static struct span name_of(const char *line, const char *end)
{
	struct span name = { line + 6, line_end(line, end) };

	while (name.end > name.start && (name.end[-1] == ' ' || name.end[-1] == '\r'))
		name.end--;
	return name;
}

char *gs_pci_ids_name(const struct gs_pci_ids *ids, uint16_t vendor, uint16_t device)
{
	const char *end = ids->text + ids->length;
	const char *line = find_vendor(ids, end, vendor);
	struct span first, second;

	if (!line)
		return gs_asprintf("Device %04x:%04x", vendor, device);
	first = name_of(line, end);
	line = find_device(line, end, device);
	if (!line)
		return gs_asprintf("%.*s Device %04x", (int)(first.end - first.start), first.start,
				   device);
	second = name_of(line, end);
	return gs_asprintf("%.*s %.*s", (int)(first.end - first.start), first.start,
			   (int)(second.end - second.start), second.start);
}
