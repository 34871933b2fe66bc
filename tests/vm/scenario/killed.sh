# The command is killed in the middle of a switch: readers report it, the next change waits, undoes or finishes, and says so.
# deadline: 600
# modules: vfio-pci
# shellcheck shell=bash
. /tests/cards.sh

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
snapshot_sysfs

kill_inside() # ARGUMENT...: while the stand-in keeps the kernel waiting
{
	gpushift "$@" >/tmp/killed.out 2>&1 &
	local pid=$!
	wait_for 20 standin_holds
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	return 0
}

# A process of `recover` blocks on the lock: seen in the kernel's own list of waiters.
lock_waiter() { grep -q -- '-> FLOCK' /proc/locks; }

# Nothing that takes the device lock: on 6.1 reading an override would wait for the unbind, too.
what_shows() { ls -l "$PCI"/*/driver; ls /sys/bus/mdev/devices; cat /var/lib/gpushift/journal; }

standin hold_remove 1
kill_inside set "$card" passthrough
check "it was killed inside the kernel's unbind" standin_holds
what_shows >/tmp/killed.before 2>&1
expect_match "interrupted" "list reports it" gpushift list
expect_match "gpushift recover" "and names the command" gpushift show "$card"
check "a plain user sees it too" bash -c 'setpriv --reuid 1000 --clear-groups gpushift list 2>&1 | grep -q interrupted'
what_shows >/tmp/killed.after 2>&1
check "reading changed nothing" diff /tmp/killed.before /tmp/killed.after
gpushift recover >/tmp/recover.out 2>&1 &
recover=$!
check "recover waits for the last write" wait_for 10 lock_waiter
standin hold_remove 0
wait "$recover"
check "then it ends well" test $? = 0
check "and says what it did" grep -qi undone /tmp/recover.out
assert_unchanged "the old mode is whole"
check "no journal is left" test ! -e /var/lib/gpushift/journal

# The next changing verb recovers by itself.
standin hold_remove 1
kill_inside set "$card" passthrough
standin hold_remove 0
expect_match "interrupted" "set says that it recovers first" gpushift set "$card" passthrough
expect_output passthrough "and does what it was asked for" mode_of "$card"

# On the way back, inside the host driver's probe.
standin hold_probe 1
kill_inside set "$card" host
standin hold_probe 0
expect_exit 0 "recover" gpushift recover
mode=$(mode_of "$card")
check "whole in the old or the new mode: $mode" bash -c "[[ $mode == host || $mode == passthrough ]]"
expect_exit 0 "to the host" gpushift set "$card" host
assert_unchanged "as in the beginning"
expect_exit 0 "nothing to recover" gpushift recover

# A damaged journal is set aside, never guessed at.
echo '{"version":1,"boot_id' >/var/lib/gpushift/journal
expect_match "damaged|set aside|cannot be read" "a damaged journal is reported" gpushift list
expect_exit 0 "and set aside" gpushift recover
check "it is kept" bash -c 'ls /var/lib/gpushift/journal.damaged-*'
assert_unchanged "nothing was guessed"
