// SPDX-License-Identifier: GPL-2.0-or-later
/* holders.c - who uses cards and vGPUs: asks an expendable child, takes the answer. */
#include "holders.h"
#include "inventory.h"

/* A file server that does not answer must not keep a switch waiting. */
#define SCAN_MS 5000

static const char *const kinds[] = {
	"process", "unit", "container", "vm", "mount", "swap", "network", "input", "kernel",
};

/* What was found of one target. */
struct finding {
	struct gs_holder *holders;
	size_t n_holders;
};

struct question {
	struct gs_target *targets;
	struct finding *findings;
	size_t n_targets;
	int unreadable;
};

static int grow_question(struct question *question, struct gs_target **ret)
{
	int r;

	/* Two arrays of the same length; the second may be one longer after a failure. */
	r = gs_grow(&question->findings, question->n_targets, sizeof(*question->findings));
	if (r == 0)
		r = gs_grow(&question->targets, question->n_targets, sizeof(*question->targets));
	if (r == 0)
		*ret = &question->targets[question->n_targets++];
	return r;
}

static void clear_question(struct question *question)
{
	for (size_t i = 0; i < question->n_targets; i++) {
		gs_strv_free(question->targets[i].devices);
		free(question->targets[i].groups);
		gs_holders_free(question->findings[i].holders, question->findings[i].n_holders);
	}
	free(question->targets);
	free(question->findings);
}

static int add_device(struct gs_target *target, const char *bus, const char *name, int group)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "sys/bus/%s/devices/%s", bus, name);
	if (r == 0)
		r = gs_strv_add(&target->devices, path);
	if (r < 0 || group < 0)
		return r;
	for (size_t i = 0; i < target->n_groups; i++)
		if (target->groups[i] == group)
			return 0;
	r = gs_grow(&target->groups, target->n_groups, sizeof(*target->groups));
	if (r == 0)
		target->groups[target->n_groups++] = group;
	return r;
}

static int add_vgpu(struct gs_target *target, const struct gs_vgpu *vgpu)
{
	return add_device(target, vgpu->uuid ? "mdev" : "pci", gs_vgpu_name(vgpu),
			  vgpu->iommu_group);
}

static int ask_for_functions(struct question *question, struct gs_function *const *functions,
			     size_t count, struct gs_target **ret)
{
	int r = grow_question(question, ret);

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_device(*ret, "pci", functions[i]->text, functions[i]->iommu_group);
	return r;
}

static int ask_for_card(struct question *question, const struct gs_card *card)
{
	struct gs_target *target;
	int r;

	r = ask_for_functions(question, card->functions, card->n_functions, &target);
	for (size_t i = 0; i < card->n_vgpus && r == 0; i++)
		r = add_vgpu(target, card->vgpus[i]);
	return r;
}

static int ask_for_vgpu(struct question *question, const struct gs_vgpu *vgpu)
{
	struct gs_target *target;
	int r = grow_question(question, &target);

	return r < 0 ? r : add_vgpu(target, vgpu);
}

/* What may have to wait comes last. */
static void scan_all(struct gs_scan *scan)
{
	gs_scan_kernel(scan);
	gs_scan_keyboards(scan);
	gs_scan_network(scan);
	gs_scan_swaps(scan);
	gs_scan_kfd(scan);
	gs_scan_processes(scan);
}

static void child(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct question *question = data;
	struct gs_nodes nodes = { 0 };
	struct gs_scan scan = {
		.engine = engine,
		.records = records,
		.nodes = &nodes,
		.targets = question->targets,
		.n_targets = question->n_targets,
	};
	int r = 0;

	for (size_t i = 0; i < question->n_targets && r == 0; i++)
		r = gs_nodes_find(engine, &question->targets[i], i, &nodes);
	if (r == 0)
		r = gs_kfd_find(engine, question->targets, question->n_targets, &nodes);
	if (r < 0)
		gs_record_field(records, GS_RECORD_FAILED);
	else
		scan_all(&scan);
	gs_nodes_clear(&nodes);
}

static const char *known_kind(const char *kind)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return kinds[i];
	return NULL;
}

/* An empty text is none. */
static int copy(const char *text, char **ret)
{
	*ret = *text ? strdup(text) : NULL;
	return *ret || !*text ? 0 : -ENOMEM;
}

static int copy_all(const struct gs_found *found, struct gs_holder *holder)
{
	const struct {
		const char *from;
		char **to;
	} texts[] = {
		{ found->name, &holder->name },	      { found->detail, &holder->detail },
		{ found->manager, &holder->manager }, { found->command, &holder->command },
		{ found->fix, &holder->fix },	      { found->critical, &holder->critical },
	};

	for (size_t i = 0; i < GS_ARRAY_SIZE(texts); i++)
		if (copy(texts[i].from, texts[i].to) < 0)
			return -ENOMEM;
	return 0;
}

static int add_holder(struct finding *finding, const struct gs_found *found)
{
	struct gs_holder *holder;
	int r;

	r = gs_grow(&finding->holders, finding->n_holders, sizeof(*finding->holders));
	if (r < 0)
		return r;
	holder = &finding->holders[finding->n_holders++];
	holder->kind = found->kind;
	holder->pid = found->pid;
	holder->overridable = found->overridable;
	holder->yields = found->yields;
	return copy_all(found, holder);
}

static int take_holder(struct question *question, struct gs_answer *answer)
{
	long target = gs_answer_number(answer);
	struct gs_found found = { 0 };
	const char *yields;

	found.kind = gs_answer_next(answer);
	found.pid = (int)gs_answer_number(answer);
	found.name = gs_answer_next(answer);
	found.detail = gs_answer_next(answer);
	found.manager = gs_answer_next(answer);
	found.command = gs_answer_next(answer);
	found.fix = gs_answer_next(answer);
	found.critical = gs_answer_next(answer);
	found.overridable = gs_answer_number(answer);
	yields = gs_answer_next(answer);
	/* The last record of a child that was killed may be cut off. */
	found.kind = yields ? known_kind(found.kind) : NULL;
	if (!found.kind || target < 0 || (size_t)target >= question->n_targets)
		return 0;
	found.yields = *yields == '1';
	return add_holder(&question->findings[target], &found);
}

static int take_answer(struct question *question, struct gs_answer *answer)
{
	long processes = 1, looked = 0;
	const char *record;
	int r = 0;

	while (r == 0 && (record = gs_answer_next(answer))) {
		if (strcmp(record, GS_RECORD_HOLDER) == 0)
			r = take_holder(question, answer);
		else if (strcmp(record, GS_RECORD_PROCESSES) == 0)
			processes = gs_answer_number(answer);
		else if (strcmp(record, GS_RECORD_LOOKED) == 0)
			looked++;
		else if (strcmp(record, GS_RECORD_UNREADABLE) == 0)
			question->unreadable++;
		else if (strcmp(record, GS_RECORD_FAILED) == 0)
			r = -ENOMEM;
	}
	/* Whoever was not looked at in time counts as unreadable. */
	if (!answer->complete && processes > looked)
		question->unreadable += (int)(processes - looked);
	return r;
}

static int ask(struct gs_engine *engine, struct question *question)
{
	struct gs_answer answer;
	int r;

	r = gs_child_read(engine, child, question, SCAN_MS, SCAN_MS, &answer);
	if (r < 0)
		return r;
	r = take_answer(question, &answer);
	if (r == 0 && answer.stuck)
		r = gs_child_keep(engine, answer.stuck, "holders");
	gs_answer_clear(&answer);
	return r;
}

static void give_card(struct question *question, size_t index, struct gs_card *card)
{
	struct finding *finding = &question->findings[index];

	gs_holders_free(card->holders, card->n_holders);
	card->holders = finding->holders;
	card->n_holders = finding->n_holders;
	card->holders_unreadable = question->unreadable;
	*finding = (struct finding){ 0 };
}

/* Not in use only when everybody could be asked. */
static void give_vgpu(const struct question *question, size_t index, struct gs_vgpu *vgpu)
{
	if (question->findings[index].n_holders)
		vgpu->in_use = GS_YES;
	else
		vgpu->in_use = question->unreadable ? GS_UNKNOWN : GS_NO;
}

int gs_holders_read(struct gs_engine *engine, struct gs_host *host, struct gs_card *card)
{
	struct question question = { 0 };
	int r;

	(void)host;
	r = ask_for_card(&question, card);
	for (size_t i = 0; i < card->n_vgpus && r == 0; i++)
		r = ask_for_vgpu(&question, card->vgpus[i]);
	if (r == 0)
		r = ask(engine, &question);
	for (size_t i = 0; i < card->n_vgpus && r == 0; i++)
		give_vgpu(&question, i + 1, card->vgpus[i]);
	if (r == 0)
		give_card(&question, 0, card);
	clear_question(&question);
	return r;
}

int gs_holders_read_all(struct gs_engine *engine, struct gs_host *host)
{
	struct question question = { 0 };
	int r = 0;

	for (size_t i = 0; i < host->n_cards && r == 0; i++)
		r = ask_for_card(&question, &host->cards[i]);
	for (size_t i = 0; i < host->n_vgpus && r == 0; i++)
		r = ask_for_vgpu(&question, &host->vgpus[i]);
	if (r == 0 && question.n_targets)
		r = ask(engine, &question);
	for (size_t i = 0; i < host->n_vgpus && r == 0; i++)
		give_vgpu(&question, host->n_cards + i, &host->vgpus[i]);
	for (size_t i = 0; i < host->n_cards && r == 0; i++)
		give_card(&question, i, &host->cards[i]);
	clear_question(&question);
	return r;
}

/* Of one target. */
static int ask_one(struct gs_engine *engine, struct question *question, struct gs_holder **ret,
		   size_t *ret_count)
{
	int r = ask(engine, question);

	if (r < 0)
		return r;
	*ret = gs_steal(question->findings[0].holders);
	*ret_count = question->findings[0].n_holders;
	question->findings[0].n_holders = 0;
	return 0;
}

int gs_holders_below(struct gs_engine *engine, const char *device, struct gs_holder **ret,
		     size_t *ret_count)
{
	struct question question = { 0 };
	struct gs_target *target;
	int r;

	r = grow_question(&question, &target);
	if (r == 0)
		r = gs_strv_add(&target->devices, device);
	if (r == 0)
		r = ask_one(engine, &question, ret, ret_count);
	clear_question(&question);
	return r;
}

int gs_holders_of_functions(struct gs_engine *engine, struct gs_function *const *functions,
			    size_t count, struct gs_holder **ret, size_t *ret_count,
			    int *ret_unreadable)
{
	struct question question = { 0 };
	struct gs_target *target;
	int r;

	r = ask_for_functions(&question, functions, count, &target);
	if (r == 0)
		r = ask_one(engine, &question, ret, ret_count);
	*ret_unreadable = question.unreadable;
	clear_question(&question);
	return r;
}
