// SPDX-License-Identifier: GPL-2.0-or-later
/* bus_signal.c - binding a driver, and the signal that tells of it. */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bus_signal.h"
#include "measure.h"

#define PATIENCE_US (30 * 1000000ULL)
#define REST_US 20000

struct listener {
	sd_bus *bus; /* NULL: nobody is listened to */
	const char *wanted;
	bool told;
};

/* From inside an a{sv}: whether Driver is what is wanted. */
static int find_driver(sd_bus_message *message, struct listener *listener)
{
	const char *name, *driver;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "Driver") == 0) {
			r = sd_bus_message_read(message, "v", "s", &driver);
			listener->told |= r >= 0 && strcmp(driver, listener->wanted) == 0;
		} else if (r >= 0) {
			r = sd_bus_message_skip(message, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

static int on_changed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	if (sd_bus_message_skip(message, "s") < 0 || find_driver(message, data) < 0)
		errx(1, "a signal that cannot be read");
	return 0;
}

static void listen_to(struct listener *listener, const char *sender)
{
	if (strcmp(sender, "-") == 0)
		return;
	if (sd_bus_open_system(&listener->bus) < 0 ||
	    sd_bus_match_signal(listener->bus, NULL, sender, NULL,
				"org.freedesktop.DBus.Properties", "PropertiesChanged", on_changed,
				listener) < 0)
		errx(1, "cannot listen to %s", sender);
}

static void await(struct listener *listener)
{
	int r = 1;

	while (listener->bus && !listener->told) {
		r = sd_bus_process(listener->bus, NULL);
		if (r == 0)
			r = sd_bus_wait(listener->bus, PATIENCE_US);
		if (r <= 0 && !listener->told)
			errx(1, "no signal of a driver '%s'", listener->wanted);
	}
	listener->told = false;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

uint64_t bus_signal_measure(const char *sender, const char *address, const char *driver,
			    unsigned int rounds)
{
	uint64_t *took = calloc(rounds, sizeof(*took)), start, median;
	struct listener listener = { 0 };
	char bind[256], unbind[256];

	if (!took)
		errx(1, "out of memory");
	snprintf(bind, sizeof(bind), "/sys/bus/pci/drivers/%s/bind", driver);
	snprintf(unbind, sizeof(unbind), "/sys/bus/pci/drivers/%s/unbind", driver);
	listen_to(&listener, sender);
	for (unsigned int i = 0; i < rounds; i++) {
		listener.wanted = driver;
		start = now_ns();
		write_text(bind, address);
		await(&listener);
		took[i] = now_ns() - start;
		listener.wanted = "";
		write_text(unbind, address);
		await(&listener);
		/* What a service does after its signal is no part of the next one. */
		usleep(REST_US);
	}
	sd_bus_flush_close_unref(listener.bus);
	median = median_ns(took, rounds);
	free(took);
	return median;
}
