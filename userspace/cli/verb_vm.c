// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vm.c - gpushift __vm start|end MANAGER VM */
#include "claim_make.h"
#include "claims.h"
#include "foreign.h"
#include "host.h"
#include "input.h"
#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "vm.h"
#include "vm_want.h"
#include "want.h"

static int parse_libvirt(struct gs_engine *engine, const char *vm, const char *text, size_t length,
			 struct gs_domain *ret, char **error)
{
	(void)engine;
	(void)vm;
	return gs_domain_libvirt(text, length, ret, error);
}

static int parse_proxmox(struct gs_engine *engine, const char *vm, const char *text, size_t length,
			 struct gs_domain *ret, char **error)
{
	gs_cleanup_free char *maps = NULL, *node = NULL;
	int r = gs_proxmox_files(engine, &maps, &node);

	(void)length;
	return r < 0 ? r : gs_domain_proxmox(vm, text, maps, node, ret, error);
}

static const struct cli_vm_manager managers[] = {
	{ "libvirt", parse_libvirt },
	{ "proxmox", parse_proxmox },
};

const struct cli_vm_manager *cli_vm_manager(const char *name)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(managers); i++)
		if (gs_streq(managers[i].name, name))
			return &managers[i];
	return NULL;
}

bool cli_vm_starts(const struct cli *cli)
{
	return gs_streq(cli->arguments[0], "start");
}

int cli_vm_check(struct cli *cli)
{
	if (!cli_vm_starts(cli) && !gs_streq(cli->arguments[0], "end"))
		return cli_usage(cli, "a VM can start and end, not '%s'", cli->arguments[0]);
	if (!cli_vm_manager(cli->arguments[1]))
		return cli_usage(cli, "nobody called '%s' is known to run VMs", cli->arguments[1]);
	cli->vm = cli->arguments[2];
	if (!*cli->vm || strlen(cli->vm) > 255)
		return cli_usage(cli, "the name of the VM is empty or too long");
	return 0;
}

int cli_vm_text(struct cli *cli, char **ret, size_t *ret_length)
{
	int r = cli_read_input(STDIN_FILENO, GS_DOMAIN_MAX_BYTES, ret, ret_length);

	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"cannot read the description of %s: %s", cli->vm, strerror(-r));
	return 0;
}

static int read_domain(struct cli *cli, struct gs_domain *ret)
{
	gs_cleanup_free char *text = NULL, *error = NULL;
	size_t length;
	int r = cli_vm_text(cli, &text, &length);

	if (r)
		return r;
	r = cli_vm_manager(cli->arguments[1])->parse(cli->engine, cli->vm, text, length, ret, &error);
	if (r == -EINVAL)
		return cli_fail(cli, GS_EXIT_REFUSED, "bad-description", "gpushift help hook",
				"what %s asks for cannot be read: %s", cli->vm, error);
	return r < 0 ? cli_no_memory(cli) : 0;
}

/* --- all of a VM ------------------------------------------------------------------------------- */

static int give(struct cli *cli, struct gs_lock *lock, const struct gs_domain *domain,
		const struct gs_domain_device *device, struct gs_claims *given)
{
	struct cli_claim_order order = { .vm = cli->vm, .hook = true };
	cli_cleanup_vm_look struct cli_vm_look now = { 0 };
	int r = cli_vm_look_at(cli, &now);

	if (r)
		return r;
	r = cli_vm_want(cli, &now, domain, device, &order);
	if (r <= 0)
		return -r;
	if (gs_grow(&given->list, given->count, sizeof(*given->list)) < 0)
		return cli_no_memory(cli);
	r = cli_claim_make(cli, lock, now.host, &order, &given->list[given->count]);
	if (r) {
		gs_claim_clear(&given->list[given->count]);
		return r;
	}
	return cli_claim_settle(cli, &given->list[given->count++]);
}

/* What was wrong has been said, and is what the one document is about. */
static void take_back_all(struct cli *cli, struct gs_lock *lock, const struct gs_claims *given)
{
	bool json = cli->json;

	cli->json = false;
	/* Ctrl-C, or the end of the time, must not leave half of it. */
	cli->keep_going = true;
	cli->end_us = 0;
	for (size_t i = given->count; i > 0; i--)
		(void)!cli_claim_take_back(cli, lock, &given->list[i - 1]);
	cli->json = json;
}

static int print(struct cli *cli, const char *key, const struct gs_claims *claims)
{
	struct gs_json json, list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < claims->count; i++) {
		gs_json_add(&list, cli_claim_json(&claims->list[i], false));
		cli_result_line(cli, "%s: %s for %s", cli_claim_name(&claims->list[i]), key, cli->vm);
	}
	gs_json_begin_document(&json);
	gs_json_put_string(&json, "vm", cli->vm);
	gs_json_put(&json, key, gs_json_end(&list));
	if (cli->json)
		return cli_document(gs_json_end(&json), GS_EXIT_DONE);
	json_object_put(gs_json_end(&json));
	return GS_EXIT_DONE;
}

static int start(struct cli *cli, struct gs_lock *lock)
{
	gs_cleanup_domain struct gs_domain domain = { 0 };
	gs_cleanup_claims struct gs_claims given = { 0 };
	int r = read_domain(cli, &domain);

	for (size_t i = 0; r == 0 && domain.asks && i < domain.count; i++)
		r = give(cli, lock, &domain, &domain.devices[i], &given);
	if (r) {
		take_back_all(cli, lock, &given);
		return r;
	}
	return print(cli, "claimed", &given);
}

/* All of it, whatever becomes of one. */
static int end(struct cli *cli, struct gs_lock *lock)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	struct gs_claims ended = { 0 };
	int status = 0, r = 0;

	if (gs_claims_read(cli->engine, &claims) < 0)
		return cli_no_memory(cli);
	for (size_t i = 0; i < claims.count; i++) {
		struct gs_claim *claim = &claims.list[i];

		if (!claim->hook || !gs_streq(claim->vm, cli->vm))
			continue;
		r = claim->same_boot ? cli_claim_take_back(cli, lock, claim) :
		    gs_claim_forget(cli->engine, claim->id) < 0 ? GS_EXIT_FAILED :
								  GS_EXIT_DONE;
		if (r) {
			status = status ? status : r;
			continue;
		}
		if (gs_grow(&ended.list, ended.count, sizeof(*ended.list)) < 0)
			break;
		ended.list[ended.count++] = *claim;
	}
	r = status ? status : print(cli, "released", &ended);
	/* Its members are those of the other list. */
	free(ended.list);
	return r;
}

int verb_vm(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	int r;

	r = cli_vm_check(cli);
	if (r == 0)
		r = cli_claims_begin(cli, &lock);
	if (r)
		return r;
	if (!cli_vm_starts(cli))
		return end(cli, lock);
	r = cli_claims_end_leases(cli, lock);
	return r ? r : start(cli, lock);
}
