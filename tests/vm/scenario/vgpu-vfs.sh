# A card whose VFs become the vGPUs: as mdev parents of one device each, and as NVIDIA's VFIO without mediated devices. VFs are
# enabled first and taken by the card's own driver; every way between the modes; drivers that do otherwise than they say.
# deadline: 900
# modules: vfio-pci mdev
# topology: wide
# shellcheck shell=bash
. /tests/cards.sh

params() { gpushift vgpu list --json | jq -r '.vgpus[].params | if . == "" then "-" else . end' | sort | tr '\n' ' '; }
vgpus() { gpushift vgpu list --json | jq -r '.vgpus[].type' | sort | tr '\n' ' '; }
names() { gpushift vgpu list --json | jq -r '.vgpus[] | .uuid // .address' | sort; }
ways() { gpushift vgpu list --json | jq -r '.vgpus[].backend' | sort -u; }
owners() { gpushift vgpu list --json | jq -r '.vgpus[].owner' | sort -u; }
count() { gpushift vgpu list --json | jq '.vgpus | length'; }
vf() { basename "$(readlink -f "$PCI/$card/virtfn$1")"; }
numvfs() { cat "$PCI/$card/sriov_numvfs"; }
autoprobe() { cat "$PCI/$card/sriov_drivers_autoprobe"; }
profile() { gpushift profiles "$card" --json | jq -r --arg id "$1" --arg key "$2" '.profiles[] | select(.id == $id) | .[$key]'; }
stayed() { [[ $(names | grep -cxF "$1") == "$2" ]]; }
nothing_made() { (($(count) == 0)) && [[ $(cat "$PCI/$card"/virtfn*/nvidia/current_vgpu_type 2>/dev/null | sort -u) =~ ^0?$ ]]; }

# Under the IOMMU: behind the port that has the bus numbers for it.
port=$(find_class 0604 | head -n 1)
first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
check "cards that can have VFs" modprobe gpushift_test_bus domain=0 "bus=$first" functions=2 vfs=7
modprobe vfio_iommu_type1
# They send no interrupt that could be remapped.
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
mapfile -t both < <(cards)
card=${both[0]}

# The driver of a card takes its VFs by their ids, as a vendor's does.
load_driver() # SPLIT
{
	modprobe gpushift_test_vgpu board=a40 "split=$1" && bind_override "$card" nvidia &&
		echo "1234 6710" >/sys/bus/pci/drivers/nvidia/new_id
}

round_of_modes() # SPLIT BACKEND
{
	local split=$1 backend=$2 keep old
	check "$split: the stand-in driver takes $card" load_driver "$split"
	snapshot_sysfs
	expect_exit 0 "$split: VFs are off: they are enabled for the first vGPU" gpushift set "$card" vgpu --profile "NVIDIA A40-2Q" --count 2
	expect_output "nvidia-558 nvidia-558 " "$split: both are there" vgpus
	expect_output "$backend" "$split: by $backend" ways
	expect_output gpushift "$split: and are ours" owners
	expect_output 7 "$split: all VFs are there" numvfs
	check "$split: and on the driver of their card" is_driver "$(vf 6)" nvidia
	expect_output vgpu "$split: the mode is vgpu" mode_of "$card"
	expect_output 2 "$split: profiles tells what is made" profile nvidia-558 made
	expect_output 5 "$split: and what can still be" profile nvidia-558 available
	expect_output 0 "$split: another size cannot" profile nvidia-562 available
	expect_output 2147483648 "$split: the framebuffer" profile nvidia-558 framebuffer_bytes
	keep=$(names)
	expect_exit 0 "$split: a third and a fourth" gpushift set "$card" vgpu --profile nvidia-558 --count 4
	check "$split: the first two stayed" stayed "$keep" 2
	expect_exit 3 "$split: more than there are VFs" gpushift set "$card" vgpu --profile nvidia-558 --count 8
	expect_exit 2 "$split: an unknown type" gpushift set "$card" vgpu --profile nvidia-46
	expect_exit 2 "$split: a VF instead of the card" gpushift set "$(vf 5)" vgpu --profile nvidia-558
	expect_exit 3 "$split: two sizes" gpushift set "$card" vgpu --profile nvidia-558 --profile nvidia-562
	expect_output 4 "$split: refusals touched nothing" count
	keep=$(names)
	expect_exit 0 "$split: fewer" gpushift set "$card" vgpu --profile nvidia-558 --count 1
	check "$split: of those that were there" stayed "$keep" 1
	expect_exit 0 "$split: one more by name" gpushift vgpu create "$card" --profile nvidia-558
	expect_exit 3 "$split: another size beside it" gpushift vgpu create "$card" --profile nvidia-562
	expect_output 2 "$split: two are there" count
	expect_exit 3 "$split: VFs that hold vGPUs are not removed" gpushift vgpu remove "$card"
	expect_exit 0 "$split: one is removed by its name" gpushift vgpu remove "$(names | head -n 1)"
	expect_output 1 "$split: one is there" count
	expect_exit 0 "$split: another size in one go" gpushift set "$card" vgpu --profile nvidia-562 --count 3
	expect_output "nvidia-562 nvidia-562 nvidia-562 " "$split: only the new ones are there" vgpus

	# Drivers that fail, or say that they did not: the old set is whole.
	old=$(vgpus)
	standin create_errno 5
	expect_exit 1 "$split: the driver refuses to create" gpushift set "$card" vgpu --profile nvidia-562 --count 5
	standin create_errno 0
	expect_output "$old" "$split: the old set is whole" vgpus
	if [[ $split == vf-vfio ]]; then
		standin create_never 1
		expect_exit 1 "$split: a success that did not happen" gpushift set "$card" vgpu --profile nvidia-562 --count 4
		standin create_never 0
		expect_output "$old" "$split: the old set is whole" vgpus
	fi

	# Parameters are the vGPU's, also where it is a VF: the next one has none of them.
	expect_exit 0 "$split: with parameters" gpushift set "$card" vgpu --profile nvidia-562,disable_vnc=1 --count 2 --profile nvidia-562
	expect_output "- disable_vnc=1 disable_vnc=1 " "$split: two have them" params
	standin params_never 1
	expect_exit 1 "$split: a hidden refusal" gpushift set "$card" vgpu --profile nvidia-562,loglevel=1 --count 3
	standin params_never 0
	expect_output "- disable_vnc=1 disable_vnc=1 " "$split: is undone" params
	expect_exit 0 "$split: to the host" gpushift set "$card" host
	expect_exit 0 "$split: split again" gpushift set "$card" vgpu --profile nvidia-562 --count 3
	expect_output "- - - " "$split: none has any" params

	# The ways to and from the other modes.
	expect_exit 0 "$split: vgpu to passthrough" gpushift set "$card" passthrough
	expect_output passthrough "$split: the mode is passthrough" mode_of "$card"
	expect_output 0 "$split: no VF is left" numvfs
	expect_match nvidia-558 "$split: types are remembered on vfio-pci" gpushift profiles "$card"
	expect_exit 0 "$split: passthrough to vgpu" gpushift set "$card" vgpu --profile nvidia-560 --count 2
	expect_output "nvidia-560 nvidia-560 " "$split: both are there" vgpus
	expect_exit 0 "$split: to plain VFs" gpushift set "$card" vgpu --count 3
	expect_output sriov "$split: which are what they say" ways
	expect_output 0 "$split: autoprobe is off" autoprobe
	expect_exit 0 "$split: and back to types" gpushift set "$card" vgpu --profile nvidia-566
	expect_output "nvidia-566 " "$split: the whole card is one" vgpus
	expect_exit 0 "$split: vgpu to host" gpushift set "$card" host
	assert_unchanged "$split: the card is as it was before"

	# For a VM, on a card whose VFs are off.
	expect_match "${words[$backend]}" "$split: a claim enables them" gpushift claim --profile nvidia-558 --vm one --format qemu
	expect_exit 0 "$split: another by its memory" gpushift claim --framebuffer 2G --vm one
	expect_output "nvidia-558 nvidia-558 " "$split: both are there" vgpus
	expect_exit 0 "$split: and released" gpushift release --vm one
	expect_output 0 "$split: none is left" count
	expect_output 7 "$split: but the VFs, for the next" numvfs
	expect_exit 0 "$split: to the host" gpushift set "$card" host
	assert_unchanged "$split: the card is as it was before"

	# VFs that come late, and that somebody else enabled and uses for himself.
	standin vfs_late 1000
	expect_exit 0 "$split: late VFs are waited for" gpushift set "$card" vgpu --profile nvidia-558 --count 7
	standin vfs_late 0
	expect_output 7 "$split: all are there" count
	expect_exit 0 "$split: to the host" gpushift set "$card" host
	echo 7 >"$PCI/$card/sriov_numvfs"
	expect_exit 0 "$split: the administrator's VFs are used" gpushift set "$card" vgpu --profile nvidia-558
	expect_output "nvidia-558 " "$split: one is there" vgpus
	expect_exit 3 "$split: and stay his" gpushift set "$card" host
	expect_output vfs-enabled "$split: says vfs-enabled" refusals "$card" host
	expect_exit 0 "$split: the vGPU goes" gpushift vgpu remove "$(names)"
	expect_exit 0 "$split: and they by name" gpushift vgpu remove "$card"
	assert_unchanged "$split: the card is as it was before"

	# NVIDIA's own tool for it.
	if [[ $split == vf-vfio ]]; then
		mkdir -p /usr/lib/nvidia
		cat >/usr/lib/nvidia/sriov-manage <<-'TOOL'
			#!/bin/bash
			echo "$*" >>/tmp/called
			file=/sys/bus/pci/devices/$2/sriov_numvfs
			[[ $1 == -d ]] && echo 0 >"$file" || cat "${file%/*}/sriov_totalvfs" >"$file"
		TOOL
		chmod 755 /usr/lib/nvidia/sriov-manage
		expect_exit 0 "$split: VFs by NVIDIA's tool" gpushift set "$card" vgpu --profile nvidia-558
		expect_output "nvidia-558 " "$split: one is there" vgpus
		expect_exit 0 "$split: to the host" gpushift set "$card" host
		expect_output "$(printf '%s\n' "-e $card" "-d $card")" "$split: it was called as its manual says" cat /tmp/called
		assert_unchanged "$split: the card is as it was before"
	fi
	release_override "$card"
	rmmod gpushift_test_vgpu
}

# Both, or the one that is named.
declare -A backends=([vf-mdev]=mdev [vf-vfio]=nvidia-vfio)
# What QEMU is told of one.
declare -A words=([mdev]=sysfsdev=/sys/bus/mdev/devices/ [nvidia-vfio]=vfio-pci,host=)
splits=("$@")
((${#splits[@]})) || splits=(vf-mdev vf-vfio)
for split in "${splits[@]}"; do
	round_of_modes "$split" "${backends[$split]}"
	rm -rf /var/lib/gpushift
done
