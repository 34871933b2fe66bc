// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_check.h"

#include "text.h"

/* All sizes of NVIDIA's types are whole numbers of it. */
#define SIZE_STEP (64ull << 20)

struct check {
	struct cli_findings *findings;
	const struct unlock_override *entry;
	const struct gs_unlock_types *types;
	const struct gs_unlock_type *type; /* what is overridden; NULL: not known */
	unsigned int branch;
};

static bool is_set(const struct check *check, enum unlock_key key)
{
	return check->entry->set & 1u << key;
}

/* What holds in the end: what is overridden, else what the type says; 0: not known. */
static uint64_t value(const struct check *check, enum unlock_key key, uint64_t own)
{
	return is_set(check, key) ? check->entry->values[key].number : own;
}

/* The last line of those that are given. */
static int line_of(const struct check *check, const enum unlock_key *keys, size_t count)
{
	int line = 0;

	for (size_t i = 0; i < count; i++)
		if (is_set(check, keys[i]) && check->entry->lines[keys[i]] > line)
			line = check->entry->lines[keys[i]];
	return line;
}

#define LINE_OF(check, ...)                                                                        \
	line_of(check, (const enum unlock_key[]){ __VA_ARGS__ },                                   \
		sizeof((const enum unlock_key[]){ __VA_ARGS__ }) / sizeof(enum unlock_key))

static void check_text(const struct check *check, enum unlock_key key)
{
	const union unlock_word *text = &check->entry->values[key];
	bool by_branch = key == UNLOCK_CARD_NAME || key == UNLOCK_VGPU_TYPE;
	int line = check->entry->lines[key];

	if (text->length > 63)
		cli_findings_add(check->findings, UNLOCK_ERROR, line,
				 "'%s' has %zu bytes, and no driver takes more than 63",
				 unlock_keys[key].name, text->length);
	else if (by_branch && text->length > 31 && check->branch < 580)
		cli_findings_add(check->findings, UNLOCK_WARNING, line,
				 "'%s' has %zu bytes, and drivers before 580 take no more than 31",
				 unlock_keys[key].name, text->length);
}

static void check_texts(const struct check *check)
{
	for (enum unlock_key key = 0; key < UNLOCK_KEYS; key++)
		if (is_set(check, key) && unlock_keys[key].type == UNLOCK_TEXT)
			check_text(check, key);
}

static void check_display(const struct check *check)
{
	const struct gs_unlock_type *type = check->type;
	uint64_t width = value(check, UNLOCK_DISPLAY_WIDTH, type ? type->width : 0);
	uint64_t height = value(check, UNLOCK_DISPLAY_HEIGHT, type ? type->height : 0);
	uint64_t pixels = value(check, UNLOCK_MAX_PIXELS, type ? type->max_pixels : 0);
	int line = LINE_OF(check, UNLOCK_DISPLAY_WIDTH, UNLOCK_DISPLAY_HEIGHT, UNLOCK_MAX_PIXELS);

	if (line && width && height && pixels && width * height > pixels)
		cli_findings_add(check->findings, UNLOCK_WARNING, line,
				 "%llu x %llu are %llu pixels, and max_pixels is %llu",
				 (unsigned long long)width, (unsigned long long)height,
				 (unsigned long long)(width * height), (unsigned long long)pixels);
}

/* Framebuffer and reservation together are what a vGPU takes of its card. */
static void check_sum(const struct check *check, uint64_t framebuffer, uint64_t reservation,
		      uint64_t sum, int line)
{
	gs_cleanup_free char *text = cli_text_size(sum);

	if (reservation >= framebuffer)
		cli_findings_add(check->findings, UNLOCK_WARNING, line,
				 "the reservation is as large as the framebuffer or larger");
	else if (sum % SIZE_STEP)
		cli_findings_add(check->findings, UNLOCK_WARNING, line,
				 "framebuffer and framebuffer_reservation add up to %s, which is no "
				 "multiple of 64 MiB",
				 text ? text : "?");
}

static void check_memory(const struct check *check, uint64_t sum, int line)
{
	uint64_t memory = check->type ? gs_unlock_type_memory(check->types, check->type->id) : 0;
	uint64_t own = check->type ? gs_unlock_type_max(check->types, check->type->id) : 0;
	uint64_t count = value(check, UNLOCK_MAX_INSTANCES, own);
	gs_cleanup_free char *each = cli_text_size(sum), *all = cli_text_size(memory);
	uint64_t bytes;

	if (!memory || !count || (!__builtin_mul_overflow(sum, count, &bytes) && bytes <= memory))
		return;
	cli_findings_add(check->findings, UNLOCK_WARNING, line,
			 "%llu of %s are more than the %s that the largest card of %s has",
			 (unsigned long long)count, each ? each : "?", all ? all : "?",
			 check->type->name);
}

static void check_sizes(const struct check *check)
{
	const struct gs_unlock_type *type = check->type;
	uint64_t framebuffer = value(check, UNLOCK_FRAMEBUFFER, type ? type->framebuffer : 0);
	uint64_t reservation = value(check, UNLOCK_FRAMEBUFFER_RESERVATION,
				     type ? type->reservation : 0);
	int line = LINE_OF(check, UNLOCK_FRAMEBUFFER, UNLOCK_FRAMEBUFFER_RESERVATION,
			   UNLOCK_MAX_INSTANCES);
	uint64_t sum;

	if (!line || !framebuffer || !reservation)
		return;
	if (__builtin_add_overflow(framebuffer, reservation, &sum)) {
		cli_findings_add(check->findings, UNLOCK_ERROR, line,
				 "framebuffer and framebuffer_reservation are too large");
		return;
	}
	if (is_set(check, UNLOCK_FRAMEBUFFER) || is_set(check, UNLOCK_FRAMEBUFFER_RESERVATION))
		check_sum(check, framebuffer, reservation, sum, line);
	check_memory(check, sum, line);
}

static void no_type(const struct check *check, uint64_t id, int line)
{
	cli_findings_add(check->findings, UNLOCK_WARNING, line,
			 "the driver has no type nvidia-%llu (/" GS_UNLOCK_TYPES_PATH ")",
			 (unsigned long long)id);
}

static void check_types(struct check *check)
{
	const struct unlock_override *entry = check->entry;
	uint64_t other = entry->values[UNLOCK_GPU_TYPE].number;

	if (!check->types)
		return;
	if (entry->id.scope == UNLOCK_OF_PROFILE) {
		check->type = gs_unlock_type_find(check->types, (uint32_t)entry->id.number);
		if (!check->type)
			no_type(check, entry->id.number, entry->line);
	}
	if (is_set(check, UNLOCK_GPU_TYPE) && !gs_unlock_type_find(check->types, (uint32_t)other))
		no_type(check, other, entry->lines[UNLOCK_GPU_TYPE]);
}

void cli_unlock_check_overrides(struct cli_findings *findings,
				const struct unlock_overrides *overrides,
				const struct gs_unlock_types *types, unsigned int branch)
{
	for (uint32_t i = 0; i < overrides->count; i++) {
		struct check check = {
			.findings = findings,
			.entry = &overrides->entries[i],
			.types = types,
			.branch = branch,
		};

		check_types(&check);
		check_texts(&check);
		check_display(&check);
		check_sizes(&check);
	}
}
