/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.h - the kernel's command line, changed in the way of whoever owns it.
 *
 * What a host needs on it depends on its CPU. Who owns it is known by files only;
 * where two could, or none is recognized, nothing is changed and a person is told
 * what to do. A change is one of files (GRUB's configuration, /etc/kernel/cmdline,
 * entries of a boot loader), with a program to run after it, or a program alone
 * (grubby, rpm-ostree).
 *
 * The originals are recorded before the first write, in var/lib/gpushift/boot.json,
 * so that a revert gives them back byte for byte whenever the writer was killed.
 */
#ifndef GS_BOOT_H
#define GS_BOOT_H

#include "engine.h"

#define GS_BOOT_RECORD GS_STATE_DIR "/boot.json"

enum gs_boot_way {
	GS_BOOT_BY_HAND, /* not recognized, or not to be changed by us */
	GS_BOOT_GRUB_DROP_IN,
	GS_BOOT_GRUB_FILE,
	GS_BOOT_KERNEL_CMDLINE,
	GS_BOOT_ENTRIES,
	GS_BOOT_PROGRAM,
};

/* One file that is to change; paths are below the root. */
struct gs_boot_file {
	char *path;
	char *before; /* NULL: there is none */
	char *after;  /* NULL: it is to go */
};

/* What is recorded, or is to be done. */
struct gs_boot_change {
	struct gs_boot_file *files;
	size_t n_files;
	char **command; /* to run after the files have changed, several parted by ";"; NULL: none */
	char **undo;	/* to run after they were put back; NULL: none */
	bool finished;	/* the command was run; in another tree nobody did */
	bool same_boot; /* recorded in this one */
	char **words;	/* of which its owner was asked then; NULL: none, or not recorded */
};

struct gs_boot {
	enum gs_boot_way way;
	const char *owner; /* "GRUB"; NULL: not recognized */
	char *known_by;	   /* the file that tells */
	char **words;	   /* what this host needs */
	char **missing;	   /* of them, not on the running kernel's command line */
	struct gs_boot_change change; /* without files and command: all is configured */
	char *refusal; /* why nothing will be changed; NULL: it can be */
	char *by_hand; /* what to do instead; NULL only without a refusal */
	struct gs_boot_change *applied; /* the record; NULL: none */
	bool elsewhere;	  /* in another tree, where no program is run */
	int record_error; /* why there is one that cannot be read: -EBADMSG, -EPROTO; else 0 */
};

/* gs_boot_read - all of it; reading changes nothing. 0 or -errno */
int gs_boot_read(struct gs_engine *engine, struct gs_boot **ret) gs_must_check;
void gs_boot_free(struct gs_boot *boot);
void gs_boot_change_clear(struct gs_boot_change *change);

/* gs_boot_pending - is there anything to apply, or to finish? */
bool gs_boot_pending(const struct gs_boot *boot);

/* gs_boot_asks - would apply ask a program that keeps the command line itself what it lacks? */
bool gs_boot_asks(const struct gs_boot *boot);

/* gs_boot_words - what a host with this CPU and kernel needs; NULL: nothing */
int gs_boot_words(struct gs_engine *engine, char ***ret) gs_must_check;

/* gs_boot_running - is the word on the running kernel's command line? */
bool gs_boot_running(struct gs_engine *engine, const char *word);

/* gs_boot_running_last - is it, and not followed by @contrary (NULL: by no matter what)? */
bool gs_boot_running_last(struct gs_engine *engine, const char *word, const char *contrary);

/*
 * How programs of the host are run. Both return 0 or -errno.
 * Not for another tree: what has to be run there is told by the change.
 */
struct gs_boot_host {
	int (*run)(void *data, char *const *command);
	int (*ask)(void *data, char *const *command, char **ret); /* what it prints (allocated) */
	void *data;
};

/* How far one came that failed. */
enum gs_boot_reach {
	GS_BOOT_NOTHING,	/* all is as it was before */
	GS_BOOT_IN_PART,	/* the record stays, for another try or a revert */
	GS_BOOT_ALL_BUT_RECORD, /* all was done, and that could not be written down */
};

/*
 * gs_boot_apply - make boot->change, recorded first
 * Returns 0; -EIO when the command failed; or -errno. @ret_reach is set when it failed.
 */
int gs_boot_apply(struct gs_engine *engine, const struct gs_boot *boot,
		  const struct gs_boot_host *host, enum gs_boot_reach *ret_reach) gs_must_check;

/*
 * gs_boot_revert - put back what boot->applied recorded; a file that is gone since needs nothing
 * @ret_changed: a file that somebody changed since (allocated); nothing is written then
 * Returns 0, -ESTALE with @ret_changed, -EIO when the command failed, or -errno.
 */
int gs_boot_revert(struct gs_engine *engine, const struct gs_boot *boot,
		   const struct gs_boot_host *host, char **ret_changed,
		   enum gs_boot_reach *ret_reach) gs_must_check;

/*
 * Texts with words added, for the fuzzer too; each char * is allocated.
 * Return 0, -EBADMSG for a text of another form than expected, -ENOMEM. The
 * text that comes back equals the old one when it has all words.
 */
int gs_boot_edit_cmdline(const char *text, char *const *words, char **ret) gs_must_check;
int gs_boot_edit_entry(const char *text, char *const *words, char **ret) gs_must_check;
int gs_boot_edit_grub(const char *text, char *const *words, char **ret) gs_must_check;
/* Whether a word is on the command line by what was read of GRUB's configuration so far. */
struct gs_boot_grub {
	bool always, usually; /* by GRUB_CMDLINE_LINUX, by GRUB_CMDLINE_LINUX_DEFAULT */
};

/* gs_boot_grub_read - one more file: it adds the word, or sets the variable anew without it */
void gs_boot_grub_read(const char *text, const char *word, struct gs_boot_grub *seen);
/* gs_boot_has_word - is it one of the words of @length bytes, which blanks and quotes part? */
bool gs_boot_has_word(const char *text, size_t length, const char *word);
/* gs_boot_grub_drop_in - a whole file; NULL: no memory */
char *gs_boot_grub_drop_in(char *const *words) gs_must_check;

/*
 * Files as they are, byte for byte (boot_files.c). -EBADMSG: not a text that a record can hold.
 * gs_boot_file_read gives NULL for a file that is not there.
 */
int gs_boot_file_read(struct gs_engine *engine, const char *path, char **ret) gs_must_check;

/* gs_boot_change_add - takes over the texts, also on -ENOMEM; path is copied */
int gs_boot_change_add(struct gs_boot_change *change, const char *path, char *before,
		       char *after) gs_must_check;

/* The record (boot_record.c); -ENOENT: none */
int gs_boot_record_read(struct gs_engine *engine, struct gs_boot_change **ret) gs_must_check;
int gs_boot_record_write(struct gs_engine *engine,
			 const struct gs_boot_change *change) gs_must_check;

static inline void gs_boot_freep(struct gs_boot **boot)
{
	gs_boot_free(*boot);
}
#define gs_cleanup_boot __attribute__((cleanup(gs_boot_freep)))

#endif
