// SPDX-License-Identifier: GPL-2.0-or-later
/* request.c - from a call to a job: the command line that does it, and who may have it done */
#include "request.h"

#include "auth.h"
#include "errors.h"
#include "job.h"
#include "wanted.h"

#include "cli/vm.h"

/* As long as any name of a device or type; what it means is looked up by the job. */
#define MAX_TEXT 255
#define MAX_ROUNDS 1000000

struct request {
	char **argv;
	int failed; /* memory ran out on the way */
	const char *actions[AUTH_MAX_ACTIONS + 1];
	size_t n_actions;
	char card[MAX_TEXT + 1];
	int input; /* standard input of the command; -1: none */
};

static void free_request(struct request *request)
{
	if (!request)
		return;
	gs_strv_free(request->argv);
	if (request->input >= 0)
		close(request->input);
	free(request);
}

static void gs_printf(2, 3) add(struct request *request, const char *format, ...)
{
	gs_cleanup_free char *word = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&word, format, args) < 0)
		word = NULL;
	va_end(args);
	if (!word || gs_strv_add(&request->argv, word) < 0)
		request->failed = -ENOMEM;
}

static void add_action(struct request *request, const char *action)
{
	request->actions[request->n_actions++] = action;
}

/* In process and as root: what the command does by itself where there is no daemon. */
static struct request *new_request(const char *action)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->input = -1;
	add(request, "gpushift");
	add(request, "--direct");
	add(request, "--json");
	add_action(request, action);
	return request;
}

static void add_options(struct request *request, const struct options *options)
{
	const struct gs_want *want = &options->want;
	char address[GS_ADDRESS_LEN];

	for (size_t i = 0; i < want->n_profiles; i++) {
		add(request, "--profile=%s", want->profiles[i].type);
		add(request, "--count=%u", want->profiles[i].count);
	}
	if (want->vfs)
		add(request, "--count=%u", want->vfs);
	if (want->vf_params)
		add(request, "--params=%s", want->vf_params);
	if (want->driver)
		add(request, "--driver=%s", want->driver);
	for (size_t i = 0; i < want->n_with; i++)
		add(request, "--with=%s", gs_address_format(&want->with[i], address));
	if (options->uuid[0])
		add(request, "--uuid=%s", options->uuid);
	if (options->timeout_given)
		add(request, "--timeout=%u", options->timeout_ms / 1000);
	if (options->deadline_s)
		add(request, "--deadline=%u", options->deadline_s);
	if (options->method)
		add(request, "--method=%s", options->method);
	for (char **card = options->on; card && *card; card++)
		add(request, "--on=%s", *card);
	if (options->vm)
		add(request, "--vm=%s", options->vm);
	if (options->policy)
		add(request, "--policy=%s", options->policy);
	if (options->format)
		add(request, "--format=%s", options->format);
	if (want->force) {
		add(request, "--force");
		add_action(request, "force");
	}
	if (options->persist) {
		add(request, "--persist");
		add_action(request, "persist");
	}
}

/* What it is about, which is no option whatever it looks like. */
static void add_target(struct request *request, const char *target)
{
	snprintf(request->card, sizeof(request->card), "%s", target);
	add(request, "--");
	add(request, "%s", target);
}

static void on_allowed(struct daemon *daemon, sd_bus_message *call, const char *refused, void *data)
{
	struct request *request = data;
	const struct job_order order = {
		.card = request->card, .argv = request->argv, .input = request->input
	};
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const struct job *job;
	int r;

	if (refused) {
		auth_refuse(call, refused);
		free_request(request);
		return;
	}
	r = job_start(daemon, call, &order, &job, &error);
	if (r < 0)
		(void)!sd_bus_reply_method_errno(call, r, error.name ? &error : NULL);
	else
		(void)!sd_bus_reply_method_return(call, "o", job_path(job));
	sd_bus_error_free(&error);
	free_request(request);
}

static int submit(struct daemon *daemon, sd_bus_message *call, struct request *request,
		  sd_bus_error *error)
{
	int r = request->failed;

	if (r == 0)
		r = auth_check(daemon, call, request->actions, on_allowed, request, error);
	if (r < 0)
		free_request(request);
	return r < 0 ? r : 1;
}

int request_set_mode(struct daemon *daemon, sd_bus_message *call, const char *card,
		     sd_bus_error *error)
{
	struct request *request;
	struct options options;
	int r;

	r = options_read_mode(call,
			      OPTION_DRIVER | OPTION_WITH | OPTION_PROFILES | OPTION_FORCE |
				      OPTION_PERSIST | OPTION_TIMEOUT,
			      &options, error);
	if (r < 0)
		return r;
	request = new_request("set-mode");
	if (request) {
		add(request, "set");
		add_options(request, &options);
		add_target(request, card);
		add(request, "%s", gs_mode_name(options.want.mode));
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

static int check_text(const char *text, const char *what, sd_bus_error *error)
{
	if (!*text || strlen(text) > MAX_TEXT)
		return error_usage(error, "the %s is empty or too long", what);
	return 0;
}

int request_create_vgpu(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	const char *parent, *type;
	struct request *request;
	struct options options;
	int r;

	r = sd_bus_message_read(call, "ss", &parent, &type);
	if (r >= 0)
		r = check_text(parent, "name of the device", error);
	if (r >= 0)
		r = check_text(type, "vGPU type", error);
	if (r >= 0)
		r = options_read(call, OPTION_UUID | OPTION_PERSIST | OPTION_TIMEOUT, &options,
				 error);
	if (r < 0)
		return r;
	request = new_request("vgpu");
	if (request) {
		add(request, "vgpu");
		add(request, "create");
		add(request, "--profile=%s", type);
		add_options(request, &options);
		add_target(request, parent);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_remove_vgpu(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	struct request *request;
	struct options options;
	const char *uuid;
	int r;

	r = sd_bus_message_read(call, "s", &uuid);
	if (r >= 0)
		r = check_text(uuid, "UUID", error);
	if (r >= 0)
		r = options_read(call, OPTION_PERSIST | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_request("vgpu");
	if (request) {
		add(request, "vgpu");
		add(request, "remove");
		add_options(request, &options);
		add_target(request, uuid);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

/* What is claimed: "card" and "vf" take no value, "profile" a type, "framebuffer" a size. */
static int add_claimed(struct request *request, const char *kind, const char *value)
{
	if (gs_streq(kind, "card") && !*value)
		add(request, "--card");
	else if (gs_streq(kind, "vf") && !*value)
		add(request, "--vf");
	else if (gs_streq(kind, "profile") && *value)
		add(request, "--profile=%s", value);
	else if (gs_streq(kind, "framebuffer") && *value)
		add(request, "--framebuffer=%s", value);
	else
		return -EINVAL;
	return 0;
}

/* A card may have to change its driver for it, also for a vGPU. */
int request_claim(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	const char *kind, *value;
	struct request *request;
	struct options options;
	int r;

	r = sd_bus_message_read(call, "ss", &kind, &value);
	if (r >= 0 && *value)
		r = check_text(value, "type or size", error);
	if (r >= 0)
		r = options_read(call,
				 OPTION_ON | OPTION_VM | OPTION_POLICY | OPTION_FORMAT |
					 OPTION_DEADLINE | OPTION_TIMEOUT,
				 &options, error);
	if (r < 0)
		return r;
	request = new_request("vgpu");
	if (request) {
		add_action(request, "set-mode");
		add(request, "claim");
		r = add_claimed(request, kind, value);
		add_options(request, &options);
	}
	options_clear(&options);
	if (r < 0) {
		free_request(request);
		return error_usage(error, "a claim is 'card', 'vf', 'profile' with a type, or "
					  "'framebuffer' with a size");
	}
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

/* An empty name: what the VM of the options has claimed; without one, what nobody has any more. */
int request_release(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	struct request *request;
	struct options options;
	const char *name;
	int r;

	r = sd_bus_message_read(call, "s", &name);
	if (r >= 0 && *name)
		r = check_text(name, "claim", error);
	if (r >= 0)
		r = options_read(call, OPTION_VM | OPTION_DEADLINE | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_request("vgpu");
	if (request) {
		add_action(request, "set-mode");
		add(request, "release");
		if (!*name && !options.vm)
			add(request, "--ended");
		add_options(request, &options);
		if (*name)
			add_target(request, name);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

/* Who runs VMs, and the name of one; it is compared with files, and never is a path by itself. */
static int check_vm(const char *manager, const char *vm, sd_bus_error *error)
{
	if (!cli_vm_manager(manager))
		return error_usage(error, "nobody called '%.64s' is known to run VMs", manager);
	return check_text(vm, "name of the VM", error);
}

static struct request *new_vm_request(const char *event, const char *manager, const char *vm,
				      const struct options *options)
{
	struct request *request = new_request("vgpu");

	if (!request)
		return NULL;
	add_action(request, "set-mode");
	add(request, "__vm");
	add_options(request, options);
	add(request, "--");
	add(request, "%s", event);
	add(request, "%s", manager);
	add(request, "%s", vm);
	return request;
}

int request_vm_start(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	const char *manager, *vm;
	struct request *request;
	struct options options;
	const void *text;
	size_t length;
	int r;

	r = sd_bus_message_read(call, "ss", &manager, &vm);
	if (r >= 0)
		r = check_vm(manager, vm, error);
	if (r >= 0)
		r = sd_bus_message_read_array(call, 'y', &text, &length);
	if (r >= 0 && length > GS_DOMAIN_MAX_BYTES)
		r = error_usage(error, "the description of a VM has %d bytes at most",
				GS_DOMAIN_MAX_BYTES);
	if (r >= 0)
		r = options_read(call, OPTION_DEADLINE | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_vm_request("start", manager, vm, &options);
	if (request) {
		request->input = wanted_file(text, length);
		if (request->input < 0)
			request->failed = request->input;
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_vm_end(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	const char *manager, *vm;
	struct request *request;
	struct options options;
	int r;

	r = sd_bus_message_read(call, "ss", &manager, &vm);
	if (r >= 0)
		r = check_vm(manager, vm, error);
	if (r >= 0)
		r = options_read(call, OPTION_DEADLINE | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_vm_request("end", manager, vm, &options);
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_recover(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	struct request *request;
	struct options options;
	int r = options_read(call, OPTION_TIMEOUT, &options, error);

	if (r < 0)
		return r;
	request = new_request("set-mode");
	if (request) {
		add(request, "recover");
		add_options(request, &options);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_reset(struct daemon *daemon, sd_bus_message *call, const char *card,
		  sd_bus_error *error)
{
	struct request *request;
	struct options options;
	int r = options_read(call, OPTION_METHOD | OPTION_TIMEOUT, &options, error);

	if (r < 0)
		return r;
	request = new_request("set-mode");
	if (request) {
		add(request, "reset");
		add_options(request, &options);
		add_target(request, card);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_self_test(struct daemon *daemon, sd_bus_message *call, const char *card,
		      sd_bus_error *error)
{
	struct request *request;
	struct options options;
	uint32_t rounds;
	int r;

	r = sd_bus_message_read(call, "u", &rounds);
	if (r >= 0 && (rounds < 1 || rounds > MAX_ROUNDS))
		r = error_usage(error, "a self-test has 1 to %d rounds, not %u", MAX_ROUNDS, rounds);
	if (r >= 0)
		r = options_read(call, OPTION_WITH | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_request("set-mode");
	if (request) {
		add(request, "selftest");
		add(request, "--rounds=%u", rounds);
		add_options(request, &options);
		add_target(request, card);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}

int request_apply(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error)
{
	struct request *request;
	struct options options;
	const char *profile;
	const void *text;
	size_t length;
	bool force;
	int r;

	r = sd_bus_message_read_array(call, 'y', &text, &length);
	if (r >= 0)
		r = wanted_check(text, length, &force, error);
	if (r >= 0)
		r = sd_bus_message_read(call, "s", &profile);
	if (r >= 0 && *profile)
		r = check_text(profile, "profile", error);
	if (r >= 0)
		r = options_read(call, OPTION_DEADLINE | OPTION_TIMEOUT, &options, error);
	if (r < 0)
		return r;
	request = new_request("set-mode");
	if (request) {
		request->input = wanted_file(text, length);
		if (request->input < 0)
			request->failed = request->input;
		if (force)
			add_action(request, "force");
		add(request, "apply");
		add_options(request, &options);
		add(request, "--");
		add(request, "-");
		if (*profile)
			add(request, "%s", profile);
	}
	options_clear(&options);
	return request ? submit(daemon, call, request, error) : -ENOMEM;
}
