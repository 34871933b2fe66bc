// SPDX-License-Identifier: GPL-2.0-or-later
/* claim_host.c - who has claimed what of a host, as plans look at it. */
#include "claim.h"
#include "identity.h"

static int reserve(struct gs_reserved *reserved, const struct gs_claim *claim)
{
	if (reserved->claim)
		return 0;
	reserved->claim = strdup(claim->id);
	reserved->vm = claim->vm ? strdup(claim->vm) : NULL;
	return reserved->claim && (reserved->vm || !claim->vm) ? 0 : -ENOMEM;
}

struct gs_card *gs_claim_card(const struct gs_host *host, const struct gs_claim *claim)
{
	struct gs_identity identity;
	struct gs_address address;
	struct gs_card *card;

	if (gs_address_parse(claim->card, &address) < 0)
		return NULL;
	card = gs_host_card(host, &address);
	if (!card)
		return NULL;
	identity = gs_function_identity(gs_card_display(card));
	return gs_identity_equal(&identity, &claim->identity) ? card : NULL;
}

static int add(struct gs_host *host, const struct gs_claim *claim)
{
	struct gs_card *card = gs_claim_card(host, claim);
	const struct gs_vgpu *vgpu = gs_claim_vgpu(host, claim);

	/* Of a pending one nobody was told. */
	if (!claim->same_boot || claim->pending || !card)
		return 0;
	if (claim->whole)
		return card->mode == GS_MODE_PASSTHROUGH ? reserve(&card->reserved, claim) : 0;
	/* The one in the host, which the const one is. */
	return vgpu ? reserve(&host->vgpus[vgpu - host->vgpus].reserved, claim) : 0;
}

int gs_claims_of_host(struct gs_engine *engine, struct gs_host *host)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	int r = gs_claims_read(engine, &claims);

	/* Who may not read them plans without. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r == 0 && i < claims.count; i++)
		r = add(host, &claims.list[i]);
	return r;
}
