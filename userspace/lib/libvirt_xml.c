// SPDX-License-Identifier: GPL-2.0-or-later
#include "libvirt_xml.h"

const char *gs_libvirt_attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

/* "0x01", or decimal */
static bool parse_number(const char *text, unsigned long max, unsigned int *ret)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, 0);
	*ret = (unsigned int)value;
	return *text && !*rest && !errno && value <= max;
}

bool gs_libvirt_address(const char *const *attributes, struct gs_address *ret)
{
	unsigned int domain, bus, slot, function;
	char text[32];

	if (!parse_number(gs_libvirt_attribute(attributes, "domain"), 0xffff, &domain) ||
	    !parse_number(gs_libvirt_attribute(attributes, "bus"), 0xff, &bus) ||
	    !parse_number(gs_libvirt_attribute(attributes, "slot"), 0x1f, &slot) ||
	    !parse_number(gs_libvirt_attribute(attributes, "function"), 7, &function))
		return false;
	snprintf(text, sizeof(text), "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return gs_address_parse(text, ret) == 0;
}
