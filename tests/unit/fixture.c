// SPDX-License-Identifier: GPL-2.0-or-later
/* fixture.c - a tree, an engine on it, and what was read, for each test. */
#include "fixture.h"

#include <sys/stat.h>

#define NOBODY 65534

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->tree = tree_new();
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	fixture_regain_root();
	gs_host_free(fixture->host);
	gs_engine_close(fixture->engine);
	tree_free(fixture->tree);
	free(fixture);
	return 0;
}

struct gs_engine *fixture_engine(struct fixture *fixture)
{
	if (!fixture->engine)
		assert_int_equal(gs_engine_open(tree_root(fixture->tree), &fixture->engine), 0);
	return fixture->engine;
}

struct gs_host *fixture_read(struct fixture *fixture, unsigned int flags)
{
	gs_host_free(fixture->host);
	fixture->host = NULL;
	assert_int_equal(gs_inventory_read(fixture_engine(fixture), flags, &fixture->host), 0);
	return fixture->host;
}

struct gs_function *host_function(const struct gs_host *host, const char *address)
{
	struct gs_function *function;
	struct gs_address at;

	assert_int_equal(gs_address_parse(address, &at), 0);
	function = gs_host_function(host, &at);
	if (!function)
		fail_msg("no function %s", address);
	return function;
}

struct gs_card *host_card(const struct gs_host *host, const char *address)
{
	struct gs_address at;
	struct gs_card *card;

	assert_int_equal(gs_address_parse(address, &at), 0);
	card = gs_host_card(host, &at);
	if (!card)
		fail_msg("no card %s", address);
	return card;
}

void fixture_drop_root(struct fixture *fixture)
{
	assert_int_equal(chmod(tree_root(fixture->tree), 0755), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
}

void fixture_regain_root(void)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}
