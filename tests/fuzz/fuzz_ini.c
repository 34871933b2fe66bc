// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: one text, read as the first file and again as a drop-in. */
#include "config.h"
#include "fuzz.h"

static void use(const struct gs_configuration *configuration)
{
	for (size_t i = 0; i < configuration->n_cards; i++) {
		const struct gs_card_config *card = &configuration->cards[i];

		if (!card->name || !card->where || (card->driver && strchr(card->driver, '/')))
			abort();
		if (gs_configuration_alias(configuration, card->name) != card)
			abort();
		for (char **unit = card->quiesce; unit && *unit; unit++)
			if (strchr(*unit, '/') || strchr(*unit, ' ') || !strchr(*unit, '.'))
				abort();
	}
}

static int parse(struct gs_configuration *configuration, const char *file, const uint8_t *data,
		 size_t size)
{
	gs_cleanup_free char *text = fuzz_text(data, size);
	struct gs_config_error error = { 0 };
	int r = text ? gs_configuration_parse(configuration, file, text, size, &error) : 0;

	/* Whatever is wrong is said with its file and line. */
	if (r < 0 && (r != -EINVAL || strncmp(error.message, file, strlen(file)) != 0))
		abort();
	gs_config_error_clear(&error);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_configuration *configuration = calloc(1, sizeof(*configuration));
	struct gs_config_error error = { 0 };

	if (!configuration)
		return 0;
	if (parse(configuration, "/etc/gpushift/gpushift.conf", data, size) == 0 &&
	    parse(configuration, "/etc/gpushift/gpushift.conf.d/again.conf", data, size) == 0) {
		use(configuration);
		(void)!gs_configuration_check(configuration, &error);
	}
	gs_config_error_clear(&error);
	gs_configuration_free(configuration);
	return 0;
}
