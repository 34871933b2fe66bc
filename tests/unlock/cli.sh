#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `gpushift unlock ...` on generated trees: what it says, its exit statuses, JSON, and every byte that it changes.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=tree.sh
. "$(dirname "$0")/tree.sh"
overrides=$tree/etc/vgpu_unlock/profile_override.toml
config=$tree/etc/vgpu_unlock/config.toml

gpushift() { "$build/gpushift" --root "$tree" "$@"; }

# ---- check ----

# checks STATUS PATTERN TEXT: of a file of overrides
checks()
{
	printf '%b' "$3" >"$overrides"
	expect "$1" "$2" unlock check
}

good_file='[profile.nvidia-46]
num_displays = 1
display_width = 1920
display_height = 1080
max_pixels = 2073600
framebuffer = 0x38000000
framebuffer_reservation = "128 MiB"
[mdev.00000000-0000-0000-0000-000000000100]
frl_enabled = 0
[vm.100]
cuda_enabled = 1
'

good_files()
{
	expect 0 'There is no file in /etc/vgpu_unlock' unlock check
	checks 0 'Nothing is wrong' "$good_file"
	checks 0 ':2: note: .license_type. is about licences' '[profile.nvidia-46]\nlicense_type = "x"\n'
	expect_json 0 '.files == ["/etc/vgpu_unlock/config.toml", "/etc/vgpu_unlock/profile_override.toml"] and (.findings | length == 1)
		and (.findings[0] | .line == 2 and .severity == "note" and .file == "/etc/vgpu_unlock/profile_override.toml")' unlock check
	echo 'unlock = false' >"$config"
	expect 0 'Nothing is wrong' unlock check
	expect 2 'one argument too many' unlock check a b
	expect 1 "cannot read '.*/nothing'" unlock check "$work/nothing"
	expect 0 'whether the files of vgpu_unlock are right' help unlock check
}

wrong_files()
{
	checks 1 '^/etc/vgpu_unlock/profile_override.toml:2: warning: unknown key' '[profile.nvidia-46]\nframebufer = 1\n'
	checks 1 ':2: error: .cuda_enabled. takes 0 or 1' '[profile.nvidia-46]\ncuda_enabled = true\n'
	checks 1 ':1: warning: the driver has no type nvidia-47' '[profile.nvidia-47]\nfrl_config = 1\n'
	checks 1 ':2: warning: the driver has no type nvidia-99' '[vm.1]\ngpu_type = 99\n'
	checks 1 ':4: warning: 2560 x 1440 are 3686400 pixels, and max_pixels is 2073600' \
		'[vm.1]\ndisplay_width = 2560\ndisplay_height = 1440\nmax_pixels = 2073600\n'
	checks 1 ':2: warning: 90000 x 2880 are 259200000 pixels, and max_pixels is 33177600' '[profile.nvidia-46]\ndisplay_width = 90000\n'
	checks 1 ':3: warning: framebuffer and framebuffer_reservation add up to 1033 MiB' \
		'[profile.nvidia-46]\nframebuffer = "900 MiB"\nframebuffer_reservation = "133 MiB"\n'
	checks 1 ':2: warning: the reservation is as large' '[profile.nvidia-46]\nframebuffer = 0x8000000\n'
	checks 1 ':2: warning: 9 of 1 GiB are more than the 8 GiB' '[profile.nvidia-46]\nmax_instances = 9\n'
	checks 0 'Nothing' '[profile.nvidia-46]\nmax_instances = 8\n'
	checks 1 ':2: warning: 2 of 5 GiB are more than the 8 GiB that the largest card of GRID P40-4Q has' \
		'[profile.nvidia-49]\nframebuffer = 0x12c000000\n'
	checks 1 ':2: warning: .card_name. has 40 bytes, and drivers before 580' '[vm.1]\ncard_name = "0123456789012345678901234567890123456789"\n'
	checks 1 ':2: error: .adapter_name. has 64 bytes' "[vm.1]\nadapter_name = '0123456789012345678901234567890123456789012345678901234567890123'\n"
	# All of them, in the order of their lines.
	printf '[profile.nvidia-46]\nmax_instances = 9\nx = 1\n[profile.nvidia-47]\n' >"$overrides"
	expect_json 1 '[.findings[].line] == [2, 3, 4] and ([.findings[].severity] | unique) == ["warning"]' unlock check
	printf '[vm.1]\nx = 1\ny\nz = [\n' >"$overrides"
	expect_json 1 '[.findings[] | [.line, .severity]] == [[2, "warning"], [3, "error"], [4, "error"]]' unlock check
	rm "$overrides"
	echo 'unlock = "yes"' >"$config"
	expect 1 '^/etc/vgpu_unlock/config.toml:1: error: .unlock. takes true or false' unlock check
	rm "$config"
}

untrusted_files()
{
	echo "$good_file" >"$overrides"
	chmod 666 "$overrides"
	expect 1 'error: the library does not use this file: others can write it' unlock check
	expect_json 1 '.findings[0] | .line == null and .severity == "error"' unlock check
	expect 0 'note: the library does not use this file' unlock check "$overrides"
	chmod 644 "$overrides"
	chmod 777 "$tree/etc/vgpu_unlock"
	expect 1 'error: the library does not use this file: others can write to its folder' unlock check
	expect 0 'note: the library does not use this file: others can write to its folder' unlock check "$overrides"
	chmod 755 "$tree/etc/vgpu_unlock"
	chown 1 "$tree/etc/vgpu_unlock"
	expect 1 'error: the library does not use this file: its folder does not belong to root' unlock check
	chown 0 "$tree/etc/vgpu_unlock"
	expect 0 'Nothing is wrong' unlock check
	mkdir "$tree/drafts"
	mv "$overrides" "$tree/drafts/file"
	ln -s ../../drafts/file "$overrides"
	expect 0 'Nothing is wrong' unlock check
	chmod 777 "$tree/drafts"
	expect 1 'error: the library does not use this file: others can write to its folder' unlock check
	rm -r "$tree/drafts"
	rm "$overrides"
	mkfifo "$overrides"
	expect 1 "cannot read '/etc/vgpu_unlock/profile_override.toml': it is no regular file" unlock check
	rm "$overrides"
	expect 1 "cannot read '/dev/zero': it is no regular file" unlock check /dev/zero
}

# By the name of the file; without a driver, and with one that cannot be read.
other_files()
{
	echo 'unlock = true' >"$work/config.toml"
	expect 0 'Nothing is wrong' unlock check "$work/config.toml"
	cp "$work/config.toml" "$work/draft"
	expect 1 ":1: warning: 'unlock' stands before any table" unlock check "$work/draft"
	rm "$tree/usr/share/nvidia/vgpu/vgpuConfig.xml"
	checks 0 'without the driver.s types' '[profile.nvidia-47]\nmax_instances = 99\n'
	echo '<vgpuconfig><vgpuType' >"$tree/usr/share/nvidia/vgpu/vgpuConfig.xml"
	expect 0 'vgpuConfig.xml cannot be read' unlock check
	rm "$overrides"
	make_tree
}

# ---- install, status, remove ----

install_all() { gpushift unlock install --hooks /opt/vgpu_unlock --nvidia-smi; }

preload='[Service]\nEnvironment=LD_PRELOAD=/usr/local/lib/gpushift/libgpushift-unlock.so\n'
drop_in="# Made by gpushift unlock install; gpushift unlock remove takes it away.\n$preload"

what_is_installed()
{
	make_tree
	make_driver 535.129.03
	card 0000:00:02.0 1e84
	snapshot >"$work/before"
	expect 0 'Nothing is installed' unlock status
	expect 0 'Nothing was installed' unlock remove
	expect 0 'Next: systemctl restart nvidia-vgpud.service' unlock install
	file_is etc/systemd/system/nvidia-vgpud.service.d/gpushift-unlock.conf "$drop_in"
	file_is etc/systemd/system/nvidia-vgpu-mgr.service.d/gpushift-unlock.conf "$drop_in"
	expect 0 'already' unlock install
	expect_json 0 '.changed == [] and .next == null and .driver == "535.129.03"' unlock install
	expect_json 0 '.installed and .redo == null and .release == "16.2" and .hooks == null and ([.files[].state] | unique) == ["installed"]
		and (.cards | length == 1 and (.[0] | .can_work and .generation == "Turing" and .device_id == "1e84" and (.listed | not)))' unlock status
	expect_json 0 '.changed | length == 3' unlock install --hooks /opt/vgpu_unlock --nvidia-smi
	file_is usr/src/nvidia-535.129.03/nvidia/os-interface.c \
		'#define  __NO_VERSION__\n\n#include "os-interface.h"\n#include "nv-linux.h"\n\n#include "nv-time.h"\n#include "/opt/vgpu_unlock/vgpu_unlock_hooks.c"\n#if defined(X)\n#include <linux/x.h>\n#endif\n\nextern int x;\n'
	file_is usr/src/nvidia-535.129.03/nvidia/nvidia.Kbuild 'NVIDIA_OBJECTS =\nccflags-y += -Wall\nldflags-y += -T /opt/vgpu_unlock/kern.ld\n'
	verdict "modes are kept" "$([[ $(stat -c %a "$tree/usr/src/nvidia-535.129.03/nvidia/nvidia.Kbuild") == 640 ]] || echo "they are not")"
	verdict "the wrapper can be run" "$([[ -x $tree/usr/local/bin/nvidia-smi ]] && sh -n "$tree/usr/local/bin/nvidia-smi" || echo "it cannot")"
	expect 0 'already' unlock install --hooks /opt/vgpu_unlock --nvidia-smi
	# By another path, which does not go from the root; and by one outside of the tree.
	mkdir -p "$work/checkout"
	cp "$tree"/opt/vgpu_unlock/* "$work/checkout"
	cd "$work" || exit
	expect_json 0 '.changed | length == 2' unlock install --hooks checkout
	verdict "a path that does not go from the root is made one" "$(grep -qxF "ldflags-y += -T $work/checkout/kern.ld" \
		"$tree/usr/src/nvidia-535.129.03/nvidia/nvidia.Kbuild" || echo "it is not")"
	cd - >/dev/null || exit
	expect_json 0 '.changed | length == 2' unlock install --hooks /opt/vgpu_unlock
	expect_json 0 '.redo == null and .hooks == "/opt/vgpu_unlock" and (.files | length == 5)' unlock status
	expect_json 0 '(.restored | length == 5) and .left == []' unlock remove
	unchanged "remove restores every byte" "$work/before"
	verdict "no folder is left" "$([[ ! -e $tree/etc/systemd/system/nvidia-vgpud.service.d ]] || echo "there is one")"
	verdict "nothing is kept" "$([[ -z $(find "$tree/var/lib/gpushift/unlock" -type f) ]] || echo "something is")"
	expect 0 'Nothing was installed' unlock remove
}

# Whose folder of drop-ins it is.
folders()
{
	mkdir -p "$tree/etc/systemd/system/nvidia-vgpud.service.d"
	expect 0 'Next' unlock install
	expect 0 'as it was' unlock remove
	verdict "an empty folder that was there stays, the other goes" "$(cd "$tree/etc/systemd/system" && [[ $(echo *) == nvidia-vgpud.service.d ]] ||
		echo "it does not")"
	rmdir "$tree/etc/systemd/system/nvidia-vgpud.service.d"
}

# What was written is there, and the manifest is not.
left_without_manifest()
{
	snapshot >"$work/before"
	cp -a "$tree/usr/src/nvidia-535.129.03/nvidia" "$work/source"
	install_all >/dev/null 2>&1
	rm -r "$tree/var/lib/gpushift/unlock"
	cp "$work/source"/* "$tree/usr/src/nvidia-535.129.03/nvidia/"
	expect_json 0 '.changed | length == 3' unlock install --nvidia-smi
	expect_json 0 '[.files[].state] == ["installed", "installed", "installed"]' unlock status
	expect_json 0 '.restored | length == 3' unlock remove
	unchanged "what is left of a lost installation is taken away" "$work/before"
	verdict "and its folders" "$([[ ! -e $tree/etc/systemd/system/nvidia-vgpud.service.d ]] || echo "there is one")"
}

driver_updates()
{
	install_all >/dev/null 2>&1
	rm -r "$tree/usr/src/nvidia-535.129.03"
	make_driver 535.154.02
	snapshot | grep -v gpushift-unlock.conf | grep -v /usr/local/bin >"$work/before"
	expect 1 'the driver is 535.154.02, and was 535.129.03 at the installation: gpushift unlock install --hooks /opt/vgpu_unlock' unlock status
	expect_json 1 '.redo | test("gpushift unlock install --hooks /opt/vgpu_unlock")' unlock status
	# Who leaves out the hooks has not forgotten them by that.
	expect_json 0 '.changed == []' unlock install
	expect 1 'To be done: /usr/src/nvidia-535.154.02/nvidia/os-interface.c has no hooks: gpushift unlock install --hooks /opt/vgpu_unlock' unlock status
	expect_json 0 '.changed | length == 2' unlock install --hooks /opt/vgpu_unlock
	expect 0 'installed' unlock status
	expect 0 'Next: reboot|Next: ' unlock remove
	unchanged "the new driver is as it came" "$work/before"
}

# By hand, after the installation: what is not ours is neither overwritten nor taken away.
changed_by_others()
{
	local source=$tree/usr/src/nvidia-535.154.02/nvidia/os-interface.c
	install_all >/dev/null 2>&1
	echo '/* mine */' >>"$source"
	expect 1 'os-interface.c is changed by somebody else' unlock status
	expect 3 'was changed by somebody else since' unlock install --hooks /opt/vgpu_unlock
	# Nothing else is written then, either: what is missing stays so.
	rm "$tree/etc/systemd/system/nvidia-vgpud.service.d/gpushift-unlock.conf"
	refused 'was changed by somebody else since' --hooks /opt/vgpu_unlock
	expect_json 1 '(.left == ["usr/src/nvidia-535.154.02/nvidia/os-interface.c"]) and (.restored | length == 3)' unlock remove
	verdict "the change is left" "$(tail -n 1 "$source" | grep -qx '/\* mine \*/' || echo "it is gone")"
	# As it was, by hand: then all is well.
	cp "$tree"/var/lib/gpushift/unlock/saved/*.before "$work/" 2>/dev/null
	grep -l 'extern int x' "$work"/*.before | head -n 1 | xargs -I{} cp {} "$source"
	expect 0 '' unlock remove
	unchanged "and everything is as it was" "$work/before"
	rm -f "$work"/*.before
}

refused() # PATTERN [OPTION]...: and nothing is written
{
	local pattern=$1
	shift
	snapshot >"$work/refused"
	expect 3 "$pattern" unlock install "$@"
	unchanged "nothing was written ($pattern)" "$work/refused"
}

# Whoever can swap a folder on the way can swap the file, and the library, too.
untrusted_ways()
{
	local folder
	for folder in /opt /opt/vgpu_unlock; do
		chmod 777 "$tree$folder"
		refused "vgpu_unlock_hooks.c becomes a part of the kernel, and others can write to its folder \\($folder\\)" --hooks /opt/vgpu_unlock
		chmod 755 "$tree$folder"
		chown 1 "$tree$folder"
		refused "its folder does not belong to root \\($folder\\)" --hooks /opt/vgpu_unlock
		chown 0 "$tree$folder"
	done
	# By a link of somebody else's, and by one of root's to where somebody else can write.
	ln -s /opt/vgpu_unlock "$tree/link"
	chown -h 1 "$tree/link"
	refused 'a link on the way to it does not belong to root \(/link\)' --hooks /link
	mkdir -p "$tree/home/me"
	chown 1 "$tree/home/me"
	mv "$tree/opt/vgpu_unlock" "$tree/home/me/"
	ln -s ../home/me/vgpu_unlock "$tree/opt/vgpu_unlock"
	refused 'its folder does not belong to root \(/opt/../home/me\)' --hooks /opt/vgpu_unlock
	rm "$tree/opt/vgpu_unlock"
	mv "$tree/home/me/vgpu_unlock" "$tree/opt/"
	rm -r "${tree:?}/home" "$tree/link"
	chmod g+w "$tree/usr/local/lib"
	refused 'daemons of root.s would load /usr/local/lib/gpushift/libgpushift-unlock.so, and others can write to its folder \(/usr/local/lib\)'
	expect_json 0 '.library_problem == "others can write to its folder (/usr/local/lib)"' unlock status
	chmod g-w "$tree/usr/local/lib"
	chown 1 "$tree/usr/local/lib/gpushift/libgpushift-unlock.so"
	refused 'and it does not belong to root'
	chown 0 "$tree/usr/local/lib/gpushift/libgpushift-unlock.so"
	expect_json 0 '.library_problem == null' unlock status
}

refusals()
{
	local unit=$tree/usr/lib/systemd/system/nvidia-vgpud.service other=$tree/etc/systemd/system/nvidia-vgpud.service.d/vgpu_unlock.conf
	mkdir -p "${other%/*}"
	printf '%b' "$preload" >"$other"
	refused 'vgpu_unlock.conf preloads something already'
	rm "$other"
	for other in "$tree"/{run,usr/local/lib,usr/lib}/systemd/system/nvidia-vgpu-mgr.service.d; do
		mkdir -p "$other"
		printf '%b' "$preload" >"$other/x.conf"
		refused "^gpushift: ${other#"$tree"}/x.conf preloads something already"
		rm -r "$other"
	done
	cp "$unit" "$work/unit"
	sed -i 's|=/usr|=/opt/vgpu_unlock/vgpu_unlock /usr|' "$unit"
	refused 'starts the service by vgpu_unlock already'
	rm "$unit"
	refused 'this is not the vGPU host driver'
	cp "$work/unit" "$unit"
	mkdir -p "$tree/usr/local/bin"
	echo mine >"$tree/usr/local/bin/nvidia-smi"
	refused '/usr/local/bin/nvidia-smi is there already' --nvidia-smi
	rm "$tree/usr/local/bin/nvidia-smi"
	chmod 666 "$tree/opt/vgpu_unlock/kern.ld"
	refused 'becomes a part of the kernel, and others can write it' --hooks /opt/vgpu_unlock
	chmod 644 "$tree/opt/vgpu_unlock/kern.ld"
	untrusted_ways
	expect 2 'takes a checkout of vgpu_unlock' unlock install --hooks /opt
	expect 2 'takes a folder' unlock install --hooks opt/vgpu_unlock
	expect 2 'takes a folder' unlock install --hooks '/opt/a b'
	sed -i '1i #include "/home/me/vgpu_unlock_hooks.c"' "$tree/usr/src/nvidia-535.154.02/nvidia/os-interface.c"
	refused 'has been edited for vgpu_unlock already' --hooks /opt/vgpu_unlock
	sed -i 1d "$tree/usr/src/nvidia-535.154.02/nvidia/os-interface.c"
	mv "$tree/usr/local/lib/gpushift" "$work/gpushift"
	refused 'libgpushift-unlock.so is not installed'
	mv "$work/gpushift" "$tree/usr/local/lib/gpushift"
}

refused_cards()
{
	local generation odd
	for generation in '1180 Kepler and older cards never work' '2204 Ampere GeForce cards do not work' '2684 there is no public method' \
		'2330 there is no public method'; do
		card 0000:00:02.0 "${generation%% *}"
		refused "${generation#* }"
	done
	expect_json 0 '.cards[0] | (.can_work | not) and .device_id == "2330"' unlock status
	# On NVIDIA's list; and one that can work beside one that cannot.
	card 0000:00:02.0 1b38
	expect_json 0 '.cards[0] | .can_work and .listed' unlock status
	card 0000:00:02.0 2204
	card 0000:00:03.0 1b06
	expect 0 'Next' unlock install
	expect 0 'Next' unlock remove
	rm "$tree/sys/bus/pci/devices/0000:00:03.0"
	card 0000:00:02.0 1e84
	echo 580.65.05 >"$tree/sys/module/nvidia/version"
	refused 'this host has driver 580.65.05, with which no such card is known to work'
	echo 610.10.01 >"$tree/sys/module/nvidia/version"
	refused "driver '610.10.01' is not known"
	# No version of NVIDIA's: no DKMS could be told of it, or of the source be found again.
	for odd in '535.154.02 x' "535.$(printf '1%.0s' {1..60})" '535.1/../x' '535.$x'; do
		echo "$odd" >"$tree/sys/module/nvidia/version"
		refused "driver '535.* is not known"
	done
	rm "$tree/sys/module/nvidia/version"
	mkdir -p "$tree/usr/src/nvidia-550.54.10"
	touch "$tree/usr/src/nvidia-550.54.10/dkms.conf"
	refused 'is not loaded, and not the only one'
	rm -r "$tree/usr/src/nvidia-550.54.10"
	expect 0 'driver: 535.154.02 .vGPU 16.3' unlock status
	echo 535.154.02 >"$tree/sys/module/nvidia/version"
	rm "$tree/sys/bus/pci/devices/0000:00:02.0"
	refused 'no card of NVIDIA'
	card 0000:00:02.0 1e84
}

two_at_once()
{
	mkdir -p "$tree/var/lib/gpushift/unlock"
	snapshot >"$work/before"
	flock "$tree/var/lib/gpushift/unlock" "$build/gpushift" --root "$tree" unlock install >"$work/out" 2>"$work/err"
	verdict "one at a time" "$([[ $? == 6 ]] || echo "exit is not 6")"
	unchanged "the second one changed nothing" "$work/before"
}

make_tree
good_files
wrong_files
untrusted_files
other_files
what_is_installed
folders
left_without_manifest
driver_updates
changed_by_others
refusals
refused_cards
two_at_once

finish
