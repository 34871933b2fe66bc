# Functions come and go (QEMU's hotplug, virtual functions) while everybody dumps, and a listener is told of each.
# Argument: how often (15).
# topology: hotplug
# modules: pci-stub
# qmp: yes
# deadline: 900
# shellcheck shell=bash
count=${SCENARIO_ARGS[0]:-15}
slots=/sys/bus/pci/slots

function_in() { echo "$(cat "$slots/$1/address").0"; }
is_there() { [[ -d $PCI/$(function_in "$1") ]]; }
is_gone() { ! is_there "$1"; }

come_and_go() # SLOT
{
	# QEMU refuses while the slot still blinks.
	wait_for 60 qmp device_add "{\"driver\": \"secondary-vga\", \"id\": \"card$1\", \"bus\": \"empty$1\"}" ||
		{ echo "QEMU does not add to slot $1"; return 1; }
	wait_for 60 is_there "$1" || { echo "nothing came to slot $1"; return 1; }
	wait_for 60 qmp device_del "{\"id\": \"card$1\"}" || { echo "QEMU does not remove from slot $1"; return 1; }
	# After the button is pressed the slot blinks for five seconds, for a person to press it again; this is at once. It is
	# refused when the five seconds are over.
	echo 0 >"$slots/$1/power" 2>/dev/null
	wait_for 60 is_gone "$1" || { echo "slot $1 still has it"; return 1; }
}

virtual_functions() { echo 4 >"$PCI/$1/sriov_numvfs" && echo 0 >"$PCI/$1/sriov_numvfs"; }

# The kernel's pciehp takes its own two locks in both orders when a function comes, and lockdep stops at that: there is
# nothing of ours in that report, and until then lockdep has watched.
report_of_pciehp()
{
	local report
	report=$(dmesg | sed -n '/possible circular locking/,/<\/TASK>/p')
	[[ $report == *'ctrl->reset_lock'*pciehp_configure_device* && $report != *'[gpushift'* ]]
}

told() # EVENT ADDRESS-PATTERN
{
	grep -cE "^event [0-9]+ $1 $2 " /tmp/load.listen
}

qmp_open
check "QEMU answers" qmp query-status
check_fails "and refuses what does not exist" qmp device_del '{"id": "nothing"}'
disk=$(find_class 0108 | head -n 1)
echo 0 >"$PCI/$disk/sriov_drivers_autoprobe"
pci_devices >/tmp/devices.before

loads=()
start_load() # NAME COMMAND...
{
	"${@:2}" >"/tmp/load.$1" 2>&1 &
	loads+=("$1:$!")
}
start_load listen genl-load listen
start_load dump genl-load dump
start_load dump-as-user "${AS_USER[@]}" genl-load dump
start_load proc genl-load proc
wait_for 20 grep -q listening /tmp/load.listen

failed=""
for ((i = 0; i < count && ${#failed} == 0; i++)); do
	failed+=$(virtual_functions "$disk" 2>&1)
done
! is_debug_kernel || check "lockdep watched virtual functions" lockdep_watches
for ((i = 0; i < count && ${#failed} == 0; i++)); do
	for slot in 1 2; do
		failed+=$(come_and_go "$slot" 2>&1)
	done
done
if is_debug_kernel && ! lockdep_watches && report_of_pciehp; then
	touch /tmp/lockdep.used
	expect_kernel_log 'possible circular locking dependency'
	expect_kernel_log 'Call Trace'
	note "lockdep stopped at a report of pciehp's own locks"
fi
expect_output "" "$count times two displays and four virtual functions came and went" echo "$failed"
# The last event, so that the listener is known to have read all before it.
check "the last event" bind_override "$disk" pci-stub
check "is told" wait_for 30 bash -c "grep -q 'bound $disk pci-stub' /tmp/load.listen"
for load in "${loads[@]}"; do
	kill "${load##*:}"
	wait "${load##*:}"
	status=$?
	expect_output "exit 0" "${load%:*}: nothing went wrong" bash -c "grep -h wrong: /tmp/load.${load%:*}; echo exit $status"
	note "$(tail -n 1 "/tmp/load.${load%:*}")"
done
for slot in 1 2; do
	expect_output "$count $count" "slot $slot: each coming and going was told" \
		echo "$(told added "$(function_in $slot)") $(told removed "$(function_in $slot)")"
done
virtual="${disk%.*}\.[1-4]"
expect_output "$((4 * count)) $((4 * count))" "virtual functions: each coming and going was told" \
	echo "$(told added "$virtual") $(told removed "$virtual")"
check "no number was left out" grep -q ' gaps 0 ' /tmp/load.listen
for name in dump dump-as-user proc; do
	check "$name: some were read to the end" grep -qE 'complete [1-9]' "/tmp/load.$name"
done
check "the host is as it was before" diff /tmp/devices.before <(pci_devices)
