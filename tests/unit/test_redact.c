// SPDX-License-Identifier: GPL-2.0-or-later
/* What tells whose machine it is goes, and nothing else does. */
#include "fixture.h"

#include "doctor.h"
#include "redact.h"

#define UUID "8A5b2b0e-0000-4000-8000-00000000000a"
#define OTHER "11111111-2222-3333-4444-555555555555"

static const char *const dmi[] = { "product_serial", "board_serial", "chassis_serial",
				   "product_asset_tag", "board_asset_tag", "chassis_asset_tag" };

static void describe(struct tree *tree)
{
	tree_write(tree, "proc/sys/kernel/hostname", "vault.example.org\n");
	tree_write(tree, "etc/hostname", "oldname\n");
	tree_write(tree, "proc/sys/kernel/domainname", "(none)\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(dmi); i++) {
		char path[128];

		snprintf(path, sizeof(path), "sys/class/dmi/id/%s", dmi[i]);
		/* Boards without one say so. */
		if (i % 2)
			tree_write(tree, path, "None\n");
		else
			tree_write(tree, path, "SN-%zuX\n", i);
	}
}

static void each_form(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{ "uuid " UUID " " OTHER " " UUID "!", "uuid <uuid 1> <uuid 2> <uuid 1>!" },
		{ "8a5b2b0e-0000-4000-8000-00000000000A" UUID, "<uuid 1><uuid 1>" },
		{ "id=0123456789abcdef0123456789ABCDEF", "id=<id>" },
		{ "sha 0123456789abcdef0123456789abcdef01234567", "sha 0123456789abcdef0123456789abcdef01234567" },
		{ "mac 52:54:00:12:34:56, 52-54-00-12-34-5f", "mac <mac>, <mac>" },
		{ "52:54:00:12:34:56:78, 52:54:00:12:34", "<mac>, 52:54:00:12:34" },
		{ "0000:01:00.0 10de:2204:10de:1aef 01:00.0", "0000:01:00.0 10de:2204:10de:1aef 01:00.0" },
		{ "ip=192.168.1.17:/x 10.0.0.1", "ip=<ip>:/x <ip>" },
		{ "6.12.117 6.1.0-56 1.2.3", "6.12.117 6.1.0-56 1.2.3" },
		{ "\"/home/ann/vms/x.img\" /home/bob", "\"/home/<user>/vms/x.img\" /home/<user>" },
		{ "on vault, VAULT.example.org: oldname", "on <host>, <host>: <host>" },
		{ "vaulted myvault vault-keeper", "vaulted myvault <host>-keeper" },
		{ "a\\nvault\\u0041vault", "a\\n<host>\\u0041vault" },
		{ "serial SN-0X, SN-2X,SN-4X; SN-1X none", "serial <serial>, <serial>,<serial>; SN-1X none" },
		{ "ends in \\", "ends in \\" },
		{ "", "" },
	};
	struct fixture *fixture = *state;
	struct gs_secrets secrets;

	describe(fixture->tree);
	assert_int_equal(gs_secrets_read(fixture_engine(fixture), &secrets), 0);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char *text = gs_redact(&secrets, cases[i].text);

		assert_string_equal(text, cases[i].result);
		free(text);
	}
	gs_secrets_clear(&secrets);
}

static void the_command_line(void **state)
{
	char *text = gs_redact_cmdline("BOOT_IMAGE=/vmlinuz root=UUID=" UUID " ro quiet ip=10.0.0.1::x "
				       "intel_iommu=on vfio-pci.ids=10de:2204 rd.luks.uuid=x systemd.hostname=v "
				       "-- --token x\n");

	(void)state;
	assert_string_equal(text, "BOOT_IMAGE=<removed> root=<removed> ro quiet ip=<removed> intel_iommu=on "
				  "vfio-pci.ids=10de:2204 rd.luks.uuid=<removed> systemd.hostname=<removed>");
	free(text);
}

/* Within quotes a blank parts nothing, for the kernel either. */
static void a_quoted_command_line(void **state)
{
	char *text = gs_redact_cmdline("root=x luks.options=\"a secret\" \"key=of a house\" "
				       "nvidia.NVreg_X=\"a b\"\tquiet open=\"till the end");

	(void)state;
	assert_string_equal(text, "root=<removed> luks.options=<removed> \"key=<removed> "
				  "nvidia.NVreg_X=\"a b\" quiet open=<removed>");
	free(text);
}

/* Secrets in every file that a report tells of. */
static void a_whole_report(void **state)
{
	static const char *const secrets[] = { "vault", "oldname", "SN-0X", "8a5b2b0e", "8A5b2b0e",
					       "52:54:00", "192.168", "annabel", "0123456789abcdef" };
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	gs_cleanup_boot struct gs_boot *boot = NULL;
	struct gs_doctor doctor = { 0 };
	struct json_object *json;
	struct tree_function *gpu;
	char *text;

	describe(tree);
	gpu = tree_group(tree_driver(tree_function(tree, NULL, "0000:01:00.0", 0x030000), "nvidia"), 7);
	tree_mdev_type(gpu, "nvidia-46", "GRID vault", NULL, 3);
	tree_mdev(gpu, UUID, "nvidia-46", -1);
	tree_write(tree, "proc/cmdline", "root=UUID=" UUID " quiet vfio-pci.ids=1234:1111\n");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-vault\n");
	tree_write(tree, "etc/os-release", "NAME=x\nvault\nmachine=0123456789abcdef0123456789abcdef\n");
	tree_write(tree, "etc/modprobe.d/vault.conf",
		   "options vfio-pci ids=1234:1111 mac=52:54:00:12:34:56 ip=192.168.1.1 dir=/home/annabel/x\n");
	tree_write(tree, "etc/driverctl.d/pci-0000:01:00.0", "vault\n");
	tree_process(tree, 7, "vault", "qemu -uuid " UUID);
	doctor.host = fixture_read(fixture, GS_READ_ALL | GS_READ_TYPES | GS_READ_DRIVERS | GS_READ_GROUPS);
	doctor.engine = fixture->engine;
	assert_int_equal(gs_boot_read(fixture->engine, &boot), 0);
	doctor.boot = boot;
	assert_int_equal(gs_doctor_run(&doctor, NULL), 0);
	assert_int_equal(gs_doctor_report(&doctor, fixture->host, &text), 0);
	for (size_t i = 0; i < GS_ARRAY_SIZE(secrets); i++)
		if (strcasestr(text, secrets[i]))
			fail_msg("%s: %.60s", secrets[i], strcasestr(text, secrets[i]));
	/* It is still a document, and says what it is about. */
	json = json_tokener_parse(text);
	assert_non_null(json);
	json_object_put(json);
	assert_non_null(strstr(text, "\"0000:01:00.0\""));
	assert_non_null(strstr(text, "<uuid 1>"));
	assert_non_null(strstr(text, "vfio-pci.ids=1234:1111"));
	free(text);
	gs_doctor_clear(&doctor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(each_form),
		fixture_test(the_command_line),
		fixture_test(a_quoted_command_line),
		fixture_test(a_whole_report),
	};

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
