# Every card of the host to passthrough and back, whatever the topology: exactly the right drivers and overrides.
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh

expected_state() # CARD ADDRESS...: as it was before, but for the functions that move
{
	local line address moving=" ${*:2} "
	while read -r line; do
		address=${line%% *}
		if [[ $moving == *" $address "* ]]; then echo "$address driver=vfio-pci driver_override=vfio-pci"; else echo "$line"; fi
	done </tmp/before
}

drivers_state() { pci-state | cut -d" " -f1-3; }

with_reset()
{
	if [[ -s $PCI/$1/reset_method ]]; then vfio-probe --reset "$1"; else vfio-probe "$1"; fi
}

there_and_back()
{
	local card=$1 options=() moving
	mapfile -t moving < <(functions_of "$card")
	if ! gpushift plan "$card" passthrough >/dev/null 2>&1; then
		mapfile -t options < <(wanted_options "$card")
		mapfile -t -O "${#moving[@]}" moving < <(printf '%s\n' "${options[@]}" | grep :)
	fi
	drivers_state >/tmp/before
	snapshot_sysfs
	if ((${#options[@]})); then
		expect_exit 3 "$card: refused without ${options[*]}" gpushift set "$card" passthrough
		assert_unchanged "$card: the refusal touched nothing"
	fi
	expect_exit 0 "$card: to passthrough ${options[*]}" gpushift set "$card" passthrough "${options[@]}"
	expected_state "$card" "${moving[@]}" >/tmp/expected
	drivers_state >/tmp/after
	check "$card: exactly ${moving[*]} moved" diff /tmp/expected /tmp/after
	check "$card: a program opens and reads it" with_reset "$card"
	expect_exit 0 "$card: back to the host" gpushift set "$card" host
	assert_unchanged "$card: everything is as it was before"
}

# A driver on a bridge (shpchp) keeps its whole group for the host; the fix says how to let go of it.
for card in $(cards); do
	fix=$(gpushift plan "$card" passthrough --json | jq -r '.refused[] | select(.code == "group-not-viable") | .fix')
	[[ -z $fix ]] || check "$card: the fix of group-not-viable works" bash -c "$fix"
done
# A card without a driver gets the stand-in: its override stays, and comes back with it.
for card in $(cards); do
	is_mode "$card" unbound && check "$card: the stand-in driver takes it" make_vgpu_host "$card"
done
check "there are cards" test -n "$(cards)"
for card in $(cards); do there_and_back "$card"; done
check "no journal is left" test ! -e /var/lib/gpushift/journal

# Where a card is already: exit 0 and no steps.
card=$(free_card)
expect_exit 0 "in host mode already" gpushift set "$card" host
expect_output 0 "no steps" bash -c "gpushift plan $card host --json | jq '.steps | length'"
expect_exit 0 "$card: to passthrough" gpushift set "$card" passthrough
expect_exit 0 "in passthrough already" gpushift set "$card" passthrough
expect_output passthrough "it says so" mode_of "$card"
expect_exit 0 "$card: back" gpushift set "$card" host
