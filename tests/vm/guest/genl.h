/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generic netlink by bare sockets, for programs that say things which no library would send. */
#ifndef TEST_GENL_H
#define TEST_GENL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/gpushift.h>

#define GENL_BUFFER (1 << 16)

struct request {
	union {
		struct nlmsghdr header;
		uint8_t bytes[GENL_BUFFER];
	};
};

static inline struct genlmsghdr *genl_header(struct request *request)
{
	return NLMSG_DATA(&request->header);
}

static inline void request_start(struct request *request, uint16_t family, uint8_t command, uint16_t flags, uint32_t seq)
{
	memset(request->bytes, 0, NLMSG_LENGTH(GENL_HDRLEN));
	request->header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request->header.nlmsg_type = family;
	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	request->header.nlmsg_seq = seq;
	genl_header(request)->cmd = command;
	genl_header(request)->version = GPUSHIFT_GENL_VERSION;
}

static inline void request_attr(struct request *request, uint16_t type, const void *data, size_t length)
{
	struct nlattr *attr = (struct nlattr *)(request->bytes + NLMSG_ALIGN(request->header.nlmsg_len));
	size_t end = NLMSG_ALIGN(request->header.nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(length);

	if (end > sizeof(request->bytes))
		return;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + length;
	memset((uint8_t *)attr + NLA_HDRLEN, 0, NLA_ALIGN(length));
	if (length)
		memcpy((uint8_t *)attr + NLA_HDRLEN, data, length);
	request->header.nlmsg_len = end;
}

static inline int genl_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	/* An answer that never comes is a failure, not a hang; the debug kernel is slow. */
	struct timeval patience = { .tv_sec = 120 };
	int on = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("netlink socket");
		exit(2);
	}
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static inline int genl_send(int fd, const void *bytes, size_t length)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, bytes, length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

static inline const struct nlattr *genl_find(const struct nlmsghdr *message, uint16_t type)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);

	while (at + NLA_HDRLEN <= message->nlmsg_len) {
		const struct nlattr *attr = (const struct nlattr *)((const uint8_t *)message + at);

		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > message->nlmsg_len)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static inline const void *genl_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + NLA_HDRLEN;
}

/* NLMSG_OK, but for lengths that may have gone below zero after the last message. */
static inline bool genl_ok(const struct nlmsghdr *message, ssize_t left)
{
	return left >= (ssize_t)sizeof(*message) && message->nlmsg_len >= sizeof(*message) && (ssize_t)message->nlmsg_len <= left;
}

/* Called for each message of an answer. */
typedef void genl_message_fn(const struct nlmsghdr *message, void *data);

#define GENL_INTERRUPTED 1

/*
 * Reads until the answer to @seq has ended: by an acknowledgment, an error, a done.  Other answers are passed over.
 * Return: 0, GENL_INTERRUPTED when a dump was marked so, or a negative error code, of the kernel or of recv.
 */
static inline int genl_wait(int fd, uint32_t seq, genl_message_fn *each, void *data)
{
	static __thread uint8_t buffer[GENL_BUFFER] __attribute__((aligned(8)));
	int interrupted = 0;

	for (;;) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;

		if (length < 0)
			return -errno;
		for (; genl_ok(message, length); message = NLMSG_NEXT(message, length)) {
			if (message->nlmsg_seq != seq)
				continue;
			if (message->nlmsg_flags & NLM_F_DUMP_INTR && message->nlmsg_type != NLMSG_ERROR)
				interrupted = GENL_INTERRUPTED;
			if (message->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
			if (message->nlmsg_type == NLMSG_DONE) {
				int error = *(const int *)NLMSG_DATA(message);

				return error < 0 ? error : interrupted;
			}
			if (each)
				each(message, data);
		}
	}
}

struct genl_ids {
	uint16_t family;
	uint32_t group;
};

static inline void genl_note_ids(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *id = genl_find(message, CTRL_ATTR_FAMILY_ID), *groups = genl_find(message, CTRL_ATTR_MCAST_GROUPS);
	struct genl_ids *ids = data;

	if (id)
		ids->family = *(const uint16_t *)genl_data(id);
	/* One group: an attribute with a number, and in it the id and the name. */
	if (groups) {
		const struct nlattr *inner = genl_data((const struct nlattr *)genl_data(groups));

		while (inner->nla_type != CTRL_ATTR_MCAST_GRP_ID)
			inner = (const struct nlattr *)((const uint8_t *)inner + NLA_ALIGN(inner->nla_len));
		ids->group = *(const uint32_t *)genl_data(inner);
	}
}

/* Return: 0 or a negative error code; -ENOENT when the module is not loaded. */
static inline int genl_resolve(int fd, struct genl_ids *ids, uint32_t seq)
{
	struct request *request = malloc(sizeof(*request));
	int ret;

	request_start(request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, seq);
	request_attr(request, CTRL_ATTR_FAMILY_NAME, GPUSHIFT_GENL_NAME, sizeof(GPUSHIFT_GENL_NAME));
	ids->family = 0;
	ret = genl_send(fd, request->bytes, request->header.nlmsg_len);
	if (!ret)
		ret = genl_wait(fd, seq, genl_note_ids, ids);
	free(request);
	return ret ? ret : ids->family ? 0 : -ENOENT;
}

#endif
