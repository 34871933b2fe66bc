#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `gpushift unlock install` and `remove` on generated trees, killed in each call that changes a file, and where such calls fail.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=tree.sh
. "$(dirname "$0")/tree.sh"

gpushift() { "$build/gpushift" --root "$tree" "$@"; }
install_all() { gpushift unlock install --hooks /opt/vgpu_unlock --nvidia-smi; }

# killed_at CALL N COMMAND...: was it killed in its Nth system call of this kind?
killed_at()
{
	local status=0
	# In a shell of its own, which would otherwise tell of each.
	(
		strace -f -qq -o "$work/strace" -e "trace=$1" -e "inject=$1:signal=SIGKILL:when=$2" \
			"$build/gpushift" --root "$tree" "${@:3}"
		exit $?
	) >/dev/null 2>&1 || status=$?
	((status == 137))
}

# Each call that changes a file is the last one once, of an installation and of a removal. KILL_AT says which calls.
killed_anywhere()
{
	local call n kills=0 bad=""
	snapshot >"$work/before"
	for call in ${KILL_AT:-mkdirat write renameat}; do
		for ((n = 1; n < 200; n++)); do
			killed_at "$call" "$n" unlock install --hooks /opt/vgpu_unlock --nvidia-smi || break
			kills=$((kills + 1))
			# Half of them go on, the others go back.
			if ((n % 2)); then
				install_all >"$work/out" 2>&1 || bad+=" install after $call $n;"
				gpushift unlock status >"$work/out" 2>&1 || bad+=" status after $call $n;"
			fi
			gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" remove after $call $n;"
			snapshot | diff "$work/before" - >"$work/out" 2>&1 || bad+=" tree after $call $n;"
		done
		gpushift unlock remove >/dev/null 2>&1
	done
	for call in ${KILL_AT:-renameat unlinkat}; do
		for ((n = 1; n < 200; n++)); do
			install_all >"$work/out" 2>&1
			killed_at "$call" "$n" unlock remove || break
			kills=$((kills + 1))
			gpushift unlock remove >"$work/out" 2>"$work/err" || bad+=" remove after remove $call $n;"
			snapshot | diff "$work/before" - >"$work/out" 2>&1 || bad+=" tree after remove $call $n;"
		done
	done
	((kills > 40)) || bad+=" only $kills kills"
	verdict "killed in each of $kills calls, every byte comes back" "$bad"
}

# fails_at CALL N ARGUMENT...: the exit status where its Nth system call of this kind fails
fails_at()
{
	strace -f -qq -o "$work/strace" -e "trace=$1" -e "inject=$1:error=ENOSPC:when=$2" \
		"$build/gpushift" --root "$tree" "${@:3}" >"$work/out" 2>"$work/err"
}

as_it_was()
{
	rm -r "$tree"
	cp -a "$work/base" "$tree"
}

# fails_anywhere WHAT STATUS-FILTER INSTALL-OPTION...: of what there was, all is as it was; an error that does not matter is none
fails_anywhere()
{
	local what=$1 filter=$2 call n status failures=0 bad=""
	shift 2
	snapshot >"$work/before"
	cp -a "$tree" "$work/base"
	for call in renameat fsync; do
		for ((n = 1; n < 200; n++)); do
			status=0
			fails_at "$call" "$n" unlock install "$@" || status=$?
			grep -q INJECTED "$work/strace" || { as_it_was; break; }
			[[ $status != 0 ]] || continue
			failures=$((failures + 1))
			[[ $status == 1 ]] || bad+=" exit $status after $call $n;"
			snapshot | diff "$work/before" - >"$work/out" || bad+=" tree after $call $n;"
			gpushift unlock status --json | jq -e "$filter" >"$work/err" || bad+=" status after $call $n;"
		done
		[[ -z $bad ]] || break
	done
	as_it_was
	rm -r "$work/base"
	((failures > 10)) || bad+=" only $failures failures"
	verdict "$what: an installation that fails in one of $failures calls is taken back" "$bad"
}

failures()
{
	fails_anywhere "nothing is installed" '(.installed | not) and .redo == null' --hooks /opt/vgpu_unlock --nvidia-smi
	mkdir "$tree/opt/other"
	cp "$tree"/opt/vgpu_unlock/* "$tree/opt/other"
	gpushift unlock remove >"$work/out" 2>&1
	gpushift unlock install --hooks /opt/other >"$work/out" 2>&1
	fails_anywhere "with other hooks" '.hooks == "/opt/other" and .redo == null and (.files | length == 4)' --hooks /opt/vgpu_unlock --nvidia-smi
	gpushift unlock remove >"$work/out" 2>&1
	rm -r "$tree/opt/other"
}

# stopped_at N COMMAND...: it is in its Nth fsync, and waits in $child for a signal; false: it has ended before
stopped_at()
{
	local n=$1
	shift
	: >"$work/strace"
	strace -q -o "$work/strace" -e trace=fsync -e "inject=fsync:signal=SIGSTOP:when=$n" "$build/gpushift" --root "$tree" "$@" \
		>"$work/out" 2>"$work/err" &
	tracer=$!
	until grep -q 'stopped by SIGSTOP' "$work/strace"; do kill -0 "$tracer" 2>/dev/null || return 1; done
	child=$(pgrep -P "$tracer")
}

# Somebody unpacks another source while this one is read and written: it is not overwritten by one made of the old.
changed_meanwhile()
{
	local source=$tree/usr/src/nvidia-535.154.02/nvidia/os-interface.c verb n stops=0 bad="" tracer child
	for verb in "install --hooks /opt/vgpu_unlock" remove; do
		[[ $verb != remove ]] || install_all >"$work/out" 2>&1
		cp -a "$tree" "$work/base"
		for ((n = 1; n < 60; n++)); do
			# shellcheck disable=SC2086
			stopped_at "$n" unlock $verb || break
			stops=$((stops + 1))
			printf '#include "nv-time.h"\nint newer;\n' >"$source"
			kill -CONT "$child"
			wait "$tracer"
			grep -qx 'int newer;' "$source" || bad+=" $verb $n: it was overwritten;"
			gpushift unlock remove >"$work/out" 2>"$work/err"
			grep -qx 'int newer;' "$source" || bad+=" $verb $n: it is not there after a removal;"
			as_it_was
		done
		as_it_was
		rm -r "$work/base"
	done
	gpushift unlock remove >"$work/out" 2>&1
	((stops > 20)) || bad+=" only $stops stops"
	verdict "changed in any of $stops moments, a source stays what somebody else made of it" "$bad"
}

make_tree
make_driver 535.154.02
card 0000:00:02.0 1e84
failures
changed_meanwhile
killed_anywhere

finish
