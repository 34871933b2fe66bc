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

/* --- one device -------------------------------------------------------------------------------- */

/* The host as it is now, and who has what of it. */
struct look {
	struct gs_host *host;
	struct gs_claims claims;
};

static void look_clear(struct look *look)
{
	gs_host_free(look->host);
	gs_claims_clear(&look->claims);
}
#define cleanup_look __attribute__((cleanup(look_clear)))

static int look_at(struct cli *cli, struct look *ret)
{
	int r = cli_read_host(cli, CLI_PLAN_READS, &ret->host);

	if (r == 0 && gs_claims_read(cli->engine, &ret->claims) < 0)
		r = cli_no_memory(cli);
	return r;
}

/* What somebody has already, be it by another start that nobody heard the end of. */
static const struct gs_claim *find_claim(const struct look *look, const char *uuid, const char *card)
{
	for (size_t i = 0; i < look->claims.count; i++) {
		const struct gs_claim *claim = &look->claims.list[i];

		if (uuid ? gs_streq(claim->uuid, uuid) : claim->whole && gs_streq(claim->card, card))
			return claim;
	}
	return NULL;
}

static bool is_mine(const struct cli *cli, const struct gs_claim *claim)
{
	return claim && claim->same_boot && !claim->pending && gs_streq(claim->vm, cli->vm);
}

static const struct gs_definition *find_definition(const struct gs_host *host, const char *uuid)
{
	for (size_t i = 0; i < host->n_definitions; i++)
		if (gs_streq(host->definitions[i].uuid, uuid))
			return &host->definitions[i];
	return NULL;
}

/* The card whose display is meant. Other functions go along with one, or are none of ours. */
static const struct gs_function *find_display(const struct look *look,
					      const struct gs_domain_device *device)
{
	for (size_t i = 0; i < look->host->n_cards; i++) {
		const struct gs_function *display = gs_card_display(&look->host->cards[i]);

		if (device->whole_slot ?
			    gs_address_same_slot(&display->address, &device->address) :
			    gs_address_equal(&display->address, &device->address))
			return display;
	}
	return NULL;
}

static int is_ambiguous(const struct cli *cli, const struct gs_domain_device *device)
{
	return device->one_of_many ?
		       cli_fail(cli, GS_EXIT_REFUSED, "ambiguous", "gpushift help hook proxmox",
				"its mapping has several cards on this node, and which one it is "
				"is not known yet") :
		       0;
}

/* Returns 1 when it is to be switched, 0 when it is there or none of ours, else minus the exit status. */
static int want_card(struct cli *cli, const struct look *look,
		     const struct gs_domain_device *device, struct cli_claim_order *order)
{
	const struct gs_function *display = find_display(look, device);
	int r;

	if (!display || is_mine(cli, find_claim(look, NULL, display->text)))
		return 0;
	r = is_ambiguous(cli, device);
	if (r)
		return -r;
	order->want = (struct gs_claim_want){ .kind = GS_CLAIM_CARD, .on = &display->address,
					      .n_on = 1 };
	return 1;
}

static int allow(struct cli *cli, const struct gs_function *display)
{
	if (gs_grow(&cli->with, cli->n_with, sizeof(*cli->with)) < 0)
		return cli_no_memory(cli);
	cli->with[cli->n_with++] = display->address;
	return 0;
}

/* The cards that the description allows, by address or alias. */
static int find_cards(struct cli *cli, const struct look *look, const struct gs_domain_device *device)
{
	cli->n_with = 0;
	if (device->at) {
		int r = is_ambiguous(cli, device);

		return r ? r : allow(cli, find_display(look, device));
	}
	for (char **name = device->on; name && *name; name++) {
		struct gs_card *card;
		int r = cli_find_card(cli, look->host, *name, &card);

		if (r == 0)
			r = allow(cli, gs_card_display(card));
		if (r)
			return r;
	}
	return 0;
}

/* The card that a definition splits: its parent, or what that is a VF of. */
static int find_split_card(struct cli *cli, const struct look *look,
			   const struct gs_definition *definition)
{
	const char *name = definition->card ? definition->card : definition->parent;
	const struct gs_card *card = NULL;
	struct gs_address address;

	cli->n_with = 0;
	if (gs_address_parse(name, &address) == 0)
		card = gs_host_card(look->host, &address);
	if (!card)
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-card", "gpushift vgpu list --all",
				"the vGPU %s is defined for %s, and there is no such card now",
				definition->uuid, name);
	return allow(cli, gs_card_display(card));
}

/* Returns 1 when it is to be made, 0 when it is there or none of ours, else minus the exit status. */
static int want_vgpu(struct cli *cli, const struct look *look, const struct gs_domain_device *device,
		     struct cli_claim_order *order)
{
	const struct gs_definition *definition = find_definition(look->host, device->uuid);
	const struct gs_claim *claim = find_claim(look, device->uuid, NULL);
	bool described = device->type || device->framebuffer;
	int r;

	if (claim && claim->same_boot && !gs_streq(claim->vm, cli->vm))
		return -cli_fail(cli, GS_EXIT_REFUSED, "in-use", "gpushift claims",
				 "%s%s has the vGPU %s", claim->vm ? "the VM " : "",
				 claim->vm ? claim->vm : "somebody", device->uuid);
	/* One on a VF, or on what is no card, is left to whoever runs the VM. */
	if (gs_host_vgpu(look->host, device->uuid) || (!described && !definition) ||
	    (device->at && !find_display(look, device)))
		return 0;
	r = described ? find_cards(cli, look, device) : find_split_card(cli, look, definition);
	if (r)
		return -r;
	order->want = (struct gs_claim_want){
		.kind = device->framebuffer ? GS_CLAIM_FRAMEBUFFER : GS_CLAIM_PROFILE,
		.type = described ? device->type : definition->type,
		.framebuffer = device->framebuffer,
		.policy = device->policy,
		.on = cli->with,
		.n_on = cli->n_with,
	};
	order->uuid = device->uuid;
	order->parent = described ? NULL : definition->parent;
	return 1;
}

/* --- all of a VM ------------------------------------------------------------------------------- */

static int give(struct cli *cli, struct gs_lock *lock, const struct gs_domain_device *device,
		struct gs_claims *given)
{
	struct cli_claim_order order = { .vm = cli->vm, .hook = true };
	cleanup_look struct look now = { 0 };
	int r = look_at(cli, &now);

	if (r)
		return r;
	r = device->uuid[0] ? want_vgpu(cli, &now, device, &order) :
			      want_card(cli, &now, device, &order);
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
		r = give(cli, lock, &domain.devices[i], &given);
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
