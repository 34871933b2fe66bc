// SPDX-License-Identifier: GPL-2.0-or-later
/* What the daemon makes of a call, and of a card: no bus is needed for that, only messages. */
#include <sys/socket.h>

#include "daemon/errors.h"
#include "daemon/options.h"
#include "daemon/properties.h"
#include "fixture.h"

#define ALL                                                                                        \
	(OPTION_DRIVER | OPTION_WITH | OPTION_PROFILES | OPTION_FORCE | OPTION_TIMEOUT |           \
	 OPTION_PERSIST | OPTION_UUID | OPTION_METHOD | OPTION_DEADLINE)

struct fake_bus {
	sd_bus *bus;
	int peer;
};

/* A message belongs to a bus; this one talks to nobody. */
static int open_bus(void **state)
{
	struct fake_bus *fake = calloc(1, sizeof(*fake));
	int ends[2];

	assert_non_null(fake);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fake->peer = ends[1];
	assert_true(sd_bus_new(&fake->bus) >= 0);
	assert_true(sd_bus_set_fd(fake->bus, ends[0], ends[0]) >= 0);
	assert_true(sd_bus_start(fake->bus) >= 0);
	*state = fake;
	return 0;
}

static int close_bus(void **state)
{
	struct fake_bus *fake = *state;

	sd_bus_close_unref(fake->bus);
	close(fake->peer);
	free(fake);
	return 0;
}

static sd_bus_message *new_message(void **state)
{
	struct fake_bus *fake = *state;
	sd_bus_message *message;

	assert_true(sd_bus_message_new_method_call(fake->bus, &message, "a.b", "/a", "a.b", "C") >= 0);
	return message;
}

static int read_back(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	int r;

	assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
	assert_true(sd_bus_message_rewind(message, true) >= 0);
	r = options_read_mode(message, ALL, options, error);
	sd_bus_message_unref(message);
	return r;
}

#define READ(state, options, error, ...)                                                           \
	({                                                                                         \
		sd_bus_message *message_ = new_message(state);                                     \
		assert_true(sd_bus_message_append(message_, "sa{sv}", __VA_ARGS__) >= 0);          \
		read_back(message_, options, error);                                               \
	})

static void all_options_are_taken(void **state)
{
	struct options options;
	char address[GS_ADDRESS_LEN];

	assert_int_equal(READ(state, &options, NULL, "vgpu", 9, "driver", "s", "nvidia", "with", "as",
			      2, "0000:01:00.1", "02:00.0", "profiles", "a(su)", 2, "nvidia-46", 3,
			      "GRID P40-1Q", 1, "force", "b", 1, "timeout", "u", 7, "persist", "b", 1,
			      "uuid", "s", "c2177883-f1bb-47f0-914d-32a22e3a8804", "method", "s",
			      "flr", "deadline", "u", 60),
			 0);
	assert_int_equal(options.want.mode, GS_MODE_VGPU);
	assert_string_equal(options.want.driver, "nvidia");
	assert_int_equal(options.want.n_with, 2);
	assert_string_equal(gs_address_format(&options.want.with[1], address), "0000:02:00.0");
	assert_int_equal(options.want.n_profiles, 2);
	assert_string_equal(options.want.profiles[0].type, "nvidia-46");
	assert_int_equal(options.want.profiles[0].count, 3);
	assert_true(options.want.force);
	assert_true(options.persist);
	assert_int_equal(options.timeout_ms, 7000);
	assert_string_equal(options.uuid, "c2177883-f1bb-47f0-914d-32a22e3a8804");
	assert_string_equal(options.method, "flr");
	assert_int_equal(options.deadline_s, 60);
	options_clear(&options);
}

static void without_options_there_are_defaults(void **state)
{
	struct options options;

	assert_int_equal(READ(state, &options, NULL, "host", 0), 0);
	assert_int_equal(options.want.mode, GS_MODE_HOST);
	assert_false(options.want.force);
	assert_false(options.timeout_given);
	options_clear(&options);
}

/* Each is told as a usage error, and leaves nothing behind. */
#define EXPECT_USAGE(state, text, ...)                                                             \
	do {                                                                                       \
		sd_bus_error error_ = SD_BUS_ERROR_NULL;                                           \
		struct options options_ = { .timeout_ms = 1 };                                     \
		assert_true(READ(state, &options_, &error_, __VA_ARGS__) < 0);                     \
		assert_string_equal(error_.name, "org.gpushift1.Error.Usage");                     \
		assert_non_null(strstr(error_.message, text));                                     \
		assert_int_equal(options_.timeout_ms, 1);                                          \
		sd_bus_error_free(&error_);                                                        \
	} while (0)

static void wrong_options_are_refused(void **state)
{
	EXPECT_USAGE(state, "no mode 'fast'", "fast", 0);
	EXPECT_USAGE(state, "no mode 'mixed'", "mixed", 0);
	EXPECT_USAGE(state, "no option 'speed'", "host", 1, "speed", "u", 1);
	EXPECT_USAGE(state, "has the type b, not s", "host", 1, "force", "s", "yes");
	EXPECT_USAGE(state, "has the type as, not s", "host", 1, "with", "s", "0000:01:00.0");
	EXPECT_USAGE(state, "is there twice", "host", 2, "force", "b", 1, "force", "b", 0);
	EXPECT_USAGE(state, "PCI addresses", "host", 1, "with", "as", 1, "../etc");
	EXPECT_USAGE(state, "name of a driver", "host", 1, "driver", "s", "../../x");
	EXPECT_USAGE(state, "name of a driver", "host", 1, "driver", "s", "");
	EXPECT_USAGE(state, "'timeout' is from 1", "host", 1, "timeout", "u", 0);
	EXPECT_USAGE(state, "'timeout' is from 1", "host", 1, "timeout", "u", 86401);
	EXPECT_USAGE(state, "'deadline' is from 1", "host", 1, "deadline", "u", 0);
	EXPECT_USAGE(state, "no reset method 'x'", "host", 1, "method", "s", "x");
	EXPECT_USAGE(state, "not a UUID", "host", 1, "uuid", "s", "c2177883f1bb47f0914d32a22e3a8804");
	EXPECT_USAGE(state, "1 to 4096 times", "vgpu", 1, "profiles", "a(su)", 1, "a", 0);
	EXPECT_USAGE(state, "1 to 4096 times", "vgpu", 1, "profiles", "a(su)", 1, "a", 4097);
	EXPECT_USAGE(state, "ids or names", "vgpu", 1, "profiles", "a(su)", 1, "", 1);
	EXPECT_USAGE(state, "goes with the mode vgpu", "host", 1, "profiles", "a(su)", 1, "a", 1);
}

static void codes_become_names(void **state)
{
	static const char *const cases[][2] = {
		{ "in-use", "org.gpushift1.Error.InUse" },
		{ "no-interrupt-remapping", "org.gpushift1.Error.NoInterruptRemapping" },
		{ "busy", "org.gpushift1.Error.Busy" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		gs_cleanup_free char *name = error_name(cases[i][0]);

		assert_string_equal(name, cases[i][1]);
	}
}

/* --- properties -------------------------------------------------------------------------------- */

static const char card[] =
	"{\"address\":\"0000:01:00.0\",\"reason\":null,\"iommu_group\":null,\"boot_vga\":null,"
	"\"group_members\":[\"0000:00:01.0\",\"0000:01:00.0\"],\"isolation\":null,"
	"\"functions\":[{\"address\":\"0000:01:00.0\",\"class\":\"0300\",\"driver\":null,"
	"\"iommu_group\":7}],\"vgpus\":[{\"uuid\":\"u\",\"parent\":\"p\",\"type\":null,"
	"\"backend\":\"mdev\",\"owner\":\"other\"}],\"modes\":{\"host\":{\"available\":false,"
	"\"blockers\":[{\"code\":\"busy\"}]}}}";

static sd_bus_message *append(void **state, const char *name)
{
	struct json_object *facts = json_tokener_parse(card);
	sd_bus_message *message = new_message(state);

	assert_non_null(facts);
	assert_true(properties_append(message, name, facts) >= 0);
	json_object_put(facts);
	assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
	assert_true(sd_bus_message_rewind(message, true) >= 0);
	return message;
}

static void null_has_a_value_on_the_bus(void **state)
{
	sd_bus_message *message = append(state, "Reason");
	const char *text;
	int number;

	assert_true(sd_bus_message_read(message, "s", &text) > 0);
	assert_string_equal(text, "");
	sd_bus_message_unref(message);
	message = append(state, "IommuGroup");
	assert_true(sd_bus_message_read(message, "i", &number) > 0);
	assert_int_equal(number, -1);
	sd_bus_message_unref(message);
	message = append(state, "BootVga");
	assert_true(sd_bus_message_read(message, "s", &text) > 0);
	assert_string_equal(text, "unknown");
	sd_bus_message_unref(message);
}

static void each_has_the_type_that_it_says(void **state)
{
	for (const struct property *property = properties; property->name; property++) {
		sd_bus_message *message = append(state, property->name);

		assert_string_equal(sd_bus_message_get_signature(message, true), property->type);
		sd_bus_message_unref(message);
	}
}

static void modes_are_told_by_their_codes(void **state)
{
	sd_bus_message *message = append(state, "Modes");
	const char *mode, *code;
	int available;

	assert_true(sd_bus_message_enter_container(message, 'a', "{s(bas)}") > 0);
	assert_true(sd_bus_message_read(message, "{s(bas)}", &mode, &available, 1, &code) > 0);
	assert_string_equal(mode, "host");
	assert_false(available);
	assert_string_equal(code, "busy");
	sd_bus_message_unref(message);
}

static void only_what_differs_is_signalled(void **state)
{
	struct json_object *before = json_tokener_parse(card), *after = json_tokener_parse(card);
	const char *names[PROPERTIES_MAX];

	(void)state;
	assert_int_equal(properties_changed(before, after, names), 0);
	assert_null(names[0]);
	json_object_object_add(after, "driver", json_object_new_string("vfio-pci"));
	assert_int_equal(properties_changed(before, after, names), 1);
	assert_string_equal(names[0], "Driver");
	assert_null(names[1]);
	json_object_put(before);
	json_object_put(after);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_options_are_taken),
		cmocka_unit_test(without_options_there_are_defaults),
		cmocka_unit_test(wrong_options_are_refused),
		cmocka_unit_test(codes_become_names),
		cmocka_unit_test(null_has_a_value_on_the_bus),
		cmocka_unit_test(each_has_the_type_that_it_says),
		cmocka_unit_test(modes_are_told_by_their_codes),
		cmocka_unit_test(only_what_differs_is_signalled),
	};

	return cmocka_run_group_tests(tests, open_bus, close_bus);
}
