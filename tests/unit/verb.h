/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verb.h - whole verbs, from the words of a command line to the document, on a lab's host. */
#ifndef VERB_H
#define VERB_H

#include <json-c/json.h>

#include "lab.h"

/* run_verb - "set 0000:01:00.0 host"; its exit status */
int run_verb(struct lab *lab, const char *line);

/* run_vm - the same with the description of a VM on standard input */
int run_vm(struct lab *lab, const char *line, const char *description);

/* at - the member of what the last verb printed at "results/0/code", as text; "null" */
const char *at(const char *path);

/* count_of - how many are in the list of this name */
size_t count_of(const char *key);

/* is_on - does the function have this driver? NULL: none */
bool is_on(struct lab *lab, const char *address, const char *driver);

int verb_teardown(void **state);

#define verb_test(f) cmocka_unit_test_setup_teardown(f, lab_setup, verb_teardown)

/* use_vgpu_driver - the card is on "nvidia", which offers two of the type nvidia-46 */
void use_vgpu_driver(struct lab *lab);

#endif
