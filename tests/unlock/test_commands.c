// SPDX-License-Identifier: GPL-2.0-or-later
/* What is changed in the answers to the other calls, and what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/ioctl.h>

#include "client.h"
#include "rm_structs.h"

#define PCI_INFO 0x20801801u
#define MODE 0x00800289u
#define MIGRATION 0xa0810112u
#define START 0x00000c01u
#define CREATE 0x00000c02u

#define OWN_SUBSYSTEM 0x4321

/* First and last device of each range, and their neighbours. */
static const struct shown {
	uint16_t device, as, subsystem;
} shown[] = {
	{ 0x133f, 0x133f, OWN_SUBSYSTEM }, { 0x1340, 0x13bd, 0x1160 },
	{ 0x13bd, 0x13bd, 0x1160 },	   { 0x13be, 0x13be, OWN_SUBSYSTEM },
	{ 0x13bf, 0x13bf, OWN_SUBSYSTEM }, { 0x13c0, 0x13f2, OWN_SUBSYSTEM },
	{ 0x1436, 0x13f2, OWN_SUBSYSTEM }, { 0x1437, 0x1437, OWN_SUBSYSTEM },
	{ 0x15ef, 0x15ef, OWN_SUBSYSTEM }, { 0x15f0, 0x1b38, OWN_SUBSYSTEM },
	{ 0x15f1, 0x1b38, OWN_SUBSYSTEM }, { 0x15f2, 0x15f2, OWN_SUBSYSTEM },
	{ 0x1616, 0x1616, OWN_SUBSYSTEM }, { 0x1617, 0x13f2, OWN_SUBSYSTEM },
	{ 0x1667, 0x13f2, OWN_SUBSYSTEM }, { 0x1668, 0x1668, OWN_SUBSYSTEM },
	{ 0x1724, 0x1724, OWN_SUBSYSTEM }, { 0x1725, 0x1b38, OWN_SUBSYSTEM },
	{ 0x172f, 0x1b38, OWN_SUBSYSTEM }, { 0x1730, 0x1730, OWN_SUBSYSTEM },
	{ 0x174c, 0x174c, OWN_SUBSYSTEM }, { 0x174d, 0x13bd, 0x1160 },
	{ 0x179c, 0x13bd, 0x1160 },	   { 0x179d, 0x179d, OWN_SUBSYSTEM },
	{ 0x17c1, 0x17c1, OWN_SUBSYSTEM }, { 0x17c2, 0x13f2, OWN_SUBSYSTEM },
	{ 0x17fd, 0x13f2, OWN_SUBSYSTEM }, { 0x17fe, 0x17fe, OWN_SUBSYSTEM },
	{ 0x1aff, 0x1aff, OWN_SUBSYSTEM }, { 0x1b00, 0x1b38, OWN_SUBSYSTEM },
	{ 0x1d56, 0x1b38, OWN_SUBSYSTEM }, { 0x1d57, 0x1d57, OWN_SUBSYSTEM },
	{ 0x1d80, 0x1d80, OWN_SUBSYSTEM }, { 0x1d81, 0x1db6, OWN_SUBSYSTEM },
	{ 0x1d82, 0x1d82, OWN_SUBSYSTEM }, { 0x1dba, 0x1db6, OWN_SUBSYSTEM },
	{ 0x1e01, 0x1e01, OWN_SUBSYSTEM }, { 0x1e02, 0x1e30, 0x12ba },
	{ 0x1ff9, 0x1e30, 0x12ba },	   { 0x1ffa, 0x1ffa, OWN_SUBSYSTEM },
	{ 0x2181, 0x2181, OWN_SUBSYSTEM }, { 0x2182, 0x1e30, 0x12ba },
	{ 0x21d1, 0x1e30, 0x12ba },	   { 0x21d2, 0x21d2, OWN_SUBSYSTEM },
	{ 0x21ff, 0x21ff, OWN_SUBSYSTEM }, { 0x2200, 0x2230, OWN_SUBSYSTEM },
	{ 0x2600, 0x2230, OWN_SUBSYSTEM }, { 0x2601, 0x2601, OWN_SUBSYSTEM },
	{ 0x2684, 0x2684, OWN_SUBSYSTEM }, { 0x0000, 0x0000, OWN_SUBSYSTEM },
	{ 0xffff, 0xffff, OWN_SUBSYSTEM },
};

static void pci_info(struct call *call, uint16_t device, uint16_t as, uint16_t subsystem)
{
	call_begin(call, PCI_INFO, sizeof(struct pci_info));
	call_answer32(call, offsetof(struct pci_info, pciDeviceId), (uint32_t)device << 16 | 0x10de);
	call_answer32(call, offsetof(struct pci_info, pciSubSystemId), OWN_SUBSYSTEM << 16 | 0x1043);
	call_put32(call, offsetof(struct pci_info, pciDeviceId), (uint32_t)as << 16 | 0x10de);
	call_put32(call, offsetof(struct pci_info, pciSubSystemId),
		   (uint32_t)subsystem << 16 | 0x1043);
}

static void cards_are_shown_as_others(void **state)
{
	struct call call;
	char what[64];

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		pci_info(&call, shown[i].device, shown[i].as, shown[i].subsystem);
		snprintf(what, sizeof(what), "card %04x", shown[i].device);
		expect_call(&call, what);
		call.status = call.expected_status = 0x40;
		expect_call(&call, what);
		call.status = call.expected_status = 3;
		memcpy(call.expected, call.answer, sizeof(call.answer));
		expect_call(&call, "busy");
	}
}

static void the_map_of_the_file_wins(void **state)
{
	struct call call;

	(void)state;
	write_file(config_path(), "[pci_info_map.0x1e84]\ndevice_id = 0x1e78\n"
				  "sub_system_id = 0x13D9\n[pci_info_map]\n"
				  "\"0x2204\" = { device_id = 8753, sub_system_id = 0 }\n"
				  "9908 = { device_id = 1, sub_system_id = 2 }\n"
				  "0b10011010110101.device_id = 3\n"
				  "0b10011010110101.sub_system_id = 4\n");
	pci_info(&call, 0x1e84, 0x1e78, 0x13d9);
	expect_call(&call, "hexadecimal");
	pci_info(&call, 0x2204, 0x2231, 0);
	expect_call(&call, "quoted");
	pci_info(&call, 9908, 1, 2);
	expect_call(&call, "decimal");
	pci_info(&call, 0x26b5, 3, 4);
	expect_call(&call, "binary");
	pci_info(&call, 0x1e02, 0x1e30, 0x12ba);
	expect_call(&call, "not in the file");
}

static void mode(struct call *call, size_t size, int changed)
{
	call_begin(call, MODE, size);
	if (changed)
		call_put32(call, 0, 3);
}

static void the_mode_is_that_of_a_vgpu_host(void **state)
{
	struct call call;

	(void)state;
	for (size_t size = 4; size <= 8; size += 4) {
		mode(&call, size, 1);
		expect_call(&call, "virtualization mode");
		call.transfer = 1;
		expect_call(&call, "by the other road");
		call.status = call.expected_status = 0x56;
		expect_call(&call, "not supported");
		mode(&call, size, 0);
		call.status = call.expected_status = 3;
		expect_call(&call, "busy");
	}
	for (size_t size = 1; size <= 12; size++) {
		if (size == 4 || size == 8)
			continue;
		mode(&call, size, 0);
		expect_call(&call, "another size");
	}
}

static void unlock_false_rewrites_nothing(void **state)
{
	struct call call;

	(void)state;
	write_file(config_path(), "unlock = false\n");
	pci_info(&call, 0x1e02, 0x1e02, OWN_SUBSYSTEM);
	expect_call(&call, "card");
	mode(&call, 4, 0);
	expect_call(&call, "mode of 4 bytes");
	mode(&call, 8, 0);
	expect_call(&call, "mode of 8 bytes");
	/* Overrides are another matter. */
	write_overrides("[profile.nvidia-46]\nframebuffer = 1\n");
	type_query(&call, 46);
	call_put64(&call, FRAMEBUFFER_OFFSET, 1);
	expect_call(&call, "type");
}

static void migration_is_asked_for(void **state)
{
	struct call call;

	(void)state;
	call_begin(&call, MIGRATION, 1);
	call.answer[0] = call.expected[0] = 0;
	expect_call(&call, "by default");
	write_file(config_path(), "unlock_migration = true\n");
	call.expected[0] = 1;
	expect_call(&call, "unlock_migration");
	call_begin(&call, MIGRATION, 4);
	expect_call(&call, "another size");
	write_file(config_path(), "unlock_migration = false\n");
	call_begin(&call, MIGRATION, 1);
	call.answer[0] = call.expected[0] = 0;
	expect_call(&call, "false");
}

static void status_codes(void **state)
{
	static const struct {
		uint32_t cmd, status, expected;
	} codes[] = {
		{ 0xa0820104, 0x56, 0 },    { 0xa0820104, 0x1f, 0 },   { 0xa0820104, 3, 3 },
		{ 0x90960103, 0x56, 0 },    { 0x90960103, 3, 3 },      { 0x2080014b, 0x56, 0x57 },
		{ 0x2080014b, 0x57, 0x57 }, { 0x2080014b, 0x1f, 0x1f }, { 0x2080014b, 0, 0 },
		{ 0xa0820105, 0x56, 0x56 }, { 0x00000101, 0x1f, 0x1f }, { 0xa0810101, 0x56, 0x56 },
	};
	struct call call;
	char what[64];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		call_begin(&call, codes[i].cmd, 12);
		call.status = codes[i].status;
		call.expected_status = codes[i].expected;
		snprintf(what, sizeof(what), "call %08x with status %x", codes[i].cmd,
			 codes[i].status);
		expect_call(&call, what);
	}
}

/* A UUID as the driver has it: the first three groups are numbers. */
#define PROXMOX_100 "\0\0\0\0" "\0\0" "\0\0" "\0\0" "\0\0\0\0\1\0"
#define PROXMOX_3_123456 "\3\0\0\0" "\0\0" "\0\0" "\0\0" "\0\0\0\x12\x34\x56"
#define MDEV "\x04\x03\x02\x01" "\x06\x05" "\x08\x07" "\x09\x0a" "\x0b\x0c\x0d\x0e\x0f\x10"
#define MDEV_TEXT "01020304-0506-0708-090a-0b0c0d0e0f10"

static void tell_vm(uint32_t cmd, size_t size, uint32_t status, const char *uuid)
{
	struct call call;

	call_begin(&call, cmd, size);
	memcpy(call.answer, uuid, 16);
	memcpy(call.expected, uuid, 16);
	call.status = call.expected_status = status;
	expect_call(&call, "what tells the VM");
}

static void expect_frl(uint32_t type, uint32_t expected)
{
	struct call call;

	type_query(&call, type);
	if (expected)
		call_put32(&call, FRL_CONFIG_OFFSET, expected);
	expect_call(&call, "the frame rate of a type");
}

#define ALL_SCOPES                                                                                 \
	"[vm.100]\nfrl_config = 100\n[profile.nvidia-46]\nfrl_config = 46\n"                       \
	"[mdev." MDEV_TEXT "]\nfrl_config = 1\n[vm.123456]\nfrl_config = 3\n"

static void vms_are_told_apart(void **state)
{
	static const struct {
		uint32_t cmd;
		size_t size;
	} tells[] = { { START, 0x420 }, { CREATE, 0x20 }, { CREATE, 0x28 } };

	(void)state;
	write_overrides(ALL_SCOPES);
	expect_frl(46, 46);
	for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++) {
		tell_vm(tells[i].cmd, tells[i].size, 0, MDEV);
		expect_frl(46, 1);
		expect_frl(47, 1);
		tell_vm(tells[i].cmd, tells[i].size, 0, PROXMOX_100);
		expect_frl(46, 100);
		tell_vm(tells[i].cmd, tells[i].size, 0, PROXMOX_3_123456);
		expect_frl(47, 3);
		/* No VM that the file knows. */
		tell_vm(tells[i].cmd, tells[i].size, 0, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1");
		expect_frl(46, 46);
		/* What failed, or has another size, tells of no VM. */
		tell_vm(tells[i].cmd, tells[i].size, 0x1f, PROXMOX_100);
		tell_vm(tells[i].cmd, tells[i].size + 4, 0, PROXMOX_100);
		expect_frl(46, 46);
	}
}

static void later_scopes_win(void **state)
{
	struct call call;

	(void)state;
	write_overrides("[vm.100]\nframebuffer = '3 GiB'\n"
			"[mdev.00000000-0000-0000-0000-000000000100]\nframebuffer = 2\nfrl_config = 20\n"
			"[profile.nvidia-46]\nframebuffer = 1\nfrl_config = 10\nmax_pixels = 11\n");
	tell_vm(START, 0x420, 0, PROXMOX_100);
	type_query(&call, 46);
	call_put32(&call, 8 + 0x154, 11);
	call_put32(&call, FRL_CONFIG_OFFSET, 20);
	call_put64(&call, FRAMEBUFFER_OFFSET, 3ull << 30);
	expect_call(&call, "all three");
	/* The type that is looked for is the one that the driver answered. */
	write_overrides("[profile.nvidia-46]\ngpu_type = 47\n[profile.nvidia-47]\nfrl_config = 1\n");
	type_query(&call, 46);
	call_put32(&call, TYPE_OFFSET, 47);
	expect_call(&call, "another type");
}

struct nvos54 {
	uint32_t hClient, hObject, cmd, flags;
	uint64_t params __attribute__((aligned(8)));
	uint32_t paramsSize, status;
};

/* A driver that fails a call has looked at no parameters: they may be anywhere. */
static void bad_addresses_do_no_harm(void **state)
{
	static const struct {
		uint32_t cmd, size;
	} calls[] = { { PCI_INFO, 16 }, { MODE, 4 }, { MODE, 8 }, { MIGRATION, 1 },
		      { START, 0x420 }, { CREATE, 0x20 }, { TYPE_INFO, 5432 },
		      { 0xa0820102, 1848 } };
	static const uint64_t addresses[] = { 0, 1, 4096, ~0ull, 1ull << 63 };

	(void)state;
	write_file(config_path(), "unlock_migration = true\n");
	*answer() = (struct answer){ .status = 0x3d };
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (size_t a = 0; a < sizeof(addresses) / sizeof(addresses[0]); a++) {
			struct nvos54 control = { .cmd = calls[i].cmd,
						  .paramsSize = calls[i].size,
						  .params = addresses[a] };

			assert_int_equal(ioctl(7, RM_CONTROL, &control), 0);
			assert_int_equal(control.status, 0x3d);
		}
		/* A driver that takes a call without parameters. */
		answer()->status = 0;
		assert_int_equal(ioctl(7, RM_CONTROL,
				       &(struct nvos54){ .cmd = calls[i].cmd,
							 .paramsSize = calls[i].size }),
				 0);
		answer()->status = 0x3d;
	}
}

/* As an int the request is negative, and so is what becomes of it; the kernel takes 32 bits of that. */
static void a_request_in_an_int_is_the_same(void **state)
{
	volatile int request = (int)RM_CONTROL;
	uint32_t mode = 0;
	struct nvos54 control = { .cmd = MODE, .params = (uintptr_t)&mode, .paramsSize = sizeof(mode) };

	(void)state;
	assert_int_equal(ioctl(7, (unsigned long)request, &control), 0);
	assert_int_equal(control.status, 0);
	assert_int_equal(mode, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cards_are_shown_as_others, remove_files),
		cmocka_unit_test_setup(the_map_of_the_file_wins, remove_files),
		cmocka_unit_test_setup(the_mode_is_that_of_a_vgpu_host, remove_files),
		cmocka_unit_test_setup(unlock_false_rewrites_nothing, remove_files),
		cmocka_unit_test_setup(migration_is_asked_for, remove_files),
		cmocka_unit_test_setup(status_codes, remove_files),
		cmocka_unit_test_setup(vms_are_told_apart, remove_files),
		cmocka_unit_test_setup(later_scopes_win, remove_files),
		cmocka_unit_test_setup(bad_addresses_do_no_harm, remove_files),
		cmocka_unit_test_setup(a_request_in_an_int_is_the_same, remove_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
