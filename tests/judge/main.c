// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gpushift-judge [--lspci FILE] [--vfio] [--methods] [--self-check] [--verbose]
 * gpushift-judge --only-ask
 *
 * Compares, function by function, what the module says with what sysfs,
 * configuration space, lspci and VFIO say. One line for each disagreement:
 *   ADDRESS: FACT: the module says 'VALUE', SOURCE 'VALUE'
 * A value of a source may name several that are right, parted by |; - is an
 * absent fact.
 *
 *   --lspci FILE   the output of `lspci -D -n -vvv`
 *   --vfio         ask VFIO too, about what is bound to vfio-pci
 *   --methods      ask the kernel what it would accept as reset_method; its default is there
 *                  afterwards
 *   --self-check   then make one answer of each fact wrong, and see that it is found
 *   --verbose      say how often each fact was compared
 *   --only-ask     ask the module for everything in each way there is, and nobody else
 *
 * Exit status: 0 all agree, 1 something disagrees or was not found, 2 trouble.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

static struct host host;

/* Nobody may be woken by being looked at. */
static void expect_same_power(void)
{
	char value[64];

	for (unsigned int i = 0; i < host.count; i++)
		if (sysfs_read(&host.functions[i], "power_state", value, sizeof(value)))
			expect(&host.functions[i], FACT_POWER_STATE, "power_state after the dump",
			       "%s", value);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "lspci", required_argument, NULL, 'l' },
		{ "vfio", no_argument, NULL, 'f' },
		{ "methods", no_argument, NULL, 'm' },
		{ "self-check", no_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "only-ask", no_argument, NULL, 'a' },
		{ 0 },
	};
	bool vfio = false, methods = false, self = false, verbose = false;
	const char *lspci = NULL;
	unsigned int wrong;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 2;
		vfio |= option == 'f';
		methods |= option == 'm';
		self |= option == 's';
		verbose |= option == 'v';
		if (option == 'a')
			return printf("%u answers\n", module_ask()) < 0;
		if (option == 'l')
			lspci = optarg;
	}
	sysfs_list(&host);
	module_dump(&host);
	expect_same_power();
	module_text(&host);
	config_read(&host);
	sysfs_expect(&host);
	config_expect(&host);
	if (lspci)
		lspci_expect(&host, lspci);
	topology_expect(&host);
	isolation_expect(&host);
	if (vfio)
		vfio_expect(&host);
	if (methods)
		methods_expect(&host);
	wrong = compare(&host, verbose);
	if (self)
		wrong += self_check(&host);
	return wrong > 0;
}
