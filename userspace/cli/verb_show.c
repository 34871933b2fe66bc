// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_show.c - gpushift show <card>: everything, a section a subject */
#include "explain.h"
#include "holder_names.h"
#include "host.h"
#include "json.h"
#include "output.h"
#include "show_facts.h"
#include "stuck.h"
#include "text.h"

#define READS (GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS | GS_READ_GROUPS)

static void field(const char *name, const char *value)
{
	cli_line(stdout, "  %-12s %s", name, cli_text_or_dash(value));
}

static void section(const char *title)
{
	cli_line(stdout, "%s", "");
	cli_line(stdout, "%s", title);
}

static int print_identity(const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);

	cli_line(stdout, "%s  %s", display->text, cli_text_or_dash(display->name));
	if (card->reason)
		cli_line(stdout, "  %-12s %s: %s", "mode", gs_mode_name(card->mode), card->reason);
	else
		field("mode", gs_mode_name(card->mode));
	field("driver", display->driver);
	cli_line(stdout, "  %-12s %04x:%04x, subsystem %04x:%04x, class %04x, revision %02x", "ids",
		 display->vendor_id, display->device_id, display->subsystem_vendor_id,
		 display->subsystem_device_id, display->class_code >> 8, display->revision);
	if (display->boot_vga != GS_UNKNOWN)
		field("boot display", cli_text_known(display->boot_vga));
	if (display->numa_node >= 0)
		cli_line(stdout, "  %-12s %d", "NUMA node", display->numa_node);
	if (cli_show_power(display) < 0 || cli_show_link(display) < 0)
		return -ENOMEM;
	if (display->sriov_total)
		cli_line(stdout, "  %-12s %u of %u virtual functions enabled", "SR-IOV",
			 display->sriov_enabled, display->sriov_total);
	if (card->remembered)
		field("host driver", card->remembered->driver);
	return 0;
}

/* @note: what becomes of it; NULL: nothing to say */
static void print_function(const struct gs_function *function, const char *note)
{
	const char *override = function->driver_override;
	char class[5];

	cli_text_class(function, class);
	if (function->override_known == GS_UNKNOWN)
		override = "unknown";
	cli_fragment(stdout, "  %s  %s  %s", function->text, class,
		     function->driver ? function->driver : "no driver");
	if (override)
		cli_fragment(stdout, ", override %s", override);
	if (note)
		cli_fragment(stdout, ", %s", note);
	cli_line(stdout, "%s", "");
	if (function->name)
		cli_line(stdout, "    %s", function->name);
}

static void print_functions(const struct gs_card *card)
{
	section("functions of the card");
	for (size_t i = 0; i < card->n_functions; i++)
		print_function(card->functions[i], NULL);
}

static const char *dma_owner_text(enum gs_dma_owner owner)
{
	switch (owner) {
	case GS_DMA_NONE:
		return "nobody";
	case GS_DMA_KERNEL:
		return "the kernel";
	case GS_DMA_USER:
		return "user space";
	case GS_DMA_UNKNOWN:
		break;
	}
	return "unknown";
}

static int print_culprit(const struct gs_host *host, const struct gs_group *group)
{
	gs_cleanup_free char *text = NULL;

	if (!group)
		return 0;
	if (gs_explain_group(host, group, &text) < 0)
		return -ENOMEM;
	if (text)
		cli_line(stdout, "  %s", text);
	return 0;
}

static int print_group(const struct gs_host *host, const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);
	const struct gs_group *group = gs_host_group(host, display->iommu_group);

	section("IOMMU group");
	if (display->iommu_group < 0) {
		cli_line(stdout, "  none: the IOMMU is off or missing");
		return 0;
	}
	cli_line(stdout, "  group %d, type %s, DMA owned by %s", display->iommu_group,
		 group && group->type ? group->type : "unknown",
		 dma_owner_text(display->dma_owner));
	if (!card->n_outside)
		cli_line(stdout, "  nothing but the card is in it");
	for (size_t i = 0; i < card->n_outside; i++) {
		const struct gs_function *member = card->outside[i];
		bool moves = !gs_function_is_bridge(member) && gs_driver_owns_dma(member->driver);

		print_function(member, moves ? "must move (--with)" : "stays");
	}
	return print_culprit(host, group);
}

static int print_holder(const struct gs_holder *holder)
{
	gs_cleanup_free char *text = gs_holder_describe(holder);
	const char *setting = gs_holder_setting(holder->command);

	if (!text)
		return -ENOMEM;
	cli_line(stdout, "  %s%s", text, holder->yields ? ", lets go by itself" : "");
	if (holder->critical)
		cli_line(stdout, "    the host needs it: %s", holder->critical);
	if (holder->fix && !holder->yields)
		cli_line(stdout, "    fix: %s", holder->fix);
	if (setting)
		cli_line(stdout, "    %s", setting);
	return 0;
}

static int print_holders(const struct gs_card *card)
{
	section("in use by");
	for (size_t i = 0; i < card->n_holders; i++)
		if (print_holder(&card->holders[i]) < 0)
			return -ENOMEM;
	if (!card->n_holders)
		cli_line(stdout, "  nobody%s",
			 card->holders_unreadable > 0 ? " that can be seen" : "");
	if (card->holders_unreadable > 0)
		cli_line(stdout, "  %d processes could not be read", card->holders_unreadable);
	return 0;
}

static void print_vgpus(const struct gs_card *card)
{
	if (!card->n_vgpus)
		return;
	section("vGPUs");
	for (size_t i = 0; i < card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = card->vgpus[i];

		cli_line(stdout, "  %s  %s  %s, made by %s, in use: %s",
			 vgpu->uuid ? vgpu->uuid : vgpu->address, cli_text_or_dash(vgpu->type),
			 vgpu->backend, vgpu->owner, cli_text_known(vgpu->in_use));
	}
}

static int print_modes(const struct gs_host *host, const struct gs_card *card)
{
	section("modes");
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++) {
		struct gs_blocker *blockers = NULL;
		size_t count = 0;

		if ((int)card->mode == mode) {
			cli_line(stdout, "  %-12s now", gs_mode_name(mode));
			continue;
		}
		if (gs_blockers_for(host, card, mode, &blockers, &count) < 0)
			return -ENOMEM;
		cli_line(stdout, "  %-12s %s", gs_mode_name(mode), count ? "refused" : "available");
		cli_blockers(stdout, "    ", blockers, count);
		gs_blockers_free(blockers, count);
	}
	return 0;
}

static int print_card(const struct gs_host *host, const struct gs_card *card)
{
	if (print_identity(card) < 0)
		return -ENOMEM;
	if (card->stuck) {
		section("hangs");
		cli_show_stuck(stdout, card->stuck);
	}
	print_functions(card);
	if (print_group(host, card) < 0 || cli_show_resets(card) < 0 || cli_show_bars(card) < 0)
		return -ENOMEM;
	if (print_holders(card) < 0)
		return -ENOMEM;
	print_vgpus(card);
	return print_modes(host, card);
}

int verb_show(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_card *card;
	int r;

	r = cli_read_host(cli, READS, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = cli_find_card(cli, host, cli->arguments[0], &card);
	if (r)
		return r;
	if (cli->json)
		r = cli_document(gs_json_show(host, card), GS_EXIT_DONE);
	else if (print_card(host, card) < 0)
		return cli_no_memory(cli);
	cli_tell_root(cli, host, true);
	return r;
}
