# One host for each edge between the modes loses its power in the middle of the switch: the next boot says so, puts the
# journal aside, and grants the wish, which still is the one for the mode before.
# topology: demo
# again: demo demo demo demo demo demo
# modules: vfio-pci
# programs: faults
# qmp: yes
# deadline: 300
# shellcheck shell=bash
. /tests/cards.sh
. /tests/qmp.sh

STATE=/var/lib/gpushift
EDGES=(host:passthrough passthrough:vgpu vgpu:host host:vgpu vgpu:passthrough passthrough:host)

uuids() { ls /sys/bus/mdev/devices; }
mode_now() { mode_of "$card" 2>/dev/null; } # without what is said of the interrupted switch

arguments() # MODE
{
	echo "$card $1 --persist"
	[[ $1 != vgpu ]] || echo "--profile nvidia-46 --count 2"
}

after_cut() # FROM TO
{
	expect_match "interrupted" "$1-$2: list says that it was interrupted" gpushift list
	expect_output host "$1-$2: the card is the host's, as after each boot" mode_now
	expect_exit 0 "$1-$2: the wish is granted" gpushift apply --wishes
	expect_output "$1" "$1-$2: and is for the mode before" mode_now
	expect_output "$(cat "$STATE/test-uuids")" "$1-$2: with the same vGPUs" uuids
	check "$1-$2: no journal is left" test ! -e "$STATE/journal"
	check "$1-$2: it was put aside" bash -c "rm $STATE/journal.other-boot-*"
	expect_exit 0 "$1-$2: back to the host" gpushift set "$card" host
}

# In the middle of the plan, right after what the step does.
# shellcheck disable=SC2046
cut_inside() # FROM TO
{
	local steps at
	expect_exit 0 "$1-$2: the mode before" gpushift set $(arguments "$1")
	uuids >"$STATE/test-uuids"
	mapfile -t steps < <(gpushift plan $(arguments "$2" | sed 's/ --persist//') --json | jq -r '.steps[] | .op + " " + .target')
	at=$((${#steps[@]} / 2))
	check "$1-$2: it has steps; the power goes in ${steps[at]}" test "${#steps[@]}" -gt 2
	qmp_open
	echo ". /tests/lib.sh; . /tests/qmp.sh; qmp_again; end_now qmp quit" >/tmp/cut
	strike --step "$at" --op "${steps[at]%% *}" --when exit --do "run=bash /tmp/cut" --report /tmp/struck -- \
		gpushift set $(arguments "$2") --quiet
	check "$1-$2: the power goes" false
}

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
((BOOT == 1)) || IFS=: read -r from to <<<"${EDGES[BOOT - 2]}"
((BOOT == 1)) || after_cut "$from" "$to"
if ((BOOT <= ${#EDGES[@]})); then
	IFS=: read -r from to <<<"${EDGES[BOOT - 1]}"
	cut_inside "$from" "$to"
fi
