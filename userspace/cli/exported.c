// SPDX-License-Identifier: GPL-2.0-or-later
#include "exported.h"

#include "json_build.h"
#include "output.h"
#include "tree.h"

static const char *name_of(const struct gs_export *export)
{
	return export->card ? gs_card_display(export->card)->text : gs_vgpu_name(export->vgpu);
}

int cli_exported(struct cli *cli, struct gs_export *export, enum gs_export_format format,
		 enum gs_exit not_exportable, char **ret)
{
	gs_cleanup_free char *node = NULL;
	const char *why = NULL;
	int r;

	if (gs_tree_read(cli->engine, "proc/sys/kernel/hostname", &node) < 0)
		node = strdup("");
	if (!node)
		return cli_no_memory(cli);
	/* A node of Proxmox is called by the first part of its name. */
	node[strcspn(node, ".")] = '\0';
	for (struct gs_export *each = export; each; each = each->next)
		each->node = node;
	r = gs_export(export, format, ret, &why);
	for (struct gs_export *each = export; each; each = each->next)
		each->node = NULL;
	if (r == -EOPNOTSUPP)
		return cli_fail(cli, not_exportable, "not-exportable", "gpushift help export",
				"%s cannot be said in the format %s: %s", name_of(export),
				gs_export_format_name(format), why);
	if (r < 0)
		return cli_no_memory(cli);
	for (; export; export = export->next) {
		gs_cleanup_free char *note = gs_export_note(export, format);

		if (note)
			cli_hint(cli, "%s", note);
	}
	return 0;
}

struct json_object *cli_exported_json(const struct gs_export *export, enum gs_export_format format,
				      const char *text)
{
	const char *key = export->card ? "card" : export->vgpu->uuid ? "uuid" : "address";
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "format", gs_export_format_name(format));
	gs_json_put_string(&json, key, name_of(export));
	gs_json_put_string(&json, "text", text);
	return gs_json_end(&json);
}
