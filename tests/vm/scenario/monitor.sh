# Live events: what is done to a card is told, in order, by the module and without it.
# deadline: 600
# modules: vfio-pci
# shellcheck shell=bash
. /tests/cards.sh

watch_switch() # SOURCE
{
	local card=$1 monitor line
	rm -f /tmp/events
	gpushift monitor --json >/tmp/events 2>&1 &
	monitor=$!
	wait_for 10 grep -q '"ready"' /tmp/events
	gpushift set "$card" passthrough >/dev/null 2>&1
	gpushift set "$card" host >/dev/null 2>&1
	wait_for 10 bash -c "grep -c '\"bound\"' /tmp/events | grep -qx '[2-9]'"
	kill "$monitor"
	wait "$monitor"
	jq -r --arg card "$card" 'select(.address == $card) | .event + " " + (.driver // "-")' /tmp/events | grep -E '^(bound|unbound) '
}

card=$(free_card)
driver=$(driver_of "$card")
with=$(watch_switch "$card")
wanted="unbound $driver
bound vfio-pci
unbound vfio-pci
bound $driver"
expect_output "$wanted" "with the module" echo "$with"
rmmod gpushift
without=$(watch_switch "$card")
expect_output "$(cut -d' ' -f1 <<<"$wanted")" "without it, by uevents" cut -d' ' -f1 <<<"$without"
