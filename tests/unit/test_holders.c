// SPDX-License-Identifier: GPL-2.0-or-later
/* Who uses a card. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "fixture.h"
#include "holders.h"
#include "steps.h"

#define UUID_A "8a5b2b0e-0000-4000-8000-00000000000a"
#define UUID_B "8a5b2b0e-0000-4000-8000-00000000000b"

static struct tree_function *build(struct tree *tree)
{
	struct tree_function *gpu, *sound;

	gpu = tree_group(tree_function(tree, NULL, "0000:00:05.0", 0x030000), 7);
	tree_node(gpu, "drm", "drm/card0", 226, 0);
	tree_node(gpu, "drm", "drm/renderD128", 226, 128);
	sound = tree_group(tree_function(tree, NULL, "0000:00:05.1", 0x040300), 7);
	tree_node(tree_ids(sound, 0x1234, 2), "sound", "sound/card1/controlC1", 116, 9);
	tree_node(sound, "input", "sound/card1/input3/event3", 13, 67);
	return gpu;
}

static const struct gs_holder *find(const struct gs_card *card, int pid, const char *detail)
{
	for (size_t i = 0; i < card->n_holders; i++)
		if (card->holders[i].pid == pid && strcmp(card->holders[i].detail, detail) == 0)
			return &card->holders[i];
	fail_msg("%d does not hold %s", pid, detail);
	return NULL;
}

static const struct gs_card *read_card(struct fixture *fixture)
{
	return host_card(fixture_read(fixture, GS_READ_HOLDERS), "0000:00:05.0");
}

static void processes_are_found_by_their_nodes(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	const struct gs_card *card;

	build(tree);
	tree_process(tree, 100, "Xorg", "/usr/lib/xorg/Xorg :0");
	tree_process_file(tree, 100, 0, "/dev/null");
	tree_process_file(tree, 100, 1, "/dev/dri/card0");
	tree_process_file(tree, 100, 2, "/dev/dri/card0");
	tree_process_file(tree, 100, 3, "/dev/snd/controlC1");
	tree_process_file(tree, 100, 4, "/dev/dri/card1");
	tree_process(tree, 200, "logger", "logger");
	tree_process_file(tree, 200, 3, "/dev/input/event3");
	tree_process_file(tree, 200, 4, "socket:[123]");
	tree_process_file(tree, 200, 5, "/home/u/card0");
	tree_process(tree, 300, "cat", "cat");
	tree_process_file(tree, 300, 0, "/dev/dri/renderD129");
	card = read_card(fixture);
	assert_int_equal(card->n_holders, 3);
	assert_int_equal(card->holders_unreadable, 0);
	assert_string_equal(find(card, 100, "/dev/dri/card0")->kind, "process");
	assert_string_equal(find(card, 100, "/dev/dri/card0")->name, "Xorg");
	assert_true(find(card, 100, "/dev/dri/card0")->overridable);
	assert_true(find(card, 100, "/dev/snd/controlC1")->overridable);
	assert_false(find(card, 200, "/dev/input/event3")->overridable);
}

static void guests_are_named(void **state)
{
	static const struct {
		int pid;
		const char *command_line;
		const char *kind;
		const char *name;
	} cases[] = {
		{ 11, "/usr/bin/qemu-system-x86_64 -name guest=win11,debug-threads=on", "vm",
		  "win11" },
		{ 12, "/usr/bin/kvm -id 100 -name games,debug-threads=on", "vm", "100" },
		{ 13, "qemu-kvm -m 1024", "vm", "comm13" },
		{ 14, "qemu-system-x86_64 -name process=x,guest=deb", "vm", "deb" },
		{ 15, "/opt/dpdk-testpmd -name guest=no", "process", "comm15" },
		{ 16, "qemu-system-x86_64 -name", "vm", "comm16" },
	};
	struct fixture *fixture = *state;
	const struct gs_card *card;

	build(fixture->tree);
	tree_vfio_node(fixture->tree, 7, 3);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char name[16];

		snprintf(name, sizeof(name), "comm%d", cases[i].pid);
		tree_process(fixture->tree, cases[i].pid, name, cases[i].command_line);
		tree_process_file(fixture->tree, cases[i].pid, 20, "/dev/vfio/7");
		tree_process_file(fixture->tree, cases[i].pid, 21, "/dev/vfio/vfio");
		tree_process_file(fixture->tree, cases[i].pid, 22, "/dev/dri/renderD128");
	}
	card = read_card(fixture);
	assert_int_equal(card->n_holders, 2 * GS_ARRAY_SIZE(cases));
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		const struct gs_holder *holder = find(card, cases[i].pid, "/dev/vfio/7");

		assert_string_equal(holder->kind, cases[i].kind);
		assert_string_equal(holder->name, cases[i].name);
		assert_false(holder->overridable);
	}
	/* A guest is never pushed aside, whatever it has open. */
	assert_false(find(card, 11, "/dev/dri/renderD128")->overridable);
	assert_true(find(card, 15, "/dev/dri/renderD128")->overridable);
}

static void nvidia_nodes_are_found_by_minor(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	tree_write(tree, "proc/driver/nvidia/gpus/0000:00:05.0/information",
		   "Model: \t\t Tesla P40\nBus Location: \t 0000:00:05.0\nDevice Minor: \t 2\n");
	tree_process(tree, 50, "python3", "python3 train.py");
	tree_process_file(tree, 50, 7, "/dev/nvidia2");
	tree_process_file(tree, 50, 8, "/dev/nvidiactl");
	tree_process_file(tree, 50, 9, "/dev/nvidia1");
	assert_int_equal(read_card(fixture)->n_holders, 1);
	assert_false(find(read_card(fixture), 50, "/dev/nvidia2")->overridable);
}

static void add_kfd_node(struct tree *tree, int node, unsigned int id, unsigned int location,
			 unsigned int domain)
{
	char path[96];

	snprintf(path, sizeof(path), "sys/class/kfd/kfd/topology/nodes/%d/gpu_id", node);
	tree_write(tree, path, "%u\n", id);
	snprintf(path, sizeof(path), "sys/class/kfd/kfd/topology/nodes/%d/properties", node);
	tree_write(tree, path, "cpu_cores_count 0\nlocation_id %u\ndomain %u\ndrm_render_minor 128\n",
		   location, domain);
}

/* A process that computes; it has the render nodes of both GPUs open. */
static void add_compute(struct tree *tree, int pid, const char *fdinfo)
{
	char path[96];

	tree_process(tree, pid, "python3", "python3 train.py");
	tree_process_file(tree, pid, 5, "/dev/kfd");
	tree_process_file(tree, pid, 6, "/dev/dri/renderD128");
	tree_process_file(tree, pid, 7, "/dev/dri/renderD129");
	snprintf(path, sizeof(path), "proc/%d/fdinfo/6", pid);
	if (fdinfo)
		tree_write(tree, path, "%s", fdinfo);
	snprintf(path, sizeof(path), "sys/class/kfd/kfd/proc/%d", pid);
	tree_folder(tree, path);
}

static void add_use(struct tree *tree, int pid, const char *file, unsigned int value)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/class/kfd/kfd/proc/%d/%s", pid, file);
	tree_write(tree, path, "%u\n", value);
}

#define NOT_DRAWN "pos:\t0\ndrm-driver:\tamdgpu\ndrm-memory-vram:\t64 KiB\n"

static void the_gpu_that_is_computed_on_counts(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	const struct gs_card *card;

	build(tree);
	add_kfd_node(tree, 0, 0, 0, 0);
	add_kfd_node(tree, 1, 1111, 5 << 3, 0);
	add_kfd_node(tree, 2, 2222, 6 << 3, 0);
	add_kfd_node(tree, 3, 3333, 5 << 3, 1); /* of another domain */
	/* One with memory, one with a queue, one on the other GPU, and one that draws here meanwhile. */
	add_compute(tree, 10, NOT_DRAWN);
	add_use(tree, 10, "vram_1111", 4096);
	add_use(tree, 10, "vram_2222", 0);
	add_compute(tree, 20, NOT_DRAWN "drm-engine-gfx:\t0 ns\n");
	add_use(tree, 20, "vram_1111", 0);
	add_use(tree, 20, "queues/0/gpuid", 2222);
	add_use(tree, 20, "queues/1/gpuid", 1111);
	add_compute(tree, 30, NOT_DRAWN "drm-engine-capacity-gfx:\t0\ndrm-engine-gfx:\t0 ns\n");
	add_use(tree, 30, "vram_1111", 0);
	add_use(tree, 30, "vram_2222", 4096);
	add_use(tree, 30, "vram_3333", 4096);
	add_use(tree, 30, "queues/0/gpuid", 2222);
	add_compute(tree, 40, NOT_DRAWN "drm-engine-gfx:\t123456 ns\n");
	add_use(tree, 40, "vram_2222", 4096);
	/* Of whom the driver does not tell. */
	add_compute(tree, 50, NULL);
	add_use(tree, 50, "vram_2222", 4096);
	card = read_card(fixture);
	assert_string_equal(find(card, 10, "/dev/kfd, GPU 1111")->name, "python3");
	assert_false(find(card, 10, "/dev/kfd, GPU 1111")->overridable);
	assert_true(find(card, 10, "/dev/dri/renderD128")->overridable);
	find(card, 20, "/dev/kfd, GPU 1111");
	find(card, 20, "/dev/dri/renderD128");
	find(card, 40, "/dev/dri/renderD128");
	find(card, 50, "/dev/dri/renderD128");
	assert_int_equal(card->n_holders, 6);
}

static void vgpus_in_use_are_known(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *gpu = build(tree);
	const struct gs_card *card;

	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", NULL, 22);
	tree_mdev(tree_mdev(gpu, UUID_A, "nvidia-46", 20), UUID_B, "nvidia-46", 21);
	tree_vfio_node(tree, 20, 5);
	tree_vfio_node(tree, 21, 6);
	tree_process(tree, 70, "qemu-system-x86", "qemu-system-x86_64 -name guest=a");
	tree_process_file(tree, 70, 7, "/dev/vfio/20");
	card = read_card(fixture);
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_A)->in_use, GS_YES);
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_B)->in_use, GS_NO);
	assert_int_equal(card->n_holders, 1);
	assert_string_equal(card->holders[0].kind, "vm");
	/* One card by itself gives the same. */
	gs_host_vgpu(fixture->host, UUID_A)->in_use = GS_UNKNOWN;
	assert_int_equal(gs_holders_read(fixture->engine, fixture->host,
					 host_card(fixture->host, "0000:00:05.0")), 0);
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_A)->in_use, GS_YES);
	assert_int_equal(card->n_holders, 1);
}

static void the_new_vfio_nodes_count(void **state)
{
	struct fixture *fixture = *state;

	tree_node(build(fixture->tree), "vfio-dev", "vfio-dev/vfio0", 511, 0);
	tree_process(fixture->tree, 70, "qemu-system-x86", "qemu-system-x86_64");
	tree_process_file(fixture->tree, 70, 7, "/dev/vfio/devices/vfio0");
	assert_int_equal(read_card(fixture)->n_holders, 1);
}

static void unreadable_processes_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	static const char *const closed[] = { "proc/80/fd", "proc/81/fd" };
	char path[512];

	tree_mdev(tree_mdev_type(build(tree), "x-1", "one", NULL, 1), UUID_A, "x-1", -1);
	tree_process(tree, 80, "secret", "secret");
	tree_process(tree, 81, "kworker/0:1", "");
	/* A kernel thread's name may look like the end of its name. */
	tree_write(tree, "proc/81/stat", "81 (k) 1 (x) I 2 0 0 0 -1 69238880 0\n");
	tree_folder(tree, "proc/82");
	for (size_t i = 0; i < GS_ARRAY_SIZE(closed); i++) {
		snprintf(path, sizeof(path), "%s/%s", tree_root(tree), closed[i]);
		assert_int_equal(chmod(path, 0), 0);
	}
	fixture_drop_root(fixture);
	read_card(fixture);
	fixture_regain_root();
	for (size_t i = 0; i < GS_ARRAY_SIZE(closed); i++) {
		snprintf(path, sizeof(path), "%s/%s", tree_root(tree), closed[i]);
		assert_int_equal(chmod(path, 0755), 0);
	}
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->holders_unreadable, 1);
	/* Who cannot be asked may have it open. */
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_A)->in_use, GS_UNKNOWN);
}

/* A disk below a function, with a partition and a volume upon it. */
static struct tree_function *build_disk(struct tree *tree)
{
	struct tree_function *disk = tree_function(tree, NULL, "0000:00:09.0", 0x010802);
	char path[512];

	tree_node(disk, "block", "nvme/nvme0/nvme0n1", 259, 0);
	tree_node(disk, "block", "nvme/nvme0/nvme0n1/nvme0n1p1", 259, 1);
	tree_node(disk, "block", "nvme/nvme0/nvme0n1/nvme0n1p2", 259, 2);
	snprintf(path, sizeof(path), "%s/nvme/nvme0/nvme0n1/nvme0n1p2/holders/dm-0",
		 tree_path(disk));
	tree_link(tree, path, "sys/devices/virtual/block/dm-0");
	tree_write(tree, "sys/devices/virtual/block/dm-0/dev", "253:0\n");
	tree_link(tree, "sys/devices/virtual/block/dm-0/subsystem", "sys/class/block");
	tree_link(tree, "sys/class/block/dm-0", "sys/devices/virtual/block/dm-0");
	/* A loop of volumes must end. */
	tree_link(tree, "sys/devices/virtual/block/dm-0/holders/dm-0",
		  "sys/devices/virtual/block/dm-0");
	return disk;
}

static size_t read_disk(struct fixture *fixture, struct gs_holder **ret)
{
	struct gs_function *function;
	int unreadable;
	size_t n;

	function = host_function(fixture_read(fixture, GS_READ_ALL), "0000:00:09.0");
	assert_int_equal(gs_holders_of_functions(fixture->engine, &function, 1, ret, &n,
						 &unreadable), 0);
	assert_int_equal(unreadable, 0);
	return n;
}

static void mounted_disks_are_holders(void **state)
{
	struct fixture *fixture = *state;
	struct gs_holder *holders = NULL;
	size_t n;

	build_disk(fixture->tree);
	tree_write(fixture->tree, "proc/self/mountinfo",
		   "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n"
		   "23 22 259:1 / /boot\\040one rw - ext4 /dev/nvme0n1p1 rw\n"
		   "24 22 0:40 /sub /data rw - btrfs /dev/nvme0n1 rw\n"
		   "25 22 0:5 / /dev rw - devtmpfs udev rw\n"
		   "garbage\n26 22 259:1\n27 22 x:y / / rw - ext4 x rw\n");
	tree_write(fixture->tree, "proc/swaps",
		   "Filename\tType\n/dev/nvme0n1p2   partition 1 0 -2\n");
	n = read_disk(fixture, &holders);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(holders[i].kind, i ? "mount" : "swap");
		assert_int_equal(holders[i].pid, 0);
		assert_false(holders[i].overridable);
	}
	assert_string_equal(holders[0].name, "/dev/nvme0n1p2");
	assert_string_equal(holders[0].fix, "swapoff /dev/nvme0n1p2");
	assert_string_equal(holders[1].name, "/");
	assert_string_equal(holders[1].detail, "/dev/dm-0");
	assert_string_equal(holders[1].critical, "/ lies on it");
	assert_string_equal(holders[2].name, "/boot one");
	assert_string_equal(holders[2].fix, "umount '/boot one'");
	assert_null(holders[2].critical);
	assert_string_equal(holders[3].name, "/data");
	gs_holders_free(holders, n);
}

static void disks_of_several_paths_are_found(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *disk = tree_function(tree, NULL, "0000:00:09.0", 0x010802);
	struct gs_holder *holders = NULL;
	size_t n;

	tree_attribute(disk, "nvme/nvme0/nvme0c0n1/size", "8\n");
	tree_write(tree, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev", "259:7\n");
	tree_link(tree, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/subsystem",
		  "sys/class/block");
	tree_link(tree, "sys/class/block/nvme0n1",
		  "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	tree_write(tree, "proc/self/mountinfo", "22 1 259:7 / / rw - ext4 /dev/nvme0n1 rw\n");
	n = read_disk(fixture, &holders);
	assert_int_equal(n, 1);
	assert_string_equal(holders[0].name, "/");
	gs_holders_free(holders, n);
}

static void interfaces_that_are_up_are_holders(void **state)
{
	struct fixture *fixture = *state;
	struct gs_holder *holders = NULL;
	struct tree_function *card = tree_function(fixture->tree, NULL, "0000:00:09.0", 0x020000);
	size_t n;

	tree_attribute(card, "virtio0/net/eth0/ifindex", "2\n");
	tree_attribute(card, "virtio0/net/eth0/flags", "0x1003\n");
	tree_attribute(card, "virtio0/net/eth1/ifindex", "3\n");
	tree_attribute(card, "virtio0/net/eth1/flags", "0x1002\n");
	n = read_disk(fixture, &holders);
	assert_int_equal(n, 1);
	assert_string_equal(holders[0].kind, "network");
	assert_string_equal(holders[0].name, "eth0");
	gs_holders_free(holders, n);
}

/* What the executor finds right before the first unbind. */
static int look_again(struct fixture *fixture, const char *value, struct gs_plan *plan)
{
	struct gs_before before = { .address = (char *)"0000:00:05.0" };
	struct gs_action action = { .op = GS_OP_WAIT,
				    .target = before.address,
				    .value = (char *)value };
	struct gs_executor executor = { .engine = fixture_engine(fixture), .plan = plan };
	char *error = NULL;
	int r;

	plan->before = &before;
	plan->n_before = 1;
	r = gs_step_run(&executor, &action, &error);
	assert_true(!error == (r == 0));
	free(error);
	plan->before = NULL;
	plan->n_before = 0;
	return r;
}

static void who_came_meanwhile_is_found(void **state)
{
	struct gs_plan *plan = calloc(1, sizeof(*plan));
	struct fixture *fixture = *state;

	build(fixture->tree);
	tree_vfio_node(fixture->tree, 7, 3);
	assert_int_equal(look_again(fixture, GS_WAIT_UNUSED, plan), 0);
	tree_process(fixture->tree, 100, "Xorg", "Xorg");
	tree_process_file(fixture->tree, 100, 1, "/dev/dri/card0");
	assert_int_equal(look_again(fixture, GS_WAIT_UNUSED_BY_GUESTS, plan), 0);
	assert_int_equal(plan->n_blockers, 0);
	assert_int_equal(look_again(fixture, GS_WAIT_UNUSED, plan), -EBUSY);
	assert_int_equal(plan->n_blockers, 1);
	assert_int_equal(plan->blockers[0].refusal, GS_REFUSE_IN_USE);
	assert_string_equal(plan->blockers[0].fix, "kill 100");
	/* A guest by the group's node, whatever was forced. */
	tree_process(fixture->tree, 200, "kvm", "/usr/bin/kvm -id 100");
	tree_process_file(fixture->tree, 200, 1, "/dev/vfio/7");
	assert_int_equal(look_again(fixture, GS_WAIT_UNUSED_BY_GUESTS, plan), -EBUSY);
	assert_string_equal(plan->blockers[1].fix, "qm shutdown 100");
	gs_plan_free(plan);
}

static void hostile_trees_end(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *gpu = build(tree);
	char name[256] = "deep";

	for (int i = 0; i < 40; i++)
		strcat(name, "/deep");
	strcat(name, "/dev");
	tree_attribute(gpu, name, "1:1\n");
	tree_attribute(gpu, "drm/card1/dev", "garbage\n");
	tree_attribute(gpu, "drm/card2/dev", "1:2:3\n");
	tree_attribute(gpu, "drm/card3/dev", "99999999999999999999:1\n");
	tree_write(tree, "proc/0/comm", "zero\n");
	tree_write(tree, "proc/99999999999/comm", "many\n");
	tree_write(tree, "proc/4000", "a file\n");
	tree_write(tree, "proc/4001/fd", "a file\n");
	tree_process(tree, 4002, "loop", "");
	tree_process_file(tree, 4002, 1, "1");
	tree_process_file(tree, 4002, 2, "/dev/dri/card0/../card0");
	assert_int_equal(read_card(fixture)->n_holders, 0);
}

static bool was_told(const struct gs_records *records, const char *wanted)
{
	const char *bytes = records->shared->bytes;

	for (size_t at = 0; at < records->used; at += strlen(bytes + at) + 1)
		if (strcmp(bytes + at, wanted) == 0)
			return true;
	return false;
}

/* On the host itself open files count by their number, whatever their name. */
static void real_open_files_are_found(void **state)
{
	struct gs_node node[] = {
		{ .path = "/dev/other-name", .major = 1, .minor = 7 },
		{ .path = "/dev/disk", .major = 1, .minor = 7, .block = true, .target = 4711 },
	};
	struct gs_records records = { .shared = malloc(sizeof(*records.shared)) };
	struct gs_nodes nodes = { .nodes = node, .n_nodes = 2 };
	struct gs_scan scan = { .records = &records, .nodes = &nodes };
	struct gs_engine *engine;
	char wanted[16];
	pid_t pid;

	(void)state;
	assert_non_null(records.shared);
	assert_int_equal(gs_engine_open("/", &engine), 0);
	scan.engine = engine;
	pid = fork();
	if (pid == 0) {
		open("/dev/full", O_RDONLY);
		for (;;)
			pause();
	}
	snprintf(wanted, sizeof(wanted), "%d", pid);
	/* The child may not have opened it yet. */
	for (int i = 0; i < 500 && !was_told(&records, wanted); i++) {
		records.used = 0;
		node[0].seen_pid = node[1].seen_pid = 0;
		gs_scan_processes(&scan);
		usleep(10000);
	}
	assert_true(was_told(&records, wanted));
	/* A disk of the same number is another device. */
	assert_false(was_told(&records, "4711"));
	kill(pid, SIGKILL);
	free(records.shared);
	gs_engine_close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(processes_are_found_by_their_nodes),
		fixture_test(guests_are_named),
		fixture_test(nvidia_nodes_are_found_by_minor),
		fixture_test(the_gpu_that_is_computed_on_counts),
		fixture_test(vgpus_in_use_are_known),
		fixture_test(the_new_vfio_nodes_count),
		fixture_test(unreadable_processes_are_counted),
		fixture_test(mounted_disks_are_holders),
		fixture_test(disks_of_several_paths_are_found),
		fixture_test(interfaces_that_are_up_are_holders),
		fixture_test(who_came_meanwhile_is_found),
		fixture_test(hostile_trees_end),
		cmocka_unit_test(real_open_files_are_found),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
