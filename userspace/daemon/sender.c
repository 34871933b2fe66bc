// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender.h"

#include "errors.h"

/*
 * Asked of the bus: it knows whom it let connect, while /proc tells of a
 * process id that may have been passed on meanwhile.
 */
int sender_uid(sd_bus_message *message, uid_t *ret, sd_bus_error *error)
{
	sd_bus_creds *creds = NULL;
	int r;

	r = sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &creds);
	if (r >= 0)
		r = sd_bus_creds_get_euid(creds, ret);
	sd_bus_creds_unref(creds);
	if (r < 0)
		return error_code(error, "not-permitted", "the bus does not say who asks");
	return 0;
}
