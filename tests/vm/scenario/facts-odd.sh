# The facts of functions such as no emulated device is: by stand-ins that exist only as configuration space.
# topology: wide
# modules: vfio-pci
# programs: judge
# deadline: 600
. /tests/cards.sh

judge()
{
	lspci -D -n -vvv >/tmp/lspci 2>/dev/null
	gpushift-judge --lspci /tmp/lspci "$@"
}

die() { echo "$1" >/sys/module/gpushift_test_bus/parameters/dead; }
asleep() { grep -qsx D3hot "$PCI/$1/power_state"; }

# Under the IOMMU: behind the port that has the bus numbers for it.
port=$(find_class 0604 | head -n 1)
first=$(($(<"$PCI/$port/secondary_bus_number") + 1))
check "stand-ins under the IOMMU" modprobe gpushift_test_bus domain=0 "bus=$first" functions=6 per_port=3 variants=1
check "are told as they are" judge
odd=$(find_id 1234:6720)
check "one goes to vfio-pci" bind_override "$odd" vfio-pci
check "and falls asleep" wait_for 60 asleep "$odd"
check "is told as it is" judge
die 1
check "is told as it is when it dies asleep" judge
die 0
release_override "$odd"
check "is without a driver again" is_driver "$odd" -
die 1
check "is told as it is when it reads as all ones" judge
die 0
rmmod gpushift_test_bus

check "stand-ins in a domain of their own" modprobe gpushift_test_bus functions=6 per_port=3 variants=1
check "are told as they are there" judge
