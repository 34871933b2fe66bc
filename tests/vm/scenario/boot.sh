# The emulated host itself: groups and drivers are there, and a card and mdevs go to a guest by sysfs alone.
# topology: cards
# modules: vfio-pci mdev vfio_iommu_type1
# nested: yes
# deadline: 300

# A display alone in its group, with a driver.
lone_card()
{
	local device
	for device in $(find_class 03); do
		[[ $(members_of "$device" | wc -l) == 1 && $(driver_of "$device") != - ]] && { echo "$device"; return 0; }
	done
	return 1
}

shared_group()
{
	local device
	for device in $(find_class 03); do
		(($(members_of "$device" | wc -l) > 1)) && return 0
	done
	return 1
}

card=$(lone_card)
check "a card is alone in its group, with its driver" test -n "$card"
check "a card shares its group" shared_group
check "drivers of other classes are bound" test "$(pci-state | grep -cE 'driver=(snd_hda_intel|e1000|nvme|xhci_hcd) ')" -ge 4
driver=$(driver_of "$card")

snapshot_sysfs
check "the card goes to vfio-pci" bind_override "$card" vfio-pci
expect_match "vendor=$(pci-state "$card" vendor)" "VFIO opens it" vfio-probe "$card"
expect_match "reset=(function|hot)" "VFIO resets it" vfio-probe --reset "$card"
check "a guest sees it" guest_has "$(id_of "$card")" pci "$card"

check "a holder holds it" hold_device one "$card"
check_fails "nobody else gets it then" vfio-probe "$card"
check "the holder lets go" release_device one
check_fails "an unprivileged process does not get it" as_user vfio-probe "$card"
check "the card goes back" release_override "$card"
check "its driver is bound again" wait_for 10 is_driver "$card" "$driver"
assert_unchanged "nothing else has changed"

number=0
for sample in mtty/mtty-1/4348:3253 mdpy/mdpy-vga/1b36:000f mbochs/mbochs-small/1234:1111; do
	IFS=/ read -r name type id <<<"$sample"
	number=$((number + 1))
	uuid=$(printf '00000000-0000-4000-8000-%012x' "$number")
	check "$name makes an mdev" create_mdev "/sys/class/mdev_bus/$name" "$type" "$uuid"
	expect_match "vendor=${id%:*}" "VFIO opens it" vfio-probe "$uuid"
	[[ $name == mbochs ]] || check "a guest sees it" guest_has "$id" mdev "$uuid"
	check "it is removed" remove_mdev "$uuid"
done
