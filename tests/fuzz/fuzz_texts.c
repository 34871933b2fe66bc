// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The texts of sysfs and proc: addresses, numbers, type names, mounts,
 * uevents. The first byte says which one.
 */
#include "address.h"
#include "fuzz.h"
#include "holders.h"
#include "tree.h"
#include "uevent.h"
#include "vgpu_types.h"

static void on_address(char *text, size_t size)
{
	char printed[GS_ADDRESS_LEN];
	struct gs_address address, again;

	(void)size;
	if (gs_address_parse(text, &address) < 0)
		return;
	/* What is read must be printed as what it was read from. */
	gs_address_format(&address, printed);
	if (gs_address_parse(printed, &again) < 0 || !gs_address_equal(&address, &again))
		abort();
}

static void on_number(char *text, size_t size)
{
	uint64_t value;

	(void)size;
	if (gs_number_parse(text, &value) == 0 && !*text)
		abort();
}

static void on_type(char *text, size_t size)
{
	char *second = memchr(text, '\n', size);

	if (second)
		*second++ = '\0';
	(void)gs_framebuffer_bytes(text, second);
}

static void on_mount(char *text, size_t size)
{
	struct gs_mount mount;

	(void)size;
	if (gs_mountinfo_parse(text, &mount) == 0) {
		fuzz_use(mount.point, strlen(mount.point));
		fuzz_use(mount.source, strlen(mount.source));
	}
}

static void on_uevent(char *text, size_t size)
{
	struct gs_event event;

	if (gs_uevent_parse(text, size, true, &event) == 0) {
		fuzz_use(event.address, strlen(event.address));
		fuzz_use(event.parent, strlen(event.parent));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(char *, size_t) = {
		on_address, on_number, on_type, on_mount, on_uevent,
	};
	char *text;

	if (!size)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	if (text)
		targets[data[0] % (sizeof(targets) / sizeof(*targets))](text, size - 1);
	free(text);
	return 0;
}
