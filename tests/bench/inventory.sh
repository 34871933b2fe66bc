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

# Makes the floor as large as the dump of all functions, or as /proc.
set_floor() # dump|proc
{
	local parameter
	for parameter in $(gpushift-bench floor-parameters "$1"); do
		echo "${parameter#*=}" >"$FLOOR/${parameter%%=*}"
	done
	note "floor of $1: $(cat "$FLOOR/messages") messages of attributes of $(cat "$FLOOR/sizes") bytes"
}

value_of() { sed -n "s/^value $1 //p" /tmp/values | tail -n 1; }

enable_vfs
check "$FUNCTIONS_WANTED functions or more" enough_functions
check "module and sysfs tell the same facts" same_facts
note "facts: $(wc -l </tmp/facts.sysfs)"

# As the product reads it, so with every message parsed.
measure dump dump gpushift all parsed 31
set_floor dump
measure dump floor-dump gpushift-floor scope parsed 31
measure sysfs 7
# Nobody parses the text here, so nobody parses the messages of its floor.
measure read proc /proc/gpushift 31
measure dump scope gpushift scope parsed 31
set_floor proc
measure dump floor-proc gpushift-floor scope received 31
measure exec true 5 true
measure exec version 5 gpushift --version
measure exec list 7 gpushift list
measure exec list-all 3 gpushift list --all
measure exec groups 3 gpushift groups
measure exec lspci 5 lspci -nnk
# Once, with all its lspci it takes as long as everything else together.
measure exec group-script 1 bash /tests/group-script.sh

# A figure means nothing when the floor is another dump than the one it stands for.
same() # NAME NAME
{
	[[ -n $(value_of "$1") && $(value_of "$1") == "$(value_of "$2")" ]]
}

# A smaller floor is a harder one.
as_large() # FLOOR REAL
{
	local floor real
	floor=$(value_of "$1-bytes") real=$(value_of "$2-bytes")
	((floor <= real && 100 * floor >= 99 * real))
}

same_functions()
{
	local functions
	read -r _ _ _ _ _ functions </proc/gpushift
	[[ $functions == "$(value_of scope-messages)" ]]
}

check "the floor of the dump has as many messages" same floor-dump-messages dump-messages
check "the floor of the dump has as many attributes" same floor-dump-attributes dump-attributes
check "the floor of the dump is as large as it" as_large floor-dump dump
check "/proc shows as many functions as a dump" same_functions
check "the floor of /proc has as many messages as it has functions" same floor-proc-messages scope-messages
check "the floor of /proc has as many attributes as a dump" same floor-proc-attributes scope-attributes
check "the floor of /proc is as large as it" as_large floor-proc proc
check "sysfs is read for as many functions" same sysfs-functions dump-messages
check "the group script names as many functions" test "$(grep -c '^IOMMU Group' /tmp/bench.out)" = "$(value_of dump-messages)"
from_module() { [[ $(gpushift --json list | jq -r .source) == kmod ]]; }
check "the list comes from the module" from_module
check "the list names every display" test "$(gpushift list | grep -c '^[0-9a-f:.]* ')" -ge "$(find_class 03 | wc -l)"
