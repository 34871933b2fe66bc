// SPDX-License-Identifier: GPL-2.0-or-later
/* source_kmod.c - PCI functions and their facts from one dump of the module. */
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "inventory.h"
#include "message.h"

/* A dump that a device's coming or going disturbs is repeated, but not for ever. */
#define ATTEMPTS 16

/* One read takes a whole message of the kernel, which is at most 32 KiB. */
#define BUFFER_SIZE 65536

struct dump {
	struct gs_host *host;
	int error;
};

static void close_socket(struct nl_sock **socket)
{
	nl_socket_free(*socket);
}
#define cleanup_socket __attribute__((cleanup(close_socket)))

static void free_message(struct nl_msg **message)
{
	nlmsg_free(*message);
}
#define cleanup_message __attribute__((cleanup(free_message)))

static int add_function(struct dump *dump, struct nlattr *attributes, int length)
{
	struct gs_host *host = dump->host;
	struct gs_function function;
	uint32_t generation;
	int r;

	r = gs_message_function(attributes, length, &function, &generation);
	if (r == 0)
		r = gs_grow(&host->functions, host->n_functions, sizeof(*host->functions));
	if (r < 0) {
		gs_function_clear(&function);
		return r;
	}
	host->functions[host->n_functions++] = function;
	host->generation = generation;
	host->generation_known = generation != 0;
	return 0;
}

static int on_message(struct nl_msg *message, void *data)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct genlmsghdr *generic = nlmsg_data(header);
	struct dump *dump = data;

	/* Read on after an error: the socket is done with only after the last message. */
	if (dump->error || !genlmsg_valid_hdr(header, 0) ||
	    generic->cmd != GPUSHIFT_CMD_FUNCTION_GET)
		return NL_OK;
	if (!gs_message_known(generic->version)) {
		dump->error = -EPROTO;
		return NL_OK;
	}
	dump->error = add_function(dump, genlmsg_attrdata(generic, 0),
				   genlmsg_attrlen(generic, 0));
	return NL_OK;
}

static void forget_functions(struct gs_host *host)
{
	for (size_t i = 0; i < host->n_functions; i++)
		gs_function_clear(&host->functions[i]);
	free(host->functions);
	host->functions = NULL;
	host->n_functions = 0;
	host->generation_known = false;
}

static int send_request(struct nl_sock *socket, int family, unsigned int flags)
{
	cleanup_message struct nl_msg *message = nlmsg_alloc();
	int r;

	if (!message)
		return -ENOMEM;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_DUMP,
			 GPUSHIFT_CMD_FUNCTION_GET, GPUSHIFT_GENL_VERSION))
		return -ENOMEM;
	if ((flags & GS_READ_ALL) && nla_put_flag(message, GPUSHIFT_A_ALL) < 0)
		return -ENOMEM;
	r = nl_send_auto(socket, message);
	return r < 0 ? gs_netlink_errno(r) : 0;
}

static int dump_once(struct nl_sock *socket, int family, unsigned int flags, struct gs_host *host)
{
	struct dump dump = { .host = host };
	int r;

	r = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, &dump);
	if (r < 0)
		return gs_netlink_errno(r);
	r = send_request(socket, family, flags);
	if (r < 0)
		return r;
	r = nl_recvmsgs_default(socket);
	if (r < 0)
		return gs_netlink_errno(r);
	return dump.error;
}

static int connect_socket(struct nl_sock *socket)
{
	const struct timeval patience = { .tv_sec = 5 };
	int r;

	r = genl_connect(socket);
	if (r < 0)
		return gs_netlink_errno(r);
	r = nl_socket_set_msg_buf_size(socket, BUFFER_SIZE);
	if (r < 0)
		return gs_netlink_errno(r);
	if (setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0)
		return -errno;
	r = genl_ctrl_resolve(socket, GPUSHIFT_GENL_NAME);
	return gs_netlink_errno(r);
}

int gs_source_kmod_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	cleanup_socket struct nl_sock *socket = NULL;
	int family, r = -EINTR;

	if (engine->foreign_root || !engine->use_module)
		return -ENOENT;
	socket = nl_socket_alloc();
	if (!socket)
		return -ENOMEM;
	family = connect_socket(socket);
	if (family < 0)
		return family;
	for (int i = 0; i < ATTEMPTS && r == -EINTR; i++) {
		forget_functions(host);
		r = dump_once(socket, family, flags, host);
	}
	if (r < 0) {
		forget_functions(host);
		return r;
	}
	gs_host_sort_functions(host);
	host->source = GS_SOURCE_KMOD;
	return 0;
}
