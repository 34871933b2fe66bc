// SPDX-License-Identifier: GPL-2.0-or-later
/* Isolation, resets, power, BARs and link as the sysfs source tells them, and in words. */
#include "explain.h"
#include "fixture.h"
#include "tree_config.h"

#define WHOLE sizeof(((struct config *)NULL)->bytes)
#define PLAIN_USER 64
#define ALL_BITS "SrcValid, ReqRedir, CmpltRedir, UpstreamFwd"

enum port {
	PORT_GOOD, /* ACS is set */
	PORT_HALF, /* some of it is not */
	PORT_BAD,  /* it has none */
};

static struct tree_function *make_port(struct tree *tree, struct tree_function *above,
				       const char *address, int group, unsigned int type,
				       enum port kind)
{
	struct tree_function *port = tree_awake(tree_bridge(tree, above, address));
	struct config config;

	config_begin(&config, 0x8086, 0x1901);
	config_express(&config, type, false);
	if (kind == PORT_GOOD)
		config_acs(&config, GS_ACS_WANTED, GS_ACS_WANTED);
	else if (kind == PORT_HALF) /* CmpltRedir is wired on, ReqRedir is not set */
		config_acs(&config, PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_UF, PCI_ACS_SV | PCI_ACS_UF);
	config_store(&config, port, WHOLE);
	return tree_group(port, group);
}

static struct tree_function *make_gpu(struct tree *tree, struct tree_function *above,
				      const char *address, int group)
{
	struct tree_function *gpu = tree_awake(tree_function(tree, above, address, 0x030000));
	struct config config;

	config_begin(&config, 0x10de, 0x1b38);
	config_express(&config, PCI_EXP_TYPE_ENDPOINT, false);
	config_pm(&config, true);
	config_store(&config, gpu, WHOLE);
	return tree_group(gpu, group);
}

static struct tree_function *make_bridge(struct tree *tree, struct tree_function *above,
					 const char *address, int group)
{
	struct tree_function *bridge = tree_awake(tree_bridge(tree, above, address));
	struct config config;

	config_begin(&config, 0x1b36, 0x000e);
	config_express(&config, PCI_EXP_TYPE_PCI_BRIDGE, false);
	config_store(&config, bridge, WHOLE);
	return tree_group(bridge, group);
}

static const struct gs_facts *facts_of(const struct gs_host *host, const char *address)
{
	return &host_function(host, address)->facts;
}

static void expect_culprit(const struct gs_host *host, const char *of,
			   enum gpushift_isolation_cause cause, const char *address,
			   unsigned int missing)
{
	const struct gs_isolation *isolation = &facts_of(host, of)->isolation;
	char text[GS_ADDRESS_LEN];

	assert_int_equal(isolation->cause, cause);
	assert_string_equal(gs_address_format(&isolation->bridge, text), address);
	assert_true(isolation->missing_known);
	assert_int_equal(isolation->missing, missing);
}

static void expect_words(const struct gs_host *host, int group, const char *expected)
{
	char *text;

	assert_int_equal(gs_explain_group(host, gs_host_group(host, group), &text), 0);
	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
	free(text);
}

static void a_port_without_acs_is_blamed(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *port;
	struct gs_host *host;

	port = make_port(fixture->tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	make_gpu(fixture->tree, port, "0000:01:00.0", 1);
	port = make_port(fixture->tree, NULL, "0000:00:03.0", 2, PCI_EXP_TYPE_ROOT_PORT, PORT_HALF);
	make_gpu(fixture->tree, port, "0000:02:00.0", 2);
	port = make_port(fixture->tree, NULL, "0000:00:04.0", 3, PCI_EXP_TYPE_ROOT_PORT, PORT_GOOD);
	make_gpu(fixture->tree, port, "0000:03:00.0", 4);
	host = fixture_read(fixture, 0);
	expect_culprit(host, "0000:01:00.0", GPUSHIFT_ISOLATION_CAUSE_PORT_ACS, "0000:00:02.0",
		       GS_ACS_WANTED);
	expect_culprit(host, "0000:00:02.0", GPUSHIFT_ISOLATION_CAUSE_PORT_ACS, "0000:00:02.0",
		       GS_ACS_WANTED);
	expect_culprit(host, "0000:02:00.0", GPUSHIFT_ISOLATION_CAUSE_PORT_ACS, "0000:00:03.0",
		       PCI_ACS_RR);
	assert_int_equal(facts_of(host, "0000:03:00.0")->isolation.cause, 0);
	expect_words(host, 1,
		     "Group 1 is merged by port 0000:00:02.0, which lacks ACS (" ALL_BITS ").");
	expect_words(host, 2, "Group 2 is merged by port 0000:00:03.0, which lacks ACS (ReqRedir).");
	expect_words(host, 4, NULL);
}

/* Both switch ports lack it, and so does the root port: only that one joins the two cards. */
static void the_port_that_joins_all_is_blamed_for_the_group(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *root, *up, *down;
	struct gs_host *host;

	root = make_port(tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	up = make_port(tree, root, "0000:01:00.0", 1, PCI_EXP_TYPE_UPSTREAM, PORT_BAD);
	down = make_port(tree, up, "0000:02:00.0", 1, PCI_EXP_TYPE_DOWNSTREAM, PORT_BAD);
	make_gpu(tree, down, "0000:03:00.0", 1);
	down = make_port(tree, up, "0000:02:01.0", 1, PCI_EXP_TYPE_DOWNSTREAM, PORT_BAD);
	make_gpu(tree, down, "0000:04:00.0", 1);
	host = fixture_read(fixture, 0);
	expect_culprit(host, "0000:03:00.0", GPUSHIFT_ISOLATION_CAUSE_PORT_ACS, "0000:02:00.0",
		       GS_ACS_WANTED);
	expect_culprit(host, "0000:01:00.0", GPUSHIFT_ISOLATION_CAUSE_PORT_ACS, "0000:00:02.0",
		       GS_ACS_WANTED);
	expect_words(host, 1,
		     "Group 1 is merged by port 0000:00:02.0, which lacks ACS (" ALL_BITS ").");
}

/* Two ports in one slot: neither is above both cards. */
static void ports_that_join_together_are_all_named(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port;

	port = make_port(tree, NULL, "0000:00:03.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_HALF);
	make_gpu(tree, port, "0000:01:00.0", 1);
	port = make_port(tree, NULL, "0000:00:03.1", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_HALF);
	make_gpu(tree, port, "0000:02:00.0", 1);
	expect_words(fixture_read(fixture, 0), 1,
		     "Group 1 is merged by port 0000:00:03.0, which lacks ACS (ReqRedir), and by "
		     "port 0000:00:03.1, which lacks ACS (ReqRedir).");
}

static void a_conventional_bridge_is_blamed(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port, *bridge;
	struct gs_host *host;

	/* The port is in the group as well, yet what joins the devices is the bridge. */
	port = make_port(tree, NULL, "0000:00:08.0", 6, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	bridge = make_bridge(tree, port, "0000:03:00.0", 6);
	make_gpu(tree, bridge, "0000:04:01.0", 6);
	tree_group(tree_awake(tree_function(tree, bridge, "0000:04:02.0", 0x020000)), 6);
	tree_write(tree, "usr/share/misc/pci.ids", "8086  Intel\n\t1901  Bridge\n");
	host = fixture_read(fixture, GS_READ_NAMES);
	expect_culprit(host, "0000:04:01.0", GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE,
		       "0000:03:00.0", 0);
	expect_culprit(host, "0000:04:02.0", GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE,
		       "0000:03:00.0", 0);
	expect_words(host, 6,
		     "Group 6 is merged by the conventional PCI bridge 0000:03:00.0 (Intel "
		     "Bridge): devices behind it cannot be told apart.");
}

static void make_slot(struct tree *tree, unsigned int offered, unsigned int set)
{
	struct tree_function *function;
	struct config config;

	config_begin(&config, 0x10de, 0x1b38);
	config_multifunction(&config);
	config_express(&config, PCI_EXP_TYPE_RC_END, true);
	if (offered)
		config_acs(&config, offered, set);
	function = tree_awake(tree_function(tree, NULL, "0000:00:05.2", 0x030000));
	config_store(&config, tree_group(function, 2), WHOLE);
	function = tree_awake(tree_function(tree, NULL, "0000:00:05.3", 0x040300));
	config_store(&config, tree_group(function, 2), WHOLE);
}

static void functions_of_a_slot_are_blamed(void **state)
{
	struct fixture *fixture = *state;

	make_slot(fixture->tree, 0, 0);
	expect_culprit(fixture_read(fixture, 0), "0000:00:05.3",
		       GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION, "0000:00:05.2", GS_ACS_WANTED);
	expect_words(fixture->host, 2,
		     "Group 2 is merged by slot 0000:00:05, whose functions have no ACS (" ALL_BITS
		     ") between them.");
}

/* Their ACS is in order: something else made them one group, and sysfs does not tell what. */
static void nobody_is_blamed_without_a_cause(void **state)
{
	struct fixture *fixture = *state;

	make_slot(fixture->tree, GS_ACS_WANTED, GS_ACS_WANTED);
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:00:05.3")->isolation.cause, 0);
	expect_words(fixture->host, 2, NULL);
}

/* A port that the kernel knows to isolate without ACS is not in the group of what is below. */
static void a_port_outside_the_group_is_not_blamed(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *port, *bridge;

	port = make_port(fixture->tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	bridge = make_bridge(fixture->tree, port, "0000:01:00.0", 2);
	make_gpu(fixture->tree, bridge, "0000:02:00.0", 2);
	expect_culprit(fixture_read(fixture, 0), "0000:01:00.0",
		       GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE, "0000:01:00.0", 0);
}

static void a_plain_user_sees_no_capabilities(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *port, *gpu;
	struct config config;

	port = make_port(fixture->tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	gpu = make_gpu(fixture->tree, port, "0000:01:00.0", 1);
	config_begin(&config, 0x10de, 0x1b38);
	config_express(&config, PCI_EXP_TYPE_ENDPOINT, false);
	config_store(&config, port, PLAIN_USER);
	config_store(&config, gpu, PLAIN_USER);
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->isolation.cause, 0);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->power.no_soft_reset, GS_UNKNOWN);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->n_resets, 0);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->config_answers, GS_YES);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->for_root, GS_NO);
}

/* Reading would wake it, or the bridge above it: nothing in its file may be taken. */
static void what_sleeps_is_not_asked(void **state)
{
	static const char *const states[] = { "D3cold\n", "D3hot\n", "error\n", "D1\n" };
	struct fixture *fixture = *state;
	struct tree_function *port, *gpu;

	port = make_port(fixture->tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_BAD);
	gpu = make_gpu(fixture->tree, port, "0000:01:00.0", 1);
	tree_attribute(gpu, "current_link_speed", "2.5 GT/s PCIe\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(states); i++) {
		tree_attribute(gpu, "power_state", states[i]);
		fixture_read(fixture, 0);
		assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->config_answers,
				 GS_UNKNOWN);
		assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->link.speed, 0);
		assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->n_resets, 0);
	}
	tree_awake(gpu);
	tree_attribute(port, "power_state", "D3hot\n");
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->config_answers, GS_UNKNOWN);
	tree_attribute(port, "power_state", "unknown\n");
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->config_answers, GS_YES);
	assert_int_equal(facts_of(fixture->host, "0000:01:00.0")->link.speed, 2500);
}

static void all_ones_are_no_answer(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = make_gpu(fixture->tree, NULL, "0000:00:02.0", 1);
	struct config config;

	memset(&config, 0xff, sizeof(config));
	config_store(&config, gpu, WHOLE);
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:00:02.0")->config_answers, GS_NO);
	assert_int_equal(facts_of(fixture->host, "0000:00:02.0")->power.no_soft_reset, GS_UNKNOWN);
	/* Never looked at by the kernel: it may as well be asleep. */
	tree_attribute(gpu, "power_state", "unknown\n");
	fixture_read(fixture, 0);
	assert_int_equal(facts_of(fixture->host, "0000:00:02.0")->config_answers, GS_UNKNOWN);
}

static void expect_reset(const struct gs_facts *facts, enum gpushift_reset_method method,
			 enum gpushift_reset_state state, enum gpushift_reset_reason reason,
			 const char *words)
{
	const struct gs_reset *reset = gs_facts_reset(facts, method);
	char *text;

	assert_non_null(reset);
	assert_int_equal(reset->state, state);
	assert_int_equal(reset->reason, reason);
	text = gs_explain_reset(reset);
	assert_string_equal(text, words);
	free(text);
}

static void resets_have_reasons(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = make_gpu(fixture->tree, NULL, "0000:00:02.0", 1);
	const struct gs_facts *facts;

	tree_reset(gpu, "acpi");
	tree_folder(fixture->tree, "sys/bus/pci/slots");
	fixture_read(fixture, 0);
	facts = facts_of(fixture->host, "0000:00:02.0");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_ACPI, GPUSHIFT_RESET_STATE_ENABLED, 0, "");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_FLR, GPUSHIFT_RESET_STATE_IMPOSSIBLE,
		     GPUSHIFT_RESET_REASON_NO_CAPABILITY, "no capability");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_PM, GPUSHIFT_RESET_STATE_IMPOSSIBLE,
		     GPUSHIFT_RESET_REASON_NO_SOFT_RESET, "NoSoftRst is set");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_IMPOSSIBLE,
		     GPUSHIFT_RESET_REASON_ROOT_BUS, "on a root bus");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_SLOT, GPUSHIFT_RESET_STATE_IMPOSSIBLE,
		     GPUSHIFT_RESET_REASON_NO_SLOT, "in no hotplug slot");
	assert_int_equal(facts->bus_reason, GPUSHIFT_RESET_REASON_ROOT_BUS);
	assert_null(facts->reset_scope);
	assert_int_equal(host_function(fixture->host, "0000:00:02.0")->slot_reset, GS_NO);
	/* Not enabled although it can: sysfs does not tell why. */
	assert_null(gs_facts_reset(facts, GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC));
}

static void expect_scope(const struct gs_function *function, const char *expected)
{
	char *text = gs_explain_scope(function);

	assert_string_equal(text, expected);
	free(text);
}

static void a_stale_bus_reset_is_seen(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *bridge = make_bridge(tree, NULL, "0000:00:08.0", 6);
	const struct gs_function *gpu;

	tree_reset(make_gpu(tree, bridge, "0000:04:01.0", 6), "bus");
	/* A slot of a conventional bus, which no driver can reset. */
	tree_write(tree, "sys/bus/pci/slots/1/address", "0000:04:01\n");
	gpu = host_function(fixture_read(fixture, 0), "0000:04:01.0");
	expect_reset(&gpu->facts, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_ENABLED, 0, "");
	assert_int_equal(gs_strv_count(gpu->facts.reset_scope), 1);
	assert_int_equal(gpu->facts.outside_group, GS_NO);
	expect_scope(gpu, "A reset of its bus hits nothing else.");

	tree_group(tree_function(tree, bridge, "0000:04:02.0", 0x020000), 7);
	gpu = host_function(fixture_read(fixture, 0), "0000:04:01.0");
	expect_reset(&gpu->facts, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_STALE,
		     GPUSHIFT_RESET_REASON_SIBLINGS,
		     "enabled before there was what makes it fail now: shares its bus with 0000:04:02.0");
	assert_int_equal(gpu->facts.outside_group, GS_YES);
	expect_scope(gpu, "A reset of its bus hits also 0000:04:02.0; outside its IOMMU group: "
			  "0000:04:02.0.");
}

/* A slot behind a port of PCI Express: the kernel resets that instead. */
static void a_slot_may_do_what_the_bus_cannot(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port, *gpu;
	const struct gs_facts *facts;

	port = make_port(tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_GOOD);
	gpu = tree_reset(make_gpu(tree, port, "0000:01:00.0", 2), "bus");
	tree_write(tree, "sys/bus/pci/slots/1/address", "0000:01:00\n");
	tree_vf(tree_sriov(gpu, 2), "0000:01:00.4", 0x030000);
	fixture_read(fixture, 0);
	facts = facts_of(fixture->host, "0000:01:00.0");
	expect_reset(facts, GPUSHIFT_RESET_METHOD_BUS, GPUSHIFT_RESET_STATE_ENABLED, 0, "");
	assert_null(gs_facts_reset(facts, GPUSHIFT_RESET_METHOD_SLOT));
	assert_int_equal(gs_strv_count(facts->reset_scope), 2);
}

static void buses_below_are_hit_too(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port, *bridge;
	const struct gs_facts *facts;

	port = make_port(tree, NULL, "0000:00:02.0", 1, PCI_EXP_TYPE_ROOT_PORT, PORT_GOOD);
	make_gpu(tree, port, "0000:01:00.0", 2);
	bridge = make_bridge(tree, port, "0000:01:00.1", 2);
	tree_group(tree_function(tree, bridge, "0000:02:00.0", 0x020000), 2);
	fixture_read(fixture, 0);
	facts = facts_of(fixture->host, "0000:01:00.0");
	assert_int_equal(gs_strv_count(facts->reset_scope), 3);
	assert_string_equal(facts->reset_scope[2], "0000:02:00.0");
	facts = facts_of(fixture->host, "0000:02:00.0");
	assert_int_equal(gs_strv_count(facts->reset_scope), 1);
}

static void power_bars_and_link_are_read(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = make_gpu(fixture->tree, NULL, "0000:00:02.0", 1);
	const struct gs_facts *facts;

	tree_attribute(gpu, "power/control", "on\n");
	tree_attribute(gpu, "power/runtime_status", "active\n");
	tree_attribute(gpu, "resource",
		       "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208\n"
		       "0x0000004000000000 0x0000007fffffffff 0x000000000014220c\n"
		       "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		       "0x0000000000000000 0x0000000000ffffff 0x0000000020040200\n"
		       "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		       "0x000000000000d040 0x000000000000d05f 0x0000000000040101\n"
		       "0x00000000000c0000 0x00000000000dffff 0x0000000000000212\n"
		       "0x00000000e0000000 0x00000000e0ffffff 0x0000000000042208\n");
	tree_attribute(gpu, "current_link_speed", "Unknown\n");
	tree_attribute(gpu, "max_link_speed", "16.0 GT/s PCIe\n");
	tree_attribute(gpu, "current_link_width", "8\n");
	tree_attribute(gpu, "max_link_width", "255\n");
	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", NULL, 24);
	tree_mdev_type(gpu, "nvidia-47", "GRID P40-2Q", NULL, 12);
	fixture_read(fixture, 0);
	facts = facts_of(fixture->host, "0000:00:02.0");
	assert_int_equal(facts->power.state, GPUSHIFT_POWER_STATE_D0);
	assert_int_equal(facts->power.d3cold_allowed, GS_YES);
	assert_int_equal(facts->power.runtime_control, GS_NO);
	assert_int_equal(facts->power.runtime_status, GPUSHIFT_RUNTIME_STATUS_ACTIVE);
	assert_int_equal(facts->power.no_soft_reset, GS_YES);
	assert_true(facts->bars_known);
	assert_int_equal(facts->n_bars, 4);
	assert_int_equal(facts->bars[0].type, GPUSHIFT_BAR_TYPE_MEM32_PREF);
	assert_int_equal(facts->bars[0].start, 0xfd000000);
	assert_int_equal(facts->bars[0].size, 0x1000000);
	assert_int_equal(facts->bars[1].type, GPUSHIFT_BAR_TYPE_MEM64_PREF);
	assert_true(facts->bars[1].size == 0x4000000000);
	assert_int_equal(facts->bars[2].index, 3);
	assert_false(facts->bars[2].has_start);
	assert_int_equal(facts->bars[3].type, GPUSHIFT_BAR_TYPE_IO);
	assert_int_equal(facts->bars[3].size, 32);
	assert_int_equal(facts->rom_size, 0x20000);
	assert_int_equal(facts->link.speed, 0);
	assert_int_equal(facts->link.speed_max, 16000);
	assert_int_equal(facts->link.width, 8);
	assert_int_equal(facts->link.width_max, 0);
	assert_int_equal(facts->mdev_types, 2);
}

static void damaged_files_are_unknown(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = make_gpu(fixture->tree, NULL, "0000:00:02.0", 1);
	const struct gs_facts *facts;

	tree_attribute(gpu, "resource", "0x00000000fd000000 what\n");
	tree_attribute(gpu, "power/runtime_status", "dreaming\n");
	tree_attribute(gpu, "max_link_speed", "-5 GT/s\n");
	tree_attribute(gpu, "max_link_width", "many\n");
	fixture_read(fixture, 0);
	facts = facts_of(fixture->host, "0000:00:02.0");
	assert_false(facts->bars_known);
	assert_int_equal(facts->power.runtime_status, -1);
	assert_int_equal(facts->link.speed_max, 0);
	assert_int_equal(facts->link.width_max, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_port_without_acs_is_blamed),
		fixture_test(the_port_that_joins_all_is_blamed_for_the_group),
		fixture_test(ports_that_join_together_are_all_named),
		fixture_test(a_conventional_bridge_is_blamed),
		fixture_test(functions_of_a_slot_are_blamed),
		fixture_test(nobody_is_blamed_without_a_cause),
		fixture_test(a_port_outside_the_group_is_not_blamed),
		fixture_test(a_plain_user_sees_no_capabilities),
		fixture_test(what_sleeps_is_not_asked),
		fixture_test(all_ones_are_no_answer),
		fixture_test(resets_have_reasons),
		fixture_test(a_stale_bus_reset_is_seen),
		fixture_test(a_slot_may_do_what_the_bus_cannot),
		fixture_test(buses_below_are_hit_too),
		fixture_test(power_bars_and_link_are_read),
		fixture_test(damaged_files_are_unknown),
	};

	return cmocka_run_group_tests_name("facts_sysfs", tests, NULL, NULL);
}
