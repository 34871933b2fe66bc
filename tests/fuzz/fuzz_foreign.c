// SPDX-License-Identifier: GPL-2.0-or-later
/* What libvirt, driverctl, mdevctl, Proxmox and kubelet wrote; the first byte chooses. */
#include "foreign.h"
#include "fuzz.h"
#include "holder_names.h"

static void use(struct gs_owners *owners)
{
	for (size_t i = 0; i < owners->count; i++) {
		fuzz_use(owners->list[i].evidence, strlen(owners->list[i].evidence));
		fuzz_use(owners->list[i].fix, strlen(owners->list[i].fix));
	}
	gs_owners_clear(owners);
}

/* A command line and a control group, parted by an empty line. */
static void name(const char *text)
{
	const char *cgroup = strstr(text, "\n\n");
	struct gs_holder_name ret;
	size_t length = cgroup ? (size_t)(cgroup - text) : strlen(text);
	char *words = calloc(1, length + 1), *stop;

	if (!words)
		return;
	for (size_t i = 0; i < length; i++)
		words[i] = text[i] == '\n' ? '\0' : text[i];
	gs_holder_name("comm", words, length, cgroup ? cgroup + 2 : text, &ret);
	stop = gs_holder_stop_command(ret.kind, ret.manager, ret.name, 1);
	if (!stop || strlen(ret.name) >= sizeof(ret.name))
		abort();
	free(stop);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *sockets[] = { (char *)"kubevirt-a-b.sock", NULL };
	struct gs_owners owners = { 0 };
	char *text;
	int r = 0;

	if (!size)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	if (!text)
		return 0;
	switch (data[0]) {
	case 'x':
		r = gs_owners_libvirt(&owners, "a.xml", text);
		break;
	case 'd':
		r = gs_owners_driverctl(&owners, text, text);
		break;
	case 'm':
		r = gs_owners_mdevctl(&owners, "0000:01:00.0",
				      "8a5b2b0e-0000-4000-8000-00000000000a", text);
		break;
	case 'p':
		r = gs_owners_proxmox(&owners, "100", text, text, "pve1");
		break;
	case 'k':
		r = gs_owners_kubevirt(&owners, text, sockets);
		break;
	default:
		name(text);
	}
	if (r < 0 && owners.count > 100000)
		abort();
	use(&owners);
	free(text);
	return 0;
}
