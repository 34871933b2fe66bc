/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pci-state [ADDRESS [KEY]]: what sysfs says of every PCI function, or of one:
 * address driver override group vendor:device class, and what a switch may have
 * changed on the way. One program, since processes are dear under emulation.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

static const char *const keys[] = {
	"driver", "driver_override", "iommu_group", "vendor", "device", "class",
	"power/control", "d3cold_allowed", "reset_method", "sriov_numvfs", "sriov_drivers_autoprobe",
};

/* A link's last component, or a file's first line; "-" where it is not there. */
static const char *value_of(const char *address, const char *key)
{
	static char value[4096];
	char path[512], *slash;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", address, key);
	length = readlink(path, value, sizeof(value) - 1);
	if (length < 0) {
		fd = open(path, O_RDONLY);
		if (fd >= 0) {
			length = read(fd, value, sizeof(value) - 1);
			close(fd);
		}
	}
	if (length <= 0)
		return "-";
	value[length] = '\0';
	value[strcspn(value, "\n")] = '\0';
	slash = strrchr(value, '/');
	if (slash)
		return slash + 1;
	return strncmp(value, "0x", 2) ? value : value + 2;
}

static void print_all(const char *address)
{
	printf("%s", address);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf(" %s=%s", keys[i], value_of(address, keys[i]));
	putchar('\n');
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count;

	if (argc == 3)
		return puts(value_of(argv[1], argv[2])) < 0;
	count = scandir(DEVICES, &entries, not_hidden, alphasort);
	for (int i = 0; i < count; i++)
		if (argc == 1 || !strcmp(argv[1], entries[i]->d_name))
			print_all(entries[i]->d_name);
	return count < 0;
}
