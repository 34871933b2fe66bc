// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_rom.c - whether the card's ROM suits a guest with UEFI; read only when it is asked for. */
#include "doctor.h"
#include "quarantine.h"
#include "rom.h"
#include "tree.h"
#include "worker.h"

/* A ROM is read by small pieces, over a slow bus. */
#define DEADLINE_MS 20000

/* Why its ROM cannot be read without disturbing somebody; NULL: it can. */
static const char *obstacle(const struct gs_doctor *doctor, const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);

	if (!doctor->rom)
		return "it is not read; --rom reads it";
	if (display->facts.bars_known && !display->facts.rom_size)
		return "the card has no ROM of its own";
	if (doctor->engine->foreign_root)
		return NULL;
	if (doctor->host->interrupted)
		return "a switch was interrupted: gpushift recover first";
	if (doctor->hung)
		return "another card's ROM does not come back";
	if (card->mode == GS_MODE_QUARANTINED)
		return "the card is quarantined";
	if (display->driver && !gs_driver_is_vfio(display->driver))
		return "a driver of the host is bound; it can be read of a card without one";
	if (card->n_holders || card->holders_unreadable || card->n_vgpus)
		return "somebody uses the card, or may do so";
	if (display->facts.power.state != GPUSHIFT_POWER_STATE_D0)
		return "the card sleeps, or its power state is not known";
	return NULL;
}

/*
 * The worker hangs in the kernel. From now on the card is left alone, and the
 * lock, which the worker keeps, is opened up for the others.
 */
static void leave_alone(struct gs_doctor *doctor, const char *address, int pid)
{
	gs_cleanup_free char *reason = NULL;
	struct gs_process stuck;
	int r;

	doctor->hung = true;
	if (gs_process_of(doctor->engine, pid, &stuck) < 0)
		stuck = (struct gs_process){ .pid = pid };
	reason = gs_asprintf("process %d hangs in the kernel: its ROM was read for the doctor; a "
			     "reboot is needed",
			     pid);
	r = reason ? gs_quarantine_store(doctor->engine, address, reason, &stuck, NULL, 0) : -ENOMEM;
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, "reading it does not come back: process %d hangs in the kernel", pid);
	if (r < 0)
		gs_see(doctor, "the card cannot be quarantined: %s; no card can be switched",
		       strerror(-r));
	else if (doctor->lock)
		gs_lock_open_up(doctor->lock);
	gs_advise(doctor, "reboot; an orderly one may hang: then `sync`, and "
			  "`echo b >/proc/sysrq-trigger` or a power cycle");
}

static int start_worker(struct gs_doctor *doctor, const char *address, struct gs_worker **ret)
{
	int r = gs_worker_start(doctor->engine, doctor->lock, ret);

	/* So that the card is known, should this process be killed while the worker hangs. */
	if (r == 0 && doctor->lock)
		(void)!gs_lock_name_worker(doctor->engine, doctor->lock, gs_worker_pid(*ret),
					   address);
	return r;
}

static int read_from_device(struct gs_doctor *doctor, const struct gs_function *display,
			    struct gs_rom *ret)
{
	char answer[GS_JOB_TEXT], path[GS_PATH_MAX];
	struct gs_worker *worker;
	int r;

	r = gs_path(path, "sys/bus/pci/devices/%s/rom", display->text);
	if (r == 0)
		r = start_worker(doctor, display->text, &worker);
	if (r < 0)
		return r;
	r = gs_worker_do(worker, GS_JOB_READ_ROM, path,
			 doctor->engine->foreign_root ? "as it is" : NULL, DEADLINE_MS, answer);
	if (gs_worker_stuck(worker))
		leave_alone(doctor, display->text, gs_worker_stuck(worker));
	gs_worker_stop(worker);
	return r < 0 ? r : gs_rom_scan(answer, ret);
}

static void judge(struct gs_doctor *doctor, const struct gs_rom *rom)
{
	bool suits = doctor->cpu.vendor == GS_CPU_OTHER || rom->efi_machine == GS_ROM_X64;

	gs_see(doctor, "its ROM has %u images, for %04x:%04x", rom->images, rom->vendor, rom->device);
	if (rom->efi)
		gs_see(doctor, "one of them is an EFI driver, for machine %04x", rom->efi_machine);
	else
		gs_see(doctor, "none of them is an EFI driver%s",
		       rom->legacy ? ", one is for a BIOS" : "");
	gs_judge(doctor, rom->efi && suits ? GS_FINE : GS_PROBLEM);
	if (!rom->efi || !suits)
		gs_advise(doctor, "update the card's firmware (GOP) by its vendor's tool, or give the "
				  "guest a BIOS (SeaBIOS) instead of UEFI");
}

static void examine(struct gs_doctor *doctor, const struct gs_card *card)
{
	const char *why = obstacle(doctor, card);
	struct gs_rom rom;
	int r;

	gs_find(doctor, card, GS_CANNOT_TELL);
	if (why) {
		gs_see(doctor, "%s", why);
		return;
	}
	r = read_from_device(doctor, gs_card_display(card), &rom);
	if (r == 0)
		judge(doctor, &rom);
	else if (r == -EBADMSG)
		gs_see(doctor, "what was read is no ROM");
	else if (!doctor->hung)
		gs_see(doctor, "it cannot be read: %s", strerror(-r));
}

void gs_exam_roms(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_cards; i++)
		examine(doctor, &doctor->host->cards[i]);
}
