// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The files that gpushift reads back: the journal, what it remembers of a
 * card, a quarantine, a wish. The first byte says which one the rest is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "fuzz.h"
#include "journal.h"
#include "quarantine.h"
#include "remembered.h"
#include "wish.h"

#define GPU "0000:01:00.0"
#define BOOT_ID "11111111-2222-3333-4444-555555555555\n"

static const char *const files[] = {
	"var/lib/gpushift/journal",
	"var/lib/gpushift/cards/" GPU ".json",
	"var/lib/gpushift/quarantine/" GPU ".json",
	"var/lib/gpushift/wishes/x.json",
};

static char root[] = "/tmp/gpushift-fuzz.XXXXXX";
static struct gs_engine *engine;

static void put(const char *path, const void *bytes, size_t size)
{
	char full[256];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = strchr(full + sizeof(root), '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)!mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void clean_up(void)
{
	char command[64];

	gs_engine_close(engine);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	(void)!system(command);
}

static void begin(void)
{
	if (!mkdtemp(root) || gs_engine_open(root, &engine) < 0)
		abort();
	put("proc/sys/kernel/random/boot_id", BOOT_ID, sizeof(BOOT_ID) - 1);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(files[i], "", 0);
	atexit(clean_up);
}

static void use_action(const struct gs_action *action)
{
	if (!action->target)
		abort();
	fuzz_use(action->target, strlen(action->target));
	/* What the steps take for granted. */
	if ((action->op == GS_OP_SET_OVERRIDE || action->op == GS_OP_PROBE ||
	     action->op == GS_OP_WAIT) &&
	    !action->value)
		abort();
	if (action->op != GS_OP_REMOVE_VGPU && strchr(action->target, '/'))
		abort();
}

static void use_before(const struct gs_before *before, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((before[i].driver && strchr(before[i].driver, '/')) ||
		    strchr(before[i].address, '/'))
			abort();
}

static void use_remembered(const struct gs_remembered *remembered)
{
	if (!remembered)
		return;
	use_before(remembered->before, remembered->n_before);
	for (char **with = remembered->with; with && *with; with++)
		fuzz_use(*with, strlen(*with));
	for (size_t i = 0; remembered->parent && i < remembered->parent->n_types; i++)
		if (!remembered->parent->types[i].id || !remembered->parent->types[i].name)
			abort();
}

static void on_journal(void)
{
	struct gs_journal *journal;

	if (gs_journal_read(engine, &journal) < 0)
		return;
	for (size_t i = 0; i < journal->plan->n_steps; i++) {
		use_action(&journal->plan->steps[i].action);
		if (journal->plan->steps[i].undo)
			use_action(journal->plan->steps[i].undo);
	}
	use_before(journal->plan->before, journal->plan->n_before);
	use_remembered(journal->plan->remember);
	gs_journal_free(journal);
}

static void on_memory(void)
{
	struct gs_function display = { .vendor_id = 0x10de, .device_id = 0x1b38 };
	struct gs_remembered *remembered;

	strcpy(display.text, GPU);
	if (gs_remembered_read(engine, &display, &remembered) < 0)
		return;
	use_remembered(remembered);
	gs_remembered_free(remembered);
}

static void on_quarantine(void)
{
	struct gs_process process;
	char *reason;

	(void)gs_quarantine_stuck(engine, GPU, &process);
	if (gs_quarantine_read(engine, GPU, &reason) == 0 && reason)
		free(reason);
}

static void use_place(const struct gs_place *place)
{
	struct gs_address address;

	if (gs_address_parse(place->address, &address) < 0)
		abort();
	if (place->path)
		fuzz_use(place->path, strlen(place->path));
}

static void on_wish(void)
{
	struct gs_wishes *wishes;

	if (gs_wishes_read(engine, &wishes) < 0)
		return;
	/* Never lost: it is a wish, or it is odd. */
	if (wishes->n_wishes + wishes->n_odd != 1)
		abort();
	for (size_t i = 0; i < wishes->n_wishes; i++) {
		const struct gs_wish *wish = &wishes->wishes[i];

		use_place(&wish->place);
		for (size_t j = 0; j < wish->n_with; j++)
			use_place(&wish->with[j]);
		for (size_t j = 0; j < wish->n_vgpus; j++)
			if (strlen(wish->vgpus[j].uuid) != 36 || strchr(wish->vgpus[j].type, '/'))
				abort();
		if (wish->driver && strchr(wish->driver, '/'))
			abort();
	}
	gs_wishes_free(wishes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(void) = { on_journal, on_memory, on_quarantine,
						on_wish };
	size_t which;

	if (!size)
		return 0;
	if (!engine)
		begin();
	which = data[0] % (sizeof(targets) / sizeof(*targets));
	put(files[which], data + 1, size - 1);
	targets[which]();
	return 0;
}
