# vGPUs that last are mdevctl's definitions: the real mdevctl lists, starts, stops, changes and forgets ours, and we see it.
# modules: vfio-pci mdev
# deadline: 400
# shellcheck shell=bash
. /tests/cards.sh

card=$(free_card)
folder=/etc/mdevctl.d/$card

# mdevctl parts its answers by empty lines.
active() { mdevctl list | grep . | cut -d' ' -f1 | sort; }
live() { gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort; }
# "UUID PARENT TYPE auto|manual" a line, as each of the two tells it.
ours() { gpushift vgpu list --json | jq -r '.definitions[] | [.uuid, .parent, .type, .start] | join(" ")' | sort; }
theirs() { mdevctl list --defined | grep . | sed 's/^\([^ ]*\) \([^ ]*\) \([^ ]*\) \([^ ]*\).*/\1 \2 \3 \4/' | sort; }
starts() { ours | sed 's/.* //' | sort | uniq -c | sed 's/^ *//'; }
agree() { [[ -n $(ours) ]] && diff <(ours) <(theirs); }

same_format() # UUID: mdevctl would have written the very same file
{
	local other=22222222-2222-3333-4444-555555555555
	mdevctl define --auto --uuid "$other" --parent "$card" --type nvidia-47 || return
	cmp "$folder/$1" "$folder/$other" || { cat "$folder/$1" "$folder/$other"; mdevctl undefine --uuid "$other"; return 1; }
	mdevctl undefine --uuid "$other"
}

check "$card: the stand-in driver takes it" make_vgpu_host "$card"
# As its documentation says.
mkdir -p /etc/mdevctl.d/scripts.d/callouts /etc/mdevctl.d/scripts.d/notifiers

expect_exit 0 "split for ever" gpushift set "$card" vgpu --profile nvidia-47 --count 3 --persist
mapfile -t uuids < <(live)
expect_output "3 auto" "three are defined, and start by themselves" starts
check "mdevctl says the same" agree
check "in its own format" same_format "${uuids[0]}"
expect_output "$(live)" "mdevctl knows them as active" active

expect_match "set-definitions $card manual" "the plan says that they will not start by themselves" gpushift plan "$card" passthrough
expect_match "mdevctl is to start 3 vGPUs" "and why" gpushift plan "$card" passthrough
standin create_errno 5
expect_exit 0 "away from vgpu" gpushift set "$card" passthrough
standin create_errno 0
expect_output "3 manual" "none starts by itself then" starts
check "mdevctl says so, too" agree
expect_exit 0 "to the host" gpushift set "$card" host
expect_output "" "mdevctl's boot rule has nothing to start" bash -c "mdevctl list"
standin create_errno 5
expect_exit 1 "the stored set, refused by the driver" gpushift set "$card" vgpu
standin create_errno 0
expect_output "3 manual" "is undone with its definitions" starts
expect_exit 0 "the stored set" gpushift set "$card" vgpu
expect_output "$(printf '%s\n' "${uuids[@]}" | sort)" "has the same UUIDs" live
expect_output "3 auto" "which start by themselves again" starts

# What the other program does to ours.
check "mdevctl stops one" mdevctl stop --uuid "${uuids[0]}"
expect_output 2 "which is seen" bash -c "gpushift vgpu list --json | jq '.vgpus | length'"
expect_match "${uuids[0]} .* not started +auto" "and told" gpushift vgpu list --all
check "mdevctl starts it" mdevctl start --uuid "${uuids[0]}"
expect_output gpushift "it is ours, whoever started it" bash -c "gpushift vgpu list --json | jq -r '.vgpus[] | select(.uuid == \"${uuids[0]}\") | .owner'"
check "mdevctl takes one from the boot" mdevctl modify --uuid "${uuids[1]}" --manual
check "mdevctl forgets one" mdevctl undefine --uuid "${uuids[2]}"
check "both are seen" agree
check "mdevctl sets an attribute" mdevctl modify --uuid "${uuids[0]}" --addattr power/control --value on
expect_exit 0 "away and back" gpushift set "$card" host
expect_exit 0 "as after a boot" gpushift apply --wishes
expect_output "${uuids[0]}" "only what mdevctl is still to start is there" live
expect_output on "with its attribute" cat "/sys/bus/mdev/devices/${uuids[0]}/power/control"
expect_output "${uuids[0]} ${uuids[1]}" "the definitions are as mdevctl left them" bash -c "ls $folder | sort | tr '\n' ' ' | sed 's/ $//'"
expect_output "1 auto
1 manual" "and start as it said" starts

expect_exit 0 "one more, for ever" gpushift vgpu create "$card" --profile nvidia-47 --persist
check "mdevctl sees it" agree
new=$(live | grep -vxF "${uuids[0]}")
expect_exit 0 "and less" gpushift vgpu remove "$new" --persist
expect_output "" "mdevctl has not heard of it" bash -c "mdevctl list --defined | grep $new"
expect_exit 0 "one that is only defined" gpushift vgpu remove "${uuids[1]}" --persist
check_fails "its definition is gone" test -e "$folder/${uuids[1]}"

# Parameters are attributes there.
params() { gpushift vgpu list --json | jq -r '.vgpus[].params'; }
expect_exit 0 "with parameters for ever" gpushift set "$card" vgpu --profile nvidia-47,disable_vnc=1 --persist
expect_match '"nvidia/vgpu_params": ?"disable_vnc=1"' "mdevctl has them as an attribute" mdevctl list --defined --dumpjson
check "mdevctl stops it" mdevctl stop --uuid "${uuids[0]}"
check "and starts it" mdevctl start --uuid "${uuids[0]}"
expect_output disable_vnc=1 "with them" params
expect_exit 0 "away" gpushift set "$card" host
expect_exit 0 "as after a boot" gpushift apply --wishes
expect_output disable_vnc=1 "with them" params
check "mdevctl forgets the attributes" mdevctl modify --uuid "${uuids[0]}" --delattr --index 1
check "and sets others" mdevctl modify --uuid "${uuids[0]}" --addattr nvidia/vgpu_params --value loglevel=2
expect_exit 0 "away" gpushift set "$card" host
standin params_never 1
expect_exit 1 "a hidden refusal" gpushift set "$card" vgpu
standin params_never 0
expect_exit 0 "as after a boot" gpushift apply --wishes
expect_output loglevel=2 "with what mdevctl said" params
expect_output on "beside its other attribute" cat "/sys/bus/mdev/devices/${uuids[0]}/power/control"

expect_exit 0 "another mode for ever" gpushift set "$card" host --persist
expect_output "1 manual" "what it was split into is kept, and starts no more" starts

# Killed anywhere, the definitions are whole: what a plan has turned is turned back.
expect_exit 0 "split again" gpushift set "$card" vgpu --profile nvidia-46 --count 2 --persist
standin hold_remove 1
gpushift set "$card" passthrough &
switch=$!
check "the switch hangs in the driver" wait_for 20 standin_holds
kill -KILL "$switch"
wait "$switch" 2>/dev/null
expect_output "2 manual" "with the definitions held" bash -c "cat $folder/* | jq -r .start | uniq -c | sed 's/^ *//'"
standin hold_remove 0
expect_exit 0 "recovered" gpushift recover
case $(mode_of "$card") in
vgpu | host) expect_output "2 auto" "undone: they start by themselves again" starts ;;
*) expect_output "2 manual" "finished: they do not" starts ;;
esac
check "mdevctl agrees" agree
