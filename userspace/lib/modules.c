// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules.h"

#include "base.h"

static void be_quiet(void *data, int priority, const char *file, int line, const char *function,
		     const char *format, va_list arguments)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)arguments;
}

struct kmod_ctx *gs_modules_open(void)
{
	struct kmod_ctx *kmod = kmod_new(NULL, NULL);

	if (kmod)
		kmod_set_log_fn(kmod, be_quiet, NULL);
	return kmod;
}
