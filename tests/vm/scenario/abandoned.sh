# The module can be removed whatever a reader left behind: a dump never read, one read in part, an open /proc file.
# topology: cards
# deadline: 600
# shellcheck shell=bash
# Their dump is larger than what is queued for a socket that nobody reads.
MANY=2048

hold() # VERB: the reader holds what it asked for once this returns
{
	local line
	kmod-reader "$1" >/tmp/reader.pipe &
	reader=$!
	read -r line </tmp/reader.pipe
	[[ $line == holding ]] || record "not ok" "the reader holds: $1 - it said '$line'"
}

let_go()
{
	kill -9 "$reader"
	wait "$reader" 2>/dev/null
}

mkfifo /tmp/reader.pipe
note "functions: $(pci_devices | wc -l)"
for verb in unread half half-proc; do
	hold "$verb"
	check "removed with a reader that holds: $verb" rmmod gpushift
	check "the reader still holds" kill -0 "$reader"
	let_go
	modprobe gpushift
done

modprobe gpushift_test_bus functions="$MANY" per_port=8
note "functions: $(pci_devices | wc -l)"
hold half-proc
check "removed with a large /proc half read" rmmod gpushift
let_go
modprobe gpushift
# The netlink core keeps the family of a dump that is not over; it is over with its socket.
for verb in unread half; do
	hold "$verb"
	expect_match 'in use|temporarily unavailable' "a large dump keeps the module: $verb" rmmod gpushift
	let_go
	check "removed once the reader is gone" rmmod gpushift
	modprobe gpushift
done
