// SPDX-License-Identifier: GPL-2.0-or-later
#include "defined.h"

#include "wish.h"

struct tree_function *build(struct fixture *fixture)
{
	struct tree_function *gpu = tree_function(fixture->tree, NULL, CARD, 0x030000);

	tree_driver(tree_group(tree_ids(gpu, 0x10de, 0x1b38), 5), "nvidia");
	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", "framebuffer=1024M", 24);
	tree_mdev_type(gpu, "nvidia-47", "GRID P40-2Q", "framebuffer=2048M", 12);
	return gpu;
}

void build_split(struct fixture *fixture)
{
	struct tree_function *gpu = build(fixture);

	tree_mdev(gpu, UUID_A, "nvidia-46", 20);
	tree_mdev(gpu, UUID_B, "nvidia-46", 21);
}

void persist(struct fixture *fixture, enum gs_mode mode)
{
	const struct gs_want want = { .mode = mode };
	struct gs_host *host = fixture_read(fixture, 0);

	assert_int_equal(gs_wish_store(fixture->engine, host, host_card(host, CARD), &want), 0);
}

void expect_file(struct fixture *fixture, const char *uuid, const char *text)
{
	char path[256], *found;

	snprintf(path, sizeof(path), FOLDER "/%s", uuid);
	found = tree_read(fixture->tree, path);
	if (text && !found)
		fail_msg("there is no %s", path);
	if (!text)
		assert_null(found);
	else
		assert_string_equal(found, text);
	free(found);
}

const struct gs_definition *definition(struct fixture *fixture, const char *uuid)
{
	struct gs_host *host = fixture_read(fixture, 0);

	for (size_t i = 0; i < host->n_definitions; i++)
		if (gs_streq(host->definitions[i].uuid, uuid))
			return &host->definitions[i];
	return NULL;
}

bool in_ledger(struct fixture *fixture, const char *uuid)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };

	assert_int_equal(gs_ledger_read(fixture->engine, &ledger), 0);
	return gs_ledger_find(&ledger, uuid) != NULL;
}
