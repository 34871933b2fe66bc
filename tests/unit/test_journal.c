// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal and the memories: written and read back, cut off anywhere, of other versions, made
 * up. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "journal.h"
#include "quarantine.h"
#include "remembered.h"

#define GPU "0000:01:00.0"
#define JOURNAL "var/lib/gpushift/journal"
#define MEMORY "var/lib/gpushift/cards/" GPU ".json"
#define BOOT_ID "11111111-2222-3333-4444-555555555555"

static struct gs_engine *engine_of(struct fixture *fixture)
{
	char path[64];

	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", BOOT_ID "\n");
	snprintf(path, sizeof(path), "proc/%d/stat", getpid());
	tree_write(fixture->tree, path,
		   "%d (test) (x) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n", getpid());
	return fixture_engine(fixture);
}

static struct gs_before before[] = {
	{ (char *)GPU, (char *)"nouveau", NULL, (char *)"auto" },
	{ (char *)"0000:01:00.1", NULL, (char *)"vfio-pci", NULL },
};

static struct gs_action undo = { GS_OP_PROBE, (char *)GPU, (char *)"nouveau" };

static struct gs_step steps[] = {
	{ .action = { GS_OP_LOAD_MODULE, (char *)"bochs-drm", (char *)"bochs" } },
	{ .action = { GS_OP_UNBIND, (char *)GPU, (char *)"nouveau" }, .undo = &undo },
	{ .action = { GS_OP_SET_OVERRIDE, (char *)GPU, (char *)"" } },
	{ .action = { GS_OP_CREATE_VGPU, (char *)"mtty",
		      (char *)"mtty-1/aaaaaaaa-0000-4000-8000-000000000001" } },
	{ .action = { GS_OP_RECORD, (char *)GPU, (char *)"passthrough" } },
};

static char *with[] = { (char *)"0000:01:00.2", NULL };
static struct gs_vgpu_type types[] = {
	{ .id = (char *)"nvidia-46",
	  .name = (char *)"P40-1Q \"\xc3\xa4\\\"",
	  .framebuffer_bytes = 1ULL << 40 },
};
static struct gs_parent parent = { .name = (char *)GPU, .types = types, .n_types = 1 };

static struct gs_remembered memory = {
	.driver = (char *)"nouveau",
	.with = with,
	.before = before,
	.n_before = 2,
	.parent = &parent,
};

static struct gs_plan plan = {
	.card = GPU,
	.from = GS_MODE_UNBOUND,
	.to = GS_MODE_PASSTHROUGH,
	.steps = steps,
	.n_steps = GS_ARRAY_SIZE(steps),
	.identity = { 0x10de, 0x1b38, 0x1043, 0x0001 },
	.before = before,
	.n_before = 2,
	.remember = &memory,
};

static void expect_before(const struct gs_before *list, size_t count)
{
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(list[i].address, before[i].address);
		assert_true(gs_streq(list[i].driver, before[i].driver));
		assert_true(gs_streq(list[i].driver_override, before[i].driver_override));
		assert_true(gs_streq(list[i].power_control, before[i].power_control));
	}
}

static void expect_remembered(const struct gs_remembered *found)
{
	assert_non_null(found);
	assert_string_equal(found->driver, "nouveau");
	expect_before(found->before, found->n_before);
	assert_true(gs_strv_has(found->with, with[0]));
	assert_int_equal(gs_strv_count(found->with), 1);
	assert_int_equal(found->parent->n_types, 1);
	assert_string_equal(found->parent->types[0].name, types[0].name);
	assert_true(found->parent->types[0].framebuffer_bytes == types[0].framebuffer_bytes);
}

static void what_is_written_is_read(void **state)
{
	struct gs_engine *engine = engine_of(*state);
	struct gs_journal *journal;
	int fd;

	assert_int_equal(gs_journal_read(engine, &journal), -ENOENT);
	assert_int_equal(gs_journal_write(engine, &plan), 0);
	/* Marks are for people: reading back does not see them. */
	steps[1].result = GS_RESULT_DONE;
	fd = gs_journal_open(engine);
	assert_true(fd >= 0);
	gs_journal_mark(fd, &steps[1]);
	close(fd);
	assert_int_equal(gs_journal_read(engine, &journal), 0);
	assert_true(journal->same_boot);
	assert_int_equal(journal->writer.pid, getpid());
	assert_int_equal(journal->writer.start, 4711);
	assert_string_equal(journal->plan->card, GPU);
	assert_int_equal(journal->plan->from, GS_MODE_UNBOUND);
	assert_int_equal(journal->plan->to, GS_MODE_PASSTHROUGH);
	assert_memory_equal(&journal->plan->identity, &plan.identity, sizeof(plan.identity));
	expect_before(journal->plan->before, journal->plan->n_before);
	expect_remembered(journal->plan->remember);
	assert_int_equal(journal->plan->n_steps, GS_ARRAY_SIZE(steps));
	for (size_t i = 0; i < GS_ARRAY_SIZE(steps); i++) {
		const struct gs_step *step = &journal->plan->steps[i];

		assert_int_equal(step->action.op, steps[i].action.op);
		assert_string_equal(step->action.target, steps[i].action.target);
		assert_true(gs_streq(step->action.value, steps[i].action.value));
		assert_int_equal(step->undo != NULL, steps[i].undo != NULL);
	}
	assert_string_equal(journal->plan->steps[1].undo->value, "nouveau");
	gs_journal_free(journal);
	assert_int_equal(gs_journal_write(engine, &plan), -EEXIST);
	assert_int_equal(gs_journal_end(engine), 0);
	assert_int_equal(gs_journal_end(engine), 0);
	assert_int_equal(gs_journal_read(engine, &journal), -ENOENT);
}

/* The object is one line: whatever is missing of it is noticed. */
static void cut_off_anywhere(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_journal *journal;
	size_t length;
	char *text;

	assert_int_equal(gs_journal_write(engine, &plan), 0);
	text = tree_read(fixture->tree, JOURNAL);
	assert_non_null(text);
	length = strlen(text);
	assert_true(length > 800 && text[length - 1] == '\n');
	for (size_t cut = 0; cut < length - 1; cut++) {
		tree_write_bytes(fixture->tree, JOURNAL, text, cut);
		assert_int_equal(gs_journal_read(engine, &journal), -EBADMSG);
	}
	tree_write_bytes(fixture->tree, JOURNAL, text, length - 1);
	assert_int_equal(gs_journal_read(engine, &journal), 0);
	gs_journal_free(journal);
	free(text);
}

/* Every byte changed in turn: read or refused, never wrong in memory. */
static void damaged_anywhere(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_journal *journal;
	char *text;

	assert_int_equal(gs_journal_write(engine, &plan), 0);
	text = tree_read(fixture->tree, JOURNAL);
	for (size_t i = 0; text[i]; i++) {
		char was = text[i];
		int r;

		text[i] = (char)(was ^ (1 << i % 7));
		tree_write_bytes(fixture->tree, JOURNAL, text, strlen(text));
		text[i] = was;
		r = gs_journal_read(engine, &journal);
		if (r == 0)
			gs_journal_free(journal);
		else
			assert_true(r == -EBADMSG || r == -EPROTO);
	}
	free(text);
}

static void replace_and_read(struct fixture *fixture, const char *from, const char *to,
			     int expected)
{
	struct gs_engine *engine = engine_of(fixture);
	struct gs_journal *journal;
	char *text, *at, *changed;
	int r;

	(void)!gs_journal_end(engine);
	assert_int_equal(gs_journal_write(engine, &plan), 0);
	text = tree_read(fixture->tree, JOURNAL);
	at = strstr(text, from);
	if (!at)
		fail_msg("no %s in %s", from, text);
	changed = gs_asprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	tree_write(fixture->tree, JOURNAL, "%s", changed);
	r = gs_journal_read(engine, &journal);
	if (r == 0)
		gs_journal_free(journal);
	if (r != expected)
		fail_msg("%s for %s: %d", to, from, r);
	free(changed);
	free(text);
}

static void versions(void **state)
{
	replace_and_read(*state, "\"version\":1", "\"version\":2", -EPROTO);
	replace_and_read(*state, "\"version\":1", "\"version\":0", -EBADMSG);
	replace_and_read(*state, "\"version\":1", "\"version\":\"1\"", -EBADMSG);
	replace_and_read(*state, "\"version\":1", "\"version\":null", -EBADMSG);
}

/* Nobody but root writes it; even so nothing in it leads out of its place. */
static void what_the_planner_does_not_write(void **state)
{
	static const char *const cases[][2] = {
		{ "\"op\":\"unbind\",\"target\":\"" GPU "\"",
		  "\"op\":\"unbind\",\"target\":\"../../etc\"" },
		{ "\"op\":\"unbind\",\"target\":\"" GPU "\"",
		  "\"op\":\"unbind\",\"target\":\"mtty\"" },
		{ "}\n", "}more\n" },
		{ "\"value\":\"nouveau\"", "\"value\":\"../x\"" },
		{ "\"value\":\"nouveau\"", "\"value\":\"..\"" },
		{ "\"value\":\"nouveau\"", "\"value\":null" },
		{ "\"op\":\"unbind\"", "\"op\":\"format\"" },
		{ "\"op\":\"unbind\"", "\"op\":\"stop-service\"" },
		{ "\"driver\":\"nouveau\"", "\"driver\":\"a/b\"" },
		{ "\"driver_override\":\"vfio-pci\"", "\"driver_override\":\"a/b\"" },
		{ "\"card\":\"" GPU "\"", "\"card\":\"../x\"" },
		{ "\"from\":\"unbound\"", "\"from\":\"away\"" },
		{ "\"identity\":\"10de", "\"identity\":\"x" },
		{ "mtty-1\\/aaaa", "aaaa" },
		{ "\"target\":\"mtty\"", "\"target\":\"a/b\"" },
		{ "\"value\":\"bochs\"", "\"value\":\"a/b\"" },
		{ "\"with\":[\"0000:01:00.2\"]", "\"with\":[\"x\"]" },
		{ "\"with\":[\"0000:01:00.2\"]", "\"with\":{}" },
		{ "\"before\":[", "\"before\":[1," },
		{ "\"steps\":[", "\"steps\":[1," },
		{ "\"steps\":[", "\"stops\":[" },
		{ "\"id\":\"nvidia-46\"", "\"id\":\"a/b\"" },
	};

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++)
		replace_and_read(*state, cases[i][0], cases[i][1], -EBADMSG);
}

static void too_large_is_refused_before_it_is_written(void **state)
{
	struct gs_engine *engine = engine_of(*state);
	struct gs_step *many = calloc(10000, sizeof(*many));
	struct gs_plan large = plan;
	struct gs_journal *journal;

	assert_non_null(many);
	for (size_t i = 0; i < 10000; i++)
		many[i] = steps[3];
	large.steps = many;
	large.n_steps = 10000;
	assert_int_equal(gs_journal_write(engine, &large), -EFBIG);
	assert_int_equal(gs_journal_read(engine, &journal), -ENOENT);
	free(many);
}

static struct gs_function display_of(void)
{
	struct gs_function function = { .vendor_id = 0x10de, .device_id = 0x1b38 };

	strcpy(function.text, GPU);
	return function;
}

static void memories(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_function display = display_of();
	struct gs_identity identity = gs_function_identity(&display);
	struct gs_remembered *found;

	assert_int_equal(gs_remembered_read(engine, &display, &found), 0);
	assert_null(found);
	assert_int_equal(gs_remembered_store(engine, GPU, &identity, &memory), 0);
	assert_int_equal(gs_remembered_read(engine, &display, &found), 0);
	expect_remembered(found);
	assert_true(found->same_boot);
	gs_remembered_free(found);

	/* What holds in one boot only is forgotten in the next. */
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "99999999-2222-3333-4444-555555555555\n");
	assert_int_equal(gs_remembered_read(engine, &display, &found), 0);
	assert_false(found->same_boot);
	assert_string_equal(found->driver, "nouveau");
	assert_int_equal(found->n_before, 0);
	assert_int_equal(gs_strv_count(found->with), 0);
	assert_int_equal(found->parent->n_types, 1);
	gs_remembered_free(found);

	/* Another card at the address has no memory. */
	display.subsystem_device_id = 1;
	assert_int_equal(gs_remembered_read(engine, &display, &found), 0);
	assert_null(found);
}

static void memories_that_cannot_be_read(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"version\":2}",
		"{\"version\":1}",
		"{\"version\":1,\"identity\":\"10de:1b38:0000:0000\",\"with\":[\"../x\"]}"
	};
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_function display = display_of();
	struct gs_remembered *found;

	for (size_t i = 0; i < GS_ARRAY_SIZE(texts); i++) {
		tree_write(fixture->tree, MEMORY, "%s", texts[i]);
		assert_int_equal(gs_remembered_read(engine, &display, &found), 0);
		assert_null(found);
	}
}

static void vgpus_and_quarantine_belong_to_the_boot(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	gs_cleanup_free char *reason = NULL;

	assert_false(gs_vgpu_owned(engine, "u"));
	assert_int_equal(gs_vgpu_own(engine, "u", GPU, "nvidia-46"), 0);
	assert_true(gs_vgpu_owned(engine, "u"));
	assert_int_equal(gs_quarantine_store(engine, GPU, "it \"hung\"", NULL, NULL, 0), 0);
	assert_int_equal(gs_quarantine_read(engine, GPU, &reason), 0);
	assert_string_equal(reason, "it \"hung\"");
	free(gs_steal(reason));
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "99999999-2222-3333-4444-555555555555\n");
	assert_false(gs_vgpu_owned(engine, "u"));
	assert_int_equal(gs_quarantine_read(engine, GPU, &reason), 0);
	assert_null(reason);
	assert_int_equal(gs_vgpu_disown(engine, "u"), 0);
	assert_int_equal(gs_vgpu_disown(engine, "u"), 0);
	assert_int_equal(gs_quarantine_lift(engine, GPU), 0);
}

static void next_boot(struct fixture *fixture, char digit)
{
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "%c9999999-2222-3333-4444-555555555555\n", digit);
}

/* How often the card went wrong in boots on end, for who restores wished modes at boot. */
static void a_quarantine_is_history_in_the_next_boot(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	gs_cleanup_free char *reason = NULL;

	assert_int_equal(gs_quarantine_history(engine, GPU, &reason), 0);
	assert_int_equal(gs_quarantine_store(engine, GPU, "first", NULL, NULL, 0), 0);
	assert_int_equal(gs_quarantine_store(engine, GPU, "again", NULL, NULL, 0), 0);
	assert_int_equal(gs_quarantine_history(engine, GPU, &reason), 0);
	assert_null(reason);
	next_boot(fixture, '1');
	assert_int_equal(gs_quarantine_history(engine, GPU, &reason), 1);
	assert_string_equal(reason, "again");
	free(gs_steal(reason));
	assert_int_equal(gs_quarantine_store(engine, GPU, "second boot", NULL, NULL, 0), 0);
	next_boot(fixture, '2');
	assert_int_equal(gs_quarantine_history(engine, GPU, &reason), 2);
	free(gs_steal(reason));
	assert_int_equal(gs_quarantine_lift(engine, GPU), 0);
	assert_int_equal(gs_quarantine_history(engine, GPU, &reason), 0);
}

/* Named with what was last seen, as long as it hangs. */
static void what_hangs_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	const struct gs_process process = { .pid = 77, .start = 4711 };
	const struct gs_before last = { .address = (char *)GPU, .driver = (char *)"nvidia" };
	struct gs_stuck *stuck;

	tree_write(fixture->tree, "proc/77/stat",
		   "77 (x) D 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n");
	tree_write(fixture->tree, "proc/77/comm", "x\n");
	assert_int_equal(gs_quarantine_store(engine, GPU, "hangs", &process, &last, 1), 0);
	assert_int_equal(gs_stuck_read(engine, GPU, &stuck), 0);
	assert_non_null(stuck);
	assert_int_equal(stuck->pid, 77);
	assert_string_equal(stuck->name, "x");
	assert_null(stuck->stack); /* there is no such file here */
	assert_int_equal(stuck->n_last, 1);
	assert_string_equal(stuck->last[0].driver, "nvidia");
	gs_stuck_free(stuck);
	tree_remove(fixture->tree, "proc/77");
	assert_int_equal(gs_stuck_read(engine, GPU, &stuck), 0);
	assert_null(stuck);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_written_is_read),
		fixture_test(cut_off_anywhere),
		fixture_test(damaged_anywhere),
		fixture_test(versions),
		fixture_test(what_the_planner_does_not_write),
		fixture_test(too_large_is_refused_before_it_is_written),
		fixture_test(memories),
		fixture_test(memories_that_cannot_be_read),
		fixture_test(vgpus_and_quarantine_belong_to_the_boot),
		fixture_test(a_quarantine_is_history_in_the_next_boot),
		fixture_test(what_hangs_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
