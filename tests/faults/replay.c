// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay - what a disk held at a moment, from the log that the kernel's dm-log-writes target kept of it
 *
 *   replay LOG moments                  a line for each moment at which a power cut may come: ENTRY MARK
 *   replay LOG apply DISK FROM TO       brings DISK, which is as it was before entry FROM, to where it was before entry TO
 *
 * The log holds writes in the order in which they became safe: those that had ended when a flush came stand before it, one
 * with forced unit access (FUA) stands where it ended. So the disk may be found as it was before any entry. The moments
 * are those before and after each flush and FUA write, where something was written since the one before; MARK is the last
 * text that was sent to the target by then ("-": none).
 *
 * The format: Documentation/admin-guide/device-mapper/log-writes.rst and drivers/md/dm-log-writes.c.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MAGIC 0x6a736677736872ULL
#define LOG_VERSION 1
#define MAX_SECTOR 4096
#define MARK_LENGTH 128

enum { HAS_FLUSH = 1, HAS_FUA = 2, HAS_DISCARD = 4, HAS_MARK = 8 };

/* Little endian, each at the beginning of a sector. */
struct log_head {
	uint64_t magic;
	uint64_t version;
	uint64_t entries;
	uint32_t sector_size;
} __attribute__((packed));

/* What follows in the same sector is a mark's text; the written sectors follow it. */
struct log_entry {
	uint64_t sector;
	uint64_t sectors;
	uint64_t flags;
	uint64_t text_length;
} __attribute__((packed));

static struct {
	int fd;
	uint64_t entries;
	uint32_t sector_size;
	off_t at; /* where the next entry begins */
} logged;

struct entry {
	uint64_t sector, sectors, flags;
	char mark[MARK_LENGTH];
	off_t data;
};

static void die(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
	exit(1);
}

static void read_at(int fd, void *buffer, size_t size, off_t at)
{
	errno = 0;
	if (pread(fd, buffer, size, at) != (ssize_t)size)
		die("the log");
}

static void open_log(const char *path)
{
	struct log_head head;

	logged.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (logged.fd < 0)
		die(path);
	read_at(logged.fd, &head, sizeof(head), 0);
	logged.sector_size = le32toh(head.sector_size);
	logged.entries = le64toh(head.entries);
	if (le64toh(head.magic) != LOG_MAGIC || le64toh(head.version) != LOG_VERSION ||
	    logged.sector_size < 512 || logged.sector_size > MAX_SECTOR)
		die("the log's head");
	logged.at = logged.sector_size;
}

static void next_entry(struct entry *entry)
{
	char sector[MAX_SECTOR];
	struct log_entry head;
	size_t length;

	read_at(logged.fd, sector, logged.sector_size, logged.at);
	memcpy(&head, sector, sizeof(head));
	*entry = (struct entry){
		.sector = le64toh(head.sector),
		.sectors = le64toh(head.sectors),
		.flags = le64toh(head.flags),
		.data = logged.at + logged.sector_size,
	};
	logged.at = entry->data;
	if (!(entry->flags & HAS_DISCARD))
		logged.at += (off_t)(entry->sectors * logged.sector_size);
	if (!(entry->flags & HAS_MARK))
		return;
	length = le64toh(head.text_length);
	if (length >= sizeof(entry->mark) || length > logged.sector_size - sizeof(head))
		die("a mark");
	memcpy(entry->mark, sector + sizeof(head), length);
}

/* Only where the disk holds something else than at the moment before. */
static void print_moment(uint64_t number, const char *mark, bool *written)
{
	if (*written)
		printf("%llu %s\n", (unsigned long long)number, mark[0] ? mark : "-");
	*written = false;
}

static void print_moments(void)
{
	char mark[MARK_LENGTH] = "";
	bool written = true;
	struct entry entry;

	for (uint64_t i = 0; i < logged.entries; i++) {
		bool safe;

		next_entry(&entry);
		safe = entry.flags & (HAS_FLUSH | HAS_FUA);
		if (safe)
			print_moment(i, mark, &written);
		if (entry.flags & HAS_MARK)
			memcpy(mark, entry.mark, sizeof(mark));
		else if (entry.sectors)
			written = true;
		if (safe)
			print_moment(i + 1, mark, &written);
	}
}

/* What was discarded may be found as it was, or as anything else: here as zeros. */
static void write_entry(int disk, const struct entry *entry)
{
	char sector[MAX_SECTOR] = "";
	bool discards = entry->flags & HAS_DISCARD;

	for (uint64_t i = 0; i < entry->sectors; i++) {
		off_t from = entry->data + (off_t)(i * logged.sector_size);
		off_t to = (off_t)((entry->sector + i) * logged.sector_size);

		if (!discards)
			read_at(logged.fd, sector, logged.sector_size, from);
		errno = 0;
		if (pwrite(disk, sector, logged.sector_size, to) != (ssize_t)logged.sector_size)
			die("the disk");
	}
}

static void apply(const char *path, uint64_t from, uint64_t to)
{
	int disk = open(path, O_WRONLY | O_CLOEXEC);
	struct entry entry;

	if (disk < 0)
		die(path);
	errno = 0;
	if (from > to || to > logged.entries)
		die("from and to");
	for (uint64_t i = 0; i < to; i++) {
		next_entry(&entry);
		if (i >= from && !(entry.flags & HAS_MARK))
			write_entry(disk, &entry);
	}
	if (close(disk) < 0)
		die(path);
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (!*text || *end)
		exit(2);
	return value;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[2], "moments")) {
		open_log(argv[1]);
		print_moments();
	} else if (argc == 6 && !strcmp(argv[2], "apply")) {
		open_log(argv[1]);
		apply(argv[3], number(argv[4]), number(argv[5]));
	} else {
		return 2;
	}
	return fflush(stdout) ? 1 : 0;
}
