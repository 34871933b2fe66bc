/* SPDX-License-Identifier: GPL-2.0 */
/* family.h - the module's netlink family for the small programs here, which have no library. */
#ifndef GUEST_FAMILY_H
#define GUEST_FAMILY_H

#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/gpushift.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * struct genl - a socket
 * @fd: descriptor
 * @family: number of the module's family
 * @events: number of its group
 * @buffer: what came last
 */
struct genl {
	int fd;
	uint16_t family;
	uint32_t events;
	char buffer[65536] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* A request with room for one attribute. */
struct genl_request {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	char attributes[64];
};

static inline void genl_send(const struct genl *genl, uint16_t family, uint8_t command, uint16_t flags, uint16_t attr,
			     const char *text)
{
	struct genl_request request = {
		.header = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1 },
		.generic = { .cmd = command, .version = 1 },
	};
	struct nlattr *attribute = (struct nlattr *)request.attributes;
	size_t length = text ? strlen(text) + 1 : 0;

	request.header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	if (attr) {
		attribute->nla_type = attr;
		attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
		if (text)
			memcpy(request.attributes + NLA_HDRLEN, text, length);
		request.header.nlmsg_len += NLA_ALIGN(attribute->nla_len);
	}
	if (send(genl->fd, &request, request.header.nlmsg_len, 0) != (ssize_t)request.header.nlmsg_len)
		err(1, "send");
}

/* Return: length of what came, or a negative errno. */
static inline ssize_t genl_receive(struct genl *genl)
{
	ssize_t n = recv(genl->fd, genl->buffer, sizeof(genl->buffer), 0);

	return n < 0 ? -errno : n;
}

static inline const struct nlattr *genl_find(const struct nlattr *attr, size_t left, uint16_t type)
{
	while (left >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= left) {
		size_t length = NLA_ALIGN(attr->nla_len);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (length >= left)
			break;
		left -= length;
		attr = (const struct nlattr *)((const char *)attr + length);
	}
	return NULL;
}

static inline const struct nlattr *genl_attr(const struct nlmsghdr *message, uint16_t type)
{
	const char *at = (const char *)NLMSG_DATA(message) + GENL_HDRLEN;

	return genl_find((const struct nlattr *)at, message->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), type);
}

static inline const void *genl_payload(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

/* 0 where it is not there. */
static inline uint32_t genl_u32(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = genl_attr(message, type);
	uint32_t number = 0;

	if (attr)
		memcpy(&number, genl_payload(attr), sizeof(number));
	return number;
}

static inline uint8_t genl_u8(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = genl_attr(message, type);

	return attr ? *(const uint8_t *)genl_payload(attr) : 0;
}

static inline const char *genl_string(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = genl_attr(message, type);

	return attr ? genl_payload(attr) : "";
}

/* The one group of the family is the one for events. */
static inline uint32_t genl_group(const struct nlmsghdr *message)
{
	const struct nlattr *groups = genl_attr(message, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *first, *id;
	uint32_t number = 0;

	if (!groups)
		return 0;
	first = genl_payload(groups);
	id = genl_find(genl_payload(first), first->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID);
	if (id)
		memcpy(&number, genl_payload(id), sizeof(number));
	return number;
}

static inline void genl_open(struct genl *genl)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)genl->buffer;
	const struct nlattr *id;

	genl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (genl->fd < 0)
		err(1, "socket");
	genl_send(genl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, CTRL_ATTR_FAMILY_NAME, GPUSHIFT_GENL_NAME);
	if (genl_receive(genl) < 0 || message->nlmsg_type == NLMSG_ERROR)
		errx(1, "there is no family %s", GPUSHIFT_GENL_NAME);
	id = genl_attr(message, CTRL_ATTR_FAMILY_ID);
	if (!id)
		errx(1, "the family has no number");
	memcpy(&genl->family, genl_payload(id), sizeof(genl->family));
	genl->events = genl_group(message);
}

/* A dump of every PCI function. */
static inline void genl_ask(const struct genl *genl)
{
	genl_send(genl, genl->family, GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP, GPUSHIFT_A_ALL, NULL);
}

static inline void genl_join(const struct genl *genl)
{
	if (setsockopt(genl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl->events, sizeof(genl->events)))
		err(1, "join");
}

static inline void genl_room(const struct genl *genl, int bytes)
{
	if (setsockopt(genl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		err(1, "SO_RCVBUFFORCE");
}

#endif
