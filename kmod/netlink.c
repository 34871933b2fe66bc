// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: see uapi/linux/gpushift.h for the protocol.
 */
#include <linux/mutex.h>
#include <net/genetlink.h>

#include "function.h"
#include "gpushift-compat.h"
#include "netlink.h"

/* All attributes of one function but the members of its group. */
#define MESSAGE_SIZE 2048

/* One attribute that holds the name of a member. */
#define MEMBER_SIZE 32

static struct genl_family family;

/* Orders the last event against the end of the family. */
static DEFINE_MUTEX(live_mutex);
static bool live;

/**
 * struct cursor - where a dump goes on, kept in netlink_callback.ctx
 * @index: the address, as a place in the array of functions
 * @all: whether functions out of scope are dumped too
 *
 * No reference: a dump that is never read to its end holds nothing.
 */
struct cursor {
	unsigned long index;
	bool all;
};

/**
 * struct list_put - where the items of a list go
 * @skb: the message
 * @attr: the attribute for each of them
 */
struct list_put {
	struct sk_buff *skb;
	enum gpushift_attr attr;
};

static int put_item(const char *item, void *data)
{
	struct list_put *list = data;

	return nla_put_string(list->skb, list->attr, item);
}

static int put_list(struct sk_buff *skb, enum gpushift_attr attr,
		    const struct gpushift_view *view)
{
	struct list_put list = { .skb = skb, .attr = attr };

	return gpushift_facts_each(view, attr, put_item, &list);
}

static int put_value(struct sk_buff *skb, enum gpushift_attr attr,
		     const struct gpushift_facts *facts)
{
	const struct gpushift_field *field = &gpushift_fields[attr];
	const void *value = gpushift_fact(facts, field);

	switch ((enum gpushift_kind)field->kind) {
	case GPUSHIFT_KIND_U8:
		return nla_put(skb, attr, sizeof(u8), value);
	case GPUSHIFT_KIND_U16:
		return nla_put(skb, attr, sizeof(u16), value);
	case GPUSHIFT_KIND_U32:
	case GPUSHIFT_KIND_S32:
		return nla_put(skb, attr, sizeof(u32), value);
	case GPUSHIFT_KIND_STRING:
		return nla_put_string(skb, attr, *(const char *const *)value);
	case GPUSHIFT_KIND_NONE:
	case GPUSHIFT_KIND_LIST:
		break;
	}
	return -EINVAL;
}

/* Return: 0 or -EMSGSIZE, with whatever did fit left in @skb. */
static int put_facts(struct sk_buff *skb, const struct gpushift_view *view)
{
	const struct gpushift_function *function = view->function;
	u64 left = view->facts.present & ~GPUSHIFT_IDENTITY;
	int ret;

	ret = nla_put_u32(skb, GPUSHIFT_A_GENERATION, view->facts.generation);
	if (ret || skb_tailroom(skb) < function->identity_size)
		return -EMSGSIZE;
	skb_put_data(skb, function->identity, function->identity_size);
	for (; left && !ret; left &= left - 1) {
		enum gpushift_attr attr = __ffs64(left);

		if (gpushift_fields[attr].kind == GPUSHIFT_KIND_LIST)
			ret = put_list(skb, attr, view);
		else
			ret = put_value(skb, attr, &view->facts);
	}
	return ret ? -EMSGSIZE : 0;
}

/**
 * gpushift_netlink_pack() - pack the facts that never change
 * @function: the function, after gpushift_facts_identify()
 *
 * Return: 0 or a negative error code.
 */
int gpushift_netlink_pack(struct gpushift_function *function)
{
	u64 left = function->facts.present & GPUSHIFT_IDENTITY;
	struct sk_buff *skb;
	int ret = 0;

	skb = alloc_skb(sizeof(function->identity), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	for (; left && !ret; left &= left - 1) {
		enum gpushift_attr attr = __ffs64(left);

		ret = put_value(skb, attr, &function->facts);
	}
	if (!ret && skb->len <= sizeof(function->identity)) {
		memcpy(function->identity, skb->data, skb->len);
		function->identity_size = skb->len;
	} else {
		ret = -EMSGSIZE;
	}
	kfree_skb(skb);
	return ret;
}

static size_t message_size(void)
{
	return MESSAGE_SIZE + gpushift_functions_largest_group() * MEMBER_SIZE;
}

static int reply_with(struct genl_info *info, const struct gpushift_view *view)
{
	struct sk_buff *skb;
	void *message;

	skb = genlmsg_new(message_size(), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	message = genlmsg_put_reply(skb, info, &family, 0,
				    GPUSHIFT_CMD_FUNCTION_GET);
	if (!message || put_facts(skb, view)) {
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
	gpushift_facts_read(&view);
	ret = reply_with(info, &view);
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
	cursor->index = 0;
	cursor->all = nla_get_flag(attrs[GPUSHIFT_A_ALL]);
	cb->min_dump_alloc = message_size();
	return 0;
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct gpushift_view *view)
{
	void *message;

	message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			      cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			      GPUSHIFT_CMD_FUNCTION_GET);
	if (!message)
		return -EMSGSIZE;
	/* Flags the message when an event came after the one before it. */
	cb->seq = view->facts.generation;
	genl_dump_check_consistent(cb, message);
	if (put_facts(skb, view)) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
}

static int function_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = (struct cursor *)cb->ctx;
	struct gpushift_view view;
	int ret = 0;

	while (!ret && gpushift_view_find(&view, &cursor->index, cursor->all)) {
		gpushift_facts_read(&view);
		ret = dump_one(skb, cb, &view);
		gpushift_view_put(&view);
		if (!ret)
			cursor->index++;
	}
	if (ret)
		return skb->len ? skb->len : ret;
	/* For NLMSG_DONE: the function that went may have been the last one. */
	cb->seq = gpushift_functions_generation();
	return skb->len;
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
