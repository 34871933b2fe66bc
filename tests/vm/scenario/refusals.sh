# Each refusal: its exit status, its code, and that nothing was touched.
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh

refused() # CODE WHAT ARGUMENT...
{
	local code=$1 what=$2
	shift 2
	snapshot_sysfs
	expect_exit 3 "$what is refused" gpushift "$@"
	expect_match "$code" "$what says $code" gpushift "$@"
	assert_unchanged "$what touched nothing"
}

card=$(free_card)
foreign=$(foreign_card)
refused outside-card "a foreign function on a host driver" set "$foreign" passthrough
refused no-vgpu-types "a driver without types" set "$card" vgpu --profile nvidia-46
refused driver-missing "a driver that is nowhere" set "$card" host --driver no-such-driver
snapshot_sysfs
expect_exit 3 "a plain user may not switch" as_user gpushift set "$card" passthrough
expect_exit 3 "a plain user may not make a vGPU" as_user gpushift vgpu create "$card" --profile x
expect_exit 3 "a plain user may not recover" as_user gpushift recover
check "a plain user may list" as_user gpushift list
check "a plain user may plan" as_user gpushift plan "$card" passthrough
expect_exit 2 "an unknown card" gpushift set 0000:ff:1f.7 passthrough
expect_exit 2 "a malformed address" gpushift set nonsense passthrough
expect_exit 2 "an unknown mode" gpushift set "$card" vgpuu
expect_exit 2 "a function of another group in --with" gpushift set "$card" passthrough --with 0000:00:00.0
assert_unchanged "usage errors touch nothing"

# Somebody uses the card: a DRM client in host mode, a VM in passthrough.
node=$(ls -d /sys/bus/pci/devices/"$card"/drm/card*)
exec {client}<>"/dev/dri/${node##*/}"
refused in-use "an open DRM node" set "$card" passthrough
expect_match "pid $$" "in-use names the process" gpushift plan "$card" passthrough
expect_exit 0 "--force overrides a DRM client" gpushift set "$card" passthrough --force
exec {client}>&-
check "hold the device as a guest would" hold_device vm "$card"
snapshot_sysfs
expect_exit 3 "a VM uses it" gpushift set "$card" host
expect_match "in-use" "says in-use" gpushift set "$card" host
expect_exit 3 "not even with --force" gpushift set "$card" host --force
assert_unchanged "a card used by a VM is left alone"
release_device vm
expect_exit 0 "after the VM has gone" gpushift set "$card" host

# What is named by --with is looked at, too: an interface that is up is not taken away.
for net in $(find_class 02); do
	neighbour=$(gpushift list --json | jq -r --arg net "$net" 'first(.cards[] | select(.group_members | index($net)) | .address)')
	[[ -z $neighbour ]] || break
done
if [[ $neighbour ]]; then
	interface=$(ls "$PCI/$net/net")
	ip link set "$interface" up
	refused in-use "an interface that is up" set "$neighbour" passthrough --with "$net"
	expect_match "$interface" "in-use names it" gpushift plan "$neighbour" passthrough --with "$net"
	expect_exit 3 "--force does not override it" gpushift set "$neighbour" passthrough --with "$net" --force
	ip link set "$interface" down
	expect_exit 0 "when it is down" gpushift set "$neighbour" passthrough --with "$net"
	expect_exit 0 "and back" gpushift set "$neighbour" host
	check "its driver has it again" test -d "$PCI/$net/net"
fi

# What cannot be reset is given away once in a boot of the host.
mapfile -t options < <(wanted_options "$foreign")
refused no-reset "a card that cannot be reset" set "$foreign" passthrough "${options[@]/--force/--quiet}"
expect_exit 0 "--force gives it away" gpushift set "$foreign" passthrough "${options[@]}"
expect_exit 0 "and back" gpushift set "$foreign" host
snapshot_sysfs
expect_exit 5 "not a second time" gpushift set "$foreign" passthrough "${options[@]}"
expect_match reboot-required "says reboot-required" gpushift plan "$foreign" passthrough "${options[@]}"
assert_unchanged "it was left alone"

# One switch at a time.
mkdir -p /run/gpushift
exec {lock}<>/run/gpushift/lock
flock "$lock"
echo "$$ $(cut -d' ' -f22 /proc/$$/stat)" >/run/gpushift/lock
snapshot_sysfs
expect_exit 6 "another switch holds the lock" gpushift set "$card" passthrough
check "reading goes on meanwhile" gpushift list
assert_unchanged "a busy host is left alone"
exec {lock}>&-
expect_exit 0 "when it is free" gpushift set "$card" passthrough
expect_exit 0 "and back" gpushift set "$card" host
