# A card split into plain virtual functions: numbers, whose they are, in use, the ways to and from passthrough, and drivers that
# do otherwise than they say.
# deadline: 900
# modules: vfio-pci
# nested: yes
# topology: wide
# shellcheck shell=bash
. /tests/cards.sh

vfs() { gpushift vgpu list --json | jq -r --arg card "$card" '.vgpus[] | select(.parent == $card) | .address'; }
count() { vfs | grep -c .; }
vf() { basename "$(readlink -f "$PCI/$card/virtfn$1")"; }
autoprobe() { cat "$PCI/$card/sriov_drivers_autoprobe"; }
numvfs() { cat "$PCI/$card/sriov_numvfs"; }
owners() { gpushift vgpu list --json | jq -r '.vgpus[].owner' | sort -u; }
alone() { for ((i = 0; i < $1; i++)); do is_driver "$(vf "$i")" - || return; done; }

# Under the IOMMU: behind the port that has the bus numbers for it.
port=$(find_class 0604 | head -n 1)
first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
check "cards that can have VFs" modprobe gpushift_test_bus domain=0 "bus=$first" functions=2 vfs=7
# They send no interrupt that could be remapped.
modprobe vfio_iommu_type1
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
modprobe gpushift_test_vgpu name=i915 split=vf profiles=1
mapfile -t both < <(cards)
card=${both[0]}
check "$card: the stand-in driver takes it" bind_override "$card" i915
# A driver of the host that would take each new VF, as it takes all else with these ids.
name_ids() { echo "1234 6710" >/sys/bus/pci/drivers/i915/new_id; }
check "its ids are known" name_ids
check "${both[1]}: it is taken, too" is_driver "${both[1]}" i915
snapshot_sysfs

expect_exit 2 "vgpu without a number" gpushift set "$card" vgpu
expect_match "it can have 7" "tells how many there can be" gpushift set "$card" vgpu
expect_exit 2 "none" gpushift set "$card" vgpu --count 0
expect_exit 2 "far too many" gpushift set "$card" vgpu --count 1000000000
expect_exit 3 "more than it can have" gpushift set "$card" vgpu --count 8
expect_output no-capacity "says no-capacity" refusals "$card" vgpu --count 8
expect_exit 3 "a profile that is none of its" gpushift set "$card" vgpu --profile nvidia-46
expect_output no-vgpu-types "says no-vgpu-types" refusals "$card" vgpu --profile nvidia-46
expect_exit 2 "a count that belongs to nothing" gpushift set "$card" host --count 2
assert_unchanged "refusals touched nothing"

expect_exit 0 "split into three" gpushift set "$card" vgpu --count 3
expect_output vgpu "the mode is vgpu" mode_of "$card"
expect_output 3 "three are there" count
expect_output gpushift "and are ours" owners
expect_output sriov "by SR-IOV" bash -c "gpushift vgpu list --json | jq -r '.vgpus[].backend' | sort -u"
check "no driver of the host took one" alone 3
expect_output 0 "autoprobe is off" autoprobe
expect_exit 0 "three again" gpushift set "$card" vgpu --count 3
expect_match "already" "are nothing to do" gpushift set "$card" vgpu --count 3
expect_exit 2 "a VF instead of the card" gpushift set "$(vf 0)" vgpu --count 1
expect_exit 3 "one of three is not removed alone" gpushift vgpu remove "$(vf 0)"
expect_exit 0 "another number" gpushift set "$card" vgpu --count 5
expect_output 5 "five are there" count
check "no driver of the host took one" alone 5

check "one goes to vfio-pci" bind_override "$(vf 4)" vfio-pci
check "a guest sees it" guest_has "$(id_of "$(vf 4)")" export "$(vf 4)"
check "hold it as a guest would" hold_device vm "$(vf 4)"
expect_exit 3 "in use: no other number" gpushift set "$card" vgpu --count 2
expect_output in-use "says in-use" refusals "$card" vgpu --count 2
expect_exit 3 "nor is the card switched" gpushift set "$card" host
expect_exit 3 "nor are they removed" gpushift vgpu remove "$card"
expect_output 5 "all are still there" count
release_device vm

expect_exit 0 "vgpu to passthrough" gpushift set "$card" passthrough
expect_output passthrough "the mode is passthrough" mode_of "$card"
expect_output 0 "no VF is left" count
expect_output 1 "autoprobe is as it was" autoprobe
expect_exit 0 "passthrough to vgpu" gpushift set "$card" vgpu --count 7
expect_output 7 "all seven are there" count
expect_exit 0 "vgpu to host" gpushift set "$card" host
assert_unchanged "the card is as it was before"
expect_output 1 "autoprobe is as it was" autoprobe

# What somebody else enabled is not removed unless it is named.
echo 2 >"$PCI/$card/sriov_numvfs"
expect_output other "another's VFs" owners
expect_exit 3 "stay" gpushift set "$card" host
expect_output vfs-enabled "says vfs-enabled" refusals "$card" host
expect_output vfs-enabled "nor is their number changed" refusals "$card" vgpu --count 3
expect_exit 0 "they go when the card is named" gpushift vgpu remove "$card"
expect_output 0 "none is left" numvfs
expect_exit 2 "there is nothing more to name" gpushift vgpu remove "$card"
assert_unchanged "the card is as it was before"

# For a VM: the card is split, one VF is on vfio-pci, and it is over with the VM.
one_of_them() { gpushift claims --json | jq -r '.claims[0].address'; }
expect_match "-device vfio-pci,host=" "a VF for a VM" gpushift claim --vf --vm one --format qemu
expect_output 7 "the card is split into all that it can have" count
claimed=$(one_of_them)
check "it is on vfio-pci" is_driver "$claimed" vfio-pci
expect_match "managed='no'" "another one for libvirt" gpushift claim --vf --vm two --format libvirt
check "a guest has it" hold_device vm "$claimed"
expect_exit 3 "it is not given back then" gpushift release "$claimed"
expect_exit 0 "whoever looks sees who has it" gpushift release --ended
release_device vm
expect_exit 0 "once it is gone" gpushift release --ended
check "it has no driver again" is_driver "$claimed" -
expect_exit 0 "the other one is released" gpushift release --vm two
check "none has a driver" alone 7
expect_output 0 "nobody has any" bash -c "gpushift claims --json | jq '.claims | length'"
expect_exit 0 "to the host" gpushift set "$card" host
assert_unchanged "the card is as it was before"

# Drivers that do otherwise than they say: the old number is whole again.
expect_exit 0 "two to begin with" gpushift set "$card" vgpu --count 2
standin vfs_errno 5
expect_exit 1 "the driver refuses" gpushift set "$card" vgpu --count 4
expect_output 2 "the old two are there again" count
check "no driver of the host took one" alone 2
expect_output gpushift "and are ours" owners
standin vfs_late 1500
expect_exit 0 "late ones are waited for" gpushift set "$card" vgpu --count 6
standin vfs_late 0
expect_output 6 "six are there" count
expect_exit 0 "to the host" gpushift set "$card" host
standin vfs_fewer 1
expect_exit 1 "fewer than asked for" gpushift set "$card" vgpu --count 4
expect_match "4 VFs were asked for, and the driver of $card enabled 3" "is told" gpushift set "$card" vgpu --count 4
standin vfs_fewer 0
assert_unchanged "the card is as it was before"
standin vfs_never 1
expect_exit 1 "a success that did not happen" gpushift set "$card" vgpu --count 4 --timeout 2
standin vfs_never 0
expect_output 1 "autoprobe is as it was" autoprobe
assert_unchanged "the card is as it was before"

expect_exit 0 "a wish for VFs" gpushift set "$card" vgpu --count 2 --persist
echo 0 >"$PCI/$card/sriov_numvfs"
expect_exit 0 "is granted again" gpushift apply --wishes
expect_output 2 "two are there" count

# What each VF gets of the card, as xe has it.
profiles() { grep -h . "$PCI/$card/sriov_admin"/vf{1,2,3}/profile/{exec_quantum_ms,sched_priority} | tr '\n' ';'; }
as_before="0;low [normal] high;0;low [normal] high;0;low [normal] high;"
given="20;low normal [high];20;low normal [high];0;low [normal] high;"
give=exec_quantum_ms=20,sched_priority=high
expect_exit 2 "a parameter that nobody knows" gpushift set "$card" vgpu --count 2 --params stop=1
expect_exit 2 "a value that is none" gpushift set "$card" vgpu --count 2 --params sched_priority=highest
expect_exit 3 "one that this driver does not have" gpushift set "$card" vgpu --count 2 --params preempt_timeout_us=1
expect_exit 0 "parameters of VFs" gpushift set "$card" vgpu --count 2 --params "$give" --persist
expect_output "$given" "are written" profiles
expect_match "already" "the same again is nothing to do" gpushift set "$card" vgpu --count 2 --params "$give"
expect_exit 0 "to the host" gpushift set "$card" host
expect_output "$as_before" "they are as they were" profiles
expect_exit 0 "the wish has them, too" gpushift apply --wishes
expect_output "$given" "they are written again" profiles
standin profile_errno 5
expect_exit 1 "the driver refuses others" gpushift set "$card" vgpu --count 3 --params exec_quantum_ms=30
standin profile_errno 0
expect_output 2 "the old two are there" count
expect_output "$given" "with what they had" profiles
expect_exit 0 "to the host" gpushift set "$card" host
standin profile_never 1
expect_exit 1 "a success that did not happen" gpushift set "$card" vgpu --count 2 --params "$give"
standin profile_never 0
assert_unchanged "the card is as it was before"

printf '[card %s]\nmode = vgpu\nvfs = 3\nvf-params = %s\n' "$card" "$give" >/tmp/wanted
expect_exit 1 "a wanted state differs" gpushift assert /tmp/wanted
expect_exit 0 "is applied" gpushift apply /tmp/wanted
expect_exit 0 "and shows" gpushift assert /tmp/wanted
expect_output 3 "three are there" count
