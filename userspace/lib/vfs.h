/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfs.h - the virtual functions of a card: how many there are, and who enabled them.
 *
 * var/lib/gpushift/vfs/ADDRESS.json: of the VFs that gpushift enabled in this
 * boot, how many, and what sriov_drivers_autoprobe was before.
 */
#ifndef GS_VFS_H
#define GS_VFS_H

#include <json-c/json.h>

#include "engine.h"
#include "model.h"
#include "tree.h"

/* gs_vfs_read - autoprobe, and whether the VFs are ours, of each PF that is a card */
void gs_vfs_read(struct gs_engine *engine, struct gs_host *host);

/* gs_sriov_manage - run NVIDIA's tool and wait for it, as gs_vendor_tool() */
int gs_sriov_manage(struct gs_engine *engine, const char *pf, bool on, unsigned int limit_ms,
		    char *answer, size_t size) gs_must_check;

/*
 * gs_vfs_own - note that gpushift enables so many; @vfs->autoprobe is what is to be put back
 * @before: the parameters to be put back, file and value; NULL: none
 */
int gs_vfs_own(struct gs_engine *engine, const char *pf, const struct gs_vfs *vfs,
	       struct json_object *before) gs_must_check;
/* gs_vfs_before - what was noted to be put back; NULL: nothing */
struct json_object *gs_vfs_before(struct gs_engine *engine, const char *pf);
/* gs_vfs_param_path - of a parameter of VF @vf, from 1, below the PF's folder */
int gs_vfs_param_path(char path[GS_PATH_MAX], const char *pf, unsigned int vf,
		      const char *key) gs_must_check;
/* gs_vfs_recorded - what was noted in this boot; count 0 and GS_UNKNOWN: nothing */
struct gs_vfs gs_vfs_recorded(struct gs_engine *engine, const char *pf);
int gs_vfs_disown(struct gs_engine *engine, const char *pf) gs_must_check;

/* gs_vfs_count - how many it shows now, by their links */
unsigned int gs_vfs_count(struct gs_engine *engine, const char *pf);

/* gs_vfs_address - of one of them, from 0; NULL: there is none */
char *gs_vfs_address(struct gs_engine *engine, const char *pf, unsigned int number);

/*
 * The value of the steps that enable and disable: "4 autoprobe=0", without
 * autoprobe where it is left alone; "7 autoprobe=1 sriov-manage" where NVIDIA's
 * tool does it, which enables all or none; with the parameters of the VFs behind autoprobe.
 */
#define GS_SRIOV_MANAGE "usr/lib/nvidia/sriov-manage"
#define GS_VFS_TEXT (48 + GS_VFS_PARAMS)
void gs_vfs_format(const struct gs_vfs *vfs, char text[GS_VFS_TEXT]);
int gs_vfs_parse(const char *text, struct gs_vfs *ret) gs_must_check;

#endif
