// SPDX-License-Identifier: GPL-2.0
/* Says by its parameter whether copies go through hooks. */
#include <linux/module.h>

#include "os-interface.h"

static const char secret[] = "as it was";
static char answer[16];
module_param_string(answer, answer, sizeof(answer), 0444);
MODULE_PARM_DESC(answer, "What came of a copy");

static int __init nv_init(void)
{
	os_copy(answer, secret, sizeof(secret));
	return 0;
}

static void __exit nv_exit(void)
{
}

module_init(nv_init);
module_exit(nv_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test driver with the file layout of NVIDIA's");
