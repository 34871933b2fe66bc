# The kernel's own netlink client works by docs/netlink/gpushift.yaml, and decodes what /proc/gpushift shows.
# userland: ynl
# files: docs/netlink/gpushift.yaml tests/vm/guest/ynl-check.py
# modules: vfio-pci
# deadline: 900
# shellcheck shell=bash
. /tests/cards.sh

ynl=/usr/src/linux-source-6.12/tools/net/ynl

ynl_do() # ADDRESS FILTER: by the client's program
{
	"$ynl/cli.py" --spec /tests/gpushift.yaml --no-schema --output-json \
		--do function-get --json "{\"address\": \"$1\"}" | jq -r "$2"
}

# Of each kind of fact some: resizable BARs and the like are only there in the stand-in, and one card is in a user's hands.
modprobe gpushift_test_bus functions=12 variants=1
mapfile -t cards < <(free_cards)
bind_override "${cards[1]}" vfio-pci
hold_device card "${cards[1]}"
record_verdicts()
{
	local verdict text
	while read -r verdict text; do
		[[ $verdict != not ]] || { verdict="not ok" text=${text#ok }; }
		record "$verdict" "$text"
	done </tmp/verdicts
}

check "the client runs to its end" bash -c '"$@" >/tmp/verdicts' _ /tests/ynl-check.py "$ynl" /tests/gpushift.yaml "${cards[0]}"
record_verdicts
expect_output user "the client's program, of a held device" ynl_do "${cards[1]}" '."dma-owner"'
release_device card
