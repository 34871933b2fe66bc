# shellcheck shell=bash
# Figures of a switch: one CPU with counted instructions, all state in memory.
# topology: demo
# modules: vfio-pci
# deadline: 900
. /tests/cards.sh
TRACING=/sys/kernel/tracing
ROUNDS=5

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
driver=$(driver_of "$card")

median() { sort -n | sed -n "$((ROUNDS / 2 + 1))p"; }

# One time, of the command that is measured; it is undone before the next.
time_once() # COMMAND...
{
	gpushift-bench exec once 1 "$@" | sed -n 's/^value once-ns //p'
}

by_gpushift()
{
	time_once gpushift --direct --quiet set "$card" passthrough
	gpushift --direct --quiet set "$card" host >/dev/null
}

by_script()
{
	time_once bash /tests/bind-script.sh "$card"
	release_override "$card"
	make_vgpu_host "$card"
}

repeat() # COMMAND
{
	local round
	for ((round = 0; round < ROUNDS; round++)); do "$1"; done
}

# What a power cut could cost time for.
count_syncs() # COMMAND...
{
	local call
	for call in fsync fdatasync syncfs sync; do echo 1 >"$TRACING/events/syscalls/sys_enter_$call/enable"; done
	: >"$TRACING/trace"
	"$@" >/dev/null
	grep -c 'sys_.*sync' "$TRACING/trace"
	for call in fsync fdatasync syncfs sync; do echo 0 >"$TRACING/events/syscalls/sys_enter_$call/enable"; done
}

value set-ns "$(repeat by_gpushift | median)"
expect_output "$driver" "gpushift brings it back" driver_of "$card"
value bind-script-ns "$(repeat by_script | median)"
expect_output "$driver" "it is back after the script" driver_of "$card"
# Folders that there are from the first time on.
gpushift --direct --quiet set "$card" vgpu --profile nvidia-46 >/dev/null
gpushift --direct --quiet set "$card" host >/dev/null
mount -t tracefs trace "$TRACING" 2>/dev/null
check "calls can be counted" test -d "$TRACING/events/syscalls/sys_enter_fsync"
syncs=$(count_syncs gpushift --direct --quiet set "$card" passthrough)
check "a switch makes its journal last" test "$syncs" -ge 1
value syncs-ns "$syncs"
syncs=$(count_syncs gpushift --direct --quiet set "$card" vgpu --profile nvidia-46 --count 4)
check "so does one to four vGPUs" test "$syncs" -ge 1
value syncs-vgpu-ns "$syncs"
value one-ns 1
expect_exit 0 "and back" gpushift --direct --quiet set "$card" host
