// SPDX-License-Identifier: GPL-2.0-or-later
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct nvos54 {
	uint32_t hClient, hObject, cmd, flags;
	uint64_t params __attribute__((aligned(8)));
	uint32_t paramsSize, status;
};

struct xfer {
	uint32_t cmd, size;
	uint64_t ptr __attribute__((aligned(8)));
};

void call_begin(struct call *call, uint32_t cmd, size_t size)
{
	memset(call, 0, sizeof(*call));
	call->cmd = cmd;
	call->size = size;
	/* Never 0, so that a written 0 shows. */
	for (size_t i = 0; i < size; i++)
		call->answer[i] = (unsigned char)(1 + (i * 37 + i / 251) % 254);
	memcpy(call->expected, call->answer, size);
}

void call_put(struct call *call, size_t offset, const void *bytes, size_t size)
{
	assert_true(offset + size <= call->size);
	memcpy(call->expected + offset, bytes, size);
}

void call_put32(struct call *call, size_t offset, uint32_t number)
{
	call_put(call, offset, &number, sizeof(number));
}

void call_put64(struct call *call, size_t offset, uint64_t number)
{
	call_put(call, offset, &number, sizeof(number));
}

void call_answer32(struct call *call, size_t offset, uint32_t number)
{
	memcpy(call->answer + offset, &number, sizeof(number));
	call_put32(call, offset, number);
}

static __thread int quiet;

static int same(const unsigned char *got, const unsigned char *expected, size_t size,
		const char *what, const char *where)
{
	for (size_t i = 0; i < size; i++) {
		if (got[i] == expected[i])
			continue;
		if (!quiet)
			fprintf(stderr, "# %s: byte 0x%zx %s is %02x, not %02x\n", what, i, where,
				got[i], expected[i]);
		return 0;
	}
	return 1;
}

static int ask(const struct call *call, struct nvos54 *control)
{
	struct xfer xfer = { .cmd = 0x2a, .size = sizeof(*control), .ptr = (uintptr_t)control };

	if (call->transfer)
		return ioctl(7, XFER, &xfer);
	return ioctl(7, RM_CONTROL, control);
}

int call_make(const struct call *call, const char *what)
{
	unsigned char bytes[GUARD + MAX_SIZE + GUARD], guard[GUARD];
	struct nvos54 control = {
		.hClient = 0x11111111,
		.hObject = 0x22222222,
		.cmd = call->cmd,
		.flags = 0x33333333,
		.params = (uintptr_t)(bytes + GUARD),
		.paramsSize = (uint32_t)call->size,
		.status = 0xffffffff,
	};
	struct nvos54 expected = control;
	int r;

	memset(bytes, 0xa5, sizeof(bytes));
	memset(guard, 0xa5, sizeof(guard));
	answer()->bytes = call->answer;
	answer()->size = call->size;
	answer()->status = call->status;
	expected.status = call->expected_status;
	errno = 4711;
	r = ask(call, &control);
	if (r != answer()->result || errno != 4711) {
		fprintf(stderr, "# %s: %d, errno %d\n", what, r, errno);
		return 0;
	}
	quiet = call->quiet;
	if (call->got)
		memcpy(call->got, bytes + GUARD, call->size);
	return same(bytes, guard, GUARD, what, "before the parameters") &&
	       same(bytes + GUARD, call->expected, call->size, what, "of the parameters") &&
	       same(bytes + GUARD + call->size, guard, GUARD, what, "behind the parameters") &&
	       same((unsigned char *)&control, (unsigned char *)&expected, sizeof(control), what,
		    "of the call");
}

const char *overrides_path(void)
{
	return getenv("VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH");
}

const char *config_path(void)
{
	return getenv("GPUSHIFT_UNLOCK_CONFIG_PATH");
}

static void vwrite_file(const char *path, const char *format, va_list arguments)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(vfprintf(file, format, arguments) >= 0);
	assert_int_equal(fclose(file), 0);
}

void write_file(const char *path, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwrite_file(path, format, arguments);
	va_end(arguments);
}

void write_overrides(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwrite_file(overrides_path(), format, arguments);
	va_end(arguments);
}

int remove_files(void **state)
{
	(void)state;
	unlink(overrides_path());
	unlink(config_path());
	*answer() = (struct answer){ 0 };
	return 0;
}

void type_query(struct call *call, uint32_t type)
{
	call_begin(call, TYPE_INFO, TYPE_INFO_SIZE);
	call_answer32(call, TYPE_OFFSET, type);
}
