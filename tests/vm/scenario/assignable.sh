# A firmware that does not remap interrupts and keeps memory for a device: refused before a write, and VFIO agrees.
# topology: firmware
# shellcheck shell=bash
. /tests/cards.sh

PARAMETER=/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts

outcome() # ARGUMENT...: the exit status, and the codes of what refuses it
{
	local document status
	document=$(gpushift "$@" --json 2>/dev/null)
	status=$?
	jq -r --arg status "$status" '[$status, .refused[].code] | join(" ")' <<<"$document"
}

held=$(foreign_card)
card=$(cards | grep -v "$held")
mapfile -t options < <(wanted_options "$held")

snapshot_sysfs
expect_output "3 no-interrupt-remapping" "no interrupt remapping, not even by force" outcome set "$card" passthrough --force
expect_match 'echo Y > /sys/module/vfio_iommu_type1' "a fix is named" gpushift plan "$card" passthrough
assert_unchanged "nothing was touched"

# What the interrupts look like is not known: VFIO says it.
mount --bind /dev/null /proc/interrupts
expect_output "0" "nothing is known before" outcome plan "$card" passthrough
expect_output "1 no-interrupt-remapping" "VFIO does not take the group, for the same reason" outcome set "$card" passthrough
expect_match 'fix: .*allow_unsafe_interrupts' "with the same fix" gpushift set "$card" passthrough
assert_unchanged "the old mode is whole"
umount /proc/interrupts

check "the fix is a command" bash -c "modprobe vfio_iommu_type1 && echo Y > $PARAMETER"
expect_output "0" "after it the card goes" outcome set "$card" passthrough
expect_output "0" "and comes back" outcome set "$card" host

expect_output "3 reserved-region" "memory that the firmware keeps" outcome set "$held" passthrough "${options[@]}"
expect_match '0x00000000000f0000-0x00000000000fffff' "its region is named" gpushift plan "$held" passthrough "${options[@]}"
assert_unchanged "nothing was touched"

regions=/sys/kernel/iommu_groups/$(group_of "$held")/reserved_regions
mount --bind /dev/null "$regions"
expect_output "0" "nothing is known before" outcome plan "$held" passthrough "${options[@]}"
expect_output "1 reserved-region" "VFIO does not take the group, for the same reason" outcome set "$held" passthrough "${options[@]}"
assert_unchanged "the old mode is whole"
umount "$regions"
