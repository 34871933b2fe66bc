// SPDX-License-Identifier: GPL-2.0-or-later
/* cards.c - which functions make a card, and what mode the card is in. */
#include "config.h"
#include "inventory.h"
#include "quarantine.h"
#include "remembered.h"
#include "vgpu_types.h"

/* Audio, USB and serial bus (UCSI): the set that the kernel links to a GPU by quirk. */
static const uint16_t companion_classes[] = { 0x0403, 0x0c03, 0x0c80 };

/* Drivers that hold a display without being its driver. */
static const char *const placeholder_drivers[] = {
	"pci-stub", "pci-pf-stub", "pcieport", "pciback", "xen-pciback",
};

static bool is_companion(const struct gs_function *display, const struct gs_function *function)
{
	uint32_t class_code = function->class_code >> 8;

	if (function->is_vf || function->vendor_id != display->vendor_id ||
	    !gs_address_same_slot(&function->address, &display->address))
		return false;
	for (size_t i = 0; i < GS_ARRAY_SIZE(companion_classes); i++)
		if (class_code == companion_classes[i])
			return true;
	return false;
}

/* Companions belong to the first display function of their slot. */
static bool is_first_display(const struct gs_host *host, const struct gs_function *display)
{
	for (const struct gs_function *other = display; other > host->functions; other--) {
		if (!gs_address_same_slot(&other[-1].address, &display->address))
			break;
		if (gs_function_is_display(&other[-1]) && !other[-1].is_vf)
			return false;
	}
	return true;
}

static int add_function(struct gs_function ***list, size_t *count, struct gs_function *function)
{
	int r;

	for (size_t i = 0; i < *count; i++)
		if ((*list)[i] == function)
			return 0;
	r = gs_grow(list, *count, sizeof(**list));
	if (r == 0)
		(*list)[(*count)++] = function;
	return r;
}

static int collect_functions(const struct gs_host *host, struct gs_function *display,
			     struct gs_card *card)
{
	int r;

	r = add_function(&card->functions, &card->n_functions, display);
	if (r < 0 || !is_first_display(host, display))
		return r;
	for (size_t i = 0; i < host->n_functions && r == 0; i++)
		if (is_companion(display, &host->functions[i]))
			r = add_function(&card->functions, &card->n_functions, &host->functions[i]);
	return r;
}

static bool has_function(const struct gs_card *card, const struct gs_function *function)
{
	for (size_t i = 0; i < card->n_functions; i++)
		if (card->functions[i] == function)
			return true;
	return false;
}

static bool shares_group(const struct gs_card *card, const struct gs_function *function)
{
	if (function->iommu_group < 0)
		return false;
	for (size_t i = 0; i < card->n_functions; i++)
		if (card->functions[i]->iommu_group == function->iommu_group)
			return true;
	return false;
}

static int collect_outside(const struct gs_host *host, struct gs_card *card)
{
	int r = 0;

	for (size_t i = 0; i < host->n_functions && r == 0; i++) {
		struct gs_function *function = &host->functions[i];

		if (shares_group(card, function) && !has_function(card, function))
			r = add_function(&card->outside, &card->n_outside, function);
	}
	return r;
}

/* Does the vGPU belong to the card itself, or to one of its VFs? */
static bool is_of_card(const struct gs_host *host, const struct gs_card *card,
		       const struct gs_vgpu *vgpu)
{
	const struct gs_function *parent, *display = gs_card_display(card);
	struct gs_address address;

	if (gs_address_parse(vgpu->parent, &address) < 0)
		return false;
	if (gs_address_equal(&address, &display->address))
		return true;
	parent = gs_host_function(host, &address);
	return parent && parent->is_vf && gs_address_equal(&parent->physfn, &display->address);
}

static int collect_vgpus(const struct gs_host *host, struct gs_card *card)
{
	int r = 0;

	for (size_t i = 0; i < host->n_vgpus && r == 0; i++) {
		if (!is_of_card(host, card, &host->vgpus[i]))
			continue;
		r = gs_grow(&card->vgpus, card->n_vgpus, sizeof(*card->vgpus));
		if (r == 0)
			card->vgpus[card->n_vgpus++] = &host->vgpus[i];
	}
	return r;
}

static bool is_host_driver(const char *driver)
{
	if (!driver || gs_driver_is_vfio(driver))
		return false;
	for (size_t i = 0; i < GS_ARRAY_SIZE(placeholder_drivers); i++)
		if (strcmp(driver, placeholder_drivers[i]) == 0)
			return false;
	return true;
}

static size_t count_on_vfio(const struct gs_card *card)
{
	size_t n = 0;

	for (size_t i = 0; i < card->n_functions; i++)
		n += gs_driver_is_vfio(card->functions[i]->driver);
	return n;
}

/* "0000:01:00.0 is on nouveau, 0000:01:00.1 on vfio-pci" */
static char *describe_drivers(const struct gs_card *card)
{
	char *text = NULL, *longer;

	for (size_t i = 0; i < card->n_functions; i++) {
		const struct gs_function *function = card->functions[i];

		longer = gs_asprintf("%s%s%s %s%s", text ? text : "", text ? ", " : "",
				     function->text, function->driver ? "is on " : "has no driver",
				     function->driver ? function->driver : "");
		free(text);
		if (!longer)
			return NULL;
		text = longer;
	}
	return text;
}

static int judge_by_drivers(struct gs_card *card)
{
	const char *driver = gs_card_display(card)->driver;
	size_t on_vfio = count_on_vfio(card);

	if (on_vfio == card->n_functions) {
		card->mode = GS_MODE_PASSTHROUGH;
		return 0;
	}
	if (on_vfio == 0 && is_host_driver(driver)) {
		card->mode = GS_MODE_HOST;
		return 0;
	}
	card->mode = on_vfio == 0 && !driver ? GS_MODE_UNBOUND : GS_MODE_MIXED;
	card->reason = describe_drivers(card);
	return card->reason ? 0 : -ENOMEM;
}

int gs_card_judge(struct gs_engine *engine, struct gs_card *card)
{
	int r;

	free(gs_steal(card->reason));
	r = gs_quarantine_read(engine, gs_card_display(card)->text, &card->reason);
	if (r == -ENOMEM)
		return r;
	if (card->reason) {
		card->mode = GS_MODE_QUARANTINED;
		return gs_stuck_read(engine, gs_card_display(card)->text, &card->stuck);
	}
	if (card->n_vgpus || gs_card_display(card)->sriov_enabled) {
		card->mode = GS_MODE_VGPU;
		return 0;
	}
	return judge_by_drivers(card);
}

/* VFs list what they can become now: what there is no room for is known from before. */
static int recall_types(struct gs_card *card)
{
	const struct gs_parent *before = card->remembered ? card->remembered->parent : NULL;

	if (!before || !before->on_vfs || !card->parent || !card->parent->on_vfs ||
	    !card->parent->n_types)
		return 0;
	return gs_types_merge(card->parent, before);
}

static int build_card(struct gs_engine *engine, struct gs_host *host, struct gs_function *display)
{
	struct gs_card *card;
	int r;

	r = gs_grow(&host->cards, host->n_cards, sizeof(*host->cards));
	if (r < 0)
		return r;
	card = &host->cards[host->n_cards++];
	card->holders_unreadable = -1;
	card->candidates_known = GS_UNKNOWN;
	card->host_driver_known = GS_UNKNOWN;
	r = collect_functions(host, display, card);
	if (r == 0)
		r = collect_outside(host, card);
	if (r == 0)
		r = collect_vgpus(host, card);
	if (r == 0)
		r = gs_card_judge(engine, card);
	if (r < 0)
		return r;
	card->parent = gs_host_parent(host, display->text);
	r = gs_configure_card(engine->configuration, card);
	if (r == 0)
		r = gs_remembered_read(engine, display, &card->remembered);
	if (r == 0)
		r = recall_types(card);
	return r == -ENOMEM ? r : 0;
}

int gs_cards_build(struct gs_engine *engine, struct gs_host *host)
{
	int r = 0;

	for (size_t i = 0; i < host->n_functions && r == 0; i++) {
		struct gs_function *function = &host->functions[i];

		if (gs_function_is_display(function) && !function->is_vf)
			r = build_card(engine, host, function);
	}
	return r;
}
