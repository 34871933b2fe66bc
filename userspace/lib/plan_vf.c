// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One VF for a VM: onto vfio-pci, and off it again.
 *
 * VFs that gpushift enables have no driver, and libvirt and Proxmox VE are told to leave the driver
 * as it is: somebody has to bind the one that is given away. The card itself does not move.
 */
#include "plan_build.h"

static bool takes_any(const struct gs_planner *planner, const struct gs_function *function)
{
	(void)planner;
	(void)function;
	return true;
}

static struct gs_function *function_of(const struct gs_host *host, const char *address)
{
	struct gs_address parsed;

	return address && gs_address_parse(address, &parsed) == 0 ? gs_host_function(host, &parsed) :
								   NULL;
}

/* Whatever shares its group goes to no VM, and must not be the host's. */
static void check_neighbours(struct gs_planner *planner, const struct gs_function *vf)
{
	char **evidence = NULL;

	for (size_t i = 0; i < planner->host->n_functions; i++) {
		const struct gs_function *other = &planner->host->functions[i];

		if (other != vf && other->iommu_group == vf->iommu_group &&
		    gs_driver_owns_dma(other->driver))
			gs_note_owned(planner, &evidence,
				      gs_asprintf("%s is bound to %s", other->text, other->driver));
	}
	if (evidence)
		gs_planner_refuse(planner, GS_REFUSE_GROUP_NOT_VIABLE, false,
				  gs_asprintf("the host uses what is in the IOMMU group of the VF %s",
					      vf->text),
				  evidence, gs_asprintf("gpushift groups"));
}

static int begin(struct gs_planner *planner, const struct gs_vgpu *vgpu, struct gs_function **ret)
{
	struct gs_function *pf = function_of(planner->host, vgpu->parent);
	struct gs_function *vf = function_of(planner->host, vgpu->address);

	planner->card = pf ? gs_host_card(planner->host, &pf->address) : NULL;
	if (!vf || !planner->card)
		return -ENODEV;
	planner->plan = gs_plan_new(pf->text, planner->card->mode, planner->card->mode);
	if (!planner->plan || gs_grow(&planner->moving, 0, sizeof(*planner->moving)) < 0) {
		gs_plan_free(planner->plan);
		return -ENOMEM;
	}
	planner->plan->identity = gs_function_identity(pf);
	planner->moving[planner->n_moving++] = vf;
	*ret = vf;
	return 0;
}

static int end(struct gs_planner *planner, struct gs_plan **ret)
{
	if (planner->plan->n_blockers)
		gs_plan_clear_steps(planner->plan);
	else
		gs_plan_note_before(planner);
	free(planner->moving);
	if (planner->failed < 0) {
		gs_plan_free(planner->plan);
		return planner->failed;
	}
	*ret = planner->plan;
	return 0;
}

int gs_plan_vf_give(const struct gs_host *host, const struct gs_vgpu *vgpu, struct gs_plan **ret)
{
	static const struct gs_want want = { .mode = GS_MODE_PASSTHROUGH };
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host, .want = &want, .error = &error };
	struct gs_function *vf;
	int r = begin(&planner, vgpu, &vf);

	if (r < 0)
		return r;
	if (!gs_driver_is_vfio(vf->driver)) {
		gs_check_removal(&planner, vgpu);
		gs_check_assignable(&planner);
		check_neighbours(&planner, vf);
		gs_steps_to_passthrough(&planner);
	}
	return end(&planner, ret);
}

/* The override first: nobody else is to take it, but whom its owner has aimed at it. */
static void steps_back(struct gs_planner *planner, const struct gs_function *vf)
{
	const char *driver = vf->driver;

	gs_planner_step(planner, GS_OP_SET_OVERRIDE, vf->text, "", GS_OP_SET_OVERRIDE, vf->text,
			driver);
	gs_steps_fence(planner, takes_any, GS_OP_FENCE);
	gs_planner_step(planner, GS_OP_UNBIND, vf->text, driver, GS_OP_PROBE, vf->text, driver);
	gs_steps_fence(planner, takes_any, GS_OP_UNFENCE);
	gs_planner_step(planner, GS_OP_VERIFY_DRIVER, vf->text, GS_NO_DRIVER, GS_OP_COUNT, NULL,
			NULL);
}

int gs_plan_vf_take_back(const struct gs_host *host, const struct gs_vgpu *vgpu,
			 struct gs_plan **ret)
{
	static const struct gs_want want = { .mode = GS_MODE_HOST, .ends_claim = true };
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host, .want = &want, .error = &error };
	struct gs_function *vf;
	int r = begin(&planner, vgpu, &vf);

	if (r < 0)
		return r;
	if (gs_driver_is_vfio(vf->driver)) {
		gs_check_removal(&planner, vgpu);
		steps_back(&planner, vf);
	}
	return end(&planner, ret);
}
