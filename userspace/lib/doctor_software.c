// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_software.c - the daemon, wishes, and files that decide about cards at boot. */
#include "doctor.h"
#include "doctor_units.h"
#include "early.h"
#include "import.h"
#include "initramfs_maker.h"
#include "tree.h"
#include "wish.h"

#define RESTORE "gpushift-restore.service"

/* ---- gpushift itself ---- */

void gs_exam_daemon(struct gs_doctor *doctor)
{
	gs_find(doctor, NULL, GS_FINE);
	if (gs_unit_runs(doctor->engine, "gpushiftd.service"))
		gs_see(doctor, "gpushiftd.service runs");
	else if (gs_unit_exists(doctor->engine, "gpushiftd.service"))
		gs_see(doctor, "gpushiftd.service starts when it is asked for");
	else
		gs_see(doctor, "gpushiftd is not installed: the command does everything itself, as root");
}

static void check_restore(struct gs_doctor *doctor)
{
	const char *state = gs_unit_state(doctor->engine, RESTORE);

	if (state) {
		gs_see(doctor, RESTORE " %s", state);
		return;
	}
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, RESTORE " is not enabled: nobody grants them at boot");
	if (gs_unit_exists(doctor->engine, RESTORE))
		gs_advise(doctor, "systemctl enable " RESTORE);
	else
		gs_advise(doctor, "install gpushift's units; or run at boot: gpushift --direct apply --wishes");
}

static void see_wishes(struct gs_doctor *doctor, const struct gs_wishes *wishes)
{
	gs_find(doctor, NULL, GS_FINE);
	for (size_t i = 0; i < wishes->n_wishes; i++) {
		const struct gs_wish *wish = &wishes->wishes[i];

		gs_see(doctor, "%s is wished for %s", gs_mode_name(wish->mode),
		       wish->now[0] ? wish->now : wish->place.address);
		if (wish->found != GS_FOUND_OTHER && wish->found != GS_FOUND_AMBIGUOUS)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "it is not certain which card that is now");
		gs_advise(doctor, "gpushift set CARD %s --persist, for the card that is meant",
			  gs_mode_name(wish->mode));
	}
	for (size_t i = 0; i < wishes->n_odd; i++) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "/" GS_WISHES "/%s cannot be read: %s", wishes->odd[i].file,
		       wishes->odd[i].error == -EPROTO	 ? "a newer gpushift wrote it" :
		       wishes->odd[i].error == -EBADMSG ? "it is damaged" :
							   strerror(-wishes->odd[i].error));
		gs_advise(doctor, "wish again: gpushift set CARD MODE --persist");
	}
	if (wishes->n_wishes)
		check_restore(doctor);
	else if (!wishes->n_odd)
		gs_see(doctor, "no mode is wished for");
}

void gs_exam_wishes(struct gs_doctor *doctor)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	int r;

	r = gs_wishes_read(doctor->engine, &wishes);
	if (r == 0)
		r = gs_wishes_match(doctor->engine, doctor->host, wishes);
	if (r == 0) {
		see_wishes(doctor, wishes);
		return;
	}
	if (r == -ENOMEM)
		doctor->failed = r;
	gs_find(doctor, NULL, GS_CANNOT_TELL);
	gs_see(doctor, "the wishes cannot be read: %s", strerror(-r));
}

/* ---- cards bound by others ---- */

static bool takes_card(const struct gs_binding *line, const struct gs_card *card)
{
	for (size_t i = 0; i < card->n_functions; i++)
		if (gs_binding_takes(line, card->functions[i]))
			return true;
	return false;
}

/* What holds at each boot, whatever is wished for. driverctl is another check's. */
static void see_static(struct gs_doctor *doctor, const struct gs_binding *line)
{
	bool taken = false;

	for (size_t i = 0; line->kind == GS_BINDING_IDS && i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];

		if (!takes_card(line, card))
			continue;
		gs_see(doctor, "%s: \"%s\" takes %s", line->where, line->text,
		       gs_card_display(card)->text);
		taken = true;
	}
	if (!taken)
		return;
	gs_judge(doctor, GS_PROBLEM);
}

static bool drives(const struct gs_card *card, const struct gs_binding *line)
{
	const char *driver = gs_card_display(card)->driver;

	if (gs_binding_is_driver(line, driver) || gs_binding_is_driver(line, card->host_driver))
		return true;
	return card->remembered && gs_binding_is_driver(line, card->remembered->driver);
}

/* A blacklist keeps a driver that is asked for by its name from nothing; it is said only. */
static void see_blacklist(struct gs_doctor *doctor, const struct gs_binding *line)
{
	for (size_t i = 0; line->kind == GS_BINDING_BLACKLIST && i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];

		if (drives(card, line))
			gs_see(doctor, "%s keeps %s, the driver of %s, from being loaded at boot",
			       line->where, line->driver, gs_card_display(card)->text);
	}
}

void gs_exam_static_binding(struct gs_doctor *doctor)
{
	struct gs_bindings bindings;
	const struct gs_finding *finding;

	if (gs_bindings_read(doctor->engine, &bindings) < 0) {
		doctor->failed = -ENOMEM;
		return;
	}
	gs_find(doctor, NULL, GS_FINE);
	for (size_t i = 0; i < bindings.count; i++) {
		see_static(doctor, &bindings.list[i]);
		see_blacklist(doctor, &bindings.list[i]);
	}
	gs_bindings_clear(&bindings);
	if (doctor->failed)
		return;
	finding = &doctor->findings[doctor->n_findings - 1];
	if (finding->verdict == GS_PROBLEM)
		gs_advise(doctor, "gpushift import --apply, which says what to remove then");
	else if (!finding->evidence)
		gs_see(doctor, "neither modprobe.d nor the command line binds a card");
}

/* ---- what the initramfs loads ---- */

static bool is_wished_away(const struct gs_wishes *wishes, const struct gs_card *card)
{
	for (size_t i = 0; i < wishes->n_wishes; i++)
		if (wishes->wishes[i].mode == GS_MODE_PASSTHROUGH &&
		    gs_streq(wishes->wishes[i].now, gs_card_display(card)->text))
			return true;
	return false;
}

static const char *host_driver(const struct gs_card *card)
{
	const char *driver = gs_card_display(card)->driver;

	if (card->host_driver)
		return card->host_driver;
	if (driver && !gs_driver_is_vfio(driver))
		return driver;
	return card->remembered ? card->remembered->driver : NULL;
}

static void look_in(struct gs_doctor *doctor, const struct gs_wishes *wishes,
		    const struct gs_initramfs_maker *maker, const char *path)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read(doctor->engine, path, &text) < 0)
		return;
	for (size_t i = 0; i < doctor->host->n_cards; i++) {
		const struct gs_card *card = &doctor->host->cards[i];
		const char *driver = host_driver(card);

		if (!driver || !gs_initramfs_names(text, driver))
			continue;
		gs_see(doctor, "/%s has %s, the driver of %s", path, driver,
		       gs_card_display(card)->text);
		if (!is_wished_away(wishes, card))
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "%s is wished for passthrough", gs_card_display(card)->text);
		gs_advise(doctor, "remove %s from /%s, then: %s", driver, path, maker->rebuild);
	}
}

static void look_at(struct gs_doctor *doctor, const struct gs_wishes *wishes,
		    const struct gs_initramfs_maker *maker)
{
	char **files;

	gs_see(doctor, "the initramfs is made by %s", maker->name);
	if (maker->list && gs_tree_exists(doctor->engine, maker->hook))
		gs_see(doctor, "it would be given the wishes with gpushift among the %s of /%s", maker->list,
		       maker->file);
	if (gs_initramfs_files(doctor->engine, maker, &files) < 0) {
		doctor->failed = -ENOMEM;
		return;
	}
	for (char **file = files; file && *file; file++)
		look_in(doctor, wishes, maker, *file);
	gs_strv_free(files);
}

/* Where it is given the wishes, drivers in it take no card that is wished away. */
static void check_early(struct gs_doctor *doctor, const struct gs_early *early)
{
	if (early->current) {
		gs_see(doctor, "the initramfs has the wishes for passthrough");
		return;
	}
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, "the initramfs has not the wishes for passthrough as they are now");
	gs_advise(doctor, "%s", early->rebuild);
}

void gs_exam_initramfs(struct gs_doctor *doctor)
{
	const struct gs_initramfs_maker *maker = gs_initramfs_maker(doctor->engine);
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	gs_cleanup_early struct gs_early *early = NULL;

	gs_find(doctor, NULL, GS_FINE);
	if (gs_wishes_read(doctor->engine, &wishes) < 0 ||
	    gs_wishes_match(doctor->engine, doctor->host, wishes) < 0 ||
	    gs_early_read(doctor->engine, doctor->host, &early) < 0) {
		gs_judge(doctor, GS_CANNOT_TELL);
		gs_see(doctor, "the wishes cannot be read");
	} else if (early->rebuild) {
		check_early(doctor, early);
	} else if (maker) {
		look_at(doctor, wishes, maker);
	} else {
		gs_judge(doctor, GS_CANNOT_TELL);
		gs_see(doctor, "no program that makes an initramfs is known here");
	}
}
