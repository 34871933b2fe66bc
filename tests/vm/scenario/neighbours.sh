# Neighbouring versions of command, daemon and module: they work together, or refuse with the command to run. What one began the
# other ends.
# deadline: 900
# modules: vfio-pci
# userland: dbus
# programs: neighbours
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

LATER=9.0.0
version_of() { "$1" --version | cut -d' ' -f2; }
this=$(version_of gpushift)

start_program() { await-ready /tmp/gpushiftd.pid "$@" </dev/null >/dev/console 2>&1; }
mode_by() { "$1" show "$card" --json | jq -r .card.mode; } # PROGRAM

# The daemon does it, so that it is told by the daemon's records.
there_and_back() # COMMAND WHO
{
	snapshot_sysfs
	expect_match "verify-driver $card vfio-pci ... done" "$2: steps are told" "$1" set "$card" passthrough --persist
	expect_output passthrough "$2: it is done" mode_by gpushift
	expect_output passthrough "$2: both see it" mode_by gpushift-later
	check "$2: and the answers have the same keys" diff <(gpushift list --json | jq -c 'paths' | sort -u) \
		<(gpushift-later list --json | jq -c 'paths' | sort -u)
	expect_exit 0 "$2: and back" "$1" set "$card" host
	assert_unchanged "$2: all is as it was"
}

# A start that is killed inside the kernel: what it has written by then is the other's to read.
undone_by_the_other() # COMMAND OTHER
{
	snapshot_sysfs
	standin hold_remove 1
	"$1" --direct set "$card" passthrough >/dev/null 2>&1 &
	check "$1 has begun" wait_for 30 standin_holds
	kill -KILL $!
	wait $! 2>/dev/null
	standin hold_remove 0
	expect_match "interrupted" "$2 says that a switch was interrupted" "$2" list
	expect_exit 0 "$2 recovers it" "$2" --direct recover
	assert_unchanged "$2: all is as it was"
}

card=$(free_card)
expect_output "$LATER" "there is a later command" version_of gpushift-later
check_fails "than this one" test "$this" = "$LATER"
expect_output kmod "it asks this module" bash -c 'gpushift-later list --json | jq -r .source'
expect_match "version $this is loaded.*version $LATER.*modprobe -r gpushift && modprobe gpushift" "and says what to do about it" \
	bash -c 'gpushift-later doctor kernel-module | tr "\n" " "'
expect_exit 1 "which is a problem" gpushift-later doctor kernel-module

check "the bus starts" start_bus
check "this daemon starts" start_program gpushiftd
expect_output "$this" "it is this version" manager_property Version
there_and_back gpushift-later "later command, this daemon"
stop_daemon
check "a later daemon starts" start_program gpushiftd-later
expect_output "$LATER" "it is the later version" manager_property Version
there_and_back gpushift "this command, later daemon"
expect_exit 0 "a wish of one is granted by the other" gpushift apply --wishes
expect_output passthrough "so it is" mode_by gpushift
expect_exit 0 "and back" gpushift set "$card" host
stop_daemon

check "a daemon that knows no call starts" start_program daemon-of-old
snapshot_sysfs
for verb in "claim --card --on $card" "release --vm x" recover; do
	# shellcheck disable=SC2086
	expect_match "the running gpushiftd is version 0.0.1, this is $this.*systemctl restart gpushiftd.service" \
		"$verb: refused, with the command to run" bash -c "gpushift $verb 2>&1 | tr '\n' ' '"
	# shellcheck disable=SC2086
	expect_exit 1 "$verb: it is not done" gpushift $verb
done
expect_exit 1 "set: it is not done" gpushift set "$card" passthrough
expect_match "gpushiftd" "set: it is the daemon that is told of" gpushift set "$card" passthrough
assert_unchanged "nothing was touched"
expect_exit 0 "looking needs no daemon" gpushift list
stop_daemon

check "a stand-in driver" make_vgpu_host "$card"
undone_by_the_other gpushift gpushift-later
undone_by_the_other gpushift-later gpushift
