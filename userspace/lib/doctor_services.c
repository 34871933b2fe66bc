// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_services.c - services that switch cards as well, keep them open, or unlock them. */
#include "doctor.h"
#include "doctor_units.h"
#include "preloads.h"

/* They bind and unbind on their own, by files that say nothing of single cards. */
static const char *const switchers[] = { "supergfxd.service", "optimus-manager.service",
					 "com.system76.PowerDaemon.service",
					 "system76-power.service", "bumblebeed.service" };

void gs_exam_switchers(struct gs_doctor *doctor)
{
	gs_find(doctor, NULL, GS_FINE);
	for (size_t i = 0; i < GS_ARRAY_SIZE(switchers); i++) {
		const char *state = gs_unit_state(doctor->engine, switchers[i]);

		if (!state)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "%s %s, and switches GPUs as well", switchers[i], state);
		gs_advise(doctor, "systemctl disable --now %s", switchers[i]);
	}
	if (!doctor->findings[doctor->n_findings - 1].evidence)
		gs_see(doctor, "none of them runs or is enabled");
}

static const char *const keepers[] = { "nvidia-persistenced.service", "nvidia-powerd.service",
				       "nvidia-dcgm.service", "dcgm.service",
				       "nvidia-fabricmanager.service" };

/* Does every NVIDIA card have it stopped before it moves? Without one there is nothing to stop. */
static bool is_quiesced(const struct gs_host *host, const char *unit, bool *ret_any)
{
	bool all = true;

	*ret_any = false;
	for (size_t i = 0; i < host->n_cards; i++) {
		if (gs_card_display(&host->cards[i])->vendor_id != 0x10de)
			continue;
		*ret_any = true;
		all = all && gs_strv_has(host->cards[i].quiesce, unit);
	}
	return all;
}

void gs_exam_nvidia(struct gs_doctor *doctor)
{
	bool any = false;

	gs_find(doctor, NULL, GS_FINE);
	for (size_t i = 0; i < GS_ARRAY_SIZE(keepers); i++) {
		const char *state = gs_unit_state(doctor->engine, keepers[i]);
		bool quiesced = is_quiesced(doctor->host, keepers[i], &any);

		if (!state || !any)
			continue;
		gs_see(doctor, "%s %s%s", keepers[i], state,
		       quiesced ? ", and is stopped before a card moves" :
				  ", and keeps NVIDIA cards open");
		if (quiesced)
			continue;
		gs_judge(doctor, GS_PROBLEM);
		gs_advise(doctor, "add \"quiesce = %s\" to [gpushift] in /etc/gpushift/gpushift.conf",
			  keepers[i]);
	}
	if (!any)
		gs_see(doctor, "there is no NVIDIA card");
	else if (!doctor->findings[doctor->n_findings - 1].evidence)
		gs_see(doctor, "no service that keeps them open runs or is enabled");
}

static void see_drop_in(void *data, const char *path, const char *library)
{
	struct gs_doctor *doctor = data;

	gs_see(doctor, "/%s preloads %s", path, library);
	if (gs_preload_there(doctor->engine, library))
		return;
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, "%s is not there: the service runs without it", library);
	gs_advise(doctor, "install the library again, or: rm /%s && systemctl daemon-reload", path);
}

void gs_exam_unlock(struct gs_doctor *doctor)
{
	gs_find(doctor, NULL, GS_FINE);
	gs_preloads_tell(doctor->engine, see_drop_in, doctor);
	if (!doctor->findings[doctor->n_findings - 1].evidence)
		gs_see(doctor, "it is not installed");
}
