/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture.h - a tree, an engine on it, and what was read, for each test. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inventory.h"
#include "tree_builder.h"

struct fixture {
	struct tree *tree;
	struct gs_engine *engine; /* opened by fixture_engine() */
	struct gs_host *host;	  /* read by fixture_read() */
};

/* For cmocka_unit_test_setup_teardown(); the state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

#define fixture_test(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

struct gs_engine *fixture_engine(struct fixture *fixture);

/* fixture_read - the inventory anew; the one before is freed */
struct gs_host *fixture_read(struct fixture *fixture, unsigned int flags);

/* These fail the test when there is no such thing. */
struct gs_function *host_function(const struct gs_host *host, const char *address);
struct gs_card *host_card(const struct gs_host *host, const char *address);

/* fixture_drop_root - let file modes count, also for root, until fixture_regain_root() */
void fixture_drop_root(struct fixture *fixture);
void fixture_regain_root(void);

#endif
