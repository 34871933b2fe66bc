// SPDX-License-Identifier: GPL-2.0-or-later
/* holder_network.c - interfaces that are up, and those that an administrator is connected by. */
#include <arpa/inet.h>
#include <ctype.h>

#include "holder_names.h"
#include "holders.h"

#define ROUTES_MAX 4096
#define PORTS_MAX 16

/* Bridges on bonds on interfaces; a loop ends here. */
#define UPPER_DEPTH 8

#define ROUTE_UP 0x0001
#define ROUTE_REJECT 0x0200

/* Addresses of both families in 16 bytes, in the order of the network. */
struct route {
	uint8_t destination[16];
	unsigned int length; /* of the prefix; IPv4's begin at 96 */
	unsigned int metric;
	char interface[64];
};

struct network {
	struct gs_engine *engine;
	struct route *routes;
	size_t n_routes;
	uint16_t ports[PORTS_MAX]; /* of the ssh server */
	size_t n_ports;
};

/* /proc shows IPv4 addresses as numbers of this machine, which are in the network's order in memory. */
static void map_ipv4(uint32_t address, uint8_t ret[16])
{
	memset(ret, 0, 10);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + 12, &address, 4);
}

static bool parse_hex(const char *text, size_t digits, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < digits; i++) {
		char c = (char)tolower((unsigned char)text[i]);

		if (!isxdigit((unsigned char)c))
			return false;
		*ret = *ret << 4 | (uint32_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	return true;
}

static void add_route(struct network *network, const struct route *route)
{
	if (network->n_routes < ROUTES_MAX &&
	    gs_grow(&network->routes, network->n_routes, sizeof(*network->routes)) == 0)
		network->routes[network->n_routes++] = *route;
}

static void read_ipv4_route(struct network *network, const char *line)
{
	unsigned int destination, gateway, flags, references, use, metric, mask;
	struct route route = { 0 };

	if (sscanf(line, "%63s %8x %8x %x %u %u %u %8x", route.interface, &destination, &gateway,
		   &flags, &references, &use, &metric, &mask) != 8 ||
	    !(flags & ROUTE_UP) || (flags & ROUTE_REJECT))
		return;
	map_ipv4(destination, route.destination);
	route.length = 96 + (unsigned int)__builtin_popcount(mask);
	route.metric = metric;
	add_route(network, &route);
}

static bool parse_ipv6(const char *text, uint8_t ret[16])
{
	for (size_t i = 0; i < 16; i++) {
		uint32_t byte;

		if (!parse_hex(text + 2 * i, 2, &byte))
			return false;
		ret[i] = (uint8_t)byte;
	}
	return true;
}

static void read_ipv6_route(struct network *network, const char *line)
{
	char destination[33], source[33], gateway[33];
	unsigned int length, source_length, metric, references, use, flags;
	struct route route = { 0 };

	if (sscanf(line, "%32s %x %32s %x %32s %x %x %x %x %63s", destination, &length, source,
		   &source_length, gateway, &metric, &references, &use, &flags,
		   route.interface) != 10 ||
	    strlen(destination) != 32 || !parse_ipv6(destination, route.destination) ||
	    length > 128 || !(flags & ROUTE_UP) || (flags & ROUTE_REJECT) ||
	    strcmp(route.interface, "lo") == 0)
		return;
	route.length = length;
	route.metric = metric;
	add_route(network, &route);
}

static void each_line(struct network *network, const char *path,
		      void (*take)(struct network *, const char *))
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;

	if (gs_tree_read(network->engine, path, &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take(network, line);
}

size_t gs_ssh_ports(const char *text, uint16_t *ret, size_t max)
{
	size_t n = 0;

	while (*text && n < max) {
		size_t blanks = strspn(text, " \t");
		unsigned int port;

		if (strncasecmp(text + blanks, "port", 4) == 0 &&
		    sscanf(text + blanks + 4, "%*[ \t=]%5u", &port) == 1 && port && port < 65536)
			ret[n++] = (uint16_t)port;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

static void read_ports(struct network *network, const char *path)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read(network->engine, path, &text) == 0)
		network->n_ports += gs_ssh_ports(text, network->ports + network->n_ports,
						 PORTS_MAX - network->n_ports);
}

static void find_ports(struct network *network)
{
	char path[GS_PATH_MAX], **files = NULL;

	read_ports(network, "etc/ssh/sshd_config");
	if (gs_tree_list(network->engine, "etc/ssh/sshd_config.d", &files) == 0)
		for (char **file = files; file && *file; file++)
			if (gs_path(path, "etc/ssh/sshd_config.d/%s", *file) == 0)
				read_ports(network, path);
	gs_strv_free(files);
	if (!network->n_ports)
		network->ports[network->n_ports++] = 22;
}

static bool matches(const struct route *route, const uint8_t address[16])
{
	unsigned int whole = route->length / 8, bits = route->length % 8;

	if (memcmp(route->destination, address, whole) != 0)
		return false;
	return !bits || !((route->destination[whole] ^ address[whole]) >> (8 - bits));
}

/* The interface by which the host answers this address; NULL: none. */
static const char *interface_to(const struct network *network, const uint8_t address[16])
{
	const struct route *best = NULL;

	for (size_t i = 0; i < network->n_routes; i++) {
		const struct route *route = &network->routes[i];

		if (matches(route, address) &&
		    (!best || route->length > best->length ||
		     (route->length == best->length && route->metric < best->metric)))
			best = route;
	}
	return best ? best->interface : NULL;
}

/* Four bytes at a time, as numbers of this machine. */
static bool parse_socket_address(const char *text, size_t digits, uint8_t ret[16])
{
	uint32_t words[4];

	for (size_t i = 0; i < digits / 8; i++)
		if (!parse_hex(text + 8 * i, 8, &words[i]))
			return false;
	if (digits == 8)
		map_ipv4(words[0], ret);
	else
		memcpy(ret, words, 16);
	return true;
}

/* Established, and not within the host: the address that it comes from. */
static bool parse_connection(const struct network *network, const char *line, uint8_t ret[16])
{
	char local[33], remote[33];
	unsigned int port, remote_port, state;
	bool ours = false;

	if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x", local, &port, remote,
		   &remote_port, &state) != 5 ||
	    state != 1 || (strlen(remote) != 8 && strlen(remote) != 32))
		return false;
	for (size_t i = 0; i < network->n_ports; i++)
		ours = ours || network->ports[i] == port;
	return ours && parse_socket_address(remote, strlen(remote), ret);
}

/* Is somebody logged in by this interface? */
static bool carries_login(struct network *network, const char *interface)
{
	static const char *const files[] = { "proc/net/tcp", "proc/net/tcp6" };
	bool found = false;

	for (size_t i = 0; i < GS_ARRAY_SIZE(files) && !found; i++) {
		gs_cleanup_free char *text = NULL;
		uint8_t address[16];
		char *rest = NULL;

		if (gs_tree_read(network->engine, files[i], &text) < 0)
			continue;
		for (char *line = strtok_r(text, "\n", &rest); line && !found;
		     line = strtok_r(NULL, "\n", &rest))
			found = parse_connection(network, line, address) &&
				gs_streq(interface_to(network, address), interface);
	}
	return found;
}

static bool has_default_route(const struct network *network, const char *interface)
{
	for (size_t i = 0; i < network->n_routes; i++) {
		const struct route *route = &network->routes[i];

		if ((route->length == 0 || (route->length == 96 && route->destination[10])) &&
		    strcmp(route->interface, interface) == 0)
			return true;
	}
	return false;
}

/* Why the host needs it; what is built upon it (bridge, bond, VLAN) counts. NULL: no reason. */
static char *reason_of(struct network *network, const char *interface, int depth)
{
	char path[GS_PATH_MAX], **names = NULL;
	char *reason = NULL;

	if (has_default_route(network, interface))
		return gs_asprintf("the default route goes through %s", interface);
	if (carries_login(network, interface))
		return gs_asprintf("an ssh connection goes through %s", interface);
	if (depth >= UPPER_DEPTH || gs_path(path, "sys/class/net/%s", interface) < 0 ||
	    gs_tree_list(network->engine, path, &names) < 0)
		return NULL;
	for (char **name = names; name && *name && !reason; name++)
		if (strncmp(*name, "upper_", 6) == 0)
			reason = reason_of(network, *name + 6, depth + 1);
	gs_strv_free(names);
	return reason;
}

static void tell_interface(struct gs_scan *scan, struct network *network,
			   const struct gs_interface *interface)
{
	gs_cleanup_free char *reason = reason_of(network, interface->name, 0);
	gs_cleanup_free char *fix = gs_holder_stop_command("network", "", interface->name, 0);

	gs_holder_tell(scan, &(struct gs_found){ .target = interface->target,
						 .kind = "network",
						 .name = interface->name,
						 .detail = "interface is up",
						 .fix = reason ? NULL : fix,
						 .critical = reason });
}

void gs_scan_network(struct gs_scan *scan)
{
	struct network network = { .engine = scan->engine };

	if (!scan->nodes->n_interfaces)
		return;
	each_line(&network, "proc/net/route", read_ipv4_route);
	each_line(&network, "proc/net/ipv6_route", read_ipv6_route);
	find_ports(&network);
	for (size_t i = 0; i < scan->nodes->n_interfaces; i++)
		tell_interface(scan, &network, &scan->nodes->interfaces[i]);
	free(network.routes);
}
