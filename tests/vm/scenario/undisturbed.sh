# A reader never disturbs: 1,000 VFIO opens and closes, with every kind of reset, while four users dump without a pause.
# topology: resets
# modules: vfio-pci
# coldplug: no
# threads: single
# deadline: 600
# QEMU with a thread for each CPU does not survive so many bus resets: it crashed twice, and a CPU stood still once.
# shellcheck shell=bash
TRACING=/sys/kernel/tracing
churns=() readers=() opens=0 flr_opens=0

resets_by() # METHODS CLASS: functions that are reset so
{
	pci-state | sed -n "s/^\([^ ]*\) .* class=$2.* reset_method=$1 sriov.*/\1/p"
}

# Each open and each close resets: by FLR in a tenth of a second, by the bus in up to a whole one. So many functions at
# once, and the slow ones less often.
churn() # TIMES ADDRESS...
{
	local device times=$1
	for device in "${@:2}"; do
		vfio-churn "$times" "$device" >"/tmp/churn.$device" 2>&1 &
		churns+=("$!:$device")
		opens=$((opens + times))
	done
}

start_reader() # VERB
{
	# Not as_user, whose process would not be the reader.
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs -- \
		kmod-reader "$1" >"/tmp/reader.${#readers[@]}" 2>&1 &
	readers+=("$!")
}

# A check's command is no parent of these: its shell waits before.
ended_well() # STATUS FILE
{
	[[ $1 == 0 ]] || { cat "$2"; return 1; }
}

read_often() # NUMBER
{
	local count
	count=$(sed -n 's/^[a-z]*=\([0-9]*\).*/\1/p' "/tmp/reader.$1")
	((count >= 50)) || { cat "/tmp/reader.$1"; return 1; }
}

flr_count() { awk '$1 == "flr" { print $2 }' "$TRACING/kprobe_profile"; }

mount -t tracefs trace "$TRACING" 2>/dev/null
check "calls can be counted" test -d "$TRACING/events"
echo 'p:flr pcie_flr' >"$TRACING/kprobe_events"
echo 1 >"$TRACING/events/kprobes/flr/enable"

mapfile -t by_flr < <(resets_by 'flr bus' 0108)
mapfile -t by_bus < <(resets_by bus 0380)
mapfile -t by_nothing < <(resets_by - 0380)
note "reset by FLR: ${by_flr[*]}; by the bus: ${by_bus[*]}; not at all: ${by_nothing[*]}"
check "there are functions of each kind" test -n "${by_flr[0]}" -a -n "${by_bus[0]}" -a -n "${by_nothing[0]}"
for device in "${by_flr[@]}" "${by_bus[@]}" "${by_nothing[@]}"; do
	check "$device to vfio-pci" bind_override "$device" vfio-pci
done

flr_before=$(flr_count)
for verb in dumps dumps reads reads; do start_reader "$verb"; done
churn 75 "${by_flr[@]}"
flr_opens=$opens
churn 15 "${by_bus[@]}"
churn $(((999 - opens) / ${#by_nothing[@]} + 1)) "${by_nothing[@]}"
for churn in "${churns[@]}"; do
	wait "${churn%%:*}"
	check "no open of ${churn#*:} is refused" ended_well $? "/tmp/churn.${churn#*:}"
done
check "that was 1,000 opens" test "$opens" -ge 1000
expect_output $((2 * flr_opens)) "none of their resets was skipped" echo $(($(flr_count) - flr_before))
for number in "${!readers[@]}"; do
	kill "${readers[number]}"
	wait "${readers[number]}"
	check "reader $number read all the time" read_often "$number"
	note "reader $number: $(cat "/tmp/reader.$number")"
done
