// SPDX-License-Identifier: GPL-2.0-or-later
/* Who else means to move a card, by the files that others leave on disk. */
#include "fixture.h"
#include "foreign.h"
#include "plan.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define UUID "8a5b2b0e-0000-4000-8000-00000000000a"

static void build(struct tree *tree)
{
	struct tree_function *gpu = tree_function(tree, NULL, GPU, 0x030000);

	tree_reset(tree_group(tree_driver(gpu, "nouveau"), 7), "flr");
	tree_group(tree_driver(tree_function(tree, NULL, SOUND, 0x040300), "snd_hda_intel"), 7);
	tree_register_driver(tree, "vfio-pci");
}

/* The refusal of a mode; its code must be foreign-owner, and nothing else refuses. NULL: none. */
static char *fix_of(struct fixture *fixture, enum gs_mode mode, bool force)
{
	struct gs_host *host = fixture_read(fixture, GS_READ_HOLDERS | GS_READ_DRIVERS);
	struct gs_want want = { .mode = mode, .force = force };
	struct gs_want_error error = { 0 };
	struct gs_plan *plan;
	char *fix = NULL;

	assert_int_equal(gs_plan_make(host, host_card(host, GPU), &want, &plan, &error), 0);
	assert_true(plan->n_blockers <= 1);
	if (plan->n_blockers) {
		assert_int_equal(plan->blockers[0].refusal, GS_REFUSE_FOREIGN_OWNER);
		assert_true(plan->blockers[0].overridable);
		assert_non_null(plan->blockers[0].evidence);
		fix = strdup(plan->blockers[0].fix);
	}
	gs_plan_free(plan);
	return fix;
}

static void expect_fix(struct fixture *fixture, const char *wanted)
{
	char *fix = fix_of(fixture, GS_MODE_PASSTHROUGH, false);

	if (!gs_streq(fix, wanted))
		fail_msg("\"%s\", not \"%s\"", fix ? fix : "(none)", wanted ? wanted : "(none)");
	free(fix);
	assert_null(fix_of(fixture, GS_MODE_PASSTHROUGH, true));
}

#define HOSTDEV(managed, function)                                                                 \
	"<hostdev mode='subsystem' type='pci' managed='" managed "'><driver name='vfio'/><source>" \
	"<address domain='0x0000' bus='0x01' slot='0x00' function='" function "'/></source>"       \
	"<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></hostdev>"
#define DOMAIN(devices)                                                                       \
	"<!-- a comment -->\n<domain type='kvm'><name>win &amp; 11</name><metadata><name>no" \
	"</name></metadata><devices>" devices "</devices></domain>\n"

static void libvirt(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect_fix(fixture, NULL);
	tree_write(tree, "etc/libvirt/qemu/win11.xml", DOMAIN(HOSTDEV("yes", "0x1")));
	expect_fix(fixture, "virsh edit 'win & 11'");
	tree_write(tree, "etc/libvirt/qemu/win11.xml", DOMAIN(HOSTDEV("no", "0x1")));
	expect_fix(fixture, NULL);
	/* Another card; only the source's address counts. */
	tree_write(tree, "etc/libvirt/qemu/win11.xml", DOMAIN(HOSTDEV("yes", "0x7")));
	expect_fix(fixture, NULL);
	tree_write(tree, "etc/libvirt/qemu/win11.xml.bak", DOMAIN(HOSTDEV("yes", "0x0")));
	expect_fix(fixture, NULL);
	/* What a running domain's state holds. */
	tree_write(tree, "run/libvirt/qemu/win11.xml",
		   "<domstatus state='running' pid='1'><monitor path='/x'/>%s</domstatus>",
		   "<domain><name>a</name><devices>" HOSTDEV("yes", "0") "</devices></domain>");
	expect_fix(fixture, "virsh edit a");
	assert_null(fix_of(fixture, GS_MODE_HOST, false));
	tree_write(tree, "run/libvirt/qemu/win11.xml", "<domain><name>a</name><devices><hostdev");
	expect_fix(fixture, NULL);
}

static void driverctl(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	tree_write(tree, "etc/driverctl.d/pci-0000:02:00.0", "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/usb-1", "x\n");
	tree_write(tree, "etc/driverctl.d/pci-", "x\n");
	expect_fix(fixture, NULL);
	tree_write(tree, "etc/driverctl.d/pci-" SOUND, "vfio-pci\n");
	expect_fix(fixture, "driverctl unset-override " SOUND);
}

static void mdevctl(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	tree_write(tree, "etc/mdevctl.d/" GPU "/" UUID,
		   "{ \"mdev_type\": \"nvidia-46\", \"start\": \"manual\", \"attrs\": [] }\n");
	tree_write(tree, "etc/mdevctl.d/scripts.d/notifiers/x", "#!/bin/sh\n");
	expect_fix(fixture, NULL);
	tree_write(tree, "etc/mdevctl.d/" GPU "/" UUID,
		   "{ \"mdev_type\": \"nvidia-46\", \"start\": \"auto\", \"attrs\": [] }\n");
	expect_fix(fixture, "mdevctl modify -u " UUID " -p " GPU " --manual");
	tree_write(tree, "etc/mdevctl.d/" GPU "/" UUID, "{ \"start\": [\"auto\"");
	expect_fix(fixture, NULL);
}

static void proxmox(void **state)
{
	static const struct {
		const char *line;
		const char *fix; /* NULL: not the card */
	} cases[] = {
		{ "hostpci0: 0000:01:00.0,pcie=1", "qm set 100 --hostpci0 '0000:01:00.0,pcie=1,driver=keep'" },
		{ "hostpci15: 01:00", "qm set 100 --hostpci15 '01:00,driver=keep'" },
		{ "hostpci1: x-vga=1,host=0000:02:00.0;0000:01:00.1",
		  "qm set 100 --hostpci1 'x-vga=1,host=0000:02:00.0;0000:01:00.1,driver=keep'" },
		{ "hostpci0: mapping=gpu1,mdev=nvidia-46",
		  "qm set 100 --hostpci0 'mapping=gpu1,mdev=nvidia-46,driver=keep'" },
		{ "hostpci0: mapping=gpu2", NULL },
		{ "hostpci0: mapping=gpu3", NULL },
		{ "hostpci0: mapping=gpu", NULL },
		{ "hostpci0: 0000:01:00.0,driver=keep", NULL },
		{ "hostpci0: 0000:01:00.7", NULL },
		{ "hostpci0: ;;,", NULL },
		{ "hostpci: 01:00", NULL },
		{ "#hostpci0: 01:00", NULL },
		{ "[snapshot]\nhostpci0: 01:00", NULL },
		/* Before it binds the card it asks us. */
		{ "hookscript: local:snippets/gpushift\nhostpci0: 01:00", NULL },
		{ "hookscript: local:snippets/other\nhostpci0: 01:00", "qm set 100 --hostpci0 '01:00,driver=keep'" },
		{ "hookscript: gpushift\nhostpci0: 01:00\n[x]\nhookscript: local:snippets/gpushift",
		  "qm set 100 --hostpci0 '01:00,driver=keep'" },
	};
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	tree_write(tree, "proc/sys/kernel/hostname", "pve1.example.org\n");
	tree_write(tree, "etc/pve/mapping/pci.cfg",
		   "gpu1\n\tdescription a\n\tmap id=10de:2204,iommugroup=7,node=pve1,path=0000:01:00.0;0000:01:00.1\n"
		   "gpu2\n\tmap id=10de:2204,node=pve2,path=0000:01:00.0\n"
		   "gpu3\n\tmap id=10de:2204,node=pve1,path=0000:03:00.0\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		tree_write(tree, "etc/pve/qemu-server/100.conf", "cores: 4\n%s\nmemory: 1\n",
			   cases[i].line);
		expect_fix(fixture, cases[i].fix);
	}
	/* Sections may begin with their type, and a map without a node is for all. */
	tree_write(tree, "etc/pve/mapping/pci.cfg", "pci: gpu1\n\tmap path=0000:01:00\n");
	tree_write(tree, "etc/pve/qemu-server/100.conf", "hostpci0: mapping=gpu1\n");
	expect_fix(fixture, "qm set 100 --hostpci0 'mapping=gpu1,driver=keep'");
	tree_remove(tree, "etc/pve/qemu-server/100.conf");
	tree_write(tree, "etc/pve/qemu-server/x.conf", "hostpci0: 01:00\n");
	expect_fix(fixture, NULL);
}

#define CHECKPOINT "var/lib/kubelet/device-plugins/kubelet_internal_checkpoint"

static void kubevirt(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	tree_write(tree, CHECKPOINT,
		   "{\"Data\":{\"PodDeviceEntries\":null,\"RegisteredDevices\":{"
		   "\"nvidia.com/GP102\":[\"7\",\"8\"],\"devices.kubevirt.io/kvm\":[\"kvm0\"]}},"
		   "\"Checksum\":1}");
	/* Without KubeVirt's socket it is somebody else's resource. */
	expect_fix(fixture, NULL);
	tree_write(tree, "var/lib/kubelet/device-plugins/kubevirt-devices.kubevirt.io-kvm.sock", "x");
	expect_fix(fixture, NULL);
	tree_write(tree, "var/lib/kubelet/device-plugins/kubevirt-nvidia.com-GP102.sock", "x");
	expect_fix(fixture, "kubectl -n kubevirt edit kubevirt kubevirt");
	tree_write(tree, CHECKPOINT,
		   "{\"Data\":{\"RegisteredDevices\":{\"nvidia.com/GP102\":[8,null,\"7x\",{}]}}}");
	expect_fix(fixture, NULL);
	tree_write(tree, CHECKPOINT, "{\"Data\":[]}");
	expect_fix(fixture, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(libvirt), fixture_test(driverctl), fixture_test(mdevctl),
		fixture_test(proxmox), fixture_test(kubevirt),
	};

	return cmocka_run_group_tests_name("foreign owners", tests, NULL, NULL);
}
