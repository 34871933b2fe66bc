# shellcheck shell=bash
# A generated tree for the real command line, below $tree: two cards of a host's drivers, one on vfio-pci, an mdev parent.

pci=$tree/sys/devices/pci0000:00

# pci_function PATH CLASS VENDOR DEVICE DRIVER GROUP: PATH is below the root bus; "-" for no driver
pci_function()
{
	local folder=$pci/$1 address=${1##*/} group=$tree/sys/kernel/iommu_groups/$6
	mkdir -p "$folder/power" "$group/devices" "$tree/sys/bus/pci/devices"
	echo "0x$2" >"$folder/class"
	echo "0x$3" >"$folder/vendor"
	echo "0x$4" >"$folder/device"
	echo "(null)" >"$folder/driver_override"
	echo auto >"$folder/power/control"
	echo flr bus >"$folder/reset_method"
	echo DMA >"$group/type"
	ln -s "../../../devices/pci0000:00/$1" "$tree/sys/bus/pci/devices/$address"
	ln -s "/sys/devices/pci0000:00/$1" "$group/devices/$address"
	ln -s "/sys/kernel/iommu_groups/$6" "$folder/iommu_group"
	[[ $5 != - ]] || return 0
	mkdir -p "$tree/sys/bus/pci/drivers/$5"
	ln -s "/sys/bus/pci/drivers/$5" "$folder/driver"
}

# pci_port PATH: it is awake and shows root its configuration space: a root port without ACS
pci_port()
{
	echo D0 >"$pci/$1/power_state"
	{
		printf '\x86\x80\x01\x19\0\0\x10\0'
		head -c 44 /dev/zero
		printf '\x40'
		head -c 11 /dev/zero
		printf '\x10\0\x42\0'
		head -c 4028 /dev/zero
	} >"$pci/$1/config"
}

make_tree()
{
	local types=$tree/sys/devices/virtual/mtty/mtty/mdev_supported_types
	mkdir -p "$tree"/{proc,etc,dev,run,var/lib} "$tree/sys/bus/mdev/devices" "$tree/sys/class/mdev_bus"
	pci_function 0000:00:01.0 060400 8086 1901 pcieport 1
	pci_port 0000:00:01.0
	pci_function 0000:00:01.0/0000:01:00.0 030000 10de 1b02 nouveau 1
	pci_function 0000:00:01.0/0000:01:00.1 040300 10de 10ef snd_hda_intel 1
	pci_function 0000:00:02.0 030000 1002 67df amdgpu 2
	pci_function 0000:00:03.0 020000 8086 10d3 e1000e 2
	pci_function 0000:00:04.0 030200 10de 2230 vfio-pci 4
	echo "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208" >"$pci/0000:00:01.0/0000:01:00.0/resource"
	echo D0 >"$pci/0000:00:04.0/power_state"
	echo "2.5 GT/s PCIe" >"$pci/0000:00:04.0/current_link_speed"
	echo "16.0 GT/s PCIe" >"$pci/0000:00:04.0/max_link_speed"
	echo 8 >"$pci/0000:00:04.0/current_link_width"
	echo 16 >"$pci/0000:00:04.0/max_link_width"
	mkdir -p "$types/mtty-1/devices"
	echo 24 >"$types/mtty-1/available_instances"
	echo "Single port serial" >"$types/mtty-1/name"
	ln -s /sys/devices/virtual/mtty/mtty "$tree/sys/class/mdev_bus/mtty"
}

