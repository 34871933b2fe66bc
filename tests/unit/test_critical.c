// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host itself needs, what the kernel does with a card, who looks at it. */
#include "fixture.h"
#include "holders.h"

#define GPU "0000:01:00.0"
#define OTHER "0000:02:00.0"

static struct tree_function *build(struct tree *tree)
{
	tree_driver(tree_function(tree, NULL, OTHER, 0x030000), "i915");
	return tree_driver(tree_function(tree, NULL, GPU, 0x030000), "nouveau");
}

static struct gs_card *read_card(struct fixture *fixture)
{
	return host_card(fixture_read(fixture, GS_READ_HOLDERS), GPU);
}

/* The only holder of the card. */
static const struct gs_holder *only(struct fixture *fixture)
{
	struct gs_card *card = read_card(fixture);

	assert_int_equal(card->n_holders, 1);
	return &card->holders[0];
}

static void add_interface(struct tree_function *function, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "net/%s/ifindex", name);
	tree_attribute(function, path, "2\n");
	snprintf(path, sizeof(path), "net/%s/flags", name);
	tree_attribute(function, path, "0x1003\n");
}

#define ROUTES "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

static void the_default_route_is_needed(void **state)
{
	struct fixture *fixture = *state;

	add_interface(build(fixture->tree), "eth0");
	assert_null(only(fixture)->critical);
	assert_string_equal(only(fixture)->fix, "ip link set eth0 down");
	tree_write(fixture->tree, "proc/net/route",
		   ROUTES "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	assert_string_equal(only(fixture)->critical, "the default route goes through eth0");
	assert_null(only(fixture)->fix);
	/* A route that is not used, and one of another interface. */
	tree_write(fixture->tree, "proc/net/route",
		   ROUTES "eth0\t00000000\t0100000A\t0002\t0\t0\t100\t00000000\t0\t0\t0\n"
			  "eth1\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	assert_null(only(fixture)->critical);
	tree_write(fixture->tree, "proc/net/ipv6_route",
		   "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		   "fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n");
	assert_non_null(only(fixture)->critical);
}

static void what_is_built_upon_it_counts(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	add_interface(build(tree), "eth0");
	tree_write(tree, "proc/net/route",
		   ROUTES "vmbr0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	tree_folder(tree, "sys/class/net/vmbr0");
	tree_link(tree, "sys/class/net/bond0/upper_vmbr0", "sys/class/net/vmbr0");
	tree_link(tree, "sys/class/net/eth0/upper_bond0", "sys/class/net/bond0");
	assert_string_equal(only(fixture)->critical, "the default route goes through vmbr0");
	/* A ring ends. */
	tree_write(tree, "proc/net/route", ROUTES);
	tree_link(tree, "sys/class/net/vmbr0/upper_eth0", "sys/class/net/eth0");
	assert_null(only(fixture)->critical);
}

#define LAN "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
#define SOCKET(local, remote, state) "   0: " local " " remote " " state " 00000000:00000000 00:0\n"

static void a_login_needs_its_interface(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	add_interface(build(tree), "eth0");
	tree_write(tree, "proc/net/route",
		   ROUTES LAN "eth1\t0000010A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
	/* From 10.1.0.9, which is behind the other interface. */
	tree_write(tree, "proc/net/tcp", SOCKET("0200010A:0016", "0900010A:C000", "01"));
	assert_null(only(fixture)->critical);
	/* Listening, another port, another state. */
	tree_write(tree, "proc/net/tcp",
		   SOCKET("00000000:0016", "00000000:0000", "0A")
		   SOCKET("0200000A:01BB", "0900000A:C000", "01")
		   SOCKET("0200000A:0016", "0900000A:C000", "06"));
	assert_null(only(fixture)->critical);
	tree_write(tree, "proc/net/tcp", SOCKET("0200000A:0016", "0900000A:C000", "01"));
	assert_string_equal(only(fixture)->critical, "an ssh connection goes through eth0");
	/* The same by a socket of both families, and on a port of its own. */
	tree_remove(tree, "proc/net/tcp");
	tree_write(tree, "etc/ssh/sshd_config", "#Port 22\n  port\t2222\n");
	tree_write(tree, "proc/net/tcp6",
		   SOCKET("0000000000000000FFFF00000200000A:08AE",
			  "0000000000000000FFFF00000900000A:C000", "01"));
	assert_non_null(only(fixture)->critical);
	tree_write(tree, "etc/ssh/sshd_config.d/a.conf", "Port 2223\n");
	tree_write(tree, "etc/ssh/sshd_config", "Port=22\n");
	assert_null(only(fixture)->critical);
}

#define KEYBOARD(path) \
	"I: Bus=0003 Vendor=046d Product=c31c Version=0110\n" \
	"N: Name=\"Logitech \\\"K120\\\"\"\nP: Phys=usb-1/input0\nS: Sysfs=" path "\n" \
	"U: Uniq=\nH: Handlers=sysrq kbd leds event3 \nB: PROP=0\nB: EV=120013\n\n"
#define BUTTON "N: Name=\"Power Button\"\nS: Sysfs=/devices/x\nH: Handlers=kbd event0 \nB: EV=3\n\n"

static void the_only_keyboard_is_needed(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = build(fixture->tree);
	char text[2048];

	snprintf(text, sizeof(text), BUTTON KEYBOARD("/%s/usb1/1-1/input/input3"),
		 tree_path(gpu) + strlen("sys/"));
	tree_write(fixture->tree, "proc/bus/input/devices", "%s", text);
	assert_string_equal(only(fixture)->kind, "input");
	assert_string_equal(only(fixture)->critical, "it is the only keyboard");
	strcat(text, KEYBOARD("/devices/platform/i8042/serio0/input/input1"));
	tree_write(fixture->tree, "proc/bus/input/devices", "%s", text);
	assert_int_equal(read_card(fixture)->n_holders, 0);
	/* No keyboard at all is no reason. */
	tree_write(fixture->tree, "proc/bus/input/devices", BUTTON);
	assert_int_equal(read_card(fixture)->n_holders, 0);
}

static void pools_of_zfs_are_mounted(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	tree_node(build(tree), "block", "nvme/nvme0/nvme0n1", 259, 0);
	tree_write(tree, "run/udev/data/b259:0",
		   "S:disk/by-id/x\nE:ID_FS_LABEL=rpool\nE:ID_FS_TYPE=zfs_member\n");
	tree_write(tree, "proc/self/mountinfo", "22 1 0:30 / / rw - zfs rpool/ROOT/pve-1 rw\n");
	assert_string_equal(only(fixture)->critical, "/ lies on it");
	tree_write(tree, "proc/self/mountinfo", "22 1 0:30 / / rw - zfs rpool2/ROOT rw\n");
	assert_int_equal(read_card(fixture)->n_holders, 0);
	tree_folder(tree, "proc/spl/kstat/zfs/rpool");
	assert_string_equal(only(fixture)->name, "rpool");
	assert_null(only(fixture)->critical);
}

static void all_disks_of_a_btrfs_are_mounted(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *gpu = build(tree);
	struct tree_function *other = tree_function(tree, NULL, "0000:03:00.0", 0x010802);
	char path[512];

	tree_node(gpu, "block", "nvme/nvme0/nvme0n1", 259, 0);
	tree_node(other, "block", "ata/sda", 8, 0);
	snprintf(path, sizeof(path), "%s/ata/sda", tree_path(other));
	tree_link(tree, "sys/class/block/sda", path);
	tree_folder(tree, "sys/fs/btrfs/features");
	tree_folder(tree, "sys/fs/btrfs/1-2/devices/nvme0n1");
	tree_folder(tree, "sys/fs/btrfs/1-2/devices/sda");
	tree_write(tree, "proc/self/mountinfo", "22 1 0:30 / / rw - btrfs /dev/sda rw\n");
	assert_string_equal(only(fixture)->critical, "/ lies on it");
}

/* A mount that only another mount namespace has. */
static void mounts_of_containers_count(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	tree_node(build(tree), "block", "nvme/nvme0/nvme0n1", 259, 0);
	tree_write(tree, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_process(tree, 100, "db", "db");
	tree_process_file(tree, 100, 0, "/dev/null");
	tree_raw_link(tree, "proc/100/ns/mnt", "mnt:[4026531999]");
	tree_write(tree, "proc/100/mountinfo",
		   "90 1 8:1 / / rw - ext4 /dev/sda1 rw\n91 90 259:0 / /data rw - ext4 /dev/x rw\n");
	assert_string_equal(only(fixture)->name, "/data");
	assert_null(only(fixture)->critical);
	assert_non_null(strstr(only(fixture)->detail, "process 100"));
}

static void framebuffers_are_told(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *gpu = build(tree);

	tree_link(tree, "sys/class/graphics/fb0/device", tree_path(gpu));
	tree_folder(tree, "sys/class/graphics/fbcon");
	assert_string_equal(only(fixture)->name, "framebuffer");
	tree_write(tree, "sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	tree_write(tree, "sys/class/vtconsole/vtcon0/bind", "1\n");
	tree_write(tree, "sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	tree_write(tree, "sys/class/vtconsole/vtcon1/bind", "1\n");
	assert_string_equal(only(fixture)->name, "console");
	assert_string_equal(only(fixture)->fix, "echo 0 > /sys/class/vtconsole/vtcon1/bind");
	assert_true(only(fixture)->yields);
	tree_driver(gpu, "nvidia");
	assert_false(only(fixture)->yields);
	tree_write(tree, "sys/class/vtconsole/vtcon1/bind", "0\n");
	assert_string_equal(only(fixture)->name, "framebuffer");
	tree_remove(tree, "sys/class/graphics/fb0/device");
	assert_int_equal(read_card(fixture)->n_holders, 0);
	tree_write(tree, "sys/module/nvidia_drm/parameters/modeset", "Y\n");
	assert_string_equal(only(fixture)->fix, "modprobe -r nvidia_drm");
	assert_false(only(fixture)->yields);
}

static void lit_cards_are_known(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = build(fixture->tree);

	assert_int_equal(read_card(fixture)->lit, GS_UNKNOWN);
	tree_boot_vga(gpu, true);
	assert_int_equal(read_card(fixture)->lit, GS_YES);
	tree_attribute(gpu, "drm/card0/card0-DP-1/status", "disconnected\n");
	assert_int_equal(read_card(fixture)->lit, GS_NO);
	tree_attribute(gpu, "drm/card0/card0-HDMI-A-1/status", "connected\n");
	assert_int_equal(read_card(fixture)->lit, GS_YES);
	assert_string_equal(read_card(fixture)->lit_connectors[0], "card0-HDMI-A-1");
	tree_driver(gpu, "vfio-pci");
	assert_int_equal(read_card(fixture)->lit, GS_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(the_default_route_is_needed),
		fixture_test(what_is_built_upon_it_counts),
		fixture_test(a_login_needs_its_interface),
		fixture_test(the_only_keyboard_is_needed),
		fixture_test(pools_of_zfs_are_mounted),
		fixture_test(all_disks_of_a_btrfs_are_mounted),
		fixture_test(mounts_of_containers_count),
		fixture_test(framebuffers_are_told),
		fixture_test(lit_cards_are_known),
	};

	return cmocka_run_group_tests_name("critical devices", tests, NULL, NULL);
}
