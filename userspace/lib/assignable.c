// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: vfio_iommu_type1_attach_group() and __iommu_device_set_domain() of the kernel. */
#include "assignable.h"

#include <fcntl.h>

#include "modules.h"
#include "tree.h"

#define TYPE1 "vfio_iommu_type1"
#define TYPE1_PARAMETER "sys/module/" TYPE1 "/parameters/allow_unsafe_interrupts"

/* The interrupts of the IO-APIC, which every host has, come first. */
#define INTERRUPTS_MAX 65536

/* The first kernel that refuses user space the groups of any vendor's IOMMU for such regions. */
#define DIRECT_MAJOR 6
#define DIRECT_MINOR 6

/* What sends interrupts on x86; a prefix IR- says that they are remapped. */
static const char *const senders[] = { "IO-APIC", "PCI-MSI", "PCI-HT", "HPET-MSI" };

void gs_interrupts_clear(struct gs_interrupts *interrupts)
{
	free(interrupts->seen);
	free(interrupts->switched_off);
	*interrupts = (struct gs_interrupts){ 0 };
}

/* Of a host with hundreds of CPUs the whole file has megabytes. */
static int read_head(struct gs_engine *engine, char **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, "proc/interrupts", O_RDONLY);
	gs_cleanup_free char *text = malloc(INTERRUPTS_MAX + 1);
	size_t length = 0;
	ssize_t n = 1;

	if (!text)
		return -ENOMEM;
	while (fd >= 0 && n > 0 && length < INTERRUPTS_MAX) {
		n = read(fd, text + length, INTERRUPTS_MAX - length);
		if (n > 0)
			length += (size_t)n;
	}
	text[length] = '\0';
	*ret = gs_steal(text);
	return 0;
}

/* "  24:   17   0  IR-PCI-MSI-0000:00:1c.0   0-edge   PCIe PME": the word after the counters */
static const char *sender_of(char *line)
{
	char *rest = line + strspn(line, " ");

	if (*rest < '0' || *rest > '9')
		return NULL;
	rest = strchr(rest, ':');
	for (char *word = rest ? strtok_r(rest, ": ", &rest) : NULL; word;
	     word = strtok_r(NULL, " ", &rest))
		if (word[strspn(word, "0123456789")])
			return word;
	return NULL;
}

static bool is_plain(const char *sender)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(senders); i++)
		if (strncmp(sender, senders[i], strlen(senders[i])) == 0)
			return true;
	return false;
}

static int read_senders(struct gs_engine *engine, struct gs_interrupts *ret)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;
	int r = read_head(engine, &text);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *sender = sender_of(line);

		if (sender && strncmp(sender, "IR-", 3) == 0) {
			ret->plain = false;
			return 0;
		}
		if (!sender || ret->plain || !is_plain(sender))
			continue;
		ret->plain = true;
		ret->seen = strdup(sender);
		if (!ret->seen)
			return -ENOMEM;
	}
	return 0;
}

static bool is_true(const char *text)
{
	return strchr("1yY", *text) && *text;
}

/* What modprobe.d and the command line say it will be loaded with. */
static bool allowed_by_options(void)
{
	static const char key[] = "allow_unsafe_interrupts=";
	struct kmod_ctx *kmod = gs_modules_open();
	struct kmod_module *module;
	const char *options, *found;
	bool allowed = false;

	if (kmod && kmod_module_new_from_name(kmod, TYPE1, &module) >= 0) {
		options = kmod_module_get_options(module);
		found = options ? strstr(options, key) : NULL;
		allowed = found && is_true(found + sizeof(key) - 1);
		kmod_module_unref(module);
	}
	if (kmod)
		kmod_unref(kmod);
	return allowed;
}

bool gs_unsafe_interrupts(struct gs_engine *engine)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read(engine, TYPE1_PARAMETER, &text) == 0)
		return is_true(text);
	return !engine->foreign_root && allowed_by_options();
}

/* "intremap=off", also in a list of words. */
static bool is_switch(const char *word)
{
	return strcmp(word, "nointremap") == 0 ||
	       (strncmp(word, "intremap=", 9) == 0 && strstr(word, "off"));
}

static int read_switch(struct gs_engine *engine, struct gs_interrupts *ret)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL, *word;

	if (gs_tree_read(engine, "proc/cmdline", &text) < 0)
		return 0;
	for (word = strtok_r(text, " ", &rest); word && !is_switch(word);)
		word = strtok_r(NULL, " ", &rest);
	ret->switched_off = word ? strdup(word) : NULL;
	return ret->switched_off || !word ? 0 : -ENOMEM;
}

int gs_interrupts_read(struct gs_engine *engine, struct gs_interrupts *ret)
{
	int r;

	*ret = (struct gs_interrupts){ 0 };
	r = read_senders(engine, ret);
	if (r == 0 && ret->plain)
		ret->unsafe_allowed = gs_unsafe_interrupts(engine);
	if (r == 0 && ret->plain)
		r = read_switch(engine, ret);
	if (r < 0)
		gs_interrupts_clear(ret);
	return r;
}

/* "0x00000000000f0000 0x00000000000fffff direct" */
static int add_region(const char *line, char ***ret)
{
	char from[32], to[32], type[32];
	gs_cleanup_free char *text = NULL;

	if (sscanf(line, "%31s %31s %31s", from, to, type) != 3 || strcmp(type, "direct") != 0)
		return 0;
	text = gs_asprintf("%s-%s", from, to);
	return text ? gs_strv_add(ret, text) : -ENOMEM;
}

int gs_direct_regions_read(struct gs_engine *engine, const char *group, char ***ret)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX], *rest = NULL;
	int r;

	*ret = NULL;
	if (gs_path(path, "sys/kernel/iommu_groups/%s/reserved_regions", group) < 0 ||
	    gs_tree_read(engine, path, &text) < 0)
		return 0;
	r = 0;
	for (char *line = strtok_r(text, "\n", &rest); r == 0 && line;
	     line = strtok_r(NULL, "\n", &rest))
		r = add_region(line, ret);
	if (r < 0)
		gs_strv_free(gs_steal(*ret));
	return r;
}

/* Intel's driver has always kept such devices; the others since the kernel's core does. */
static bool kernel_keeps(struct gs_engine *engine, const struct gs_function *function)
{
	gs_cleanup_free char *release = NULL;
	gs_cleanup_free char *unit = NULL;
	unsigned int major = 0, minor = 0;
	char path[GS_PATH_MAX];

	if (gs_path(path, "sys/bus/pci/devices/%s/iommu", function->text) == 0 &&
	    gs_tree_link_name(engine, path, &unit) == 0 && strncmp(unit, "dmar", 4) == 0)
		return true;
	if (gs_tree_read(engine, "proc/sys/kernel/osrelease", &release) < 0 ||
	    sscanf(release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > DIRECT_MAJOR || (major == DIRECT_MAJOR && minor >= DIRECT_MINOR);
}

static int read_group(struct gs_engine *engine, struct gs_host *host,
		      const struct gs_function *function)
{
	struct gs_group *group = gs_host_group(host, function->iommu_group);
	char number[16];
	int r;

	if (!group || group->direct)
		return 0;
	snprintf(number, sizeof(number), "%d", group->id);
	r = gs_direct_regions_read(engine, number, &group->direct);
	if (r == 0 && group->direct && !kernel_keeps(engine, function))
		gs_strv_free(gs_steal(group->direct));
	return r;
}

int gs_assignable_read(struct gs_engine *engine, struct gs_host *host)
{
	int r = 0;

	if (!host->has_iommu)
		return 0;
	for (size_t i = 0; r == 0 && i < host->n_cards; i++)
		for (size_t j = 0; r == 0 && j < host->cards[i].n_functions; j++)
			r = read_group(engine, host, host->cards[i].functions[j]);
	return r < 0 ? r : gs_interrupts_read(engine, &host->interrupts);
}

static int finish(struct gs_blocker *blocker)
{
	if (blocker->message && blocker->evidence && blocker->fix)
		return 0;
	gs_blocker_clear(blocker);
	return -ENOMEM;
}

static void note(struct gs_blocker *blocker, char *text)
{
	if (!text || gs_strv_add(&blocker->evidence, text) < 0)
		gs_strv_free(gs_steal(blocker->evidence));
	free(text);
}

int gs_interrupts_blocker(const struct gs_interrupts *interrupts, const char *card,
			  struct gs_blocker *ret)
{
	*ret = (struct gs_blocker){
		.refusal = GS_REFUSE_NO_INTERRUPT_REMAPPING,
		.message = gs_asprintf("this host does not remap interrupts, so a guest with %s "
				       "could raise those of the host",
				       card),
	};
	if (interrupts->seen)
		note(ret, gs_asprintf("/proc/interrupts says %s, not IR-%s", interrupts->seen,
				      interrupts->seen));
	if (interrupts->switched_off) {
		note(ret, gs_asprintf("the kernel's command line says %s",
				      interrupts->switched_off));
		ret->fix = gs_asprintf("remove %s from the kernel's command line, and reboot",
				       interrupts->switched_off);
		return finish(ret);
	}
	note(ret, gs_asprintf("allow_unsafe_interrupts of %s is not set", TYPE1));
	ret->fix = strdup("enable interrupt remapping in the firmware, and reboot; only where all "
			  "guests are trusted, instead: modprobe " TYPE1
			  " && echo Y > /" TYPE1_PARAMETER);
	return finish(ret);
}

int gs_regions_blocker(const char *group, char *const *regions, const char *card,
		       struct gs_blocker *ret)
{
	*ret = (struct gs_blocker){
		.refusal = GS_REFUSE_RESERVED_REGION,
		.message = gs_asprintf("the firmware keeps memory for IOMMU group %s of %s, which "
				       "the kernel therefore gives to no guest",
				       group, card),
		.fix = strdup("switch off what uses it in the firmware's setup (a shared or "
			      "reserved memory region of the device), and reboot"),
	};
	for (; regions && *regions; regions++)
		note(ret, gs_asprintf("group %s has the direct region %s", group, *regions));
	if (!ret->evidence)
		note(ret, gs_asprintf("VFIO refused group %s for a mapping of the firmware's; the "
				      "kernel's log tells the device",
				      group));
	return finish(ret);
}
