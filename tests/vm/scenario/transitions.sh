# Every ordered pair of the modes that a card supports, for each way in which a card is split: on the card itself, by VFs that
# are mdev parents, by VFs of NVIDIA's VFIO, by plain VFs. What it does not support is refused by its code,
# and touches nothing; explain tells why.
# deadline: 1200
# modules: vfio-pci mdev
# topology: wide
# shellcheck shell=bash
. /tests/cards.sh

vgpus() { gpushift vgpu list --json | jq -r '[.vgpus[] | .type // "VF"] | sort | join(" ")'; }
causes() { gpushift explain "$card" --json | jq -r '[.types.causes[].id] | join(" ")'; }
command_of() { gpushift explain "$card" --json | jq -r --arg mode "$1" '.modes[$mode].command'; }
lasting() { pci-state | grep "^$card "; cat "$PCI/$card/sriov_numvfs" "$PCI/$card/sriov_drivers_autoprobe" 2>/dev/null; }

# What brings the card to a state; what it is then: mode, driver, VFs, vGPUs.
declare -A arguments=(
	[host]="host"
	[passthrough]="passthrough"
	[types]="vgpu --profile nvidia-558 --count 2"
	[plain]="vgpu --count 3"
)
declare -A modes=([host]=host [passthrough]=passthrough [types]=vgpu [plain]=vgpu)

shows() # STATE SPLIT DRIVER: one line of what differs from what it should be, or nothing
{
	local state=$1 split=$2 driver=$3 vfs=0 made="" bound=$3
	case $state in
	passthrough) bound=vfio-pci ;;
	types) made="nvidia-558 nvidia-558"; [[ $split == mdev ]] || vfs=7 ;;
	plain) made="VF VF VF" vfs=3 ;;
	esac
	[[ $(mode_of "$card") == "${modes[$state]}" ]] || echo "mode $(mode_of "$card")"
	[[ $(driver_of "$card") == "$bound" ]] || echo "driver $(driver_of "$card")"
	[[ $(vgpus) == "$made" ]] || echo "vGPUs $(vgpus)"
	[[ ! -e $PCI/$card/sriov_numvfs || $(cat "$PCI/$card/sriov_numvfs") == "$vfs" ]] || echo "VFs $(cat "$PCI/$card/sriov_numvfs")"
}

go() # FROM TO SPLIT DRIVER
{
	# shellcheck disable=SC2086 # several words
	expect_exit 0 "$3: $1 to $2" gpushift set "$card" ${arguments[$2]}
	expect_output "" "$3: $1 to $2: it is all there" shows "$2" "$3" "$4"
}

# Each of the first STATES to and from all later ones: every ordered pair, in one walk.
walk() # SPLIT DRIVER STATE...
{
	local split=$1 driver=$2 states=("${@:3}") i j now=$3
	for ((i = 0; i < ${#states[@]}; i++)); do
		[[ $now == "${states[i]}" ]] || go "$now" "${states[i]}" "$split" "$driver"
		now=${states[i]}
		for ((j = i + 1; j < ${#states[@]}; j++)); do
			go "$now" "${states[j]}" "$split" "$driver"
			go "${states[j]}" "$now" "$split" "$driver"
		done
	done
	[[ $now == host ]] || go "$now" host "$split" "$driver"
}

# From each state the card is in, what it cannot be is refused.
refused() # SPLIT STATE CODE ARGUMENT...
{
	local split=$1 state=$2 code=$3
	lasting >/tmp/before
	expect_exit 3 "$split: $state to ${*:4} is refused" gpushift set "$card" "${@:4}"
	expect_output "$code" "$split: $state to ${*:4} says $code" refusals "$card" "${@:4}"
	lasting >/tmp/after
	check "$split: $state: the refusal touched nothing" diff /tmp/before /tmp/after
}

use_driver() # SPLIT NAME
{
	check "$1: the stand-in driver takes $card" modprobe gpushift_test_vgpu board=a40 "split=$1" "name=$2"
	bind_override "$card" "$2"
	# It takes the VFs by their ids, as a vendor's does.
	echo "1234 6710" >"/sys/bus/pci/drivers/$2/new_id"
	snapshot_sysfs
}

leave_driver() # SPLIT
{
	assert_unchanged "$1: the card is as it was before"
	check "$1: no journal is left" test ! -e /var/lib/gpushift/journal
	release_override "$card"
	rmmod gpushift_test_vgpu
	rm -rf /var/lib/gpushift
}

port=$(find_class 0604 | head -n 1)
first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
check "cards that can have VFs" modprobe gpushift_test_bus domain=0 "bus=$first" functions=2 vfs=7
modprobe vfio_iommu_type1
# They send no interrupt that could be remapped.
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
card=$(cards | head -n 1)

for split in mdev vf-mdev vf-vfio; do
	use_driver "$split" nvidia
	walk "$split" nvidia host passthrough types plain
	expect_exit 0 "$split: for what is refused" gpushift set "$card" vgpu --profile nvidia-558
	refused "$split" types no-capacity vgpu --count 8
	refused "$split" types type-mismatch vgpu --profile nvidia-558 --profile nvidia-562
	expect_exit 0 "$split: back" gpushift set "$card" host
	leave_driver "$split"
done

split=vf
use_driver vf i915
expect_output plain-vfs "$split: explain tells that it has no types" causes
expect_output "gpushift set $card vgpu --count 7" "$split: and what it can be" command_of vgpu
walk vf i915 host passthrough plain
refused vf host no-vgpu-types vgpu --profile nvidia-558
refused vf host no-capacity vgpu --count 8
expect_exit 0 "$split: VFs" gpushift set "$card" vgpu --count 3
refused vf plain no-vgpu-types vgpu --profile nvidia-558
expect_exit 0 "$split: away" gpushift set "$card" passthrough
expect_output away "$split: explain tells that it is away" causes
# Without its driver nobody can tell; it is tried, and undone.
expect_exit 1 "$split: types from passthrough are tried" gpushift set "$card" vgpu --profile nvidia-558 --timeout 3
expect_output "" "$split: and it is away again" shows passthrough vf i915
expect_exit 0 "$split: back" gpushift set "$card" host
leave_driver vf
