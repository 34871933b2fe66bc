# Changes by the daemon: the command says and does the same with it and without, a job can be followed and cancelled, a plain
# user is refused before anything is touched, and a daemon that is killed leaves no card half switched.
# modules: vfio-pci
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh
. /tests/bus.sh

no_journal() { [[ ! -e /var/lib/gpushift/journal ]]; }
jobs_shown() { bus_call /org/gpushift1 org.freedesktop.DBus.ObjectManager GetManagedObjects | jq -r '.data[0] | keys[]' | grep -c /job/; }

# Exit status, standard output and standard error, each in a place of its own.
said() # ARGUMENT...
{
	local status=0
	gpushift "$@" >/tmp/out 2>/tmp/err || status=$?
	echo "exit $status"
	echo "-- out"; cat /tmp/out
	echo "-- err"; cat /tmp/err
}

card=$(free_card)
check "$card: the stand-in driver takes it" make_vgpu_host "$card"
check "the bus starts" start_bus
check "the daemon starts" start_daemon
snapshot_sysfs

# --- the same with and without ----------------------------------------------------------------------------------------

same_words() # WHAT ARGUMENT...: what they do is undone by the caller
{
	said "${@:2}" >/tmp/by-daemon
	expect_output "$(</tmp/direct)" "$1: as without the daemon" cat /tmp/by-daemon
}

said set "$card" passthrough --direct >/tmp/direct
said set "$card" host --direct >/tmp/direct.back
same_words "to passthrough" set "$card" passthrough
check "the daemon did it" test "$(jobs_shown)" = 1
expect_output vfio-pci "it was done" driver_of "$card"
check "the bus shows it" has_property "$card" Mode passthrough
cp /tmp/direct.back /tmp/direct
same_words "and back" set "$card" host
said set "$card" host --direct --json >/tmp/direct
same_words "in JSON" set "$card" host --json
said set "$card" vgpu --profile no-such-type --direct >/tmp/direct
same_words "a type that there is not" set "$card" vgpu --profile no-such-type
said set ffff:ff:1f.0 host --direct >/tmp/direct
same_words "a card that there is not" set ffff:ff:1f.0 host
said recover --direct --json >/tmp/direct
same_words "nothing to recover" recover --json

method=$(gpushift show "$card" --json | jq -r '.card.functions[0].reset_methods[0] // .card.reset_methods[0]')
said reset "$card" --method "$method" --direct >/tmp/direct
same_words "a reset" reset "$card" --method "$method"
said reset "$card" --method nothing --direct >/tmp/direct
same_words "a method that there is not" reset "$card" --method nothing
printf '[card %s]\nmode = passthrough\n[profile back]\n[card %s]\nmode = host\n' "$card" "$card" >/tmp/wanted
said apply /tmp/wanted --direct >/tmp/direct
said apply /tmp/wanted back --direct --json >/tmp/direct.back
same_words "a wanted state" apply /tmp/wanted
expect_output passthrough "is there" mode_of "$card"
cp /tmp/direct.back /tmp/direct
same_words "a profile of it" apply /tmp/wanted back --json
expect_exit 0 "from a pipe" eval "gpushift apply - <<<'[card $card]
mode = passthrough'"
expect_exit 0 "and back" gpushift apply /tmp/wanted back
echo 'mode = passthrough' >/tmp/wrong
said apply /tmp/wrong --direct >/tmp/direct
same_words "a file that is none" apply /tmp/wrong
said selftest "$card" --direct >/tmp/direct
same_words "a self-test without rounds" selftest "$card"
expect_match "^passed 2$" "two rounds" eval "gpushift selftest $card --rounds 2 --json | jq -r '\"\\(.verdict) \\(.done)\"'"
assert_unchanged "all is as before"

# --- by hand ----------------------------------------------------------------------------------------------------------

check "signals are listened to" start_listening
job=$(gpu_call "$card" org.gpushift1.Gpu SetMode 'sa{sv}' passthrough 1 timeout u 20 | jq -r '.data[0]')
expect_match "^/org/gpushift1/job/[0-9]+$" "SetMode gives a job" echo "$job"
finished() { jq -e --arg path "$1" -n '[inputs | select(.member == "Finished" and .path == $path)] | length == 1' /tmp/signals; }
check "it ends" wait_for 20 finished "$job"
job_says() { jq -r --arg path "$job" "select(.path == \$path and .member == \"$1\") | $2" /tmp/signals; }
expect_output "0 passthrough" "well" eval "job_says Finished '.payload.data | \"\\(.[0]) \\(.[1] | fromjson | .mode)\"'"
check "its steps were told" eval "job_says PropertiesChanged '.payload.data[1].Step.data // empty' | grep -qx 'unbind $card'"
expect_output finished "it can be asked afterwards" eval "busctl --json=short get-property org.gpushift1 $job org.gpushift1.Job State | jq -r .data"
expect_match "there is no option" "an option that there is not" gpu_error "$card" SetMode 'sa{sv}' host 1 speed u 3
expect_output passthrough "changes nothing" mode_of "$card"
expect_exit 0 "back to the host" gpushift set "$card" host

# --- a plain user -----------------------------------------------------------------------------------------------------

expect_exit 3 "a plain user is refused" as_user gpushift set "$card" passthrough
expect_match "not-permitted" "with the code" as_user gpushift set "$card" passthrough --json
expect_exit 3 "so is one that the user database does not know, whom the bus drops" \
	setpriv --reuid 54321 --regid 54321 --clear-groups -- gpushift set "$card" passthrough
check_fails "also on the bus" as_user busctl call org.gpushift1 "$(path_of "$card")" org.gpushift1.Gpu SetMode 'sa{sv}' passthrough 0
check_fails "to make a vGPU" as_user busctl call org.gpushift1 /org/gpushift1 org.gpushift1.Manager CreateVgpu 'ssa{sv}' "$card" nvidia-46 0
check_fails "to recover" as_user busctl call org.gpushift1 /org/gpushift1 org.gpushift1.Manager Recover 'a{sv}' 0
check "no journal was written" no_journal
assert_unchanged "nothing was touched"

# --- a vGPU -----------------------------------------------------------------------------------------------------------

type=$(gpushift profiles "$card" --json | jq -r 'first(.profiles[] | select(.available > 0) | .id)')
uuid=c2177883-f1bb-47f0-914d-32a22e3a8804
expect_output "$uuid: $type on $card" "a vGPU is made" gpushift --quiet vgpu create "$card" --profile "$type" --uuid "$uuid"
check "the bus shows it" has_property "$card" Mode vgpu
expect_output "$uuid: removed from $card" "and removed" gpushift --quiet vgpu remove "$uuid"
check "the bus shows that" has_property "$card" Mode host

# --- Ctrl-C -----------------------------------------------------------------------------------------------------------

start_held() # the command in the background, with the daemon's job inside the kernel
{
	standin hold_remove 1
	gpushift set "$card" passthrough >/tmp/held.out 2>&1 &
	held=$!
	wait_for 20 standin_holds
}

start_held
check "a switch hangs in the kernel" standin_holds
expect_output "$card" "the daemon serves" gpu_property "$card" Address
kill -INT "$held"
cancelling() { bus_call /org/gpushift1 org.freedesktop.DBus.ObjectManager GetManagedObjects | grep -q cancelling; }
check "Ctrl-C cancels the job" wait_for 10 cancelling
standin hold_remove 0
wait "$held"
check "the command ends with the undo" test $? = 1
assert_unchanged "the old mode is whole"

# --- the daemon is killed ---------------------------------------------------------------------------------------------

start_held
check "a switch hangs in the kernel again" standin_holds
kill -9 "$(daemon_pid)"
wait "$held"
check "the command fails" test $? = 1
expect_match "gpushiftd is gone" "and says why" cat /tmp/held.out
check "the daemon starts again" start_daemon
expect_exit 6 "what was begun still holds the lock" gpushift set "$card" host
standin hold_remove 0
check "it goes on to its end" wait_for 20 is_driver "$card" vfio-pci
check "and leaves no journal" wait_for 20 no_journal
check "the bus shows it" wait_for 20 has_property "$card" Mode passthrough
expect_exit 0 "back to the host" gpushift set "$card" host
assert_unchanged "as in the beginning"
check "the daemon stops" stop_daemon
