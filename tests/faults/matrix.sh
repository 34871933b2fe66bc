# Every edge between modes, every step of it: the switch is killed, or its write fails, or its driver does, at that step.
# Arguments: SHARD/SHARDS; EVERY: only each EVERY-th case, edge/EVERY: of each edge each EVERY-th one; ONLY: of these those
# whose names it matches, a regular expression.
# topology: faults
# modules: vfio-pci
# programs: faults
# qmp: yes
# deadline: 3000
# shellcheck shell=bash
. /tests/cards.sh
. /tests/qmp.sh

IFS=/ read -r shard shards <<<"${SCENARIO_ARGS[0]:-1/1}"
every=${SCENARIO_ARGS[1]:-1}
only=${SCENARIO_ARGS[2]:-}
type=nvidia-46
generated=0 run=0 hit=0 lost=0
edges=0 of_edge=0 edges_run=0

card=$(free_card)
STATE=/var/lib/gpushift
WRITES=" hold-power set-override unbind probe enable-vfs create-vgpu remove-vgpu disable-vfs "
ERRNOS="EBUSY ENODEV EINVAL EIO"

# --- the state of the card ------------------------------------------------------------------------------------------

uuids() { ls /sys/bus/mdev/devices; }
mode_types() { readlink /sys/bus/mdev/devices/*/mdev_type | sed 's/.*\///' | sort; }
drivers() { pci-state | cut -d' ' -f1-3,8-; }
old_state() { drivers; uuids; mode_types; }       # the same vGPUs
new_state() { drivers; mode_types; }              # as many of the same types

# The stand-in is called as NVIDIA's driver is, and so has its fences: unbindLock on the way from vgpu, else nvidia-smi drains.
LOCK=/proc/driver/nvidia/gpus/$card/unbindLock
DRAINED=/tmp/drained

make_fences()
{
	mount -t tmpfs locks /proc/driver && mkdir -p "${LOCK%/*}" || return
	echo 0 >"$DRAINED"
	printf '#!/bin/bash\n%s\n' "echo \"\$5\" >$DRAINED" >/usr/bin/nvidia-smi
	chmod 755 /usr/bin/nvidia-smi
}

# Its power may be saved, so that passthrough has to keep it on.
prepare_card() { make_vgpu_host "$card" && echo auto >"$PCI/$card/power/control"; }

choose_fence() # MODE: that the edge begins in
{
	if [[ $1 == vgpu ]]; then echo 0 >"$LOCK"; else rm -f "$LOCK"; fi
}

# Nobody is kept off any more.
unfenced()
{
	[[ $(<"$DRAINED") == 0 ]] || { echo "the card is drained still"; return 1; }
	[[ ! -e $LOCK || $(<"$LOCK") == 0 ]] || { echo "unbindLock is held still"; return 1; }
}

arguments() # MODE: what `set` and `plan` are given
{
	echo "$card $1"
	[[ $1 != vgpu ]] || echo "--profile $type --count 2"
}

# shellcheck disable=SC2046
bring() # MODE
{
	[[ $now == "$1" ]] && return
	gpushift set $(arguments "$1") --quiet >/tmp/bring 2>&1 || { cat /tmp/bring; return 1; }
	now=$1
}

# A vGPU that is ours has a record, and a record has its vGPU: none is lost, none is left over.
records_match() { diff <(uuids) <(ls "$STATE/vgpus" 2>/dev/null | sed 's/\.json$//'); }

# A mode that was recorded as wished is one that the card has, or had.
wish_is_true() # FROM TO: TO only when the card is in it
{
	local wish
	[[ -e $STATE/wishes/$card.json ]] || return 0
	wish=$(jq -r '.mode // empty' "$STATE/wishes/$card.json") || return 1
	[[ $wish != "$2" || $now == "$2" ]]
}

whole() # FROM TO: leaves which of them in $now
{
	[[ ! -e $STATE/journal ]] || { echo "a journal is left"; return 1; }
	[[ ! -e $STATE/quarantine/$card.json ]] || { echo "quarantined: $(cat "$STATE/quarantine/$card.json")"; return 1; }
	if [[ $(old_state) == "$old" ]]; then
		now=$1
	elif [[ $(new_state) == "$new" ]]; then
		now=$2
	else
		now=""
		echo "neither as before nor as wanted:"
		diff <(echo "$old") <(old_state)
		diff <(echo "$new") <(new_state)
		return 1
	fi
	records_match && wish_is_true "$1" "$2" && unfenced
}

# --- a case ---------------------------------------------------------------------------------------------------------

is_mine() # CASE: counts it; is it in this shard, in the sample, and not finished yet?
{
	generated=$((generated + 1)) of_edge=$((of_edge + 1))
	if [[ $every == edge/* ]]; then
		# Another kind of case at each edge.
		(((of_edge + edges * 7) % ${every#edge/} == 0)) || return 1
	else
		(((generated / every) % shards == shard % shards && generated % every == 0)) || return 1
	fi
	[[ $1 =~ $only ]] && ! grep -qsxF "$1" /tests/finished
}

# Ends a case: the verdict, and what leaves it nothing to build on is brought back.
conclude() # CASE PROBLEM
{
	run=$((run + 1))
	verdict "$1" "$(first_line "$2")" "$2"
	[[ -n $now ]] && return
	gpushift recover >/dev/null 2>&1
	gpushift set "$card" host >/dev/null 2>&1
	now=unknown
}

# shellcheck disable=SC2046
strike_at() # STEP OP TARGET WHEN DO TO: leaves the exit status of `set` in $status; fails when the moment did not come
{
	rm -f /tmp/struck
	strike --step "$1" --op "$2" --when "$4" --do "$5" --report /tmp/struck -- \
		gpushift set $(arguments "$6") --quiet >/tmp/set.out 2>&1
	status=$?
	[[ -s /tmp/struck ]]
}

# The write that was hit is the step's own.
struck_target() # OP TARGET WHEN
{
	[[ $WRITES == *" $1 "* && $3 =~ ^(entry|exit)$ ]] || return 0
	case $1 in
	create-vgpu) grep -q "/sys/.*$2.*/create " /tmp/struck ;;
	# The plan was made for other vGPUs than those of now.
	remove-vgpu) grep -qE "/$card/[0-9a-f-]{36}/remove " /tmp/struck ;;
	set-override) grep -q "$2/driver_override " /tmp/struck ;;
	hold-power) grep -q "$2/power/control " /tmp/struck ;;
	unbind) grep -q "/unbind $2" /tmp/struck ;;
	probe) grep -qE "/(bind|drivers_probe) $2" /tmp/struck ;;
	*) true ;;
	esac
}

one_case() # FROM TO STEP OP TARGET WHEN DO
{
	local name="$1-$2 step $3 $4 $6 $7" problem=""
	is_mine "$name" || return 0
	problem=$(bring "$1") || { now="" && conclude "$name" "cannot begin: $problem"; return; }
	now=$1
	old=$(old_state)
	if ! strike_at "$3" "$4" "$5" "$6" "$7" "$2" || ! struck_target "$4" "$5" "$6"; then
		lost=$((lost + 1)) now=""
		conclude "$name" "did not hit its step: $(cat /tmp/struck /tmp/set.out 2>/dev/null)"
		return
	fi
	hit=$((hit + 1))
	case $7 in
	kill*)
		((status == 137)) || problem="exit $status, not killed"
		gpushift recover >/tmp/recover.out 2>&1 || problem="recover: $(cat /tmp/recover.out)"
		;;
	*) ((status == 1)) || problem="exit $status, not 1: $(cat /tmp/set.out)" ;;
	esac
	# In this shell: it says which mode the card is in.
	whole "$1" "$2" >/tmp/whole 2>&1 || problem+=" $(cat /tmp/whole)"
	[[ $7 == kill* || $now == "$1" || -z $now ]] || problem+=" not undone"
	conclude "$name" "$problem"
}

cases_of_step() # FROM TO STEP OP TARGET
{
	local when errno
	for when in before entry exit after; do one_case "$@" "$when" kill; done
	one_case "$@" entry killall
	[[ $WRITES == *" $4 "* ]] || return 0
	one_case "$@" exit killall
	for errno in $ERRNOS; do one_case "$@" entry "errno=$errno"; done
}

# --- stand-in drivers and a full disk -------------------------------------------------------------------------------

# The driver refuses: all of the edge's probes of it.
probe_fails() # FROM TO
{
	local name="$1-$2 probe fails" problem=""
	is_mine "$name" || return 0
	bring "$1" >/dev/null && old=$(old_state)
	standin fail_probe 5
	# shellcheck disable=SC2046
	expect_status 1 gpushift set $(arguments "$2") || problem="$(cat /tmp/set.out)"
	standin fail_probe 0
	whole "$1" "$2" >/tmp/whole 2>&1 || problem+=" $(cat /tmp/whole)"
	hit=$((hit + 1))
	[[ $now == "$1" ]] || problem+=" not undone"
	conclude "$name" "$problem"
}

expect_status() # STATUS COMMAND...
{
	local wanted=$1
	shift
	"$@" >/tmp/set.out 2>&1
	status=$?
	((status == wanted)) || { echo "exit $status" >>/tmp/set.out; return 1; }
}

# Killed while the kernel is inside the driver's probe or remove; it comes back after somebody waits for it.
held() # FROM TO probe|remove
{
	local name="$1-$2 killed inside $3" problem="" pid
	is_mine "$name" || return 0
	bring "$1" >/dev/null && old=$(old_state)
	standin "hold_$3" 1
	# shellcheck disable=SC2046
	gpushift set $(arguments "$2") >/tmp/set.out 2>&1 &
	pid=$!
	if wait_for 20 standin_holds; then hit=$((hit + 1)); else lost=$((lost + 1)) problem="the driver was not asked"; fi
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	gpushift recover >/tmp/recover.out 2>&1 &
	pid=$!
	wait_for 10 grep -q -- '-> FLOCK' /proc/locks
	standin "hold_$3" 0
	wait "$pid" || problem+=" recover: $(cat /tmp/recover.out)"
	whole "$1" "$2" >/tmp/whole 2>&1 || problem+=" $(cat /tmp/whole)"
	conclude "$name" "$problem"
}

# The disk fills up after the journal was written: what cannot be recorded is undone, or was not needed.
disk_full() # FROM TO STEP OP TARGET
{
	local name="$1-$2 step $3 $4 disk full" problem=""
	is_mine "$name" || return 0
	bring "$1" >/dev/null && old=$(old_state)
	rm -rf /tmp/state
	cp -a "$STATE" /tmp/state
	mount -t tmpfs -o size=128k small "$STATE"
	cp -a /tmp/state/. "$STATE/"
	if strike_at "$3" "$4" "$5" before "run=dd if=/dev/zero of=$STATE/fill bs=4k 2>/dev/null; [ -s $STATE/fill ]" "$2"; then
		hit=$((hit + 1))
	else
		lost=$((lost + 1)) problem="did not hit its step"
	fi
	((status == 0 || status == 1)) || problem+=" exit $status: $(cat /tmp/set.out)"
	rm "$STATE/fill"
	whole "$1" "$2" >/tmp/whole 2>&1 || problem+=" $(cat /tmp/whole)"
	((status == 0)) && [[ $now != "$2" ]] && problem+=" said to be done"
	((status == 1)) && [[ $now != "$1" ]] && problem+=" said to be undone"
	rm -rf /tmp/state
	cp -a "$STATE" /tmp/state
	umount "$STATE"
	rm -rf "$STATE"
	cp -a /tmp/state "$STATE"
	conclude "$name" "$problem"
}

card_is_there() { [[ -L $PCI/$card/driver ]]; }

plug_in_again()
{
	wait_for 30 qmp device_add '{"driver": "secondary-vga", "id": "card", "bus": "rp1"}' && wait_for 30 card_is_there
}

# The card is pulled before the step, and comes again: nothing of the switch stands in its way.
vanishes() # FROM TO STEP OP TARGET
{
	local name="$1-$2 step $3 $4 card vanishes" problem=""
	is_mine "$name" || return 0
	bring "$1" >/dev/null
	if strike_at "$3" "$4" "$5" before "run=bash /tmp/unplug" "$2"; then
		hit=$((hit + 1))
	else
		lost=$((lost + 1)) problem="did not hit its step"
	fi
	((status == 1 || status == 4)) || problem+=" exit $status: $(cat /tmp/set.out)"
	[[ ! -e $PCI/$card ]] || problem+=" it is still there"
	plug_in_again >/tmp/plugged || problem+=" it does not come again: $(cat /tmp/plugged)"
	gpushift recover >/tmp/recover.out 2>&1
	[[ ! -e $STATE/journal ]] || problem+=" a journal is left: $(cat /tmp/recover.out)"
	((status != 4)) || [[ $(mode_of "$card") == quarantined ]] || problem+=" exit 4, and not quarantined"
	# Its vGPUs went with it.
	rm -f "$STATE"/vgpus/*.json
	prepare_card || problem+=" the driver does not take it again"
	gpushift set "$card" host >/tmp/set.out 2>&1 || problem+=" not to the host again: $(cat /tmp/set.out)"
	now=host
	is_mode "$card" host || problem+=" it is $(mode_of "$card")"
	conclude "$name" "$problem"
}

# --- all of it ------------------------------------------------------------------------------------------------------

# The product says which steps an edge has. One whole switch gives the state to be reached.
edge() # FROM TO
{
	local plan steps=() i before
	choose_fence "$1"
	bring "$1" || { check "$1: can be reached" false; return; }
	# shellcheck disable=SC2046
	plan=$(gpushift plan $(arguments "$2") --json) || { note "$1-$2 is refused: $(jq -c '[.refused[].code]' <<<"$plan")"; return; }
	edges=$((edges + 1)) of_edge=0 before=$run
	mapfile -t steps < <(jq -r '.steps[] | .op + " " + .target' <<<"$plan")
	bring "$2" || { check "$1-$2: can be switched" false; return; }
	new=$(new_state)
	for ((i = 0; i < ${#steps[@]}; i++)); do
		# shellcheck disable=SC2086
		cases_of_step "$1" "$2" "$i" ${steps[i]}
		# shellcheck disable=SC2086
		disk_full "$1" "$2" "$i" ${steps[i]}
		# shellcheck disable=SC2086
		vanishes "$1" "$2" "$i" ${steps[i]}
	done
	case " ${steps[*]} " in *" probe "*) [[ $2 == passthrough ]] || { probe_fails "$1" "$2"; held "$1" "$2" probe; } ;; esac
	case " ${steps[*]} " in *" unbind "*) [[ $1 == passthrough ]] || held "$1" "$2" remove ;; esac
	((run == before)) || edges_run=$((edges_run + 1))
}

# In this shell, which keeps the line.
qmp_open >/tmp/qmp.out
check "QEMU can be told to pull the card" test $? = 0
printf '%s\n' ". /tests/lib.sh; . /tests/qmp.sh; qmp_again" \
	"qmp device_del '{\"id\": \"card\"}' && wait_for 30 test ! -e $PCI/$card" >/tmp/unplug
check "$card: the stand-in driver takes it" prepare_card
check "it has fences" make_fences
now=host
for from in host passthrough vgpu; do
	for to in host passthrough vgpu; do
		[[ $from == "$to" ]] || edge "$from" "$to"
	done
done
check "cases were run, and hit their steps" test "$run" = "$hit" -a "$lost" = 0
[[ $every != edge/* ]] || check "each of $edges edges had a case" test "$edges_run" = "$edges" -a "$edges" -gt 0
value generated "$generated"
value run "$run"
value hit "$hit"
value lost "$lost"
