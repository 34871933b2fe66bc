// SPDX-License-Identifier: GPL-2.0-or-later
/* The module's messages: the bytes are netlink attributes. */
#include "fuzz.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_function function;
	struct gs_event event;
	uint32_t generation;
	void *copy;

	/* Attributes are read as the aligned structures that they are. */
	if (size > 65536 || posix_memalign(&copy, 8, size + 1))
		return 0;
	memcpy(copy, data, size);
	if (gs_message_function(copy, (int)size, &function, &generation) == 0)
		fuzz_use(function.text, strlen(function.text));
	gs_function_clear(&function);
	if (gs_message_event(copy, (int)size, &event) == 0)
		fuzz_use(event.driver, strlen(event.driver));
	free(copy);
	return 0;
}
