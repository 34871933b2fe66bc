// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm_want.h"

#include "host.h"
#include "output.h"
#include "want.h"

void cli_vm_look_clear(struct cli_vm_look *look)
{
	gs_host_free(look->host);
	gs_claims_clear(&look->claims);
	free(look->with);
}

int cli_vm_look_at(struct cli *cli, struct cli_vm_look *ret)
{
	int r = cli_read_host(cli, CLI_PLAN_READS, &ret->host);

	if (r == 0 && gs_claims_read(cli->engine, &ret->claims) < 0)
		r = cli_no_memory(cli);
	return r;
}

/* What somebody has already, be it by another start that nobody heard the end of. */
static const struct gs_claim *find_claim(const struct cli_vm_look *look, const char *uuid, const char *card)
{
	for (size_t i = 0; i < look->claims.count; i++) {
		const struct gs_claim *claim = &look->claims.list[i];

		if (uuid ? gs_streq(claim->uuid, uuid) : claim->whole && gs_streq(claim->card, card))
			return claim;
	}
	return NULL;
}

static const struct gs_claim *find_vf_claim(const struct cli_vm_look *look, const char *address)
{
	for (size_t i = 0; i < look->claims.count; i++)
		if (gs_streq(look->claims.list[i].address, address))
			return &look->claims.list[i];
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
static const struct gs_function *find_display(const struct cli_vm_look *look,
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

/* Who describes the VM lets it leave the host: by name, or because the VM gets it itself. */
static bool may_go_along(const struct gs_domain *domain, const struct gs_address *address)
{
	for (size_t i = 0; i < domain->n_with; i++)
		if (gs_address_equal(&domain->with[i], address))
			return true;
	for (size_t i = 0; i < domain->count; i++) {
		const struct gs_domain_device *device = &domain->devices[i];

		if (device->at && !device->uuid[0] && !device->one_of_many &&
		    (device->whole_slot ? gs_address_same_slot(&device->address, address) :
					  gs_address_equal(&device->address, address)))
			return true;
	}
	return false;
}

/* The members of its group that may leave the host with it, and are with the host. */
static int find_with(struct cli *cli, struct cli_vm_look *look, const struct gs_domain *domain,
		     const struct gs_function *display)
{
	const struct gs_card *card = gs_host_card(look->host, &display->address);

	for (size_t i = 0; card && i < card->n_outside; i++) {
		const struct gs_function *function = card->outside[i];

		if (!function->driver || gs_driver_is_vfio(function->driver) ||
		    !may_go_along(domain, &function->address))
			continue;
		if (gs_grow(&look->with, look->n_with, sizeof(*look->with)) < 0)
			return cli_no_memory(cli);
		look->with[look->n_with++] = function->address;
	}
	return 0;
}

/* A VF that is nothing more, and there already. */
static const struct gs_vgpu *find_vf(const struct cli_vm_look *look, const struct gs_domain_device *device)
{
	char text[GS_ADDRESS_LEN];
	const struct gs_vgpu *vf;

	if (device->whole_slot)
		return NULL;
	vf = gs_host_vgpu(look->host, gs_address_format(&device->address, text));
	return vf && gs_vgpu_is_plain(vf) ? vf : NULL;
}

/* As want_card(), which is for whole ones. */
static int want_vf(struct cli *cli, const struct cli_vm_look *look, const struct gs_domain_device *device,
		   struct cli_claim_order *order)
{
	const struct gs_vgpu *vf = find_vf(look, device);
	const struct gs_function *function = gs_host_function(look->host, &device->address);
	int r;

	if (!vf || !function || is_mine(cli, find_vf_claim(look, vf->address)))
		return 0;
	r = is_ambiguous(cli, device);
	if (r)
		return -r;
	order->want = (struct gs_claim_want){ .kind = GS_CLAIM_VF, .on = &function->physfn,
					      .n_on = 1, .vf = vf->address };
	return 1;
}

/* Returns 1 when it is to be switched, 0 when it is there or none of ours, else minus the exit status. */
static int want_card(struct cli *cli, struct cli_vm_look *look, const struct gs_domain *domain,
		     const struct gs_domain_device *device, struct cli_claim_order *order)
{
	const struct gs_function *display = find_display(look, device);
	int r;

	if (!display)
		return want_vf(cli, look, device, order);
	if (is_mine(cli, find_claim(look, NULL, display->text)))
		return 0;
	r = is_ambiguous(cli, device);
	if (r == 0)
		r = find_with(cli, look, domain, display);
	if (r)
		return -r;
	order->want = (struct gs_claim_want){ .kind = GS_CLAIM_CARD, .on = &display->address,
					      .n_on = 1 };
	order->with = look->with;
	order->n_with = look->n_with;
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
static int find_cards(struct cli *cli, const struct cli_vm_look *look, const struct gs_domain_device *device)
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
static int find_split_card(struct cli *cli, const struct cli_vm_look *look,
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
static int want_vgpu(struct cli *cli, const struct cli_vm_look *look, const struct gs_domain_device *device,
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

int cli_vm_want(struct cli *cli, struct cli_vm_look *look, const struct gs_domain *domain,
		const struct gs_domain_device *device, struct cli_claim_order *order)
{
	return device->uuid[0] ? want_vgpu(cli, look, device, order) :
				 want_card(cli, look, domain, device, order);
}
