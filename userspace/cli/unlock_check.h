/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_check.h - whether overrides, each by itself right, go together with each other, the driver and its types. */
#ifndef CLI_UNLOCK_CHECK_H
#define CLI_UNLOCK_CHECK_H

#include "findings.h"
#include "unlock/overrides.h"
#include "unlock_types.h"

/*
 * cli_unlock_check_overrides - add what is wrong to @findings
 * @types: of the driver; NULL: not known
 * @branch: of the driver; 0: not known
 */
void cli_unlock_check_overrides(struct cli_findings *findings,
				const struct unlock_overrides *overrides,
				const struct gs_unlock_types *types, unsigned int branch);

#endif
