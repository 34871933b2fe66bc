// SPDX-License-Identifier: GPL-2.0-or-later
/* inotify in the daemon's event loop: each watch hears what it wants, whatever others do. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/notify.h"
#include "fixture.h"

struct watching {
	char folder[32];
	sd_event *event;
	struct notify *notify;
};

/* What one watch has heard. */
struct heard {
	unsigned int created, deleted, ignored, lost;
	char name[64]; /* of the last file */
};

static int open_watching(void **state)
{
	struct watching *watching = calloc(1, sizeof(*watching));

	assert_non_null(watching);
	strcpy(watching->folder, "/tmp/gpushift-notify.XXXXXX");
	assert_non_null(mkdtemp(watching->folder));
	assert_true(sd_event_new(&watching->event) >= 0);
	assert_int_equal(notify_open(watching->event, &watching->notify), 0);
	alarm(60);
	*state = watching;
	return 0;
}

static int close_watching(void **state)
{
	struct watching *watching = *state;

	alarm(0);
	notify_close(watching->notify);
	sd_event_unref(watching->event);
	(void)rmdir(watching->folder);
	free(watching);
	return 0;
}

static void hear(void *data, const struct inotify_event *event)
{
	struct heard *heard = data;

	heard->created += !!(event->mask & IN_CREATE);
	heard->deleted += !!(event->mask & IN_DELETE);
	heard->ignored += !!(event->mask & IN_IGNORED);
	heard->lost += !!(event->mask & IN_Q_OVERFLOW);
	if (event->len)
		snprintf(heard->name, sizeof(heard->name), "%s", event->name);
}

static struct notify_watch *watch(struct watching *watching, uint32_t mask, struct heard *heard)
{
	struct notify_watch *ret;

	assert_int_equal(notify_add(watching->notify, watching->folder, mask, hear, heard, &ret), 0);
	return ret;
}

static void make_file(const struct watching *watching, const char *name)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", watching->folder, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void remove_file(const struct watching *watching, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", watching->folder, name);
	assert_int_equal(unlink(path), 0);
}

/* All that has come. */
static void dispatch(struct watching *watching)
{
	int r;

	do {
		r = sd_event_run(watching->event, 0);
	} while (r > 0);
	assert_int_equal(r, 0);
}

static void each_hears_what_it_wants(void **state)
{
	struct watching *watching = *state;
	struct heard makes = { 0 }, both = { 0 };
	struct notify_watch *first = watch(watching, IN_CREATE | IN_ONLYDIR, &makes);
	struct notify_watch *second = watch(watching, IN_CREATE | IN_DELETE, &both);

	make_file(watching, "a");
	remove_file(watching, "a");
	make_file(watching, "b");
	dispatch(watching);
	assert_int_equal(makes.created, 2);
	assert_int_equal(makes.deleted, 0);
	assert_string_equal(makes.name, "b");
	assert_int_equal(both.created, 2);
	assert_int_equal(both.deleted, 1);
	remove_file(watching, "b");
	notify_remove(first);
	notify_remove(second);
}

/* Its events wait in the queue and nobody wants them: libsystemd's own never ends then. */
static void one_that_goes_leaves_the_others(void **state)
{
	struct watching *watching = *state;
	struct heard makes = { 0 }, deletes = { 0 };
	struct notify_watch *first = watch(watching, IN_CREATE, &makes);
	struct notify_watch *second = watch(watching, IN_DELETE, &deletes);

	make_file(watching, "a");
	make_file(watching, "b");
	remove_file(watching, "a");
	notify_remove(first);
	dispatch(watching);
	assert_int_equal(makes.created, 0);
	assert_int_equal(deletes.deleted, 1);
	assert_string_equal(deletes.name, "a");
	remove_file(watching, "b");
	notify_remove(second);
	dispatch(watching);
	assert_int_equal(deletes.deleted, 1);
}

static void a_folder_that_goes_can_come_again(void **state)
{
	struct watching *watching = *state;
	struct heard old = { 0 }, again = { 0 };
	struct notify_watch *first = watch(watching, IN_CREATE, &old), *second;

	assert_int_equal(rmdir(watching->folder), 0);
	dispatch(watching);
	assert_int_equal(old.ignored, 1);
	assert_int_equal(mkdir(watching->folder, 0700), 0);
	second = watch(watching, IN_CREATE, &again);
	make_file(watching, "a");
	dispatch(watching);
	assert_int_equal(old.created, 0);
	assert_int_equal(again.created, 1);
	notify_remove(first);
	make_file(watching, "b");
	dispatch(watching);
	assert_int_equal(again.created, 2);
	remove_file(watching, "a");
	remove_file(watching, "b");
	notify_remove(second);
}

static void events_that_were_lost_are_told(void **state)
{
	struct watching *watching = *state;
	struct heard heard = { 0 };
	struct notify_watch *first = watch(watching, IN_CREATE | IN_DELETE, &heard);

	/* fs.inotify.max_queued_events; more where a host has raised it. */
	for (unsigned int i = 0; i < 1000000 && !heard.lost; i++) {
		make_file(watching, "a");
		remove_file(watching, "a");
		if (i % 10000 == 9999)
			dispatch(watching);
	}
	assert_int_equal(heard.lost, 1);
	notify_remove(first);
}

static void what_is_not_there_is_not_watched(void **state)
{
	struct watching *watching = *state;
	struct notify_watch *ret = NULL;

	assert_int_equal(notify_add(watching->notify, "/nonexistent", IN_CREATE, hear, NULL, &ret), -ENOENT);
	assert_null(ret);
	notify_remove(NULL);
	notify_close(NULL);
}

#define watching_test(f) cmocka_unit_test_setup_teardown(f, open_watching, close_watching)

int main(void)
{
	const struct CMUnitTest tests[] = {
		watching_test(each_hears_what_it_wants),
		watching_test(one_that_goes_leaves_the_others),
		watching_test(a_folder_that_goes_can_come_again),
		watching_test(events_that_were_lost_are_told),
		watching_test(what_is_not_there_is_not_watched),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
