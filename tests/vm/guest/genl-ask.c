/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks gpushift.ko whatever it is told to, as whoever it is told to be.
 *
 *   genl-ask [OPTION]... ids                     numbers of the family and the group
 *   genl-ask [OPTION]... get ADDRESS
 *   genl-ask [OPTION]... dump|all
 *   genl-ask [OPTION]... join                    the group
 *   genl-ask [OPTION]... hear                    joins it, and counts the events until standard input ends
 *   genl-ask [OPTION]... raw COMMAND FLAGS RESERVED [ATTRIBUTE=HEX]...
 *   genl-ask [OPTION]... proc                    what /proc/gpushift says
 *
 *   --opened-by-user   the socket or file is opened as user 1000, and used as before
 *   --used-by-user     it is used as user 1000, for good
 *   --no-destination   send without an address, as write() does
 *   --ids FAMILY,GROUP   do not look for the numbers
 *
 * Prints a line an attribute, "open ADDRESS NUMBER VALUE" or, where the protocol says so, "privileged" instead of "open"; the
 * text of /proc likewise, a line each item. Else an error's name, and what the kernel says of it after a colon.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/gpushift.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define USER 1000

static bool opened_by_user, used_by_user, no_destination;
static int family = -1, group = -1;

static _Noreturn void fail(int error, const char *sentence)
{
	printf("%s%s%s\n", strerrorname_np(error), sentence ? ": " : "", sentence ? sentence : "");
	exit(1);
}

static void must(int result)
{
	if (result < 0)
		fail(errno, NULL);
}

/* --- what is privileged ------------------------------------------------------------------------------------------- */

static bool is_scope(int method)
{
	return method == GPUSHIFT_RESET_METHOD_BUS || method == GPUSHIFT_RESET_METHOD_SLOT;
}

static bool is_in_use(int state)
{
	return state == GPUSHIFT_RESET_STATE_ENABLED || state == GPUSHIFT_RESET_STATE_STALE;
}

static bool is_privileged_reset(struct nlattr *nest)
{
	struct nlattr *attrs[GPUSHIFT_RESET_A_MAX + 1];

	if (nla_parse_nested(attrs, GPUSHIFT_RESET_A_MAX, nest, NULL))
		fail(EBADMSG, NULL);
	if (is_scope(nla_get_u8(attrs[GPUSHIFT_RESET_A_METHOD])))
		return false;
	/* One without a state is impossible. */
	return !attrs[GPUSHIFT_RESET_A_STATE] || !is_in_use(nla_get_u8(attrs[GPUSHIFT_RESET_A_STATE]));
}

static bool is_privileged(struct nlattr *attr)
{
	switch (nla_type(attr)) {
	case GPUSHIFT_A_ACS_MISSING:
	case GPUSHIFT_A_NO_SOFT_RESET:
	case GPUSHIFT_A_BAR_DETAIL:
		return true;
	case GPUSHIFT_A_RESET:
		return is_privileged_reset(attr);
	default:
		return false;
	}
}

static bool is_privileged_text(const char *key, const char *item)
{
	char method[32], state[32];

	if (!strcmp(key, "acs-missing") || !strcmp(key, "no-soft-reset") || !strcmp(key, "bar-detail"))
		return true;
	if (strcmp(key, "reset") || sscanf(item, "%31[^,],%31[^,]", method, state) != 2)
		return false;
	return strcmp(method, "bus") && strcmp(method, "slot") && strcmp(state, "enabled") && strcmp(state, "stale");
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static int print_attributes(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr, *address = genlmsg_attrdata(genlmsg_hdr(nlmsg_hdr(msg)), 0);
	int left, length = genlmsg_attrlen(genlmsg_hdr(nlmsg_hdr(msg)), 0);

	(void)arg;
	address = nla_find(address, length, GPUSHIFT_A_ADDRESS);
	nla_for_each_attr(attr, genlmsg_attrdata(genlmsg_hdr(nlmsg_hdr(msg)), 0), length, left) {
		printf("%s %s %d ", is_privileged(attr) ? "privileged" : "open", nla_get_string(address), nla_type(attr));
		for (int i = 0; i < nla_len(attr); i++)
			printf("%02x", ((unsigned char *)nla_data(attr))[i]);
		putchar('\n');
	}
	return NL_OK;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	const struct nlmsghdr *header = (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN);
	struct nlattr *sentence = NULL;

	(void)from, (void)arg;
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		sentence = nla_find((struct nlattr *)(error + 1), nlmsg_datalen(header) - (int)sizeof(*error), NLMSGERR_ATTR_MSG);
	fail(-error->error, sentence ? nla_get_string(sentence) : NULL);
}

static int finish(struct nl_msg *msg, void *arg)
{
	(void)msg;
	*(bool *)arg = true;
	return NL_STOP;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static struct nl_sock *open_socket(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1, ret;

	ret = genl_connect(sock);
	if (ret)
		fail(EIO, nl_geterror(ret));
	must(setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	must(setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)));
	return sock;
}

static void find_ids(void)
{
	struct nl_sock *sock = open_socket();

	if (family < 0)
		family = genl_ctrl_resolve(sock, GPUSHIFT_GENL_NAME);
	if (group < 0)
		group = genl_ctrl_resolve_grp(sock, GPUSHIFT_GENL_NAME, GPUSHIFT_GENL_GROUP_EVENTS);
	if (family < 0 || group < 0)
		fail(ENOENT, "no family");
	nl_socket_free(sock);
}

/* Drops its capabilities as well: the real user id changes. */
static void become_user(void)
{
	must(setresgid(USER, USER, USER));
	must(setresuid(USER, USER, USER));
}

static struct nl_sock *prepare_socket(void)
{
	struct nl_sock *sock;

	if (opened_by_user)
		must(seteuid(USER));
	sock = open_socket();
	if (opened_by_user)
		must(seteuid(0));
	if (used_by_user)
		become_user();
	return sock;
}

static void send_message(struct nl_sock *sock, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	int ret;

	nl_complete_msg(sock, msg);
	if (no_destination) {
		must(write(nl_socket_get_fd(sock), header, header->nlmsg_len));
		return;
	}
	ret = nl_send(sock, msg);
	if (ret < 0)
		fail(EIO, nl_geterror(ret));
}

static void ask(struct nl_sock *sock, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	bool done = false;
	int ret = 0;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, print_attributes, NULL);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, finish, &done);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, finish, &done);
	nl_cb_err(cb, NL_CB_CUSTOM, take_error, NULL);
	send_message(sock, msg);
	while (!done && ret >= 0)
		ret = nl_recvmsgs(sock, cb);
	if (ret < 0)
		fail(EIO, nl_geterror(ret));
}

static struct nl_msg *message(int command, int flags, int reserved)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | NLM_F_ACK | flags, command,
		    GPUSHIFT_GENL_VERSION);
	genlmsg_hdr(nlmsg_hdr(msg))->reserved = reserved;
	return msg;
}

static void add_attribute(struct nl_msg *msg, const char *text)
{
	unsigned char value[256];
	unsigned int byte;
	size_t size = 0;
	char *end;
	long type = strtol(text, &end, 0);

	if (*end++ != '=')
		fail(EINVAL, "not an attribute");
	for (; size < sizeof(value) && sscanf(end, "%2x", &byte) == 1; end += 2)
		value[size++] = byte;
	nla_put(msg, type, size, value);
}

static void ask_raw(struct nl_sock *sock, char **words)
{
	struct nl_msg *msg = message(atoi(words[0]), strtol(words[1], NULL, 0), atoi(words[2]));

	for (words += 3; *words; words++)
		add_attribute(msg, *words);
	ask(sock, msg);
}

static void ask_dump(struct nl_sock *sock, bool all)
{
	struct nl_msg *msg = message(GPUSHIFT_CMD_FUNCTION_GET, NLM_F_DUMP, 0);

	if (all)
		nla_put_flag(msg, GPUSHIFT_A_ALL);
	ask(sock, msg);
}

static void ask_one(struct nl_sock *sock, const char *address)
{
	struct nl_msg *msg = message(GPUSHIFT_CMD_FUNCTION_GET, 0, 0);

	nla_put_string(msg, GPUSHIFT_A_ADDRESS, address);
	ask(sock, msg);
}

static void join(struct nl_sock *sock)
{
	must(setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
	puts("joined");
	fflush(stdout);
}

/* Events are sent before what made them returns, so that none is on its way when the input ends. */
static void hear(struct nl_sock *sock)
{
	char bytes[4096];
	int events = 0;

	join(sock);
	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
	while (recv(nl_socket_get_fd(sock), bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		events++;
	printf("%d events\n", events);
}

/* --- /proc -------------------------------------------------------------------------------------------------------- */

static void print_line(const char *address, char *line)
{
	char *key = strsep(&line, ":"), *item;

	if (!line)
		return;
	if (*++line == '\0')
		printf("open %s %s\n", address, key);
	while ((item = strsep(&line, " ")))
		printf("%s %s %s %s\n", is_privileged_text(key, item) ? "privileged" : "open", address, key, item);
}

static void print_proc(void)
{
	char *line = NULL, address[32] = "-";
	size_t size = 0;
	FILE *file;

	if (opened_by_user)
		must(seteuid(USER));
	file = fopen("/proc/gpushift", "r");
	must(file ? 0 : -1);
	if (opened_by_user)
		must(seteuid(0));
	if (used_by_user)
		become_user();
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		sscanf(line, "address: %31s", address);
		print_line(address, line);
	}
	free(line);
	fclose(file);
}

/* --- main --------------------------------------------------------------------------------------------------------- */

static char **take_options(char **words)
{
	for (; *words && !strncmp(*words, "--", 2); words++) {
		if (!strcmp(*words, "--opened-by-user"))
			opened_by_user = true;
		else if (!strcmp(*words, "--used-by-user"))
			used_by_user = true;
		else if (!strcmp(*words, "--no-destination"))
			no_destination = true;
		else if (strcmp(*words, "--ids") || !*++words || sscanf(*words, "%d,%d", &family, &group) != 2)
			fail(EINVAL, "no such option");
	}
	return words;
}

int main(int argc, char **argv)
{
	char **words = take_options(argv + (argc > 0));
	const char *verb = words[0] ? words[0] : "";

	if (!strcmp(verb, "proc")) {
		print_proc();
		return 0;
	}
	find_ids();
	if (!strcmp(verb, "ids"))
		printf("%d,%d\n", family, group);
	else if (!strcmp(verb, "get") && words[1])
		ask_one(prepare_socket(), words[1]);
	else if (!strcmp(verb, "dump") || !strcmp(verb, "all"))
		ask_dump(prepare_socket(), !strcmp(verb, "all"));
	else if (!strcmp(verb, "join"))
		join(prepare_socket());
	else if (!strcmp(verb, "hear"))
		hear(prepare_socket());
	else if (!strcmp(verb, "raw") && words[1] && words[2] && words[3])
		ask_raw(prepare_socket(), words + 1);
	else
		fail(EINVAL, "no such request");
	return 0;
}
