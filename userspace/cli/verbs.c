// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verbs.c - the tables of options and verbs. Parsing, help, the synopses of
 * the manual pages and the completions of the shells all come from them.
 */
#include "cli.h"

const struct cli_option cli_options[CLI_OPT_MAX] = {
	[CLI_OPT_DIRECT] = {"direct", NULL, CLI_NOTHING,
			    "run the engine in this process, not in the daemon"},
	[CLI_OPT_JSON] = {"json", NULL, CLI_NOTHING,
			  "print one JSON document on standard output, also for errors"},
	[CLI_OPT_QUIET] = {"quiet", NULL, CLI_NOTHING, "no progress and no hints"},
	[CLI_OPT_VERBOSE] = {"verbose", NULL, CLI_NOTHING, "say more about how"},
	[CLI_OPT_NO_COLOR] = {"no-color", NULL, CLI_NOTHING,
			      "no colours; NO_COLOR in the environment does the same"},
	[CLI_OPT_ROOT] = {"root", "DIR", CLI_FOLDER,
			  "look at another tree that holds sys, proc, dev and etc"},
	[CLI_OPT_VERSION] = {"version", NULL, CLI_NOTHING, "print the version"},
	[CLI_OPT_HELP] = {"help", NULL, CLI_NOTHING, "print the help, of the verb if one is given"},
	[CLI_OPT_ALL] = {"all", NULL, CLI_NOTHING, "also PCI functions that are no cards, and vGPUs that are not started"},
	[CLI_OPT_PROFILE] = {"profile", "TYPE", CLI_TYPE,
			     "a vGPU type to make, by its id or exact name"},
	[CLI_OPT_PARAMS] = {"params", "KEY=VALUE[,...]", CLI_WORD,
			    "parameters of the profile before it, or none; +KEY=VALUE for one that is not known"},
	[CLI_OPT_COUNT] = {"count", "N", CLI_WORD, "how many of the profile before it (1); without one, how many VFs"},
	[CLI_OPT_DRIVER] = {"driver", "NAME", CLI_DRIVER,
			    "the driver to bind instead of the one that would be chosen"},
	[CLI_OPT_WITH] = {"with", "ADDR", CLI_FUNCTION,
			  "let this function outside the card move along; may be given again"},
	[CLI_OPT_UUID] = {"uuid", "UUID", CLI_WORD, "the UUID of the new vGPU (random)"},
	[CLI_OPT_FORCE] = {"force", NULL, CLI_NOTHING,
			   "override the refusals that say that it overrides them"},
	[CLI_OPT_PERSIST] = {"persist", NULL, CLI_NOTHING,
			     "let it be so at every boot, once it is verified"},
	[CLI_OPT_TIMEOUT] = {"timeout", "S", CLI_WORD,
			     "seconds that each write to the kernel may take (30)"},
	[CLI_OPT_WISHES] = {"wishes", NULL, CLI_NOTHING, "grant what --persist stored"},
	[CLI_OPT_DEADLINE] = {"deadline", "S", CLI_WORD,
			      "seconds that all of it may take; what is not done then is undone"},
	[CLI_OPT_METHOD] = {"method", "M", CLI_WORD,
			    "how to reset it, instead of what the kernel tries first"},
	[CLI_OPT_ROUNDS] = {"rounds", "N", CLI_WORD, "how many times there and back"},
	[CLI_OPT_FORMAT] = {"format", "F", CLI_FORMAT,
			    "libvirt, qemu, pve, pve-mapping or kubevirt"},
	[CLI_OPT_REPORT] = {"report", "FILE", CLI_FILE,
			    "write what others need to help, without what tells whose host it is"},
	[CLI_OPT_ROM] = {"rom", NULL, CLI_NOTHING,
			 "read the ROM of each card that nobody uses and no driver is bound to"},
	[CLI_OPT_APPLY] = {"apply", NULL, CLI_NOTHING, "store what can be verified as wishes"},
	[CLI_OPT_HOOKS] = {"hooks", "DIR", CLI_FOLDER,
			   "a checkout of vgpu_unlock, to build the driver with its hooks"},
	[CLI_OPT_NVIDIA_SMI] = {"nvidia-smi", NULL, CLI_NOTHING,
				"a wrapper of nvidia-smi, too, for nvidia-smi vgpu"},
	[CLI_OPT_CARD] = {"card", NULL, CLI_NOTHING, "a whole card"},
	[CLI_OPT_VF] = {"vf", NULL, CLI_NOTHING, "a virtual function as it is, of a card that is split into them"},
	[CLI_OPT_FRAMEBUFFER] = {"framebuffer", "SIZE", CLI_WORD,
				 "a vGPU with at least so much memory, like 4G or 512M"},
	[CLI_OPT_ON] = {"on", "CARD", CLI_CARD, "only this card; may be given again"},
	[CLI_OPT_POLICY] = {"policy", "P", CLI_POLICY,
			    "pack: fill a card before the next (the default); spread: the emptiest first"},
	[CLI_OPT_VM] = {"vm", "NAME", CLI_WORD,
			"who it is for: a domain of libvirt, a VMID of Proxmox VE, or any name"},
	[CLI_OPT_ENDED] = {"ended", NULL, CLI_NOTHING, "whatever nobody has any more"},
};

#define WANT_OPTIONS                                                                               \
	(CLI_BIT(CLI_OPT_PROFILE) | CLI_BIT(CLI_OPT_PARAMS) | CLI_BIT(CLI_OPT_COUNT) |             \
	 CLI_BIT(CLI_OPT_DRIVER) | CLI_BIT(CLI_OPT_WITH) | CLI_BIT(CLI_OPT_FORCE))

const struct cli_verb cli_verbs[] = {
	{
		.name = "list",
		.synopsis = "[--all]",
		.summary = "the cards: mode, driver, group, resets, vGPUs, in use by",
		.options = CLI_BIT(CLI_OPT_ALL),
		.run = verb_list,
	},
	{
		.name = "show",
		.synopsis = "<card>",
		.summary = "everything about a card, and what is in the way of each mode",
		.arguments = {CLI_CARD},
		.min_arguments = 1,
		.run = verb_show,
	},
	{
		.name = "explain",
		.synopsis = "<card>",
		.summary = "why a card is not in each mode, or offers no vGPU types",
		.arguments = {CLI_CARD},
		.min_arguments = 1,
		.run = verb_explain,
	},
	{
		.name = "groups",
		.synopsis = "",
		.summary = "every IOMMU group and its devices",
		.run = verb_groups,
	},
	{
		.name = "plan",
		.synopsis = "<card> <mode> [[--profile TYPE] [--params KEY=VALUE[,...]] [--count N]]... "
			    "[--driver NAME] [--with ADDR]... [--force]",
		.summary = "the steps that set would take, and what is in the way",
		.options = WANT_OPTIONS,
		.arguments = {CLI_CARD, CLI_MODE},
		.min_arguments = 2,
		.flags = CLI_CONFIGURED,
		.run = verb_plan,
	},
	{
		.name = "set",
		.synopsis = "<card> <mode> [[--profile TYPE] [--params KEY=VALUE[,...]] [--count N]]... "
			    "[--driver NAME] [--with ADDR]... [--persist] [--force] [--timeout S]",
		.summary = "bring a card to a mode: host, passthrough or vgpu",
		.options = WANT_OPTIONS | CLI_BIT(CLI_OPT_TIMEOUT) | CLI_BIT(CLI_OPT_PERSIST),
		.arguments = {CLI_CARD, CLI_MODE},
		.min_arguments = 2,
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_set,
	},
	{
		.name = "apply",
		.synopsis = "<file> [<profile>] | --wishes [--deadline S] [--timeout S]",
		.summary = "bring all cards to what a file says, or to what is wished for",
		.options = CLI_BIT(CLI_OPT_WISHES) | CLI_BIT(CLI_OPT_DEADLINE) |
			   CLI_BIT(CLI_OPT_TIMEOUT),
		.arguments = {CLI_FILE, CLI_WORD},
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_apply,
	},
	{
		.name = "assert",
		.synopsis = "<file> [<profile>]",
		.summary = "compare the cards with what a file says; changes nothing",
		.arguments = {CLI_FILE, CLI_WORD},
		.min_arguments = 1,
		.flags = CLI_CONFIGURED,
		.run = verb_assert,
	},
	{
		.name = "reset",
		.synopsis = "<card> [--method M] [--timeout S]",
		.summary = "reset a card that nobody uses, and see that it answers",
		.options = CLI_BIT(CLI_OPT_METHOD) | CLI_BIT(CLI_OPT_TIMEOUT),
		.arguments = {CLI_CARD},
		.min_arguments = 1,
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_reset,
	},
	{
		.name = "selftest",
		.synopsis = "<card> --rounds N [--with ADDR]... [--timeout S]",
		.summary = "hand a card over and back, and check it each time",
		.options = CLI_BIT(CLI_OPT_ROUNDS) | CLI_BIT(CLI_OPT_WITH) |
			   CLI_BIT(CLI_OPT_TIMEOUT),
		.arguments = {CLI_CARD},
		.min_arguments = 1,
		.flags = CLI_WRITES | CLI_BY_DAEMON | CLI_MANY_STEPS,
		.run = verb_selftest,
	},
	{
		.name = "recover",
		.synopsis = "[--timeout S]",
		.summary = "finish or undo an interrupted switch",
		.options = CLI_BIT(CLI_OPT_TIMEOUT),
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_recover,
	},
	{
		.name = "profiles",
		.synopsis = "<card>",
		.summary = "the vGPU types of a card, and how many can still be made",
		.arguments = {CLI_PARENT},
		.min_arguments = 1,
		.run = verb_profiles,
	},
	{
		.name = "vgpu list",
		.synopsis = "[--all]",
		.summary = "every vGPU of the host; with --all, those that are defined and not started, too",
		.options = CLI_BIT(CLI_OPT_ALL),
		.run = verb_vgpu_list,
	},
	{
		.name = "vgpu create",
		.synopsis = "<card> --profile TYPE [--params KEY=VALUE[,...]] [--uuid UUID] [--persist]",
		.summary = "make one more vGPU",
		.options = CLI_BIT(CLI_OPT_PROFILE) | CLI_BIT(CLI_OPT_PARAMS) | CLI_BIT(CLI_OPT_UUID) |
			   CLI_BIT(CLI_OPT_PERSIST),
		.arguments = {CLI_PARENT},
		.min_arguments = 1,
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_vgpu_create,
	},
	{
		.name = "vgpu remove",
		.synopsis = "<uuid|address> [--persist]",
		.summary = "take one vGPU away, or the VFs of a card; with --persist, for the next boots, too",
		.options = CLI_BIT(CLI_OPT_PERSIST),
		.arguments = {CLI_VGPU},
		.min_arguments = 1,
		.flags = CLI_WRITES | CLI_BY_DAEMON,
		.run = verb_vgpu_remove,
	},
	{
		.name = "claim",
		.synopsis = "--card | --profile TYPE | --framebuffer SIZE | --vf [--on CARD]... [--policy P] "
			    "[--vm NAME] [--format F] [--deadline S] [--timeout S]",
		.summary = "a card or a vGPU for a VM, wherever there is one",
		.options = CLI_BIT(CLI_OPT_CARD) | CLI_BIT(CLI_OPT_PROFILE) |
			   CLI_BIT(CLI_OPT_FRAMEBUFFER) | CLI_BIT(CLI_OPT_VF) | CLI_BIT(CLI_OPT_ON) |
			   CLI_BIT(CLI_OPT_POLICY) | CLI_BIT(CLI_OPT_VM) | CLI_BIT(CLI_OPT_FORMAT) |
			   CLI_BIT(CLI_OPT_DEADLINE) | CLI_BIT(CLI_OPT_TIMEOUT),
		.flags = CLI_WRITES | CLI_BY_DAEMON | CLI_MANY_STEPS,
		.run = verb_claim,
	},
	{
		.name = "release",
		.synopsis = "<claim>|<uuid>|<address> | --vm NAME | --ended [--deadline S] [--timeout S]",
		.summary = "give back what was claimed",
		.options = CLI_BIT(CLI_OPT_VM) | CLI_BIT(CLI_OPT_ENDED) | CLI_BIT(CLI_OPT_DEADLINE) |
			   CLI_BIT(CLI_OPT_TIMEOUT),
		.arguments = {CLI_CLAIM},
		.flags = CLI_WRITES | CLI_BY_DAEMON | CLI_MANY_STEPS,
		.run = verb_release,
	},
	{
		.name = "claims",
		.synopsis = "",
		.summary = "who has claimed what",
		.run = verb_claims,
	},
	{
		.name = "export",
		.synopsis = "<card>|<uuid>|<address>... --format F",
		.summary = "a card or a vGPU in the words of what runs guests",
		.options = CLI_BIT(CLI_OPT_FORMAT),
		.arguments = {CLI_TARGET, CLI_TARGET, CLI_TARGET, CLI_TARGET, CLI_TARGET, CLI_TARGET,
			      CLI_TARGET, CLI_TARGET},
		.min_arguments = 1,
		.run = verb_export,
	},
	{
		.name = "hook libvirt",
		.synopsis = "<domain> <operation> <suboperation> [<extra>] [--deadline S]",
		.summary = "what a domain of libvirt asks for, when it starts and ends",
		.options = CLI_BIT(CLI_OPT_DEADLINE),
		.arguments = {CLI_WORD, CLI_WORD, CLI_WORD, CLI_WORD},
		.min_arguments = 3,
		.flags = CLI_WRITES | CLI_NO_ENGINE,
		.run = verb_hook_libvirt,
	},
	{
		.name = "hook proxmox",
		.synopsis = "<vmid> <phase> [--deadline S]",
		.summary = "what the cards of a VM of Proxmox VE need, when it starts and stops",
		.options = CLI_BIT(CLI_OPT_DEADLINE),
		.arguments = {CLI_WORD, CLI_WORD},
		.min_arguments = 2,
		.flags = CLI_WRITES | CLI_NO_ENGINE,
		.run = verb_hook_proxmox,
	},
	{
		.name = "unlock status",
		.synopsis = "",
		.summary = "whether cards and driver can be unlocked, what is installed, what is to be redone",
		.run = verb_unlock_status,
	},
	{
		.name = "unlock install",
		.synopsis = "[--hooks DIR] [--nvidia-smi]",
		.summary = "preload the library into NVIDIA's vGPU services",
		.options = CLI_BIT(CLI_OPT_HOOKS) | CLI_BIT(CLI_OPT_NVIDIA_SMI),
		.run = verb_unlock_install,
	},
	{
		.name = "unlock remove",
		.synopsis = "",
		.summary = "put back every byte that unlock install changed",
		.run = verb_unlock_remove,
	},
	{
		.name = "unlock check",
		.synopsis = "[<file>]",
		.summary = "whether the files of vgpu_unlock are right, line by line",
		.arguments = {CLI_FILE},
		.run = verb_unlock_check,
	},
	{
		.name = "monitor",
		.synopsis = "",
		.summary = "live events, one a line",
		.run = verb_monitor,
	},
	{
		.name = "doctor",
		.synopsis = "[<check>] [--rom] [--report FILE]",
		.summary = "what stands in the way on this host, and the exact fix",
		.options = CLI_BIT(CLI_OPT_REPORT) | CLI_BIT(CLI_OPT_ROM),
		.arguments = {CLI_CHECK},
		.run = verb_doctor,
	},
	{
		.name = "import",
		.synopsis = "[--apply]",
		.summary = "wishes from an existing vfio.conf, blacklist or driverctl set-up",
		.options = CLI_BIT(CLI_OPT_APPLY),
		.run = verb_import,
	},
	{
		.name = "boot show",
		.synopsis = "",
		.summary = "what the kernel's command line lacks, and what would change",
		.run = verb_boot_show,
	},
	{
		.name = "boot apply",
		.synopsis = "",
		.summary = "change the command line in the way of whoever owns it",
		.run = verb_boot_apply,
	},
	{
		.name = "boot revert",
		.synopsis = "",
		.summary = "put back what boot apply changed, byte for byte",
		.run = verb_boot_revert,
	},
	{
		.name = "boot early",
		.synopsis = "",
		.summary = "what an initramfs is given, for passthrough before any driver loads",
		.run = verb_boot_early,
	},
	{
		.name = "help",
		.synopsis = "[<verb>]",
		.summary = "the verbs and options, or those of one verb",
		.arguments = {CLI_VERB, CLI_WORD},
		.flags = CLI_NO_ENGINE,
		.run = verb_help,
	},
	{
		.name = "__complete",
		.synopsis = "<kind> [<card>]",
		.summary = "words for the shells",
		.arguments = {CLI_WORD, CLI_WORD},
		.min_arguments = 1,
		.flags = CLI_HIDDEN,
		.run = verb_complete,
	},
	{
		.name = "__vm",
		.synopsis = "start|end <manager> <vm> [--deadline S]",
		.summary = "for the hooks",
		.options = CLI_BIT(CLI_OPT_DEADLINE),
		.arguments = {CLI_WORD, CLI_WORD, CLI_WORD},
		.min_arguments = 3,
		.flags = CLI_HIDDEN | CLI_WRITES | CLI_BY_DAEMON | CLI_MANY_STEPS,
		.run = verb_vm,
	},
	{.name = NULL},
};

/* Does @name begin with the word @word? */
static bool first_word_is(const char *name, const char *word)
{
	size_t length = strlen(word);

	return strncmp(name, word, length) == 0 && name[length] == ' ';
}

const struct cli_verb *cli_verb_find(const char *first, const char *second, int *words)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (gs_streq(verb->name, first)) {
			*words = 1;
			return verb;
		}
		if (second && first_word_is(verb->name, first) &&
		    gs_streq(verb->name + strlen(first) + 1, second)) {
			*words = 2;
			return verb;
		}
	}
	return NULL;
}

bool cli_verb_is_group(const char *word)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (first_word_is(verb->name, word))
			return true;
	}
	return false;
}
