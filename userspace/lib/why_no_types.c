// SPDX-License-Identifier: GPL-2.0-or-later
#include "why_no_types.h"

#define NVIDIA 0x10de
#define AMD 0x1002

struct question {
	const struct gs_host *host;
	const struct gs_card *card;
	const struct gs_function *display;
	const struct gs_vgpu_facts *facts;
	struct gs_causes *causes;
};

/* Takes over the texts. */
static void blame(struct question *question, const char *id, char *message, char *fix)
{
	struct gs_causes *causes = question->causes;

	if (!message || gs_grow(&causes->list, causes->count, sizeof(*causes->list)) < 0) {
		causes->failed = -ENOMEM;
		free(message);
		free(fix);
		return;
	}
	causes->list[causes->count++] =
		(struct gs_cause){ .id = id, .message = message, .fix = fix };
}

/* What the last cause was seen by. Takes over the text. */
static void see(struct question *question, char *text)
{
	struct gs_causes *causes = question->causes;

	if (!text || (causes->failed == 0 &&
		      gs_strv_add(&causes->list[causes->count - 1].evidence, text) < 0))
		causes->failed = -ENOMEM;
	free(text);
}

static const char *driver_of(const struct question *question)
{
	return question->display->driver ? question->display->driver : "no driver";
}

static bool is_nvidia(const struct question *question)
{
	return question->display->vendor_id == NVIDIA;
}

/* The driver that could split it is bound: NVIDIA's own, with what its vGPU host driver brings. */
static bool has_host_driver(const struct question *question)
{
	return is_nvidia(question) && gs_streq(question->display->driver, "nvidia") &&
	       question->facts->nvidia_host;
}

static bool is_listed(const struct question *question)
{
	return question->facts->types &&
	       gs_unlock_card_listed(question->facts->types, question->display->device_id);
}

static bool check_quarantine(struct question *question)
{
	if (question->card->mode != GS_MODE_QUARANTINED)
		return false;
	blame(question, "quarantined", strdup("the card is quarantined since a switch went wrong"),
	      gs_asprintf("gpushift set %s host", question->display->text));
	if (question->card->reason)
		see(question, strdup(question->card->reason));
	return true;
}

static bool check_away(struct question *question)
{
	const char *driver = question->display->driver;
	const struct gs_remembered *remembered = question->card->remembered;

	if (driver && !gs_driver_is_vfio(driver))
		return false;
	blame(question, driver ? "away" : "no-driver",
	      driver ? gs_asprintf("the card is on %s, and only its host driver can tell what it "
				   "offers", driver) :
		       strdup("no driver is bound, and only the card's own can tell what it offers"),
	      gs_asprintf("gpushift set %s host", question->display->text));
	see(question, gs_asprintf("%s: %s", question->display->text, driver_of(question)));
	if (is_nvidia(question) && is_listed(question))
		see(question, gs_asprintf("/" GS_UNLOCK_TYPES_PATH " lists its types: gpushift "
					  "profiles %s", question->display->text));
	if (remembered && remembered->parent && remembered->parent->n_types)
		see(question, gs_asprintf("it offered %zu types when it was last a vGPU host: "
					  "gpushift profiles %s",
					  remembered->parent->n_types, question->display->text));
	return true;
}

/* NVIDIA's drivers for guests and plain hosts, and nouveau, split nothing. */
static bool check_flavour(struct question *question)
{
	const char *version = question->facts->nvidia_version;
	bool proprietary = gs_streq(question->display->driver, "nvidia");

	if (!is_nvidia(question) || has_host_driver(question))
		return false;
	blame(question, "driver-flavour",
	      proprietary ? strdup("this NVIDIA driver is not the vGPU host driver") :
			    gs_asprintf("%s splits no cards; only NVIDIA's vGPU host driver does",
					driver_of(question)),
	      strdup("install NVIDIA's vGPU host driver (NVIDIA-Linux-...-vgpu-kvm) in its place"));
	see(question, gs_asprintf("%s is bound to %s%s%s", question->display->text,
				  driver_of(question), proprietary && version ? " " : "",
				  proprietary && version ? version : ""));
	if (proprietary)
		see(question, strdup("/" GS_UNLOCK_TYPES_PATH ", the module nvidia-vgpu-vfio and "
				     "nvidia-vgpud.service are not there"));
	return true;
}

/* NVIDIA's older cards are mdev parents; those with VFs need none where the driver has its own way. */
static bool check_mdev(struct question *question)
{
	if (question->facts->mdev != GS_NO || question->display->sriov_total ||
	    (is_nvidia(question) && !has_host_driver(question)))
		return false;
	blame(question, "no-mdev", strdup("this kernel has no mediated devices"),
	      strdup("boot a kernel with CONFIG_VFIO_MDEV"));
	see(question, gs_asprintf("%s has no module mdev, and /sys/bus/mdev is not there",
				  question->facts->kernel));
	return true;
}

static bool check_iommu(struct question *question)
{
	if (question->host->has_iommu || !question->display->sriov_total)
		return false;
	blame(question, "no-iommu",
	      strdup("the card is split by virtual functions, and without an IOMMU no guest can "
		     "have one"),
	      strdup("gpushift doctor"));
	see(question, strdup("/sys/kernel/iommu_groups is empty"));
	return true;
}

static bool check_unlock_broken(struct question *question)
{
	const struct gs_vgpu_facts *facts = question->facts;

	if (!has_host_driver(question) || !facts->unlock || is_listed(question))
		return false;
	if (facts->unlock_missing) {
		blame(question, "unlock-missing",
		      strdup("the unlock library is to be preloaded, and is not there"),
		      strdup("gpushift unlock status"));
		see(question, gs_asprintf("%s is not there", facts->unlock));
		return true;
	}
	if (facts->manager_there != GS_YES || facts->unlock_loaded != GS_NO)
		return false;
	blame(question, "unlock-not-loaded",
	      strdup("nvidia-vgpu-mgr runs without the unlock library"),
	      strdup("systemctl daemon-reload && systemctl restart nvidia-vgpud nvidia-vgpu-mgr"));
	see(question, gs_asprintf("its memory holds no %s", facts->unlock));
	return true;
}

/* Neither on NVIDIA's list nor unlocked. */
static bool check_unlock(struct question *question)
{
	const struct gs_vgpu_facts *facts = question->facts;

	if (!has_host_driver(question) || !facts->types || is_listed(question) || facts->unlock)
		return false;
	blame(question, "not-listed",
	      strdup("the driver's list of cards lacks this one, and no unlock library is installed"),
	      strdup("gpushift unlock status"));
	see(question, gs_asprintf("/" GS_UNLOCK_TYPES_PATH " has no card 10de:%04x",
				  question->display->device_id));
	see(question, strdup("no drop-in of nvidia-vgpud and nvidia-vgpu-mgr preloads a library"));
	return true;
}

static bool check_services(struct question *question)
{
	const struct gs_vgpu_facts *facts = question->facts;

	if (!has_host_driver(question) || facts->manager_there != GS_NO)
		return false;
	blame(question, "services",
	      strdup("NVIDIA's vGPU services do not run; they tell the driver its types"),
	      strdup("systemctl enable --now nvidia-vgpud nvidia-vgpu-mgr"));
	see(question, strdup("there is no process nvidia-vgpu-mgr"));
	see(question, gs_asprintf("nvidia-vgpud.service %s",
				  facts->vgpud ? facts->vgpud : "neither runs nor is enabled"));
	see(question, gs_asprintf("nvidia-vgpu-mgr.service %s",
				  facts->manager ? facts->manager : "neither runs nor is enabled"));
	return true;
}

static bool check_sriov_missing(struct question *question)
{
	if (!has_host_driver(question) || question->display->sriov_total ||
	    !question->facts->types ||
	    !gs_unlock_card_sriov(question->facts->types, question->display->device_id))
		return false;
	blame(question, "no-sriov",
	      strdup("the driver splits this card by virtual functions, and it has no SR-IOV "
		     "capability"),
	      strdup("switch on SR-IOV in the firmware's setup; on cards with display outputs, switch "
		     "them off with NVIDIA's displaymodeselector"));
	see(question, gs_asprintf("%s has no sriov_totalvfs", question->display->text));
	return true;
}

static bool check_mig(struct question *question)
{
	char *const *instances = question->facts->instances;

	if (!has_host_driver(question) || !instances)
		return false;
	blame(question, "mig",
	      strdup("the card is in MIG mode: only types of the size of a free instance are offered"),
	      gs_asprintf("nvidia-smi mig -i %s -lgi", question->display->text));
	for (; *instances; instances++)
		see(question, gs_asprintf("GPU instance %s is there", *instances));
	return true;
}

/* A type for commands; its name where none is known. */
static const char *any_type(const struct question *question)
{
	const struct gs_remembered *remembered = question->card->remembered;

	return remembered && remembered->parent && remembered->parent->n_types ?
		       remembered->parent->types[0].id :
		       "TYPE";
}

/* VFs that the card's driver did not take. */
static bool check_vfs_elsewhere(struct question *question)
{
	size_t others = 0;

	for (size_t i = 0; i < question->host->n_functions; i++) {
		const struct gs_function *vf = &question->host->functions[i];

		if (!vf->is_vf || gs_streq(vf->driver, question->display->driver) ||
		    !gs_address_equal(&vf->physfn, &question->display->address))
			continue;
		if (!others++)
			blame(question, "vfs-elsewhere",
			      gs_asprintf("virtual functions of the card are not on %s, which offers "
					  "types on its own only", driver_of(question)),
			      gs_asprintf("gpushift set %s vgpu --profile %s",
					  question->display->text, any_type(question)));
		see(question, gs_asprintf("%s: %s", vf->text, vf->driver ? vf->driver : "no driver"));
	}
	return others > 0;
}

static bool check_vfs(struct question *question)
{
	const struct gs_function *display = question->display;

	if (!has_host_driver(question) || !display->sriov_total)
		return false;
	if (display->sriov_enabled)
		return check_vfs_elsewhere(question);
	blame(question, "vfs-off",
	      strdup("types are offered by virtual functions only, and these are off"),
	      gs_asprintf("gpushift set %s vgpu --profile %s", display->text, any_type(question)));
	see(question, gs_asprintf("sriov_numvfs of %s is 0, and can be %u", display->text,
				  display->sriov_total));
	return true;
}

/* The driver was told to allow none. */
static bool check_max_vfs(struct question *question)
{
	const char *driver = driver_of(question);

	if (is_nvidia(question) || !gs_streq(question->facts->max_vfs, "0"))
		return false;
	blame(question, "max-vfs", gs_asprintf("%s is told to have no virtual functions", driver),
	      gs_asprintf("add %s.max_vfs=7 to the kernel's command line, and reboot", driver));
	see(question, gs_asprintf("/sys/module/%s/parameters/max_vfs is 0", driver));
	return true;
}

static bool check_amd(struct question *question)
{
	if (question->display->vendor_id != AMD || !gs_streq(question->display->driver, "amdgpu") ||
	    !question->display->sriov_total)
		return false;
	blame(question, "driver-flavour",
	      strdup("amdgpu enables no virtual functions; AMD's driver gim does"),
	      strdup("install AMD's driver gim, and keep amdgpu off the card"));
	see(question, gs_asprintf("%s is bound to amdgpu", question->display->text));
	return true;
}

/* Split into VFs and nothing more. */
static bool check_plain(struct question *question)
{
	const struct gs_function *display = question->display;

	if (is_nvidia(question) || !display->sriov_total)
		return false;
	blame(question, "plain-vfs",
	      gs_asprintf("the card is split into virtual functions, which have no types: it can "
			  "have %u", display->sriov_total),
	      gs_asprintf("gpushift set %s vgpu --count %u", display->text, display->sriov_total));
	see(question, gs_asprintf("sriov_numvfs of %s is %u", display->text, display->sriov_enabled));
	return true;
}

/* Intel's GVT-g, of Broadwell to Comet Lake. */
static bool check_gvt(struct question *question)
{
	const struct gs_vgpu_facts *facts = question->facts;

	if (!gs_streq(question->display->driver, "i915") || question->display->sriov_total)
		return false;
	if (gs_streq(facts->gvt, "N") || gs_streq(facts->gvt, "0")) {
		blame(question, "gvt-off", strdup("i915 runs without GVT-g (Broadwell to Comet Lake)"),
		      strdup("add i915.enable_gvt=1 to the kernel's command line, and reboot"));
		see(question, strdup("/sys/module/i915/parameters/enable_gvt is off"));
		return true;
	}
	if (!facts->gvt || facts->kvmgt)
		return false;
	blame(question, "gvt-off", strdup("the module of GVT-g is not loaded"),
	      strdup("modprobe kvmgt"));
	see(question, strdup("/sys/module/kvmgt is not there"));
	return true;
}

static void blame_driver(struct question *question)
{
	blame(question, "driver",
	      gs_asprintf("%s offers no types, and nothing here tells why", driver_of(question)),
	      has_host_driver(question) ? strdup("journalctl -kg 'NVRM|nvidia|vgpu'") :
					  strdup("install the vGPU host driver of the card"));
	see(question, gs_asprintf("%s is bound to %s", question->display->text, driver_of(question)));
}

/* The first ones end it: before they are mended nothing more can be told. */
static const struct check {
	bool (*applies)(struct question *question);
	bool last;
} checks[] = {
	{ check_quarantine, true },
	{ check_away, true },
	{ check_flavour, true },
	{ check_iommu, false },
	{ check_mdev, false },
	{ check_unlock, false },
	{ check_unlock_broken, false },
	{ check_services, false },
	{ check_sriov_missing, false },
	{ check_mig, false },
	{ check_vfs, false },
	{ check_max_vfs, false },
	{ check_amd, true },
	{ check_plain, false },
	{ check_gvt, false },
};

int gs_why_no_types(const struct gs_host *host, const struct gs_card *card,
		    const struct gs_vgpu_facts *facts, struct gs_causes *ret)
{
	bool offers = card->parent && card->parent->n_types;
	struct gs_causes causes = { 0 };
	struct question question = { .host = host,
				     .card = card,
				     .display = gs_card_display(card),
				     .facts = facts,
				     .causes = &causes };

	for (size_t i = 0; !offers && i < GS_ARRAY_SIZE(checks); i++)
		if (checks[i].applies(&question) && checks[i].last)
			break;
	if (!causes.count && !offers)
		blame_driver(&question);
	if (causes.failed < 0) {
		gs_causes_clear(&causes);
		return causes.failed;
	}
	*ret = causes;
	return 0;
}

void gs_causes_clear(struct gs_causes *causes)
{
	for (size_t i = 0; i < causes->count; i++) {
		free(causes->list[i].message);
		gs_strv_free(causes->list[i].evidence);
		free(causes->list[i].fix);
	}
	free(causes->list);
	causes->list = NULL;
	causes->count = 0;
}
