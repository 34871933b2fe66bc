/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/pci.h>

/* nv_is_hooked - did a copy go through hooks? Then a consumer card has vGPU types. */
bool nv_is_hooked(void);

/* nv_card - the card that is bound, NULL: none; one at a time */
struct pci_dev *nv_card(void);

int nv_ctl_init(void);
void nv_ctl_exit(void);
