# A driver's remove that never returns: the command says so in time, everything else goes on, the card is left alone, and
# after a reboot by sysrq its wished mode is tried once, with that in view; after the second such boot it is not.
# topology: demo
# again: demo demo
# modules: vfio-pci
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
# On a card that nothing hangs at, whatever its own obstacles are.
other=$(gpushift list --json | jq -r --arg card "$card" 'last(.cards[] | select(.mode == "host" and .address != $card) | .address)')

seconds() # SECONDS COMMAND...: it ends well, and in time
{
	local start=$SECONDS limit=$1
	shift
	"$@" && ((SECONDS - start <= limit))
}

stuck_pid() { gpushift show "$card" --json | jq -r .card.stuck.pid; }

# One that nothing can reset moves once in each boot; the kernels differ in how they can.
moves()
{
	case $(refusals "$other" passthrough "${options[@]}") in
	*reboot-required*) echo 5 ;;
	*) echo 0 ;;
	esac
}

hung_card_is_served() # WHAT
{
	gpushift show "$card" --json >/tmp/show
	as_user gpushift show "$card" --json >/tmp/show.user 2>/dev/null
	expect_output "quarantined true" "$1: the card is quarantined, and what is shown is marked as stale" \
		jq -r '.card.mode + " " + (.card.stale | tostring)' /tmp/show
	expect_match "hangs in the kernel" "$1: with the reason" gpushift show "$card"
	check "$1: the stuck task is named" test -d "/proc/$(jq -r .card.stuck.pid /tmp/show)"
	expect_match hold_while "$1: with its kernel stack" jq -r .card.stuck.stack /tmp/show
	expect_output "quarantined null" "$1: a plain user sees the quarantine, and no stack" \
		jq -r '.card.mode + " " + (.card.stuck.stack | tostring)' /tmp/show.user
	check "$1: list answers, soon" seconds 20 gpushift list
	check "$1: groups too" seconds 20 gpushift groups
	expect_exit 4 "$1: it is not touched again" gpushift set "$card" passthrough
	expect_exit 4 "$1: nor brought back while the task hangs" gpushift set "$card" host --timeout 2
	expect_exit "$(moves)" "$1: another card moves" gpushift set "$other" passthrough "${options[@]}"
	expect_exit 0 "$1: and comes back" gpushift set "$other" host
	check "$1: no journal is left" test ! -e /var/lib/gpushift/journal
}

lifted() # WHAT: the kernel comes back after all
{
	standin hold_remove 0
	check "$1: the task ends" wait_for 30 test ! -d "/proc/$hung"
	expect_exit 0 "$1: set host tests again, and lifts the quarantine" gpushift set "$card" host
	assert_unchanged "$1: everything is as it was before"
}

hang() # what it says is in /tmp/hang.out
{
	local start=$SECONDS
	standin hold_remove 1
	gpushift "$@" --timeout 3 >/tmp/hang.out 2>&1
	expect_output 4 "$1 ends with 4 when the kernel hangs" echo $?
	check "within the deadline" test $((SECONDS - start)) -le 20
	hung=$(stuck_pid)
}

daemon_serves()
{
	expect_output quarantined "the daemon shows the quarantine" gpu_property "$card" Mode
	expect_match "hangs|does not come back" "and the reason" gpu_property "$card" Reason
	expect_match "hangs in the kernel" "it answers for the card that hangs" gpu_call "$card" org.gpushift1.Gpu Plan 'sa{sv}' passthrough 0
	check "and stops in time, though the task hangs" seconds 20 stop_daemon
	check "which hangs on" test -d "/proc/$hung"
	check "it starts, too" seconds 20 start_daemon
	expect_output quarantined "and shows the same" gpu_property "$card" Mode
}

# The owner is killed while its write hangs: who comes next waits as long as the owner would have, and then does the same.
killed_owner()
{
	local pid
	standin hold_remove 1
	gpushift --direct set "$card" passthrough >/tmp/killed.out 2>&1 &
	pid=$!
	wait_for 20 standin_holds
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	check "its worker stays in the kernel" standin_holds
	gpushift recover --timeout 2 >/tmp/recover.out 2>&1
	expect_output 4 "recover ends with 4" echo $?
	hung=$(stuck_pid)
}

# An orderly reboot would wait for the task for ever.
reboot_by_sysrq()
{
	sync
	end_now sh -c 'echo b >/proc/sysrq-trigger'
}

first_boot()
{
	expect_exit 0 "passthrough for ever" gpushift set "$card" passthrough --persist
	expect_exit 0 "the host for now" gpushift set "$card" host
	mapfile -t options < <(wanted_options "$other")
	[[ ${options[0]} ]] || options=()
	snapshot_sysfs
	check "the bus starts" start_bus
	check "the daemon starts" start_daemon
	hang set "$card" passthrough
	check "it names the task" grep -q 'process [0-9]* (.*) hangs in the kernel' /tmp/hang.out
	check "and what the kernel does not come back from" grep -q 'drivers/nvidia/unbind' /tmp/hang.out
	check "it shows the kernel's stack" grep -q hold_while /tmp/hang.out
	check "it says that a reboot is needed, and may hang" grep -q sysrq /tmp/hang.out
	daemon_serves
	hung_card_is_served "by the daemon"
	lifted "it came back"
	check "the daemon stops" stop_daemon
	killed_owner
	hung_card_is_served "its owner was killed"
	lifted "it came back after all"
	hang set "$card" passthrough
	reboot_by_sysrq
}

# A wish is tried once more, which ends as before.
second_boot()
{
	hang apply --wishes
	check "it says why it may go wrong" grep -q "quarantined in the last boot.*tried once more" /tmp/hang.out
	check "it names the task" grep -q 'process [0-9]* (.*) hangs in the kernel' /tmp/hang.out
	expect_output quarantined "the card is quarantined again" mode_of "$card"
	reboot_by_sysrq
}

third_boot()
{
	snapshot_sysfs
	expect_output host "the quarantine ended with the boot" mode_of "$card"
	expect_exit 4 "after two boots the wish is not tried again" gpushift apply --wishes
	expect_match "2 boots on end" "which is said" gpushift apply --wishes
	assert_unchanged "nothing was touched"
	expect_exit 0 "set by hand is not bound by it" gpushift set "$card" passthrough
	expect_exit 0 "and ends it" gpushift set "$card" host
	expect_exit 0 "the wish is granted again" gpushift apply --wishes
	expect_output passthrough "it is in its mode" mode_of "$card"
}

case $BOOT in
1) first_boot ;;
2) second_boot ;;
3) third_boot ;;
esac
