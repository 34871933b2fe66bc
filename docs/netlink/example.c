// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the functions that gpushift.ko tells of, then what happens to them, until it is ended. */
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>

static int print(struct nl_msg *msg, void *arg)
{
	static const char *const words[] = { "is", "added", "removed", "bind", "bound", "unbind", "unbound", "not-bound" };
	struct nlattr *attrs[GPUSHIFT_A_MAX + 1], *driver, *event;
	uint32_t generation, *dumped = arg;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, GPUSHIFT_A_MAX, NULL))
		return NL_SKIP;
	driver = attrs[GPUSHIFT_A_DRIVER];
	event = attrs[GPUSHIFT_A_EVENT];
	generation = nla_get_u32(attrs[GPUSHIFT_A_GENERATION]);
	if (!event)
		*dumped = generation;
	else if ((int32_t)(generation - *dumped) <= 0)
		return NL_SKIP;
	printf("%u %s %s %s\n", generation, nla_get_string(attrs[GPUSHIFT_A_ADDRESS]),
	       words[event ? nla_get_u8(event) % 8 : 0], driver ? nla_get_string(driver) : "-");
	return NL_OK;
}

static int dump(struct nl_sock *sock, int family)
{
	int ret = -NLE_DUMP_INTR;

	while (ret == -NLE_DUMP_INTR) {
		ret = genl_send_simple(sock, family, GPUSHIFT_CMD_FUNCTION_GET, GPUSHIFT_GENL_VERSION, NLM_F_DUMP);
		ret = ret < 0 ? ret : nl_recvmsgs_default(sock);
	}
	return ret;
}

int main(void)
{
	/* A socket for each, so that no event comes in between the answers. */
	struct nl_sock *ask = nl_socket_alloc(), *listen = nl_socket_alloc();
	uint32_t dumped = 0;
	int family, ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	nl_socket_modify_cb(ask, NL_CB_VALID, NL_CB_CUSTOM, print, &dumped);
	nl_socket_modify_cb(listen, NL_CB_VALID, NL_CB_CUSTOM, print, &dumped);
	nl_socket_disable_seq_check(listen);
	family = genl_connect(ask) || genl_connect(listen) ? -NLE_FAILURE : genl_ctrl_resolve(ask, GPUSHIFT_GENL_NAME);
	ret = family < 0 ? family : nl_socket_add_membership(listen,
			genl_ctrl_resolve_grp(ask, GPUSHIFT_GENL_NAME, GPUSHIFT_GENL_GROUP_EVENTS));
	ret = ret ? ret : dump(ask, family);
	while (!ret || ret == -NLE_NOMEM) /* events were lost */
		ret = ret ? dump(ask, family) : nl_recvmsgs_default(listen);
	nl_perror(ret, "gpushift");
	return 1;
}
