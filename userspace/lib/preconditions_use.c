// SPDX-License-Identifier: GPL-2.0-or-later
/* Who and what needs the functions that move: users, the host itself, people at the screen. */
#include "foreign.h"
#include "holder_names.h"
#include "plan_build.h"

/* What holds the functions that move: the card's own, then those named by --with. */
struct holders {
	const struct gs_holder *list;
	size_t count;
};

static struct holders holders_of(const struct gs_planner *planner, int part)
{
	if (part == 0)
		return (struct holders){ planner->card->holders, planner->card->n_holders };
	return (struct holders){ planner->want->with_holders, planner->want->n_with_holders };
}

#define PARTS 2

static const char *text_or(const char *text, const char *other)
{
	return text && *text ? text : other;
}

char *gs_holder_describe(const struct gs_holder *holder)
{
	const char *manager = text_or(holder->manager, "");
	bool show_command = holder->command && !gs_streq(holder->command, holder->name);
	char who[400], pid[64] = "";

	snprintf(who, sizeof(who), "%s%s%s %s", strcmp(manager, "systemd") == 0 ? "" : manager,
		 *manager && strcmp(manager, "systemd") != 0 ? " " : "", holder->kind,
		 text_or(holder->name, "?"));
	if (holder->pid > 0)
		snprintf(pid, sizeof(pid), " (%s%spid %d)", show_command ? holder->command : "",
			 show_command ? ", " : "", holder->pid);
	return gs_asprintf("%s%s: %s", who, pid, text_or(holder->detail, "?"));
}

static bool is_in_the_way(const struct gs_holder *holder)
{
	return !holder->yields && !holder->critical;
}

struct in_use {
	char **evidence;
	const struct gs_holder *first; /* whose end is the next step */
	bool overridable;
};

/* What --force cannot override has to go first. */
static void add_user(struct gs_planner *planner, struct in_use *use,
		     const struct gs_holder *holder)
{
	const char *setting = gs_holder_setting(holder->command);

	gs_note_owned(planner, &use->evidence, gs_holder_describe(holder));
	if (setting && !gs_strv_has(use->evidence, setting))
		gs_planner_note(planner, &use->evidence, setting);
	if (!use->first || (use->overridable && !holder->overridable))
		use->first = holder;
	use->overridable = use->overridable && holder->overridable;
}

/* The kernel knows of a user that no process shows, as in another PID namespace. */
static void check_owner(struct gs_planner *planner)
{
	char **evidence = NULL;

	for (size_t i = 0; i < planner->n_moving; i++)
		if (planner->moving[i]->dma_owner == GS_DMA_USER)
			gs_note_owned(planner, &evidence,
				      gs_asprintf("IOMMU group %d of %s is owned by user space",
						  planner->moving[i]->iommu_group,
						  planner->moving[i]->text));
	if (evidence)
		gs_planner_refuse(
			planner, GS_REFUSE_IN_USE, false,
			gs_asprintf("%s is in use by a VM", gs_planner_card(planner)), evidence,
			gs_asprintf("shut down the VM, then: gpushift set %s %s",
				    gs_planner_card(planner), gs_mode_name(planner->want->mode)));
}

static char *user_fix(struct gs_planner *planner, const struct gs_holder *holder)
{
	const char *mode = gs_mode_name(planner->want->mode);
	const char *card = gs_planner_card(planner);

	if (holder->fix && *holder->fix)
		return gs_planner_text(planner, strdup(holder->fix));
	return gs_planner_text(planner, gs_asprintf("stop %s, then: gpushift set %s %s",
						    text_or(holder->name, "it"), card, mode));
}

static void check_users(struct gs_planner *planner)
{
	struct in_use use = { .overridable = true };

	for (int part = 0; part < PARTS; part++) {
		struct holders holders = holders_of(planner, part);

		for (size_t i = 0; i < holders.count; i++)
			if (is_in_the_way(&holders.list[i]) &&
			    !gs_stops_holder(planner, &holders.list[i]))
				add_user(planner, &use, &holders.list[i]);
	}
	if (!use.first || use.overridable)
		check_owner(planner);
	if (!use.first)
		return;
	gs_planner_refuse(planner, GS_REFUSE_IN_USE, use.overridable,
			  gs_asprintf("%s is in use", gs_planner_card(planner)), use.evidence,
			  user_fix(planner, use.first));
}

/* The host's own root disk, way in, or keyboard lies below a function that would move. */
static void check_critical(struct gs_planner *planner)
{
	char **evidence = NULL;

	for (int part = 0; part < PARTS; part++) {
		struct holders holders = holders_of(planner, part);

		for (size_t i = 0; i < holders.count; i++)
			if (holders.list[i].critical)
				gs_note_owned(planner, &evidence,
					      gs_asprintf("%s %s (%s): %s", holders.list[i].kind,
							  text_or(holders.list[i].name, "?"),
							  text_or(holders.list[i].detail, "?"),
							  holders.list[i].critical));
	}
	if (evidence)
		gs_planner_refuse(
			planner, GS_REFUSE_CRITICAL_DEVICE, false,
			gs_asprintf("the host itself needs what would leave it with %s",
				    gs_planner_card(planner)),
			evidence, gs_asprintf("gpushift show %s", gs_planner_card(planner)));
}

void gs_check_holders(struct gs_planner *planner)
{
	check_critical(planner);
	check_users(planner);
}

static bool another_is_lit(const struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->host->n_cards; i++)
		if (&planner->host->cards[i] != planner->card &&
		    planner->host->cards[i].lit == GS_YES)
			return true;
	return false;
}

void gs_check_last_display(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;
	const char *address = gs_planner_card(planner);
	char **evidence = NULL;

	if (card->lit != GS_YES || gs_driver_is_vfio(gs_card_display(card)->driver) ||
	    another_is_lit(planner))
		return;
	for (char **name = card->lit_connectors; name && *name; name++)
		gs_note_owned(planner, &evidence, gs_asprintf("%s is connected", *name));
	if (gs_card_display(card)->boot_vga == GS_YES)
		gs_note_owned(planner, &evidence,
			      gs_asprintf("%s is the display that the host booted with", address));
	gs_planner_note(planner, &evidence, "no other card shows anything");
	gs_planner_refuse(
		planner, GS_REFUSE_LAST_DISPLAY, true,
		gs_asprintf("%s is the last display of this host: its screen would go dark", address),
		evidence, gs_asprintf("gpushift set %s passthrough --force", address));
}

static bool owns_one(const struct gs_planner *planner, const struct gs_owner *owner)
{
	if (!(owner->modes & 1U << planner->want->mode))
		return false;
	for (size_t i = 0; i < planner->n_moving; i++)
		if (gs_owner_of(owner, planner->moving[i]))
			return true;
	return false;
}

void gs_check_owners(struct gs_planner *planner)
{
	const struct gs_host *host = planner->host;
	const struct gs_owner *first = NULL;
	char **evidence = NULL;

	for (size_t i = 0; i < host->n_owners; i++) {
		if (!owns_one(planner, &host->owners[i]))
			continue;
		gs_planner_note(planner, &evidence, host->owners[i].evidence);
		if (!first)
			first = &host->owners[i];
	}
	if (first)
		gs_planner_refuse(planner, GS_REFUSE_FOREIGN_OWNER, true,
				  gs_asprintf("%s means to move %s itself", first->who,
					      gs_planner_card(planner)),
				  evidence, gs_planner_text(planner, strdup(first->fix)));
}
