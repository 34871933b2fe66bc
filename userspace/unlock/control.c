// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - a row for each command and size that is known. What is in no
 * row passes through.
 */
#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "apply.h"
#include "driver.h"
#include "layouts.h"
#include "log.h"
#include "settings.h"
#include "vm.h"
#include "watched.h"

#define CONFIG_PATH "/etc/vgpu_unlock/config.toml"
#define OVERRIDES_PATH "/etc/vgpu_unlock/profile_override.toml"
#define OVERRIDES_VARIABLE "VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH"
#define CONFIG_VARIABLE "GPUSHIFT_UNLOCK_CONFIG_PATH"

static struct unlock_watched settings_file = { .kind = &unlock_kind_settings, .path = CONFIG_PATH };
static struct unlock_watched overrides_file = {
	.kind = &unlock_kind_overrides,
	.path = OVERRIDES_PATH,
};

/* Nothing: for a configuration that is there and cannot be trusted. */
static const struct unlock_settings no_settings;

void unlock_control_begin(void)
{
	const char *path = secure_getenv(OVERRIDES_VARIABLE);
	const void *content;

	if (path)
		overrides_file.path = path;
	path = secure_getenv(CONFIG_VARIABLE);
	if (path)
		settings_file.path = path;
	unlock_use(&settings_file, &content);
	unlock_done();
	unlock_use(&overrides_file, &content);
	unlock_done();
}

/* To be followed by unlock_done(). */
static const struct unlock_settings *use_settings(void)
{
	const void *content;
	enum unlock_state state = unlock_use(&settings_file, &content);

	if (content)
		return content;
	return state == UNLOCK_ABSENT ? &unlock_default_settings : &no_settings;
}

/* --- one answer each --- */

static void show_as_other_card(const struct unlock_settings *settings, unsigned char *params)
{
	struct unlock_ids ids;
	uint16_t device, subsystem;

	memcpy(&device, params + 2, sizeof(device));
	if (!settings->unlock || !unlock_settings_ids(settings, device, &ids))
		return;
	memcpy(params + 2, &ids.device, sizeof(ids.device));
	if (ids.subsystem == UNLOCK_KEEP)
		return;
	subsystem = (uint16_t)ids.subsystem;
	memcpy(params + 6, &subsystem, sizeof(subsystem));
}

static void show_as_vgpu_host(const struct unlock_settings *settings, unsigned char *params)
{
	uint32_t mode = RM_VIRTUALIZATION_HOST;

	if (settings->unlock)
		memcpy(params, &mode, sizeof(mode));
}

static void show_migration(const struct unlock_settings *settings, unsigned char *params)
{
	if (settings->unlock_migration)
		params[0] = 1;
}

static void remember_vm(const struct unlock_settings *settings, unsigned char *params)
{
	(void)settings;
	unlock_vm_set(params);
}

/* What is said of a call of this size; 0 is for whole commands. */
enum { ANY_STATUS = 1, ONLY_OK = 0 };

static const struct answer {
	uint32_t cmd;
	uint32_t size;
	int status;
	void (*change)(const struct unlock_settings *settings, unsigned char *params);
} answers[] = {
	{ RM_BUS_GET_PCI_INFO, 16, ANY_STATUS, show_as_other_card },
	{ RM_GPU_GET_VIRTUALIZATION_MODE, 4, ANY_STATUS, show_as_vgpu_host },
	{ RM_GPU_GET_VIRTUALIZATION_MODE, 8, ANY_STATUS, show_as_vgpu_host },
	{ (uint32_t)RM_A081_GET_MIGRATION_CAP, 1, ANY_STATUS, show_migration },
	{ RM_VGPU_GET_START_DATA, 0x420, ONLY_OK, remember_vm },
	{ RM_VGPU_CREATE_DEVICE, 0x20, ONLY_OK, remember_vm },
	{ RM_VGPU_CREATE_DEVICE, 0x28, ONLY_OK, remember_vm },
};

/* Larger than any answer that is changed whatever the status. */
#define PROBE_MAX 16

/*
 * A call that failed may have been given an address that is none: only the
 * kernel can look there without harm.
 */
static void change_probed(const struct answer *answer, const struct unlock_settings *settings,
			  uint64_t params)
{
	unsigned char bytes[PROBE_MAX];
	struct iovec here = { bytes, answer->size };
	struct iovec there = { (void *)(uintptr_t)params, answer->size };

	if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != (ssize_t)answer->size)
		return;
	answer->change(settings, bytes);
	(void)!process_vm_writev(getpid(), &here, 1, &there, 1, 0);
}

static void change_answer(const struct answer *answer, const struct rm_control *control)
{
	const struct unlock_settings *settings = use_settings();

	if (control->status == RM_OK)
		answer->change(settings, (void *)(uintptr_t)control->params);
	else if (answer->status == ANY_STATUS)
		change_probed(answer, settings, control->params);
	unlock_done();
}

/* --- vGPU types --- */

static void tell_too_long(const struct unlock_layout *layout, uint32_t keys, uint64_t type)
{
	for (; keys; keys &= keys - 1) {
		int key = __builtin_ctz(keys);

		unlock_log_once(1ull << 63 | (uint64_t)layout->size << 40 | type << 8 | (uint64_t)key,
				LOG_ERR, "'%s' for nvidia-%llu is longer than drivers %s take; left as it is",
				unlock_keys[key].name, (unsigned long long)type, layout->branches);
	}
}

static void apply_one(const struct unlock_layout *layout, unsigned char *info,
		      const struct unlock_overrides *overrides, const struct unlock_id *id,
		      uint32_t type)
{
	const struct unlock_override *override = unlock_overrides_find(overrides, id);

	if (override)
		tell_too_long(layout, unlock_apply(layout, info, override), type);
}

/* The more it says of whom it is for, the later it comes. */
static void apply_all(const struct unlock_layout *layout, unsigned char *info,
		      const struct unlock_overrides *overrides)
{
	struct unlock_id profile = { .scope = UNLOCK_OF_PROFILE };
	struct unlock_id mdev = { .scope = UNLOCK_OF_MDEV };
	struct unlock_id vm = { .scope = UNLOCK_OF_VM };
	uint32_t type;

	memcpy(&type, info + layout->offsets->at[UNLOCK_GPU_TYPE], sizeof(type));
	profile.number = type;
	apply_one(layout, info, overrides, &profile, type);
	if (!unlock_vm_get(&mdev.uuid))
		return;
	apply_one(layout, info, overrides, &mdev, type);
	if (unlock_uuid_vm(&mdev.uuid, &vm.number))
		apply_one(layout, info, overrides, &vm, type);
}

static void change_type(const struct rm_control *control)
{
	unsigned char *params = (void *)(uintptr_t)control->params;
	const struct unlock_layout *layout;
	const void *overrides;
	unsigned int branch = 0;

	if (unlock_layout_is_ambiguous(control->cmd, control->params_size))
		branch = unlock_driver_branch();
	layout = unlock_layout_find(control->cmd, control->params_size, branch);
	if (!layout)
		return;
	unlock_use(&overrides_file, &overrides);
	if (overrides)
		apply_all(layout, params + layout->info, overrides);
	unlock_done();
}

/* --- all of it --- */

/* Is the command one that is watched, and the size one that is not known? */
static void tell_unknown_size(const struct rm_control *control)
{
	bool watched = control->cmd == (uint32_t)RM_A081_GET_VGPU_TYPE_INFO ||
		       control->cmd == (uint32_t)RM_A082_GET_VGPU_TYPE_INFO;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		watched = watched || answers[i].cmd == control->cmd;
	if (watched)
		unlock_log_once((uint64_t)control->cmd << 32 | control->params_size, LOG_WARNING,
				"call %08x with %u bytes is not known: it passes through as it is",
				control->cmd, control->params_size);
}

static bool is_type_query(const struct rm_control *control)
{
	return unlock_layout_find(control->cmd, control->params_size, 0) != NULL;
}

/* What daemons take for a failure of the card. */
static void change_status(struct rm_control *control)
{
	if (control->status == RM_OK)
		return;
	if (control->cmd == (uint32_t)RM_A082_0104 || control->cmd == (uint32_t)RM_GET_ZBC_CLEAR_TABLE)
		control->status = RM_OK;
	else if (control->cmd == RM_GPU_GET_INFOROM_OBJECT_VERSION &&
		 control->status == RM_NOT_SUPPORTED)
		control->status = RM_OBJECT_NOT_FOUND;
	else
		unlock_log_once(1ull << 62 | (uint64_t)control->cmd << 16 | (control->status & 0xffff),
				LOG_INFO, "call %08x failed with status 0x%x", control->cmd,
				control->status);
}

void unlock_control(struct rm_control *control)
{
	/* The caller asks again until it is answered. */
	if (control->status == RM_BUSY_RETRY)
		return;
	if (is_type_query(control)) {
		if (control->status == RM_OK && control->params)
			change_type(control);
	} else {
		const struct answer *found = NULL;

		for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
			if (answers[i].cmd == control->cmd &&
			    answers[i].size == control->params_size)
				found = &answers[i];
		if (found && control->params)
			change_answer(found, control);
		else if (!found)
			tell_unknown_size(control);
	}
	change_status(control);
}
