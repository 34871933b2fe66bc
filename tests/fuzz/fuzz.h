/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz.h - what every target needs. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_use - let the sanitizers see that these bytes are read */
static inline void fuzz_use(const void *bytes, size_t size)
{
	volatile uint8_t sink = 0;

	for (size_t i = 0; i < size; i++)
		sink ^= ((const uint8_t *)bytes)[i];
	(void)sink;
}

/* fuzz_text - the input as a string in memory of exactly its size; to be freed */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text) {
		memcpy(text, data, size);
		text[size] = '\0';
	}
	return text;
}

#endif
