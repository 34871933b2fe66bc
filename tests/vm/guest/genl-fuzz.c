/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * genl-fuzz MESSAGES [SEED]: sends the family well-formed and malformed requests, one in a hundred of them a dump.
 *
 * What a well-formed one has to be answered is known, and is compared; after malformed ones the socket has to answer a
 * well-formed one again.  The seed repeats a run.  Exit status 1: some answer was wrong.
 */
#include "genl.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#define MAX_FUNCTIONS 512
/* Sequence numbers from here on are those of well-formed requests. */
#define OURS 0x80000000u

static uint64_t state;
static struct genl_ids ids;
static struct request request;
static uint32_t next_seq = OURS;
static char addresses[MAX_FUNCTIONS][GPUSHIFT_ADDRESS_MAX + 1];
static unsigned int functions;
static struct {
	unsigned long sent, well_formed, malformed, dumps, errors, acknowledged, replies, proc_reads, failures;
} count;

static uint64_t random64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static unsigned int below(unsigned int limit)
{
	return (random64() >> 33) % limit;
}

static bool one_in(unsigned int n)
{
	return below(n) == 0;
}

static void random_bytes(void *to, size_t length)
{
	uint8_t *bytes = to;

	while (length--)
		*bytes++ = random64() >> 56;
}

static void failure(const char *what, long got)
{
	if (count.failures++ < 20)
		printf("wrong: %s: %ld (after %lu messages)\n", what, got, count.sent);
}

static void list_functions(void)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) && functions < MAX_FUNCTIONS)
		if (entry->d_name[0] != '.')
			snprintf(addresses[functions++], sizeof(addresses[0]), "%.16s", entry->d_name);
	if (dir)
		closedir(dir);
}

/* --- well-formed requests, whose answer is known ------------------------------------------------------------------ */

struct answer {
	unsigned int replies, complete;
	char address[GPUSHIFT_ADDRESS_MAX + 1];
};

static void take_reply(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *address = genl_find(message, GPUSHIFT_A_ADDRESS);
	struct answer *answer = data;

	answer->replies++;
	count.replies++;
	if (!address || !genl_find(message, GPUSHIFT_A_GENERATION) || !genl_find(message, GPUSHIFT_A_CLASS))
		return;
	answer->complete++;
	snprintf(answer->address, sizeof(answer->address), "%s", (const char *)genl_data(address));
}

static int ask(int fd, struct answer *answer)
{
	int ret;

	memset(answer, 0, sizeof(*answer));
	count.sent++;
	count.well_formed++;
	ret = genl_send(fd, request.bytes, request.header.nlmsg_len);
	return ret ? ret : genl_wait(fd, request.header.nlmsg_seq, take_reply, answer);
}

static void start(uint8_t command, uint16_t flags)
{
	request_start(&request, ids.family, command, flags | NLM_F_ACK, OURS | ++next_seq);
}

static void expect(int fd, const char *what, int wanted)
{
	struct answer answer;
	int ret = ask(fd, &answer);

	if (ret != wanted)
		failure(what, ret);
	if (answer.replies)
		failure("a refused request had a reply", answer.replies);
}

static void ask_for_one(int fd)
{
	const char *address = addresses[below(functions)];
	struct answer answer;
	int ret;

	start(GPUSHIFT_CMD_FUNCTION_GET, 0);
	request_attr(&request, GPUSHIFT_A_ADDRESS, address, strlen(address) + 1);
	ret = ask(fd, &answer);
	if (ret || answer.replies != 1 || answer.complete != 1)
		failure("a function that exists", ret);
	else if (strcmp(answer.address, address))
		failure("another function was told", ret);
}

static void ask_for_none(int fd)
{
	char address[GPUSHIFT_ADDRESS_MAX + 1];
	bool exists = false;

	snprintf(address, sizeof(address), "%04x:%02x:%02x.%x", below(3), below(256), below(32), below(8));
	for (unsigned int i = 0; i < functions; i++)
		exists |= !strcmp(addresses[i], address);
	if (exists)
		return;
	start(GPUSHIFT_CMD_FUNCTION_GET, 0);
	request_attr(&request, GPUSHIFT_A_ADDRESS, address, strlen(address) + 1);
	expect(fd, "a function that does not exist", -ENODEV);
}

static void ask_wrongly(int fd)
{
	static const char *const no_addresses[] = {
		"", "0", "0000:00:00", "0000:00:00.8", "0000:00:20.0", "0000:00:0G.0", "0000:00:1F.0", "00:00.0",
		" 0000:00:00.0", "0000:00:00.0 ", "0000-00-00.0", "::.", "0000:00:00.00", "0x00:00:00.0",
	};
	const char *text = no_addresses[below(sizeof(no_addresses) / sizeof(*no_addresses))];

	start(GPUSHIFT_CMD_FUNCTION_GET, 0);
	switch (below(5)) {
	case 0:
		return expect(fd, "no address", -EINVAL);
	case 1:
		request_attr(&request, GPUSHIFT_A_ADDRESS, text, strlen(text) + 1);
		return expect(fd, text, -EINVAL);
	case 2:
		request_attr(&request, GPUSHIFT_A_ALL, NULL, 0);
		return expect(fd, "ALL in a do", -EINVAL);
	case 3:
		start(GPUSHIFT_CMD_EVENT, 0);
		return expect(fd, "an event as a request", -EOPNOTSUPP);
	default:
		start(GPUSHIFT_CMD_MAX + 1 + below(200), 0);
		return expect(fd, "a command that does not exist", -EOPNOTSUPP);
	}
}

static void dump(int fd)
{
	struct answer answer;
	bool all = one_in(2);
	int ret;

	start(GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP);
	if (all)
		request_attr(&request, GPUSHIFT_A_ALL, NULL, 0);
	count.dumps++;
	ret = ask(fd, &answer);
	if (ret)
		failure("a dump", ret);
	else if (answer.complete != answer.replies || !answer.replies || answer.replies > functions)
		failure("functions in a dump", answer.replies);
	else if (all && answer.replies != functions)
		failure("functions in a dump of all", answer.replies);
}

/* A dump that nobody reads to its end; the socket is closed. */
static void abandon_dump(void)
{
	uint8_t some[256];
	int fd = genl_open();

	start(GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP);
	count.sent++;
	count.well_formed++;
	count.dumps++;
	if (genl_send(fd, request.bytes, request.header.nlmsg_len))
		failure("a dump to be abandoned", -errno);
	if (one_in(2) && recv(fd, some, sizeof(some), 0) < 0)
		failure("the beginning of a dump", -errno);
	close(fd);
}

/* --- malformed ones ----------------------------------------------------------------------------------------------- */

static uint16_t some_type(void)
{
	switch (below(20)) {
	case 0:
		return GENL_ID_CTRL;
	case 1:
		return below(NLMSG_MIN_TYPE);
	case 2:
		/* Far above what is registered: nobody's. */
		return 0x8000 + below(0x7fff);
	default:
		return ids.family;
	}
}

static uint16_t some_flags(void)
{
	uint16_t flags = one_in(2) ? NLM_F_REQUEST | NLM_F_ACK : random64();

	/* Both bits make a dump, and these are to be a hundredth. */
	if ((flags & NLM_F_DUMP) == NLM_F_DUMP && !one_in(20))
		flags &= ~NLM_F_ROOT;
	return flags;
}

static void some_text(char *text, size_t size)
{
	static const char letters[] = "0123456789abcdefABCDEF:.:.:x \n%";

	for (size_t i = 0; i < size; i++)
		text[i] = one_in(40) ? (char)(random64() >> 56) : letters[below(sizeof(letters) - 1)];
}

static void add_some_attr(void)
{
	static char value[8192];
	unsigned int length = one_in(30) ? below(sizeof(value)) : below(40);
	uint16_t type = one_in(4) ? random64() : below(GPUSHIFT_A_MAX + 3);

	if (one_in(2))
		type = one_in(3) ? GPUSHIFT_A_ALL : GPUSHIFT_A_ADDRESS;
	if (one_in(8))
		type |= one_in(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
	if (one_in(3))
		random_bytes(value, length);
	else
		some_text(value, length);
	if (one_in(3) && functions && length >= 13)
		memcpy(value, addresses[below(functions)], 13);
	if (length && one_in(2))
		value[length - 1] = '\0';
	request_attr(&request, type, value, length);
}

/* Attributes whose own lengths are wrong. */
static void spoil_attr(void)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);

	while (at + NLA_HDRLEN <= request.header.nlmsg_len) {
		struct nlattr *attr = (struct nlattr *)(request.bytes + at);
		size_t next = at + NLA_ALIGN(attr->nla_len);

		if (one_in(2)) {
			attr->nla_len = one_in(2) ? below(NLA_HDRLEN + 2) : random64();
			return;
		}
		at = next;
	}
}

static void flip_bytes(size_t length)
{
	for (unsigned int n = 1 + below(6); n; n--)
		request.bytes[below(length)] = random64() >> 56;
}

/* Leaves a message in @request. Return: how many bytes of it are to be sent. */
static size_t malform(void)
{
	unsigned int kind = below(8);
	size_t length;

	request_start(&request, some_type(), below(GPUSHIFT_CMD_MAX + 3), some_flags(), random64() & ~OURS);
	for (unsigned int n = below(one_in(50) ? 400 : 4); n; n--)
		add_some_attr();
	length = request.header.nlmsg_len;
	if (kind == 0) {
		random_bytes(request.bytes + NLMSG_HDRLEN, length - NLMSG_HDRLEN);
	} else if (kind == 1) {
		uint16_t type = request.header.nlmsg_type, flags = request.header.nlmsg_flags;

		flip_bytes(length);
		/* The kernel has other families, and some of them change the host. */
		request.header.nlmsg_type = type;
		request.header.nlmsg_flags = flags;
		request.header.nlmsg_seq &= ~OURS;
	} else if (kind == 2) {
		request.header.nlmsg_len = one_in(2) ? below(2 * length) : random64();
	} else if (kind == 3) {
		length = 1 + below(length);
	} else if (kind == 4) {
		spoil_attr();
	} else if (kind == 5) {
		genl_header(&request)->reserved = random64();
		genl_header(&request)->version = random64();
	}
	return length;
}

/* Reads what has come, without waiting. */
static void drain(int fd)
{
	static uint8_t buffer[GENL_BUFFER] __attribute__((aligned(8)));
	const struct nlmsghdr *message;
	ssize_t length;

	while ((length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS) {
		message = (const struct nlmsghdr *)buffer;
		for (; genl_ok(message, length); message = NLMSG_NEXT(message, length)) {
			int error;

			if (message->nlmsg_type != NLMSG_ERROR) {
				count.replies++;
				continue;
			}
			error = ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
			if (error)
				count.errors++;
			else
				count.acknowledged++;
			/* Nothing else has a reason here; no memory, no permission, a fault would be news. */
			if (error && error != -EINVAL && error != -ERANGE && error != -ENODEV && error != -EOPNOTSUPP &&
			    error != -EBUSY && error != -ENOENT && error != -EMSGSIZE)
				failure("error for a malformed message", error);
		}
	}
}

static void send_malformed(int fd)
{
	static struct request datagram;
	size_t used = 0;

	/* Now and then several in one datagram. */
	for (unsigned int n = one_in(8) ? 2 + below(4) : 1; n; n--) {
		size_t length = malform();

		if (NLMSG_ALIGN(used + length) > sizeof(datagram.bytes))
			break;
		memcpy(datagram.bytes + used, request.bytes, length);
		used = NLMSG_ALIGN(used + length);
		count.sent++;
		count.malformed++;
		if ((request.header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && request.header.nlmsg_type == ids.family)
			count.dumps++;
	}
	genl_send(fd, datagram.bytes, used);
}

static void change_membership(int fd)
{
	/* The refusals of other groups are the point of trying them. */
	int group = one_in(4) ? (int)below(64) : (int)ids.group;

	setsockopt(fd, SOL_NETLINK, one_in(2) ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
}

static void read_proc(void)
{
	static char text[1 << 16];
	int fd = open("/proc/gpushift", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return failure("open of /proc/gpushift", -errno);
	length = pread(fd, text, 1 + below(sizeof(text)), one_in(2) ? 0 : below(one_in(4) ? 0x7fffffff : 20000));
	if (length < 0)
		failure("read of /proc/gpushift", -errno);
	for (ssize_t i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\n') {
			failure("byte in /proc/gpushift", (unsigned char)text[i]);
			break;
		}
	count.proc_reads++;
	close(fd);
}

static void step(int *wild, int tame)
{
	unsigned int what = below(1000);

	if (what < 12)
		dump(tame);
	else if (what < 13)
		abandon_dump();
	else if (what < 15)
		read_proc();
	else if (what < 16)
		change_membership(*wild);
	else if (what < 100)
		ask_for_one(tame);
	else if (what < 180)
		ask_for_none(tame);
	else if (what < 300)
		ask_wrongly(tame);
	else
		send_malformed(*wild);
	if (one_in(16)) {
		drain(*wild);
		ask_for_one(*wild);
	}
	if (one_in(5000)) {
		close(*wild);
		*wild = genl_open();
	}
}

int main(int argc, char **argv)
{
	unsigned long messages = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int tame = genl_open(), wild = genl_open();
	struct timespec from, to;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	printf("genl-fuzz %lu %#llx\n", messages, (unsigned long long)state);
	/* The generator stays at zero for ever. */
	state += !state;
	list_functions();
	if (!functions || !messages || genl_resolve(tame, &ids, 1)) {
		fprintf(stderr, "genl-fuzz: no message is wanted, no function is there, or the module is not loaded\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (count.sent < messages && count.failures < 1000)
		step(&wild, tame);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("sent %lu: well-formed %lu, malformed %lu, dumps %lu; errors %lu, acknowledged %lu, replies %lu, proc %lu; %ld s\n",
	       count.sent, count.well_formed, count.malformed, count.dumps, count.errors, count.acknowledged, count.replies,
	       count.proc_reads, (long)(to.tv_sec - from.tv_sec));
	printf("failures %lu\n", count.failures);
	return count.failures > 0;
}
