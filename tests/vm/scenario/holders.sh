# Who uses a card, by whatever name and in whatever mount namespace; what the kernel and the host itself need of it.
# topology: critical
# deadline: 1200
# shellcheck shell=bash
. /tests/cards.sh

fix_of() # CODE ARGUMENT...: the command that the refusal names
{
	local code=$1
	shift
	gpushift plan "$@" --json | jq -r --arg code "$code" '.refused[] | select(.code == $code) | .fix'
}

holders_of() { gpushift show "$1" --json | jq -r '.card.holders[] | "\(.kind) \(.manager) \(.name) \(.pid) \(.detail) \(.yields)"'; }
partner_of() # ADDRESS: the card in whose group it is
{
	gpushift list --json | jq -r --arg at "$1" 'first(.cards[] | select(.group_members | index($at)) | .address)'
}

card=$(free_card)
node=$(ls -d "$PCI/$card"/drm/card*)
IFS=: read -r major minor <"$node/dev"

# A node of another name, in a mount namespace of its own: only its number tells.
mkdir -p /elsewhere /boot /data
# shellcheck disable=SC2016
exec {away}< <(exec unshare -m bash -c '
	mount -t tmpfs none /elsewhere && mknod /elsewhere/anything c "$1" "$2" && exec 9<>/elsewhere/anything &&
	echo open && exec sleep 1000' hidden "$major" "$minor")
hidden=$!
read -r -u "$away"
expect_match "process null sleep $hidden /elsewhere/anything false" "an open node is found by its number" holders_of "$card"
expect_output in-use "it is in the way" refusals "$card" passthrough
users_of() { gpushift list --json | jq -r --argjson pid "$1" '.cards[] | select(any(.holders[]; .pid == $pid)) | .address'; }
expect_output "$card" "and no other card has it" users_of "$hidden"
expect_output "kill $hidden" "the fix is told" fix_of in-use "$card" passthrough

# The same process, in the control groups that the programs make.
mkdir -p /sys/fs/cgroup
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
while read -r group kind; do
	mkdir -p "/sys/fs/cgroup/$group"
	echo "$hidden" >"/sys/fs/cgroup/$group/cgroup.procs"
	expect_match "$kind $hidden " "in $group" holders_of "$card"
done <<-EOF
	system.slice/nvidia-persistenced.service unit systemd nvidia-persistenced.service
	system.slice/docker-$id.scope container docker 0123456789ab
	machine.slice/libpod-$id.scope container podman 0123456789ab
	kubepods.slice/kubepods-pod1.slice/cri-containerd-$id.scope container kubernetes 0123456789ab
	lxc.payload.web container lxc web
	machine.slice/machine-qemu\\x2d1\\x2dwin11.scope vm libvirt win11
	qemu.slice/100.scope vm proxmox 100
EOF
expect_exit 3 "what is called a VM is not overridden" gpushift set "$card" passthrough --force
echo "$hidden" >/sys/fs/cgroup/cgroup.procs
eval "$(fix_of in-use "$card" passthrough)"
await-exit "$hidden"
expect_output "" "after the fix nobody is in the way" refusals "$card" passthrough

# As a plain user: what cannot be read is said.
exec {client}<>"/dev/dri/${node##*/}"
check "processes of others are counted" as_user bash -c "
	gpushift show $card --json | jq -e '.card.holders_unreadable > 0' && gpushift show $card | grep -q 'could not be read'"
exec {client}>&-

# The kernel's own console goes with the driver.
if grep -q 1 /sys/class/vtconsole/vtcon1/bind; then
	lit=$(basename "$(realpath /sys/class/graphics/fb0/device)")
	expect_match "kernel null console null /dev/fb0 true" "the console shows" holders_of "$lit"
fi

# A disk that the host runs from, in the group of a card.
disk=$(find_class 0108)
neighbour=$(partner_of "$disk")
check "a file system on the disk" mke2fs -q /dev/nvme0n1
modprobe ext4
mount /dev/nvme0n1 /boot
expect_output critical-device "what /boot lies on stays" refusals "$neighbour" passthrough --with "$disk"
snapshot_sysfs
expect_exit 3 "not even with --force" gpushift set "$neighbour" passthrough --with "$disk" --force
assert_unchanged "it is left alone"
umount /boot
mount /dev/nvme0n1 /data
expect_output in-use "another mount is only in use" refusals "$neighbour" passthrough --with "$disk"
eval "$(fix_of in-use "$neighbour" passthrough --with "$disk")"
expect_output "" "after the fix nothing is in the way" refusals "$neighbour" passthrough --with "$disk"
exec {away}< <(exec unshare -m bash -c 'mount /dev/nvme0n1 /data && echo mounted && exec sleep 1000')
hidden=$!
read -r -u "$away"
expect_match "mount namespace of process $hidden" "a mount that only another namespace has" \
	gpushift plan "$neighbour" passthrough --with "$disk"
kill "$hidden"
await-exit "$hidden"

# The interface of the default route, and of a login.
for net in $(find_class 02); do
	neighbour=$(partner_of "$net")
	[[ -z $neighbour ]] || break
done
near=$(ls "$PCI/$net/net")
for far in $(find_class 02); do
	[[ $far == "$net" ]] || break
done
far=$(ls "$PCI/$far/net")
ip address add 10.9.0.1/24 dev "$near"
ip link set "$near" up
expect_output in-use "an interface that is up" refusals "$neighbour" passthrough --with "$net"
ip route add default via 10.9.0.2
expect_output critical-device "the default route" refusals "$neighbour" passthrough --with "$net"
expect_match "default route goes through $near" "it is told" gpushift plan "$neighbour" passthrough --with "$net"
ip route del default
exec {away}< <(exec unshare -n bash -c 'echo apart && exec sleep 1000')
guest=$!
read -r -u "$away"
inside() { busybox nsenter -t "$guest" -n "$@"; }
ip link set "$far" netns "$guest"
inside ip address add 10.9.0.2/24 dev "$far"
inside ip link set "$far" up
mkfifo /tmp/line
busybox nc -l -p 22 <>/tmp/line >/dev/null &
server=$!
is_served() { cat /proc/net/tcp /proc/net/tcp6 | grep -q ':0016 0*:0000 0A '; }
wait_for 30 is_served
inside busybox nc 10.9.0.1 22 <>/tmp/line >/dev/null &
is_logged_in() { cat /proc/net/tcp /proc/net/tcp6 | grep -q ':0016 .* 01 '; }
check "somebody logs in" wait_for 30 is_logged_in
expect_output critical-device "an ssh connection" refusals "$neighbour" passthrough --with "$net"
kill "$server" "$!"
await-exit "$server"
ip link set "$near" down
expect_output "" "an interface that nobody needs" refusals "$neighbour" passthrough --with "$net"

# The only keyboard, on the USB controller of a card.
keyboard=$(gpushift list --json | jq -r 'first(.cards[] | select(.functions[].class == "0c03") | .address)')
modprobe -a usbhid hid_generic
has_keyboard() { grep -q 'Handlers=.*sysrq' /proc/bus/input/devices; }
check "the keyboard is there" wait_for 30 has_keyboard
expect_match critical-device "the only keyboard" refusals "$keyboard" passthrough
expect_exit 3 "--force does not take it" gpushift set "$keyboard" passthrough --force

# The last display.
modprobe vfio-pci
for other in $(cards); do
	[[ $other == "$card" ]] || bind_override "$other" vfio-pci
done
expect_output last-display "nothing else shows a picture" refusals "$card" passthrough
expect_exit 3 "it stays" gpushift set "$card" passthrough
expect_exit 0 "--force takes it" gpushift set "$card" passthrough --force
expect_exit 0 "and back" gpushift set "$card" host
