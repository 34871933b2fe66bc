// SPDX-License-Identifier: GPL-2.0-or-later
/* Claims: which card gives what is asked for, what is stored, and when it is over. */
#include "claim.h"
#include "fixture.h"
#include "vfio_cdev.h"

#define GIB (1024ULL * 1024 * 1024)
#define A "0000:01:00.0"
#define B "0000:02:00.0"
#define C "0000:03:00.0"
#define UUID_1 "8a5b2b0e-0000-4000-8000-000000000001"
#define UUID_2 "8a5b2b0e-0000-4000-8000-000000000002"
#define UUID_3 "8a5b2b0e-0000-4000-8000-000000000003"

/* A card behind a port of its own, with three types. */
static struct tree_function *add_card(struct fixture *fixture, const char *address, unsigned int port,
				      unsigned int available)
{
	struct tree_function *bridge, *gpu;
	char text[32];

	snprintf(text, sizeof(text), "0000:00:%02x.0", port);
	bridge = tree_bridge(fixture->tree, NULL, text);
	gpu = tree_function(fixture->tree, bridge, address, 0x030000);
	tree_driver(tree_group(tree_ids(gpu, 0x10de, 0x1b38), (int)port), "nvidia");
	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", "framebuffer=1024M", available ? 24 : 0);
	tree_mdev_type(gpu, "nvidia-47", "GRID P40-2Q", "framebuffer=2048M", available);
	tree_mdev_type(gpu, "nvidia-60", "GRID P40-2B", "framebuffer=2048M", available);
	return gpu;
}

static const struct gs_claims nothing;

/* The addresses in the order in which they are tried, with the type. */
static void expect_choice(struct fixture *fixture, const struct gs_claims *claims,
			  const struct gs_claim_want *want, const char *wanted)
{
	struct gs_claim_choice *choices;
	char found[256] = "";
	size_t count;

	fixture_read(fixture, GS_READ_TYPES);
	assert_int_equal(gs_claim_choose(fixture->host, claims, want, &choices, &count), 0);
	for (size_t i = 0; i < count; i++)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s %s%s", i ? ", " : "",
			 gs_card_display(choices[i].card)->text,
			 choices[i].type ? choices[i].type->id : "card",
			 choices[i].switches ? " switch" : "");
	free(choices);
	assert_string_equal(found, wanted);
}

static void policies_pack_and_spread(void **state)
{
	struct gs_claim_want want = { .kind = GS_CLAIM_PROFILE, .type = "GRID P40-2Q" };
	struct tree_function *b;

	add_card(*state, A, 1, 12);
	b = add_card(*state, B, 2, 11);
	add_card(*state, C, 3, 12);
	tree_mdev(b, UUID_1, "nvidia-47", 20);
	expect_choice(*state, &nothing, &want, B " nvidia-47, " A " nvidia-47, " C " nvidia-47");
	want.policy = GS_CLAIM_SPREAD;
	expect_choice(*state, &nothing, &want, A " nvidia-47, " C " nvidia-47, " B " nvidia-47");
}

static void only_allowed_cards_give(void **state)
{
	struct gs_address on[2];
	struct gs_claim_want want = { .kind = GS_CLAIM_PROFILE, .type = "nvidia-46", .on = on,
				      .n_on = 2 };

	assert_int_equal(gs_address_parse(B, &on[0]), 0);
	assert_int_equal(gs_address_parse(C, &on[1]), 0);
	add_card(*state, A, 1, 12);
	add_card(*state, B, 2, 12);
	add_card(*state, C, 3, 0);
	expect_choice(*state, &nothing, &want, B " nvidia-46");
	want.n_on = 0;
	expect_choice(*state, &nothing, &want, A " nvidia-46, " B " nvidia-46");
}

/* Of NVIDIA's, one size at a time: another size goes to another card. */
static void sizes_are_not_mixed(void **state)
{
	struct gs_claim_want want = { .kind = GS_CLAIM_PROFILE, .type = "nvidia-46" };

	tree_mdev(add_card(*state, A, 1, 11), UUID_1, "nvidia-47", 20);
	add_card(*state, B, 2, 12);
	expect_choice(*state, &nothing, &want, B " nvidia-46");
	want.type = "nvidia-47";
	expect_choice(*state, &nothing, &want, A " nvidia-47, " B " nvidia-47");
}

static void the_smallest_that_is_enough(void **state)
{
	static const struct {
		uint64_t framebuffer;
		const char *type;
	} cases[] = {
		{ 1, "nvidia-46" },
		{ GIB, "nvidia-46" },
		{ GIB + 1, "nvidia-47" }, /* a Q type before a B type of its size */
		{ 2 * GIB, "nvidia-47" },
		{ 2 * GIB + 1, NULL },
	};
	struct gs_claim_want want = { .kind = GS_CLAIM_FRAMEBUFFER };

	add_card(*state, A, 1, 12);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char wanted[64] = "";

		want.framebuffer = cases[i].framebuffer;
		if (cases[i].type)
			snprintf(wanted, sizeof(wanted), A " %s", cases[i].type);
		expect_choice(*state, &nothing, &want, wanted);
	}
}

static void a_switch_comes_last(void **state)
{
	struct gs_claim_want want = { .kind = GS_CLAIM_CARD };
	struct fixture *fixture = *state;
	struct tree_function *gpu;

	add_card(fixture, A, 1, 12);
	gpu = tree_function(fixture->tree, tree_bridge(fixture->tree, NULL, "0000:00:02.0"), B, 0x030000);
	tree_driver(tree_group(tree_ids(gpu, 0x10de, 0x1b38), 2), "vfio-pci");
	tree_mdev(add_card(fixture, C, 3, 11), UUID_1, "nvidia-47", 20);
	/* The one that is split is nobody's as a whole. */
	expect_choice(fixture, &nothing, &want, B " card, " A " card switch");
}

static void what_is_claimed_is_given_to_nobody_else(void **state)
{
	struct gs_claim list[] = {
		{ .card = (char *)A, .whole = true, .vm = (char *)"desk" },
		{ .card = (char *)B, .uuid = (char *)UUID_1 },
	};
	struct gs_claims claims = { list, 2 };
	struct gs_claim_want part = { .kind = GS_CLAIM_PROFILE, .type = "nvidia-47" };
	struct gs_claim_want whole = { .kind = GS_CLAIM_CARD };
	struct fixture *fixture = *state;
	char *why;

	add_card(fixture, A, 1, 12);
	add_card(fixture, B, 2, 12);
	add_card(fixture, C, 3, 12);
	expect_choice(fixture, &claims, &part, B " nvidia-47, " C " nvidia-47");
	expect_choice(fixture, &claims, &whole, C " card switch");
	why = gs_claim_why_not(host_card(fixture->host, A), &claims, &part);
	assert_string_equal(why, "the VM desk has it");
	free(why);
	why = gs_claim_why_not(host_card(fixture->host, B), &claims, &whole);
	assert_string_equal(why, "somebody has it");
	free(why);
	part.type = "nvidia-99";
	why = gs_claim_why_not(host_card(fixture->host, C), &claims, &part);
	assert_string_equal(why, "it has no such type");
	free(why);
}

/* --- records ----------------------------------------------------------------------------------- */

static void boot(struct fixture *fixture, const char *id)
{
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "%s\n", id);
}

#define BOOT_1 "11111111-0000-4000-8000-000000000001"
#define BOOT_2 "22222222-0000-4000-8000-000000000002"

static struct gs_claim new_claim(const struct fixture *fixture, const char *card, const char *uuid)
{
	struct gs_claim claim = {
		.whole = !uuid, .card = (char *)card, .uuid = (char *)uuid, .from = GS_MODE_HOST,
		.identity = gs_function_identity(host_function(fixture->host, card)),
	};

	snprintf(claim.id, sizeof(claim.id), "%s", uuid ? uuid : UUID_3);
	return claim;
}

static void claims_are_stored(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_claims struct gs_claims claims = { 0 };
	struct gs_claim claim;

	boot(fixture, BOOT_1);
	add_card(fixture, A, 1, 12);
	fixture_read(fixture, 0);
	claim = new_claim(fixture, A, UUID_1);
	claim.pending = true;
	claim.type = (char *)"nvidia-47";
	claim.vm = (char *)"a \"desk\"";
	claim.manager = "libvirt";
	claim.user = (struct gs_process){ .pid = 7, .start = 1ULL << 40 };
	assert_int_equal(gs_claim_write(fixture->engine, &claim), 0);
	tree_write(fixture->tree, GS_CLAIMS "/" UUID_2 ".json", "{\"version\": 1, \"card\": \"../x\"}");
	tree_write(fixture->tree, GS_CLAIMS "/" UUID_3 ".json", "{\"version\": 2}");
	tree_write(fixture->tree, GS_CLAIMS "/other.json", "{\"version\": 1}");
	assert_int_equal(gs_claims_read(fixture->engine, &claims), 0);
	assert_int_equal(claims.count, 1);
	assert_string_equal(claims.list[0].id, UUID_1);
	assert_string_equal(claims.list[0].vm, "a \"desk\"");
	assert_string_equal(claims.list[0].manager, "libvirt");
	assert_true(claims.list[0].pending && !claims.list[0].whole && claims.list[0].same_boot);
	assert_int_equal(claims.list[0].user.start, 1ULL << 40);
	gs_claims_clear(&claims);
	boot(fixture, BOOT_2);
	assert_int_equal(gs_claims_read(fixture->engine, &claims), 0);
	assert_false(claims.list[0].same_boot);
	assert_int_equal(gs_claim_forget(fixture->engine, UUID_1), 0);
	gs_claims_clear(&claims);
	assert_int_equal(gs_claims_read(fixture->engine, &claims), 0);
	assert_int_equal(claims.count, 0);
}

/* --- leases ------------------------------------------------------------------------------------ */

static void build_lease(struct fixture *fixture)
{
	boot(fixture, BOOT_1);
	tree_mdev(add_card(fixture, A, 1, 11), UUID_1, "nvidia-47", 20);
	tree_vfio_node(fixture->tree, 20, 20);
	fixture_read(fixture, GS_READ_HOLDERS);
}

static enum gs_lease look(struct fixture *fixture, struct gs_claim *claim)
{
	fixture_read(fixture, GS_READ_HOLDERS);
	return gs_lease_look(fixture->engine, fixture->host, claim);
}

static void a_lease_ends_with_its_process(void **state)
{
	struct fixture *fixture = *state;
	struct gs_claim claim;

	build_lease(fixture);
	claim = new_claim(fixture, A, UUID_1);
	claim.same_boot = true;
	/* Nobody has come yet. */
	assert_int_equal(look(fixture, &claim), GS_LEASE_HELD);
	tree_process(fixture->tree, 77, "qemu-system-x86", "qemu-system-x86_64 -name desk");
	tree_process_file(fixture->tree, 77, 5, "/dev/vfio/20");
	tree_write(fixture->tree, "proc/77/stat",
		   "77 (qemu) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n");
	assert_int_equal(look(fixture, &claim), GS_LEASE_SEEN);
	assert_int_equal(claim.user.pid, 77);
	assert_true(gs_claim_in_use(fixture->host, &claim));
	assert_int_equal(look(fixture, &claim), GS_LEASE_HELD);
	tree_remove(fixture->tree, "proc/77");
	assert_int_equal(look(fixture, &claim), GS_LEASE_ENDED);
	assert_false(gs_claim_in_use(fixture->host, &claim));
}

/* By iommufd, which has a node of its own for each device. */
static void a_lease_ends_with_its_process_without_a_group(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *card;
	struct gs_claim claim;
	char path[512];

	boot(fixture, BOOT_1);
	card = add_card(fixture, A, 1, 11);
	tree_mdev(card, UUID_1, "nvidia-47", 20);
	snprintf(path, sizeof(path), "%s/" UUID_1 "/vfio-dev/vfio3/dev", tree_path(card));
	tree_write(fixture->tree, path, "511:3\n");
	snprintf(path, sizeof(path), "%s/" UUID_1 "/vfio-dev/vfio3", tree_path(card));
	tree_folder(fixture->tree, "sys/class/vfio-dev");
	strcat(path, "/subsystem");
	tree_link(fixture->tree, path, "sys/class/vfio-dev");
	fixture_read(fixture, 0);
	claim = new_claim(fixture, A, UUID_1);
	claim.same_boot = true;
	tree_process(fixture->tree, 78, "qemu-system-x86", "qemu-system-x86_64 -name desk");
	tree_process_file(fixture->tree, 78, 5, "/dev/vfio/devices/vfio3");
	tree_write(fixture->tree, "proc/78/stat",
		   "78 (qemu) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n");
	assert_int_equal(look(fixture, &claim), GS_LEASE_SEEN);
	assert_int_equal(claim.user.pid, 78);
	assert_true(gs_vfio_cdev_held(fixture->engine, "sys/bus/mdev/devices/" UUID_1));
	tree_remove(fixture->tree, "proc/78");
	assert_false(gs_vfio_cdev_held(fixture->engine, "sys/bus/mdev/devices/" UUID_1));
	assert_int_equal(look(fixture, &claim), GS_LEASE_ENDED);
}

static void a_lease_ends_with_its_domain(void **state)
{
	struct fixture *fixture = *state;
	struct gs_claim claim;

	build_lease(fixture);
	tree_write(fixture->tree, "etc/libvirt/qemu/desk.xml", "<domain/>\n");
	tree_write(fixture->tree, "etc/pve/qemu-server/104.conf", "cores: 2\n");
	assert_string_equal(gs_lease_manager(fixture->engine, "desk"), "libvirt");
	assert_string_equal(gs_lease_manager(fixture->engine, "104"), "proxmox");
	assert_null(gs_lease_manager(fixture->engine, "../qemu/desk"));
	assert_null(gs_lease_manager(fixture->engine, "nobody"));
	claim = new_claim(fixture, A, UUID_1);
	claim.same_boot = true;
	claim.vm = (char *)"desk";
	claim.manager = "libvirt";
	assert_int_equal(look(fixture, &claim), GS_LEASE_HELD);
	tree_write(fixture->tree, "run/libvirt/qemu/desk.xml", "<domstatus/>\n");
	assert_int_equal(look(fixture, &claim), GS_LEASE_SEEN);
	assert_int_equal(look(fixture, &claim), GS_LEASE_HELD);
	tree_remove(fixture->tree, "run/libvirt/qemu/desk.xml");
	assert_int_equal(look(fixture, &claim), GS_LEASE_ENDED);
	/* One that never ran, and is no more. */
	claim.vm_seen = false;
	assert_int_equal(look(fixture, &claim), GS_LEASE_HELD);
	tree_remove(fixture->tree, "etc/libvirt/qemu/desk.xml");
	assert_int_equal(look(fixture, &claim), GS_LEASE_ENDED);
}

static void what_nobody_was_told_of_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	struct gs_claim claim;

	build_lease(fixture);
	claim = new_claim(fixture, A, UUID_1);
	claim.pending = true;
	claim.same_boot = true;
	assert_int_equal(look(fixture, &claim), GS_LEASE_ENDED);
	claim.uuid = (char *)UUID_2;
	assert_int_equal(look(fixture, &claim), GS_LEASE_GONE);
	claim = new_claim(fixture, A, UUID_1);
	assert_int_equal(look(fixture, &claim), GS_LEASE_GONE); /* of another boot */
	claim.same_boot = true;
	claim.identity.device_id = 0x1b39;
	assert_int_equal(look(fixture, &claim), GS_LEASE_GONE); /* another card is there */
	claim = new_claim(fixture, A, NULL);
	claim.same_boot = true;
	claim.pending = true;
	assert_int_equal(look(fixture, &claim), GS_LEASE_GONE); /* it never left the host */
}

static void policies_have_names(void **state)
{
	enum gs_claim_policy policy;

	(void)state;
	assert_int_equal(gs_claim_policy_parse("spread", &policy), 0);
	assert_int_equal(policy, GS_CLAIM_SPREAD);
	assert_int_equal(gs_claim_policy_parse("pack", &policy), 0);
	assert_int_equal(policy, GS_CLAIM_PACK);
	assert_int_equal(gs_claim_policy_parse("", &policy), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(policies_pack_and_spread),
		fixture_test(only_allowed_cards_give),
		fixture_test(sizes_are_not_mixed),
		fixture_test(the_smallest_that_is_enough),
		fixture_test(a_switch_comes_last),
		fixture_test(what_is_claimed_is_given_to_nobody_else),
		fixture_test(claims_are_stored),
		fixture_test(a_lease_ends_with_its_process),
		fixture_test(a_lease_ends_with_its_process_without_a_group),
		fixture_test(a_lease_ends_with_its_domain),
		fixture_test(what_nobody_was_told_of_is_taken_back),
		cmocka_unit_test(policies_have_names),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
