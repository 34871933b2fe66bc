// SPDX-License-Identifier: GPL-2.0
/*
 * The floor of the benchmark: a dump and a /proc file with as many messages and
 * bytes as gpushift's, made from nothing.  What gpushift costs more than this is
 * what finding the facts costs.
 *
 * Family "gpushift-floor", command 1, dump only.  /proc/gpushift-floor.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/genetlink.h>

#define FLOOR_CMD_GET 1
#define MAX_ATTRS 64
#define MAX_BYTES 2048

static unsigned int messages = 238;
module_param(messages, uint, 0644);
MODULE_PARM_DESC(messages, "Number of messages in a dump, and of blocks in /proc");

static unsigned short sizes[MAX_ATTRS] = { 4, 13 };
static unsigned int nr_sizes = 2;
module_param_array(sizes, ushort, &nr_sizes, 0644);
MODULE_PARM_DESC(sizes, "Payload bytes of each attribute of a message, at most 2048");

static unsigned int text = 400;
module_param(text, uint, 0644);
MODULE_PARM_DESC(text, "Bytes of each block in /proc, at most 2048");

static char filler[MAX_BYTES];
static struct genl_family family;

static int put_message(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned int i;
	void *message;

	message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			      cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			      FLOOR_CMD_GET);
	if (!message)
		return -EMSGSIZE;
	for (i = 0; i < nr_sizes; i++)
		if (nla_put(skb, i + 1, min_t(size_t, sizes[i], MAX_BYTES),
			    filler))
			goto cancel;
	genlmsg_end(skb, message);
	return 0;

cancel:
	genlmsg_cancel(skb, message);
	return -EMSGSIZE;
}

static int floor_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	while (cb->args[0] < messages) {
		if (put_message(skb, cb))
			return skb->len ? skb->len : -EMSGSIZE;
		cb->args[0]++;
	}
	return skb->len;
}

static const struct genl_ops ops[] = {
	{ .cmd = FLOOR_CMD_GET, .dumpit = floor_dumpit },
};

static struct genl_family family __ro_after_init = {
	.name = "gpushift-floor",
	.version = 1,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = FLOOR_CMD_GET,
};

static void *floor_start(struct seq_file *file, loff_t *pos)
{
	return *pos < messages ? filler : NULL;
}

static void floor_stop(struct seq_file *file, void *item)
{
}

static void *floor_next(struct seq_file *file, void *item, loff_t *pos)
{
	++*pos;
	return floor_start(file, pos);
}

static int floor_show(struct seq_file *file, void *item)
{
	seq_write(file, filler, min_t(size_t, text, MAX_BYTES));
	return 0;
}

static const struct seq_operations seq_ops = {
	.start = floor_start,
	.next = floor_next,
	.stop = floor_stop,
	.show = floor_show,
};

static int __init floor_init(void)
{
	int ret;

	memset(filler, 'x', sizeof(filler));
	ret = genl_register_family(&family);
	if (ret)
		return ret;
	if (!proc_create_seq("gpushift-floor", 0444, NULL, &seq_ops)) {
		genl_unregister_family(&family);
		return -ENOMEM;
	}
	return 0;
}

static void __exit floor_exit(void)
{
	remove_proc_entry("gpushift-floor", NULL);
	genl_unregister_family(&family);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_DESCRIPTION("Lower bound for the benchmark of gpushift");
MODULE_AUTHOR("The gpushift developers");
MODULE_LICENSE("GPL");
