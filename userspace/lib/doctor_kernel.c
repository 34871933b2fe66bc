// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_kernel.c - modules: VFIO under the names of this kernel, and gpushift's own. */
#include "distribution.h"
#include "doctor.h"
#include "module_index.h"
#include "tree.h"

#define MODULE "gpushift"

static const char *place_name(enum gs_module_place place)
{
	return place == GS_MODULE_BUILT_IN ? "built in" : "a module";
}

/* In the words of the distribution, else in general. */
static void advise_kernel(struct gs_doctor *doctor, const char *release, enum gs_lack lack,
			  const char *general)
{
	gs_cleanup_free char *fix = NULL;
	int r = gs_distribution_fix(doctor->engine, release, lack, &fix);

	if (r == -ENOMEM)
		doctor->failed = r;
	gs_advise(doctor, "%s", r == 0 ? fix : general);
}

void gs_exam_vfio(struct gs_doctor *doctor)
{
	/* The last one was part of the others from 6.2 on. */
	static const char *const names[] = { "vfio", "vfio_iommu_type1", "vfio-pci", "vfio_virqfd" };
	gs_cleanup_free char *release = NULL;
	bool registered = gs_tree_exists(doctor->engine, "sys/bus/pci/drivers/vfio-pci");
	enum gs_module_place found = GS_MODULE_NOWHERE;

	gs_find(doctor, NULL, GS_CANNOT_TELL);
	if (gs_tree_read(doctor->engine, "proc/sys/kernel/osrelease", &release) == 0 &&
	    gs_module_index_there(doctor->engine, release)) {
		for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++) {
			enum gs_module_place place = gs_module_place(doctor->engine, release, names[i]);

			if (place != GS_MODULE_NOWHERE)
				gs_see(doctor, "%s is %s of %s", names[i], place_name(place), release);
			if (strcmp(names[i], "vfio-pci") == 0)
				found = place;
		}
		gs_judge(doctor, found == GS_MODULE_NOWHERE && !registered ? GS_PROBLEM : GS_FINE);
	}
	if (registered) {
		gs_see(doctor, "vfio-pci is registered");
		gs_judge(doctor, GS_FINE);
	} else if (!release || !gs_module_index_there(doctor->engine, release)) {
		gs_see(doctor, "the index of modules cannot be read, and vfio-pci is not registered");
	} else if (found == GS_MODULE_NOWHERE) {
		gs_see(doctor, "%s has no vfio-pci", release);
		advise_kernel(doctor, release, GS_LACK_VFIO, "install a kernel with CONFIG_VFIO_PCI");
	}
}

static void check_loaded(struct gs_doctor *doctor)
{
	gs_cleanup_free char *version = NULL;

	if (gs_tree_read(doctor->engine, "sys/module/" MODULE "/version", &version) < 0) {
		gs_see(doctor, "it is loaded, and tells no version");
		return;
	}
	gs_see(doctor, "version %s is loaded", version);
	if (strcmp(version, GPUSHIFT_VERSION) == 0)
		return;
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, "this command is of version %s", GPUSHIFT_VERSION);
	gs_advise(doctor, "modprobe -r gpushift && modprobe gpushift");
}

void gs_exam_module(struct gs_doctor *doctor)
{
	gs_cleanup_free char *release = NULL;
	char path[GS_PATH_MAX];
	bool source = gs_path(path, "usr/src/gpushift-%s", GPUSHIFT_VERSION) == 0 &&
		      gs_tree_exists(doctor->engine, path);

	gs_find(doctor, NULL, GS_FINE);
	if (gs_tree_exists(doctor->engine, "sys/module/" MODULE)) {
		check_loaded(doctor);
		return;
	}
	gs_see(doctor, "it is not loaded: what only the kernel knows is not shown");
	if (gs_tree_read(doctor->engine, "proc/sys/kernel/osrelease", &release) < 0)
		return;
	if (gs_module_place(doctor->engine, release, MODULE) != GS_MODULE_NOWHERE) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "it was built for %s", release);
		gs_advise(doctor, "modprobe gpushift");
	} else if (source) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "its source is there, and it was not built for %s", release);
		advise_kernel(doctor, release, GS_LACK_HEADERS, "install the headers of this kernel");
		gs_advise(doctor, "dkms autoinstall -k %s", release);
	}
}
