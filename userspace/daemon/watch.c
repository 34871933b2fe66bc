// SPDX-License-Identifier: GPL-2.0-or-later
/* watch.c - from the kernel's events to the model */
#include "watch.h"

#include "log.h"
#include "shown.h"

/* All that is there now; whether the host is to be read again, and by another source. */
static int drain(struct daemon *daemon, bool *read_again, bool *other_source)
{
	struct gs_event event;
	int r;

	while ((r = gs_events_next(daemon->events, &event)) > 0) {
		*other_source |= event.kind == GS_EVENT_SOURCE;
		if (!*read_again && !shown_apply(daemon, &event))
			*read_again = true;
	}
	return r;
}

/* Events before the host: what changes while it is read is told as well. */
static void change_source(struct daemon *daemon)
{
	int r = watch_open(daemon);

	if (r < 0)
		log_error(r, "cannot listen to the kernel any more");
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct daemon *daemon = data;
	bool read_again = false, other_source = false;
	int r;

	(void)source;
	(void)fd;
	(void)events;
	r = drain(daemon, &read_again, &other_source);
	if (r < 0) {
		log_error(r, "cannot read the kernel's events");
		read_again = true;
	}
	if (other_source)
		change_source(daemon);
	if (!read_again) {
		shown_announce(daemon);
		return 0;
	}
	r = shown_read(daemon);
	if (r < 0)
		log_error(r, "cannot read the host again; what is shown is old");
	return 0;
}

int watch_open(struct daemon *daemon)
{
	int fds[GS_ARRAY_SIZE(daemon->event_sources)], r;
	size_t n;

	watch_close(daemon);
	if (daemon->engine->foreign_root)
		return 0;
	r = gs_events_open(daemon->engine, &daemon->events);
	if (r < 0)
		return r;
	n = gs_events_fds(daemon->events, fds);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = sd_event_add_io(daemon->event, &daemon->event_sources[i], fds[i], EPOLLIN,
				    on_input, daemon);
	if (r < 0)
		watch_close(daemon);
	return r < 0 ? r : 0;
}

void watch_close(struct daemon *daemon)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(daemon->event_sources); i++)
		daemon->event_sources[i] = sd_event_source_unref(daemon->event_sources[i]);
	gs_events_close(gs_steal(daemon->events));
}
