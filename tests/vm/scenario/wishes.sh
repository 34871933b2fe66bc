# Modes that last, over four boots of a host whose cards move, are replaced, and come later: the right card or none.
# topology: wishes
# again: wishes-2 wishes-3 wishes-4
# modules: vfio-pci mdev gpushift_test_vgpu
# qmp: yes
# coldplug: no
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh
. /tests/qmp.sh

WISHES=/var/lib/gpushift/wishes
ALIKE=1234:1111 OTHER=1af4:1050 THIRD=1013:00b8

below() { readlink -f "$PCI/$1" | grep -q "/0000:00:$2.0/"; }
# The card with these ids behind the root port in this slot of the root bus.
card_below() # IDS SLOT
{
	local card
	for card in $(find_id "$1"); do below "$card" "$2" && echo "$card"; done
}
stored() { find "$WISHES" -name '*.json' | wc -l; }
wished() { cat "$WISHES"/*.json 2>/dev/null | jq -rs --arg card "$1" '[.[] | select(.address == $card) | .mode] | join(" ")'; }
uuids() { gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort; }
grant() { gpushift apply --wishes --json >/tmp/granted; }
# What was said of a card, or of where it was.
granted() { jq -r --arg name "$1" '.results[] | select(.name == $name) | .result + " " + (.code // "-")' /tmp/granted; }

first_boot()
{
	local a b c d
	a=$(card_below $ALIKE 02) b=$(card_below $ALIKE 03) c=$(find_id $OTHER) d=$(find_id $THIRD)
	expect_exit 0 "nothing is wished for" gpushift apply --wishes
	expect_exit 3 "a refused switch" gpushift set "$d" host --driver nosuchdriver --persist
	expect_output 0 "stores no wish" bash -c "find $WISHES -name '*.json' 2>/dev/null | wc -l"
	expect_exit 0 "passthrough for ever" gpushift set "$b" passthrough --persist
	expect_output passthrough "is a wish now" wished "$b"
	expect_exit 0 "passthrough for now" gpushift set "$a" passthrough
	expect_output "" "is none" wished "$a"
	expect_exit 0 "another kind" gpushift set "$c" passthrough --force --persist
	expect_exit 0 "and one with --force" gpushift set "$d" passthrough --force --persist
	expect_exit 0 "split for ever" gpushift set "$a" vgpu --driver nvidia --profile nvidia-47 --count 2 --persist
	expect_exit 0 "a third vGPU" gpushift vgpu create "$a" --profile nvidia-47 --persist
	uuids >/var/lib/gpushift/test-uuids
	expect_exit 0 "a fourth for now" gpushift vgpu create "$a" --profile nvidia-47
	expect_output 4 "one wish a card" stored
	expect_exit 0 "already in its mode is no reason not to store it" gpushift set "$b" passthrough --persist
	expect_output 4 "in the same file" stored
	expect_exit 0 "all is as wished, but for the fourth vGPU" grant
	expect_output "already -" "which is said" granted "$b"
	expect_output "$(cat /var/lib/gpushift/test-uuids)" "and which is gone" uuids
}

# Every bus has another number; B's old address belongs to its twin now.
second_boot()
{
	local a b c
	a=$(card_below $ALIKE 02) b=$(card_below $ALIKE 03) c=$(find_id $OTHER)
	check "the twin has the address that was wished for" test "$(wished "$a")" = passthrough
	echo '{"version": 9}' >"$WISHES/from-later.json"
	echo 'not a wish' >"$WISHES/broken.json"
	expect_exit 3 "the wishes are granted but for the replaced card" grant
	expect_output "done -" "the card below the same port" granted "$b"
	expect_output passthrough "is in its mode" mode_of "$b"
	expect_output "done -" "the card that moved" granted "$c"
	expect_output passthrough "is in its mode" mode_of "$c"
	expect_output "done -" "the card that was split" granted "$a"
	expect_output vgpu "is split again" mode_of "$a"
	expect_output "$(cat /var/lib/gpushift/test-uuids)" "into the same vGPUs" uuids
	expect_output "refused identity-changed" "what was replaced" granted 0000:00:06.0
	expect_output "(null)" "is not touched" override_of 0000:00:06.0
	check_fails "nor given away" is_mode 0000:00:06.0 passthrough
	expect_output "refused newer" "a wish of a newer version" granted from-later.json
	expect_output '{"version": 9}' "is left alone" cat "$WISHES/from-later.json"
	expect_output "refused damaged" "a damaged one" granted broken.json
	expect_output "not a wish" "is set aside" cat "$WISHES/broken.json.damaged"
	expect_output passthrough "where the card is now was stored" wished "$c"
	rm "$WISHES/from-later.json"
	expect_exit 3 "again" grant
	expect_output "already -" "there is nothing to do" granted "$b"
	expect_output "" "no switch is left half way" bash -c "ls /var/lib/gpushift/journal 2>/dev/null"
}

# The card that was always there is not the one that is missing, though it is like it.
third_boot()
{
	local a b
	a=$(card_below $ALIKE 02)
	expect_exit 0 "all that is there is as wished" grant
	expect_output "done -" "the card that was split" granted "$a"
	expect_output vgpu "is so again" mode_of "$a"
	expect_output 3 "the others are not there" bash -c "jq '[.results[] | select(.result == \"absent\")] | length' /tmp/granted"
	qmp_open
	check "one comes" qmp device_add '{"driver": "secondary-vga", "id": "late", "bus": "rp2"}'
	check "and is found" wait_for 30 bash -c ". /tests/lib.sh; [[ \$(find_id $ALIKE | wc -l) == 2 ]]"
	b=$(card_below $ALIKE 03)
	expect_exit 0 "its wish is granted" grant
	expect_output "done -" "at the place where it was" granted "$b"
	expect_output passthrough "it is in its mode" mode_of "$b"
	expect_output vgpu "and the other one stays as it is" mode_of "$a"
	expect_exit 0 "back to the host" gpushift set "$b" host --persist
	expect_output host "for ever" wished "$b"
	expect_exit 0 "and once more" gpushift set "$b" passthrough --persist
}

fourth_boot()
{
	local a b
	a=$(card_below $ALIKE 09) b=$(card_below $ALIKE 0a)
	expect_exit 3 "two that are alike, both elsewhere" grant
	expect_output 2 "nobody can tell them apart" bash -c "jq '[.results[] | select(.code == \"ambiguous\")] | length' /tmp/granted"
	expect_output "(null) (null)" "neither is touched" echo "$(override_of "$a")" "$(override_of "$b")"
}

case $BOOT in
1) first_boot ;;
2) second_boot ;;
3) third_boot ;;
4) fourth_boot ;;
esac
