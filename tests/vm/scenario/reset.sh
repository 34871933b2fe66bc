# A card is reset by each of its methods and answers; what uses it or would be hit is not disturbed; a crash in between
# leaves the order of methods as it was.
# modules: vfio-pci mdev
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh

methods() { cat "$PCI/$1/reset_method"; }
reset_steps() { gpushift reset "$@" --json --quiet | jq -r '.steps[] | select(.op == "reset" and .result == "done") | .target'; }

card=$(free_card)
before=$(methods "$card")
first=${before%% *}
expect_exit 2 "a method that no kernel has" gpushift reset "$card" --method nonsense
expect_exit 3 "a method that the card has not" gpushift reset "$card" --method acpi
expect_output "$before" "nothing was touched" methods "$card"
expect_exit 0 "to passthrough" gpushift set "$card" passthrough
expect_output "$card" "reset, as the kernel likes best" reset_steps "$card"
expect_exit 0 "and by name" gpushift reset "$card" --method "$first"
expect_output "$before" "the order of methods is as before" methods "$card"
expect_output passthrough "the mode, too" mode_of "$card"
check "hold it as a guest would" hold_device vm "$card"
expect_exit 3 "not while it is in use" gpushift reset "$card"
expect_match in-use "it says so" gpushift reset "$card"
release_device vm
expect_exit 0 "but afterwards" gpushift reset "$card"
check "a program opens and reads it" vfio-probe "$card"
expect_exit 0 "back" gpushift set "$card" host

# Several methods: a disk's are not a card's, so that a card is looked for that has two.
for card in $(cards); do
	before=$(methods "$card" 2>/dev/null)
	[[ $before == *" "* ]] && break
done
if [[ $before == *" "* ]]; then
	expect_exit 0 "the last one of $before" gpushift reset "$card" --method "${before##* }"
	expect_output "$before" "is put back behind the others" methods "$card"
fi

# One that cannot be reset at all.
for card in $(cards); do
	[[ ! -e $PCI/$card/reset_method ]] || continue
	expect_exit 3 "$card has no reset" gpushift reset "$card"
	expect_match no-reset "it says so" gpushift reset "$card"
	break
done

# A quarantine is lifted by a reset after which the card answers.
card=$(free_card)
mkdir -p /var/lib/gpushift/quarantine
printf '{"version": 1, "boot_id": "%s", "reason": "a test"}\n' "$(cat /proc/sys/kernel/random/boot_id)" \
	>"/var/lib/gpushift/quarantine/$card.json"
expect_output quarantined "quarantined" mode_of "$card"
expect_exit 4 "it cannot be given away" gpushift set "$card" passthrough
expect_exit 0 "reset" gpushift reset "$card"
expect_output host "and it is a card like others" mode_of "$card"
# But not while a task hangs at it.
sleep 600 &
read -r pid start < <(awk '{ print $1, $22 }' "/proc/$!/stat")
printf '{"version": 1, "boot_id": "%s", "reason": "a test", "pid": %d, "start": %d}\n' \
	"$(cat /proc/sys/kernel/random/boot_id)" "$pid" "$start" >"/var/lib/gpushift/quarantine/$card.json"
expect_exit 4 "not while a task hangs at it" gpushift reset "$card"
expect_output quarantined "it stays quarantined" mode_of "$card"
kill "$pid"
wait "$pid" 2>/dev/null
expect_exit 0 "but when it has ended" gpushift reset "$card"
