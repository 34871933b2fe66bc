// SPDX-License-Identifier: GPL-2.0-or-later
/* What a VM's description asks of the host's cards. */
#include "domain.h"
#include "fixture.h"

#define UUID_1 "8a5b2b0e-0000-4000-8000-00000000000a"
#define UUID_2 "8a5b2b0e-0000-4000-8000-00000000000b"
#define HOSTDEV(function)                                                                           \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source>"            \
	"<address domain='0x0000' bus='0x0a' slot='0x00' function='" function "'/></source>"         \
	"<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></hostdev>"
#define MDEV(uuid)                                                                                  \
	"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='" uuid       \
	"'/></source></hostdev>"
#define HOOK(vgpus) "<gpushift:hook xmlns:gpushift='urn:gpushift:1'>" vgpus "</gpushift:hook>"
#define DOMAIN(metadata, devices)                                                                   \
	"<domain type='kvm' id='3'><name>a &amp; b</name><metadata><other:x xmlns:other='u'>"        \
	"<hook/></other:x>" metadata "</metadata><devices>" devices "</devices></domain>"

/* "0000:0a:00.0", "0000:0a:00.*", "UUID", "UUID(TYPE,FRAMEBUFFER,POLICY,CARDS)"; "?" after what is not known */
static char *describe_device(const struct gs_domain_device *device)
{
	const char *doubt = device->one_of_many ? "?" : "";
	char text[GS_ADDRESS_LEN];

	if (device->type || device->framebuffer)
		return gs_asprintf("%s(%s,%llu,%s,%zu)%s", device->uuid,
				   device->type ? device->type : "-",
				   (unsigned long long)device->framebuffer,
				   gs_claim_policy_name(device->policy), gs_strv_count(device->on), doubt);
	if (device->uuid[0])
		return gs_asprintf("%s%s", device->uuid, doubt);
	gs_address_format(&device->address, text);
	if (device->whole_slot)
		text[strlen(text) - 1] = '*';
	return gs_asprintf("%s%s", text, doubt);
}

/* "asks" or "-", and what. */
static char *describe(const struct gs_domain *domain)
{
	char *all = strdup(domain->asks ? "asks" : "-");

	for (size_t i = 0; i < domain->count; i++) {
		char *device = describe_device(&domain->devices[i]);
		char *longer = gs_asprintf("%s %s", all, device);

		free(device);
		free(all);
		all = longer;
	}
	return all;
}

static void expect_libvirt(const char *xml, const char *wanted, const char *wrong)
{
	gs_cleanup_domain struct gs_domain domain = { 0 };
	gs_cleanup_free char *error = NULL, *found = NULL;
	int r = gs_domain_libvirt(xml, strlen(xml), &domain, &error);

	assert_int_equal(r, wrong ? -EINVAL : 0);
	found = describe(&domain);
	if (wanted && !gs_streq(found, wanted))
		fail_msg("\"%s\", not \"%s\"", found, wanted);
	if (wrong && !strstr(error, wrong))
		fail_msg("\"%s\", not \"%s\"", error, wrong);
}

static void only_who_asks_is_given(void **state)
{
	(void)state;
	expect_libvirt(DOMAIN("", HOSTDEV("0x0")), "- 0000:0a:00.0", NULL);
	expect_libvirt(DOMAIN(HOOK(""), HOSTDEV("0x0") HOSTDEV("1")),
		       "asks 0000:0a:00.0 0000:0a:00.1", NULL);
	expect_libvirt(DOMAIN(HOOK(""), ""), "asks", NULL);
	/* In the wrong place, or another's. */
	expect_libvirt(DOMAIN("<hook/>", HOOK("")), "-", NULL);
	expect_libvirt(DOMAIN("<g:hook xmlns:g='urn:gpushift:2'/>", ""), "-", NULL);
	expect_libvirt("<domstatus>" DOMAIN(HOOK(""), HOSTDEV("0")) "</domstatus>", "-", NULL);
	expect_libvirt("<domain xmlns='urn:gpushift:1'><metadata><hook/></metadata></domain>", "-",
		       NULL);
}

static void devices_are_those_of_the_source(void **state)
{
	(void)state;
	expect_libvirt(DOMAIN(HOOK(""), MDEV("8A5B2B0E-0000-4000-8000-00000000000A")),
		       "asks " UUID_1, NULL);
	expect_libvirt(DOMAIN(HOOK(""), HOSTDEV("0x8") MDEV("x") MDEV("")), "asks", NULL);
	expect_libvirt(DOMAIN(HOOK(""), "<hostdev mode='capabilities' type='pci'><source><address "
				       "bus='1' slot='0' function='0' domain='0'/></source></hostdev>"
				       "<hostdev mode='subsystem' type='usb'><source><address bus='1' "
				       "device='2'/></source></hostdev>"),
		       "asks", NULL);
}

static void vgpus_are_described(void **state)
{
	(void)state;
	expect_libvirt(DOMAIN(HOOK("<gpushift:vgpu uuid='" UUID_1 "' profile='GRID P40-1Q'/>"),
			      MDEV(UUID_1) MDEV(UUID_2)),
		       "asks " UUID_1 "(GRID P40-1Q,0,pack,0) " UUID_2, NULL);
	expect_libvirt(DOMAIN(HOOK("<vgpu uuid='" UUID_2 "' framebuffer='2K' policy='spread' "
				   "on=' 01:00.0\n render '/>"),
			      MDEV(UUID_1) MDEV(UUID_2)),
		       "asks " UUID_1 " " UUID_2 "(-,2048,spread,2)", NULL);
}

static void wrong_descriptions_are_told(void **state)
{
	static const struct {
		const char *xml;
		const char *wrong;
	} cases[] = {
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' profile='a'/>"), MDEV(UUID_2)), "no device" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' profile='a'/><vgpu uuid='" UUID_1
			      "' profile='b'/>"), MDEV(UUID_1)), "described twice" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "'/>"), ""), "one of profile and framebuffer" },
		{ DOMAIN(HOOK("<vgpu profile='a'/>"), ""), "needs uuid" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' profile='a' framebuffer='1'/>"), ""), "one of" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' profile=''/>"), ""), "profile=''" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' framebuffer='2X'/>"), ""), "framebuffer='2X'" },
		{ DOMAIN(HOOK("<vgpu uuid='1' profile='a'/>"), ""), "uuid='1'" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' policy='x'/>"), ""), "policy='x'" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' on=' '/>"), ""), "on=' '" },
		{ DOMAIN(HOOK("<vgpu uuid='" UUID_1 "' card='x'/>"), ""), "card='x'" },
		{ DOMAIN(HOOK(""), "") "x", "line 1" },
		{ DOMAIN(HOOK(""), "<hostdev"), "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++)
		expect_libvirt(cases[i].xml, NULL, cases[i].wrong);
	expect_libvirt("", "-", "line 1");
	/* It had asked before it went wrong. */
	expect_libvirt("<domain><metadata>" HOOK("") "</metadata><x", "asks", "line 1");
}

static void bombs_are_refused(void **state)
{
	gs_cleanup_domain struct gs_domain domain = { 0 };
	gs_cleanup_free char *error = NULL;
	char *deep = calloc(1, GS_DOMAIN_MAX_BYTES + 2);

	(void)state;
	expect_libvirt("<!DOCTYPE domain [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
		       "<domain><name>&b;</name></domain>", "-", "document type");
	expect_libvirt("<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", "-", "document type");
	for (size_t i = 0; i < 255; i++)
		memcpy(deep + 3 * i, "<a>", 3);
	memcpy(deep + 3 * 255, "<a/>", 5);
	for (size_t i = 0; i < 255; i++)
		strcat(deep, "</a>");
	expect_libvirt(deep, "-", NULL);
	for (size_t i = 0; i < 400; i++)
		memcpy(deep + 3 * i, "<a>", 4);
	expect_libvirt(deep, "-", "more than 256 deep");
	memset(deep, ' ', GS_DOMAIN_MAX_BYTES + 1);
	assert_int_equal(gs_domain_libvirt(deep, GS_DOMAIN_MAX_BYTES + 1, &domain, &error), -EINVAL);
	assert_non_null(strstr(error, "more than 1048576 bytes"));
	free(deep);
}

static void too_many_devices_are_refused(void **state)
{
	char *xml = calloc(1, 200000);

	(void)state;
	strcpy(xml, "<domain><metadata>" HOOK("") "</metadata><devices>");
	for (int i = 0; i < GS_DOMAIN_MAX_DEVICES; i++)
		strcat(xml, HOSTDEV("0"));
	strcat(xml, HOSTDEV("0") "</devices></domain>");
	expect_libvirt(xml, NULL, "more than 256 devices");
	free(xml);
}

#define MAPS                                                                                        \
	"one\n\tdescription a\n\tmap id=10de:2204,node=pve1,path=0000:01:00.0;0000:01:00.1\n"          \
	"\tmap id=10de:2204,node=pve2,path=0000:05:00.0\n"                                            \
	"many\n\tmap node=pve1,path=0000:01:00.0\n\tmap node=pve1,path=0000:02:00\n"                   \
	"elsewhere\n\tmap node=pve2,path=0000:01:00.0\n"

static void proxmox_has_lines(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "cores: 4\n", "asks" },
		{ "hostpci0: 0000:01:00.0,pcie=1\n", "asks 0000:01:00.0" },
		{ "hostpci0: 01:00,driver=keep\nhostpci15: host=02:00.0;02:00.1\n",
		  "asks 0000:01:00.* 0000:02:00.0 0000:02:00.1" },
		{ "hostpci0: mapping=one\n", "asks 0000:01:00.0 0000:01:00.1" },
		{ "hostpci0: mapping=many,pcie=1\n", "asks 0000:01:00.0?" },
		{ "hostpci0: mapping=elsewhere\nhostpci1: mapping=none\n", "asks" },
		{ "hostpci3: 0000:01:00.0,mdev=nvidia-46\n",
		  "asks 00000003-0000-0000-0000-000000000104(nvidia-46,0,pack,0)" },
		{ "hostpci0: mdev=nvidia-46,mapping=many\n",
		  "asks 00000000-0000-0000-0000-000000000104(nvidia-46,0,pack,0)?" },
		{ "hostpci0: mapping=one,mdev=nvidia-46\n",
		  "asks 00000000-0000-0000-0000-000000000104(nvidia-46,0,pack,0)" },
		{ "[snapshot]\nhostpci0: 01:00.0\n", "asks" },
		{ "hostpci: 01:00.0\nhostpciX: 01:00.0\n#hostpci1: 01:00.0\nhostpci2 : 01:00.0\n", "asks" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		gs_cleanup_domain struct gs_domain domain = { 0 };
		gs_cleanup_free char *error = NULL, *found = NULL;

		assert_int_equal(gs_domain_proxmox("104", cases[i].text, MAPS, "pve1", &domain, &error), 0);
		found = describe(&domain);
		assert_string_equal(found, cases[i].wanted);
	}
}

static void proxmox_numbers_its_vms(void **state)
{
	static const char *const wrong[] = { "", "a", "1a", "-1", " 1", "1234567890", "../1" };

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++) {
		gs_cleanup_domain struct gs_domain domain = { 0 };
		gs_cleanup_free char *error = NULL;

		assert_int_equal(gs_domain_proxmox(wrong[i], "hostpci0: 01:00.0\n", "", "", &domain, &error),
				 -EINVAL);
		assert_non_null(error);
		assert_int_equal(domain.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_asks_is_given),
		cmocka_unit_test(devices_are_those_of_the_source),
		cmocka_unit_test(vgpus_are_described),
		cmocka_unit_test(wrong_descriptions_are_told),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(too_many_devices_are_refused),
		cmocka_unit_test(proxmox_has_lines),
		cmocka_unit_test(proxmox_numbers_its_vms),
	};

	return cmocka_run_group_tests_name("descriptions of VMs", tests, NULL, NULL);
}
