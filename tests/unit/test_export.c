// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards and vGPUs in the words of libvirt, QEMU, Proxmox VE and KubeVirt. */
#include <expat.h>

#include "export.h"
#include "fixture.h"
#include "foreign.h"

#define GPU "0000:05:00.0"
#define VF "0000:06:00.1"
#define UUID "8a5b2b0e-0000-4000-8000-00000000000a"
#define PVE_UUID "00000003-0000-0000-0000-000000000104"
#define MTTY_UUID "8a5b2b0e-0000-4000-8000-00000000000b"
#define MTTY "sys/devices/virtual/mtty/mtty"

static void build(struct fixture *fixture)
{
	struct tree *tree = fixture->tree;
	struct tree_function *gpu, *pf;

	gpu = tree_ids(tree_function(tree, NULL, GPU, 0x030000), 0x10de, 0x1b38);
	tree_driver(tree_group(tree_subsystem(gpu, 0x10de, 0x11d9), 15), "nvidia");
	tree_mdev_type(gpu, "nvidia-47", "GRID P40-2Q \"x\"", "framebuffer=2048M", 11);
	tree_mdev(gpu, UUID, "nvidia-47", 20);
	tree_mdev(gpu, PVE_UUID, "nvidia-47", 21);
	tree_group(tree_ids(tree_function(tree, NULL, "0000:05:00.1", 0x040300), 0x10de, 0x10f0), 15);
	pf = tree_ids(tree_function(tree, NULL, "0000:06:00.0", 0x030000), 0x8086, 0x56c0);
	tree_sriov(pf, 7);
	tree_group(tree_ids(tree_vf(pf, VF, 0x030000), 0x8086, 0x56c1), 30);
	tree_mdev_type_of(tree, MTTY, "mtty-1", "Single port serial", NULL, 24);
	tree_mdev_of(tree, MTTY, MTTY_UUID, "mtty-1", 22);
	fixture_read(fixture, 0);
}

static struct gs_export subject(const struct fixture *fixture, const char *name)
{
	struct gs_export export = { .host = fixture->host, .node = "pve1" };

	export.vgpu = gs_host_vgpu(fixture->host, name);
	if (!export.vgpu)
		export.card = host_card(fixture->host, name);
	return export;
}

/* The text, to be freed; fails when there is none. */
static char *text_of(const struct fixture *fixture, const char *name, enum gs_export_format format)
{
	const struct gs_export export = subject(fixture, name);
	const char *why = NULL;
	char *text = NULL;

	if (gs_export(&export, format, &text, &why) < 0)
		fail_msg("%s as %s: %s", name, gs_export_format_name(format), why ? why : "?");
	return text;
}

static void expect(const struct fixture *fixture, const char *name, enum gs_export_format format,
		   const char *wanted)
{
	char *text = text_of(fixture, name, format);

	assert_string_equal(text, wanted);
	free(text);
}

/* --- libvirt ----------------------------------------------------------------------------------- */

/* What a reader of XML finds: "hostdev type=pci", "address bus=0x05", ... */
static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	char *found = data;

	snprintf(found + strlen(found), 1024 - strlen(found), "%s", name);
	for (; *attributes; attributes += 2)
		snprintf(found + strlen(found), 1024 - strlen(found), " %s=%s", attributes[0],
			 attributes[1]);
	snprintf(found + strlen(found), 1024 - strlen(found), "\n");
}

static void expect_xml(const struct fixture *fixture, const char *name, const char *wanted)
{
	char *text = text_of(fixture, name, GS_EXPORT_LIBVIRT);
	XML_Parser parser = XML_ParserCreate("UTF-8");
	char found[1024] = "";

	XML_SetUserData(parser, found);
	XML_SetElementHandler(parser, on_start, NULL);
	/* Several elements, as they stand in <devices>. */
	assert_int_equal(XML_Parse(parser, "<devices>", 9, false), XML_STATUS_OK);
	assert_int_equal(XML_Parse(parser, text, (int)strlen(text), false), XML_STATUS_OK);
	assert_int_equal(XML_Parse(parser, "</devices>", 10, true), XML_STATUS_OK);
	XML_ParserFree(parser);
	assert_string_equal(found, wanted);
	free(text);
}

static void libvirt_reads_it(void **state)
{
	build(*state);
	expect_xml(*state, GPU,
		   "devices\n"
		   "hostdev mode=subsystem type=pci managed=no\nsource\n"
		   "address domain=0x0000 bus=0x05 slot=0x00 function=0x0\n"
		   "hostdev mode=subsystem type=pci managed=no\nsource\n"
		   "address domain=0x0000 bus=0x05 slot=0x00 function=0x1\n");
	expect_xml(*state, UUID,
		   "devices\n"
		   "hostdev mode=subsystem type=mdev model=vfio-pci\nsource\n"
		   "address uuid=" UUID "\n");
	expect_xml(*state, VF,
		   "devices\n"
		   "hostdev mode=subsystem type=pci managed=no\nsource\n"
		   "address domain=0x0000 bus=0x06 slot=0x00 function=0x1\n");
}

/* A name from outside stays within its quotes. */
static void xml_is_escaped(void **state)
{
	struct gs_vgpu vgpu = { .uuid = (char *)"<&'\">", .parent = (char *)"mtty" };
	struct fixture *fixture = *state;
	struct gs_export export = { .vgpu = &vgpu, .node = "" };
	const char *why;
	char *text;

	export.host = fixture_read(fixture, 0);
	assert_int_equal(gs_export(&export, GS_EXPORT_LIBVIRT, &text, &why), 0);
	assert_non_null(strstr(text, "uuid='&lt;&amp;&apos;&quot;&gt;'"));
	free(text);
}

/* --- QEMU and Proxmox VE ----------------------------------------------------------------------- */

static void qemu_takes_arguments(void **state)
{
	build(*state);
	expect(*state, GPU, GS_EXPORT_QEMU,
	       "-device vfio-pci,host=" GPU "\n-device vfio-pci,host=0000:05:00.1\n");
	expect(*state, UUID, GS_EXPORT_QEMU,
	       "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/" UUID "\n");
	expect(*state, VF, GS_EXPORT_QEMU, "-device vfio-pci,host=" VF "\n");
}

static void proxmox_has_lines(void **state)
{
	build(*state);
	expect(*state, GPU, GS_EXPORT_PVE, "hostpci0: " GPU ";0000:05:00.1,driver=keep\n");
	expect(*state, VF, GS_EXPORT_PVE, "hostpci0: " VF ",driver=keep\n");
	expect(*state, UUID, GS_EXPORT_PVE, "hostpci0: " GPU ",mdev=nvidia-47\n");
	expect(*state, PVE_UUID, GS_EXPORT_PVE, "hostpci3: " GPU ",mdev=nvidia-47\n");
}

static void proxmox_has_mappings(void **state)
{
	build(*state);
	expect(*state, GPU, GS_EXPORT_PVE_MAPPING,
	       "gpu-0000-05-00-0\n\tmap id=10de:1b38,iommugroup=15,node=pve1,path=" GPU
	       ";0000:05:00.1,subsystem-id=10de:11d9\n");
	expect(*state, UUID, GS_EXPORT_PVE_MAPPING,
	       "gpu-0000-05-00-0\n\tmdev 1\n\tmap id=10de:1b38,iommugroup=15,node=pve1,path=" GPU
	       ",subsystem-id=10de:11d9\n");
	expect(*state, VF, GS_EXPORT_PVE_MAPPING,
	       "gpu-0000-06-00-1\n\tmap id=8086:56c1,iommugroup=30,node=pve1,path=" VF
	       ",subsystem-id=1af4:1100\n");
}

/* What we write for Proxmox is what we understand of it, which was read from its own files. */
static void mappings_are_understood(void **state)
{
	struct fixture *fixture = *state;
	struct gs_owners owners = { 0 };
	char *map;

	build(fixture);
	map = text_of(fixture, GPU, GS_EXPORT_PVE_MAPPING);
	assert_int_equal(gs_owners_proxmox(&owners, "104", "hostpci0: mapping=gpu-0000-05-00-0\n",
					   map, "pve1"),
			 0);
	assert_int_equal(owners.count, 2);
	assert_true(gs_owner_of(&owners.list[0], host_function(fixture->host, GPU)));
	assert_true(gs_owner_of(&owners.list[1], host_function(fixture->host, "0000:05:00.1")));
	gs_owners_clear(&owners);
	assert_int_equal(gs_owners_proxmox(&owners, "104", "hostpci0: mapping=gpu-0000-05-00-0\n",
					   map, "pve2"),
			 0);
	assert_int_equal(owners.count, 0);
	free(map);
	map = text_of(fixture, GPU, GS_EXPORT_PVE);
	assert_int_equal(gs_owners_proxmox(&owners, "104", map, "", "pve1"), 0);
	/* With driver=keep it moves nothing. */
	assert_int_equal(owners.count, 0);
	free(map);
	gs_owners_clear(&owners);
}

static void others_are_not_for_proxmox(void **state)
{
	static const enum gs_export_format formats[] = { GS_EXPORT_PVE, GS_EXPORT_PVE_MAPPING };
	struct gs_export export;
	const char *why = NULL;
	char *text = NULL;

	build(*state);
	export = subject(*state, MTTY_UUID);
	assert_non_null(export.vgpu);
	for (size_t i = 0; i < GS_ARRAY_SIZE(formats); i++) {
		assert_int_equal(gs_export(&export, formats[i], &text, &why), -EOPNOTSUPP);
		assert_non_null(why);
	}
	expect(*state, MTTY_UUID, GS_EXPORT_QEMU,
	       "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/" MTTY_UUID "\n");
	/* A host name that would end the list it stands in. */
	export = subject(*state, GPU);
	export.node = "a,path=x";
	assert_int_equal(gs_export(&export, GS_EXPORT_PVE_MAPPING, &text, &why), -EOPNOTSUPP);
}

/* --- KubeVirt ---------------------------------------------------------------------------------- */

static void kubevirt_knows_ids_and_types(void **state)
{
	char *text;

	build(*state);
	text = text_of(*state, GPU, GS_EXPORT_KUBEVIRT);
	assert_non_null(strstr(text, "        - pciVendorSelector: \"10DE:1B38\"\n"
				     "          resourceName: \"nvidia.com/10DE-1B38\"\n"
				     "        - pciVendorSelector: \"10DE:10F0\"\n"));
	assert_non_null(strstr(text, "          gpus:\n"
				     "            - name: gpushift0\n"
				     "              deviceName: \"nvidia.com/10DE-1B38\"\n"
				     "          hostDevices:\n"
				     "            - name: gpushift1\n"
				     "              deviceName: \"nvidia.com/10DE-10F0\"\n"));
	free(text);
	text = text_of(*state, UUID, GS_EXPORT_KUBEVIRT);
	assert_non_null(strstr(text, "        - mdevNameSelector: \"GRID P40-2Q \\\"x\\\"\"\n"
				     "          resourceName: \"nvidia.com/GRID_P40-2Q__x\"\n"));
	free(text);
	text = text_of(*state, VF, GS_EXPORT_KUBEVIRT);
	assert_non_null(strstr(text, "pciVendorSelector: \"8086:56C1\""));
	free(text);
	text = text_of(*state, MTTY_UUID, GS_EXPORT_KUBEVIRT);
	assert_non_null(strstr(text, "\"gpushift.local/Single_port_serial\""));
	free(text);
}

/* --- around ------------------------------------------------------------------------------------ */

static void notes_say_what_is_missing(void **state)
{
	struct gs_export export;
	char *note;

	build(*state);
	export = subject(*state, GPU);
	note = gs_export_note(&export, GS_EXPORT_LIBVIRT);
	assert_non_null(note);
	assert_non_null(strstr(note, "gpushift set " GPU " passthrough"));
	free(note);
	export = subject(*state, UUID);
	note = gs_export_note(&export, GS_EXPORT_QEMU);
	assert_non_null(strstr(note, "-uuid"));
	free(note);
	assert_null(gs_export_note(&export, GS_EXPORT_LIBVIRT));
}

static void formats_have_names(void **state)
{
	enum gs_export_format found;

	(void)state;
	for (int format = 0; format < GS_EXPORT_FORMATS; format++) {
		assert_int_equal(
			gs_export_format_parse(
				gs_export_format_name((enum gs_export_format)format), &found),
			0);
		assert_int_equal(found, format);
	}
	assert_int_equal(gs_export_format_parse("xml", &found), -EINVAL);
	assert_int_equal(gs_export_format_parse("", &found), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(libvirt_reads_it),
		fixture_test(xml_is_escaped),
		fixture_test(qemu_takes_arguments),
		fixture_test(proxmox_has_lines),
		fixture_test(proxmox_has_mappings),
		fixture_test(mappings_are_understood),
		fixture_test(others_are_not_for_proxmox),
		fixture_test(kubevirt_knows_ids_and_types),
		fixture_test(notes_say_what_is_missing),
		cmocka_unit_test(formats_have_names),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
