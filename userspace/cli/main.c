// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - the streams of the process around a run of the command line */
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>

#include "output.h"

/*
 * No file that is opened later may land on a standard stream. Null devices
 * that cannot be used the wrong way stand in, so that writing a result to a
 * closed stdout still fails.
 */
static int keep_standard_streams(void)
{
	static const int stand_in[] = {O_WRONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", stand_in[fd]) != fd)
			return -EBADF;
	}
	return 0;
}

int main(int argc, char **argv)
{
	/* It ends in a moment: what it frees is not given back piece by piece. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_TOP_PAD, 256 * 1024);
	if (keep_standard_streams() < 0)
		return GS_EXIT_FAILED;
	/* The same output in every locale; UTF-8 only so that names are measured right. */
	setlocale(LC_CTYPE, "C.UTF-8");
	setvbuf(stderr, NULL, _IOLBF, 0);
	/* A reader that goes away must not kill a switch half way. */
	signal(SIGPIPE, SIG_IGN);
	return cli_finish(cli_main(argc, argv));
}
