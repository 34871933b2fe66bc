// SPDX-License-Identifier: GPL-2.0-or-later
/* pci_config.c - walks the capabilities of a function. */
#include "pci_config.h"

/* As many as fit: a list that runs in a circle ends, too. */
#define CAPABILITIES_MAX 48
#define EXTENDED_MAX 480

struct walk {
	gs_config_read_t read;
	void *data;
	struct gs_config *config;
};

static int get(const struct walk *walk, unsigned int offset, uint32_t *ret)
{
	return walk->read(walk->data, offset, ret);
}

/* The kernel knows versions up to 3, and takes the first. */
static int read_pm(const struct walk *walk, unsigned int at, uint32_t head)
{
	uint32_t control;
	int r;

	if (walk->config->has_pm || (head >> 16 & PCI_PM_CAP_VER_MASK) > 3)
		return 0;
	r = get(walk, at + PCI_PM_CTRL, &control);
	walk->config->has_pm = r == 0;
	walk->config->no_soft_reset = r == 0 && (control & PCI_PM_CTRL_NO_SOFT_RESET);
	return r;
}

static int read_express(const struct walk *walk, unsigned int at, uint32_t head)
{
	uint32_t devices;
	int r;

	if (walk->config->express)
		return 0;
	r = get(walk, at + PCI_EXP_DEVCAP, &devices);
	walk->config->express = r == 0;
	walk->config->port_type = (head >> 16 & PCI_EXP_FLAGS_TYPE) >> 4;
	walk->config->flr = r == 0 && (devices & PCI_EXP_DEVCAP_FLR);
	return r;
}

static void read_af(const struct walk *walk, uint32_t head)
{
	const uint32_t wanted = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;

	walk->config->af_flr |= (head >> 24 & wanted) == wanted;
}

static int read_capability(const struct walk *walk, unsigned int at, uint32_t head)
{
	switch (head & 0xff) {
	case PCI_CAP_ID_PM:
		return read_pm(walk, at, head);
	case PCI_CAP_ID_EXP:
		return read_express(walk, at, head);
	case PCI_CAP_ID_AF:
		read_af(walk, head);
		return 0;
	default:
		return 0;
	}
}

static int read_capabilities(const struct walk *walk)
{
	uint32_t at, head;
	int r;

	r = get(walk, PCI_CAPABILITY_LIST, &at);
	for (int i = 0; i < CAPABILITIES_MAX && r == 0; i++) {
		at &= 0xfc;
		if (at < PCI_STD_HEADER_SIZEOF)
			return 0;
		r = get(walk, at, &head);
		if (r == 0 && (head & 0xff) == 0xff)
			return 0;
		if (r == 0)
			r = read_capability(walk, at, head);
		at = head >> 8;
	}
	return r;
}

static int read_acs(const struct walk *walk, unsigned int at)
{
	uint32_t both;
	int r = get(walk, at + PCI_ACS_CAP, &both);

	if (r < 0)
		return r;
	walk->config->has_acs = true;
	walk->config->acs_offered = (uint16_t)both;
	walk->config->acs_set = (uint16_t)(both >> 16);
	return 0;
}

static int read_resizable(const struct walk *walk, unsigned int at)
{
	uint32_t sizes, control;
	unsigned int count = 1;
	int r = 0;

	/* Each BAR has two registers; the first control register holds their number. */
	for (unsigned int i = 0; i < count && r == 0; i++) {
		r = get(walk, at + 4 + 8 * i, &sizes);
		if (r == 0)
			r = get(walk, at + 8 + 8 * i, &control);
		if (r < 0)
			break;
		if (i == 0)
			count = control >> 5 & 7;
		if (count && (control & 7) < GS_BARS)
			walk->config->resizable[control & 7] = (sizes >> 4) |
							       (uint64_t)(control >> 16) << 28;
	}
	return r;
}

/* Only the first of its kind, as the kernel does: a list may run in a circle. */
static int read_extended(const struct walk *walk)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;
	bool seen_resizable = false;
	uint32_t head, id;
	int r = 0;

	for (int i = 0; i < EXTENDED_MAX && r == 0 && at >= PCI_CFG_SPACE_SIZE; i++) {
		r = get(walk, at, &head);
		/* There need not be any. */
		if (r == -ENODATA && at == PCI_CFG_SPACE_SIZE)
			return 0;
		if (r < 0 || head == 0 || head == UINT32_MAX)
			break;
		id = head & 0xffff;
		if (id == PCI_EXT_CAP_ID_ACS && !walk->config->has_acs)
			r = read_acs(walk, at);
		if (id == PCI_EXT_CAP_ID_REBAR && !seen_resizable) {
			seen_resizable = true;
			r = read_resizable(walk, at);
		}
		at = head >> 20 & 0xffc;
	}
	return r;
}

static int read_all(const struct walk *walk, bool is_vf)
{
	uint32_t ids, status, header;
	int r;

	r = get(walk, PCI_VENDOR_ID, &ids);
	if (r == 0)
		r = get(walk, PCI_COMMAND, &status);
	if (r == 0)
		r = get(walk, PCI_CACHE_LINE_SIZE, &header);
	if (r < 0)
		return r;
	if (!is_vf)
		walk->config->answers = ids == UINT32_MAX ? GS_NO : GS_YES;
	if (walk->config->answers == GS_NO)
		return -EIO;
	walk->config->multifunction = header >> 16 & 0x80;
	if (!(status >> 16 & PCI_STATUS_CAP_LIST))
		return 0;
	r = read_capabilities(walk);
	if (r == 0 && walk->config->express)
		r = read_extended(walk);
	return r;
}

void gs_config_parse(gs_config_read_t read, void *data, bool is_vf, struct gs_config *ret)
{
	const struct walk walk = { .read = read, .data = data, .config = ret };

	*ret = (struct gs_config){ .answers = GS_UNKNOWN };
	ret->known = read_all(&walk, is_vf) == 0;
}

bool gs_config_is_port(const struct gs_config *config)
{
	return config->express && (config->port_type == PCI_EXP_TYPE_ROOT_PORT ||
				   config->port_type == PCI_EXP_TYPE_DOWNSTREAM);
}

bool gs_config_is_conventional(const struct gs_config *config)
{
	return !config->express || config->port_type == PCI_EXP_TYPE_PCI_BRIDGE ||
	       config->port_type == PCI_EXP_TYPE_PCIE_BRIDGE;
}

/*
 * As the kernel has it: ports always need ACS, endpoints and upstream ports
 * when they have several functions. A conventional device of several cannot
 * have it.
 */
static bool needs_acs(const struct gs_config *config)
{
	if (gs_config_is_port(config))
		return true;
	if (!config->express)
		return config->multifunction;
	switch (config->port_type) {
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_RC_END:
	case PCI_EXP_TYPE_UPSTREAM:
		return config->multifunction;
	default:
		return false;
	}
}

uint16_t gs_config_acs_missing(const struct gs_config *config)
{
	if (!needs_acs(config))
		return 0;
	if (!config->has_acs)
		return GS_ACS_WANTED;
	/* What the capability does not offer is taken for wired on. */
	return (uint16_t)(GS_ACS_WANTED & config->acs_offered & ~config->acs_set);
}
