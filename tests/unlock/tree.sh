# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the tests of `gpushift unlock`: what they expect of it, and trees that look like hosts with NVIDIA's driver.
# It sets $build, $work and $tree.

build=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")
# In memory, where there is room: it waits for the disk a thousand times.
work=$(mktemp -d "${TMPDIR:-$([[ -w /dev/shm ]] && echo /dev/shm || echo /tmp)}/gpushift-unlock-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

make_tree()
{
	rm -rf "$tree"
	mkdir -p "$tree"/{sys/bus/pci/devices,proc,dev,run,var/lib,etc/vgpu_unlock,usr/share/nvidia/vgpu,sys/module/nvidia}
	echo 535.129.03 >"$tree/sys/module/nvidia/version"
	# A card of 8 GiB, and one type in each way to write it.
	cat >"$tree/usr/share/nvidia/vgpu/vgpuConfig.xml" <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<vgpuconfig>
	  <version>1</version>
	  <vgpuType id="46" name="GRID P40-1Q" class="Quadro">
	    <devId vendorId="0x10de" deviceId="0x1b38" subsystemVendorId="0x10de" subsystemId="0x11e8"></devId>
	    <display width="5120" height="2880"></display>
	    <maxPixels>0x1fa4000</maxPixels>
	    <framebuffer>0x38000000</framebuffer>
	    <fbReservation>0x8000000</fbReservation>
	  </vgpuType>
	  <vgpuType id="49" name="GRID P40-4Q" class="Quadro">
	    <display><width>7680</width><height>4320</height></display>
	    <framebuffer>0xec000000</framebuffer>
	    <fbReservation>0x14000000</fbReservation>
	  </vgpuType>
	  <pgpu>
	    <devId vendorId="0x10de" deviceId="0x1b38" subsystemVendorId="0x10de" subsystemId="0x0"/>
	    <supportedVgpu vgpuId="46"><maxVgpus>8</maxVgpus></supportedVgpu>
	    <supportedVgpu vgpuId="49"><maxVgpus>2</maxVgpus></supportedVgpu>
	  </pgpu>
	</vgpuconfig>
	END
}

card() # ADDRESS DEVICE
{
	local folder=$tree/sys/devices/pci0000:00/$1
	mkdir -p "$folder"
	echo 0x030000 >"$folder/class"
	echo 0x10de >"$folder/vendor"
	echo "0x$2" >"$folder/device"
	echo "(null)" >"$folder/driver_override"
	ln -sfn "../../../devices/pci0000:00/$1" "$tree/sys/bus/pci/devices/$1"
}

# What the vGPU host driver leaves behind, as far as an installation looks at it.
make_driver() # VERSION
{
	local source=$tree/usr/src/nvidia-$1/nvidia service
	echo "$1" >"$tree/sys/module/nvidia/version"
	mkdir -p "$source" "$tree"/{usr/lib/systemd/system,usr/bin,usr/local/lib/gpushift,opt/vgpu_unlock}
	for service in nvidia-vgpud nvidia-vgpu-mgr; do
		printf '[Service]\nType=forking\nExecStart=/usr/bin/%s\n' "$service" >"$tree/usr/lib/systemd/system/$service.service"
	done
	printf '#!/bin/sh\n' >"$tree/usr/bin/nvidia-smi"
	cp "$build/libgpushift-unlock.so" "$tree/usr/local/lib/gpushift/"
	echo "PACKAGE_NAME=nvidia" >"${source%/*}/dkms.conf"
	printf '#define  __NO_VERSION__\n\n#include "os-interface.h"\n#include "nv-linux.h"\n\n#include "nv-time.h"\n#if defined(X)\n#include <linux/x.h>\n#endif\n\nextern int x;\n' >"$source/os-interface.c"
	# Without a newline at its end.
	printf 'NVIDIA_OBJECTS =\nccflags-y += -Wall' >"$source/nvidia.Kbuild"
	chmod 640 "$source/nvidia.Kbuild"
	echo '/* hooks */' >"$tree/opt/vgpu_unlock/vgpu_unlock_hooks.c"
	echo 'SECTIONS {}' >"$tree/opt/vgpu_unlock/kern.ld"
}

# Every file with its mode, owner and bytes, but for what gpushift keeps for itself.
snapshot()
{
	(
		cd "$tree" || exit
		find . -path ./var/lib/gpushift -prune -o \( -type f -printf '%p %m %U %G\n' -o -type l -print \) | sort
		find . -path ./var/lib/gpushift -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
	)
}

unchanged() # WHAT SNAPSHOT
{
	snapshot >"$work/now"
	verdict "$1" "$(diff "$2" "$work/now" >"$work/out" 2>&1 || echo "the tree differs")"
}

file_is() # PATH EXPECTED-TEXT
{
	verdict "$1" "$(diff <(printf '%b' "$2") "$tree/$1" >"$work/out" 2>&1 || echo "is not as it should be")"
}

