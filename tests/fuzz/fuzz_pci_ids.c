// SPDX-License-Identifier: GPL-2.0-or-later
/* A pci.ids that somebody else made: four bytes of ids, then the file. */
#include "fuzz.h"
#include "pci_ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_pci_ids ids;
	char *text, *name;

	if (size < 4)
		return 0;
	text = malloc(size - 4 + (size == 4));
	if (!text)
		return 0;
	memcpy(text, data + 4, size - 4);
	ids = (struct gs_pci_ids){ .text = text, .length = size - 4 };
	name = gs_pci_ids_name(&ids, (uint16_t)(data[0] << 8 | data[1]),
			       (uint16_t)(data[2] << 8 | data[3]));
	if (name)
		fuzz_use(name, strlen(name));
	free(name);
	free(text);
	return 0;
}
