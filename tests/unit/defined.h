/* SPDX-License-Identifier: GPL-2.0-or-later */
/* defined.h - a card with vGPUs, and what is defined for mdevctl of it. */
#ifndef DEFINED_H
#define DEFINED_H

#include "definition.h"
#include "fixture.h"

#define CARD "0000:05:00.0"
#define UUID_A "8a5b2b0e-0000-4000-8000-00000000000a"
#define UUID_B "8a5b2b0e-0000-4000-8000-00000000000b"
#define UUID_C "8a5b2b0e-0000-4000-8000-00000000000c"
#define FOLDER "etc/mdevctl.d/" CARD
#define AUTO_46 "{\n  \"mdev_type\": \"nvidia-46\",\n  \"start\": \"auto\",\n  \"attrs\": []\n}"
#define MANUAL_46 "{\n  \"mdev_type\": \"nvidia-46\",\n  \"start\": \"manual\",\n  \"attrs\": []\n}"

/* build - the card with types, and without vGPUs; build_split: split into UUID_A and UUID_B */
struct tree_function *build(struct fixture *fixture);
void build_split(struct fixture *fixture);

/* persist - the wish for what it is now, from a fresh read */
void persist(struct fixture *fixture, enum gs_mode mode);

/* expect_file - NULL: there is none */
void expect_file(struct fixture *fixture, const char *uuid, const char *text);

/* definition - from a fresh read; NULL: there is none */
const struct gs_definition *definition(struct fixture *fixture, const char *uuid);

/* in_ledger - is it ours, by the ledger? */
bool in_ledger(struct fixture *fixture, const char *uuid);

#endif
