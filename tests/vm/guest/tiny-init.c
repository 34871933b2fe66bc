/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only program of the guest inside the emulated host: prints vendor:device
 * of every PCI function that the guest sees, one a line, and powers off.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

static void read_id(const char *device, const char *file, char id[8])
{
	char path[512];
	ssize_t got;
	int fd;

	strcpy(id, "?");
	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	got = read(fd, path, sizeof(path) - 1);
	close(fd);
	if (got == 7)	/* "0x1234\n" */
		snprintf(id, 8, "%.4s", path + 2);
}

int main(void)
{
	char vendor[8], device[8];
	struct dirent *entry;
	DIR *dir;
	int console;

	mkdir("/dev", 0755);
	mkdir("/sys", 0755);
	mkdir("/proc", 0755);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/ttyS0", O_RDWR);
	if (console >= 0)
		dup2(console, STDOUT_FILENO);
	printf("\nguest up\n");
	dir = opendir(DEVICES);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		read_id(entry->d_name, "vendor", vendor);
		read_id(entry->d_name, "device", device);
		printf("pci %s:%s %s\n", vendor, device, entry->d_name);
	}
	printf("guest done\n");
	fflush(stdout);
	fsync(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 1;
}
