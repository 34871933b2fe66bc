// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: see uapi/linux/gpushift.h for the protocol.
 */
#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "facts.h"
#include "gpushift-compat.h"
#include "netlink.h"
#include "pack.h"
#include "registry.h"

/* Larger buffers would be cut by those who read as is common. */
#define BUFFER_MAX SKB_WITH_OVERHEAD(32768)

/* Header of one function's message, and the end of the dump. */
#define MESSAGE_HEADER (NLMSG_HDRLEN + GENL_HDRLEN)
#define DUMP_END NLMSG_SPACE(sizeof(int))

static struct genl_family family;

/* Orders the last event against the end of the family. */
static DEFINE_MUTEX(live_mutex);
static bool live;

/**
 * struct cursor - where a dump goes on, kept in netlink_callback.ctx
 * @index: the address, as a place in the array of functions
 * @all: whether functions out of scope are dumped too
 * @privileged: whether the caller may see what sysfs keeps for root
 * @ahead: whether buffers may still be queued ahead, see queue_ahead()
 *
 * No reference: a dump that is never read to its end holds nothing.
 */
struct cursor {
	unsigned long index;
	bool all;
	bool privileged;
	bool ahead;
};

/* Return: 0 or -EMSGSIZE; then @skb is as it was. */
static int put_facts(struct sk_buff *skb, const struct gpushift_view *view,
		     bool privileged)
{
	struct gpushift_pack pack = {
		.data = skb_tail_pointer(skb),
		.size = skb_tailroom(skb),
	};

	gpushift_pack_u32(&pack, GPUSHIFT_A_GENERATION, view->generation);
	gpushift_facts_pack_cached(view, privileged, &pack);
	gpushift_facts_pack_live(view, &pack);
	if (pack.error)
		return -EMSGSIZE;
	skb_put(skb, pack.used);
	return 0;
}

static size_t message_size(unsigned int cached)
{
	return MESSAGE_HEADER + GPUSHIFT_LIVE_SIZE + cached;
}

/* Room for any one function, when nothing grows. */
static size_t largest_message(void)
{
	return message_size(gpushift_functions_largest());
}

/* What a whole dump takes, rather more than less. */
static size_t dump_size(bool all)
{
	return gpushift_functions_bytes(all, MESSAGE_HEADER +
					GPUSHIFT_LIVE_USUAL) +
	       GPUSHIFT_LIVE_SIZE + DUMP_END;
}

/* Room for a whole dump where that is possible, else for any one function. */
static size_t buffer_size(bool all)
{
	return max(largest_message() + DUMP_END,
		   min_t(size_t, dump_size(all), BUFFER_MAX));
}

static int reply_with(struct sk_buff *request, struct genl_info *info,
		      const struct gpushift_view *view)
{
	bool privileged = netlink_capable(request, CAP_SYS_ADMIN);
	struct sk_buff *skb;
	void *message;

	skb = nlmsg_new(message_size(view->cached->size), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	message = genlmsg_put_reply(skb, info, &family, 0,
				    GPUSHIFT_CMD_FUNCTION_GET);
	if (!message || put_facts(skb, view, privileged)) {
		nlmsg_free(skb);
		GENL_SET_ERR_MSG(info, "the facts do not fit into a message");
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return genlmsg_reply(skb, info);
}

static int function_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct gpushift_view view;
	unsigned long index;
	int ret;

	if (info->attrs[GPUSHIFT_A_ALL]) {
		GENL_SET_ERR_MSG(info, "ALL is for dumps only");
		return -EINVAL;
	}
	if (!info->attrs[GPUSHIFT_A_ADDRESS]) {
		GENL_SET_ERR_MSG(info, "ADDRESS is missing");
		return -EINVAL;
	}
	if (!gpushift_parse_address(nla_data(info->attrs[GPUSHIFT_A_ADDRESS]),
				    &index)) {
		GENL_SET_ERR_MSG(info, "ADDRESS is not of the form dddd:bb:dd.f in lower case");
		return -EINVAL;
	}
	ret = gpushift_functions_refresh();
	if (ret) {
		GENL_SET_ERR_MSG(info, "no memory to work out the scope");
		return ret;
	}
	if (!gpushift_view_get(&view, index)) {
		GENL_SET_ERR_MSG(info, "there is no PCI function at ADDRESS");
		return -ENODEV;
	}
	ret = reply_with(skb, info, &view);
	gpushift_view_put(&view);
	return ret;
}

static int function_get_start(struct netlink_callback *cb)
{
	struct cursor *cursor = (struct cursor *)cb->ctx;
	struct nlattr **attrs = gpushift_dump_attrs(cb);
	int ret;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));

	if (attrs[GPUSHIFT_A_ADDRESS]) {
		NL_SET_ERR_MSG(cb->extack, "ADDRESS is not for dumps");
		return -EINVAL;
	}
	ret = gpushift_functions_refresh();
	if (ret) {
		NL_SET_ERR_MSG(cb->extack, "no memory to work out the scope");
		return ret;
	}
	/* What came since is not there yet: then the first message differs. */
	cb->prev_seq = gpushift_functions_refreshed();
	cursor->index = 0;
	cursor->all = nla_get_flag(attrs[GPUSHIFT_A_ALL]);
	cursor->privileged = netlink_capable(cb->skb, CAP_SYS_ADMIN);
	cursor->ahead = true;
	cb->min_dump_alloc = buffer_size(cursor->all);
	return 0;
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct gpushift_view *view)
{
	struct cursor *cursor = (struct cursor *)cb->ctx;
	void *message;

	message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			      cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			      GPUSHIFT_CMD_FUNCTION_GET);
	if (!message)
		return -EMSGSIZE;
	/* Flags the message when an event came after the one before it. */
	cb->seq = view->generation;
	genl_dump_check_consistent(cb, message);
	if (put_facts(skb, view, cursor->privileged)) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
}

/*
 * Return: 0 when all is dumped, -EMSGSIZE when @skb is full.
 *
 * What does not fit even into an empty buffer has grown since the dump began.  It
 * is left out: an event came before, so the dump is flagged as interrupted.
 */
static int dump_into(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = (struct cursor *)cb->ctx;
	struct gpushift_view view;
	int ret;

	while (gpushift_view_find(&view, &cursor->index, cursor->all)) {
		ret = dump_one(skb, cb, &view);
		gpushift_view_put(&view);
		if (ret && skb->len)
			return ret;
		cursor->index++;
	}
	return 0;
}

/* Half of what is free stays so, for the core's own buffer and for events. */
static bool has_room(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) + 2 * SKB_TRUESIZE(BUFFER_MAX) <=
	       READ_ONCE(sk->sk_rcvbuf);
}

/*
 * The netlink core asks for one buffer with the request, and for the next when
 * that is read; until all are, the module cannot be unloaded.  So that whoever
 * never reads does not hold it, the reader's socket is filled ahead, as far as it
 * has room: then most dumps are complete before the request returns.
 *
 * Return: 0 when all is dumped, -EMSGSIZE when the rest is the core's, or another
 * negative error code.
 */
static int queue_ahead(struct netlink_callback *cb)
{
	struct sk_buff *skb;
	int ret = -EMSGSIZE;

	while (ret == -EMSGSIZE && has_room(NETLINK_CB(cb->skb).sk)) {
		skb = alloc_skb(BUFFER_MAX, GFP_KERNEL | __GFP_NOWARN);
		if (!skb)
			break;
		ret = dump_into(skb, cb);
		if (skb->len) {
			int sent = genlmsg_unicast(&init_net, skb,
						   NETLINK_CB(cb->skb).portid);

			ret = sent ? sent : ret;
		} else {
			kfree_skb(skb);
		}
	}
	return ret;
}

static int function_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = (struct cursor *)cb->ctx;
	bool ahead = cursor->ahead && largest_message() <= BUFFER_MAX &&
		     dump_size(cursor->all) > skb_tailroom(skb);
	int ret = -EMSGSIZE;

	cursor->ahead = false;
	if (ahead)
		ret = queue_ahead(cb);
	if (ret == -EMSGSIZE)
		ret = dump_into(skb, cb);
	if (ret)
		return skb->len ? skb->len : ret;
	/* For NLMSG_DONE: the function that went may have been the last one. */
	cb->seq = gpushift_functions_generation();
	/* Not the length: that would ask for a buffer more, to hold the end. */
	return 0;
}

static const struct nla_policy function_get_policy[GPUSHIFT_A_ALL + 1] = {
	[GPUSHIFT_A_ADDRESS] = { .type = NLA_NUL_STRING,
				 .len = GPUSHIFT_ADDRESS_MAX },
	[GPUSHIFT_A_ALL] = { .type = NLA_FLAG },
};

static const struct genl_ops ops[] = {
	{
		/* No flags: everyone may read what sysfs shows to everyone. */
		.cmd = GPUSHIFT_CMD_FUNCTION_GET,
		.doit = function_get_doit,
		.start = function_get_start,
		.dumpit = function_get_dumpit,
		.policy = function_get_policy,
		.maxattr = ARRAY_SIZE(function_get_policy) - 1,
	},
};

enum {
	GROUP_EVENTS,
};

static const struct genl_multicast_group groups[] = {
	[GROUP_EVENTS] = { .name = GPUSHIFT_GENL_GROUP_EVENTS },
};

/*
 * Without .netnsok: what is told is about the host.  With .parallel_ops: nobody
 * waits for the dump of somebody else.
 */
static struct genl_family family __ro_after_init = {
	.name = GPUSHIFT_GENL_NAME,
	.version = GPUSHIFT_GENL_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = GPUSHIFT_CMD_FUNCTION_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static int put_event(struct sk_buff *skb, struct pci_dev *pdev,
		     enum gpushift_event event, u32 generation,
		     const char *driver)
{
	return nla_put_u32(skb, GPUSHIFT_A_GENERATION, generation) ||
	       nla_put_u8(skb, GPUSHIFT_A_EVENT, event) ||
	       nla_put_string(skb, GPUSHIFT_A_ADDRESS, pci_name(pdev)) ||
	       nla_put_u16(skb, GPUSHIFT_A_VENDOR_ID, pdev->vendor) ||
	       nla_put_u16(skb, GPUSHIFT_A_DEVICE_ID, pdev->device) ||
	       nla_put_u32(skb, GPUSHIFT_A_CLASS, pdev->class) ||
	       (driver[0] && nla_put_string(skb, GPUSHIFT_A_DRIVER, driver));
}

static void multicast_event(struct pci_dev *pdev, enum gpushift_event event,
			    u32 generation, const char *driver)
{
	struct sk_buff *skb;
	void *message;

	if (!genl_has_listeners(&family, &init_net, GROUP_EVENTS))
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	message = genlmsg_put(skb, 0, 0, &family, 0, GPUSHIFT_CMD_EVENT);
	if (!message || put_event(skb, pdev, event, generation, driver)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, message);
	genlmsg_multicast(&family, skb, 0, GROUP_EVENTS, GFP_KERNEL);
}

/**
 * gpushift_netlink_event() - tell the listeners of an event
 * @pdev: the function
 * @event: what happened to it
 * @generation: the event's number
 * @driver: name of the driver that it is about, or ""
 *
 * To be called in the order of the numbers.  A listener sees from a gap in the
 * numbers that an event could not be sent.
 */
void gpushift_netlink_event(struct pci_dev *pdev, enum gpushift_event event,
			    u32 generation, const char *driver)
{
	mutex_lock(&live_mutex);
	if (live)
		multicast_event(pdev, event, generation, driver);
	mutex_unlock(&live_mutex);
}

static void set_live(bool value)
{
	mutex_lock(&live_mutex);
	live = value;
	mutex_unlock(&live_mutex);
}

/**
 * gpushift_netlink_init() - register the family
 *
 * Return: 0 or a negative error code.
 */
int __init gpushift_netlink_init(void)
{
	int ret = genl_register_family(&family);

	if (!ret)
		set_live(true);
	return ret;
}

/**
 * gpushift_netlink_exit() - unregister the family
 */
void gpushift_netlink_exit(void)
{
	set_live(false);
	genl_unregister_family(&family);
}
