// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process is called: VM, container, unit; and how it is stopped. */
#include "fixture.h"
#include "holder_names.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct named {
	const char *command_line; /* words parted by blanks */
	const char *cgroup;
	const char *kind;
	const char *manager;
	const char *name;
	const char *stop;
} cases[] = {
	/* Control groups as the programs make them. */
	{ "python3 train.py", "0::/system.slice/docker-" ID ".scope", "container", "docker",
	  "0123456789ab", "docker stop 0123456789ab" },
	{ "python3", "9:name=systemd:/docker/" ID "\n0::/", "container", "docker", "0123456789ab",
	  "docker stop 0123456789ab" },
	{ "python3", "0::/machine.slice/libpod-" ID ".scope/container", "container", "podman",
	  "0123456789ab", "podman stop 0123456789ab" },
	{ "conmon", "0::/machine.slice/libpod-conmon-" ID ".scope", "process", "", "comm",
	  "kill 7" },
	{ "python3",
	  "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	  "container", "podman", "0123456789ab", "podman stop 0123456789ab" },
	{ "python3",
	  "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/"
	  "cri-containerd-" ID ".scope",
	  "container", "kubernetes", "0123456789ab", "crictl stop 0123456789ab" },
	{ "python3", "0::/kubepods/besteffort/pod11-22/" ID, "container", "kubernetes",
	  "0123456789ab", "crictl stop 0123456789ab" },
	{ "bash", "0::/lxc.payload.web/init.scope", "container", "lxc", "web", "lxc-stop -n web" },
	{ "bash", "0::/lxc/101/ns/system.slice/nginx.service", "container", "lxc", "101",
	  "lxc-stop -n 101" },
	{ "bash", "0::/machine.slice/machine-deb\\x2d12.scope", "container", "nspawn", "deb-12",
	  "machinectl poweroff deb-12" },
	{ "bash", "0::/machine.slice/systemd-nspawn@deb.service/payload", "container", "nspawn",
	  "deb", "machinectl poweroff deb" },
	{ "/sbin/init", "0::/machine.slice/machine-lxc\\x2d42\\x2dweb.scope", "container",
	  "libvirt", "web", "virsh -c lxc:/// shutdown web" },
	{ "nvidia-persistenced", "0::/system.slice/nvidia-persistenced.service", "unit", "systemd",
	  "nvidia-persistenced.service", "systemctl stop nvidia-persistenced.service" },
	{ "x", "1:name=systemd:/system.slice/system-a.slice/a@b\\x2dc.service", "unit", "systemd",
	  "a@b\\x2dc.service", "systemctl stop 'a@b\\x2dc.service'" },
	{ "gnome-shell",
	  "0::/user.slice/user-1000.slice/user@1000.service/session.slice/org.gnome.Shell.service",
	  "process", "", "comm", "kill 7" },
	{ "Xorg", "0::/user.slice/user-1000.slice/session-2.scope", "process", "", "comm",
	  "kill 7" },
	/* Guests. */
	{ "/usr/bin/qemu-system-x86_64 -name guest=win11,debug-threads=on",
	  "0::/machine.slice/machine-qemu\\x2d3\\x2dwin11.scope/libvirt/emulator", "vm", "libvirt",
	  "win11", "virsh shutdown win11" },
	{ "/usr/bin/qemu-system-x86_64 -name guest=a=b -object "
	  "secret,id=masterKey0,file=/var/lib/libvirt/qemu/domain-1-a/master-key.aes",
	  "0::/", "vm", "libvirt", "a=b", "virsh shutdown a=b" },
	{ "/usr/bin/kvm -id 100 -name games,debug-threads=on", "0::/qemu.slice/100.scope", "vm",
	  "proxmox", "100", "qm shutdown 100" },
	{ "/usr/bin/kvm -m 1024", "0::/qemu.slice/101.scope", "vm", "proxmox", "101",
	  "qm shutdown 101" },
	{ "qemu-system-x86_64 -name by-hand", "0::/user.slice/user-0.slice/session-1.scope", "vm",
	  "", "by-hand", "kill 7" },
	{ "qemu-system-x86_64 -name guest=ns_vm1",
	  "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", "vm", "kubernetes",
	  "ns_vm1", "virtctl stop ns_vm1" },
	{ "qemu-system-x86_64 -m 1", "0::/system.slice/guest.service", "unit", "systemd",
	  "guest.service", "systemctl stop guest.service" },
	/* Nothing known, and nonsense. */
	{ "x", "", "process", "", "comm", "kill 7" },
	{ "x", "0::/", "process", "", "comm", "kill 7" },
	{ "", "garbage\n\n::\n0::relative/docker-" ID ".scope/", "container", "docker",
	  "0123456789ab", "docker stop 0123456789ab" },
	{ "x", "0::/docker-0123.scope", "process", "", "comm", "kill 7" },
	{ "x", "0::/docker-.scope/.service", "process", "", "comm", "kill 7" },
};

static void names_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		const struct named *wanted = &cases[i];
		size_t length = strlen(wanted->command_line);
		char *words = calloc(1, length + 2), *stop;
		struct gs_holder_name name;

		memcpy(words, wanted->command_line, length);
		for (char *p = words; *p; p++)
			if (*p == ' ')
				*p = '\0';
		gs_holder_name("comm", words, length ? length + 1 : 0, wanted->cgroup, &name);
		if (strcmp(name.kind, wanted->kind) != 0 || strcmp(name.name, wanted->name) != 0 ||
		    strcmp(name.manager, wanted->manager) != 0)
			fail_msg("%zu: %s %s \"%s\"", i, name.manager, name.kind, name.name);
		stop = gs_holder_stop_command(name.kind, name.manager, name.name, 7);
		assert_string_equal(stop, wanted->stop);
		free(stop);
		free(words);
	}
}

static void names_are_quoted(void **state)
{
	char *stop = gs_holder_stop_command("mount", "", "/a b'c", 0);

	(void)state;
	assert_string_equal(stop, "umount '/a b'\\''c'");
	free(stop);
	stop = gs_holder_stop_command("vm", "libvirt", "$(reboot)", 1);
	assert_string_equal(stop, "virsh shutdown '$(reboot)'");
	free(stop);
}

static void compositors_have_a_setting(void **state)
{
	(void)state;
	assert_non_null(strstr(gs_holder_setting("gnome-shell"), "mutter-device-ignore"));
	assert_non_null(strstr(gs_holder_setting("Xorg"), "AutoAddGPU"));
	assert_null(gs_holder_setting("python3"));
	assert_null(gs_holder_setting(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_told),
		cmocka_unit_test(names_are_quoted),
		cmocka_unit_test(compositors_have_a_setting),
	};

	return cmocka_run_group_tests_name("holder names", tests, NULL, NULL);
}
