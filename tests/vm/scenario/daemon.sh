# The daemon on a real system bus: what it shows is what `list` shows, events change it, and everybody may read.
# modules: vfio-pci
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

# `list` as the bus says it. Who uses a card is no property: what is in the way by users is left out on both sides.
listed() # CARD
{
	gpushift list --json | jq -S --arg card "$1" '.cards[] | select(.address == $card) | {
		Address: .address, Name: .name, VendorId: .vendor_id, DeviceId: .device_id, Class: .class, Mode: .mode,
		Reason: (.reason // ""), Driver: (.driver // ""), IommuGroup: (.iommu_group // -1),
		GroupMembers: .group_members, ResetMethods: .reset_methods,
		BootVga: (if .boot_vga == null then "unknown" elif .boot_vga then "yes" else "no" end),
		Isolation: (.isolation // {} | [.address // "", .name // "", .cause // "", .missing // []]),
		Functions: [.functions[] | [.address, .class, .driver // "", .iommu_group // -1]],
		Vgpus: [.vgpus[] | [.uuid // .address, .parent, .type // "", .backend, .owner]],
		Modes: (.modes | map_values([.blockers[].code | select(. != "in-use")]))}'
}

shown() # CARD
{
	gpu_call "$1" org.freedesktop.DBus.Properties GetAll s org.gpushift1.Gpu |
		jq -S '.data[0] | map_values(.data) | .Modes |= map_values([.[1][] | select(. != "in-use")])'
}

same_cards() # WHEN
{
	local card
	for card in $(cards); do
		check "$card is shown as it is listed, $1" diff <(listed "$card") <(shown "$card")
	done
}

card=$(free_card)
driver=$(driver_of "$card")
check "the bus starts" start_bus
check "the daemon starts and is ready" start_daemon
expect_output "$(cards | sort)" "an object a card" paths
expect_output "$(gpushift --version | cut -d' ' -f2)" "it says its version" manager_property Version
expect_output kmod "the module tells it" manager_property Source
same_cards "with the module"

# --- events -----------------------------------------------------------------------------------------------------------

check "signals are listened to" start_listening
snapshot_sysfs
bind_override "$card" vfio-pci
check "binding it is signalled" wait_for 10 signalled "$card" Driver vfio-pci
check "and its mode" wait_for 10 signalled "$card" Mode passthrough
expect_output vfio-pci "the driver is shown" gpu_property "$card" Driver
release_override "$card"
check "so is the way back" wait_for 10 signalled "$card" Driver "$driver"
check "it is shown as it is listed" diff <(listed "$card") <(shown "$card")
assert_unchanged "all is as before"
check "a card is taken away" eval "echo 1 >$PCI/$card/remove"
check "its object goes" wait_for 10 grep -q "InterfacesRemoved" /tmp/signals
check_fails "for good" busctl get-property org.gpushift1 "$(path_of "$card")" org.gpushift1.Gpu Driver
check "it is found again" eval "echo 1 >/sys/bus/pci/rescan"
check "its object comes back" wait_for 10 grep -q "InterfacesAdded" /tmp/signals
wait_for 10 is_driver "$card" "$driver"
check "with its driver" wait_for 10 has_property "$card" Driver "$driver"

# --- questions --------------------------------------------------------------------------------------------------------

plan_of() { gpu_call "$1" org.gpushift1.Gpu Plan 'sa{sv}' "$2" "${@:3}" | jq -r '.data[0]' | jq -S .; }
expect_output "$(gpushift plan "$card" passthrough --json | jq -S .)" "Plan is that of the command" plan_of "$card" passthrough 0
expect_match "there is no mode" "a mode that there is not" gpu_error "$card" Plan 'sa{sv}' fast 0
expect_match "there is no option" "an option that there is not" gpu_error "$card" Plan 'sa{sv}' host 1 speed u 3
expect_match "the option 'force' has the type b" "an option of a wrong type" gpu_error "$card" Plan 'sa{sv}' host 1 force s yes
expect_match "Unknown object" "a card that there is not" gpu_error ffff:ff:1f.7 GetHolders

holders_of() # CARD [PREFIX]
{
	"${@:2}" busctl --json=short call org.gpushift1 "$(path_of "$1")" org.gpushift1.Gpu GetHolders | jq -r '.data[0]'
}
bind_override "$card" vfio-pci
check "a guest has it" hold_device guest "$card"
expect_output vfio-probe "root sees who" eval "holders_of $card | jq -r '.holders[].name' | sort -u"
expect_output "[] 1" "a plain user sees how many" eval "holders_of $card as_user | jq -c '.holders, ([.counts[]] | add)' | tr '\n' ' ' | sed 's/ $//'"
release_device guest
release_override "$card"

expect_match "only root" "a plain user may not reload" as_user busctl call org.gpushift1 /org/gpushift1 org.gpushift1.Manager Reload
expect_output "s \"$card\"" "he may read" as_user busctl get-property org.gpushift1 "$(path_of "$card")" org.gpushift1.Gpu Address
check "root may reload" busctl call org.gpushift1 /org/gpushift1 org.gpushift1.Manager Reload
check "all is shown as it is listed" diff <(listed "$card") <(shown "$card")

# --- without the module, and the end ----------------------------------------------------------------------------------

says_source() { [[ $(manager_property Source) == "$1" ]]; }
check "the module goes" rmmod gpushift
check "sysfs takes its place" wait_for 10 says_source sysfs
bind_override "$card" vfio-pci
check "uevents tell it of a driver" wait_for 10 has_property "$card" Mode passthrough
release_override "$card"
check "and of the way back" wait_for 10 has_property "$card" Driver "$driver"
check "the module comes" modprobe gpushift
check "and is asked from then on" wait_for 10 says_source kmod
bind_override "$card" vfio-pci
check "its events are told" wait_for 10 has_property "$card" Mode passthrough
release_override "$card"
check "and the way back" wait_for 10 has_property "$card" Driver "$driver"
check "it stops" stop_daemon
check "the module goes again" rmmod gpushift
check "it starts without it" start_daemon
expect_output sysfs "from sysfs" manager_property Source
check "it stops again" stop_daemon
