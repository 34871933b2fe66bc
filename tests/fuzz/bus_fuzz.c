// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bus_fuzz - random calls of the daemon: any object, interface, member, types and values.
 *
 *   bus_fuzz CALLS SEED CARD...
 *
 * Ends 0 when the daemon has answered all of them and still says its version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DEPTH 3

static const char *const paths[] = { "/", "/org", "/org/gpushift1", "/org/gpushift1/gpu", "/org/gpushift1/job/1",
				     "/org/gpushift1/gpu/_ffff_ff_1f_7", "/org/gpushift1/job/99999999999999999999" };
static const char *const interfaces[] = { "org.gpushift1.Manager", "org.gpushift1.Gpu", "org.gpushift1.Job",
					  "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager",
					  "org.freedesktop.DBus.Introspectable" };
static const char *const members[] = { "SetMode", "Plan", "GetHolders", "Reload", "CreateVgpu", "RemoveVgpu", "Recover",
				       "Reset", "SelfTest", "Apply",
				       "Cancel", "Get", "GetAll", "Set", "GetManagedObjects", "Introspect", "Nothing" };
static const char *const words[] = { "", "host", "passthrough", "vgpu", "mixed", "driver", "with", "profiles", "force",
				     "persist", "timeout", "uuid", "method", "deadline", "flr", "--force", "-", "0000:01:00.0", "../../etc/passwd",
				     "org.gpushift1.Gpu", "Mode", "c2177883-f1bb-47f0-914d-32a22e3a8804", "nvidia", "%s%n" };
static const char *const types[] = { "s", "b", "u", "i", "as", "a(su)", "a{sv}", "v", "ay", "t", "d", "o", "(sv)" };
/* What the methods take, so that many calls come further than the check of their types. */
static const char *const signatures[] = { "sa{sv}", "a{sv}", "ssa{sv}", "ss", "s", "ssv", "ua{sv}", "ysa{sv}", "" };

static int append_value(sd_bus_message *message, const char *type, int depth);

static const char *word(void)
{
	static char text[600];

	if (rand() % 8)
		return words[(size_t)rand() % COUNT(words)];
	memset(text, "a:/-.% "[rand() % 7], sizeof(text) - 1);
	text[(size_t)rand() % sizeof(text)] = '\0';
	return text;
}

static int append_container(sd_bus_message *message, char kind, const char *inside, int times, int depth)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < times; i++) {
		r = sd_bus_message_open_container(message, kind, inside);
		if (r >= 0 && strcmp(inside, "su") == 0)
			r = sd_bus_message_append(message, "su", word(), (unsigned int)rand() % 5000);
		else if (r >= 0)
			r = sd_bus_message_append(message, "s", word());
		if (r >= 0 && strcmp(inside, "sv") == 0)
			r = append_value(message, "v", depth + 1);
		if (r >= 0)
			r = sd_bus_message_close_container(message);
	}
	return r;
}

static int append_array(sd_bus_message *message, const char *inside, char kind, const char *of, int depth)
{
	int r = sd_bus_message_open_container(message, 'a', inside);

	if (r >= 0)
		r = append_container(message, kind, of, rand() % 6, depth);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_variant(sd_bus_message *message, int depth)
{
	const char *type = depth > DEPTH ? "s" : types[(size_t)rand() % COUNT(types)];
	int r = sd_bus_message_open_container(message, 'v', type);

	if (r >= 0)
		r = append_value(message, type, depth + 1);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* Lines of a wanted state, in any order. */
static int append_wanted(sd_bus_message *message)
{
	static const char *const lines[] = { "[card 0000:01:00.0]\n", "[profile work]\n", "mode = host\n",
					     "mode = vgpu\n", "force = yes\n", "vgpu = 2 nvidia-47\n", "with = \n",
					     "[", "\xff\n", "mode\n" };
	char text[512] = "";

	for (int i = rand() % 8; i > 0; i--)
		strcat(text, lines[(size_t)rand() % COUNT(lines)]);
	return sd_bus_message_append_array(message, 'y', text, strlen(text));
}

static int append_value(sd_bus_message *message, const char *type, int depth)
{
	if (strcmp(type, "s") == 0)
		return sd_bus_message_append(message, "s", word());
	if (strcmp(type, "o") == 0)
		return sd_bus_message_append(message, "o", paths[(size_t)rand() % COUNT(paths)]);
	if (strcmp(type, "b") == 0)
		return sd_bus_message_append(message, "b", rand() % 2);
	if (strcmp(type, "u") == 0 || strcmp(type, "i") == 0)
		return sd_bus_message_append(message, type, rand() % 3 ? rand() % 100 : rand());
	if (strcmp(type, "t") == 0)
		return sd_bus_message_append(message, "t", (uint64_t)rand() << 32);
	if (strcmp(type, "d") == 0)
		return sd_bus_message_append(message, "d", rand() / 3.0);
	if (strcmp(type, "as") == 0)
		return sd_bus_message_append(message, "as", 2, word(), word());
	if (strcmp(type, "ay") == 0)
		return append_wanted(message);
	if (strcmp(type, "a(su)") == 0)
		return append_array(message, "(su)", 'r', "su", depth);
	if (strcmp(type, "a{sv}") == 0)
		return append_array(message, "{sv}", 'e', "sv", depth);
	if (strcmp(type, "(sv)") == 0)
		return append_container(message, 'r', "sv", 1, depth);
	return append_variant(message, depth);
}

/* A letter of the signatures above; y: the text of a wanted state. */
static const char *type_of(char letter)
{
	switch (letter) {
	case 'a':
		return "a{sv}";
	case 'v':
		return "v";
	case 'u':
		return "u";
	case 'y':
		return "ay";
	default:
		return "s";
	}
}

static int append_arguments(sd_bus_message *message)
{
	const char *signature = signatures[(size_t)rand() % COUNT(signatures)];
	int r = 0;

	if (rand() % 4 == 0) {
		for (int i = rand() % 4; r >= 0 && i > 0; i--)
			r = append_value(message, types[(size_t)rand() % COUNT(types)], 0);
		return r;
	}
	while (r >= 0 && *signature) {
		const char *type = type_of(*signature);

		r = append_value(message, type, 0);
		signature += *signature == 'a' ? strlen("a{sv}") : 1;
	}
	return r;
}

/* Returns 1 when the daemon answered, in whatever way; 0: there was nothing to send. */
static int call(sd_bus *bus, char *const *cards, int n_cards)
{
	const char *path = paths[(size_t)rand() % COUNT(paths)];
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL;
	int r;

	if (n_cards && rand() % 2)
		path = cards[rand() % n_cards];
	r = sd_bus_message_new_method_call(bus, &message, "org.gpushift1", path,
					   interfaces[(size_t)rand() % COUNT(interfaces)],
					   members[(size_t)rand() % COUNT(members)]);
	if (r >= 0)
		r = append_arguments(message);
	/* Text that is no object path, and the like: sd-bus does not even send it. */
	if (r < 0) {
		sd_bus_message_unref(message);
		return 0;
	}
	r = sd_bus_call(bus, message, 30 * 1000000ULL, &error, NULL);
	if (r < 0 && (sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY) ||
		      sd_bus_error_has_name(&error, SD_BUS_ERROR_SERVICE_UNKNOWN) || !error.name))
		fprintf(stderr, "bus_fuzz: no answer: %s\n", error.message ? error.message : strerror(-r));
	else
		r = 1;
	sd_bus_error_free(&error);
	sd_bus_message_unref(message);
	return r;
}

int main(int argc, char **argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *version = NULL;
	long answered = 0;
	sd_bus *bus;

	if (argc < 3 || sd_bus_open_system(&bus) < 0)
		return 2;
	srand((unsigned int)atoi(argv[2]));
	for (long i = 0; i < atol(argv[1]); i++) {
		int r = call(bus, argv + 3, argc - 3);

		if (r < 0)
			return 1;
		answered += r;
	}
	if (sd_bus_get_property_string(bus, "org.gpushift1", "/org/gpushift1", "org.gpushift1.Manager", "Version",
				       &error, &version) < 0)
		return 1;
	printf("%ld calls answered, version %s\n", answered, version);
	free(version);
	sd_bus_flush_close_unref(bus);
	return 0;
}
