// SPDX-License-Identifier: GPL-2.0-or-later
/* inspect.c - who uses a card: for those who may know, and what of it others may */
#include "ask.h"
#include "auth.h"
#include "request.h"

/* Not to be allowed is no error here: less is told. */
static void on_inspect(struct daemon *daemon, sd_bus_message *call, const char *refused, void *data)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct question *question = data;
	int r;

	if (!refused)
		question->uid = 0;
	question->known = daemon->host;
	/* As root at first, for the counts; it drops its rights itself. */
	r = ask_start(daemon, call, 0, question_holders, question, &error);
	if (r < 0)
		(void)!sd_bus_reply_method_errno(call, r, error.name ? &error : NULL);
	sd_bus_error_free(&error);
	free(question);
}

int request_holders(struct daemon *daemon, sd_bus_message *call, const struct question *question,
		    uid_t uid, sd_bus_error *error)
{
	static const char *const actions[] = { "inspect", NULL };
	struct question *copy = malloc(sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	*copy = *question;
	copy->uid = uid;
	r = auth_check(daemon, call, actions, on_inspect, copy, error);
	if (r < 0)
		free(copy);
	return r < 0 ? r : 1;
}
