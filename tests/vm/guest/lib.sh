# shellcheck shell=bash
# What a scenario can say. It is a plain bash script, run as root in the emulated host; each check goes on after a failure.
#
#   check "what" COMMAND...            passes when the command succeeds
#   check_fails "what" COMMAND...      passes when it fails (but does not crash)
#   expect_exit N "what" COMMAND...    passes when it exits N
#   expect_output TEXT "what" COMMAND...   passes when its output is TEXT
#   expect_match REGEX "what" COMMAND...   passes when its output matches
#   skip "what" REASON                 counts as skipped
#   wait_for SECONDS COMMAND...        runs the command again at each uevent until it succeeds
#   as_user COMMAND...                 runs it as uid 1000 with no groups and no capabilities
#   value NAME NUMBER, note TEXT       for benchmarks and people
#   snapshot_sysfs, assert_unchanged "what"   driver, override and mdevs of every PCI device
#   expect_kernel_log REGEX            such warnings are part of this scenario
#   end_now COMMAND...                 the boot ends here, by COMMAND: what was checked so far is all
# Facts: pci_devices driver_of override_of group_of members_of id_of find_class find_id
# Switching by hand: bind_override, release_override, create_mdev, remove_mdev. Guests: nested.sh. QEMU from inside:
# qmp.sh. Leaks: debug.sh. VFIO users: hold_device, release_device.

PCI=/sys/bus/pci/devices
started=${EPOCHREALTIME/./}

record() { printf '%s %s\n' "$1" "${*:2}" >"$RESULTS"; }
value() { record value "$1" "$2"; }
note() { record note "$*"; }
skip() { record skip "$1 - $2"; }

step() # NAME: what took the time since the last step
{
	local now=${EPOCHREALTIME/./} since=$((${EPOCHREALTIME/./} - started))
	[[ $1 != kernel ]] || since=$(awk '{print int($1 * 1000000)}' /proc/uptime)
	record step "$((since / 1000000)).$(printf '%02d' $((since / 10000 % 100))) $1"
	started=$now
}

# What each check took stands in the console, kept by run --keep.
lap=$started
lap() { local now=${EPOCHREALTIME/./}; LAP="$(((now - lap) / 1000)) ms"; lap=$now; }

# The output of every checked command goes to the console, which is shown when something fails.
verdict() # WHAT REASON OUTPUT: empty reason = passed
{
	if [[ -z $2 ]]; then
		record ok "$1"
		lap
		echo "ok $1 ($LAP)"
	else
		record "not ok" "$1 - $2"
		lap
		printf 'not ok %s - %s\n%s\n' "$1" "$2" "$3"
	fi
}

first_line() { printf '%.200s' "${1%%$'\n'*}"; }

check()
{
	local what=$1 output status
	shift
	output=$("$@" 2>&1)
	status=$?
	((status == 0)) && status="" || status="exit $status: $(first_line "$output")"
	verdict "$what" "$status" "$output"
}

check_fails()
{
	local what=$1 output status reason=""
	shift
	output=$("$@" 2>&1)
	status=$?
	((status != 0)) || reason="succeeded: $(first_line "$output")"
	((status < 126)) || reason="exit $status: $(first_line "$output")"
	verdict "$what" "$reason" "$output"
}

expect_exit()
{
	local wanted=$1 what=$2 output status reason=""
	shift 2
	output=$("$@" 2>&1)
	status=$?
	((status == wanted)) || reason="exit $status, not $wanted: $(first_line "$output")"
	verdict "$what" "$reason" "$output"
}

expect_output()
{
	local wanted=$1 what=$2 output reason=""
	shift 2
	output=$("$@" 2>&1)
	[[ $output == "$wanted" ]] || reason="'$(first_line "$output")', not '$(first_line "$wanted")'"
	verdict "$what" "$reason" "$output"
}

expect_match()
{
	local wanted=$1 what=$2 output reason=""
	shift 2
	output=$("$@" 2>&1)
	[[ $output =~ $wanted ]] || reason="'$(first_line "$output")' does not match $wanted"
	verdict "$what" "$reason" "$output"
}

# Runs the command at once and then after each uevent; a slow tick covers changes that have none.
wait_for() # SECONDS COMMAND...
{
	local end=$((SECONDS + $1)) events pid status=1
	shift
	exec {events}< <(exec uevents)
	pid=$!
	read -r -u "$events"
	while :; do
		"$@" >/dev/null 2>&1 && { status=0; break; }
		((SECONDS < end)) || break
		read -r -t 0.2 -u "$events" || true
	done
	kill "$pid"
	exec {events}<&-
	return "$status"
}

# Also for the background, where a function would be a shell that is killed in the program's place.
AS_USER=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs --)
as_user() { "${AS_USER[@]}" "$@"; }

pci_devices() { printf '%s\n' "$PCI"/* | sed 's/.*\///'; }
driver_of() { pci-state "$1" driver; }        # "-": none
override_of() { pci-state "$1" driver_override; }
group_of() { pci-state "$1" iommu_group; }    # "-": none
members_of() { ls "$PCI/$1/iommu_group/devices"; }
is_driver() { [[ $(driver_of "$1") == "$2" ]]; }

find_class() # PREFIX: addresses of functions whose class begins so
{
	pci-state | sed -n "s/^\([^ ]*\) .* class=$1.*/\1/p"
}

find_id() # VENDOR:DEVICE
{
	pci-state | sed -n "s/^\([^ ]*\) .* vendor=${1%:*} device=${1#*:} .*/\1/p"
}

id_of() { echo "$(pci-state "$1" vendor):$(pci-state "$1" device)"; }

bind_override() # ADDRESS DRIVER: by hand, as an administrator would with sysfs alone
{
	echo "$2" >"$PCI/$1/driver_override"
	[[ ! -L $PCI/$1/driver ]] || echo "$1" >"$PCI/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
	is_driver "$1" "$2"
}

release_override() # ADDRESS: back to the kernel's own choice
{
	echo >"$PCI/$1/driver_override"
	[[ ! -L $PCI/$1/driver ]] || echo "$1" >"$PCI/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
}

create_mdev() # PARENT TYPE UUID: loads the sample driver first where the parent is one of its
{
	[[ -d $1 ]] || modprobe "${1##*/}"
	echo "$3" >"$1/mdev_supported_types/$2/create" && [[ -e /sys/bus/mdev/devices/$3 ]]
}

remove_mdev() { echo 1 >"/sys/bus/mdev/devices/$1/remove"; }

sysfs_state() { pci-state; ls /sys/bus/mdev/devices 2>/dev/null; }

snapshot_sysfs() { sysfs_state >/tmp/sysfs.before; }

assert_unchanged() # WHAT
{
	sysfs_state >/tmp/sysfs.after
	check "$1" diff /tmp/sysfs.before /tmp/sysfs.after
}

load_host_drivers()
{
	# As udev does: one modprobe for all the aliases; those without a module are no error.
	cat "$PCI"/*/modalias | sort -u | xargs modprobe -a -b -q
	wait_for 30 hosts_settled
	return 0
}

# Probes are synchronous for PCI drivers loaded by modprobe, except for those (nvme) that ask for asynchronous probing.
hosts_settled()
{
	local device
	for device in $(find_class 0108); do
		[[ -L $PCI/$device/driver ]] || return 1
	done
}

# VFIO users: hold_device takes devices as a guest would and returns once they are held.
hold_device() # NAME DEVICE...: NAME is for release_device
{
	local line name=$1
	shift
	rm -f "/tmp/hold.$name"*
	mkfifo "/tmp/hold.$name" "/tmp/hold.$name.out"
	# Standard input never ends: the holder goes when it is killed.
	vfio-probe --hold "$@" <>"/tmp/hold.$name" >"/tmp/hold.$name.out" 2>&1 &
	echo $! >"/tmp/hold.$name.pid"
	while read -r line; do
		[[ $line != holding ]] || return 0
		echo "$line"
	done <"/tmp/hold.$name.out"
	return 1
}

holder_pid() { cat "/tmp/hold.$1.pid"; }

release_device() # NAME
{
	kill "$(holder_pid "$1")"
	await-exit "$(holder_pid "$1")"
}

KERNEL_TROUBLE='WARNING:|BUG:|Oops|Call Trace|general protection fault|refcount_t:|UBSAN:|KASAN:|INFO: task .* blocked|soft lockup|possible recursive locking|rcu: INFO|ODEBUG:'
expect_kernel_log() { echo "$1" >>/tmp/expected.log; }

check_kernel_log()
{
	local trouble
	trouble=$(dmesg | grep -E "$KERNEL_TROUBLE")
	[[ ! -s /tmp/expected.log ]] || trouble=$(grep -vEf /tmp/expected.log <<<"$trouble")
	verdict "kernel log is clean" "$(first_line "$trouble")" "$(dmesg | tail -n 60)"
}

# The line is set anew only when all was sent.
end_now()
{
	check_kernel_log
	printf 'done\n' >"$RESULTS"
	stty -F "$RESULTS" raw -echo
	"$@"
	sleep 60
	record "not ok" "$* ends the emulated host"
}

run_scenario()
{
	local status
	cd /tests || exit
	bash -c '. /tests/env; . /tests/lib.sh; . /tests/debug.sh; . /tests/nested.sh; . /tests/qmp.sh; . /tests/scenario' </dev/null
	status=$?
	((status == 0)) || record "not ok" "scenario runs to its end - exit $status"
}
