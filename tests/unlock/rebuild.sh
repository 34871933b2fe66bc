#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `gpushift unlock` where DKMS is called: on a host of its own, which is a tree that it is chrooted into, with a DKMS that
# keeps its books as the real one does and is told when to fail, and when the command is killed. dkms.sh has the real one.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=tree.sh
. "$(dirname "$0")/tree.sh"
version=535.129.03 old=535.104.06
kernels=(6.1.0-1-amd64 "6.12.0-2+deb-amd64")

gpushift() { chroot "$tree" /usr/local/bin/gpushift "$@"; }

# What a program needs, beside it.
copy_program() # PROGRAM PATH-IN-TREE
{
	local library
	install -D "$1" "$tree/$2"
	for library in $(ldd "$1" | grep -oE '/[^ ]+'); do
		[[ -e $tree$library ]] || install -D "$library" "$tree$library"
	done
}

# As DKMS 3 does it: what is there is removed before it is made anew.
fake_dkms()
{
	cat <<-'END'
	#!/bin/sh
	# dkms build|install -m nvidia -v VERSION -k KERNEL --force
	verb=$1 version=$5 kernel=$7
	tree=/var/lib/dkms/nvidia
	source=/usr/src/nvidia-$version/nvidia
	built=$tree/$version/$kernel/x86_64/module
	link=$tree/kernel-$kernel-x86_64
	installed=/lib/modules/$kernel/updates/dkms
	echo "$verb $version $kernel" >>/told/log

	# The command that called is killed at this step, once.
	step()
	{
		echo >>/told/steps
		[ ! -e /told/kill ] || [ "$(wc -l </told/steps)" != "$(cat /told/kill)" ] || { kill -KILL "$PPID"; kill -KILL $$; }
	}
	hooked() { grep -q vgpu_unlock "$source/os-interface.c"; }
	fails() # WHAT
	{
		for reason in "$1" "$1-$kernel" "$(hooked && echo "$1-hooked")"; do
			[ -z "$reason" ] || [ ! -e "/told/fail-$reason" ] || { echo one; echo "no $reason here"; exit 10; }
		done
	}

	case $verb in
	build)
		rm -rf "$tree/$version/$kernel"
		step
		fails build
		mkdir -p "$built"
		cat "$source/os-interface.c" "$source/nvidia.Kbuild" >"$built/nvidia.ko"
		step
		;;
	install)
		rm -rf "$link" "$installed"
		step
		fails install
		mkdir -p "$installed"
		cp "$built/nvidia.ko" "$installed/"
		echo "$version" >"$installed/version"
		step
		ln -s "$version/$kernel/x86_64" "$link"
		step
		;;
	esac
	END
}

make_host()
{
	local applet kernel
	rm -rf "$tree"
	mkdir -p "$tree"/{sys/bus/pci/devices,proc,dev,run,etc,tmp,told,bin,usr/sbin,usr/bin,var/lib/dkms/nvidia,sys/module/nvidia}
	make_driver "$version"
	card 0000:00:02.0 1e84
	copy_program "$build/gpushift" usr/local/bin/gpushift
	install "$(command -v busybox)" "$tree/bin/busybox"
	for applet in sh rm mkdir cat cp ln grep wc; do ln -s busybox "$tree/bin/$applet"; done
	fake_dkms >"$tree/usr/sbin/dkms"
	chmod 755 "$tree/usr/sbin/dkms"
	for kernel in "${kernels[@]}" "$(uname -r)"; do mkdir -p "$tree/lib/modules/$kernel"; done
	for kernel in "${kernels[@]}"; do have_built "$version" "$kernel"; done
	rm -f "$tree"/told/*
}

have_built() # VERSION KERNEL
{
	chroot "$tree" /usr/sbin/dkms build -m nvidia -v "$1" -k "$2" --force
	chroot "$tree" /usr/sbin/dkms install -m nvidia -v "$1" -k "$2" --force
}

told() # FILE [TEXT]: what DKMS is to do
{
	rm -f "$tree/told/log" "$tree/told/steps"
	echo "${2-}" >"$tree/told/$1"
}

untold() { rm -f "$tree"/told/*; }

log_is() # LINE...
{
	verdict "DKMS did: $*" "$(diff <(printf '%s\n' "$@") "$tree/told/log" >"$work/out" 2>&1 || echo "it did something else")"
	rm -f "$tree/told/log"
}

# What is installed for each kernel was built from the source as it is.
module_problem()
{
	local kernel module
	for kernel in "${kernels[@]}"; do
		module=$tree/lib/modules/$kernel/updates/dkms
		cat "$tree/usr/src/nvidia-$version/nvidia/"{os-interface.c,nvidia.Kbuild} | cmp -s - "$module/nvidia.ko" ||
			echo "the driver of $kernel is not built from its source"
	done
}

is_hooked() { grep -q /opt/vgpu_unlock "$tree/usr/src/nvidia-$version/nvidia/nvidia.Kbuild" || echo "there are no hooks"; }

installed_problem() { echo "$(is_hooked)$(module_problem)"; }

# Every file but what DKMS is told and tells here.
host_files() { snapshot | grep -vE ' ?\./told/'; }

removed_problem()
{
	module_problem
	host_files | diff "$work/before" - >"$work/out" || echo "the tree differs"
	[[ ! -e $tree/var/lib/gpushift/unlock/manifest ]] || echo "something is kept"
}

install_hooks() { gpushift unlock install --hooks /opt/vgpu_unlock; }

# ---- what has to be built, and where that fails ----

each_kernel()
{
	make_host
	host_files >"$work/before"
	expect 0 '^Next: reboot' unlock install --hooks /opt/vgpu_unlock
	log_is "build $version ${kernels[0]}" "install $version ${kernels[0]}" "build $version ${kernels[1]}" "install $version ${kernels[1]}"
	verdict "each kernel has the driver with the hooks" "$(installed_problem)"
	expect_json 0 '.owed == [] and .redo == null' unlock status
	expect 0 'already' unlock install --hooks /opt/vgpu_unlock
	verdict "once more builds nothing" "$([[ ! -e $tree/told/log ]] || echo "it does")"
	expect_json 0 '.built == [{version: "535.129.03", kernel: "6.1.0-1-amd64"}, {version: "535.129.03", kernel: "6.12.0-2+deb-amd64"}]
		and .owed == [] and .failed == []' unlock remove
	verdict "and without them after a removal" "$(removed_problem)"
}

# Loaded, and DKMS has it for no kernel: then it is for the one that runs.
not_installed()
{
	rm -rf "$tree"/var/lib/dkms/nvidia/* "$tree/told/log"
	expect 0 "^built: driver $version for kernel $(uname -r)" unlock install --hooks /opt/vgpu_unlock
	log_is "build $version $(uname -r)" "install $version $(uname -r)"
	rm -f "$tree/var/lib/dkms/nvidia/kernel-$(uname -r)-x86_64"
	expect 0 "^built: driver $version for kernel $(uname -r)" unlock remove
	make_host
}

# Nothing is changed that could not be built then.
no_dkms()
{
	mv "$tree/usr/sbin/dkms" "$work/dkms"
	host_files >"$work/without"
	expect 3 'there is no /usr/sbin/dkms to build the driver with' unlock install --hooks /opt/vgpu_unlock
	verdict "without DKMS nothing is changed" "$(host_files | diff "$work/without" - >"$work/out" || echo "something is")"
	mv "$work/dkms" "$tree/usr/sbin/dkms"
}

# ---- kills ----

killed_in_dkms()
{
	local step kills=0 bad=""
	for ((step = 1; step < 20; step++)); do
		untold
		told kill "$step"
		install_hooks >"$work/out" 2>"$work/err"
		[[ $? == 137 ]] || break
		kills=$((kills + 1))
		untold
		gpushift unlock status >"$work/out" 2>"$work/err" && bad+=" $step: status says that all is well;"
		grep -q 'DKMS has not yet built' "$work/out" || bad+=" $step: status does not say what is owed;"
		if ((step % 2)); then
			install_hooks >"$work/out" 2>"$work/err" || bad+=" $step: install fails;"
			bad+=$(installed_problem)
		fi
		gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" $step: remove fails;"
		bad+=$(removed_problem)
	done
	((kills == 10)) || bad+=" $kills kills"
	verdict "killed in each step of DKMS, an installation is finished or taken back" "$bad"
}

killed_in_dkms_at_removal()
{
	local step kills=0 bad=""
	for ((step = 1; step < 20; step++)); do
		untold
		install_hooks >/dev/null 2>&1
		told kill "$step"
		gpushift unlock remove >"$work/out" 2>"$work/err"
		[[ $? == 137 ]] || break
		kills=$((kills + 1))
		untold
		gpushift unlock status >"$work/out" 2>"$work/err" && bad+=" $step: status says that all is well;"
		if ((step % 2)); then
			install_hooks >"$work/out" 2>"$work/err" || bad+=" $step: install fails;"
			bad+=$(installed_problem)
		fi
		gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" $step: remove fails;"
		bad+=$(removed_problem)
	done
	((kills == 10)) || bad+=" $kills kills"
	untold
	verdict "and so is a removal" "$bad"
}

# The command's own calls; DKMS is not looked into.
killed_in_calls() # install|remove CALL,...
{
	local call n kills=0 bad="" options=()
	[[ $1 == remove ]] || options=(--hooks /opt/vgpu_unlock)
	for call in ${2//,/ }; do
		for ((n = 1; n < 200; n++)); do
			[[ $1 == install ]] || install_hooks >/dev/null 2>&1
			( strace -qq -o "$work/strace" -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" chroot "$tree" \
				/usr/local/bin/gpushift unlock "$1" "${options[@]}"
				exit $? ) >/dev/null 2>&1
			[[ $? == 137 ]] || break
			kills=$((kills + 1))
			if ((n % 2)); then
				install_hooks >"$work/out" 2>"$work/err" || bad+=" $call $n: install fails;"
				bad+=$(installed_problem)
			fi
			gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" $call $n: remove fails;"
			bad+=$(removed_problem)
		done
		gpushift unlock remove >/dev/null 2>&1
	done
	((kills > 10)) || bad+=" only $kills kills"
	verdict "killed in each of $kills calls of unlock $1, each driver is built from its source" "$bad"
}

# With the hooks, it cannot be built: then it is built without them again.
hooks_that_fail()
{
	told fail-build-hooked
	expect 1 'could not build driver 535.129.03 with the hooks for kernel 6.1.0-1-amd64: no build-hooked here; its source is as it was, and it was built from that again' \
		unlock install --hooks /opt/vgpu_unlock
	verdict "each driver is as it was" "$(module_problem)"
	untold
	told fail-install-hooked
	expect 1 'no install-hooked here; its source is as it was, and it was built from that again' unlock install --hooks /opt/vgpu_unlock
	verdict "also where DKMS had removed it" "$(module_problem)"
	untold
	# The second kernel only: the first one has the hooks by then.
	told "fail-build-${kernels[1]}"
	expect 1 "DKMS could not build that either: no build-${kernels[1]//+/\\+} here; kernel ${kernels[1]//+/\\+} has the driver that it had" \
		unlock install --hooks /opt/vgpu_unlock
	verdict "the first kernel has one without hooks again" "$(grep -q vgpu_unlock "$tree/lib/modules/${kernels[0]}/updates/dkms/nvidia.ko" && echo "it has not")"
	expect 1 'DKMS has not yet built driver' unlock status
	untold
	told fail-install
	expect 1 "either: no install here; kernel .* has no driver now" unlock install --hooks /opt/vgpu_unlock
	expect_json 1 '.owed | length == 2' unlock status
	untold
	expect 0 "^built: driver $version for kernel" unlock remove
	verdict "a removal builds what is owed" "$(removed_problem)"
}

# What DKMS cannot do is not forgotten.
removal_that_fails()
{
	install_hooks >/dev/null 2>&1
	told fail-build
	expect 1 'could not build driver 535.129.03 for kernel 6.12.0-2\+deb-amd64: no build here; its source is as it was' unlock remove
	expect_json 1 '.restored == [] and .built == [] and (.owed | length == 2)' unlock remove
	verdict "nobody says that all is done" "$(grep -E 'reboot|Nothing' "$work/out")"
	expect 1 'DKMS has not yet built driver' unlock status
	untold
	# A kernel that is gone needs no driver.
	mv "$tree/lib/modules/${kernels[1]}" "$work/kernel"
	expect_json 0 '[.built[].kernel] == ["6.1.0-1-amd64"]' unlock remove
	mv "$work/kernel" "$tree/lib/modules/${kernels[1]}"
	make_host
	host_files >"$work/before"
}

# Of the driver before an update the source is there still. It is put back, and not installed over the new one.
older_driver()
{
	make_driver "$old"
	version=$old have_all
	host_files >"$work/before"
	version=$old expect 0 '^Next: reboot' unlock install --hooks /opt/vgpu_unlock
	echo "$version" >"$tree/sys/module/nvidia/version"
	have_all
	expect 0 '^Next: reboot' unlock install --hooks /opt/vgpu_unlock
	untold
	expect 0 '^Next: reboot' unlock remove
	log_is "build $version ${kernels[0]}" "install $version ${kernels[0]}" "build $version ${kernels[1]}" "install $version ${kernels[1]}"
	verdict "the current driver is installed" "$([[ $(cat "$tree"/lib/modules/*/updates/dkms/version | sort -u) == "$version" ]] || echo "it is not")"
	# Also when it is owed since before the update.
	echo "$old" >"$tree/sys/module/nvidia/version"
	version=$old have_all
	told fail-build
	expect 1 'DKMS could not' unlock install --hooks /opt/vgpu_unlock
	untold
	echo "$version" >"$tree/sys/module/nvidia/version"
	have_all
	untold
	expect 0 'Everything is as it was|Next: ' unlock remove
	verdict "what is owed of the older one is dropped" "$([[ ! -e $tree/told/log ]] || cat "$tree/told/log")"
	rm -r "$tree/usr/src/nvidia-$old" "$tree/var/lib/dkms/nvidia/$old"
	make_host
	host_files >"$work/before"
}

# A systemd that does not read what is there now would go on preloading the library.
reload_that_fails()
{
	mkdir -p "$tree/run/systemd/system"
	printf '#!/bin/sh\n[ ! -e /told/fail-reload ] || { echo no reload here; exit 1; }\necho "$*" >>/told/systemctl\n' >"$tree/usr/bin/systemctl"
	chmod 755 "$tree/usr/bin/systemctl"
	told fail-reload
	expect 1 'daemon-reload failed: no reload here' unlock install
	expect_json 1 '.changed == [] and .next == "gpushift unlock install, once that is mended"' unlock install
	expect 1 'systemd has not read the drop-ins yet: gpushift unlock install' unlock status
	untold
	expect 0 'already' unlock install
	expect_json 0 '.redo == null' unlock status
	told fail-reload
	expect 1 '^Next: gpushift unlock remove, once that is mended' unlock remove
	untold
	expect 0 'Everything is as it was' unlock remove
	verdict "systemd was told in the end" "$([[ $(cat "$tree/told/systemctl") == daemon-reload ]] || echo "it was not")"
	expect 0 'Nothing was installed' unlock remove
	rm -r "$tree/run/systemd" "$tree/usr/bin/systemctl"
	untold
}

have_all()
{
	local kernel
	for kernel in "${kernels[@]}"; do have_built "$version" "$kernel"; done
}

# A source that somebody changed is left, and not built: it has one half of the hooks.
left_source()
{
	local source=$tree/usr/src/nvidia-$version/nvidia/os-interface.c
	install_hooks >/dev/null 2>&1
	cp "$source" "$work/hooked"
	echo '/* mine */' >>"$source"
	untold
	expect 1 'is not built anew as long as' unlock remove
	verdict "a source that is half as it was is not built" "$([[ ! -e $tree/told/log ]] || echo "it is")"
	cp "$work/hooked" "$source"
	expect 0 '^Next: reboot' unlock remove
	verdict "once it is as it was, it is" "$(removed_problem)"
}

each_kernel
no_dkms
not_installed
hooks_that_fail
removal_that_fails
older_driver
left_source
reload_that_fails
killed_in_dkms
killed_in_dkms_at_removal
# One kernel is enough for what follows.
rm -r "$tree/lib/modules/${kernels[1]}" "$tree/var/lib/dkms/nvidia/kernel-${kernels[1]}-x86_64"
kernels=("${kernels[0]}")
host_files >"$work/before"
killed_in_calls install renameat
killed_in_calls remove renameat,unlinkat

finish
