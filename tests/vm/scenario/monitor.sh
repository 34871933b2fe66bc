# Live events: what is done to a card is told, in order, by the module and without it.
# deadline: 600
# modules: vfio-pci
# shellcheck shell=bash
. /tests/cards.sh

start_monitor()
{
	gpushift monitor --json >/tmp/events 2>&1 &
	monitor=$!
	wait_for 10 grep -q '"ready"' /tmp/events
}

stop_monitor()
{
	kill "$monitor"
	wait "$monitor"
}

events_of() { jq -r --arg card "$1" 'select(.address == $card) | .event + " " + (.driver // .mode // "-")' /tmp/events; }
# On its way a card can be seen without a driver: that is a mode too.
modes_told() { events_of "$card" | sed -n 's/^mode-changed //p' | grep -vE '^(unbound|mixed)$' | xargs; }

back_told() { [[ $(modes_told | wc -w) == "$1" && $(modes_told) == *host ]]; }

watch_switch() # MODES-TOLD
{
	gpushift set "$card" passthrough >/dev/null 2>&1
	gpushift set "$card" host >/dev/null 2>&1
	wait_for 10 back_told "$1"
}

card=$(free_card)
driver=$(driver_of "$card")
wanted="unbound $driver
bound vfio-pci
unbound vfio-pci
bound $driver"
start_monitor
check "a card that comes and goes changes its mode twice" watch_switch 2
expect_output "$wanted" "its drivers are told, in order" eval "events_of $card | grep -E '^(bound|unbound) '"
expect_output "passthrough host" "its modes" modes_told
check "the module goes" rmmod gpushift
check "which is told" wait_for 10 bash -c '[[ $(grep -c ready /tmp/events) == 2 ]]'
check "uevents tell the modes" watch_switch 4
expect_output "unbound bound unbound bound" "and the drivers" eval "events_of $card | grep -E '^(bound|unbound) ' | tail -n 4 | cut -d' ' -f1 | xargs"
check "the module comes" modprobe gpushift
check "that is told too" wait_for 10 bash -c '[[ $(grep -c ready /tmp/events) == 3 ]]'
check "and it tells" watch_switch 6
stop_monitor
expect_output "$wanted" "what it told before" eval "events_of $card | grep -E '^(bound|unbound) ' | tail -n 4"
rm /tmp/events
