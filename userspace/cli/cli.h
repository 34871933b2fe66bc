/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - one run of the command line: the verb, its options, its arguments.
 *
 * main.c parses (options.c) what the one table of verbs (verbs.c) allows, and
 * calls the verb. A verb is one file, uses the engine and the helpers of this
 * folder, and never another verb. It prints its result and returns the exit
 * status.
 */
#ifndef CLI_H
#define CLI_H

#include "claim.h"
#include "engine.h"
#include "execute.h"
#include "export.h"
#include "plan.h"

/* What an argument or the value of an option is; the shells complete by it. */
enum cli_kind {
	CLI_NOTHING, /* no argument; an option without a value */
	CLI_CARD,
	CLI_PARENT, /* a card, or any other device that can be split */
	CLI_MODE,
	CLI_VERB,
	CLI_VGPU,
	CLI_TARGET, /* a card or a vGPU */
	CLI_TYPE,
	CLI_DRIVER,
	CLI_FUNCTION,
	CLI_FOLDER,
	CLI_FILE,
	CLI_FORMAT, /* of an export */
	CLI_POLICY, /* of a claim */
	CLI_CLAIM,
	CLI_CHECK, /* of the doctor */
	CLI_WORD, /* cannot be completed */
};

enum cli_option_id {
	/* Global: before or after any verb. */
	CLI_OPT_DIRECT,
	CLI_OPT_JSON,
	CLI_OPT_QUIET,
	CLI_OPT_VERBOSE,
	CLI_OPT_NO_COLOR,
	CLI_OPT_ROOT,
	CLI_OPT_VERSION,
	CLI_OPT_HELP,
	CLI_OPT_GLOBALS,
	/* Of some verbs. */
	CLI_OPT_ALL = CLI_OPT_GLOBALS,
	CLI_OPT_PROFILE,
	CLI_OPT_PARAMS,
	CLI_OPT_COUNT,
	CLI_OPT_DRIVER,
	CLI_OPT_WITH,
	CLI_OPT_UUID,
	CLI_OPT_FORCE,
	CLI_OPT_PERSIST,
	CLI_OPT_TIMEOUT,
	CLI_OPT_WISHES,
	CLI_OPT_DEADLINE,
	CLI_OPT_METHOD,
	CLI_OPT_ROUNDS,
	CLI_OPT_FORMAT,
	CLI_OPT_APPLY,
	CLI_OPT_HOOKS,
	CLI_OPT_NVIDIA_SMI,
	CLI_OPT_REPORT,
	CLI_OPT_ROM,
	CLI_OPT_CARD,
	CLI_OPT_FRAMEBUFFER,
	CLI_OPT_VF,
	CLI_OPT_ON,
	CLI_OPT_POLICY,
	CLI_OPT_VM,
	CLI_OPT_ENDED,
	CLI_OPT_MAX,
};

#define CLI_BIT(id) (1ull << (id))
#define CLI_GLOBALS (CLI_BIT(CLI_OPT_GLOBALS) - 1)

struct cli_option {
	const char *name;
	const char *value; /* what the value is called; NULL: takes none */
	enum cli_kind kind;
	const char *help;
};

/* Every option that any verb has; verbs.c */
extern const struct cli_option cli_options[CLI_OPT_MAX];

struct cli;

enum cli_verb_flags {
	CLI_WRITES = 1 << 0,	/* changes devices: needs root, and never in another tree */
	CLI_NO_ENGINE = 1 << 1, /* looks at no host */
	CLI_HIDDEN = 1 << 2,	/* for the shells, not for people */
	CLI_BY_DAEMON = 1 << 4,	 /* done by the daemon, where it runs */
	CLI_MANY_STEPS = 1 << 5, /* tells of each step only with --verbose */
	CLI_CONFIGURED = 1 << 3, /* a wrong configuration stops it, as it stops what writes */
};

#define CLI_ARGUMENTS 8

struct cli_verb {
	const char *name;     /* two words for the verbs of a group: vgpu, boot */
	const char *synopsis; /* what follows the name */
	const char *summary;
	uint64_t options; /* bits of enum cli_option_id, without the global ones */
	enum cli_kind arguments[CLI_ARGUMENTS];
	int min_arguments;
	unsigned int flags;
	int (*run)(struct cli *cli);
};

/* The table of verbs, the default one first; its end has no name. */
extern const struct cli_verb cli_verbs[];

/* cli_verb_find - @second may be NULL; *@words says how many of the two the name has */
const struct cli_verb *cli_verb_find(const char *first, const char *second, int *words);

/* cli_verb_is_group - is @word the first of two, as in "vgpu list"? */
bool cli_verb_is_group(const char *word);

struct cli {
	const struct cli_verb *verb;
	bool verb_named; /* false: none on the command line, the default one */
	char *arguments[CLI_ARGUMENTS];
	int n_arguments;
	int argc; /* the command line as it was given */
	char **argv;

	bool direct, json, quiet, verbose, no_color, version, help;
	const char *root;
	bool all, force, persist, wishes, apply, rom;
	struct gs_profile_want *profiles; /* their types belong to argv, or to joined */
	char **joined;
	size_t n_profiles;
	unsigned int vfs; /* of --count without a profile */
	char *vf_params;  /* of --params behind it; in @joined; NULL: not given */
	const char *driver;
	const char *method; /* of a reset */
	const char *hooks; /* a checkout of vgpu_unlock */
	bool nvidia_smi;
	const char *report; /* a file */
	struct gs_address *with;
	size_t n_with;
	char uuid[37]; /* "": not given */
	unsigned int timeout_ms;
	uint64_t end_us; /* of --deadline, on the monotonic clock; 0: not given */
	unsigned int rounds; /* of a self-test */
	bool format_given;
	enum gs_export_format format;
	bool whole_card; /* of a claim, and what follows */
	bool ended, vf;
	uint64_t framebuffer; /* in bytes; 0: not given */
	enum gs_claim_policy policy;
	char **on; /* names of cards */
	const char *vm;
	uint64_t patient_until_us; /* how long others' switches are waited for, on the monotonic clock */
	bool keep_going; /* Ctrl-C waits until this is over */
	bool timeout_given; /* by --timeout, which the configuration does not override */

	struct gs_engine *engine;
};

/*
 * cli_parse - read the command line
 * Returns 0, or the exit status when it was wrong and that has been said.
 */
int cli_parse(struct cli *cli, int argc, char **argv) gs_must_check;
void cli_clear(struct cli *cli);

/*
 * cli_main - a whole run of the command line
 * cli_main_job - the same for the daemon, in a child of its: all output goes as records to @fd (job.h)
 * Both return the exit status.
 */
int cli_main(int argc, char **argv);
int cli_main_job(int fd, int argc, char **argv);

/* cli_help - print the help of one verb, or of all with NULL; help.c */
int cli_help(struct cli *cli, const struct cli_verb *verb);
int cli_version(struct cli *cli);

/* What is wrong with the arguments by themselves; 0, or the exit status when that has been said. */
int cli_apply_check(struct cli *cli) gs_must_check;
int cli_claim_check(struct cli *cli) gs_must_check;
int cli_release_check(struct cli *cli) gs_must_check;
int cli_reset_check(struct cli *cli) gs_must_check;
int cli_selftest_check(struct cli *cli) gs_must_check;

/* The verbs, one file each. */
int verb_apply(struct cli *cli);
int verb_assert(struct cli *cli);
int verb_boot_apply(struct cli *cli);
int verb_boot_early(struct cli *cli);
int verb_boot_revert(struct cli *cli);
int verb_boot_show(struct cli *cli);
int verb_claim(struct cli *cli);
int verb_claims(struct cli *cli);
int verb_complete(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_explain(struct cli *cli);
int verb_export(struct cli *cli);
int verb_groups(struct cli *cli);
int verb_help(struct cli *cli);
int verb_hook_libvirt(struct cli *cli);
int verb_hook_proxmox(struct cli *cli);
int verb_import(struct cli *cli);
int verb_list(struct cli *cli);
int verb_monitor(struct cli *cli);
int verb_plan(struct cli *cli);
int verb_profiles(struct cli *cli);
int verb_recover(struct cli *cli);
int verb_release(struct cli *cli);
int verb_reset(struct cli *cli);
int verb_selftest(struct cli *cli);
int verb_set(struct cli *cli);
int verb_show(struct cli *cli);
int verb_unlock_check(struct cli *cli);
int verb_unlock_install(struct cli *cli);
int verb_unlock_remove(struct cli *cli);
int verb_unlock_status(struct cli *cli);
int verb_vgpu_create(struct cli *cli);
int verb_vgpu_list(struct cli *cli);
int verb_vgpu_remove(struct cli *cli);
int verb_vm(struct cli *cli);

#endif
