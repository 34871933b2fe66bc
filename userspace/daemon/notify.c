// SPDX-License-Identifier: GPL-2.0-or-later
#include "notify.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Room for some events; one of the longest name must fit. */
#define BUFFER_SIZE (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

struct notify_watch {
	struct notify *notify;
	struct notify_watch *next;
	int wd; /* the kernel has one for each inode; -1: it is gone */
	uint32_t mask;
	notify_handler handler;
	void *data;
};

struct notify {
	int fd;
	sd_event_source *source;
	struct notify_watch *watches;
};

static bool is_for(const struct notify_watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	return watch->wd == event->wd && event->mask & (watch->mask | IN_IGNORED | IN_UNMOUNT);
}

static void tell(struct notify *notify, const struct inotify_event *event)
{
	for (struct notify_watch *watch = notify->watches; watch; watch = watch->next) {
		if (!is_for(watch, event))
			continue;
		if (event->mask & IN_IGNORED)
			watch->wd = -1;
		watch->handler(watch->data, event);
	}
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct notify *notify = data;
	ssize_t n, at = 0;

	(void)source;
	(void)revents;
	n = read(fd, buffer, sizeof(buffer));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	while (at < n) {
		const struct inotify_event *event = (const void *)(buffer + at);

		tell(notify, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return 0;
}

int notify_open(sd_event *event, struct notify **ret)
{
	struct notify *notify = calloc(1, sizeof(*notify));
	int r;

	if (!notify)
		return -ENOMEM;
	notify->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = notify->fd < 0 ? -errno : 0;
	if (r == 0)
		r = sd_event_add_io(event, &notify->source, notify->fd, EPOLLIN, on_events, notify);
	if (r < 0) {
		notify_close(notify);
		return r;
	}
	*ret = notify;
	return 0;
}

void notify_close(struct notify *notify)
{
	if (!notify)
		return;
	sd_event_source_disable_unref(notify->source);
	if (notify->fd >= 0)
		close(notify->fd);
	free(notify);
}

int notify_add(struct notify *notify, const char *path, uint32_t mask, notify_handler handler,
	       void *data, struct notify_watch **ret)
{
	struct notify_watch *watch = malloc(sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	*watch = (struct notify_watch){ .notify = notify, .next = notify->watches, .mask = mask,
					.handler = handler, .data = data };
	/* Others may be on the inode, by whatever path: theirs is kept. */
	watch->wd = inotify_add_watch(notify->fd, path, mask | IN_MASK_ADD);
	if (watch->wd < 0) {
		int r = -errno;

		free(watch);
		return r;
	}
	notify->watches = watch;
	*ret = watch;
	return 0;
}

static bool is_watched(const struct notify *notify, int wd)
{
	for (const struct notify_watch *watch = notify->watches; watch; watch = watch->next)
		if (watch->wd == wd)
			return true;
	return false;
}

/* Of an inode that others watch, more than they want may come: that is dropped in is_for(). */
void notify_remove(struct notify_watch *watch)
{
	struct notify_watch **at;
	struct notify *notify;

	if (!watch)
		return;
	notify = watch->notify;
	for (at = &notify->watches; *at != watch; at = &(*at)->next)
		;
	*at = watch->next;
	if (watch->wd >= 0 && !is_watched(notify, watch->wd))
		(void)inotify_rm_watch(notify->fd, watch->wd);
	free(watch);
}
