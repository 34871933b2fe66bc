# The wanted state of a whole host from a file: compared, refused as a whole, applied in order, by profile.
# modules: vfio-pci mdev
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh

mapfile -t free < <(free_cards)
a=${free[0]} b=${free[1]}
foreign=$(foreign_card)
file=/tmp/host.ini

cat >"$file" <<END
[card $a]
mode = host

[profile away]
[card $a]
mode = passthrough
[card $b]
mode = passthrough

[profile refused]
[card $b]
mode = passthrough
[card $foreign]
mode = passthrough
END
results() { jq -r '[.results[].result] | join(" ")' /tmp/results; }
apply() { gpushift apply "$@" --json >/tmp/results; }

expect_exit 0 "the host is as the file says" gpushift assert "$file"
expect_exit 1 "but not as its profile does" gpushift assert "$file" away
expect_exit 0 "nothing to do is no failure" apply "$file"
expect_output already "and said" results
snapshot_sysfs
expect_exit 3 "a profile that is refused for its last card" apply "$file" refused
expect_output "already not-run refused" "does nothing for the others" results
assert_unchanged "nothing was touched"
expect_exit 0 "two cards at once" apply "$file" away
expect_output "done done" "each is told" results
expect_output "passthrough passthrough" "and is there" echo "$(mode_of "$a")" "$(mode_of "$b")"
expect_exit 0 "the profile compares equal" gpushift assert "$file" away
expect_exit 1 "the rest of the file does not" gpushift assert "$file"
expect_exit 3 "a plain user changes nothing" as_user gpushift apply "$file"
expect_exit 1 "but may compare" as_user gpushift assert "$file"
printf '[card %s]\nmode = host\n[card %s]\nmode = host\n' "$a" "$b" >"$file"
expect_exit 0 "and back" apply "$file"
assert_unchanged "everything is as it was before"
