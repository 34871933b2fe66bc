/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exported.h - what export and claim have in common: a card or vGPU in the words of others. */
#ifndef CLI_EXPORTED_H
#define CLI_EXPORTED_H

#include <json-c/json.h>

#include "cli.h"

#define CLI_FORMATS "libvirt, qemu, pve, pve-mapping, kubevirt"

/*
 * cli_exported - the text of @export, whose node is filled in; notes go to stderr
 * @not_exportable: the exit status where the format has no words for it
 * Returns 0, or the exit status when there is none and that has been said.
 */
int cli_exported(struct cli *cli, struct gs_export *export, enum gs_export_format format,
		 enum gs_exit not_exportable, char **ret) gs_must_check;

/* cli_exported_json - {"schema", "format", "card" or "uuid" or "address", "text"} */
struct json_object *cli_exported_json(const struct gs_export *export, enum gs_export_format format,
				      const char *text) gs_must_check;

#endif
