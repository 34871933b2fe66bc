// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forward.c - the least that a service can do with an event of the module: say
 * on the system bus which driver a function has now. The daemon is measured
 * against it.
 *
 *	gpushift-forward	answers to org.gpushift.Forward, until it is killed
 */
#include <err.h>
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#define NAME "org.gpushift.Forward"
#define PATH "/org/gpushift/Forward"

static char driver[64];
static sd_bus *bus;

static int get_driver(sd_bus *from, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *data, sd_bus_error *error)
{
	(void)from;
	(void)path;
	(void)interface;
	(void)property;
	(void)data;
	(void)error;
	return sd_bus_message_append(reply, "s", driver);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Driver", "s", get_driver, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

static int on_message(struct nl_msg *message, void *data)
{
	struct nlattr *attrs[GPUSHIFT_A_MAX + 1];
	int event;

	(void)data;
	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, GPUSHIFT_A_MAX, NULL) < 0 ||
	    !attrs[GPUSHIFT_A_EVENT])
		return NL_SKIP;
	event = nla_get_u8(attrs[GPUSHIFT_A_EVENT]);
	if (event != GPUSHIFT_EVENT_BOUND && event != GPUSHIFT_EVENT_UNBOUND)
		return NL_OK;
	driver[0] = '\0';
	if (event == GPUSHIFT_EVENT_BOUND && attrs[GPUSHIFT_A_DRIVER])
		nla_strlcpy(driver, attrs[GPUSHIFT_A_DRIVER], sizeof(driver));
	return sd_bus_emit_properties_changed(bus, PATH, NAME, "Driver", NULL) < 0 ? NL_STOP : NL_OK;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)fd;
	(void)events;
	if (nl_recvmsgs_default(data) < 0)
		errx(1, "cannot receive events");
	return 0;
}

static struct nl_sock *join(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int group;

	if (!sock || genl_connect(sock) < 0)
		errx(1, "cannot open a socket");
	group = genl_ctrl_resolve_grp(sock, GPUSHIFT_GENL_NAME, GPUSHIFT_GENL_GROUP_EVENTS);
	if (group < 0 || nl_socket_add_membership(sock, group) < 0)
		errx(1, "the module is not loaded");
	nl_socket_disable_seq_check(sock);
	nl_socket_set_nonblocking(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, NULL);
	return sock;
}

int main(void)
{
	struct nl_sock *sock = join();
	sd_event *event;

	if (sd_event_new(&event) < 0 || sd_bus_open_system(&bus) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, PATH, NAME, vtable, NULL) < 0 ||
	    sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL) < 0 ||
	    sd_bus_request_name(bus, NAME, 0) < 0 ||
	    sd_event_add_io(event, NULL, nl_socket_get_fd(sock), EPOLLIN, on_input, sock) < 0)
		errx(1, "cannot serve on the bus");
	sd_notify(0, "READY=1");
	return sd_event_loop(event) < 0;
}
