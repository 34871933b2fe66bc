#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `gpushift unlock` on generated trees where what is around it is not as it was, or not as it should be: a driver that came
# anew, hooks and a library that are gone, files that are half written, paths that no service can be told, a disk that is full.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

# What is mounted here is nobody else's.
[[ ${MOUNTS_OF_ITS_OWN-} ]] || MOUNTS_OF_ITS_OWN=yes exec unshare -m --propagation private "$0" "$@"

# shellcheck source-path=SCRIPTDIR source=tree.sh
. "$(dirname "$0")/tree.sh"
version=535.154.02
source=$tree/usr/src/nvidia-$version/nvidia

gpushift() { "$build/gpushift" --root "$tree" "$@"; }
install_all() { gpushift unlock install --hooks /opt/vgpu_unlock --nvidia-smi >"$work/out" 2>"$work/err"; }

host()
{
	make_tree
	make_driver "$version"
	card 0000:00:02.0 1e84
}

# ---- what is installed anew, or gone ----

# The same version once more, with a patch of somebody's: its source has nothing of ours.
driver_comes_again()
{
	host
	install_all
	echo "/* patched */ #include \"os-interface.h\"" >"$source/os-interface.c"
	echo '#include "nv-time.h"' >>"$source/os-interface.c"
	printf 'patched\n' >"$source/nvidia.Kbuild"
	chmod 600 "$source/os-interface.c"
	snapshot | grep -v gpushift-unlock.conf | grep -v /usr/local/bin >"$work/before"
	expect 1 "os-interface.c: another one, without hooks" unlock status
	expect_json 1 '.redo | test("is another one, without hooks")' unlock status
	cp -a "$tree/." "$work/again"
	# What was before is not what it was: it stays.
	expect_json 0 '.left == [] and .failed == [] and (.restored | length == 3)' unlock remove
	unchanged "a driver that came anew stays as it came" "$work/before"
	expect 0 'Nothing is installed' unlock status
	rm -r "$tree"
	mv "$work/again" "$tree"
	expect_json 0 '.changed | length == 2' unlock install --hooks /opt/vgpu_unlock --nvidia-smi
	expect_json 0 '.redo == null' unlock status
	verdict "it has the hooks again" "$(grep -qx '#include "/opt/vgpu_unlock/vgpu_unlock_hooks.c"' "$source/os-interface.c" || echo "it has not")"
	expect_json 0 '.left == [] and (.restored | length == 5)' unlock remove
	unchanged "and is as it came after that" "$work/before"
}

# Killed while it takes such a source for what it was.
killed_then()
{
	local n kills=0 bad=""
	for ((n = 1; n < 60; n++)); do
		host
		install_all
		printf '#include "nv-time.h"\n' >"$source/os-interface.c"
		printf 'patched\n' >"$source/nvidia.Kbuild"
		chmod 600 "$source/os-interface.c"
		snapshot | grep -v gpushift-unlock.conf | grep -v /usr/local/bin >"$work/before"
		( strace -qq -o "$work/strace" -e trace=renameat -e "inject=renameat:signal=SIGKILL:when=$n" "$build/gpushift" --root "$tree" \
			unlock install --hooks /opt/vgpu_unlock --nvidia-smi
			exit $? ) >/dev/null 2>&1
		[[ $? == 137 ]] || break
		kills=$((kills + 1))
		((n % 2)) || install_all || bad+=" $n: install fails;"
		gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" $n: remove fails;"
		snapshot | diff "$work/before" - >"$work/out" 2>&1 || bad+=" $n: the tree differs;"
	done
	((kills > 5)) || bad+=" only $kills kills"
	verdict "killed in each of $kills renames on the way, it is as it came" "$bad"
}

# Wherever an installation is killed, status does not say that all is well.
status_after_kill()
{
	local n kills=0 bad=""
	for ((n = 1; n < 60; n++)); do
		host
		( strace -qq -o "$work/strace" -e trace=renameat -e "inject=renameat:signal=SIGKILL:when=$n" "$build/gpushift" --root "$tree" \
			unlock install
			exit $? ) >/dev/null 2>&1
		[[ $? == 137 ]] || break
		kills=$((kills + 1))
		gpushift unlock status --json >"$work/out" 2>"$work/err"
		jq -e '(.installed | not) or (.redo | type == "string")' "$work/out" >/dev/null || bad+=" $n: it does;"
		gpushift unlock install >"$work/out" 2>&1 || bad+=" $n: install;"
		gpushift unlock status --json 2>"$work/err" | jq -e '.installed and .redo == null' >"$work/out" || bad+=" $n: not after another one;"
	done
	((kills > 5)) || bad+=" only $kills kills"
	verdict "killed in each of $kills renames, status says that something is left to be done" "$bad"
}

# DKMS builds the driver for the next kernel, too.
hooks_go()
{
	host
	install_all
	mv "$tree/opt/vgpu_unlock/kern.ld" "$work/"
	expect_json 1 '.redo | test("built with /opt/vgpu_unlock/kern.ld .No such file or directory.: .* gpushift unlock remove")' unlock status
	mv "$work/kern.ld" "$tree/opt/vgpu_unlock/"
	chmod 666 "$tree/opt/vgpu_unlock/kern.ld"
	expect 1 'To be done: the driver is built with /opt/vgpu_unlock/kern.ld \(others can write it\)' unlock status
	chmod 644 "$tree/opt/vgpu_unlock/kern.ld"
	expect_json 0 '.redo == null' unlock status
}

# With a driver of today they do nothing: nobody is told to add them.
hooks_are_outlived()
{
	host
	card 0000:00:02.0 1b38
	install_all
	make_driver 580.65.05
	expect_json 1 '.redo | test("was 535.154.02 at the installation: gpushift unlock install$")' unlock status
	expect_json 0 '.changed == []' unlock install
	expect_json 0 '.redo == null' unlock status
}

library_goes()
{
	host
	gpushift unlock install --nvidia-smi >/dev/null
	expect_json 0 '.redo == null' unlock status
	mv "$tree/usr/local/lib/gpushift" "$work/gpushift"
	expect_json 1 '.library == null and (.redo | test("preload /usr/local/lib/gpushift/libgpushift-unlock.so, which is not installed"))' unlock status
	# From `make install` to a package.
	mkdir -p "$tree/usr/lib/gpushift"
	cp "$work/gpushift/libgpushift-unlock.so" "$tree/usr/lib/gpushift/"
	expect_json 1 '.redo | test("the library is /usr/lib/gpushift/libgpushift-unlock.so now: gpushift unlock install")' unlock status
	expect_json 0 '.changed | length == 3' unlock install
	expect_json 0 '.redo == null' unlock status
	verdict "the wrapper goes along" "$(grep -q 'LD_PRELOAD=/usr/lib/gpushift/libgpushift-unlock.so\$' "$tree/usr/local/bin/nvidia-smi" || echo "it does not")"
	file_is etc/systemd/system/nvidia-vgpud.service.d/gpushift-unlock.conf '# Made by gpushift unlock install; gpushift unlock remove takes it away.\n[Service]\nEnvironment=LD_PRELOAD=/usr/lib/gpushift/libgpushift-unlock.so\n'
	chmod 757 "$tree/usr/lib/gpushift"
	expect_json 1 '.redo | test("others can write to its folder")' unlock status
	rm -r "$work/gpushift"
}

# ---- what was never right ----

refused() # PATTERN [OPTION]...: and nothing is written
{
	local pattern=$1
	shift
	snapshot >"$work/refused"
	expect 3 "$pattern" unlock install "$@"
	unchanged "nothing was written ($pattern)" "$work/refused"
}

# As a power cut leaves it: as long as it was, without its end.
half_written_source()
{
	host
	truncate -s +100 "$source/os-interface.c"
	refused 'os-interface.c looks like that of no driver' --hooks /opt/vgpu_unlock
	host
	: >"$source/nvidia.Kbuild"
	refused 'nvidia.Kbuild looks like that of no driver' --hooks /opt/vgpu_unlock
	host
	rm "$source/os-interface.c"
	ln -s nvidia.Kbuild "$source/os-interface.c"
	refused 'cannot read .*os-interface.c' --hooks /opt/vgpu_unlock
}

# By whom nothing is overwritten: what is known of files that were changed is only there.
damaged_manifest()
{
	local text
	for text in '' '{' '{"version": 1, "files": [{"path": "../etc/passwd", "mode": 1, "existed": true}]}' '{"version": 1, "files": 1}' \
		'{"version": 1, "files": [], "rebuild": [{"version": "../x", "kernel": "y"}]}'; do
		host
		install_all
		printf '%s' "$text" >"$tree/var/lib/gpushift/unlock/manifest"
		snapshot >"$work/before"
		expect 1 'manifest is damaged' unlock install
		expect 1 'manifest is damaged' unlock remove
		expect 1 'manifest is damaged' unlock status
		unchanged "nothing was changed by it ('$text')" "$work/before"
	done
}

# systemd and the dynamic linker would take a part of it for the whole.
odd_prefix()
{
	local prefix
	for prefix in "$work/a b" "$work/a:b" "$work/100%"; do
		host
		mkdir -p "$prefix/bin" "$tree$prefix/lib/gpushift"
		cp "$build/gpushift" "$prefix/bin/"
		cp "$build/libgpushift-unlock.so" "$tree$prefix/lib/gpushift/"
		snapshot >"$work/before"
		"$prefix/bin/gpushift" --root "$tree" unlock install >"$work/out" 2>"$work/err"
		verdict "a library in '${prefix##*/}' is refused" "$([[ $? == 3 ]] && grep -q 'no service can be told to preload' "$work/err" || echo "it is not")"
		unchanged "and nothing is written" "$work/before"
	done
}

# A later drop-in of somebody's would take away what ours says.
emptied_environment()
{
	local other=$tree/etc/systemd/system/nvidia-vgpud.service.d/zz.conf
	host
	mkdir -p "${other%/*}"
	printf '[Service]\nEnvironment=A=b\n  Environment= \nRestart=no\n' >"$other"
	refused 'zz.conf empties the environment that drop-ins before it set'
	mv "$other" "${other%/*}/aa.conf"
	expect 0 'Next' unlock install
	expect 0 'as it was' unlock remove
	mv "${other%/*}/aa.conf" "$other"
	printf '[Service]\nEnvironment=A=b\nPassEnvironment=\n#Environment=\n' >"$other"
	expect 0 'Next' unlock install
}

# drop_in FOLDER NAME LINE...: one of somebody's
drop_in()
{
	local file=$tree/$1/$2
	shift 2
	mkdir -p "${file%/*}"
	printf '%s\n' '[Service]' "$@" >"$file"
}

# By whatever drop-in systemd would read for the service, and however its lines are written.
units_of_others()
{
	local in=etc/systemd/system/nvidia-vgpu-mgr.service.d folder
	host
	for folder in nvidia-vgpu-.service.d nvidia-.service.d service.d; do
		drop_in "etc/systemd/system/$folder" x.conf 'Environment = "A=b" "LD_PRELOAD=/opt/x.so"'
		refused "^gpushift: /etc/systemd/system/$folder/x.conf preloads something already"
		rm -r "$tree/etc/systemd/system/$folder"
	done
	drop_in etc/systemd/system/service.d zz.conf 'Environment ='
	refused 'service.d/zz.conf empties the environment'
	rm -r "$tree/etc/systemd/system/service.d"
	drop_in "$in" x.conf 'Environment=A=b \' '# not the end' '  LD_PRELOAD=/opt/x.so'
	refused 'x.conf preloads something already'
	drop_in "$in" x.conf 'UnsetEnvironment=LD_PRELOAD'
	refused 'x.conf takes away what is to be preloaded'
	drop_in "$in" x.conf 'ExecStart=' 'ExecStart=/usr/bin/env LD_PRELOAD=/opt/x.so /usr/bin/nvidia-vgpu-mgr'
	refused 'x.conf preloads something already'
	mkdir -p "$tree/etc/default"
	printf '#LD_PRELOAD=\nA=b\n' >"$tree/etc/default/nvidia"
	# What is not about the library is nobody's business.
	drop_in "$in" x.conf '# LD_PRELOAD and vgpu_unlock' 'EnvironmentFile=-/etc/default/nvidia' 'EnvironmentFile=-/etc/default/nothing' \
		'ConditionPathExists=/etc/vgpu_unlock/config.toml' 'ExecStartPre=/bin/ls /etc/vgpu_unlock' \
		'Environment=VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH=/etc/vgpu_unlock/lab.toml'
	drop_in etc/systemd/system/nvidia.service.d x.conf 'Environment=LD_PRELOAD=/opt/x.so'
	drop_in "$in" zz.conf 'Environment=\' '  A=b'
	expect 0 'Next' unlock install
	expect 0 'as it was' unlock remove
	printf 'A=b\n LD_PRELOAD=/opt/x.so\n' >"$tree/etc/default/nvidia"
	refused '^gpushift: /etc/default/nvidia preloads something already'
}

old_cards()
{
	host
	card 0000:00:02.0 13c2
	expect_json 0 '.cards[0] | .can_work and (.detail | test("GTX 970"))' unlock status
	make_driver 550.54.10
	refused 'Maxwell cards work with vGPU 16.x .driver 535. and older.*this host has driver 550.54.10, with which no such card'
	card 0000:00:02.0 1b06
	expect_json 0 '.cards[0].can_work' unlock status
}

# On this machine itself, where it would be dangerous if it went on.
not_root()
{
	local verb status
	for verb in install remove; do
		setpriv --reuid 1000 --regid 1000 --clear-groups "$work/gpushift" unlock $verb >"$work/out" 2>"$work/err"
		status=$?
		verdict "unlock $verb is root's" "$([[ $status == 3 ]] && grep -q 'root' "$work/err" || echo "exit $status")"
	done
}

# ---- a disk without room ----

# Pages that are left; what is kept free is the file `room`.
leave() # PAGES
{
	local free
	rm -f "$tree/room"
	free=$(stat -f -c %a "$tree")
	((free <= $1)) || head -c $(((free - $1) * 4096)) /dev/zero >"$tree/room"
}

snapshot_but_room() { snapshot | grep -v ' \?\./room'; }

full_disk()
{
	local pages status failures=0 bad=""
	host
	cp -a "$tree" "$work/host"
	mount -t tmpfs -o size=4m none "$tree"
	cp -a "$work/host/." "$tree/"
	snapshot_but_room >"$work/before"
	for ((pages = 0; pages < 40; pages++)); do
		leave "$pages"
		install_all && break
		failures=$((failures + 1))
		grep -q "No space left on device" "$work/err" || bad+=" $pages: it is not said;"
		snapshot_but_room | diff "$work/before" - >"$work/out" || bad+=" $pages: the tree differs;"
		rm -f "$tree/room"
		gpushift unlock status --json | jq -e '(.installed | not) and .redo == null' >/dev/null || bad+=" $pages: something is installed;"
	done
	((failures > 5 && pages < 40)) || bad+=" $failures failures of $pages"
	verdict "without room for it an installation is taken back ($failures times)" "$bad"
	bad="" failures=0
	for ((pages = 0; pages < 20; pages++)); do
		rm -f "$tree/room"
		install_all || bad+=" $pages: install;"
		leave "$pages"
		gpushift unlock remove >"$work/out" 2>"$work/err" || failures=$((failures + 1))
		rm -f "$tree/room"
		gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" $pages: remove;"
		snapshot_but_room | diff "$work/before" - >"$work/out" || bad+=" $pages: the tree differs;"
	done
	((failures > 0)) || bad+=" never without room"
	verdict "and a removal goes on once there is some ($failures times)" "$bad"
	umount "$tree"
	rm -r "$work/host"
}

driver_comes_again
killed_then
status_after_kill
hooks_go
hooks_are_outlived
library_goes
half_written_source
damaged_manifest
odd_prefix
emptied_environment
units_of_others
old_cards
# Where anybody may start it.
chmod 755 "$work"
install -m 755 "$build/gpushift" "$work/gpushift"
not_root
full_disk

finish
