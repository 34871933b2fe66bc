// SPDX-License-Identifier: GPL-2.0-or-later
#include "redact.h"

#include <ctype.h>

#include "tree.h"

/* ---- what a host is known by ---- */

static bool is_worth_hiding(const char *word)
{
	return strlen(word) > 1 && strcmp(word, "(none)") != 0 && strcmp(word, "localhost") != 0 &&
	       strcasecmp(word, "none") != 0 && strcasecmp(word, "default string") != 0 &&
	       strcasecmp(word, "not specified") != 0;
}

static int add_word(char ***list, const char *word)
{
	return is_worth_hiding(word) && !gs_strv_has(*list, word) ? gs_strv_add(list, word) : 0;
}

/* "host.example.org", and "host" by itself. */
static int add_host(struct gs_engine *engine, const char *path, struct gs_secrets *secrets)
{
	gs_cleanup_free char *name = NULL;
	int r;

	if (gs_tree_read(engine, path, &name) < 0)
		return 0;
	r = add_word(&secrets->hosts, name);
	name[strcspn(name, ".")] = '\0';
	return r == 0 ? add_word(&secrets->hosts, name) : r;
}

int gs_secrets_read(struct gs_engine *engine, struct gs_secrets *ret)
{
	static const char *const names[] = { "proc/sys/kernel/hostname", "etc/hostname",
					     "proc/sys/kernel/domainname" };
	static const char *const serials[] = { "product_serial", "board_serial", "chassis_serial",
					       "product_asset_tag", "board_asset_tag",
					       "chassis_asset_tag" };
	struct gs_secrets secrets = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(names); i++)
		r = add_host(engine, names[i], &secrets);
	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(serials); i++) {
		gs_cleanup_free char *serial = NULL;
		char path[GS_PATH_MAX];

		if (gs_path(path, "sys/class/dmi/id/%s", serials[i]) == 0 &&
		    gs_tree_read(engine, path, &serial) == 0)
			r = add_word(&secrets.serials, serial);
	}
	if (r < 0) {
		gs_secrets_clear(&secrets);
		return r;
	}
	*ret = secrets;
	return 0;
}

void gs_secrets_clear(struct gs_secrets *secrets)
{
	gs_strv_free(secrets->hosts);
	gs_strv_free(secrets->serials);
	*secrets = (struct gs_secrets){ 0 };
}

/* ---- forms ---- */

static size_t hex_digits(const char *text)
{
	size_t n = 0;

	while (isxdigit((unsigned char)text[n]))
		n++;
	return n;
}

/* The length of what stands there; 0: something else. */
static size_t is_uuid(const char *text)
{
	static const size_t parts[] = { 8, 4, 4, 4, 12 };
	size_t at = 0;

	for (size_t i = 0; i < GS_ARRAY_SIZE(parts); i++) {
		bool last = i + 1 == GS_ARRAY_SIZE(parts);
		size_t digits = hex_digits(text + at);

		/* Whatever follows one. */
		if (digits < parts[i] || (digits > parts[i] && !last))
			return 0;
		at += parts[i];
		if (!last && text[at++] != '-')
			return 0;
	}
	return at;
}

static size_t is_machine_id(const char *text)
{
	size_t n = hex_digits(text);

	/* SHA-1 and longer are of files, not of machines. */
	return n == 32 ? n : 0;
}

/* Six pairs of digits, or more: of InfiniBand. */
static size_t is_mac(const char *text)
{
	char separator = text[0] && text[1] ? text[2] : '\0';
	size_t at = 0, pairs = 0;

	if (separator != ':' && separator != '-')
		return 0;
	while (hex_digits(text + at) == 2) {
		at += 2;
		pairs++;
		if (text[at] != separator || hex_digits(text + at + 1) != 2)
			break;
		at++;
	}
	return pairs >= 6 ? at : 0;
}

static size_t is_ip(const char *text)
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t digits = strspn(text + at, "0123456789");

		if (digits < 1 || digits > 3)
			return 0;
		at += digits;
		if (i < 3 && text[at++] != '.')
			return 0;
	}
	return text[at] == '.' ? 0 : at;
}

/* The name in "/home/NAME". */
static size_t is_home(const char *text)
{
	return strncmp(text, "/home/", 6) == 0 ? 6 + strcspn(text + 6, "/ \t\n\"'\\,;:") : 0;
}

static size_t is_word_of(char *const *words, const char *text)
{
	for (; words && *words; words++) {
		size_t length = strlen(*words);

		if (strncasecmp(text, *words, length) == 0 && !isalnum((unsigned char)text[length]))
			return length;
	}
	return 0;
}

/* ---- the text ---- */

struct redaction {
	const struct gs_secrets *secrets;
	char **uuids; /* met so far */
	char *text;
	size_t length, room;
	bool failed;
};

static void put(struct redaction *to, const char *text, size_t length)
{
	char *grown;

	if (to->length + length + 1 > to->room) {
		to->room = (to->length + length + 1) * 2;
		grown = realloc(to->text, to->room);
		if (!grown) {
			to->failed = true;
			return;
		}
		to->text = grown;
	}
	memcpy(to->text + to->length, text, length);
	to->length += length;
	to->text[to->length] = '\0';
}

static void put_uuid(struct redaction *to, const char *text, size_t length)
{
	gs_cleanup_free char *uuid = strndup(text, length);
	char number[32];
	size_t n = 0;

	for (char *p = uuid; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	while (uuid && to->uuids && to->uuids[n] && strcmp(to->uuids[n], uuid) != 0)
		n++;
	if (!uuid || (n == gs_strv_count(to->uuids) && gs_strv_add(&to->uuids, uuid) < 0)) {
		to->failed = true;
		return;
	}
	snprintf(number, sizeof(number), "<uuid %zu>", n + 1);
	put(to, number, strlen(number));
}

/* What begins here and is to go; returns its length in the old text. */
static size_t take(struct redaction *to, const char *text)
{
	static const struct {
		size_t (*is)(const char *text);
		const char *instead;
	} forms[] = {
		{ is_machine_id, "<id>" },
		{ is_mac, "<mac>" },
		{ is_ip, "<ip>" },
		{ is_home, "/home/<user>" },
	};
	size_t length = is_uuid(text);

	if (length) {
		put_uuid(to, text, length);
		return length;
	}
	for (size_t i = 0; i < GS_ARRAY_SIZE(forms) && !length; i++) {
		length = forms[i].is(text);
		if (length)
			put(to, forms[i].instead, strlen(forms[i].instead));
	}
	if (!length && (length = is_word_of(to->secrets->hosts, text)))
		put(to, "<host>", 6);
	if (!length && (length = is_word_of(to->secrets->serials, text)))
		put(to, "<serial>", 8);
	return length;
}

char *gs_redact(const struct gs_secrets *secrets, const char *text)
{
	struct redaction to = { .secrets = secrets };
	bool begins = true; /* nothing alphanumeric stands before */

	put(&to, "", 0);
	while (*text && !to.failed) {
		size_t length = begins ? take(&to, text) : 0;

		bool taken = length, escape = !taken && text[0] == '\\' && text[1];

		/* The letter of an escape of JSON is part of no word. */
		if (!taken) {
			length = escape ? 2 : 1;
			put(&to, text, length);
		}
		begins = taken || escape || !isalnum((unsigned char)text[length - 1]);
		text += length;
	}
	gs_strv_free(to.uuids);
	if (to.failed) {
		free(to.text);
		return NULL;
	}
	return to.text;
}

/* Keys, or what they begin with, whose values concern cards and not a person's disks and networks. */
static const char *const shown_keys[] = { "intel_iommu", "amd_iommu", "iommu",	     "intremap",
					  "vfio",	 "pci",	      "modprobe.",   "module_blacklist",
					  "rd.driver.",	 "nouveau",   "nvidia",	     "amdgpu",
					  "radeon",	 "i915",      "xe.",	     "video",
					  "console",	 "lockdown",  "module.",     "kvm",
					  "efi",	 "initcall",  "hugepages",   "default_hugepagesz",
					  "hugepagesz",	 "isolcpus",  "mitigations", "acpi" };

static bool is_shown(const char *word)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(shown_keys); i++)
		if (strncmp(word, shown_keys[i], strlen(shown_keys[i])) == 0)
			return true;
	return false;
}

/* The next word, ended; as the kernel parts them: not within quotes. NULL: there is none */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t\n"), *end = word;
	bool quoted = false;

	for (; *end && (quoted || !strchr(" \t\n", *end)); end++)
		quoted ^= *end == '"';
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

char *gs_redact_cmdline(const char *text)
{
	gs_cleanup_free char *copy = strdup(text);
	char *result = strdup(""), *rest = copy;

	if (!copy) {
		free(result);
		return NULL;
	}
	/* What follows "--" is for init. */
	for (char *word = next_word(&rest); result && word && strcmp(word, "--") != 0;
	     word = next_word(&rest)) {
		const char *value = strchr(word, '=');
		char *longer;

		if (!value || is_shown(word))
			longer = gs_asprintf("%s%s%s", result, *result ? " " : "", word);
		else
			longer = gs_asprintf("%s%s%.*s=<removed>", result, *result ? " " : "",
					     (int)(value - word), word);
		free(result);
		result = longer;
	}
	return result;
}
