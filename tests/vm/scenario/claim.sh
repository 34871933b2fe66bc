# Claims: the right card by policy, a hundred at once without one too many, killed anywhere without a leak, over with the VM.
# An argument is how many are to claim at once, more than 24.
# topology: wishes
# modules: vfio-pci mdev gpushift_test_vgpu
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# deadline: 900
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

CLAIMS=/var/lib/gpushift/claims
claim() { gpushift claim --quiet "$@"; }
claimed() { gpushift claims --json | jq -r '.claims[] | .uuid // .address' | sort; }
live() { ls /sys/bus/mdev/devices; }
on_card() { gpushift vgpu list --json | jq -r --arg card "$1" '[.vgpus[] | select(.parent == $card)] | length'; }
release_all() { local each; for each in $(claimed); do gpushift release --quiet "$each" || return; done; }
# Each device is somebody's claim, and each claim a device.
consistent() { diff <(live) <(claimed) && [[ ! -e /var/lib/gpushift/journal ]]; }
refused_because() { gpushift claim "$@" 2>&1; }

mapfile -t cards < <(free_cards)
a=${cards[0]} b=${cards[1]}
check "two cards: $a and $b" test -n "$b"
check "the stand-in driver takes $a" make_vgpu_host "$a"
check "and $b" make_vgpu_host "$b"

# --- which card ---
expect_exit 2 "a claim of nothing" claim
expect_exit 2 "of two things" claim --card --profile nvidia-47
expect_exit 3 "of what no card has" claim --profile nvidia-1
expect_match "$a: it has no such type" "with each card's reason" refused_because --profile nvidia-1
expect_exit 0 "one" claim --profile nvidia-47 --vm one
expect_exit 0 "pack: another beside it" claim --profile nvidia-47 --vm two
expect_output 2 "on the first card" on_card "$a"
expect_exit 0 "spread: on the other" claim --profile nvidia-47 --policy spread --vm three
expect_output 1 "which was empty" on_card "$b"
expect_exit 0 "on a card that is named" claim --profile nvidia-47 --on "$b" --vm four
expect_output 2 "there it is" on_card "$b"
expect_exit 3 "another size has no room" claim --framebuffer 3G
expect_match "no type with so much framebuffer" "which is told" refused_because --framebuffer 3G
expect_exit 0 "an amount of memory" claim --framebuffer 1G --vm five
expect_output "nvidia-47" "is the smallest type that can be made, and is enough" bash -c "gpushift claims --json | jq -r '.claims[] | select(.vm == \"five\").type'"
check "all of it is claimed" consistent
expect_exit 0 "released by its VM" gpushift release --vm one
expect_exit 0 "again: no claim is no error" gpushift release --vm one
expect_exit 2 "one that nobody has" gpushift release 11111111-2222-3333-4444-555555555555
expect_match "sysfsdev=/sys/bus/mdev/devices/" "for QEMU" claim --profile nvidia-47 --vm six --format qemu
expect_match "<address uuid=" "for libvirt" claim --profile nvidia-47 --vm six --format libvirt
expect_exit 0 "both at once" gpushift release --vm six
check "all are given back" release_all
expect_output "" "none is left" live

# --- a hundred (or as many as the argument says) at once, for 24 places ---
count=${1:-100}
step before
for ((i = 0; i < count; i++)); do
	{ gpushift claim --direct --json --quiet --profile nvidia-47 --vm "vm$i" >"/tmp/claim.$i" 2>/dev/null; echo $? >"/tmp/status.$i"; } &
done
wait
step hundred
expect_output "24 0
$((count - 24)) 3" "24 get one, the others are told that there is none" bash -c "sort -n /tmp/status.* | uniq -c | sed 's/^ *//'"
expect_output 24 "each another one" bash -c "jq -r 'select(.uuid).uuid' /tmp/claim.* | sort -u | wc -l"
expect_output "12 12" "on both cards" echo "$(on_card "$a")" "$(on_card "$b")"
check "all of it is claimed" consistent
check "who was told of one has it" bash -c "diff <(jq -r 'select(.uuid).uuid' /tmp/claim.* | sort) <(gpushift claims --json | jq -r '.claims[].uuid' | sort)"
check "all are given back" release_all

# --- killed anywhere ---
for i in {1..12}; do
	gpushift claim --direct --quiet --profile nvidia-47 >/dev/null 2>&1 &
	pid=$!
	# Where it is by then is different each time.
	wait_for 20 bash -c "[[ -n \$(ls $CLAIMS 2>/dev/null) || ! -d /proc/$pid ]]"
	((i % 3 == 0)) || read -rt "0.0$((i * 7 % 10))$i" <> <(:)
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	gpushift release --direct --quiet --ended >/dev/null 2>&1
done
check "nothing is left over, nothing is claimed that is not there" consistent
check "all are given back" release_all

# --- a card that has to change its driver ---
expect_exit 0 "a whole card" claim --card --on "$b" --vm whole
expect_output passthrough "is in passthrough" mode_of "$b"
expect_exit 3 "nobody else gets it" claim --profile nvidia-47 --on "$b"
check "a guest has it" hold_device guest "$b"
expect_exit 3 "nor is it given back then" gpushift release "$b"
release_device guest
expect_exit 0 "given back" gpushift release "$b"
expect_output host "it is with the host again" mode_of "$b"
expect_exit 0 "a card in passthrough" gpushift set "$b" passthrough
standin hold_probe 1
gpushift claim --direct --profile nvidia-47 --on "$b" >/dev/null 2>&1 &
pid=$!
check "its driver takes its time" wait_for 20 standin_holds
kill -KILL "$pid"
wait "$pid" 2>/dev/null
expect_output 1 "killed: the claim was written before" bash -c "ls $CLAIMS | wc -l"
standin hold_probe 0
expect_exit 0 "the next one finds it" gpushift release --ended
check "nothing is left of it" consistent
expect_exit 0 "split for a claim" claim --profile nvidia-47 --on "$b" --vm late
check "all of it is claimed" consistent

# --- over with the VM ---
uuid=$(claimed)
check "a VM has it" hold_device vm "$uuid"
expect_exit 3 "it is not given back then" gpushift release --vm late
expect_match in-use "by this code" bash -c "gpushift release --vm late --json | jq -r .error.code"
expect_exit 0 "whoever looks sees who has it" gpushift release --ended
expect_output "$(holder_pid vm)" "and writes it down" bash -c "jq .user_pid $CLAIMS/*"
release_device vm
expect_exit 0 "once it is gone" gpushift release --ended
expect_output "" "the lease is over" claimed
expect_output "" "and the vGPU gone" live
mkdir -p /etc/libvirt/qemu
touch /etc/libvirt/qemu/desk.xml
expect_exit 0 "for a domain of libvirt" claim --profile nvidia-47 --vm desk
expect_exit 0 "which has not run yet" gpushift release --ended
expect_output desk "has it" bash -c "gpushift claims --json | jq -r '.claims[].vm'"
rm /etc/libvirt/qemu/desk.xml
expect_exit 0 "until it is undefined" gpushift release --ended
check "then nothing is left" consistent

# --- by the daemon ---
check "the bus starts" start_bus
check "the daemon starts" start_daemon
expect_match '"kind": "vgpu"' "a claim by the daemon" gpushift claim --profile nvidia-47 --vm bus --json
pids=()
for i in {1..6}; do
	claim --profile nvidia-47 --vm bus >/dev/null &
	pids+=($!)
done
wait "${pids[@]}"
expect_output 7 "and six at once" bash -c "gpushift claims --json | jq '.claims | length'"
check "all of it is claimed" consistent
expect_exit 0 "given back by the daemon" gpushift release --vm bus
expect_output "" "all of them" live

# --- over with the VM, and nobody asks ---
all_gone() { [[ -z $(claimed) && -z $(live) ]]; }
noted() { jq -e "$1" "$CLAIMS"/* >/dev/null 2>&1; }
expect_exit 0 "a claim" claim --profile nvidia-47 --vm process
check "a VM has it" hold_device vm "$(claimed)"
check "the daemon sees who" wait_for 60 noted .user_pid
release_device vm
check "and that he is gone" wait_for 60 all_gone
mkdir -p /run/libvirt/qemu
touch /etc/libvirt/qemu/desk.xml
expect_exit 0 "for a domain of libvirt" gpushift claim --direct --quiet --profile nvidia-47 --vm desk
touch /run/libvirt/qemu/desk.xml
check "that it runs is seen" wait_for 60 noted .vm_seen
rm /run/libvirt/qemu/desk.xml
check "and that it runs no more" wait_for 60 all_gone
expect_exit 0 "once more" claim --profile nvidia-47 --vm desk
touch /run/libvirt/qemu/desk.xml
check "that it runs is seen" wait_for 60 noted .vm_seen
stop_daemon
rm /run/libvirt/qemu/desk.xml
check "it ends while there is no daemon" noted .vm_seen
check "which starts again" start_daemon
check "and looks once" wait_for 60 all_gone
