/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - /etc/gpushift/gpushift.conf, then gpushift.conf.d/ *.conf by name.
 *
 *	[gpushift]
 *	timeout = 30			seconds that each write to the kernel may take
 *	quiesce = a.service b.service	units to stop before a card moves, and to start after it
 *
 *	[card render]			an alias of the card, for every <card> of the command line
 *	address = 0000:01:00.0
 *	driver = nvidia			what it goes back to on the way to host and vgpu
 *	quiesce = c.service		in addition, for this card
 *
 * A later file wins; a list grows, and an empty value empties it. A section or
 * key that is not known, one that is given twice in a file, and a value that
 * cannot be right are errors with file and line. A file is read only if it and
 * its folder belong to root and nobody else can write them.
 *
 * How it reaches the rest: gs_engine_configure() gives an engine its
 * configuration, and every inventory that is read from then on carries it in
 * struct gs_card (alias, host_driver, quiesce), so that the planner sees only
 * the model. A daemon calls it again to reload: what was configured stays
 * where the new files are wrong.
 */
#ifndef GS_CONFIG_H
#define GS_CONFIG_H

#include "address.h"
#include "engine.h"
#include "model.h"

#define GS_CONFIG_PATH "etc/gpushift/gpushift.conf"
#define GS_CONFIG_FOLDER "etc/gpushift/gpushift.conf.d"

/* One [card NAME]. */
struct gs_card_config {
	char *name;
	bool addressed; /* always, once the whole configuration was read */
	struct gs_address address;
	char *driver;	/* NULL: not said */
	char **quiesce; /* without those for all cards */
	char *where;	/* "/etc/gpushift/gpushift.conf:3", where it is first named */
};

struct gs_configuration {
	unsigned int timeout_ms; /* 0: not said */
	char **quiesce;		 /* units to stop for any card */
	struct gs_card_config *cards;
	size_t n_cards;
};

struct gs_config_error {
	char *message; /* "/etc/gpushift/gpushift.conf:7: ..." */
	char *fix;     /* a command; NULL: none is known */
};

/*
 * gs_configuration_read - read all files; none at all is an empty configuration
 *
 * Returns 0; -EINVAL with @error for what is wrong in them, or insecure;
 * -EACCES when the caller may not read them; -ENOMEM; or -errno. Only with
 * -EINVAL is there something in @error.
 */
int gs_configuration_read(struct gs_engine *engine, struct gs_configuration **ret,
			  struct gs_config_error *error) gs_must_check;
void gs_configuration_free(struct gs_configuration *configuration);
void gs_config_error_clear(struct gs_config_error *error);

/*
 * gs_engine_configure - read the configuration anew, and keep it in the engine
 * Returns as gs_configuration_read(); after a failure the engine keeps what it had.
 */
int gs_engine_configure(struct gs_engine *engine, struct gs_config_error *error) gs_must_check;

/* Both give NULL when there is none. */
const struct gs_card_config *gs_configuration_card(const struct gs_configuration *configuration,
						   const struct gs_address *address);
const struct gs_card_config *gs_configuration_alias(const struct gs_configuration *configuration,
						    const char *name);

/* gs_configure_card - what is configured about @card, copied into it; 0 or -ENOMEM */
int gs_configure_card(const struct gs_configuration *configuration,
		      struct gs_card *card) gs_must_check;

/* One file's text, for gs_configuration_read() and the fuzzer; config_parse.c */
int gs_configuration_parse(struct gs_configuration *configuration, const char *file,
			   const char *text, size_t length,
			   struct gs_config_error *error) gs_must_check;

/* gs_configuration_check - what can only be judged once all files were read */
int gs_configuration_check(const struct gs_configuration *configuration,
			   struct gs_config_error *error) gs_must_check;

/* gs_config_is_unit - can this be the name of a systemd unit that is stopped and started? */
bool gs_config_is_unit(const char *text);
/* gs_config_is_driver - can this be the name of a driver? */
bool gs_config_is_driver(const char *text);

#endif
