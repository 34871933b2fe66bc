# shellcheck shell=bash
# Figures of few functions and many: what a dump costs for each, with an IOMMU and without.
# topology: wide
# coldplug: no
# deadline: 900

# The stand-in's functions are the only displays here, so all that are in scope.
cost() # NAME FUNCTIONS: leaves COST, in thousandths of a nanosecond for each function
{
	local values ns messages
	values=$(gpushift-bench dump "$1" gpushift scope parsed 15) || record "not ok" "measuring $1 - exit $?"
	echo "$values" >"$RESULTS"
	ns=$(sed -n "s/^value $1-ns //p" <<<"$values")
	messages=$(sed -n "s/^value $1-messages //p" <<<"$values")
	expect_output "$2" "a dump of $2 functions" echo "$messages"
	COST=$(((ns - empty) * 1000 / messages))
	note "$1: $COST ps a function, $((ns * 1000 / messages)) with what a dump of none costs"
}

# What only an empty dump costs is no cost of a function.
measure_empty()
{
	local values
	values=$(gpushift-bench dump empty gpushift scope parsed 31)
	echo "$values" >"$RESULTS"
	empty=$(sed -n 's/^value empty-ns //p' <<<"$values")
	check "a dump of none is empty" grep -qx 'value empty-messages 0' <<<"$values"
}

compare() # NAME FEW MANY PARAMETER...
{
	local name=$1 few=$2 many=$3 cost_few
	shift 3
	modprobe gpushift_test_bus functions="$few" per_port=8 "$@"
	cost "$name-$few" "$few"
	cost_few=$COST
	rmmod gpushift_test_bus
	modprobe gpushift_test_bus functions="$many" per_port=8 "$@"
	cost "$name-$many" "$many"
	value "$name-most-ns" $((COST > cost_few ? COST : cost_few))
	value "$name-least-ns" $((COST > cost_few ? cost_few : COST))
}

# The bus numbers of the port that has nothing below it.
spare_port()
{
	local device
	for device in $(find_class 0604); do
		(($(cat "$PCI/$device/subordinate_bus_number") <= 200)) || echo "$PCI/$device"
	done
}

measure_empty
compare cost 16 2048
rmmod gpushift_test_bus
port=$(spare_port)
first=$(($(cat "$port/secondary_bus_number") + 1)) last=$(cat "$port/subordinate_bus_number")
compare cost-grouped 16 $((8 * (last - first))) domain=0 bus="$first"
has_groups() { [[ $(group_of "$(find_id 1234:6710 | tail -n 1)") != - ]]; }
check "the IOMMU covers the stand-in" has_groups
