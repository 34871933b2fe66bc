// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpuConfig.xml: what is read of it can be looked up again, and made a list of types for any card. */
#include <sys/mman.h>
#include <unistd.h>

#include "capacity.h"
#include "fuzz.h"
#include "listed_types.h"

/* Larger ones are more of the same. */
#define LARGEST 4096

static void use_type(const struct gs_unlock_types *types, size_t i)
{
	const struct gs_unlock_type *type = &types->types[i];
	const struct gs_unlock_type *found = gs_unlock_type_find(types, type->id);

	if (!found || found->id != type->id || (i && type[-1].id > type->id))
		abort();
	if (strnlen(type->name, sizeof(type->name)) == sizeof(type->name))
		abort();
	(void)gs_unlock_type_memory(types, type->id);
	(void)gs_unlock_type_max(types, type->id);
}

static void use_listed(const struct gs_parent *parent)
{
	if (!parent->n_types)
		abort();
	for (size_t i = 0; i < parent->n_types; i++) {
		char *reason = NULL;

		if (strncmp(parent->types[i].id, "nvidia-", 7) != 0 || !parent->types[i].name[0])
			abort();
		/* Nothing is said to be there that nobody has seen. */
		if (gs_why_no_more(parent, &parent->types[i], GS_TYPES_LISTED, &reason) < 0 || !reason)
			abort();
		free(reason);
		for (size_t j = 0; j < i; j++)
			if (strcmp(parent->types[i].id, parent->types[j].id) == 0)
				abort();
	}
}

static void use(const struct gs_unlock_types *types)
{
	for (size_t i = 0; i < types->n_types; i++)
		use_type(types, i);
	for (size_t i = 0; i < types->n_supports; i++) {
		struct gs_function display = { .device_id = types->supports[i].device,
					       .subsystem_device_id = types->supports[i].subsystem };
		struct gs_parent *parent;

		if (!gs_unlock_card_listed(types, display.device_id))
			abort();
		(void)gs_unlock_card_sriov(types, display.device_id);
		if (gs_types_listed(types, &display, &parent) < 0)
			abort();
		if (parent)
			use_listed(parent);
		gs_listed_free(parent);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_unlock_types *types = NULL;
	int fd;

	if (size > LARGEST)
		return 0;
	fd = memfd_create("vgpuConfig.xml", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	if (gs_unlock_types_parse(fd, &types) == 0)
		use(types);
	else if (types)
		abort();
	gs_unlock_types_free(types);
	close(fd);
	return 0;
}
