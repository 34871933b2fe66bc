// SPDX-License-Identifier: GPL-2.0-or-later
#include "traced.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "strike: %s: %s\n", what, strerror(errno));
	exit(125);
}

const char *path_of(pid_t pid, uint64_t fd)
{
	static char path[PATH_MAX];
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, (int)fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return path;
}

const char *memory_of(pid_t pid, uint64_t address, size_t length)
{
	static char text[256];
	struct iovec here = { text, length < sizeof(text) ? length : sizeof(text) - 1 };
	struct iovec there = { (void *)(uintptr_t)address, here.iov_len };
	ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

	/* A short string may lie at the end of what is mapped. */
	for (; n < 0 && there.iov_len > 1; n = process_vm_readv(pid, &here, 1, &there, 1, 0))
		here.iov_len = there.iov_len /= 2;
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The system call number -1 is none: what is in the result's register stays there. */
void fail_call(pid_t pid, int error)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
		die("registers");
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)-error;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
		die("registers");
}

void filter_calls(void)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(lines) / sizeof(lines[0]), lines };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("filter");
}

int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} names[] = { { "EBUSY", EBUSY }, { "ENODEV", ENODEV }, { "EINVAL", EINVAL }, { "EIO", EIO } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return names[i].value;
	errno = EINVAL;
	die(name);
	return 0;
}
