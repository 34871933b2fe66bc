// SPDX-License-Identifier: GPL-2.0
/*
 * gpushift: reports what only the kernel knows about GPUs and their neighbours.
 * It binds, resets and writes nothing.
 */
#include <linux/module.h>

#include "events.h"
#include "gpushift-compat.h"
#include "netlink.h"
#include "proc.h"

static int __init gpushift_init(void)
{
	int ret;

	ret = gpushift_events_init();
	if (ret)
		return ret;
	ret = gpushift_netlink_init();
	if (ret)
		goto events_exit;
	ret = gpushift_proc_init();
	if (ret)
		goto netlink_exit;
	return 0;

netlink_exit:
	gpushift_netlink_exit();
events_exit:
	gpushift_events_exit();
	return ret;
}

static void __exit gpushift_exit(void)
{
	gpushift_proc_exit();
	gpushift_netlink_exit();
	gpushift_events_exit();
}

module_init(gpushift_init);
module_exit(gpushift_exit);

MODULE_DESCRIPTION("Facts about GPUs for switching them between host and guests");
MODULE_AUTHOR("The gpushift developers");
MODULE_VERSION(GPUSHIFT_VERSION);
MODULE_LICENSE("GPL");
