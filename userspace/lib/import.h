/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import.h - set-ups that bind cards at boot without gpushift, and what they come to as wishes.
 *
 * Lists of ids for vfio-pci and blacklists in modprobe.d and on the kernel's command
 * line, and what driverctl stores. They are read, never changed: their owner is told.
 */
#ifndef GS_IMPORT_H
#define GS_IMPORT_H

#include "engine.h"
#include "model.h"
#include "wish.h"

#define GS_ANY_ID UINT32_MAX

/* "10de:2204", or longer, as vfio-pci takes it. */
struct gs_binding_id {
	uint32_t vendor, device, subvendor, subdevice;
	uint32_t class, class_mask;
};

enum gs_binding_kind {
	GS_BINDING_IDS,	     /* vfio-pci takes what has these ids */
	GS_BINDING_BLACKLIST, /* a driver is not loaded for its devices */
	GS_BINDING_OVERRIDE,  /* driverctl: one function, one driver */
};

/* One line of somebody's set-up. */
struct gs_binding {
	enum gs_binding_kind kind;
	char *where;  /* "/etc/modprobe.d/vfio.conf:2" */
	char *text;   /* the line */
	char *driver; /* blacklisted, or bound by driverctl; NULL for ids */
	struct gs_binding_id *ids;
	size_t n_ids;
	struct gs_address address; /* of driverctl */
};

struct gs_bindings {
	struct gs_binding *list;
	size_t count;
};

/* gs_bindings_read - all of them; what cannot be read is not there */
int gs_bindings_read(struct gs_engine *engine, struct gs_bindings *ret) gs_must_check;
void gs_bindings_clear(struct gs_bindings *bindings);

/* Parsers of texts that others wrote: what they do not understand is passed over. */
int gs_bindings_modprobe(struct gs_bindings *bindings, const char *file,
			const char *text) gs_must_check;
int gs_bindings_cmdline(struct gs_bindings *bindings, const char *text) gs_must_check;
int gs_bindings_driverctl(struct gs_bindings *bindings, const char *name,
			 const char *text) gs_must_check;

/* gs_binding_takes - does this line decide about the function? */
bool gs_binding_takes(const struct gs_binding *line, const struct gs_function *function);

/* gs_binding_is_driver - is it about this driver, or the module of that name? */
bool gs_binding_is_driver(const struct gs_binding *line, const char *driver);

enum gs_import_state {
	GS_IMPORT_NEW,	   /* can become a wish */
	GS_IMPORT_THERE,   /* is one already */
	GS_IMPORT_OTHER,   /* the card has another wish, which stays */
	GS_IMPORT_NOT_NOW, /* the card is in another mode: nothing was verified */
};

/* What the lines say of one card. */
struct gs_import {
	const struct gs_card *card;
	struct gs_want want; /* mode, and who goes along */
	char *driver;	     /* what want.driver points to */
	char **from;	     /* the lines' places */
	char **also;	     /* addresses of other cards that the same ids take */
	enum gs_import_state state;
	enum gs_mode wished; /* for GS_IMPORT_OTHER */
	bool stored;
};

struct gs_imports {
	struct gs_import *list;
	size_t count;
};

/* gs_imports_make - what @bindings come to on @host; nothing is written */
int gs_imports_make(struct gs_engine *engine, const struct gs_host *host,
		    const struct gs_bindings *bindings, struct gs_imports *ret) gs_must_check;
void gs_imports_clear(struct gs_imports *imports);

/*
 * gs_binding_matters - does the line decide about a card, or keep a driver of cards away?
 * gs_binding_fix - how its owner takes it away; NULL: no memory
 * @rebuild: what makes the initramfs anew; NULL: nothing is known
 */
bool gs_binding_matters(const struct gs_binding *line, const struct gs_host *host);
char *gs_binding_fix(const struct gs_binding *line, const char *rebuild) gs_must_check;

/* gs_import_store - make it a wish; only for GS_IMPORT_NEW */
int gs_import_store(struct gs_engine *engine, const struct gs_host *host,
		    struct gs_import *import) gs_must_check;

#endif
