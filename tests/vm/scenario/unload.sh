# The module is unloaded and loaded while everything uses it: dumps, /proc, listeners, drivers that come and go.
# Argument: how often (100).
# topology: sixteen
# modules: pci-stub
# deadline: 900
# shellcheck shell=bash
count=${SCENARIO_ARGS[0]:-100}
file=$(modinfo -F filename gpushift)
loads=()

start_load() # NAME COMMAND...
{
	local name=$1
	shift
	"$@" >"/tmp/load.$name" 2>&1 &
	loads+=("$name:$!")
}

# Until it is told to end: one display changes between its driver and pci-stub.
rebind_loop()
{
	local card=$1 driver=$2 to=pci-stub ended=""
	trap 'ended=yes' TERM
	while [[ -z $ended ]]; do
		bind_override "$card" "$to" || { echo "wrong: $card is not on $to"; break; }
		echo "bound to $to"
		[[ $to == pci-stub ]] && to=$driver || to=pci-stub
	done
}

card=$(find_class 0380 | head -n 1)
driver=$(driver_of "$card")
rmmod gpushift
start_load dump genl-load dump
start_load dump-as-user "${AS_USER[@]}" genl-load dump
start_load proc genl-load proc
start_load listen genl-load listen
start_load rebind rebind_loop "$card" "$driver"
cycle-module "$file" gpushift "$count" >/tmp/cycles 2>&1
expect_match "^$count of $count cycles" "$count times unloaded under load" cat /tmp/cycles
note "$(cat /tmp/cycles)"
modprobe gpushift
for load in "${loads[@]}"; do
	kill "${load##*:}"
	wait "${load##*:}"
	status=$?
	expect_output "exit 0" "${load%:*}: nothing went wrong" bash -c "grep -h wrong: /tmp/load.${load%:*}; echo exit $status"
	note "$(tail -n 1 "/tmp/load.${load%:*}")"
done
for name in dump dump-as-user proc; do
	check "$name: some were read to the end" grep -qE 'complete [1-9]' "/tmp/load.$name"
done
check "the listener joined again" bash -c "(( \$(grep -c '^listening' /tmp/load.listen) > 1 ))"
check "the driver changed" grep -q 'bound to pci-stub' /tmp/load.rebind
expect_output 16 "the module answers" bash -c 'gpushift list --all --json | jq ".functions | length"'
