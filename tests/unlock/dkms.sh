#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A driver with the file layout of NVIDIA's is really built by DKMS: with the hooks after `gpushift unlock install --hooks`,
# and as it was after `gpushift unlock remove`. In trees of its own: nothing of the machine is changed, nothing is loaded.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

here=$(realpath "$(dirname "$0")")
build=$(realpath "${GPUSHIFT_BUILD:-$here/../../userspace/build}")
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-unlock-dkms.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree version=535.129.03
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"

gpushift() { "$build/gpushift" --root "$tree" "$@"; }

kernel() { basename "$(dirname "$(printf '%s\n' /lib/modules/*/build | sort -V | tail -n 1)")"; }

private_dkms() # ARGUMENT...: never the machine's own trees
{
	dkms "$@" --dkmstree "$work/dkms" --sourcetree "$tree/usr/src" --installtree "$work/modules"
}

# The built module is $work/$1.ko.
built() # NAME
{
	local module
	private_dkms add "nvidia/$version" && private_dkms build "nvidia/$version" -k "$(kernel)" || {
		cat "$work"/dkms/nvidia/"$version"/build/make.log
		return 1
	}
	module=$(find "$work/dkms/nvidia/$version/$(kernel)" -name 'nvidia.ko*')
	case $module in
	*.xz) xz -dc "$module" >"$work/$1.ko" ;;
	*) cp "$module" "$work/$1.ko" ;;
	esac
	private_dkms remove "nvidia/$version" --all
}

# That file is used by the linker, and by the compiler.
is_hooked() { nm "$work/$1.ko" | grep -q vgpu_unlock_nv_kern_rodata_beg && strings "$work/$1.ko" | grep -qx 'as hooked'; }
is_plain() { ! nm "$work/$1.ko" | grep -q vgpu_unlock && ! strings "$work/$1.ko" | grep -qx 'as hooked'; }

snapshot() { (cd "$tree/usr/src" && find . -type f -printf '%p %m ' -exec sha256sum {} \; | sort); }

make_tree()
{
	local card=$tree/sys/devices/pci0000:00/0000:00:02.0 service
	mkdir -p "$tree"/{proc,dev,run,var/lib,etc,usr/src,usr/bin,usr/lib/systemd/system,usr/local/lib/gpushift,sys/module/nvidia} \
		"$tree/sys/bus/pci/devices" "$card" "$work/dkms" "$work/modules" "$tree$work"
	echo 0x030000 >"$card/class"
	echo 0x10de >"$card/vendor"
	echo 0x1e84 >"$card/device"
	ln -s ../../../devices/pci0000:00/0000:00:02.0 "$tree/sys/bus/pci/devices/"
	echo "$version" >"$tree/sys/module/nvidia/version"
	for service in nvidia-vgpud nvidia-vgpu-mgr; do echo '[Service]' >"$tree/usr/lib/systemd/system/$service.service"; done
	cp "$build/libgpushift-unlock.so" "$tree/usr/local/lib/gpushift/"
	cp -r "$here/driver" "$tree/usr/src/nvidia-$version"
	# By the same path within the tree, where it is looked for, and for the compiler.
	cp -r "$here/hooks" "$work/hooks"
	cp -r "$here/hooks" "$tree$work/hooks"
}

make_tree
snapshot >"$work/before"
check "the hooks are added" gpushift unlock install --hooks "$work/hooks"
check "DKMS builds the driver with them" built hooked
check "they are in it" is_hooked hooked
check "they are taken away" gpushift unlock remove
check "every byte of the source is as it was" diff "$work/before" <(snapshot)
check "DKMS builds it as it was" built after
check "they are no longer in it" is_plain after

finish
