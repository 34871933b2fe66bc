/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vgpu_params.h - parameters of a vGPU, as text: "frame_rate_limiter=0,disable_vnc=1"
 *
 * NVIDIA's driver has them in a file "nvidia/vgpu_params" of each vGPU, a mediated device or a VF; they
 * count from the next start of its VM on. Who asks for a profile may ask for parameters with it:
 * "nvidia-46,frame_rate_limiter=0". NULL stands for parameters of which nothing is said, "" for none.
 */
#ifndef GS_VGPU_PARAMS_H
#define GS_VGPU_PARAMS_H

#include "base.h"

#define GS_PARAMS_FILE "nvidia/vgpu_params"
/* What is written to have none. */
#define GS_NO_PARAMS " "
/* Longest text of them, without the final NUL. */
#define GS_PARAMS_MAX 512

/* gs_profile_split - "TYPE" or "TYPE,PARAMS"; both allocated, the parameters as they are written */
int gs_profile_split(const char *text, char **ret_type, char **ret_params) gs_must_check;

/*
 * gs_profile_join - what gs_profile_split() and gs_params_read() take for this type and these parameters
 * Those that are not known are marked as wanted all the same. NULL: no memory.
 */
char *gs_profile_join(const char *type, const char *params) gs_must_check;

/*
 * gs_params_read - what somebody asks for: KEY=VALUE[,KEY=VALUE]..., or "none"
 *
 * A key must be known and its value have that key's form, unless a + stands before it. @ret is what the
 * driver takes. -EINVAL: @ret_problem says what is wrong, an allocated sentence.
 */
int gs_params_read(const char *text, char **ret, char **ret_problem) gs_must_check;

/*
 * The same for plain VFs of Intel's xe: each is a file, sriov_admin/vfN/profile/KEY of the card.
 * What is not known is never written.
 */
#define GS_VF_PARAMS_KNOWN 4
#define GS_VF_PARAM_VALUE 24
int gs_vf_params_read(const char *text, char **ret, char **ret_problem) gs_must_check;
/* gs_vf_param_key - the one with this number, from 0; NULL: there are no more */
const char *gs_vf_param_key(unsigned int number);
/* gs_vf_param_value - what @text says of it; false: nothing */
bool gs_vf_param_value(const char *text, unsigned int number, char ret[GS_VF_PARAM_VALUE]);

/* gs_params_are - do they have the form that gs_params_read() gives? For what comes from files. */
bool gs_params_are(const char *text);

/* gs_params_equal - in whatever order, with whatever blanks */
bool gs_params_equal(const char *a, const char *b);

/* gs_params_of_type - has its driver parameters? Told by the id of a vGPU type. */
bool gs_params_of_type(const char *id);

/* gs_params_read_all - what the vGPUs of @host have now */
struct gs_engine;
struct gs_host;
int gs_params_read_all(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/* gs_params_trim - cuts blanks off both ends of @text, which is changed */
char *gs_params_trim(char *text);

#endif
