// SPDX-License-Identifier: GPL-2.0-or-later
/* address.c - PCI addresses as text. */
#include "address.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads between @least and @most digits that @end follows. */
static int hex_field(const char **text, int least, int most, char end, uint32_t *ret)
{
	const char *p = *text;
	uint32_t value = 0;
	int n = 0;

	while (n < most && hex_digit(*p) >= 0) {
		value = value << 4 | (uint32_t)hex_digit(*p++);
		n++;
	}
	if (n < least || *p != end)
		return -EINVAL;
	*text = end ? p + 1 : p;
	*ret = value;
	return 0;
}

int gs_address_parse(const char *text, struct gs_address *ret)
{
	uint32_t domain, bus, slot, function;

	/* Four digits at least, so that "01:00.0" is never taken for a domain. */
	if (hex_field(&text, 4, 8, ':', &domain) < 0)
		domain = 0;
	if (hex_field(&text, 2, 2, ':', &bus) < 0 || hex_field(&text, 2, 2, '.', &slot) < 0 ||
	    hex_field(&text, 1, 1, '\0', &function) < 0)
		return -EINVAL;
	if (slot > 31 || function > 7)
		return -EINVAL;
	*ret = (struct gs_address){
		.domain = domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	return 0;
}

const char *gs_address_format(const struct gs_address *address, char buffer[GS_ADDRESS_LEN])
{
	snprintf(buffer, GS_ADDRESS_LEN, "%04x:%02x:%02x.%x", address->domain, address->bus,
		 address->slot & 31, address->function & 7);
	return buffer;
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int gs_address_compare(const struct gs_address *a, const struct gs_address *b)
{
	int r = compare(a->domain, b->domain);

	if (!r)
		r = compare(a->bus, b->bus);
	if (!r)
		r = compare(a->slot, b->slot);
	return r ? r : compare(a->function, b->function);
}

static int compare_names(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	struct gs_address first, second;
	bool x_parses = gs_address_parse(x, &first) == 0;
	bool y_parses = gs_address_parse(y, &second) == 0;

	if (x_parses && y_parses)
		return gs_address_compare(&first, &second);
	if (x_parses != y_parses)
		return x_parses ? -1 : 1;
	return strcmp(x, y);
}

void gs_address_sort(char **names)
{
	size_t n = gs_strv_count(names);

	if (n)
		qsort(names, n, sizeof(*names), compare_names);
}
