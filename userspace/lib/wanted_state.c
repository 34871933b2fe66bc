// SPDX-License-Identifier: GPL-2.0-or-later
/* wanted_state.c - the file of a wanted state, and whether a card is as it says. */
#include "wanted_state.h"

#include <ctype.h>

#include "config.h"
#include "strict_ini.h"
#include "vgpu_params.h"

#define MAX_VGPUS 10000

struct parser {
	struct gs_wanted *wanted;
	size_t profile; /* that we are in */
	bool in_card;
	unsigned int seen; /* keys of this section */
};

void gs_wanted_free(struct gs_wanted *wanted)
{
	if (!wanted)
		return;
	for (size_t i = 0; i < wanted->n_cards; i++) {
		struct gs_wanted_card *card = &wanted->cards[i];

		free(card->card);
		free(card->driver);
		free(card->vf_params);
		free(card->with);
		for (size_t j = 0; j < card->n_vgpus; j++)
			free(card->vgpus[j].type);
		free(card->vgpus);
	}
	free(wanted->cards);
	gs_strv_free(wanted->profiles);
	free(wanted);
}

static struct gs_wanted_card *current(struct parser *parser)
{
	return &parser->wanted->cards[parser->wanted->n_cards - 1];
}

static int set_mode(struct parser *parser, const char *value, char **error)
{
	struct gs_wanted_card *card = current(parser);

	if (gs_mode_parse(value, &card->mode) < 0)
		return gs_ini_fail(error, gs_asprintf("there is no mode '%s'; the modes are host, "
						      "passthrough and vgpu",
						      value));
	card->moded = true;
	return 0;
}

static int set_driver(struct parser *parser, const char *value, char **error)
{
	struct gs_wanted_card *card = current(parser);

	if (!gs_config_is_driver(value))
		return gs_ini_fail(error, gs_asprintf("'%s' is not the name of a driver", value));
	card->driver = strdup(value);
	return card->driver ? 0 : -ENOMEM;
}

static bool is_address(const char *word)
{
	struct gs_address address;

	return gs_address_parse(word, &address) == 0;
}

static int add_with(struct gs_wanted_card *card, char *const *words)
{
	for (; words && *words; words++) {
		if (gs_grow(&card->with, card->n_with, sizeof(*card->with)) < 0 ||
		    gs_address_parse(*words, &card->with[card->n_with++]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int set_with(struct parser *parser, const char *value, char **error)
{
	gs_cleanup_free char *bad = NULL;
	char **words = NULL;
	int r = gs_ini_words(value, is_address, &words, &bad);

	if (r == -EINVAL)
		r = gs_ini_fail(error, gs_asprintf("with takes PCI addresses like 0000:01:00.1, "
						   "not '%s'",
						   bad));
	else if (r == 0)
		r = add_with(current(parser), words);
	gs_strv_free(words);
	return r;
}

static int check_params(const char *profile, char **error)
{
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *asked = NULL;
	gs_cleanup_free char *type = NULL;
	char *problem;
	int r = gs_profile_split(profile, &type, &asked);

	if (r < 0 || !asked)
		return r;
	r = gs_params_read(asked, &params, &problem);
	return r == -EINVAL ? gs_ini_fail(error, problem) : r;
}

/* "2 GRID P40-2Q": names have blanks and may begin with a digit, so that only a number alone counts. */
static int set_vgpu(struct parser *parser, const char *value, char **error)
{
	struct gs_wanted_card *card = current(parser);
	size_t digits = strspn(value, "0123456789");
	unsigned int count = 1;
	char number[16];
	int r;

	if (digits && isblank((unsigned char)value[digits])) {
		snprintf(number, sizeof(number), "%.*s", (int)digits, value);
		if (digits >= sizeof(number) || gs_ini_number(number, 1, MAX_VGPUS, &count) < 0)
			return gs_ini_fail(error, gs_asprintf("from 1 to %d vGPUs, not '%s'",
							      MAX_VGPUS, value));
		value += digits + strspn(value + digits, " \t");
	}
	if (!*value)
		return gs_ini_fail(error, strdup("vgpu needs the id or the name of a type"));
	r = check_params(value, error);
	if (r < 0)
		return r;
	if (gs_grow(&card->vgpus, card->n_vgpus, sizeof(*card->vgpus)) < 0)
		return -ENOMEM;
	card->vgpus[card->n_vgpus].count = count;
	card->vgpus[card->n_vgpus].type = strdup(value);
	return card->vgpus[card->n_vgpus++].type ? 0 : -ENOMEM;
}

static int set_vfs(struct parser *parser, const char *value, char **error)
{
	if (gs_ini_number(value, 1, MAX_VGPUS, &current(parser)->vfs) < 0)
		return gs_ini_fail(error,
				   gs_asprintf("from 1 to %d VFs, not '%s'", MAX_VGPUS, value));
	return 0;
}

static int set_vf_params(struct parser *parser, const char *value, char **error)
{
	char *problem;
	int r = gs_vf_params_read(value, &current(parser)->vf_params, &problem);

	return r == -EINVAL ? gs_ini_fail(error, problem) : r;
}

static int set_force(struct parser *parser, const char *value, char **error)
{
	if (!gs_streq(value, "yes") && !gs_streq(value, "no"))
		return gs_ini_fail(error, gs_asprintf("force is yes or no, not '%s'", value));
	current(parser)->force = gs_streq(value, "yes");
	return 0;
}

static const struct key {
	const char *name;
	bool list;
	int (*set)(struct parser *parser, const char *value, char **error);
} keys[] = {
	{ "mode", false, set_mode }, { "driver", false, set_driver }, { "with", true, set_with },
	{ "vgpu", true, set_vgpu },  { "force", false, set_force },   { "vfs", false, set_vfs },
	{ "vf-params", false, set_vf_params },
};

static int take_key(void *data, const char *name, const char *value, char **error)
{
	struct parser *parser = data;

	if (!parser->in_card)
		return gs_ini_fail(error, gs_asprintf("'%s' stands in no [card CARD]", name));
	for (size_t i = 0; i < GS_ARRAY_SIZE(keys); i++) {
		if (!gs_streq(keys[i].name, name))
			continue;
		if (!keys[i].list && parser->seen & 1u << i)
			return gs_ini_fail(error, gs_asprintf("'%s' is given twice", name));
		parser->seen |= 1u << i;
		return keys[i].set(parser, value, error);
	}
	return gs_ini_fail(error, gs_asprintf("unknown key '%s'; there are: mode, driver, with, "
					      "vgpu, vfs, vf-params, force",
					      name));
}

/* The section that ends here has to be whole. */
static int end_card(struct parser *parser, char **error)
{
	const struct gs_wanted_card *card;

	if (!parser->in_card)
		return 0;
	card = current(parser);
	if (!card->moded)
		return gs_ini_fail(error, gs_asprintf("[card %s] before this says no mode",
						      card->card));
	if (card->n_vgpus && card->vfs)
		return gs_ini_fail(error, gs_asprintf("[card %s] before this has vgpu and vfs",
						      card->card));
	if (card->vf_params && !card->vfs)
		return gs_ini_fail(error, gs_asprintf("[card %s] before this has vf-params and no vfs",
						      card->card));
	if (card->vfs && card->mode != GS_MODE_VGPU)
		return gs_ini_fail(error, gs_asprintf("[card %s] before this has vfs and the mode %s",
						      card->card, gs_mode_name(card->mode)));
	if (card->n_vgpus && card->mode != GS_MODE_VGPU)
		return gs_ini_fail(error, gs_asprintf("[card %s] before this has vgpu and the mode %s",
						      card->card, gs_mode_name(card->mode)));
	return 0;
}

static int take_card(struct parser *parser, const char *name, int line, char **error)
{
	struct gs_wanted *wanted = parser->wanted;
	struct gs_wanted_card *card;

	for (size_t i = 0; i < wanted->n_cards; i++)
		if (wanted->cards[i].profile == parser->profile &&
		    gs_streq(wanted->cards[i].card, name))
			return gs_ini_fail(error, gs_asprintf("[card %s] is there twice", name));
	if (gs_grow(&wanted->cards, wanted->n_cards, sizeof(*card)) < 0)
		return -ENOMEM;
	card = &wanted->cards[wanted->n_cards++];
	card->profile = parser->profile;
	card->line = line;
	card->card = strdup(name);
	parser->in_card = true;
	parser->seen = 0;
	return card->card ? 0 : -ENOMEM;
}

static int take_profile(struct parser *parser, const char *name, char **error)
{
	if (gs_strv_has(parser->wanted->profiles, name))
		return gs_ini_fail(error, gs_asprintf("[profile %s] is there twice", name));
	parser->profile = gs_strv_count(parser->wanted->profiles);
	parser->in_card = false;
	return gs_strv_add(&parser->wanted->profiles, name);
}

static int take_section(void *data, const char *section, int line, char **error)
{
	struct parser *parser = data;
	const char *card = gs_ini_name(section, "card");
	const char *profile = gs_ini_name(section, "profile");
	int r = end_card(parser, error);

	if (r < 0)
		return r;
	if (card)
		return take_card(parser, card, line, error);
	if (profile)
		return take_profile(parser, profile, error);
	return gs_ini_fail(error, gs_asprintf("unknown section [%s]; there are [card CARD] and "
					      "[profile NAME]",
					      section));
}

int gs_wanted_parse(const char *text, size_t length, struct gs_wanted **ret, int *ret_line,
		    char **error)
{
	static const struct gs_ini_reader reader = { take_section, take_key };
	struct parser parser = { .profile = GS_WANTED_ALL };
	int r;

	*error = NULL;
	parser.wanted = calloc(1, sizeof(*parser.wanted));
	if (!parser.wanted)
		return -ENOMEM;
	r = gs_ini_parse(text, length, &reader, &parser, ret_line, error);
	if (r == 0) {
		r = end_card(&parser, error);
		*ret_line = r < 0 ? current(&parser)->line : 0;
	}
	if (r < 0)
		gs_wanted_free(parser.wanted);
	else
		*ret = parser.wanted;
	return r;
}

bool gs_wanted_holds(const struct gs_wanted *wanted, const struct gs_wanted_card *card,
		     const char *name)
{
	if (card->profile != GS_WANTED_ALL)
		return name && gs_streq(wanted->profiles[card->profile], name);
	for (size_t i = 0; name && i < wanted->n_cards; i++) {
		const struct gs_wanted_card *other = &wanted->cards[i];

		if (other->profile != GS_WANTED_ALL && gs_streq(other->card, card->card) &&
		    gs_streq(wanted->profiles[other->profile], name))
			return false;
	}
	return true;
}

static bool is_of(const struct gs_vgpu *vgpu, const char *type, const char *params)
{
	return (gs_streq(vgpu->type, type) || gs_streq(vgpu->type_name, type)) &&
	       (!params || gs_params_equal(vgpu->params, params));
}

/* A wanted profile, taken apart; NULL: nothing is said of its parameters. */
static int take_apart(const char *profile, char **ret_type, char **ret_params)
{
	gs_cleanup_free char *problem = NULL;
	gs_cleanup_free char *params = NULL;
	int r = gs_profile_split(profile, ret_type, &params);

	*ret_params = NULL;
	return r == 0 && params ? gs_params_read(params, ret_params, &problem) : r;
}

/* @profile: those whose parameters are not said are all but the ones that other entries want */
static unsigned int count_vgpus(const struct gs_card *card, const struct gs_wanted_card *wanted,
				const char *profile)
{
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *type = NULL;
	unsigned int n = 0;

	if (take_apart(profile, &type, &params) < 0)
		return 0;
	for (size_t i = 0; i < card->n_vgpus; i++)
		n += is_of(card->vgpus[i], type, params);
	for (size_t i = 0; !params && i < wanted->n_vgpus; i++) {
		gs_cleanup_free char *other_params = NULL;
		gs_cleanup_free char *other = NULL;

		if (take_apart(wanted->vgpus[i].type, &other, &other_params) == 0 && other_params &&
		    gs_streq(other, type))
			n -= n < wanted->vgpus[i].count ? n : wanted->vgpus[i].count;
	}
	return n;
}

static char *vgpus_differ(const struct gs_card *card, const struct gs_wanted_card *wanted)
{
	const char *params = gs_card_display(card)->own_vfs.params;
	unsigned int vfs = gs_card_display(card)->sriov_enabled;
	unsigned int total = 0;

	if (wanted->vfs && wanted->vfs != vfs)
		return gs_asprintf("it has %u VFs, not %u", vfs, wanted->vfs);
	if (wanted->vf_params && !gs_params_equal(params, wanted->vf_params))
		return gs_asprintf("its VFs have %s, not %s", *params ? params : "no parameters of ours",
				   wanted->vf_params);
	for (size_t i = 0; i < wanted->n_vgpus; i++) {
		const struct gs_profile_want *vgpu = &wanted->vgpus[i];
		unsigned int there = count_vgpus(card, wanted, vgpu->type);

		total += vgpu->count;
		if (there != vgpu->count)
			return gs_asprintf("it has %u of %s, not %u", there, vgpu->type,
					   vgpu->count);
	}
	if (wanted->n_vgpus && card->n_vgpus != total)
		return gs_asprintf("it has %zu vGPUs, not %u", card->n_vgpus, total);
	return strdup("");
}

static char *with_differs(const struct gs_host *host, const struct gs_wanted_card *wanted)
{
	for (size_t i = 0; i < wanted->n_with; i++) {
		const struct gs_function *function = gs_host_function(host, &wanted->with[i]);
		char text[GS_ADDRESS_LEN];

		gs_address_format(&wanted->with[i], text);
		if (!function)
			return gs_asprintf("there is no %s", text);
		if (wanted->mode == GS_MODE_PASSTHROUGH && !gs_driver_is_vfio(function->driver))
			return gs_asprintf("%s is on %s", text,
					   function->driver ? function->driver : "no driver");
	}
	return strdup("");
}

int gs_wanted_differs(const struct gs_host *host, const struct gs_card *card,
		      const struct gs_wanted_card *wanted, char **ret)
{
	const char *driver = gs_card_display(card)->driver;
	char *text;

	*ret = NULL;
	if (card->mode != wanted->mode)
		text = gs_asprintf("it is in mode %s", gs_mode_name(card->mode));
	else if (wanted->driver && !gs_streq(wanted->driver, driver))
		text = gs_asprintf("it is on %s, not on %s", driver ? driver : "no driver",
				   wanted->driver);
	else
		text = vgpus_differ(card, wanted);
	if (text && !*text) {
		free(text);
		text = with_differs(host, wanted);
	}
	if (!text)
		return -ENOMEM;
	if (*text)
		*ret = text;
	else
		free(text);
	return 0;
}
