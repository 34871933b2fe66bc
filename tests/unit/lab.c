// SPDX-License-Identifier: GPL-2.0-or-later
/* lab.c - a host with a fake kernel, on which switches are carried out. */
#include "lab.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"
#include "want_resolve.h"

#define BOOT_ID "11111111-2222-3333-4444-555555555555"

static struct gs_address with_foreign[1];

static struct tree_function *make(struct lab *lab, struct tree_function *port, const char *address,
				  unsigned int class_code, unsigned int vendor)
{
	struct tree_function *function = tree_function(lab->tree, port, address, class_code);

	tree_ids(function, vendor, 0x1b38);
	return function;
}

static void give_config(struct lab *lab, struct tree_function *function)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/config", tree_path(function));
	tree_write_bytes(lab->tree, path, "\xde\x10\x38\x1b", 4);
}

int lab_setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct tree_function *port;

	if (!lab)
		return -1;
	*state = lab;
	lab->tree = tree_new();
	lab->options.timeout_ms = 10000;
	fake_kernel_start(lab->tree);
	tree_write(lab->tree, "proc/sys/kernel/random/boot_id", BOOT_ID "\n");
	tree_folder(lab->tree, "sys/module/vfio_iommu_type1");
	port = tree_group(tree_bridge(lab->tree, NULL, "0000:00:01.0"), 1);
	lab->gpu = make(lab, port, GPU, 0x030000, 0x10de);
	lab->sound = make(lab, port, SOUND, 0x040300, 0x10de);
	lab->foreign = make(lab, port, FOREIGN, 0x020000, 0x8086);
	lab->neighbour = make(lab, port, NEIGHBOUR, 0x088000, 0x8086);
	tree_reset(lab->gpu, "flr bus");
	for (size_t i = 0; i < 4; i++) {
		struct tree_function *all[] = { lab->gpu, lab->sound, lab->foreign,
						lab->neighbour };

		give_config(lab, tree_group(all[i], 1));
	}
	fake_kernel_driver(lab->tree, "vfio-pci");
	fake_kernel_native(lab->gpu, "nouveau", true);
	fake_kernel_native(lab->sound, "snd_hda_intel", true);
	fake_kernel_native(lab->foreign, "e1000e", true);
	assert_int_equal(gs_engine_open(tree_root(lab->tree), &lab->engine), 0);
	lab->engine->foreign_root = false; /* it answers like the host's own */
	lab_process(lab);
	assert_int_equal(gs_address_parse(FOREIGN, &with_foreign[0]), 0);
	return 0;
}

int lab_teardown(void **state)
{
	struct lab *lab = *state;

	gs_plan_free(lab->plan);
	fake_kernel_stop();
	gs_engine_close(lab->engine);
	tree_free(lab->tree);
	free(lab);
	return 0;
}

void lab_process(struct lab *lab)
{
	char path[64], text[1024] = "";
	FILE *stat = fopen("/proc/self/stat", "re");

	assert_non_null(stat);
	assert_non_null(fgets(text, sizeof(text), stat));
	fclose(stat);
	snprintf(path, sizeof(path), "proc/%d/stat", getpid());
	tree_write(lab->tree, path, "%s", text);
}

void lab_process_gone(struct lab *lab, int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d", pid);
	tree_remove(lab->tree, path);
}

struct gs_want lab_want(enum gs_mode mode)
{
	struct gs_want want = { .mode = mode };

	if (mode == GS_MODE_PASSTHROUGH) {
		want.with = with_foreign;
		want.n_with = 1;
	}
	return want;
}

static struct gs_host *read_host(struct lab *lab)
{
	struct gs_host *host;

	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_DRIVERS | GS_READ_TYPES, &host), 0);
	host->type1_loaded = true;
	return host;
}

void lab_plan(struct lab *lab, const struct gs_want *asked, bool refused)
{
	gs_cleanup_host struct gs_host *host = read_host(lab);
	struct gs_want_error error = { 0 };
	struct gs_want want = *asked;
	int r;

	gs_plan_free(lab->plan);
	lab->plan = NULL;
	assert_int_equal(gs_want_resolve(lab->engine, host, host_card(host, GPU), &want), 0);
	r = gs_plan_make(host, host_card(host, GPU), &want, &lab->plan, &error);
	gs_want_clear(&want);
	if (r < 0)
		fail_msg("no plan: %s", error.message ? error.message : strerror(-r));
	if ((lab->plan->n_blockers > 0) != refused)
		fail_msg("%s", refused ? "not refused" : lab->plan->blockers[0].message);
}

int lab_switch(struct lab *lab, const struct gs_want *want)
{
	struct gs_lock *lock;
	int r;

	assert_int_equal(gs_lock_take(lab->engine, 10000, &lock), 0);
	lab_plan(lab, want, false);
	r = gs_execute(lab->engine, lock, lab->plan, &lab->options);
	gs_lock_release(lock);
	return r;
}

int lab_set(struct lab *lab, enum gs_mode mode)
{
	struct gs_want want = lab_want(mode);

	return lab_switch(lab, &want);
}

enum gs_mode lab_mode(struct lab *lab)
{
	gs_cleanup_host struct gs_host *host = read_host(lab);

	return host_card(host, GPU)->mode;
}

struct gs_recovery lab_recover(struct lab *lab)
{
	struct gs_recovery recovery;
	struct gs_lock *lock;

	assert_int_equal(gs_lock_take(lab->engine, 10000, &lock), 0);
	assert_int_equal(gs_recover(lab->engine, lock, &lab->options, &recovery), 0);
	gs_lock_release(lock);
	return recovery;
}

int lab_fork_switch(struct lab *lab, const struct gs_want *want)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		lab_process(lab);
		_exit(lab_switch(lab, want));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	lab_process_gone(lab, pid);
	return status;
}

void lab_expect(char *expected)
{
	char *now = fake_kernel_state();

	assert_string_equal(now, expected);
	free(now);
	free(expected);
}
