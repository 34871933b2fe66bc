// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unlock_types.c - the file is some megabytes of XML and is read in pieces.
 *
 * Ids and sizes are attributes in one release and elements in another: both
 * are taken, wherever they stand below their type or card.
 */
#include "unlock_types.h"

#include <expat.h>
#include <fcntl.h>

#include "tree.h"

#define PIECE 65536

struct reader {
	struct gs_unlock_types *types;
	int r;
	bool root; /* seen <vgpuconfig> */
	bool in_type, in_card, in_support;
	uint16_t device, subsystem; /* of the card, and how it is split */
	bool sriov;
	char text[64];
	size_t length;
};

static bool number(const char *text, uint64_t *ret)
{
	char word[64];

	return sscanf(text, "%63s", word) == 1 && gs_number_parse(word, ret) == 0;
}

static void add_type(struct reader *reader)
{
	struct gs_unlock_types *types = reader->types;

	reader->r = gs_grow(&types->types, types->n_types, sizeof(*types->types));
	if (reader->r == 0)
		types->n_types++;
}

static void add_support(struct reader *reader)
{
	struct gs_unlock_types *types = reader->types;

	reader->r = gs_grow(&types->supports, types->n_supports, sizeof(*types->supports));
	if (reader->r == 0)
		types->supports[types->n_supports++] =
			(struct gs_unlock_support){ .device = reader->device,
						    .subsystem = reader->subsystem,
						    .sriov = reader->sriov };
}

/* What a type says of itself: id and name with it, the rest below it. */
static void set_type(struct gs_unlock_type *type, const char *name, const char *text, bool own)
{
	uint64_t id;
	const struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {
		{ "framebuffer", &type->framebuffer }, { "fbReservation", &type->reservation },
		{ "maxPixels", &type->max_pixels },    { "width", &type->width },
		{ "height", &type->height },
	};

	if (own && strcmp(name, "id") == 0 && number(text, &id) && id <= UINT32_MAX)
		type->id = (uint32_t)id;
	if (own && strcmp(name, "name") == 0)
		snprintf(type->name, sizeof(type->name), "%s", text);
	for (size_t i = 0; i < GS_ARRAY_SIZE(numbers); i++)
		if (strcmp(name, numbers[i].name) == 0)
			(void)!number(text, numbers[i].value);
}

static void set_support(struct gs_unlock_support *support, const char *name, const char *text)
{
	uint64_t value;

	if (!number(text, &value))
		return;
	if (strcmp(name, "vgpuId") == 0 && value <= UINT32_MAX)
		support->type = (uint32_t)value;
	if (strcmp(name, "maxVgpus") == 0)
		support->max = value;
}

/* An attribute, or the text of an element. */
static void take(struct reader *reader, const char *name, const char *text, bool own)
{
	struct gs_unlock_types *types = reader->types;
	uint64_t device;

	if (reader->r < 0)
		return;
	if (reader->in_type)
		set_type(&types->types[types->n_types - 1], name, text, own);
	else if (reader->in_support)
		set_support(&types->supports[types->n_supports - 1], name, text);
	else if (reader->in_card && strcmp(name, "deviceId") == 0 && number(text, &device))
		reader->device = (uint16_t)device;
	else if (reader->in_card && strcmp(name, "subsystemId") == 0 && number(text, &device))
		reader->subsystem = (uint16_t)device;
	else if (reader->in_card && strcmp(name, "hostVgpuMode") == 0)
		reader->sriov = strcmp(text, "sriov") == 0;
}

static void XMLCALL begin_element(void *data, const XML_Char *element, const XML_Char **attributes)
{
	struct reader *reader = data;
	bool type = strcmp(element, "vgpuType") == 0;

	reader->length = 0;
	if (strcmp(element, "vgpuconfig") == 0)
		reader->root = true;
	if (type) {
		reader->in_type = true;
		add_type(reader);
	}
	if (strcmp(element, "pgpu") == 0) {
		reader->in_card = true;
		reader->device = 0;
		reader->subsystem = 0;
		reader->sriov = false;
	}
	if (reader->in_card && strcmp(element, "supportedVgpu") == 0) {
		reader->in_support = true;
		add_support(reader);
	}
	for (; *attributes; attributes += 2)
		take(reader, attributes[0], attributes[1], type);
}

static void XMLCALL end_element(void *data, const XML_Char *element)
{
	struct reader *reader = data;

	reader->text[reader->length] = '\0';
	if (reader->length)
		take(reader, element, reader->text, false);
	reader->length = 0;
	if (strcmp(element, "vgpuType") == 0)
		reader->in_type = false;
	if (strcmp(element, "pgpu") == 0)
		reader->in_card = false;
	if (strcmp(element, "supportedVgpu") == 0)
		reader->in_support = false;
}

static void XMLCALL take_text(void *data, const XML_Char *text, int length)
{
	struct reader *reader = data;

	for (int i = 0; i < length && reader->length < sizeof(reader->text) - 1; i++)
		reader->text[reader->length++] = text[i];
}

static int read_pieces(int fd, XML_Parser parser)
{
	ssize_t n;

	do {
		void *piece = XML_GetBuffer(parser, PIECE);

		if (!piece)
			return -ENOMEM;
		do {
			n = read(fd, piece, PIECE);
		} while (n < 0 && errno == EINTR);
		if (n < 0)
			return -errno;
		if (XML_ParseBuffer(parser, (int)n, n == 0) != XML_STATUS_OK)
			return XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EINVAL;
	} while (n > 0);
	return 0;
}

static int parse(int fd, struct gs_unlock_types *types)
{
	XML_Parser parser = XML_ParserCreate(NULL);
	struct reader reader = { .types = types };
	int r;

	if (!parser)
		return -ENOMEM;
	XML_SetUserData(parser, &reader);
	XML_SetElementHandler(parser, begin_element, end_element);
	XML_SetCharacterDataHandler(parser, take_text);
	r = read_pieces(fd, parser);
	XML_ParserFree(parser);
	if (r == 0)
		r = reader.r;
	return r == 0 && !reader.root ? -EINVAL : r;
}

static int compare_types(const void *a, const void *b)
{
	const struct gs_unlock_type *one = a, *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

int gs_unlock_types_parse(int fd, struct gs_unlock_types **ret)
{
	gs_cleanup_unlock_types struct gs_unlock_types *types = calloc(1, sizeof(*types));
	int r;

	if (!types)
		return -ENOMEM;
	r = parse(fd, types);
	if (r < 0)
		return r;
	if (types->n_types)
		qsort(types->types, types->n_types, sizeof(*types->types), compare_types);
	*ret = gs_steal(types);
	return 0;
}

int gs_unlock_types_read(const struct gs_engine *engine, struct gs_unlock_types **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, GS_UNLOCK_TYPES_PATH, O_RDONLY);

	return fd < 0 ? fd : gs_unlock_types_parse(fd, ret);
}

void gs_unlock_types_free(struct gs_unlock_types *types)
{
	if (!types)
		return;
	free(types->types);
	free(types->supports);
	free(types);
}

const struct gs_unlock_type *gs_unlock_type_find(const struct gs_unlock_types *types, uint32_t id)
{
	struct gs_unlock_type key = { .id = id };

	if (!types->n_types)
		return NULL;
	return bsearch(&key, types->types, types->n_types, sizeof(key), compare_types);
}

uint64_t gs_unlock_type_max(const struct gs_unlock_types *types, uint32_t id)
{
	uint64_t max = 0;

	for (size_t i = 0; i < types->n_supports; i++)
		if (types->supports[i].type == id && types->supports[i].max > max)
			max = types->supports[i].max;
	return max;
}

/* As much as the types of one card fill at most. */
static uint64_t card_memory(const struct gs_unlock_types *types, uint16_t device)
{
	uint64_t memory = 0, bytes;

	for (size_t i = 0; i < types->n_supports; i++) {
		const struct gs_unlock_support *support = &types->supports[i];
		const struct gs_unlock_type *type = gs_unlock_type_find(types, support->type);

		if (support->device == device && type && type->framebuffer &&
		    !__builtin_mul_overflow(type->framebuffer + type->reservation, support->max,
					    &bytes) &&
		    bytes > memory)
			memory = bytes;
	}
	return memory;
}

uint64_t gs_unlock_type_memory(const struct gs_unlock_types *types, uint32_t id)
{
	uint64_t memory = 0;

	for (size_t i = 0; i < types->n_supports; i++) {
		uint64_t bytes;

		if (types->supports[i].type != id)
			continue;
		bytes = card_memory(types, types->supports[i].device);
		if (bytes > memory)
			memory = bytes;
	}
	return memory;
}

bool gs_unlock_card_listed(const struct gs_unlock_types *types, uint16_t device)
{
	for (size_t i = 0; i < types->n_supports; i++)
		if (types->supports[i].device == device)
			return true;
	return false;
}

bool gs_unlock_card_sriov(const struct gs_unlock_types *types, uint16_t device)
{
	for (size_t i = 0; i < types->n_supports; i++)
		if (types->supports[i].device == device && types->supports[i].sriov)
			return true;
	return false;
}
