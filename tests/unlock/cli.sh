#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `gpushift unlock ...` on generated trees: what it says, its exit statuses, JSON, and every byte that it changes.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

build=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-unlock-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
overrides=$tree/etc/vgpu_unlock/profile_override.toml
config=$tree/etc/vgpu_unlock/config.toml
passed=0 failed=0

gpushift() { "$build/gpushift" --root "$tree" "$@"; }

verdict() # WHAT PROBLEM: no problem is a pass
{
	if [[ -z $2 ]]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $1"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - $1: $2"
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

# expect STATUS PATTERN ARGUMENT...: the exit status, and what stdout or stderr must match
expect()
{
	local status=$1 pattern=$2 got=0 problem=
	shift 2
	gpushift "$@" >"$work/out" 2>"$work/err" || got=$?
	((got == status)) || problem="exit $got, not $status"
	cat "$work/out" "$work/err" | grep -qE -- "$pattern" || problem+=" no match for '$pattern'"
	verdict "gpushift $* ($pattern)" "$problem"
}

# expect_json STATUS FILTER ARGUMENT...: exactly one document, for which the jq filter is true
expect_json()
{
	local status=$1 filter=$2 got=0 problem=
	shift 2
	gpushift "$@" --json >"$work/out" 2>"$work/err" || got=$?
	((got == status)) || problem="exit $got, not $status"
	jq -se "length == 1 and (.[0] | .schema == 1 and ($filter))" "$work/out" >/dev/null 2>&1 || problem+=" not: $filter"
	verdict "gpushift $* --json" "$problem"
}

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
		and (.findings[0] | .line == 2 and .severity == "note" and .file == .file)' unlock check
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
	rm "$overrides"
	mkfifo "$overrides"
	expect 1 'cannot read' unlock check
	rm "$overrides"
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

make_tree
good_files
wrong_files
untrusted_files
other_files

echo "1..$((passed + failed))"
((failed == 0))
