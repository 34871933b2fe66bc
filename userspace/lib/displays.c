// SPDX-License-Identifier: GPL-2.0-or-later
/* displays.c - which cards somebody looks at. */
#include "inventory.h"
#include "tree.h"

/* The connectors of one DRM device: card0-HDMI-A-1 and the like. */
static int read_connectors(struct gs_engine *engine, const char *folder, const char *drm,
			   struct gs_card *card, bool *any)
{
	char path[GS_PATH_MAX], **names = NULL;
	size_t length = strlen(drm);
	int r;

	if (gs_path(path, "%s/%s", folder, drm) < 0)
		return 0;
	r = gs_tree_list(engine, path, &names);
	for (char **name = names; r == 0 && name && *name; name++) {
		gs_cleanup_free char *status = NULL;

		if (strncmp(*name, drm, length) != 0 || (*name)[length] != '-' ||
		    gs_path(path, "%s/%s/%s/status", folder, drm, *name) < 0 ||
		    gs_tree_read(engine, path, &status) < 0)
			continue;
		*any = true;
		/* A driver that cannot tell says "unknown". */
		if (strcmp(status, "disconnected") != 0)
			r = gs_strv_add(&card->lit_connectors, *name);
	}
	gs_strv_free(names);
	return r == -ENOMEM ? r : 0;
}

static int read_display(struct gs_engine *engine, struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);
	char folder[GS_PATH_MAX], **names = NULL;
	bool any = false;
	int r;

	card->lit = GS_NO;
	if (display->class_code >> 16 != 0x03 || gs_driver_is_vfio(display->driver))
		return 0;
	r = gs_path(folder, "sys/bus/pci/devices/%s/drm", display->text);
	if (r == 0)
		r = gs_tree_list(engine, folder, &names);
	for (char **name = names; r == 0 && name && *name; name++)
		r = read_connectors(engine, folder, *name, card, &any);
	gs_strv_free(names);
	/* Without a driver that knows connectors, what the firmware chose counts. */
	if (card->lit_connectors || (!any && display->boot_vga == GS_YES))
		card->lit = GS_YES;
	else if (!any && display->driver)
		card->lit = GS_UNKNOWN;
	return r == -ENOMEM ? r : 0;
}

int gs_displays_read(struct gs_engine *engine, struct gs_host *host)
{
	int r = 0;

	for (size_t i = 0; i < host->n_cards && r == 0; i++)
		r = read_display(engine, &host->cards[i]);
	return r;
}
