// SPDX-License-Identifier: GPL-2.0-or-later
/* sysfs_config.c - configuration space by sysfs, of functions that are awake. */
#include "sysfs_config.h"

#include <endian.h>
#include <fcntl.h>

#include "child.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000

/* Entries to be asked, in the order of their addresses. */
struct questions {
	struct gs_scope_entry **entries;
	size_t count;
	size_t answered;
};

/* What a child tells of a function in one number. */
enum {
	BIT_KNOWN = 1 << 0,
	BIT_MULTIFUNCTION = 1 << 1,
	BIT_EXPRESS = 1 << 2,
	BIT_FLR = 1 << 3,
	BIT_AF_FLR = 1 << 4,
	BIT_HAS_PM = 1 << 5,
	BIT_NO_SOFT_RESET = 1 << 6,
	BIT_HAS_ACS = 1 << 7,
};

static int read_power_state(struct gs_engine *engine, const struct gs_scope_entry *entry)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];

	if (gs_path(path, "%s/power_state", entry->path) < 0 ||
	    gs_tree_read(engine, path, &text) < 0)
		return -1;
	return gs_power_state_find(text);
}

/* What never had a driver is on, and the kernel has not looked. */
static bool is_on(int state)
{
	return state == GPUSHIFT_POWER_STATE_D0 || state == GPUSHIFT_POWER_STATE_UNKNOWN;
}

/* Recursion is as deep as bridges are nested, which paths of GS_PATH_MAX bound. */
static void look_at(struct gs_engine *engine, const struct gs_scope *scope,
		    struct gs_scope_entry *entry)
{
	struct gs_scope_entry *parent = entry->above;

	if (entry->looked_at)
		return;
	entry->looked_at = true;
	entry->power_state = read_power_state(engine, entry);
	entry->awake = is_on(entry->power_state);
	if (entry->is_vf)
		parent = gs_scope_find(scope, &entry->physfn);
	if (!parent)
		return;
	look_at(engine, scope, parent);
	entry->awake &= parent->awake;
}

static int read_config(void *data, unsigned int offset, uint32_t *ret)
{
	const int *fd = data;
	uint32_t value;
	ssize_t n = pread(*fd, &value, sizeof(value), offset);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(value))
		return -ENODATA;
	*ret = le32toh(value);
	return 0;
}

static void parse(struct gs_engine *engine, const struct gs_scope_entry *entry,
		  struct gs_config *config)
{
	gs_cleanup_close int fd = -1;
	char path[GS_PATH_MAX];

	*config = (struct gs_config){ .answers = GS_UNKNOWN };
	if (gs_path(path, "%s/config", entry->path) < 0)
		return;
	fd = gs_tree_open(engine, path, O_RDONLY);
	if (fd >= 0)
		gs_config_parse(read_config, &fd, entry->is_vf, config);
}

static long pack_bits(const struct gs_config *config)
{
	return (config->known ? BIT_KNOWN : 0) | (config->multifunction ? BIT_MULTIFUNCTION : 0) |
	       (config->express ? BIT_EXPRESS : 0) | (config->flr ? BIT_FLR : 0) |
	       (config->af_flr ? BIT_AF_FLR : 0) | (config->has_pm ? BIT_HAS_PM : 0) |
	       (config->no_soft_reset ? BIT_NO_SOFT_RESET : 0) |
	       (config->has_acs ? BIT_HAS_ACS : 0);
}

static void unpack_bits(long bits, struct gs_config *config)
{
	config->known = bits & BIT_KNOWN;
	config->multifunction = bits & BIT_MULTIFUNCTION;
	config->express = bits & BIT_EXPRESS;
	config->flr = bits & BIT_FLR;
	config->af_flr = bits & BIT_AF_FLR;
	config->has_pm = bits & BIT_HAS_PM;
	config->no_soft_reset = bits & BIT_NO_SOFT_RESET;
	config->has_acs = bits & BIT_HAS_ACS;
}

static void ask(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct questions *questions = data;
	struct gs_config config;

	for (size_t i = questions->answered; i < questions->count; i++) {
		gs_record_publish(records);
		parse(engine, questions->entries[i], &config);
		gs_record_number(records, config.answers);
		gs_record_number(records, pack_bits(&config));
		gs_record_number(records, (long)config.port_type);
		gs_record_number(records, config.acs_offered);
		gs_record_number(records, config.acs_set);
		for (size_t bar = 0; bar < GS_BARS; bar++)
			gs_record_number(records, (long)config.resizable[bar]);
		gs_record_field(records, "");
	}
}

/* Whether the answer holds one more that is whole: it ends in an empty field. */
static bool take_answer(struct gs_answer *answer, struct gs_config *ret)
{
	struct gs_config config = { .answers = (enum gs_known)gs_answer_number(answer) };
	const char *end;

	unpack_bits(gs_answer_number(answer), &config);
	config.port_type = (unsigned int)gs_answer_number(answer);
	config.acs_offered = (uint16_t)gs_answer_number(answer);
	config.acs_set = (uint16_t)gs_answer_number(answer);
	for (size_t bar = 0; bar < GS_BARS; bar++)
		config.resizable[bar] = (uint64_t)gs_answer_number(answer);
	end = gs_answer_next(answer);
	if (!end)
		return false;
	*ret = config;
	return true;
}

static char *stuck_name(const struct gs_scope_entry *entry)
{
	char text[GS_ADDRESS_LEN];

	return gs_asprintf("%s/config", gs_address_format(&entry->address, text));
}

/* Asks a child for all that is open; skips the function where that child hung. */
static int ask_once(struct gs_engine *engine, struct questions *questions, unsigned int total_ms)
{
	gs_cleanup_free char *at = NULL;
	struct gs_answer answer;
	int r;

	r = gs_child_read(engine, ask, questions, QUIET_MS, total_ms, &answer);
	if (r < 0)
		return r;
	while (questions->answered < questions->count &&
	       take_answer(&answer, &questions->entries[questions->answered]->config))
		questions->answered++;
	if (questions->answered < questions->count) {
		at = stuck_name(questions->entries[questions->answered++]);
		if (answer.stuck)
			r = at ? gs_child_keep(engine, answer.stuck, at) : -ENOMEM;
	}
	gs_answer_clear(&answer);
	return r;
}

static int ask_all(struct gs_engine *engine, struct questions *questions)
{
	uint64_t end = gs_now_us() + TOTAL_MS * 1000;
	uint64_t now;
	int r = 0;

	while (r == 0 && questions->answered < questions->count) {
		now = gs_now_us();
		if (now >= end)
			break;
		r = ask_once(engine, questions, (unsigned int)((end - now) / 1000) + 1);
	}
	return r;
}

static int add_question(struct gs_engine *engine, struct gs_scope_entry *entry,
			struct questions *questions)
{
	gs_cleanup_free char *at = stuck_name(entry);
	int r;

	if (!at)
		return -ENOMEM;
	if (!entry->awake || gs_child_stuck_at(engine, at))
		return 0;
	r = gs_grow(&questions->entries, questions->count, sizeof(*questions->entries));
	if (r == 0)
		questions->entries[questions->count++] = entry;
	return r;
}

int gs_sysfs_ask(struct gs_engine *engine, struct gs_scope *scope)
{
	struct questions questions = { 0 };
	int r = 0;

	for (size_t i = 0; i < scope->n_entries; i++)
		if (scope->entries[i].listed)
			look_at(engine, scope, &scope->entries[i]);
	for (size_t i = 0; i < scope->n_entries && r == 0; i++)
		if (scope->entries[i].looked_at)
			r = add_question(engine, &scope->entries[i], &questions);
	if (r == 0)
		r = ask_all(engine, &questions);
	free(questions.entries);
	return r;
}
