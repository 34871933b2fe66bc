// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor.c - the table of checks, and what they find. */
#include "doctor.h"

#include "json_build.h"

/* In the order of the way to a guest: firmware, kernel, software, cards. */
static const struct check {
	const char *id;
	const char *about;
	void (*run)(struct gs_doctor *doctor);
} checks[] = {
	{ "cpu-virtualization", "the CPU runs virtual machines", gs_exam_cpu },
	{ "iommu-firmware", "the firmware offers an IOMMU", gs_exam_iommu_firmware },
	{ "command-line", "the kernel's command line", gs_exam_command_line },
	{ "iommu", "the IOMMU is alive", gs_exam_iommu },
	{ "interrupt-remapping", "guests cannot raise the host's interrupts", gs_exam_interrupts },
	{ "secure-boot", "Secure Boot", gs_exam_secure_boot },
	{ "lockdown", "what the kernel locks", gs_exam_lockdown },
	{ "module-signature", "the signature of gpushift's module", gs_exam_signature },
	{ "vfio-modules", "VFIO on this kernel", gs_exam_vfio },
	{ "kernel-module", "gpushift's own module", gs_exam_module },
	{ "daemon", "gpushiftd", gs_exam_daemon },
	{ "wishes", "modes wished for at boot", gs_exam_wishes },
	{ "early-drivers", "drivers that take a card in the initramfs", gs_exam_initramfs },
	{ "static-binding", "cards bound by modprobe.d or the command line",
	  gs_exam_static_binding },
	{ "gpu-switchers", "other programs that switch GPUs", gs_exam_switchers },
	{ "nvidia-services", "services that keep NVIDIA cards open", gs_exam_nvidia },
	{ "unlock", "vGPU unlock", gs_exam_unlock },
	{ "cards", "cards to give away", gs_exam_cards },
	{ "identical-cards", "cards that ids cannot tell apart", gs_exam_identical },
	{ "group", "what shares the card's IOMMU group", gs_exam_groups },
	{ "reset", "the card can be given away more than once", gs_exam_resets },
	{ "rom", "the card's ROM has a driver for UEFI", gs_exam_roms },
	{ "boot-display", "the firmware's display, console and framebuffer", gs_exam_displays },
	{ "foreign-owner", "others that move the card", gs_exam_owners },
	{ "switches", "switches that did not end well", gs_exam_switches },
};

const char *gs_doctor_id(size_t n)
{
	return n < GS_ARRAY_SIZE(checks) ? checks[n].id : NULL;
}

const char *gs_verdict_name(enum gs_verdict verdict)
{
	static const char *const names[] = { [GS_CANNOT_TELL] = "unknown",
					     [GS_FINE] = "ok",
					     [GS_PROBLEM] = "problem" };

	return names[verdict];
}

static struct gs_finding *last(struct gs_doctor *doctor)
{
	return doctor->n_findings ? &doctor->findings[doctor->n_findings - 1] : NULL;
}

void gs_find(struct gs_doctor *doctor, const struct gs_card *card, enum gs_verdict verdict)
{
	struct gs_finding *finding;

	if (gs_grow(&doctor->findings, doctor->n_findings, sizeof(*finding)) < 0) {
		doctor->failed = -ENOMEM;
		return;
	}
	finding = &doctor->findings[doctor->n_findings++];
	finding->id = doctor->id;
	finding->about = doctor->about;
	finding->verdict = verdict;
	if (!card)
		return;
	finding->card = strdup(gs_card_display(card)->text);
	if (!finding->card)
		doctor->failed = -ENOMEM;
}

static char *gs_printf(1, 0) vformat(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

void gs_see(struct gs_doctor *doctor, const char *format, ...)
{
	gs_cleanup_free char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = vformat(format, arguments);
	va_end(arguments);
	if (!text || !last(doctor) || gs_strv_add(&last(doctor)->evidence, text) < 0)
		doctor->failed = -ENOMEM;
}

void gs_advise(struct gs_doctor *doctor, const char *format, ...)
{
	struct gs_finding *finding = last(doctor);
	va_list arguments;
	char *more, *both;

	va_start(arguments, format);
	more = vformat(format, arguments);
	va_end(arguments);
	if (!more || !finding) {
		free(more);
		doctor->failed = -ENOMEM;
		return;
	}
	if (!finding->fix) {
		finding->fix = more;
		return;
	}
	both = gs_asprintf("%s; %s", finding->fix, more);
	free(more);
	free(finding->fix);
	finding->fix = both;
	if (!both)
		doctor->failed = -ENOMEM;
}

void gs_judge(struct gs_doctor *doctor, enum gs_verdict verdict)
{
	if (last(doctor))
		last(doctor)->verdict = verdict;
}

void gs_advise_boot(struct gs_doctor *doctor)
{
	const struct gs_boot *boot = doctor->boot;

	if (boot->refusal)
		gs_advise(doctor, "%s", boot->by_hand);
	else if (gs_boot_pending(boot))
		gs_advise(doctor, "gpushift boot apply, then reboot");
	else
		gs_advise(doctor, "reboot: what it lacks is configured already");
}

int gs_doctor_run(struct gs_doctor *doctor, const char *id)
{
	bool found = false;

	gs_cpu_read(doctor->engine, &doctor->cpu);
	for (size_t i = 0; i < GS_ARRAY_SIZE(checks); i++) {
		if (id && !gs_streq(checks[i].id, id))
			continue;
		found = true;
		doctor->id = checks[i].id;
		doctor->about = checks[i].about;
		checks[i].run(doctor);
	}
	return found ? doctor->failed : -ENOENT;
}

void gs_doctor_clear(struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->n_findings; i++) {
		free(doctor->findings[i].card);
		gs_strv_free(doctor->findings[i].evidence);
		free(doctor->findings[i].fix);
	}
	free(doctor->findings);
	doctor->findings = NULL;
	doctor->n_findings = 0;
}

struct json_object *gs_json_findings(const struct gs_doctor *doctor)
{
	struct gs_json document, array;

	gs_json_begin_document(&document);
	gs_json_begin_array(&array);
	for (size_t i = 0; i < doctor->n_findings; i++) {
		const struct gs_finding *finding = &doctor->findings[i];
		struct gs_json json;

		gs_json_begin(&json);
		gs_json_put_string(&json, "id", finding->id);
		gs_json_put_string(&json, "status", gs_verdict_name(finding->verdict));
		gs_json_put_string(&json, "about", finding->about);
		gs_json_put_string(&json, "card", finding->card);
		gs_json_put_strings(&json, "evidence", finding->evidence);
		gs_json_put_string(&json, "fix", finding->fix);
		gs_json_add(&array, gs_json_end(&json));
	}
	gs_json_put(&document, "findings", gs_json_end(&array));
	return gs_json_end(&document);
}
