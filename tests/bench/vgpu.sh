# shellcheck shell=bash
# Figures of vGPUs: many at once against mdevctl, one after the other; the profiles of a card against its bare files.
# One CPU with counted instructions, all state in memory.
# topology: wide
# modules: vfio-pci mdev
# deadline: 1500
. /tests/cards.sh
ROUNDS=3 TYPE=nvidia-9001

# Under the IOMMU: behind the port that has the bus numbers for it.
port=$(find_class 0604 | head -n 1)
first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
check "a card that can have 48 VFs" modprobe gpushift_test_bus domain=0 "bus=$first" functions=1 vfs=48
card=$(cards)

load_driver() # SPLIT
{
	modprobe gpushift_test_vgpu board=b96 "split=$1" && bind_override "$card" nvidia &&
		echo "1234 6710" >/sys/bus/pci/drivers/nvidia/new_id
}

unload_driver()
{
	echo "$card" >/sys/bus/pci/drivers/nvidia/unbind
	modprobe -r gpushift_test_vgpu
}

median() { sort -n | sed -n "$((ROUNDS / 2 + 1))p"; }
repeat() { local round; for ((round = 0; round < ROUNDS; round++)); do "$@"; done; }
time_once() { gpushift-bench exec once 1 "$@" | sed -n 's/^value once-ns //p'; }
uuids() { local i; for ((i = 1; i <= $1; i++)); do printf "00000000-0000-4000-8000-%012d\n" "$i"; done; }
live() { find "$PCI/$card/" -maxdepth 1 -name "*-*-*-*-*" | wc -l; }
defined() { find "/etc/mdevctl.d/$card" -type f 2>/dev/null | wc -l; }

# It is all there, or no time is told.
made() # NUMBER
{
	[[ $(live) == "$1" && $(defined) == "$1" ]] || record "not ok" "$1 vGPUs are there and defined: $(live), $(defined)"
}

by_gpushift() # NUMBER
{
	time_once gpushift --direct --quiet set "$card" vgpu --profile "$TYPE" --count "$1" --persist
	made "$1"
	gpushift --direct --quiet set "$card" host >/dev/null
	rm -rf "/etc/mdevctl.d/$card" /var/lib/gpushift
}

by_mdevctl() # NUMBER
{
	uuids "$1" >/tmp/uuids
	time_once bash /tests/mdevctl-script.sh "$card" "$TYPE" /tmp/uuids
	made "$1"
	while read -r uuid; do remove_mdev "$uuid"; done </tmp/uuids
	rm -rf "/etc/mdevctl.d/$card"
}

bare_write()
{
	uuids 64 | gpushift-bench write one "$PCI/$card/mdev_supported_types/$TYPE/create" | sed -n 's/^value one-ns //p'
	uuids 64 | while read -r uuid; do remove_mdev "$uuid"; done
}

type_files() { find "$PCI/$card"/ "$PCI/$card"/virtfn*/ -path '*/mdev_supported_types/*/*' \( -name name -o -name description -o -name available_instances \); }

check "the stand-in driver takes $card" load_driver mdev
expect_output 60 "60 types" bash -c "ls $PCI/$card/mdev_supported_types | wc -l"
few=$(repeat by_gpushift 16 | median)
many=$(repeat by_gpushift 64 | median)
value vgpu-16-ns "$few"
value vgpu-64-ns "$many"
value vgpu-further-ns $(((many - few) / 48))
value vgpu-write-ns "$(repeat bare_write | median)"
value mdevctl-16-ns "$(repeat by_mdevctl 16 | median)"
value mdevctl-64-ns "$(repeat by_mdevctl 64 | median)"
check "the driver goes" unload_driver

check "each VF is a parent" load_driver vf-mdev
echo 48 >"$PCI/$card/sriov_numvfs"
expect_output 2880 "48 VFs with 60 types each" bash -c "ls -d $PCI/$card/virtfn*/mdev_supported_types/* | wc -l"
type_files >/tmp/files
value type-files-ns "$(gpushift-bench files types 5 </tmp/files | sed -n 's/^value types-ns //p')"
value profiles-ns "$(gpushift-bench exec profiles 5 gpushift --direct profiles "$card" | sed -n 's/^value profiles-ns //p')"
