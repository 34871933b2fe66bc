#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What libgpushift-unlock.so costs, on this machine itself: `value NAME NANOSECONDS` for tests/bench/run. Nothing of the
# machine is changed; configuration lies in a temporary folder.
#
#   tests/bench/unlock.sh BUILD_FOLDER
#
# Each figure is the median of runs, in which what is compared alternates.
set -euo pipefail
cd "$(dirname "$0")"

build=$(realpath -m "$1")
ROUNDS=${ROUNDS:-9}
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-bench-unlock.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 700 "$work"

build_programs()
{
	mkdir -p "$build"
	make -s -C ../unlock O="$build/unlock" "$build/unlock/libanswer.so" "$build/unlock/userspace/libgpushift-unlock.so" >&2
	# A program of that name is what the library goes by.
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Wl,-rpath,"$build/unlock" -o "$work/nvidia-vgpu-mgr" unlock.c \
		"$build/unlock/libanswer.so" -ldl
}

overrides() # COUNT FILE: of so many types, the last of which is asked for
{
	awk -v count="$1" 'BEGIN {
		for (i = count - 1; i >= 0; i--)
			printf "[profile.nvidia-%d]\nnum_displays = 1\ndisplay_width = 1920\ndisplay_height = 1080\n" \
				"max_pixels = 2073600\nframebuffer = \"2 GiB\"\nframebuffer_reservation = 0x8000000\n" \
				"card_name = \"GRID P40-2Q\"\nadapter_name = \"a card\"\n", 46 + i
	}' >"$2"
}

run() # MODE NAME FILE: adds to what was measured as NAME and NAME-plain
{
	local numbers
	numbers=$(env GPUSHIFT_UNLOCK_DRIVER=580.126.08 GPUSHIFT_UNLOCK_CONFIG_PATH="$work/none" \
		VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH="$3" LD_PRELOAD="$build/unlock/userspace/libgpushift-unlock.so" \
		"$work/nvidia-vgpu-mgr" "$1")
	echo "${numbers% *}" >>"$work/$2"
	echo "${numbers#* }" >>"$work/$2-plain"
}

median() { sort -g "$work/$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

build_programs
overrides 1 "$work/small.toml"
overrides 20000 "$work/large.toml"
# Older than what is read again because it may have been written twice within a tick.
touch -d '1 minute ago' "$work"/*.toml
for ((round = 0; round < ROUNDS; round++)); do
	run device ioctl "$work/large.toml"
	run query query-small "$work/small.toml"
	run query query-large "$work/large.toml"
done
for name in ioctl query-small query-large; do
	echo "value unlock-$name-ns $(median "$name")"
	echo "value unlock-$name-plain-ns $(median "$name-plain")"
done
# 5 % more, or 5 ns.
echo "value unlock-ioctl-allowed-ns $(median ioctl-plain | awk '{ print ($1 * 0.05 > 5) ? $1 * 1.05 : $1 + 5 }')"
