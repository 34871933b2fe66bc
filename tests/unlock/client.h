/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.h - what every test here does: make a call as NVIDIA's daemons do, and compare all bytes. */
#ifndef CLIENT_H
#define CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer.h"

#define RM_CONTROL 0xc020462aul
#define XFER 0xc01046d3ul

/* The larger ones of a device's parameters, and what must not be touched around them. */
#define MAX_SIZE 6000
#define GUARD 64

struct call {
	uint32_t cmd;
	size_t size;
	uint32_t status;		/* that the driver answers */
	unsigned char answer[MAX_SIZE]; /* that the driver answers */
	unsigned char expected[MAX_SIZE];
	uint32_t expected_status;
	int transfer; /* by the other road */
	int quiet;
	unsigned char *got; /* where the parameters are put, if they are wanted */
};

/* call_begin - an answer of bytes that differ from each other, and the same expected */
void call_begin(struct call *call, uint32_t cmd, size_t size);

/* call_put - a member of what is expected */
void call_put(struct call *call, size_t offset, const void *bytes, size_t size);
void call_put32(struct call *call, size_t offset, uint32_t number);
void call_put64(struct call *call, size_t offset, uint64_t number);

/* call_answer32 - a member of what the driver answers, expected to stay */
void call_answer32(struct call *call, size_t offset, uint32_t number);

/* call_make - make the call; false, and a line on what differs, if anything is not as expected */
int call_make(const struct call *call, const char *what);

/* expect_call - call_make(), and fail the test if it fails */
#define expect_call(call, what) assert_true(call_make(call, what))

/* The configuration of this process, in a folder of its own. */
const char *overrides_path(void);
const char *config_path(void);
void write_file(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void write_overrides(const char *format, ...) __attribute__((format(printf, 1, 2)));
int remove_files(void **state);

/* The call that asks for a type, as driver 550 makes it, and two of its members. */
#define TYPE_INFO 0xa0810103u
#define TYPE_INFO_SIZE 5096
#define TYPE_OFFSET 8
#define FRL_CONFIG_OFFSET (8 + 0x158)
#define FRAMEBUFFER_OFFSET (8 + 0x188)

/* type_query - its answer is of profile @type */
void type_query(struct call *call, uint32_t type);

#endif
