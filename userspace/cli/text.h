/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - facts of the model as words; each char * is the caller's to free, NULL: no memory. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "model.h"

/* cli_text_join - "" for an empty list */
char *cli_text_join(char *const *list, const char *separator) gs_must_check;

/* cli_text_command - words for a person to type, several commands parted by ";"; "" for none */
char *cli_text_command(char *const *command) gs_must_check;

/* cli_text_group - the number of an IOMMU group; "" for none */
char *cli_text_group(int group) gs_must_check;

/* cli_text_users - the holders of a card on one line: "Xorg, kwin, 3 more"; "" for none */
char *cli_text_users(const struct gs_card *card) gs_must_check;

/* cli_text_size - "8 GiB", "512 MiB"; "" for 0 */
char *cli_text_size(uint64_t bytes) gs_must_check;

/* cli_text_class - four hexadecimal digits: base class and subclass */
void cli_text_class(const struct gs_function *function, char class[5]);

/* cli_text_known - "yes", "no", "unknown" */
const char *cli_text_known(enum gs_known known);

/* cli_text_or_dash - "-" for what is not there */
const char *cli_text_or_dash(const char *text);

#endif
