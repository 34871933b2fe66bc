# shellcheck shell=bash
# Figures of reading the host: many functions, one CPU with counted instructions.
# topology: many
# modules: gpushift_test_floor
# deadline: 900
FLOOR=/sys/module/gpushift_test_floor/parameters
FUNCTIONS_WANTED=200

measure()
{
	local values
	values=$(gpushift-bench "$@") || record "not ok" "measuring $* - exit $?"
	echo "$values" | tee -a /tmp/values >"$RESULTS"
}

enable_vfs()
{
	local device groups
	for device in $(pci_devices); do
		[[ -f $PCI/$device/sriov_totalvfs && $(<"$PCI/$device/sriov_numvfs") == 0 ]] || continue
		echo 0 >"$PCI/$device/sriov_drivers_autoprobe"
		cat "$PCI/$device/sriov_totalvfs" >"$PCI/$device/sriov_numvfs"
	done
	groups=(/sys/kernel/iommu_groups/*)
	note "functions: $(pci_devices | wc -l), groups: ${#groups[@]}, displays: $(find_class 03 | wc -l)"
}

enough_functions() { (($(pci_devices | wc -l) >= FUNCTIONS_WANTED)); }

# The same facts, for the same functions, or the comparison is of different things.
same_facts()
{
	gpushift-bench facts module >/tmp/facts.module && gpushift-bench facts sysfs >/tmp/facts.sysfs &&
		diff /tmp/facts.module /tmp/facts.sysfs && [[ $(wc -l </tmp/facts.sysfs) -gt $((10 * FUNCTIONS_WANTED)) ]]
}

set_floor_dump()
{
	local parameter
	for parameter in $(gpushift-bench floor-parameters); do
		echo "${parameter#*=}" >"$FLOOR/${parameter%%=*}"
	done
	note "floor: $(cat "$FLOOR/messages") messages of attributes of $(cat "$FLOOR/sizes") bytes"
}

set_floor_proc()
{
	local functions bytes
	read -r _ _ _ _ _ functions </proc/gpushift
	bytes=$(wc -c </proc/gpushift)
	echo "$functions" >"$FLOOR/messages"
	echo $((bytes / functions)) >"$FLOOR/text"
}

# A smaller floor is a harder one; it is smaller by less than the rounding of one message.
same_size() # WHAT REAL FLOOR SLACK
{
	check "the floor of the $1 is as large as it" test "$3" -le "$2" -a "$(($2 - $3))" -lt "$4"
}

value_of() { sed -n "s/^value $1 //p" /tmp/values | tail -n 1; }

enable_vfs
check "$FUNCTIONS_WANTED functions or more" enough_functions
check "module and sysfs tell the same facts" same_facts
note "facts: $(wc -l </tmp/facts.sysfs)"

set_floor_dump
measure dump 31
measure sysfs 7
set_floor_proc
measure read proc /proc/gpushift 15
measure read floor-proc /proc/gpushift-floor 15
measure exec true 5 true
measure exec version 5 gpushift --version
measure exec list 7 gpushift list
measure exec list-all 3 gpushift list --all
measure exec groups 3 gpushift groups
measure exec lspci 5 lspci -nnk
# Once, with all its lspci it takes as long as everything else together.
measure exec group-script 1 bash /tests/group-script.sh

same_count() { [[ $(value_of floor-dump-messages) == "$(value_of dump-messages)" ]]; }
same_functions() { [[ $(value_of sysfs-functions) == "$(value_of dump-messages)" ]]; }
check "the floor of the dump has as many messages" same_count
check "sysfs is read for as many functions" same_functions
same_size dump "$(value_of dump-bytes)" "$(value_of floor-dump-bytes)" $((4 * $(value_of dump-messages) + 1))
same_size "/proc file" "$(value_of proc-bytes)" "$(value_of floor-proc-bytes)" "$(cat "$FLOOR/messages")"
check "the group script names as many functions" test "$(grep -c '^IOMMU Group' /tmp/bench.out)" = "$(value_of dump-messages)"
from_module() { [[ $(gpushift --json list | jq -r .source) == kmod ]]; }
check "the list comes from the module" from_module
check "the list names every display" test "$(gpushift list | grep -c '^[0-9a-f:.]* ')" -ge "$(find_class 03 | wc -l)"
