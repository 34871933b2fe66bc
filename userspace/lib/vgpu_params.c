// SPDX-License-Identifier: GPL-2.0-or-later
#include "vgpu_params.h"

#include <ctype.h>

#define NONE "none"
#define NVIDIA_TYPES "nvidia-"
#define BLANKS " \t\r\n"

/* A key, and what its values are: numbers up to @most, or one of @words. */
struct form {
	const char *key;
	unsigned long most;
	const char *words;
};

/* What a driver has, and whether others may be written all the same. */
struct forms {
	const char *what;
	const struct form *list;
	size_t count;
	bool open;
};

/* What NVIDIA documents. */
static const struct form of_vgpus[] = {
	{ "frame_rate_limiter", 1, NULL },
	{ "disable_vnc", 1, NULL },
	{ "enable_uvm", 1, NULL },
	{ "enable_debugging", 1, NULL },
	{ "enable_profiling", 1, NULL },
	{ "vgpu-placement-id", 65535, NULL },
	{ "loglevel", 9, NULL },
	{ "intervaltime", 10000000, NULL },
	{ "vgaintervaltime", 10000000, NULL },
};

static const struct forms vgpu_forms = { "vGPU parameter", of_vgpus, GS_ARRAY_SIZE(of_vgpus), true };

/* What xe has below sriov_admin; each is a file. */
static const struct form of_vfs[GS_VF_PARAMS_KNOWN] = {
	{ "exec_quantum_ms", 4294967295UL, NULL },
	{ "preempt_timeout_us", 4294967295UL, NULL },
	{ "sched_priority", 0, "low|normal|high" },
	{ "vram_quota", 1UL << 50, NULL },
};

static const struct forms vf_forms = { "VF parameter", of_vfs, GS_ARRAY_SIZE(of_vfs), false };

/* One KEY=VALUE within a list. */
struct param {
	const char *key, *value;
	size_t key_length, value_length;
	bool forced;
};

/* Takes the next one off @at; false: there is none. */
static bool next_param(const char **at, struct param *ret)
{
	size_t length;
	const char *sign;

	*at += strspn(*at, "," BLANKS);
	if (!**at)
		return false;
	length = strcspn(*at, ",");
	*ret = (struct param){ .key = *at, .forced = **at == '+' };
	*at += length;
	while (length && strchr(BLANKS, ret->key[length - 1]))
		length--;
	ret->key += ret->forced;
	length -= ret->forced;
	sign = memchr(ret->key, '=', length);
	ret->key_length = sign ? (size_t)(sign - ret->key) : length;
	ret->value = sign ? sign + 1 : ret->key + length;
	ret->value_length = (size_t)(ret->key + length - ret->value);
	return true;
}

static bool is_word(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_-.:", text[i]))
			return false;
	return length > 0;
}

static bool same_key(const struct param *a, const struct param *b)
{
	return a->key_length == b->key_length && strncmp(a->key, b->key, a->key_length) == 0;
}

static const struct form *find_form(const struct forms *forms, const struct param *param)
{
	for (size_t i = 0; i < forms->count; i++)
		if (strlen(forms->list[i].key) == param->key_length &&
		    strncmp(forms->list[i].key, param->key, param->key_length) == 0)
			return &forms->list[i];
	return NULL;
}

static bool is_number(const struct form *form, const struct param *param)
{
	unsigned long number = 0;

	/* A driver may take 020 for 16, and shows it otherwise than it was written. */
	if (param->value_length > 1 && *param->value == '0')
		return false;
	for (size_t i = 0; i < param->value_length; i++) {
		if (!isdigit((unsigned char)param->value[i]) || number > form->most)
			return false;
		number = number * 10 + (unsigned long)(param->value[i] - '0');
	}
	return param->value_length > 0 && number <= form->most;
}

static bool is_one_of(const char *words, const struct param *param)
{
	for (const char *at = words; *at; at += strcspn(at, "|"), at += *at == '|')
		if (strcspn(at, "|") == param->value_length &&
		    strncmp(at, param->value, param->value_length) == 0)
			return true;
	return false;
}

static bool has_form(const struct form *form, const struct param *param)
{
	return form->words ? is_one_of(form->words, param) : is_number(form, param);
}

static bool is_known(const struct param *param)
{
	const struct form *form = find_form(&vgpu_forms, param);

	return form && has_form(form, param);
}

/* Is the same key in @text before @at? */
static bool is_twice(const char *text, const struct param *param)
{
	struct param earlier;

	while (next_param(&text, &earlier) && earlier.key < param->key)
		if (same_key(&earlier, param))
			return true;
	return false;
}

static char *list_known(const struct forms *forms)
{
	char *text = strdup("");

	for (size_t i = 0; text && i < forms->count; i++) {
		const struct form *form = &forms->list[i];
		char *longer = form->words
				       ? gs_asprintf("%s%s%s=%s", text, i ? ", " : "", form->key,
						     form->words)
				       : gs_asprintf("%s%s%s=0%s%lu", text, i ? ", " : "", form->key,
						     form->most == 1 ? "|" : "..", form->most);

		free(text);
		text = longer;
	}
	return text;
}

static char *unknown(const struct forms *forms, const struct param *param)
{
	gs_cleanup_free char *list = list_known(forms);
	int length = (int)param->key_length;

	if (!forms->open)
		return gs_asprintf("there is no known %s '%.*s'; known are %s", forms->what, length,
				   param->key, list ? list : "");
	return gs_asprintf("there is no known %s '%.*s'; known are %s; +%.*s=... is written all the same",
			   forms->what, length, param->key, list ? list : "", length, param->key);
}

static char *wrong_value(const struct forms *forms, const struct form *form,
			 const struct param *param)
{
	if (form->words)
		return gs_asprintf("the %s %s is one of %s, not '%.*s'", forms->what, form->key,
				   form->words, (int)param->value_length, param->value);
	return gs_asprintf("the %s %s is a number from 0 to %lu, not '%.*s'", forms->what, form->key,
			   form->most, (int)param->value_length, param->value);
}

/* A sentence; NULL: nothing is wrong with it. */
static char *problem_of(const struct forms *forms, const char *text, const struct param *param)
{
	const struct form *form = find_form(forms, param);

	if (!is_word(param->key, param->key_length) ||
	    !is_word(param->value, param->value_length))
		return gs_asprintf("a %s is KEY=VALUE, not '%.*s'", forms->what,
				   (int)(param->value + param->value_length - param->key), param->key);
	if (is_twice(text, param))
		return gs_asprintf("the %s %.*s is given twice", forms->what,
				   (int)param->key_length, param->key);
	if ((param->forced && forms->open) || (form && has_form(form, param)))
		return NULL;
	return form ? wrong_value(forms, form, param) : unknown(forms, param);
}

static int read_list(const struct forms *forms, const char *text, char **ret, char **ret_problem)
{
	const char *at = text;
	struct param param;
	char *list = strdup("");

	*ret_problem = NULL;
	if (list && strcmp(text, NONE) == 0) {
		*ret = list;
		return 0;
	}
	while (list && next_param(&at, &param)) {
		char *longer;

		*ret_problem = problem_of(forms, text, &param);
		if (*ret_problem)
			break;
		longer = gs_asprintf("%s%s%.*s=%.*s", list, *list ? "," : "", (int)param.key_length,
				     param.key, (int)param.value_length, param.value);
		free(list);
		list = longer;
	}
	if (list && !*ret_problem && !*list)
		*ret_problem = gs_asprintf("say which parameters, KEY=VALUE, or none");
	if (list && !*ret_problem && strlen(list) > GS_PARAMS_MAX)
		*ret_problem = gs_asprintf("parameters are at most %d characters long", GS_PARAMS_MAX);
	if (!list)
		return -ENOMEM;
	if (!*ret_problem) {
		*ret = list;
		return 0;
	}
	free(list);
	return -EINVAL;
}

int gs_params_read(const char *text, char **ret, char **ret_problem)
{
	return read_list(&vgpu_forms, text, ret, ret_problem);
}

int gs_vf_params_read(const char *text, char **ret, char **ret_problem)
{
	return read_list(&vf_forms, text, ret, ret_problem);
}

const char *gs_vf_param_key(unsigned int number)
{
	return number < vf_forms.count ? vf_forms.list[number].key : NULL;
}

bool gs_vf_param_value(const char *text, unsigned int number, char ret[GS_VF_PARAM_VALUE])
{
	const struct form *form = number < vf_forms.count ? &vf_forms.list[number] : NULL;
	struct param param;

	while (form && next_param(&text, &param)) {
		if (find_form(&vf_forms, &param) != form)
			continue;
		snprintf(ret, GS_VF_PARAM_VALUE, "%.*s", (int)param.value_length, param.value);
		return true;
	}
	return false;
}

bool gs_params_are(const char *text)
{
	const char *at = text;
	struct param param;

	if (strlen(text) > GS_PARAMS_MAX)
		return false;
	while (next_param(&at, &param))
		if (param.forced || !is_word(param.key, param.key_length) ||
		    !is_word(param.value, param.value_length))
			return false;
	return true;
}

static bool has_param(const char *text, const struct param *wanted)
{
	struct param param;

	while (next_param(&text, &param))
		if (same_key(&param, wanted) && param.value_length == wanted->value_length &&
		    strncmp(param.value, wanted->value, wanted->value_length) == 0)
			return true;
	return false;
}

static bool has_all(const char *text, const char *wanted)
{
	struct param param;

	while (next_param(&wanted, &param))
		if (!has_param(text, &param))
			return false;
	return true;
}

bool gs_params_equal(const char *a, const char *b)
{
	return a && b && has_all(a, b) && has_all(b, a);
}

bool gs_params_of_type(const char *id)
{
	return strncmp(id, NVIDIA_TYPES, strlen(NVIDIA_TYPES)) == 0;
}

char *gs_params_trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length && strchr(BLANKS, text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* Names of types may have a comma in them, but no parameters behind it. */
static const char *find_params(const char *text)
{
	const char *comma = strchr(text, ',');

	if (!comma || comma == text)
		return NULL;
	return strcmp(comma + 1, NONE) == 0 || strchr(comma, '=') ? comma + 1 : NULL;
}

int gs_profile_split(const char *text, char **ret_type, char **ret_params)
{
	const char *params = find_params(text);

	*ret_type = params ? strndup(text, (size_t)(params - 1 - text)) : strdup(text);
	*ret_params = params ? strdup(params) : NULL;
	if (*ret_type && (*ret_params || !params))
		return 0;
	free(*ret_type);
	free(*ret_params);
	return -ENOMEM;
}

char *gs_profile_join(const char *type, const char *params)
{
	char *text = params && !*params ? gs_asprintf("%s," NONE, type) : strdup(type);
	struct param param;

	while (text && params && next_param(&params, &param)) {
		char *longer = gs_asprintf("%s,%s%.*s=%.*s", text, is_known(&param) ? "" : "+",
					   (int)param.key_length, param.key, (int)param.value_length,
					   param.value);

		free(text);
		text = longer;
	}
	return text;
}
