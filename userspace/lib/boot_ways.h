/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_ways.h - what is to change in the files of each owner of the command line; for boot_owner.c. */
#ifndef GS_BOOT_WAYS_H
#define GS_BOOT_WAYS_H

#include "boot.h"

#define GS_BOOT_DROP_INS "etc/default/grub.d"
#define GS_BOOT_DROP_IN_NAME "50-gpushift.cfg"
#define GS_BOOT_DROP_IN GS_BOOT_DROP_INS "/" GS_BOOT_DROP_IN_NAME
#define GS_BOOT_GRUB "etc/default/grub"
#define GS_BOOT_CMDLINE "etc/kernel/cmdline"

#define GS_BOOT_ENTRY_FOLDERS 3
extern const char *const gs_boot_entry_folders[GS_BOOT_ENTRY_FOLDERS];

/* gs_boot_has_program - is there a program of that name for root? */
bool gs_boot_has_program(struct gs_engine *engine, const char *name);

/* gs_boot_hidden - is it one that only root can look at? */
bool gs_boot_hidden(struct gs_engine *engine, const char *path);

/* gs_boot_join - words parted by blanks; NULL: no memory */
char *gs_boot_join(char *const *words) gs_must_check;

/* Commands are words, several parted by ";" (boot_program.c). */
/* gs_boot_commands_add - append those of @more that are not there yet */
int gs_boot_commands_add(char ***list, char *const *more) gs_must_check;

/* gs_boot_commands_run - each of them, until one fails; those of kernel-install for the kernels of now */
int gs_boot_commands_run(struct gs_engine *engine, const struct gs_boot_host *host,
			 char *const *list) gs_must_check;

/* gs_boot_kernel_install - what makes the entry of each kernel anew; -ENOENT: there is no kernel */
int gs_boot_kernel_install(struct gs_engine *engine, char ***ret) gs_must_check;

/*
 * gs_boot_ask - a program that keeps the command line is asked what it has
 * @ret: gets the command for words that some kernel lacks, and the undo for those that none has
 */
int gs_boot_ask(const struct gs_boot *boot, const struct gs_boot_host *host,
		struct gs_boot_change *ret) gs_must_check;

/* gs_boot_loader - who loaded the kernel, as he told the firmware: "systemd-boot 256"; "" when nobody did */
#define GS_BOOT_LOADER_LEN 64
void gs_boot_loader(struct gs_engine *engine, char ret[GS_BOOT_LOADER_LEN]);

/* gs_boot_find_owner - fills in the owner, and what is to change for boot->words (boot_owner.c) */
int gs_boot_find_owner(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;

/* Each fills in boot->change, or a refusal with what to do by hand; 0 or -ENOMEM. */
int gs_boot_use_rpm_ostree(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_nixos(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_kernelstub(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_use_grubby(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_other_loader(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_hidden(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_two(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_use_kernel_cmdline(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_use_entries(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_use_drop_in(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_use_grub_file(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;
int gs_boot_leave_unknown(struct gs_engine *engine, struct gs_boot *boot) gs_must_check;

#endif
