// SPDX-License-Identifier: GPL-2.0-or-later
/* bus_call.c - one function a verb, and the options they share */
#include "bus_call.h"

#include "config.h"
#include "host.h"
#include "vm.h"
#include "want.h"
#include "wanted.h"

/* The address of the card that the argument names, by itself or by an alias; else it is looked for, and missed. */
static int find_address(struct cli *cli, struct gs_address *ret)
{
	const char *text = cli->arguments[0];
	const struct gs_card_config *config;
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_card *card;
	int status;

	if (gs_address_parse(text, ret) == 0)
		return 0;
	config = gs_configuration_alias(cli->engine->configuration, text);
	if (config) {
		*ret = config->address;
		return 0;
	}
	status = cli_read_host(cli, 0, &host);
	if (status == 0)
		status = cli_find_card(cli, host, text, &card);
	if (status == 0)
		*ret = gs_card_display(card)->address;
	return status;
}

static char *path_of(const struct gs_address *address)
{
	char text[GS_ADDRESS_LEN], *path;

	path = gs_asprintf(BUS_PATH "/gpu/_%s", gs_address_format(address, text));
	for (char *p = path; p && *p; p++) {
		if (*p == ':' || *p == '.')
			*p = '_';
	}
	return path;
}

static int append_text_option(sd_bus_message *call, const char *name, const char *value)
{
	return value ? sd_bus_message_append(call, "{sv}", name, "s", value) : 0;
}

static int append_flag(sd_bus_message *call, const char *name, bool value)
{
	return value ? sd_bus_message_append(call, "{sv}", name, "b", 1) : 0;
}

static int append_vfs(sd_bus_message *call, const struct cli *cli)
{
	return cli->vfs ? sd_bus_message_append(call, "{sv}", "vfs", "u", cli->vfs) : 0;
}

static int append_timeout(sd_bus_message *call, const struct cli *cli)
{
	if (!cli->timeout_given)
		return 0;
	return sd_bus_message_append(call, "{sv}", "timeout", "u", cli->timeout_ms / 1000);
}

static int append_with(sd_bus_message *call, const struct cli *cli)
{
	char **list = NULL, text[GS_ADDRESS_LEN];
	int r = 0;

	for (size_t i = 0; r == 0 && i < cli->n_with; i++)
		r = gs_strv_add(&list, gs_address_format(&cli->with[i], text));
	if (r == 0 && list)
		r = sd_bus_message_open_container(call, 'e', "sv");
	if (r >= 0 && list)
		r = sd_bus_message_append(call, "s", "with");
	if (r >= 0 && list)
		r = sd_bus_message_open_container(call, 'v', "as");
	if (r >= 0 && list)
		r = sd_bus_message_append_strv(call, list);
	if (r >= 0 && list)
		r = sd_bus_message_close_container(call);
	if (r >= 0 && list)
		r = sd_bus_message_close_container(call);
	gs_strv_free(list);
	return r;
}

static int append_profile_list(sd_bus_message *call, const struct cli *cli)
{
	int r = sd_bus_message_open_container(call, 'a', "(su)");

	for (size_t i = 0; r >= 0 && i < cli->n_profiles; i++)
		r = sd_bus_message_append(call, "(su)", cli->profiles[i].type,
					  cli->profiles[i].count);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int append_profiles(sd_bus_message *call, const struct cli *cli)
{
	int r;

	if (!cli->n_profiles)
		return 0;
	r = sd_bus_message_open_container(call, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(call, "s", "profiles");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "a(su)");
	if (r >= 0)
		r = append_profile_list(call, cli);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

/* What is left of --deadline, in whole seconds. */
static int append_deadline(sd_bus_message *call, const struct cli *cli)
{
	uint64_t now = gs_now_us();
	uint64_t left = cli->end_us > now ? cli->end_us - now : 0;

	if (!cli->end_us)
		return 0;
	return sd_bus_message_append(call, "{sv}", "deadline", "u",
				     (uint32_t)(left / 1000000 + 1));
}

static int append_options(sd_bus_message *call, const struct cli *cli, bool set)
{
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	if (r >= 0 && set)
		r = append_profiles(call, cli);
	if (r >= 0 && set)
		r = append_vfs(call, cli);
	if (r >= 0 && set)
		r = append_text_option(call, "vf-params", cli->vf_params);
	if (r >= 0)
		r = append_text_option(call, "driver", cli->driver);
	if (r >= 0)
		r = append_with(call, cli);
	if (r >= 0)
		r = append_text_option(call, "method", cli->method);
	if (r >= 0)
		r = append_deadline(call, cli);
	if (r >= 0)
		r = append_text_option(call, "uuid", cli->uuid[0] ? cli->uuid : NULL);
	if (r >= 0)
		r = append_flag(call, "force", cli->force);
	if (r >= 0)
		r = append_flag(call, "persist", cli->persist);
	if (r >= 0)
		r = append_timeout(call, cli);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int manager_call(sd_bus *bus, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(bus, ret, BUS_NAME, BUS_PATH, BUS_NAME ".Manager",
					      method);
}

/* Of the card that the first argument names; *@ret stays NULL when there is none, which has been said. */
static int card_call(struct cli *cli, sd_bus *bus, const char *method, sd_bus_message **ret,
		     int *ret_status)
{
	gs_cleanup_free char *path = NULL;
	struct gs_address address;

	*ret_status = find_address(cli, &address);
	if (*ret_status)
		return 0;
	path = path_of(&address);
	if (!path)
		return -ENOMEM;
	return sd_bus_message_new_method_call(bus, ret, BUS_NAME, path, BUS_NAME ".Gpu", method);
}

static int call_set(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	struct gs_want want;
	int r;

	/* The same sentences about wrong arguments as without the daemon. */
	*ret_status = cli_want_begin(cli, &want);
	cli_want_end(&want);
	if (*ret_status)
		return 0;
	r = card_call(cli, bus, "SetMode", ret, ret_status);
	if (r < 0 || !*ret)
		return r;
	r = sd_bus_message_append(*ret, "s", cli->arguments[1]);
	return r < 0 ? r : append_options(*ret, cli, true);
}

static int call_reset(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	*ret_status = cli_reset_check(cli);
	if (*ret_status)
		return 0;
	r = card_call(cli, bus, "Reset", ret, ret_status);
	return r < 0 || !*ret ? r : append_options(*ret, cli, false);
}

static int call_self_test(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	*ret_status = cli_selftest_check(cli);
	if (*ret_status)
		return 0;
	r = card_call(cli, bus, "SelfTest", ret, ret_status);
	if (r < 0 || !*ret)
		return r;
	r = sd_bus_message_append(*ret, "u", (uint32_t)cli->rounds);
	return r < 0 ? r : append_options(*ret, cli, false);
}

/* Read with the rights of whoever asks, and once: it may be a pipe. */
static int wanted_text(struct cli *cli, char **ret, size_t *ret_length)
{
	gs_cleanup_free const struct gs_wanted_card **cards = NULL;
	cli_cleanup_wanted struct gs_wanted *wanted = NULL;
	struct cli_batch batch = { 0 };
	int status = cli_wanted_text(cli, ret, ret_length);

	if (status == 0)
		status = cli_wanted_parse(cli, *ret, *ret_length, &wanted, &batch, &cards);
	cli_batch_clear(&batch);
	return status;
}

static int call_apply(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	gs_cleanup_free char *text = NULL;
	size_t length;
	int r;

	*ret_status = cli_apply_check(cli);
	if (*ret_status == 0)
		*ret_status = wanted_text(cli, &text, &length);
	if (*ret_status)
		return 0;
	r = manager_call(bus, "Apply", ret);
	if (r >= 0)
		r = sd_bus_message_append_array(*ret, 'y', text, length);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "s", cli->n_arguments > 1 ? cli->arguments[1] : "");
	return r < 0 ? r : append_options(*ret, cli, false);
}

static int call_create(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	(void)ret_status;
	r = manager_call(bus, "CreateVgpu", ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss", cli->arguments[0],
					  cli->n_profiles ? cli->profiles[0].type : "");
	return r < 0 ? r : append_options(*ret, cli, false);
}

static int call_remove(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	(void)ret_status;
	r = manager_call(bus, "RemoveVgpu", ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "s", cli->arguments[0]);
	return r < 0 ? r : append_options(*ret, cli, false);
}

static int append_on(sd_bus_message *call, const struct cli *cli)
{
	int r;

	if (!cli->on)
		return 0;
	r = sd_bus_message_open_container(call, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(call, "s", "on");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "as");
	if (r >= 0)
		r = sd_bus_message_append_strv(call, cli->on);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int append_claim_options(sd_bus_message *call, const struct cli *cli, bool claim)
{
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	if (r >= 0)
		r = append_on(call, cli);
	if (r >= 0)
		r = append_text_option(call, "vm", cli->vm);
	if (r >= 0 && claim)
		r = append_text_option(call, "policy", gs_claim_policy_name(cli->policy));
	if (r >= 0 && cli->format_given)
		r = append_text_option(call, "format", gs_export_format_name(cli->format));
	if (r >= 0)
		r = append_deadline(call, cli);
	if (r >= 0)
		r = append_timeout(call, cli);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int call_claim(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	char size[24] = "";
	int r;

	*ret_status = cli_claim_check(cli);
	if (*ret_status)
		return 0;
	if (cli->framebuffer)
		snprintf(size, sizeof(size), "%llu", (unsigned long long)cli->framebuffer);
	r = manager_call(bus, "Claim", ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss",
					  cli->whole_card    ? "card"
					  : cli->vf	    ? "vf"
					  : cli->n_profiles ? "profile"
							    : "framebuffer",
					  cli->n_profiles ? cli->profiles[0].type : size);
	return r < 0 ? r : append_claim_options(*ret, cli, true);
}

static int call_release(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	*ret_status = cli_release_check(cli);
	if (*ret_status)
		return 0;
	r = manager_call(bus, "Release", ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "s", cli->n_arguments ? cli->arguments[0] : "");
	return r < 0 ? r : append_claim_options(*ret, cli, false);
}

/* The description is read with the rights of whoever asks, and once: it is a pipe. */
static int call_vm(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	gs_cleanup_free char *text = NULL;
	bool starts = cli_vm_starts(cli);
	size_t length;
	int r;

	*ret_status = cli_vm_check(cli);
	if (*ret_status == 0 && starts)
		*ret_status = cli_vm_text(cli, &text, &length);
	if (*ret_status)
		return 0;
	r = manager_call(bus, starts ? "VmStart" : "VmEnd", ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss", cli->arguments[1], cli->arguments[2]);
	if (r >= 0 && starts)
		r = sd_bus_message_append_array(*ret, 'y', text, length);
	return r < 0 ? r : append_options(*ret, cli, false);
}

static int call_recover(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	int r;

	(void)ret_status;
	r = manager_call(bus, "Recover", ret);
	return r < 0 ? r : append_options(*ret, cli, false);
}

static const struct {
	int (*run)(struct cli *cli);
	int (*call)(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status);
} calls[] = {
	{ verb_set, call_set },
	{ verb_apply, call_apply },
	{ verb_reset, call_reset },
	{ verb_selftest, call_self_test },
	{ verb_vgpu_create, call_create },
	{ verb_vgpu_remove, call_remove },
	{ verb_recover, call_recover },
	{ verb_claim, call_claim },
	{ verb_release, call_release },
	{ verb_vm, call_vm },
};

int cli_bus_call_new(struct cli *cli, sd_bus *bus, sd_bus_message **ret, int *ret_status)
{
	sd_bus_message *call = NULL;
	int r = -EOPNOTSUPP;

	for (size_t i = 0; i < GS_ARRAY_SIZE(calls); i++) {
		if (calls[i].run == cli->verb->run)
			r = calls[i].call(cli, bus, &call, ret_status);
	}
	if (r < 0 || !call) {
		sd_bus_message_unref(call);
		return r;
	}
	*ret = call;
	return 1;
}
