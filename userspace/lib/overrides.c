// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overrides.c - driver_override, power/control and modalias of the functions
 * that a switch may touch: those of cards and of their groups.
 *
 * driver_override takes the device lock, which a driver that hangs in its
 * probe or remove holds: only that file is read by an expendable child, and
 * only where the module did not tell it.
 */
#include "child.h"
#include "inventory.h"
#include "tree.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000

/* The functions whose override is still to be read, in the order asked for. */
struct questions {
	struct gs_function **functions;
	size_t count;
	size_t answered;
};

static int read_text(struct gs_engine *engine, const struct gs_function *function,
		     const char *name, char **ret)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "sys/bus/pci/devices/%s/%s", function->text, name);
	if (r == 0)
		r = gs_tree_read(engine, path, &text);
	if (r == -ENOMEM)
		return r;
	free(*ret);
	*ret = r == 0 && *text ? gs_steal(text) : NULL;
	return 0;
}

static void ask(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct questions *questions = data;
	char path[GS_PATH_MAX], *text;

	for (size_t i = questions->answered; i < questions->count; i++) {
		if (gs_path(path, "sys/bus/pci/devices/%s/driver_override",
			    questions->functions[i]->text) < 0)
			_exit(1);
		gs_record_publish(records);
		text = NULL;
		/* A function that went, or a kernel without overrides, has none known. */
		if (gs_tree_read(engine, path, &text) < 0)
			gs_record_field(records, "unknown");
		else
			gs_record_field(records, "known");
		gs_record_field(records, text ? text : "");
		free(text);
	}
}

static int take_answer(struct gs_function *function, const char *known, const char *value)
{
	if (strcmp(known, "known") != 0)
		return 0;
	function->override_known = GS_YES;
	if (!*value || strcmp(value, "(null)") == 0)
		return 0;
	function->driver_override = strdup(value);
	return function->driver_override ? 0 : -ENOMEM;
}

static int take_answers(struct questions *questions, struct gs_answer *answer)
{
	const char *known, *value;
	int r = 0;

	while (r == 0 && questions->answered < questions->count) {
		known = gs_answer_next(answer);
		value = gs_answer_next(answer);
		if (!known || !value)
			break;
		r = take_answer(questions->functions[questions->answered++], known, value);
	}
	return r;
}

/* Asks a child for all that is open; skips the function where that child hung. */
static int ask_once(struct gs_engine *engine, struct questions *questions, unsigned int total_ms)
{
	struct gs_answer answer;
	const char *at;
	int r;

	r = gs_child_read(engine, ask, questions, QUIET_MS, total_ms, &answer);
	if (r < 0)
		return r;
	r = take_answers(questions, &answer);
	if (r == 0 && questions->answered < questions->count) {
		at = questions->functions[questions->answered++]->text;
		if (answer.stuck)
			r = gs_child_keep(engine, answer.stuck, at);
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

static int complete(struct gs_engine *engine, struct gs_function *function, bool of_card,
		    struct questions *questions)
{
	int r;

	r = read_text(engine, function, "power/control", &function->power_control);
	if (r == 0 && of_card)
		r = read_text(engine, function, "modalias", &function->modalias);
	if (r < 0 || function->override_known != GS_UNKNOWN ||
	    gs_child_stuck_at(engine, function->text))
		return r;
	for (size_t i = 0; i < questions->count; i++)
		if (questions->functions[i] == function)
			return 0;
	r = gs_grow(&questions->functions, questions->count, sizeof(*questions->functions));
	if (r == 0)
		questions->functions[questions->count++] = function;
	return r;
}

static int complete_card(struct gs_engine *engine, const struct gs_card *card,
			 struct questions *questions)
{
	int r = 0;

	for (size_t i = 0; i < card->n_functions && r == 0; i++)
		r = complete(engine, card->functions[i], true, questions);
	for (size_t i = 0; i < card->n_outside && r == 0; i++)
		r = complete(engine, card->outside[i], false, questions);
	return r;
}

int gs_override_read(struct gs_engine *engine, struct gs_function *function)
{
	struct questions questions = { 0 };
	int r = complete(engine, function, false, &questions);

	if (r == 0)
		r = ask_all(engine, &questions);
	free(questions.functions);
	return r;
}

int gs_overrides_read(struct gs_engine *engine, struct gs_host *host)
{
	struct questions questions = { 0 };
	int r = 0;

	for (size_t i = 0; i < host->n_cards && r == 0; i++)
		r = complete_card(engine, &host->cards[i], &questions);
	if (r == 0)
		r = ask_all(engine, &questions);
	free(questions.functions);
	return r;
}
