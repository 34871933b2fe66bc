// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_hook.c - gpushift hook libvirt|proxmox: called for each VM and each step of its life */
#include "claim.h"
#include "hook.h"
#include "input.h"
#include "output.h"
#include "proxmox_conf.h"
#include "tree.h"
#include "vm.h"

/* The steps of a VM's life at which something is to be done, in the words of who runs it. */
struct step {
	const char *operation;
	const char *suboperation;
	const char *event;
};

static const struct step libvirt_steps[] = {
	{ "prepare", "begin", "start" },
	/* Also of one that could not start. */
	{ "release", "end", "end" },
};

static const struct step proxmox_steps[] = {
	{ "pre-start", NULL, "start" },
	{ "post-stop", NULL, "end" },
};

/* NULL: nothing is done at it. */
static const char *event_of(const struct step steps[2], const char *operation,
			    const char *suboperation)
{
	for (size_t i = 0; i < 2; i++)
		if (gs_streq(operation, steps[i].operation) &&
		    gs_streq(suboperation, steps[i].suboperation))
			return steps[i].event;
	return NULL;
}

/* Was anything claimed for it? Its description may have been changed meanwhile. */
static bool has_claims(const char *vm)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	struct gs_engine *engine = NULL;
	bool has = false;

	if (gs_engine_open(NULL, &engine) == 0 && gs_claims_read(engine, &claims) == 0)
		for (size_t i = 0; i < claims.count; i++)
			has |= claims.list[i].hook && gs_streq(claims.list[i].vm, vm);
	gs_engine_close(engine);
	return has;
}

static int bad_description(const struct cli *cli, const struct cli_hook *hook, const char *error)
{
	gs_cleanup_free char *message = NULL;

	message = gs_asprintf("%s: what it asks for cannot be read: %s", hook->vm, error);
	return cli_hook_fail(cli, GS_EXIT_REFUSED, "bad-description",
			     message ? message : "out of memory", "gpushift help hook libvirt");
}

/* What cannot be read and has asked for nothing is none of ours, and starts. */
static int at_start(struct cli *cli, const struct cli_hook *hook)
{
	gs_cleanup_domain struct gs_domain domain = { 0 };
	gs_cleanup_free char *error = NULL;
	int r = gs_domain_libvirt(hook->text, hook->length, &domain, &error);

	if (!domain.asks)
		return GS_EXIT_DONE;
	if (r < 0)
		return bad_description(cli, hook, error ? error : strerror(-r));
	return domain.count ? cli_hook_run(cli, hook) : GS_EXIT_DONE;
}

/* Also where nothing is recorded yet: a start that was killed may be about to. */
static int at_end(struct cli *cli, const struct cli_hook *hook)
{
	gs_cleanup_domain struct gs_domain domain = { 0 };
	gs_cleanup_free char *error = NULL;

	(void)!gs_domain_libvirt(hook->text, hook->length, &domain, &error);
	return domain.asks || has_claims(hook->vm) ? cli_hook_run(cli, hook) : GS_EXIT_DONE;
}

static int at_event(struct cli *cli, struct cli_hook *hook)
{
	gs_cleanup_free char *text = NULL;
	int r;

	r = cli_read_input(STDIN_FILENO, GS_DOMAIN_MAX_BYTES, &text, &hook->length);
	if (r < 0) {
		cli_message("%s: left alone, since its description cannot be read: %s", hook->vm,
			    strerror(-r));
		return GS_EXIT_DONE;
	}
	hook->text = text;
	return gs_streq(hook->event, "start") ? at_start(cli, hook) : at_end(cli, hook);
}

int verb_hook_libvirt(struct cli *cli)
{
	struct cli_hook hook = {
		.manager = "libvirt",
		.vm = cli->arguments[0],
		.event = event_of(libvirt_steps, cli->arguments[1], cli->arguments[2]),
	};

	return hook.event ? at_event(cli, &hook) : GS_EXIT_DONE;
}

/* --- Proxmox VE -------------------------------------------------------------------------------- */

static int take_any(void *data, const struct gs_proxmox_device *device)
{
	(void)device;
	*(bool *)data = true;
	return 0;
}

/* The configuration is where Proxmox keeps those of this node's VMs; gone when the VM was destroyed. */
static int read_configuration(const char *vmid, char **ret)
{
	struct gs_engine *engine = NULL;
	char path[GS_PATH_MAX];
	int r = gs_path(path, "etc/pve/qemu-server/%s.conf", vmid);

	if (r == 0)
		r = gs_engine_open(NULL, &engine);
	if (r == 0)
		r = gs_tree_read(engine, path, ret);
	gs_engine_close(engine);
	return r;
}

int verb_hook_proxmox(struct cli *cli)
{
	struct cli_hook hook = {
		.manager = "proxmox",
		.vm = cli->arguments[0],
		.event = event_of(proxmox_steps, cli->arguments[1], NULL),
	};
	gs_cleanup_free char *text = NULL;
	bool asks = false;
	int r;

	if (!*hook.vm || strspn(hook.vm, "0123456789") != strlen(hook.vm))
		return cli_usage(cli, "'%s' is not the number of a VM", hook.vm);
	if (!hook.event)
		return GS_EXIT_DONE;
	r = read_configuration(hook.vm, &text);
	if (r == 0)
		r = gs_proxmox_devices(text, take_any, &asks);
	if (gs_streq(hook.event, "end"))
		asks |= has_claims(hook.vm);
	else if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"cannot read the configuration of VM %s: %s", hook.vm, strerror(-r));
	hook.text = text;
	hook.length = text ? strlen(text) : 0;
	return asks ? cli_hook_run(cli, &hook) : GS_EXIT_DONE;
}
