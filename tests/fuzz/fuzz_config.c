// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration space: the bytes are what a device shows, which need not be sane. */
#include "fuzz.h"
#include "pci_config.h"

struct bytes {
	const uint8_t *data;
	size_t size;
	unsigned int reads;
};

static int read_bytes(void *data, unsigned int offset, uint32_t *ret)
{
	struct bytes *bytes = data;

	/* Lists that run in circles end, after not much more than all of it. */
	if (offset % 4 || ++bytes->reads > 4096)
		abort();
	if (offset + 4 > bytes->size)
		return -ENODATA;
	memcpy(ret, bytes->data + offset, 4);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { .data = data, .size = size };
	struct gs_config config;
	char **names = NULL;

	gs_config_parse(read_bytes, &bytes, false, &config);
	if (gs_acs_names(gs_config_acs_missing(&config), &names) == 0 && names)
		fuzz_use(names[0], strlen(names[0]));
	gs_strv_free(names);
	return 0;
}
