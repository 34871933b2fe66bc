# The emulated host itself: groups and drivers are there, and a card and mdevs go to a guest by sysfs alone.
# topology: cards
# modules: vfio-pci mdev vfio_iommu_type1
# nested: yes
# deadline: 400

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
mtty=00000000-0000-4000-8000-000000000001 mdpy=00000000-0000-4000-8000-000000000002 mbochs=00000000-0000-4000-8000-000000000003
check "mtty makes an mdev" create_mdev /sys/class/mdev_bus/mtty mtty-1 "$mtty"
check "mdpy makes an mdev" create_mdev /sys/class/mdev_bus/mdpy mdpy-vga "$mdpy"
check "mbochs makes an mdev" create_mdev /sys/class/mdev_bus/mbochs mbochs-small "$mbochs"
expect_match vendor=4348 "VFIO opens mtty's" vfio-probe "$mtty"
expect_match vendor=1b36 "VFIO opens mdpy's" vfio-probe "$mdpy"
expect_match vendor=1234 "VFIO opens mbochs'" vfio-probe "$mbochs"

check "the card goes to vfio-pci" bind_override "$card" vfio-pci
expect_match "vendor=$(pci-state "$card" vendor)" "VFIO opens it" vfio-probe "$card"
expect_match "reset=(function|hot)" "VFIO resets it" vfio-probe --reset "$card"

guest_sees pci "$card" mdev "$mtty" mdev "$mdpy" >/tmp/seen || cat /tmp/seen
check "a guest sees the card" grep -qxF "$(id_of "$card")" /tmp/seen
check "it sees mtty's" grep -qxF 4348:3253 /tmp/seen
check "it sees mdpy's" grep -qxF 1b36:000f /tmp/seen

check "a holder holds the card" hold_device one "$card"
check_fails "nobody else gets it then" vfio-probe "$card"
check "the holder lets go" release_device one
check_fails "an unprivileged process does not get it" as_user vfio-probe "$card"
check "the card goes back" release_override "$card"
check "its driver is bound again" wait_for 10 is_driver "$card" "$driver"
for uuid in "$mtty" "$mdpy" "$mbochs"; do
	check "an mdev is removed" remove_mdev "$uuid"
done
assert_unchanged "nothing else has changed"
