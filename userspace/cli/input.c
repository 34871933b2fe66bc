// SPDX-License-Identifier: GPL-2.0-or-later
#include "input.h"

#define FIRST_SIZE 16384

int cli_read_input(int fd, size_t max, char **ret, size_t *ret_length)
{
	gs_cleanup_free char *text = NULL;
	size_t length = 0, size = 0;
	ssize_t n;

	do {
		if (length == size) {
			char *longer;

			size = size ? size * 2 : FIRST_SIZE;
			longer = realloc(text, size + 1);
			if (!longer)
				return -ENOMEM;
			text = longer;
		}
		n = read(fd, text + length, size - length);
		length += n > 0 ? (size_t)n : 0;
	} while (length <= max && (n > 0 || (n < 0 && errno == EINTR)));
	if (n < 0)
		return -errno;
	if (length > max)
		return -EFBIG;
	text[length] = '\0';
	*ret = gs_steal(text);
	*ret_length = length;
	return 0;
}
