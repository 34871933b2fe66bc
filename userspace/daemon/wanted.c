// SPDX-License-Identifier: GPL-2.0-or-later
/* wanted.c - the wanted state of a host, as a caller sent it */
#include "wanted.h"

#include <sys/mman.h>
#include <unistd.h>

#include "errors.h"
#include "wanted_state.h"

int wanted_file(const void *text, size_t length)
{
	int fd = memfd_create("wanted", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	/* Memory takes all of it at once, or none. */
	if (write(fd, text, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	r = errno ? -errno : -ENOSPC;
	close(fd);
	return r;
}

int wanted_check(const char *text, size_t length, bool *ret_force, sd_bus_error *error)
{
	gs_cleanup_free char *why = NULL;
	struct gs_wanted *wanted = NULL;
	int line, r;

	if (length > GS_WANTED_MAX_BYTES)
		return error_usage(error, "a wanted state has %d bytes at most",
				   GS_WANTED_MAX_BYTES);
	r = gs_wanted_parse(text, length, &wanted, &line, &why);
	if (r == -EINVAL)
		return error_usage(error, "line %d: %s", line, why);
	if (r < 0)
		return r;
	*ret_force = false;
	for (size_t i = 0; i < wanted->n_cards; i++)
		*ret_force |= wanted->cards[i].force;
	gs_wanted_free(wanted);
	return 0;
}
