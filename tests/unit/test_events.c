// SPDX-License-Identifier: GPL-2.0-or-later
/* Uevents, and the sockets that events come from. */
#include <fcntl.h>

#include "events.h"
#include "fixture.h"
#include "uevent.h"

#define PCI_ADD "add@/devices/pci0000:00/0000:00:05.0\0ACTION=add\0" \
	"DEVPATH=/devices/pci0000:00/0000:00:05.0\0SUBSYSTEM=pci\0PCI_CLASS=30000\0" \
	"PCI_SLOT_NAME=0000:00:05.0\0SEQNUM=1234"
#define MDEV_REMOVE "remove@/devices/virtual/mtty/mtty/83b8f4f2\0ACTION=remove\0" \
	"DEVPATH=/devices/virtual/mtty/mtty/83b8f4f2\0SUBSYSTEM=mdev\0SEQNUM=9"

#define PARSE(text, functions, event) gs_uevent_parse(text, sizeof(text), functions, event)

static void functions_come_and_go(void **state)
{
	static const struct {
		const char *action;
		enum gs_event_kind kind;
	} cases[] = {
		{ "add", GS_EVENT_ADDED },
		{ "remove", GS_EVENT_REMOVED },
		{ "bind", GS_EVENT_BOUND },
		{ "unbind", GS_EVENT_UNBOUND },
	};
	struct gs_event event;
	char text[256];

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		int n = snprintf(text, sizeof(text),
				 "%s@/devices/x%cACTION=%s%cSUBSYSTEM=pci%cDRIVER=vfio-pci%c"
				 "PCI_SLOT_NAME=0000:00:05.0",
				 cases[i].action, 0, cases[i].action, 0, 0, 0);

		assert_int_equal(gs_uevent_parse(text, (size_t)n + 1, true, &event), 0);
		assert_int_equal(event.kind, cases[i].kind);
		assert_string_equal(event.address, "0000:00:05.0");
		assert_string_equal(event.driver, "vfio-pci");
		assert_false(event.generation_known);
	}
	assert_int_equal(PARSE(PCI_ADD, true, &event), 0);
	assert_string_equal(event.driver, "");
	/* Where the module tells them, they are not told twice. */
	assert_int_equal(PARSE(PCI_ADD, false, &event), -ENOMSG);
}

static void vgpus_come_and_go(void **state)
{
	struct gs_event event;

	(void)state;
	assert_int_equal(PARSE(MDEV_REMOVE, false, &event), 0);
	assert_int_equal(event.kind, GS_EVENT_VGPU_REMOVED);
	assert_string_equal(event.address, "83b8f4f2");
	assert_string_equal(event.parent, "mtty");
	assert_string_equal(gs_event_name(event.kind), "vgpu-removed");
}

/* For those who keep a model: something that no other event tells. */
static void other_changes_are_told(void **state)
{
	struct gs_event event;

	(void)state;
	assert_int_equal(PARSE("x\0ACTION=change\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:00:05.0", false,
			       &event), 0);
	assert_int_equal(event.kind, GS_EVENT_CHANGED);
	assert_string_equal(event.address, "");
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=drivers\0DEVPATH=/bus/pci/drivers/i915",
			       false, &event), 0);
	assert_int_equal(event.kind, GS_EVENT_CHANGED);
}

static void our_module_comes_and_goes(void **state)
{
	struct gs_event event;

	(void)state;
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=module\0DEVPATH=/module/gpushift", false,
			       &event), 0);
	assert_int_equal(event.kind, GS_EVENT_SOURCE);
	assert_int_equal(PARSE("x\0ACTION=remove\0SUBSYSTEM=module\0DEVPATH=/module/gpushift", true,
			       &event), 0);
	assert_int_equal(event.kind, GS_EVENT_SOURCE);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=module\0DEVPATH=/module/gpushift_test", true,
			       &event), -ENOMSG);
}

static void everything_else_is_passed_over(void **state)
{
	struct gs_event event;

	(void)state;
	assert_int_equal(PARSE("", true, &event), -ENOMSG);
	assert_int_equal(gs_uevent_parse(NULL, 0, true, &event), -ENOMSG);
	/* Without the final NUL. */
	assert_int_equal(gs_uevent_parse(PCI_ADD, sizeof(PCI_ADD) - 1, true, &event), -ENOMSG);
	assert_int_equal(PARSE("libudev\0\xfe\xed\xca\xfe", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=change\0SUBSYSTEM=drm", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=drivers", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=drivers\0DEVPATH=/bus/usb/drivers/hub",
			       true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=pci\0PCI_SLOT_NAME=../..", true, &event),
			 -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=pci", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=mdev", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=mdev\0DEVPATH=/x", true, &event), -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=mdev\0DEVPATH=/a/", true, &event),
			 -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=mdev\0DEVPATH=//b", true, &event),
			 -ENOMSG);
	assert_int_equal(PARSE("x\0ACTION=add\0SUBSYSTEM=usb", true, &event), -ENOMSG);
}

static void long_names_are_passed_over(void **state)
{
	char text[512];
	struct gs_event event;
	int n = snprintf(text, sizeof(text), "x%cACTION=add%cSUBSYSTEM=mdev%cDEVPATH=/p/%0100d", 0,
			 0, 0, 1);

	(void)state;
	assert_int_equal(gs_uevent_parse(text, (size_t)n + 1, true, &event), -ENOMSG);
}

/* Joining needs no privilege, disturbs nobody, and says nothing by itself. */
static void the_host_can_be_listened_to(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine;
	struct gs_events *events;
	struct gs_event event;
	int fds[2], r;
	size_t n;

	assert_int_equal(gs_engine_open("/", &engine), 0);
	fixture_drop_root(fixture);
	r = gs_events_open(engine, &events);
	fixture_regain_root();
	assert_int_equal(r, 0);
	n = gs_events_fds(events, fds);
	assert_int_equal(n, gs_events_source(events) == GS_SOURCE_KMOD ? 2 : 1);
	for (size_t i = 0; i < n; i++)
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	for (int i = 0; i < 1000 && r == 0; i++)
		r = gs_events_next(events, &event);
	assert_true(r == 0 || r == 1);
	gs_events_close(events);
	gs_engine_close(engine);
	gs_events_close(NULL);
}

static void nothing_happens_in_a_tree(void **state)
{
	struct gs_events *events = NULL;

	assert_int_equal(gs_events_open(fixture_engine(*state), &events), -EOPNOTSUPP);
	assert_null(events);
}

static void events_have_names(void **state)
{
	(void)state;
	assert_string_equal(gs_event_name(GS_EVENT_ADDED), "added");
	assert_string_equal(gs_event_name(GS_EVENT_LOST), "lost");
	assert_string_equal(gs_event_name((enum gs_event_kind)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_come_and_go),
		cmocka_unit_test(vgpus_come_and_go),
		cmocka_unit_test(other_changes_are_told),
		cmocka_unit_test(our_module_comes_and_goes),
		cmocka_unit_test(everything_else_is_passed_over),
		cmocka_unit_test(long_names_are_passed_over),
		fixture_test(the_host_can_be_listened_to),
		fixture_test(nothing_happens_in_a_tree),
		cmocka_unit_test(events_have_names),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
