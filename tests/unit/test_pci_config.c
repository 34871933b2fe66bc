// SPDX-License-Identifier: GPL-2.0-or-later
/* Capabilities of configuration space, also of a damaged one. */
#include "fixture.h"
#include "pci_config.h"
#include "tree_config.h"

static int read_bytes(void *data, unsigned int offset, uint32_t *ret)
{
	const struct config *config = data;

	assert_int_equal(offset % 4, 0);
	if (offset + 4 > sizeof(config->bytes))
		return -ENODATA;
	*ret = (uint32_t)config->bytes[offset] | (uint32_t)config->bytes[offset + 1] << 8 |
	       (uint32_t)config->bytes[offset + 2] << 16 |
	       (uint32_t)config->bytes[offset + 3] << 24;
	return 0;
}

static struct gs_config parse(struct config *config)
{
	struct gs_config parsed;

	gs_config_parse(read_bytes, config, false, &parsed);
	return parsed;
}

static void capabilities_are_read(void **state)
{
	struct gs_config parsed;
	struct config config;
	unsigned int at;

	(void)state;
	config_begin(&config, 0x10de, 0x1b38);
	config_pm(&config, false);
	config_express(&config, PCI_EXP_TYPE_LEG_END, true);
	at = config_capability(&config, PCI_CAP_ID_AF, 6);
	config.bytes[at + PCI_AF_CAP] = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	config_extended(&config, PCI_EXT_CAP_ID_ERR, 0x40);
	config_acs(&config, 0x1d, 0x04);
	parsed = parse(&config);
	assert_int_equal(parsed.answers, GS_YES);
	assert_true(parsed.known);
	assert_false(parsed.multifunction);
	assert_true(parsed.express);
	assert_int_equal(parsed.port_type, PCI_EXP_TYPE_LEG_END);
	assert_true(parsed.flr);
	assert_true(parsed.af_flr);
	assert_true(parsed.has_pm);
	assert_false(parsed.no_soft_reset);
	assert_true(parsed.has_acs);
	/* An endpoint of one function needs none of it. */
	assert_int_equal(gs_config_acs_missing(&parsed), 0);
	parsed.multifunction = true;
	assert_int_equal(gs_config_acs_missing(&parsed), PCI_ACS_SV | PCI_ACS_CR | PCI_ACS_UF);
}

static void resizable_bars_are_read(void **state)
{
	struct gs_config parsed;
	struct config config;
	unsigned int at;

	(void)state;
	config_begin(&config, 0x10de, 0x1b38);
	config_express(&config, PCI_EXP_TYPE_ENDPOINT, false);
	at = config_extended(&config, PCI_EXT_CAP_ID_REBAR, 0x14);
	config_put(&config, at + 4, 4, 0x7f000); /* 256 MiB to 16 GiB */
	config_put(&config, at + 8, 4, 2 << 5 | 1);
	config_put(&config, at + 12, 4, 0x10);
	config_put(&config, at + 16, 4, 3);
	parsed = parse(&config);
	assert_int_equal(parsed.resizable[0], 0);
	assert_int_equal(parsed.resizable[1], 0x7f00);
	assert_int_equal(parsed.resizable[3], 1);
}

/* A partial AF, a PM of a version to come, a device without any list. */
static void half_capabilities_do_not_count(void **state)
{
	struct gs_config parsed;
	struct config config;
	unsigned int at;

	(void)state;
	config_begin(&config, 0x10de, 0x1b38);
	parsed = parse(&config);
	assert_true(parsed.known);
	assert_false(parsed.express);
	assert_true(gs_config_is_conventional(&parsed));
	at = config_capability(&config, PCI_CAP_ID_AF, 6);
	config.bytes[at + PCI_AF_CAP] = PCI_AF_CAP_FLR;
	at = config_capability(&config, PCI_CAP_ID_PM, 8);
	config_put(&config, at + PCI_PM_PMC, 2, 4);
	parsed = parse(&config);
	assert_true(parsed.known);
	assert_false(parsed.af_flr);
	assert_false(parsed.has_pm);
}

static void circles_end(void **state)
{
	struct gs_config parsed;
	struct config config;

	(void)state;
	config_begin(&config, 0x10de, 0x1b38);
	config_express(&config, PCI_EXP_TYPE_ROOT_PORT, false);
	config.bytes[0x41] = 0x40;
	config_put(&config, 0x100, 4, 0x10010001);
	parsed = parse(&config);
	assert_true(parsed.known);
	assert_true(gs_config_is_port(&parsed));
	assert_int_equal(gs_config_acs_missing(&parsed), GS_ACS_WANTED);
}

static void a_vf_has_no_ids(void **state)
{
	struct gs_config parsed;
	struct config config;

	(void)state;
	config_begin(&config, 0xffff, 0xffff);
	config_express(&config, PCI_EXP_TYPE_ENDPOINT, true);
	assert_int_equal(parse(&config).answers, GS_NO);
	assert_false(parse(&config).known);
	gs_config_parse(read_bytes, &config, true, &parsed);
	assert_int_equal(parsed.answers, GS_UNKNOWN);
	assert_true(parsed.flr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_read),
		cmocka_unit_test(resizable_bars_are_read),
		cmocka_unit_test(half_capabilities_do_not_count),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(a_vf_has_no_ids),
	};

	return cmocka_run_group_tests_name("pci_config", tests, NULL, NULL);
}
