// SPDX-License-Identifier: GPL-2.0-or-later
/* options.c - reading a{sv} */
#include "options.h"

#include <ctype.h>
#include <systemd/sd-id128.h>

#include "claim.h"
#include "engine.h"
#include "errors.h"
#include "export.h"
#include "vgpu_params.h"

#define MAX_TIMEOUT_S 86400
#define MAX_WITH 64
#define MAX_PROFILES 64
#define MAX_NAME 128
#define MAX_PROFILE 640 /* with its parameters */
#define MAX_VFS 1000000
#define MAX_VM 255

static bool is_driver_name(const char *name)
{
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("_-", *p))
			return false;
	}
	return *name && strlen(name) <= MAX_NAME;
}

static int take_driver(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	if (!is_driver_name(name))
		return error_usage(error, "'%.64s' is not the name of a driver", name);
	free(options->want.driver);
	options->want.driver = strdup(name);
	return options->want.driver ? 0 : -ENOMEM;
}

static int add_with(struct gs_want *want, const char *text, sd_bus_error *error)
{
	struct gs_address address;

	if (gs_address_parse(text, &address) < 0)
		return error_usage(error, "'with' takes PCI addresses like 0000:01:00.1, not '%.64s'",
				   text);
	if (want->n_with == MAX_WITH)
		return error_usage(error, "'with' takes %d addresses at most", MAX_WITH);
	if (gs_grow(&want->with, want->n_with, sizeof(*want->with)) < 0)
		return -ENOMEM;
	want->with[want->n_with++] = address;
	return 0;
}

static int take_with(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_enter_container(message, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read(message, "s", &text)) > 0)
		r = add_with(&options->want, text, error);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int add_profile(struct gs_want *want, const char *type, uint32_t count, sd_bus_error *error)
{
	if (!*type || strlen(type) > MAX_PROFILE)
		return error_usage(error, "'profiles' needs the ids or names of vGPU types");
	if (count < 1 || count > OPTIONS_MAX_VGPUS)
		return error_usage(error, "a profile is wanted 1 to %d times, not %u",
				   OPTIONS_MAX_VGPUS, count);
	if (want->n_profiles == MAX_PROFILES)
		return error_usage(error, "'profiles' takes %d types at most", MAX_PROFILES);
	if (gs_grow(&want->profiles, want->n_profiles, sizeof(*want->profiles)) < 0)
		return -ENOMEM;
	want->profiles[want->n_profiles].type = strdup(type);
	if (!want->profiles[want->n_profiles].type)
		return -ENOMEM;
	want->profiles[want->n_profiles++].count = count;
	return 0;
}

static int take_profiles(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *type;
	uint32_t count;
	int r = sd_bus_message_enter_container(message, 'a', "(su)");

	while (r >= 0 && (r = sd_bus_message_read(message, "(su)", &type, &count)) > 0)
		r = add_profile(&options->want, type, count, error);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int take_force(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	int value;
	int r = sd_bus_message_read(message, "b", &value);

	(void)error;
	if (r >= 0)
		options->want.force = value;
	return r;
}

static int take_seconds(sd_bus_message *message, const char *name, uint32_t *ret,
			sd_bus_error *error)
{
	int r = sd_bus_message_read(message, "u", ret);

	if (r < 0)
		return r;
	if (*ret < 1 || *ret > MAX_TIMEOUT_S)
		return error_usage(error, "'%s' is from 1 to %d seconds, not %u", name,
				   MAX_TIMEOUT_S, *ret);
	return 0;
}

static int take_timeout(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	uint32_t seconds;
	int r = take_seconds(message, "timeout", &seconds, error);

	if (r < 0)
		return r;
	options->timeout_ms = seconds * 1000;
	options->timeout_given = true;
	return 0;
}

static int take_deadline(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	return take_seconds(message, "deadline", &options->deadline_s, error);
}

static int take_persist(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	int value;
	int r = sd_bus_message_read(message, "b", &value);

	(void)error;
	if (r >= 0)
		options->persist = value;
	return r;
}

static int take_vfs(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	uint32_t count;
	int r = sd_bus_message_read(message, "u", &count);

	if (r < 0)
		return r;
	if (count < 1 || count > MAX_VFS)
		return error_usage(error, "'vfs' is a number from 1 to %d, not %u", MAX_VFS, count);
	options->want.vfs = count;
	return 0;
}

static int take_vf_params(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	gs_cleanup_free char *problem = NULL;
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	free(gs_steal(options->want.vf_params));
	r = gs_vf_params_read(text, &options->want.vf_params, &problem);
	return r == -EINVAL ? error_usage(error, "%s", problem) : r;
}

static int take_uuid(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *text;
	sd_id128_t id;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	/* The long form only: the short one is no name for an mdev. */
	if (strlen(text) != sizeof(options->uuid) - 1 || sd_id128_from_string(text, &id) < 0)
		return error_usage(error, "'%.64s' is not a UUID", text);
	snprintf(options->uuid, sizeof(options->uuid), "%s", text);
	return 0;
}

static int take_method(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	r = gs_reset_method_find(text);
	if (r < 0)
		return error_usage(error, "there is no reset method '%.64s'", text);
	options->method = gs_reset_method_name((unsigned int)r);
	return 0;
}

static int add_on(struct options *options, const char *text, sd_bus_error *error)
{
	if (!*text || strlen(text) > MAX_NAME)
		return error_usage(error, "'on' needs the addresses or aliases of cards");
	if (gs_strv_count(options->on) == MAX_WITH)
		return error_usage(error, "'on' takes %d cards at most", MAX_WITH);
	return gs_strv_add(&options->on, text);
}

static int take_on(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_enter_container(message, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read(message, "s", &text)) > 0)
		r = add_on(options, text, error);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int take_vm(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	if (!*text || strlen(text) > MAX_VM)
		return error_usage(error, "'vm' needs the name of a VM");
	options->vm = strdup(text);
	return options->vm ? 0 : -ENOMEM;
}

static int take_policy(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	enum gs_claim_policy policy;
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	if (gs_claim_policy_parse(text, &policy) < 0)
		return error_usage(error, "there is no policy '%.64s'", text);
	options->policy = gs_claim_policy_name(policy);
	return 0;
}

static int take_format(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	enum gs_export_format format;
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r < 0)
		return r;
	if (gs_export_format_parse(text, &format) < 0)
		return error_usage(error, "there is no format '%.64s'", text);
	options->format = gs_export_format_name(format);
	return 0;
}

static const struct {
	const char *name;
	const char *type;
	unsigned int bit;
	int (*take)(sd_bus_message *message, struct options *options, sd_bus_error *error);
} known[] = {
	{ "driver", "s", OPTION_DRIVER, take_driver },
	{ "with", "as", OPTION_WITH, take_with },
	{ "profiles", "a(su)", OPTION_PROFILES, take_profiles },
	{ "vfs", "u", OPTION_PROFILES, take_vfs },
	{ "vf-params", "s", OPTION_PROFILES, take_vf_params },
	{ "force", "b", OPTION_FORCE, take_force },
	{ "timeout", "u", OPTION_TIMEOUT, take_timeout },
	{ "persist", "b", OPTION_PERSIST, take_persist },
	{ "uuid", "s", OPTION_UUID, take_uuid },
	{ "method", "s", OPTION_METHOD, take_method },
	{ "deadline", "u", OPTION_DEADLINE, take_deadline },
	{ "on", "as", OPTION_ON, take_on },
	{ "vm", "s", OPTION_VM, take_vm },
	{ "policy", "s", OPTION_POLICY, take_policy },
	{ "format", "s", OPTION_FORMAT, take_format },
};

static int take_value(sd_bus_message *message, size_t i, struct options *options,
		      sd_bus_error *error)
{
	const char *type;
	char kind;
	int r = sd_bus_message_peek_type(message, &kind, &type);

	if (r < 0)
		return r;
	if (!gs_streq(type, known[i].type))
		return error_usage(error, "the option '%s' has the type %s, not %s", known[i].name,
				   known[i].type, type);
	r = sd_bus_message_enter_container(message, 'v', known[i].type);
	if (r >= 0)
		r = known[i].take(message, options, error);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int take_option(sd_bus_message *message, unsigned int allowed, unsigned int *taken,
		       struct options *options, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	for (size_t i = 0; i < GS_ARRAY_SIZE(known); i++) {
		if (!gs_streq(name, known[i].name) || !(known[i].bit & allowed))
			continue;
		if (known[i].bit & *taken)
			return error_usage(error, "the option '%s' is there twice", name);
		*taken |= known[i].bit;
		return take_value(message, i, options, error);
	}
	return error_usage(error, "there is no option '%.64s'", name);
}

static int take_options(sd_bus_message *message, unsigned int allowed, struct options *options,
			sd_bus_error *error)
{
	unsigned int taken = 0;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = take_option(message, allowed, &taken, options, error);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int take_mode(sd_bus_message *message, struct options *options, sd_bus_error *error)
{
	const char *mode;
	int r = sd_bus_message_read(message, "s", &mode);

	if (r < 0)
		return r;
	if (gs_mode_parse(mode, &options->want.mode) < 0)
		return error_usage(
			error,
			"there is no mode '%.64s'; the modes are host, passthrough and vgpu", mode);
	return 0;
}

static int read_all(sd_bus_message *message, bool mode, unsigned int allowed, struct options *ret,
		    sd_bus_error *error)
{
	struct options options = { .timeout_ms = GS_DEFAULT_TIMEOUT_MS };
	int r = mode ? take_mode(message, &options, error) : 0;

	if (r >= 0)
		r = take_options(message, allowed, &options, error);
	if (r >= 0 && options.want.n_profiles && options.want.mode != GS_MODE_VGPU)
		r = error_usage(error, "'profiles' goes with the mode vgpu, not with %s",
				gs_mode_name(options.want.mode));
	if (r < 0) {
		options_clear(&options);
		return r;
	}
	*ret = options;
	return 0;
}

int options_read(sd_bus_message *message, unsigned int allowed, struct options *ret,
		 sd_bus_error *error)
{
	return read_all(message, false, allowed, ret, error);
}

int options_read_mode(sd_bus_message *message, unsigned int allowed, struct options *ret,
		      sd_bus_error *error)
{
	return read_all(message, true, allowed, ret, error);
}

void options_clear(struct options *options)
{
	struct gs_want *want = &options->want;

	for (size_t i = 0; i < want->n_profiles; i++)
		free(want->profiles[i].type);
	free(want->profiles);
	free(want->with);
	free(want->driver);
	free(want->vf_params);
	gs_strv_free(want->uuids);
	gs_strv_free(options->on);
	free(options->vm);
	*options = (struct options){ 0 };
}
