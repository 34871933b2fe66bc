// SPDX-License-Identifier: GPL-2.0-or-later
#include "wait.h"

#include <libudev.h>
#include <poll.h>

static int wait_one(struct udev_monitor *monitor, uint64_t deadline)
{
	struct pollfd event = { .fd = udev_monitor_get_fd(monitor), .events = POLLIN };
	uint64_t now = gs_now_us();
	uint64_t left = now < deadline ? (deadline - now + 999) / 1000 : 0;
	int r;

	r = poll(&event, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	if (r < 0 && errno != EINTR)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	udev_device_unref(udev_monitor_receive_device(monitor));
	return 0;
}

static int wait_with(struct udev *udev, const char *subsystem, bool (*done)(void *), void *data,
		     uint64_t deadline)
{
	/* "kernel": also where no udevd runs (initramfs, rescue shell) */
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, "kernel");
	int r = 0;

	if (!monitor)
		return errno ? -errno : -ENOMEM;
	if (subsystem)
		r = udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(monitor);
	while (r >= 0 && !done(data))
		r = wait_one(monitor, deadline);
	udev_monitor_unref(monitor);
	/* Events can get lost; what is true in the end counts. */
	if (r == -ETIMEDOUT && done(data))
		return 0;
	return r < 0 ? r : 0;
}

int gs_wait_uevent(struct gs_engine *engine, const char *subsystem, bool (*done)(void *data),
		   void *data, unsigned int timeout_ms)
{
	uint64_t deadline = gs_now_us() + (uint64_t)timeout_ms * 1000;
	struct udev *udev;
	int r;

	(void)engine; /* uevents are the host's; a foreign tree is never written */
	if (done(data))
		return 0;
	udev = udev_new();
	if (!udev)
		return -ENOMEM;
	r = wait_with(udev, subsystem, done, data, deadline);
	udev_unref(udev);
	return r;
}
