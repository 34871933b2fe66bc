// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events.c - live events: functions from the module, vGPUs from uevents.
 *
 * Without the module functions come from uevents too. Both sockets are open to
 * every user, and both are joined before gs_events_open() returns.
 */
#include "events.h"

#include <linux/gpushift.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>

#include "message.h"
#include "uevent.h"

/* The kernel's own uevents; group 2 is udev's. */
#define UEVENT_GROUP 1

/* A burst of a whole host's devices shall fit while we are not looking. */
#define RECEIVE_BUFFER (1024 * 1024)
#define MESSAGE_MAX 16384

struct gs_events {
	struct nl_sock *module; /* NULL: not loaded */
	int family;
	int uevents;
};

static const char *const names[] = {
	[GS_EVENT_ADDED] = "added",
	[GS_EVENT_REMOVED] = "removed",
	[GS_EVENT_BIND] = "bind",
	[GS_EVENT_BOUND] = "bound",
	[GS_EVENT_UNBIND] = "unbind",
	[GS_EVENT_UNBOUND] = "unbound",
	[GS_EVENT_NOT_BOUND] = "not-bound",
	[GS_EVENT_VGPU_ADDED] = "vgpu-added",
	[GS_EVENT_VGPU_REMOVED] = "vgpu-removed",
	[GS_EVENT_CHANGED] = "changed",
	[GS_EVENT_SOURCE] = "source",
	[GS_EVENT_LOST] = "lost",
};

const char *gs_event_name(enum gs_event_kind kind)
{
	size_t i = (size_t)kind;

	return i < GS_ARRAY_SIZE(names) ? names[i] : "unknown";
}

/* More where we may, as much as we may where not. */
static void enlarge_buffer(int fd)
{
	const int size = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int open_uevents(struct gs_events *events)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP };

	events->uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				 NETLINK_KOBJECT_UEVENT);
	if (events->uevents < 0)
		return -errno;
	enlarge_buffer(events->uevents);
	if (bind(events->uevents, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

/* As a dump does: events and functions are of the same source. */
static int check_version(struct nl_sock *module)
{
	struct genl_family *family;
	struct nl_cache *families;
	int r;

	r = genl_ctrl_alloc_cache(module, &families);
	if (r < 0)
		return gs_netlink_errno(r);
	family = genl_ctrl_search_by_name(families, GPUSHIFT_GENL_NAME);
	if (!family)
		r = -ENOENT;
	else if (!gs_message_known(genl_family_get_version(family)))
		r = -EPROTO;
	genl_family_put(family);
	nl_cache_free(families);
	return r;
}

static int join_module(struct gs_events *events, struct nl_sock *module)
{
	int group, r;

	r = genl_connect(module);
	if (r < 0)
		return gs_netlink_errno(r);
	events->family = genl_ctrl_resolve(module, GPUSHIFT_GENL_NAME);
	if (events->family < 0)
		return gs_netlink_errno(events->family);
	group = genl_ctrl_resolve_grp(module, GPUSHIFT_GENL_NAME, GPUSHIFT_GENL_GROUP_EVENTS);
	if (group < 0)
		return gs_netlink_errno(group);
	r = check_version(module);
	if (r < 0)
		return r;
	enlarge_buffer(nl_socket_get_fd(module));
	r = nl_socket_add_membership(module, group);
	if (r == 0)
		r = nl_socket_set_nonblocking(module);
	return gs_netlink_errno(r);
}

/* Whatever keeps the module from answering, uevents tell what they can. */
static int open_module(struct gs_events *events)
{
	struct nl_sock *module = nl_socket_alloc();

	if (!module)
		return -ENOMEM;
	if (join_module(events, module) < 0)
		nl_socket_free(module);
	else
		events->module = module;
	return 0;
}

int gs_events_open(struct gs_engine *engine, struct gs_events **ret)
{
	struct gs_events *events;
	int r;

	/* Nothing happens in a tree. */
	if (engine->foreign_root)
		return -EOPNOTSUPP;
	events = calloc(1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	r = open_uevents(events);
	if (r == 0 && engine->use_module)
		r = open_module(events);
	if (r < 0) {
		gs_events_close(events);
		return r;
	}
	*ret = events;
	return 0;
}

void gs_events_close(struct gs_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->module);
	if (events->uevents >= 0)
		close(events->uevents);
	free(events);
}

enum gs_source gs_events_source(const struct gs_events *events)
{
	return events->module ? GS_SOURCE_KMOD : GS_SOURCE_SYSFS;
}

size_t gs_events_fds(const struct gs_events *events, int fds[2])
{
	size_t n = 0;

	fds[n++] = events->uevents;
	if (events->module)
		fds[n++] = nl_socket_get_fd(events->module);
	return n;
}

/* Returns the message's length, 0 when there is none now, or -errno. */
static ssize_t receive(int fd, char buffer[MESSAGE_MAX])
{
	struct sockaddr_nl from = { 0 };
	struct iovec part = { .iov_base = buffer, .iov_len = MESSAGE_MAX };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t n;

	/* Only the kernel is believed, and what was cut off is passed over. */
	do {
		n = recvmsg(fd, &message, MSG_DONTWAIT);
	} while ((n < 0 && errno == EINTR) ||
		 (n > 0 && (from.nl_pid != 0 || (message.msg_flags & MSG_TRUNC))));
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

static int read_message(const struct gs_events *events, char *buffer, int length,
			struct gs_event *ret)
{
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	struct genlmsghdr *generic;

	if (!nlmsg_ok(header, length) || header->nlmsg_type != events->family ||
	    !genlmsg_valid_hdr(header, 0))
		return -ENOMSG;
	generic = nlmsg_data(header);
	if (generic->cmd != GPUSHIFT_CMD_EVENT)
		return -ENOMSG;
	return gs_message_event(genlmsg_attrdata(generic, 0), genlmsg_attrlen(generic, 0), ret);
}

/* As gs_events_next() for one of the sockets. */
static int next_of(struct gs_events *events, bool module, struct gs_event *ret)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	int fd = module ? nl_socket_get_fd(events->module) : events->uevents;
	ssize_t n;
	int r;

	do {
		n = receive(fd, buffer);
		if (n == -ENOBUFS) {
			*ret = (struct gs_event){ .kind = GS_EVENT_LOST };
			return 1;
		}
		if (n <= 0)
			return (int)n;
		r = module ? read_message(events, buffer, (int)n, ret) :
			     gs_uevent_parse(buffer, (size_t)n, !events->module, ret);
	} while (r < 0);
	return 1;
}

int gs_events_next(struct gs_events *events, struct gs_event *ret)
{
	int r = events->module ? next_of(events, true, ret) : 0;

	return r ? r : next_of(events, false, ret);
}
