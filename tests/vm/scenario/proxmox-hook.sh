# The hookscript of Proxmox VE, called as Proxmox calls it, for VMs as it describes them: cards are switched and vGPUs made
# before the start, given back after the stop, by the daemon and without it, also when the hook was killed. The next boots have
# a card that shares its group with a network interface, and one with virtual functions.
# topology: wishes
# again: cards wide
# modules: vfio-pci mdev gpushift_test_vgpu
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf userspace/data/proxmox-hook.in
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

script=/tmp/snippets/gpushift
name=pve1 node=/etc/pve/nodes/pve1
claimed() { gpushift claims --json | jq -r '.claims[] | .vm + " " + (.uuid // .address)' | sort; }
live() { ls /sys/bus/mdev/devices; }
no_journal() { [[ ! -e /var/lib/gpushift/journal ]]; }
vm() { printf '%s\n' "cores: 2" "hookscript: local:snippets/gpushift" "${@:2}" "[before]" "hostpci9: $b" >"$node/qemu-server/$1.conf"; } # VMID LINE...
hook() { "$script" "$1" "$2"; } # VMID PHASE

as_before() # WHAT
{
	expect_output "" "$1: nothing is claimed" claimed
	check "$1: nothing is half done" no_journal
	assert_unchanged "$1: all is as it was before"
}

# What Proxmox does with a card that is not marked driver=keep, and finds nothing to do.
bound_by_proxmox() { [[ -d /sys/bus/pci/drivers/vfio-pci/$1 ]]; }

whole_card() # HOW
{
	vm 104 "hostpci0: ${a#0000:},pcie=1,x-vga=1"
	snapshot_sysfs
	expect_output "" "$1: before the start there is nothing to say" hook 104 pre-start
	check "$1: the card is ready for Proxmox" bound_by_proxmox "$a"
	expect_output "104 $a" "$1: and claimed" claimed
	expect_output "" "$1: after the start nothing is done" hook 104 post-start
	expect_output "" "$1: nor before the stop" hook 104 pre-stop
	expect_output passthrough "$1: so it stays" mode_of "$a"
	expect_output "" "$1: after the stop" hook 104 post-stop
	as_before "$1"
}

two_vms_one_card()
{
	vm 105 "hostpci0: mapping=gpu"
	printf '%s\n' "gpu" "	map id=1234:1111,node=elsewhere,path=$b" "	map id=1234:1111,node=$name,path=$a" >/etc/pve/mapping/pci.cfg
	check "one VM starts" hook 104 pre-start
	snapshot_sysfs
	expect_match "^gpushift: 105: $a cannot give that now: the VM 104 has it; next: gpushift list$" "the other is told who has the card" \
		eval 'hook 105 pre-start 2>&1'
	expect_exit 3 "which ends its start" hook 105 pre-start
	check "Proxmox cleans up" hook 105 post-stop
	assert_unchanged "the first one keeps it"
	expect_output "104 $a" "and its claim" claimed
	check "it stops" hook 104 post-stop
	check "then the other starts" hook 105 pre-start
	expect_output "105 $a" "by its mapping" claimed
	check "and stops" hook 105 post-stop
}

all_or_nothing()
{
	check "another has the second card" gpushift claim --card --on "$b" --vm other
	vm 106 "hostpci0: $a" "hostpci1: $b"
	snapshot_sysfs
	expect_match "the VM other has it" "of two cards one is not to be had" eval 'hook 106 pre-start 2>&1'
	expect_output "other $b" "the first is given back" claimed
	assert_unchanged "all or nothing"
	check "the second is released" gpushift release --vm other
	printf '%s\n' "gpu" "	map node=$name,path=$a" "	map node=$name,path=$b" >/etc/pve/mapping/pci.cfg
	snapshot_sysfs
	expect_match "its mapping has several cards on this node" "which card Proxmox will take is not guessed" eval 'hook 105 pre-start 2>&1'
	as_before "ambiguous"
}

nothing_of_ours()
{
	vm 107 "net0: virtio=AA" "hostpci0: 00:1f"
	snapshot_sysfs
	expect_output "" "a VM without a card" hook 107 pre-start
	expect_output "" "starts and stops" hook 107 post-stop
	rm "$node/qemu-server/107.conf"
	expect_output "" "one that is gone has stopped" hook 107 post-stop
	check_fails "and does not start" hook 107 pre-start
	expect_exit 2 "names are no paths" hook ../../104 pre-start
	as_before "nothing of ours"
}

vgpu()
{
	local uuid=00000001-0000-0000-0000-000000000108
	vm 108 "hostpci1: $a,mdev=nvidia-46"
	snapshot_sysfs
	check "a VM with a vGPU starts" hook 108 pre-start
	expect_output "$uuid" "under the UUID that Proxmox gives it" live
	expect_output "108 $uuid" "it is claimed" claimed
	check "and stops" hook 108 post-stop
	expect_output "" "it is gone" live
	as_before "a vGPU"
	check "once more" hook 108 pre-start
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	check "Proxmox has removed it itself" hook 108 post-stop
	as_before "removed by Proxmox"
}

killed() # HOW
{
	local starter
	snapshot_sysfs
	standin hold_remove 1
	"$script" 104 pre-start >/dev/null 2>&1 &
	starter=$!
	check "$1: the switch has begun" wait_for 60 standin_holds
	kill -KILL "$starter"
	wait "$starter" 2>/dev/null
	standin hold_remove 0
	check "$1: after the stop" hook 104 post-stop
	as_before "$1"
}

# A display and a network interface behind one bridge.
takes_along()
{
	local card nic
	for card in $(find_class 03); do
		nic=$(members_of "$card" | while read -r address; do grep -l '^0x0200' "$PCI/$address/class"; done | cut -d/ -f6)
		[[ -z $nic ]] || break
	done
	check "$card shares its group with $nic" test -n "$nic"
	vm 109 "hostpci0: $card"
	snapshot_sysfs
	expect_match "outside-card|$nic" "a VM that has the card only" eval 'hook 109 pre-start 2>&1'
	as_before "refused"
	vm 109 "hostpci0: $card" "hostpci1: $nic"
	check "a VM that has both starts" hook 109 pre-start
	expect_output vfio-pci "with the card" driver_of "$card"
	expect_output vfio-pci "and what shares its group" driver_of "$nic"
	expect_output "109 $card" "the card is claimed" claimed
	check "it stops" hook 109 post-stop
	as_before "both are back"
}

virtual_function()
{
	local port first card vf
	port=$(find_class 0604 | head -n 1)
	first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
	check "a card that can have VFs" modprobe gpushift_test_bus domain=0 "bus=$first" functions=1 vfs=7
	card=$(cards | head -n 1)
	modprobe vfio_iommu_type1
	echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
	rmmod gpushift_test_vgpu
	check "a driver that enables them" modprobe gpushift_test_vgpu name=i915 split=vf profiles=1
	check "the card has it" bind_override "$card" i915
	expect_exit 0 "the card is split" gpushift set "$card" vgpu --count 3
	vf=$(basename "$(readlink -f "$PCI/$card/virtfn1")")
	vm 110 "hostpci0: $vf"
	vm 111 "hostpci0: $vf"
	snapshot_sysfs
	check "a VM that has one of the VFs starts" hook 110 pre-start
	expect_output vfio-pci "it is on vfio-pci" driver_of "$vf"
	expect_output "110 $vf" "and claimed" claimed
	expect_match "$vf" "another VM cannot have it" eval 'hook 111 pre-start 2>&1'
	check "it stops" hook 110 post-stop
	as_before "a VF"
}

node_of_proxmox()
{
	echo "$name" >/proc/sys/kernel/hostname
	mkdir -p "${script%/*}" /etc/pve/mapping "$node/qemu-server"
	ln -s "nodes/$name/qemu-server" /etc/pve/qemu-server
	sed "s|@BINDIR@|$(dirname "$(command -v gpushift)")|" /tests/proxmox-hook.in >"$script"
	chmod +x "$script"
}

b=""
node_of_proxmox
if [[ $BOOT == 2 ]]; then
	takes_along
	exit 0
elif [[ $BOOT == 3 ]]; then
	virtual_function
	exit 0
fi
mapfile -t cards < <(free_cards)
a=${cards[0]} b=${cards[1]}
check "two cards: $a and $b" test -n "$b"
whole_card "without the daemon"
two_vms_one_card
all_or_nothing
nothing_of_ours
check "the stand-in driver takes $a" make_vgpu_host "$a"
vgpu
vm 104 "hostpci0: ${a#0000:},pcie=1,x-vga=1"
killed "killed without the daemon"
check "the bus starts" start_bus
check "the daemon starts" start_daemon
whole_card "by the daemon"
killed "killed with the daemon"
