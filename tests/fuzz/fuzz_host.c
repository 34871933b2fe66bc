// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the doctor, `boot` and `import` read of a host: ROMs, boot loaders' files, modprobe.d, and
 * the texts that a report takes secrets out of. The first byte chooses.
 */
#include "boot.h"
#include "fuzz.h"
#include "import.h"
#include "redact.h"
#include "rom.h"

static char *words[] = { (char *)"intel_iommu=on", (char *)"iommu=pt", NULL };

typedef int (*edit)(const char *text, char *const *words, char **ret);

/* What was edited has all words: a second time changes nothing. It begins as it did. */
static void on_edit(edit how, const char *text)
{
	char *once = NULL, *twice = NULL;

	if (how(text, words, &once) < 0)
		return;
	if (how(once, words, &twice) < 0 || strcmp(once, twice) != 0 || strlen(once) < strlen(text))
		abort();
	free(once);
	free(twice);
}

static void on_bindings(const char *text, int kind)
{
	struct gs_bindings bindings = { 0 };
	int r;

	if (kind == 'k')
		r = gs_bindings_cmdline(&bindings, text);
	else if (kind == 'd')
		r = gs_bindings_driverctl(&bindings, "pci-0000:01:00.0", text);
	else
		r = gs_bindings_modprobe(&bindings, "etc/modprobe.d/a.conf", text);
	if (r < 0)
		abort();
	for (size_t i = 0; i < bindings.count; i++)
		fuzz_use(bindings.list[i].text, strlen(bindings.list[i].text));
	gs_bindings_clear(&bindings);
}

/* Nothing that is known is left; a second time finds nothing more. */
static void on_redact(const char *text)
{
	static char *hosts[] = { (char *)"vault", NULL };
	static char *serials[] = { (char *)"SN-0X", NULL };
	struct gs_secrets secrets = { .hosts = hosts, .serials = serials };
	char *once = gs_redact(&secrets, text);
	char *line = gs_redact_cmdline(text);

	if (!once || !line)
		abort();
	fuzz_use(once, strlen(once));
	fuzz_use(line, strlen(line));
	free(line);
	free(once);
}

static void on_rom(const uint8_t *data, size_t size)
{
	struct gs_rom rom, again;
	char line[GS_ROM_LINE];

	if (gs_rom_parse(data, size, &rom) < 0)
		return;
	gs_rom_format(&rom, line);
	if (!rom.images || gs_rom_scan(line, &again) < 0 || memcmp(&rom, &again, sizeof(rom)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_boot_grub grub = { 0 };
	char *text;

	if (!size)
		return 0;
	if (data[0] == 'r') {
		on_rom(data + 1, size - 1);
		return 0;
	}
	text = fuzz_text(data + 1, size - 1);
	if (!text)
		return 0;
	switch (data[0]) {
	case 'g':
		on_edit(gs_boot_edit_grub, text);
		gs_boot_grub_read(text, words[0], &grub);
		fuzz_use(text, grub.always || grub.usually);
		break;
	case 'c':
		on_edit(gs_boot_edit_cmdline, text);
		break;
	case 'e':
		on_edit(gs_boot_edit_entry, text);
		break;
	case 'x':
		on_redact(text);
		break;
	default:
		on_bindings(text, data[0]);
	}
	free(text);
	return 0;
}
