// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_cards.c - each card: what the planner says of it, and what shows a picture. */
#include "doctor.h"
#include "explain.h"
#include "foreign.h"
#include "plan.h"

#define BIT(refusal) (1u << (refusal))

void gs_exam_cards(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];
		const struct gs_function *display = gs_card_display(card);

		gs_find(doctor, card, GS_FINE);
		gs_see(doctor, "%s is in mode %s, on %s", display->name ? display->name : display->text,
		       gs_mode_name(card->mode), display->driver ? display->driver : "no driver");
		if (card->mode < GS_MODE_WANTABLE)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		if (card->reason)
			gs_see(doctor, "%s", card->reason);
		gs_advise(doctor, "gpushift set %s host", display->text);
	}
	if (doctor->host->n_cards)
		return;
	gs_find(doctor, NULL, GS_FINE);
	gs_see(doctor, "this host has no display or accelerator card");
}

/* What refuses passthrough, of some codes only. */
static void see_blockers(struct gs_doctor *doctor, const struct gs_card *card, unsigned int codes)
{
	struct gs_blocker *blockers;
	size_t count;

	if (gs_blockers_for(doctor->host, card, GS_MODE_PASSTHROUGH, &blockers, &count) < 0) {
		doctor->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!(codes & BIT(blockers[i].refusal)))
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "%s", blockers[i].message);
		for (char **fact = blockers[i].evidence; fact && *fact; fact++)
			gs_see(doctor, "%s", *fact);
		if (blockers[i].fix)
			gs_advise(doctor, "%s", blockers[i].fix);
	}
	gs_blockers_free(blockers, count);
}

void gs_exam_groups(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];
		const struct gs_group *group =
			gs_host_group(doctor->host, gs_card_display(card)->iommu_group);
		const struct gs_finding *finding;
		gs_cleanup_free char *why = NULL;

		gs_find(doctor, card, group ? GS_FINE : GS_CANNOT_TELL);
		if (!group) {
			gs_see(doctor, "it is in no IOMMU group");
			continue;
		}
		gs_see(doctor, "group %d has %zu functions, %zu of them of the card", group->id,
		       gs_strv_count(group->members), card->n_functions);
		if (gs_explain_group(doctor->host, group, &why) < 0)
			doctor->failed = -ENOMEM;
		see_blockers(doctor, card,
			     BIT(GS_REFUSE_OUTSIDE_CARD) | BIT(GS_REFUSE_GROUP_NOT_VIABLE) |
				     BIT(GS_REFUSE_RESERVED_REGION));
		finding = &doctor->findings[doctor->n_findings - 1];
		/* A blocker may have said so. */
		if (why && finding->verdict == GS_PROBLEM && !gs_strv_has(finding->evidence, why))
			gs_see(doctor, "%s", why);
	}
}

void gs_exam_resets(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];
		char **method = gs_card_display(card)->reset_methods;

		gs_find(doctor, card, GS_FINE);
		if (!method || !*method)
			gs_see(doctor, "its display function has no reset of its own");
		for (; method && *method; method++)
			gs_see(doctor, "it can be reset by %s", *method);
		see_blockers(doctor, card,
			     BIT(GS_REFUSE_NO_RESET) | BIT(GS_REFUSE_REBOOT_REQUIRED));
	}
}

/* The kernel's own users that do not go with the driver, and firmware framebuffers on its memory. */
static void see_kernel_users(struct gs_doctor *doctor, const struct gs_card *card)
{
	const struct gs_facts *facts = &gs_card_display(card)->facts;

	for (size_t i = 0; i < card->n_holders; i++) {
		const struct gs_holder *holder = &card->holders[i];

		if (!gs_streq(holder->kind, "kernel"))
			continue;
		gs_see(doctor, "the kernel has its %s%s%s%s", holder->name,
		       holder->detail ? " (" : "", holder->detail ? holder->detail : "",
		       holder->detail ? ")" : "");
		if (holder->yields)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		if (holder->fix)
			gs_advise(doctor, "%s", holder->fix);
	}
	for (size_t i = 0; i < facts->n_bars; i++)
		if (facts->bars[i].claimant)
			gs_see(doctor, "BAR %u is claimed by %s", facts->bars[i].index,
			       facts->bars[i].claimant);
}

void gs_exam_displays(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];

		gs_find(doctor, card, GS_FINE);
		if (gs_card_display(card)->boot_vga == GS_YES)
			gs_see(doctor, "the firmware shows its picture on it");
		for (char **name = card->lit_connectors; name && *name; name++)
			gs_see(doctor, "a screen is connected to %s", *name);
		if (doctor->host->n_cards == 1 && card->lit == GS_YES)
			gs_see(doctor, "no other card shows anything: --force gives it away all the same");
		see_kernel_users(doctor, card);
		if (!doctor->findings[doctor->n_findings - 1].evidence)
			gs_see(doctor, "the host shows nothing on it");
	}
}

static bool means(const struct gs_owner *owner, const struct gs_card *card)
{
	for (size_t i = 0; i < card->n_functions; i++)
		if (gs_owner_of(owner, card->functions[i]))
			return true;
	return false;
}

void gs_exam_owners(struct gs_doctor *doctor)
{
	const struct gs_host *host = doctor->host;

	for (size_t i = 0; i < host->n_cards; i++) {
		gs_find(doctor, &host->cards[i], GS_FINE);
		for (size_t j = 0; j < host->n_owners; j++) {
			if (!means(&host->owners[j], &host->cards[i]))
				continue;
			gs_judge(doctor, GS_PROBLEM);
			gs_see(doctor, "%s", host->owners[j].evidence);
			gs_advise(doctor, "%s", host->owners[j].fix);
		}
		if (!doctor->findings[doctor->n_findings - 1].evidence)
			gs_see(doctor, "libvirt, driverctl, mdevctl, Proxmox and KubeVirt leave it alone");
	}
}

static bool same_ids(const struct gs_card *a, const struct gs_card *b)
{
	const struct gs_function *left = gs_card_display(a), *right = gs_card_display(b);

	return left->vendor_id == right->vendor_id && left->device_id == right->device_id;
}

void gs_exam_identical(struct gs_doctor *doctor)
{
	const struct gs_host *host = doctor->host;

	gs_find(doctor, NULL, GS_FINE);
	for (size_t i = 0; i < host->n_cards; i++)
		for (size_t j = i + 1; j < host->n_cards; j++)
			if (same_ids(&host->cards[i], &host->cards[j]))
				gs_see(doctor,
				       "%s and %s both have the ids %04x:%04x: a list of ids would take "
				       "both; gpushift tells them apart by address and place",
				       gs_card_display(&host->cards[i])->text,
				       gs_card_display(&host->cards[j])->text,
				       gs_card_display(&host->cards[i])->vendor_id,
				       gs_card_display(&host->cards[i])->device_id);
	if (!doctor->findings[doctor->n_findings - 1].evidence)
		gs_see(doctor, "no two cards have the same ids");
}

void gs_exam_switches(struct gs_doctor *doctor)
{
	const struct gs_interrupted *interrupted = doctor->host->interrupted;

	gs_find(doctor, NULL, GS_FINE);
	if (!interrupted) {
		gs_see(doctor, "none was interrupted");
	} else if (interrupted->running) {
		gs_see(doctor, "one is running");
	} else {
		gs_judge(doctor, GS_PROBLEM);
		if (interrupted->damaged)
			gs_see(doctor, "the journal cannot be read");
		else
			gs_see(doctor, "%s was on its way from %s to %s", interrupted->card,
			       interrupted->from, interrupted->to);
		gs_advise(doctor, "gpushift recover");
	}
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];

		if (card->mode != GS_MODE_QUARANTINED)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "%s is quarantined: %s", gs_card_display(card)->text,
		       card->reason ? card->reason : "no reason is known");
		gs_advise(doctor, "gpushift reset %s", gs_card_display(card)->text);
	}
}
