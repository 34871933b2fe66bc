// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vgpu_types.c - the vGPU types that mdev parents offer.
 *
 * The files are the vendor driver's own and may wait for its locks, or for
 * firmware: they are read by an expendable child.
 */
#include <ctype.h>

#include "child.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_backend.h"
#include "vgpu_types.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000
#define MIB (1024ULL * 1024)
#define GIB (1024ULL * MIB)

/* More than any device has; keeps the sums below far from their limits. */
#define FRAMEBUFFER_GIB_MAX 65536

/* Reads digits, at most 8 of them; returns what follows, or NULL. */
static const char *read_digits(const char *text, uint64_t *ret)
{
	const char *p = text;
	uint64_t value = 0;

	while (isdigit((unsigned char)*p) && p - text < 8)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == text || isdigit((unsigned char)*p))
		return NULL;
	*ret = value;
	return p;
}

static uint64_t described_framebuffer(const char *description)
{
	static const char key[] = "framebuffer=";
	const char *found = description ? strstr(description, key) : NULL;
	uint64_t value;

	found = found ? read_digits(found + sizeof(key) - 1, &value) : NULL;
	if (!found)
		return 0;
	switch (*found) {
	case 'K':
		return value * 1024;
	case 'G':
		return value * GIB;
	default:
		return value * MIB;
	}
}

/*
 * NVIDIA ends its names in GiB and a series letter: "P40-2Q", "M10-1B4",
 * "A100-1-5CME". 0 stands for half a GiB.
 */
static uint64_t named_framebuffer(const char *name)
{
	const char *last = strrchr(name, '-');
	uint64_t gib;

	last = last ? read_digits(last + 1, &gib) : NULL;
	if (!last || !*last || !strchr("ABCQ", *last) || gib > FRAMEBUFFER_GIB_MAX)
		return 0;
	for (; *last; last++)
		if (!isupper((unsigned char)*last) && !isdigit((unsigned char)*last))
			return 0;
	return gib ? gib * GIB : 512 * MIB;
}

uint64_t gs_framebuffer_bytes(const char *name, const char *description)
{
	uint64_t bytes = described_framebuffer(description);

	return bytes ? bytes : named_framebuffer(name);
}

/* The parents that a child is asked about. */
struct questions {
	struct gs_parent *parents;
	size_t count;
	size_t first;
};

/* A parent's types, then an empty id. */
static void tell(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct questions *questions = data;

	for (size_t i = questions->first; i < questions->count; i++) {
		const char *device = questions->parents[i].name;
		const struct gs_vgpu_backend *backend = gs_vgpu_backend_of(engine, device);

		gs_record_publish(records);
		if (backend && !gs_child_stuck_at(engine, device))
			backend->tell_types(engine, records, device);
		gs_record_field(records, "");
	}
}

static int copy(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static unsigned int small_number(const char *text)
{
	uint64_t value;

	return gs_number_parse(text, &value) == 0 && value <= INT32_MAX ? (unsigned int)value : 0;
}

static int add_type(struct gs_parent *parent, const char *id, const char *const fields[4])
{
	struct gs_vgpu_type *type;
	int r;

	r = gs_grow(&parent->types, parent->n_types, sizeof(*parent->types));
	if (r < 0)
		return r;
	type = &parent->types[parent->n_types++];
	r = copy(id, &type->id);
	if (r == 0)
		r = copy(*fields[0] ? fields[0] : id, &type->name);
	if (r == 0 && *fields[1])
		r = copy(fields[1], &type->description);
	if (r < 0)
		return r;
	type->available = small_number(fields[2]);
	type->made = small_number(fields[3]);
	type->framebuffer_bytes = gs_framebuffer_bytes(type->name, type->description);
	return 0;
}

/* Returns 1 when all of the parent's types were there, 0 at the end of the answer. */
static int take_parent(struct gs_answer *answer, struct gs_parent *parent)
{
	const char *id, *fields[4];
	int r = 0;

	while (r == 0 && (id = gs_answer_next(answer))) {
		if (!*id)
			return 1;
		for (size_t i = 0; i < GS_ARRAY_SIZE(fields); i++)
			fields[i] = gs_answer_next(answer);
		if (!fields[3])
			return 0;
		r = add_type(parent, id, fields);
	}
	return r;
}

/* One child for all that is left; after it questions->first is where it stopped, plus one. */
static int ask_once(struct gs_engine *engine, struct questions *questions, unsigned int total_ms)
{
	struct gs_answer answer;
	int r;

	r = gs_child_read(engine, tell, questions, QUIET_MS, total_ms, &answer);
	if (r < 0)
		return r;
	do {
		r = take_parent(&answer, &questions->parents[questions->first++]);
	} while (r > 0 && questions->first < questions->count);
	if (r >= 0 && answer.stuck)
		r = gs_child_keep(engine, answer.stuck,
				  questions->parents[questions->first - 1].name);
	gs_answer_clear(&answer);
	return r < 0 ? r : 0;
}

int gs_types_read_all(struct gs_engine *engine, struct gs_parent *parents, size_t count)
{
	struct questions questions = { .parents = parents, .count = count };
	uint64_t end = gs_now_us() + TOTAL_MS * 1000;
	uint64_t now;
	int r = 0;

	while (r == 0 && questions.first < count) {
		now = gs_now_us();
		if (now >= end)
			break;
		r = ask_once(engine, &questions, (unsigned int)((end - now) / 1000) + 1);
	}
	return r;
}

static struct gs_vgpu_type *find_type(const struct gs_parent *parent, const char *id)
{
	for (size_t i = 0; i < parent->n_types; i++)
		if (gs_streq(parent->types[i].id, id))
			return &parent->types[i];
	return NULL;
}

static int replace(char **text, const char *by)
{
	char *copied = by ? strdup(by) : NULL;

	if (by && !copied)
		return -ENOMEM;
	free(*text);
	*text = copied;
	return 0;
}

/* A VF that is a vGPU tells only the number of its type. */
static int merge_type(struct gs_parent *card, const struct gs_vgpu_type *type)
{
	struct gs_vgpu_type *same = find_type(card, type->id);
	int r = 0;

	if (!same) {
		r = gs_grow(&card->types, card->n_types, sizeof(*card->types));
		if (r < 0)
			return r;
		same = &card->types[card->n_types++];
		r = copy(type->id, &same->id);
		if (r == 0)
			r = copy(type->name, &same->name);
	}
	if (r == 0 && gs_streq(same->name, same->id))
		r = replace(&same->name, type->name);
	if (r == 0 && !same->description && type->description)
		r = replace(&same->description, type->description);
	if (r < 0)
		return r;
	if (!same->framebuffer_bytes)
		same->framebuffer_bytes = type->framebuffer_bytes;
	same->made += type->made;
	same->available += type->available;
	return 0;
}

int gs_types_merge(struct gs_parent *card, const struct gs_parent *vf)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < vf->n_types; i++)
		r = merge_type(card, &vf->types[i]);
	return r;
}

/* Each free VF would take one, as if it were the only one. */
void gs_types_limit(struct gs_parent *card)
{
	for (size_t i = 0; i < card->n_types; i++) {
		struct gs_vgpu_type *type = &card->types[i];
		unsigned int most = gs_max_instances(type);

		if (most && type->available > most - (type->made < most ? type->made : most))
			type->available = most - (type->made < most ? type->made : most);
	}
}

unsigned int gs_max_instances(const struct gs_vgpu_type *type)
{
	static const char key[] = "max_instance=";
	const char *at = type->description ? strstr(type->description, key) : NULL;
	uint64_t value;

	return at && read_digits(at + sizeof(key) - 1, &value) ? (unsigned int)value : 0;
}

static int read_vfs(struct gs_engine *engine, const char *pf, struct gs_parent **ret,
		    size_t *ret_count)
{
	char *address;
	int r = 0;

	for (unsigned int i = 0; r == 0 && (address = gs_vfs_address(engine, pf, i)); i++) {
		if (gs_vgpu_backend_of(engine, address))
			r = gs_grow(ret, *ret_count, sizeof(**ret));
		if (r == 0 && gs_vgpu_backend_of(engine, address))
			(*ret)[(*ret_count)++].name = gs_steal(address);
		free(address);
	}
	return r == 0 && *ret_count ? gs_types_read_all(engine, *ret, *ret_count) : r;
}

/* Of a card that offers none itself: those of its VFs. */
static int read_of_vfs(struct gs_engine *engine, const char *pf, struct gs_parent *ret)
{
	struct gs_parent *vfs = NULL;
	size_t count = 0;
	int r = read_vfs(engine, pf, &vfs, &count);

	if (r == 0)
		r = count ? copy(pf, &ret->name) : -ENOENT;
	ret->on_vfs = true;
	ret->vfs = (unsigned int)count;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = gs_types_merge(ret, &vfs[i]);
	gs_types_limit(ret);
	for (size_t i = 0; i < count; i++)
		gs_parent_clear(&vfs[i]);
	free(vfs);
	if (r < 0)
		gs_parent_clear(ret);
	return r;
}

int gs_types_read(struct gs_engine *engine, const char *parent, struct gs_parent *ret)
{
	struct gs_parent read = { 0 };
	struct gs_address address;
	int r;

	if (!gs_vgpu_backend_of(engine, parent)) {
		r = gs_address_parse(parent, &address) < 0 ? -ENOENT
							    : read_of_vfs(engine, parent, &read);
		if (r == 0)
			*ret = read;
		return r;
	}
	r = copy(parent, &read.name);
	if (r == 0)
		r = gs_types_read_all(engine, &read, 1);
	if (r < 0) {
		gs_parent_clear(&read);
		return r;
	}
	*ret = read;
	return 0;
}
