# Power cuts at the disk: all that is written to the state while the card takes each edge between the modes is logged, and
# for each moment at which the disk had flushed something, what it held then is what the next boot finds.
# topology: demo
# modules: vfio-pci loop ext4 dm_log_writes
# userland: disk
# programs: faults
# memory: 1536
# deadline: 1200
# shellcheck shell=bash
. /tests/cards.sh
shopt -s nullglob

STATE=/var/lib/gpushift
type=nvidia-46
# Each ordered pair of modes, as one walk.
WALK="host passthrough vgpu host vgpu passthrough host"

arguments() # MODE
{
	echo "$card $1 --persist"
	[[ $1 != vgpu ]] || echo "--profile $type --count 2"
}

# --- a disk whose writes are logged ---------------------------------------------------------------------------------

logged_disk()
{
	mkdir -p /disk "$STATE" && mount -t tmpfs disk /disk &&
		truncate -s 8M /disk/state && truncate -s 128M /disk/log &&
		mke2fs -q -t ext4 -b 1024 -J size=1 /disk/state && cp /disk/state /disk/replayed &&
		losetup /dev/loop0 /disk/state && losetup /dev/loop1 /disk/log &&
		dmsetup --noudevsync create state --table "0 16384 log-writes /dev/loop0 /dev/loop1" &&
		mount -t ext4 /dev/dm-0 "$STATE"
}

mark() { dmsetup message state 0 "mark $1"; }

end_logging()
{
	umount "$STATE" && dmsetup --noudevsync remove state && losetup -d /dev/loop0
}

# --- what the walk leaves -------------------------------------------------------------------------------------------

wish() { cat "$STATE"/wishes/*.json </dev/null; }

# The wishes as they are after each edge: /disk/wish.0 is before the first.
# shellcheck disable=SC2046
walk()
{
	local from to="" number=0
	wish >/disk/wish.0
	for to in $WALK; do
		[[ $number != 0 ]] || { from=$to number=1; continue; }
		mark "$number"
		expect_exit 0 "$from-$to" gpushift set $(arguments "$to")
		wish >"/disk/wish.$number"
		from=$to number=$((number + 1))
	done
}

# --- one moment -----------------------------------------------------------------------------------------------------

journals=0 none=0 old_wishes=0 new_wishes=0

# The journal is whole, or not there; who reads it says that it is of another boot, and recovery changes nothing but its name.
journal_is_whole()
{
	local said aside
	if [[ ! -e $STATE/journal ]]; then
		none=$((none + 1))
		return
	fi
	journals=$((journals + 1))
	head -n 1 "$STATE/journal" | jq -e '.version and .steps and .before' >/dev/null || echo "the journal is not whole"
	said=$(gpushift list 2>&1 >/dev/null)
	[[ $said == *interrupted* && $said != *damaged* ]] || echo "list says: $said"
	gpushift recover >/tmp/recover.out 2>&1 || echo "recover: exit $?: $(cat /tmp/recover.out)"
	aside=("$STATE"/journal.other-boot-*)
	[[ ! -e $STATE/journal && ${#aside[@]} -gt 0 ]] || echo "the journal was not put aside"
	sysfs_state | diff /tmp/sysfs.before - || echo "recovery touched a device"
}

wish_is_whole() # EDGE
{
	local found
	found=$(wish)
	if [[ $found == "$(<"/disk/wish.$1")" ]]; then
		new_wishes=$((new_wishes + 1))
	elif [[ $found == "$(<"/disk/wish.$(($1 - 1))")" ]]; then
		old_wishes=$((old_wishes + 1))
	else
		echo "the wish is neither as before nor as after: $found"
	fi
}

# Whatever else is remembered is whole, too.
records_are_whole()
{
	local files=("$STATE"/cards/*.json "$STATE"/vgpus/*.json)
	((${#files[@]} == 0)) || jq -e .version "${files[@]}" >/dev/null || echo "not whole: one of ${files[*]}"
}

one_moment() # ENTRY EDGE
{
	cp /disk/replayed /disk/found
	losetup /dev/loop2 /disk/found
	if mount -t ext4 /dev/loop2 "$STATE"; then
		journal_is_whole
		[[ $2 == - ]] || wish_is_whole "$2"
		records_are_whole
		umount "$STATE"
		e2fsck -fn /dev/loop2 >/tmp/fsck 2>&1 || cat /tmp/fsck
	else
		echo "cannot be mounted"
	fi
	losetup -d /dev/loop2
}

# Another boot id, for the rest of this scenario.
another_boot()
{
	cat /proc/sys/kernel/random/uuid >/tmp/boot_id
	mount --bind /tmp/boot_id /proc/sys/kernel/random/boot_id
}

each_moment()
{
	local entry edge last=0 problem bad=0 moments=0
	replay /dev/loop1 moments >/tmp/moments
	value moments "$(wc -l </tmp/moments)"
	while read -r entry edge; do
		replay /dev/loop1 apply /disk/replayed "$last" "$entry" || return
		last=$entry moments=$((moments + 1))
		one_moment "$entry" "$edge" >/tmp/problem 2>&1
		problem=$(</tmp/problem)
		[[ -z $problem ]] || { bad=$((bad + 1)); verdict "edge $edge, before entry $entry" "$(first_line "$problem")" "$problem"; }
	done </tmp/moments
	check "each of $moments moments is whole" test "$bad" = 0 -a "$moments" -gt 0
}

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
check "the state lies on a disk that logs its writes" logged_disk
expect_exit 0 "the host for ever" gpushift set "$card" host --persist
walk
check "the log ends" end_logging
snapshot_sysfs
check "another boot" another_boot
each_moment
# Else the moments were none of the interesting ones.
check "journals were found ($journals times), and none ($none)" test "$journals" -gt 5 -a "$none" -gt 5
check "wishes were found as before ($old_wishes times) and as after ($new_wishes)" test "$old_wishes" -gt 5 -a "$new_wishes" -gt 5
