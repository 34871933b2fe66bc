// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_kernel.c - modules: VFIO under the names of this kernel, and gpushift's own. */
#include "doctor.h"
#include "tree.h"

#define MODULE "gpushift"

/* A list of modules has about one megabyte. */
#define LIST_MAX (16 * 1024 * 1024)

static bool is_same_char(char a, char b)
{
	return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

/* Does the line "kernel/drivers/vfio/pci/vfio-pci.ko.xz: ..." begin with the module's file? */
static bool names_module(const char *line, size_t length, const char *module)
{
	const char *name = line;
	size_t wanted = strlen(module);

	for (size_t i = 0; i < length && line[i] != ':'; i++)
		if (line[i] == '/')
			name = line + i + 1;
	if ((size_t)(line + length - name) < wanted + 3)
		return false;
	for (size_t i = 0; i < wanted; i++)
		if (!is_same_char(name[i], module[i]))
			return false;
	return strncmp(name + wanted, ".ko", 3) == 0;
}

/* Each file lists a module a line. */
static bool is_listed(struct gs_engine *engine, const char *path, const char *module)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read_head(engine, path, LIST_MAX, &text) < 0)
		return false;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (names_module(line, length, module))
			return true;
		line += length + (line[length] != '\0');
	}
	return false;
}

enum place { NOT_THERE, AS_MODULE, BUILT_IN };

static enum place place_of(struct gs_engine *engine, const char *release, const char *module)
{
	static const char *const folders[] = { "lib/modules", "usr/lib/modules" };
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(folders); i++) {
		if (gs_path(path, "%s/%s/modules.builtin", folders[i], release) == 0 &&
		    is_listed(engine, path, module))
			return BUILT_IN;
		if (gs_path(path, "%s/%s/modules.dep", folders[i], release) == 0 &&
		    is_listed(engine, path, module))
			return AS_MODULE;
	}
	return NOT_THERE;
}

static bool has_index(struct gs_engine *engine, const char *release)
{
	char path[GS_PATH_MAX];

	return gs_path(path, "lib/modules/%s/modules.dep", release) == 0 &&
	       gs_tree_exists(engine, path);
}

static const char *place_name(enum place place)
{
	return place == BUILT_IN ? "built in" : "a module";
}

/* The package that Ubuntu and Fedora keep them in is not always installed. */
static void advise_modules(struct gs_doctor *doctor, const char *release)
{
	gs_cleanup_free char *os = NULL;

	if (gs_tree_read(doctor->engine, "etc/os-release", &os) < 0)
		os = NULL;
	if (os && strstr(os, "ID=ubuntu"))
		gs_advise(doctor, "apt install linux-modules-extra-%s", release);
	else if (os && strstr(os, "ID=fedora"))
		gs_advise(doctor, "dnf install kernel-modules-%s", release);
	else
		gs_advise(doctor, "install a kernel with CONFIG_VFIO_PCI");
}

void gs_exam_vfio(struct gs_doctor *doctor)
{
	/* The last one was part of the others from 6.2 on. */
	static const char *const names[] = { "vfio", "vfio_iommu_type1", "vfio-pci", "vfio_virqfd" };
	gs_cleanup_free char *release = NULL;
	bool registered = gs_tree_exists(doctor->engine, "sys/bus/pci/drivers/vfio-pci");
	enum place found = NOT_THERE;

	gs_find(doctor, NULL, GS_CANNOT_TELL);
	if (gs_tree_read(doctor->engine, "proc/sys/kernel/osrelease", &release) == 0 &&
	    has_index(doctor->engine, release)) {
		for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++) {
			enum place place = place_of(doctor->engine, release, names[i]);

			if (place != NOT_THERE)
				gs_see(doctor, "%s is %s of %s", names[i], place_name(place), release);
			if (strcmp(names[i], "vfio-pci") == 0)
				found = place;
		}
		gs_judge(doctor, found == NOT_THERE && !registered ? GS_PROBLEM : GS_FINE);
	}
	if (registered) {
		gs_see(doctor, "vfio-pci is registered");
		gs_judge(doctor, GS_FINE);
	} else if (!release || !has_index(doctor->engine, release)) {
		gs_see(doctor, "the index of modules cannot be read, and vfio-pci is not registered");
	} else if (found == NOT_THERE) {
		gs_see(doctor, "%s has no vfio-pci", release);
		advise_modules(doctor, release);
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
	if (place_of(doctor->engine, release, MODULE) != NOT_THERE) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "it was built for %s", release);
		gs_advise(doctor, "modprobe gpushift");
	} else if (source) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "its source is there, and it was not built for %s", release);
		gs_advise(doctor, "install the headers of %s, then: dkms autoinstall -k %s", release,
			  release);
	}
}
