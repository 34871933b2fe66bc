// SPDX-License-Identifier: GPL-2.0
/*
 * The floor of the benchmark: a netlink dump with as many messages, attributes
 * and bytes as something has that gpushift tells, made from nothing.  What
 * gpushift costs more than this is what finding the facts costs.
 *
 * Family "gpushift-floor", command 1, dump only.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#define FLOOR_CMD_GET 1
#define MAX_ATTRS 128
#define MAX_BYTES 2048

static unsigned int messages = 238;
module_param(messages, uint, 0644);
MODULE_PARM_DESC(messages, "Number of messages in a dump");

static unsigned short sizes[MAX_ATTRS] = { 4, 13 };
static unsigned int nr_sizes = 2;
module_param_array(sizes, ushort, &nr_sizes, 0644);
MODULE_PARM_DESC(sizes, "Payload bytes of each attribute of a message, at most 2048");

static unsigned int longer;
module_param(longer, uint, 0644);
MODULE_PARM_DESC(longer, "Number of messages whose first attribute has 4 bytes more");

static unsigned int more;
module_param(more, uint, 0644);
MODULE_PARM_DESC(more, "Number of messages with one attribute more, an empty one");

static char filler[MAX_BYTES];
static struct genl_family family;

static int put_attributes(struct sk_buff *skb, unsigned int number)
{
	unsigned int i, size;

	for (i = 0; i < nr_sizes; i++) {
		size = sizes[i] + (!i && number < longer ? 4 : 0);
		if (nla_put(skb, i + 1, min_t(unsigned int, size, MAX_BYTES),
			    filler))
			return -EMSGSIZE;
	}
	return number < more ? nla_put(skb, i + 1, 0, NULL) : 0;
}

static int put_message(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *message;

	message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			      cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			      FLOOR_CMD_GET);
	if (!message)
		return -EMSGSIZE;
	if (put_attributes(skb, cb->args[0])) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
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

static int __init floor_init(void)
{
	memset(filler, 'x', sizeof(filler));
	return genl_register_family(&family);
}

static void __exit floor_exit(void)
{
	genl_unregister_family(&family);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_DESCRIPTION("Lower bound for the benchmark of gpushift");
MODULE_AUTHOR("The gpushift developers");
MODULE_LICENSE("GPL");
