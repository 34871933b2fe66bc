# A step that fails in the middle: exit 1, and the old mode whole again.
# deadline: 600
# modules: vfio-pci
# shellcheck shell=bash
. /tests/cards.sh

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
expect_exit 0 "to passthrough" gpushift set "$card" passthrough
snapshot_sysfs
standin fail_probe 5
expect_exit 1 "the host driver refuses to probe" gpushift set "$card" host
expect_output passthrough "the old mode" mode_of "$card"
assert_unchanged "the old mode is whole"
check "a program can still use it" vfio-probe --reset "$card"
expect_match '"undone"' "the plan says what was undone" gpushift set "$card" host --json
expect_exit 1 "nor to vgpu" gpushift set "$card" vgpu --profile nvidia-46
assert_unchanged "the old mode is whole again"
standin fail_probe 0
expect_exit 0 "when it probes again" gpushift set "$card" host

# A card with a companion, which refuses to go back: the display function, which went first, is on vfio-pci again.
companion=$(gpushift list --json | jq -r 'first(.cards[] | select((.functions | length) > 1) | .address)')
if [[ $companion ]]; then
	is_mode "$companion" unbound && check "$companion: the stand-in takes it" make_vgpu_host "$companion"
	mapfile -t options < <(wanted_options "$companion")
	[[ ${options[0]} ]] || options=()
	snapshot_sysfs
	expect_exit 0 "a card with a companion" gpushift set "$companion" passthrough "${options[@]}"
	sysfs_state >/tmp/passthrough
	standin fail_probe 19
	expect_exit 1 "its display function refuses" gpushift set "$companion" host
	standin fail_probe 0
	sysfs_state >/tmp/passthrough.after
	check "both functions are on vfio-pci again" diff /tmp/passthrough /tmp/passthrough.after
	expect_exit 0 "and back" gpushift set "$companion" host
	assert_unchanged "both functions are as before"
fi

# Nothing can be written down: refused before the first write.
mkdir -p /var/lib/gpushift
mount -t tmpfs -o size=4k,nr_inodes=1 full /var/lib/gpushift
snapshot_sysfs
check_fails "an unwritable journal" gpushift set "$card" passthrough
assert_unchanged "an unwritable journal touches nothing"
umount /var/lib/gpushift
