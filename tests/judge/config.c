// SPDX-License-Identifier: GPL-2.0-or-later
/* config.c - configuration space as sysfs hands it to root, decoded here. */
#include <err.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"

unsigned int config_word(const struct function *function, unsigned int at)
{
	if (at + 1 >= function->config_size)
		return 0;
	return function->config[at] | (unsigned int)function->config[at + 1] << 8;
}

unsigned int config_long(const struct function *function, unsigned int at)
{
	return config_word(function, at) | config_word(function, at + 2) << 16;
}

static unsigned int capability(const struct function *function, unsigned int id)
{
	unsigned int at = function->config[PCI_CAPABILITY_LIST];

	if (!(config_word(function, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	for (unsigned int hops = 0; (at & ~3U) >= 64 && hops < 48;
	     hops++, at = function->config[at + 1]) {
		at &= ~3U;
		if (function->config[at] == id)
			return at;
	}
	return 0;
}

unsigned int config_extended(const struct function *function, unsigned int id)
{
	unsigned int at = 0x100, header;

	if (!function->pcie || function->config_size < CONFIG_SIZE)
		return 0;
	for (unsigned int hops = 0; at >= 0x100 && hops < 480; hops++) {
		header = config_long(function, at);
		if (!header || header == 0xffffffff)
			return 0;
		if ((header & 0xffff) == id)
			return at;
		at = header >> 20;
	}
	return 0;
}

static void decode(struct function *function)
{
	function->dead = config_long(function, PCI_COMMAND) == 0xffffffff;
	if (function->dead)
		return;
	function->pcie = capability(function, PCI_CAP_ID_EXP);
	function->pm = capability(function, PCI_CAP_ID_PM);
	function->af = capability(function, PCI_CAP_ID_AF);
	function->acs = config_extended(function, PCI_EXT_CAP_ID_ACS);
	function->is_bridge = (function->config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE;
	function->secondary = function->is_bridge ? function->config[PCI_SECONDARY_BUS] : 0;
	if (function->pcie)
		function->port_type =
			config_word(function, function->pcie + PCI_EXP_FLAGS) >> 4 & 15;
	/* A virtual function is of no slot, and never counted as one of several in it. */
	function->multifunction =
		!function->is_vf && (function->config[PCI_HEADER_TYPE] & 0x80 || function->number);
}

static void read_one(struct function *function)
{
	char path[512];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", function->address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(2, "%s", path);
	length = pread(fd, function->config, CONFIG_SIZE, 0);
	close(fd);
	if (length < 256)
		errx(2, "%s: only %zd bytes", path, length);
	function->config_size = (unsigned int)length;
	decode(function);
}

void config_read(struct host *host)
{
	for (unsigned int i = 0; i < host->count; i++)
		read_one(&host->functions[i]);
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *below = &host->functions[i];

		for (unsigned int j = 0; j < host->count; j++) {
			struct function *bridge = &host->functions[j];

			if (bridge->is_bridge && bridge->domain == below->domain &&
			    bridge->secondary && bridge->secondary == below->bus)
				below->bridge = bridge;
		}
	}
}

/* --- expectations --- */

static void expect_ids(struct function *function)
{
	unsigned int subsystem = 0;

	/* A VF's ids read as ones there. */
	if (function->is_vf)
		return;
	expect(function, FACT_VENDOR_ID, "config", "%04x", config_word(function, PCI_VENDOR_ID));
	expect(function, FACT_DEVICE_ID, "config", "%04x", config_word(function, PCI_DEVICE_ID));
	expect(function, FACT_CLASS, "config", "%06x",
	       config_long(function, PCI_CLASS_REVISION) >> 8);
	expect(function, FACT_REVISION, "config", "%02x", function->config[PCI_REVISION_ID]);
	if (!function->is_bridge)
		subsystem = PCI_SUBSYSTEM_VENDOR_ID;
	else if (capability(function, PCI_CAP_ID_SSVID))
		subsystem = capability(function, PCI_CAP_ID_SSVID) + PCI_SSVID_VENDOR_ID;
	else
		return;
	expect(function, FACT_SUBSYSTEM_VENDOR_ID, "config", "%04x",
	       config_word(function, subsystem));
	expect(function, FACT_SUBSYSTEM_DEVICE_ID, "config", "%04x",
	       config_word(function, subsystem + 2));
}

static const char *memory_type(unsigned int bar)
{
	if ((bar & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		return bar & PCI_BASE_ADDRESS_MEM_PREFETCH ? "mem64-pref" : "mem64";
	return bar & PCI_BASE_ADDRESS_MEM_PREFETCH ? "mem32-pref" : "mem32";
}

/* The kind and the address as the device itself has them; how large it is only the kernel has
 * asked. */
static void expect_bar(struct function *function, unsigned int index)
{
	unsigned int at = PCI_BASE_ADDRESS_0 + 4 * index, bar = config_long(function, at);
	unsigned long long *line = function->resource[index], start;

	if (!bar || !line[2] || !line[0])
		return;
	if (bar & PCI_BASE_ADDRESS_SPACE_IO) {
		expect(function, FACT_BAR + index, "config", "io,%x,%llx", bar & ~3U,
		       line[1] - line[0] + 1);
		return;
	}
	start = bar & ~15U;
	if ((bar & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		start |= (unsigned long long)config_long(function, at + 4) << 32;
	expect(function, FACT_BAR + index, "config", "%s,%llx,%llx", memory_type(bar), start,
	       line[1] - line[0] + 1);
}

static void expect_bars(struct function *function)
{
	unsigned int bars = function->is_bridge ? 2 : BARS;

	for (unsigned int i = 0; i < bars && !function->is_vf; i++) {
		expect_bar(function, i);
		if (config_long(function, PCI_BASE_ADDRESS_0 + 4 * i) % 8 == 4)
			i++;
	}
}

/* Megatransfers a second of the codes in the link registers. */
static unsigned int rate(unsigned int code)
{
	static const unsigned int rates[] = {0, 2500, 5000, 8000, 16000, 32000, 64000};

	return code < ARRAY_SIZE(rates) ? rates[code] : 0;
}

static unsigned int fastest(const struct function *function)
{
	unsigned int vector = config_long(function, function->pcie + PCI_EXP_LNKCAP2) >> 1 & 0x7f;

	if ((config_word(function, function->pcie + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_VERS) >= 2 &&
	    vector)
		return rate(32 - (unsigned int)__builtin_clz(vector));
	return rate(config_long(function, function->pcie + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_SLS);
}

static void expect_number(struct function *function, unsigned int fact, unsigned int number)
{
	if (number)
		expect(function, fact, "config", "%u", number);
	else
		expect(function, fact, "config", "-");
}

/* Inside the root complex there are no links, whatever these registers hold there. */
static bool has_link(const struct function *function)
{
	return function->pcie && function->port_type != PCI_EXP_TYPE_RC_END &&
	       function->port_type != PCI_EXP_TYPE_RC_EC;
}

static void expect_link(struct function *function)
{
	unsigned int capabilities = config_long(function, function->pcie + PCI_EXP_LNKCAP);
	unsigned int status = config_word(function, function->pcie + PCI_EXP_LNKSTA);

	if (!has_link(function)) {
		expect(function, FACT_LINK_SPEED, "config", "-");
		expect(function, FACT_LINK_SPEED_MAX, "config", "-");
		return;
	}
	expect_number(function, FACT_LINK_SPEED_MAX, fastest(function));
	expect_number(function, FACT_LINK_WIDTH_MAX, (capabilities & PCI_EXP_LNKCAP_MLW) >> 4);
	for (const struct function *above = function; above; above = above->bridge)
		if (!above->awake)
			return;
	expect_number(function, FACT_LINK_SPEED, rate(status & PCI_EXP_LNKSTA_CLS));
	expect_number(function, FACT_LINK_WIDTH, (status & PCI_EXP_LNKSTA_NLW) >> 4);
}

static void expect_answer(struct function *function)
{
	for (const struct function *above = function; above; above = above->bridge) {
		if (!above->awake) {
			expect(function, FACT_CONFIG_ANSWERS, "power_state", "-");
			return;
		}
	}
	expect(function, FACT_CONFIG_ANSWERS, "config", "%d", !function->dead);
}

void config_expect(struct host *host)
{
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *function = &host->functions[i];

		expect(function, FACT_UPSTREAM_BRIDGE, "config", "%s",
		       function->bridge ? function->bridge->address : "-");
		expect_answer(function);
		if (function->dead)
			continue;
		expect_ids(function);
		expect_bars(function);
		expect_link(function);
		if (function->pm)
			expect(function, FACT_NO_SOFT_RESET, "config", "%d",
			       !!(config_word(function, function->pm + PCI_PM_CTRL) &
				  PCI_PM_CTRL_NO_SOFT_RESET));
		else
			expect(function, FACT_NO_SOFT_RESET, "config", "-");
	}
}
