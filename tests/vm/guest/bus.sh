# shellcheck shell=bash
# A system bus with the daemon on it, and what a scenario asks them. Needs `# userland: dbus` and, in `# files:`, this file
# and userspace/data/org.gpushift1.conf.
#
#   start_bus, start_daemon [OPTION]..., stop_daemon
#   bus_call PATH INTERFACE METHOD [SIGNATURE ARGUMENT...]   prints the reply as JSON
#   gpu_call CARD INTERFACE METHOD ...    the same for a card
#   gpu_error CARD METHOD ...             prints `NAME: MESSAGE` of the error
#   gpu_property CARD NAME, manager_property NAME, has_property CARD NAME VALUE
#   paths                                 the cards that have an object
#   start_listening, signalled CARD PROPERTY VALUE    the signals are in /tmp/signals

start_bus()
{
	mkdir -p /run/dbus /usr/share/dbus-1/system.d
	cp /tests/org.gpushift1.conf /usr/share/dbus-1/system.d/
	dbus-daemon --system --fork --nopidfile --nosyslog
}

# Its own words go to the console of the emulated host.
start_daemon() { await-ready /tmp/gpushiftd.pid gpushiftd "$@" </dev/null >/dev/console 2>&1; }

daemon_pid() { cat /tmp/gpushiftd.pid; }

stop_daemon()
{
	kill "$(daemon_pid)"
	await-exit "$(daemon_pid)"
}

path_of()
{
	local name=${1//:/_}
	echo "/org/gpushift1/gpu/_${name//./_}"
}

bus_call() { busctl --json=short call org.gpushift1 "$@"; }
gpu_call() { bus_call "$(path_of "$1")" "${@:2}"; }

# busctl says the message only; the name of an error is what programs go by.
gpu_error() # CARD METHOD [SIGNATURE ARGUMENT...]
{
	gpu_call "$1" org.gpushift1.Gpu "${@:2}" 2>/tmp/error >/dev/null && return
	sed 's/^Call failed: //' /tmp/error
}

gpu_property() { busctl --json=short get-property org.gpushift1 "$(path_of "$1")" org.gpushift1.Gpu "$2" | jq -r .data; }
manager_property() { busctl --json=short get-property org.gpushift1 /org/gpushift1 org.gpushift1.Manager "$1" | jq -r .data; }
has_property() { [[ $(gpu_property "$1" "$2") == "$3" ]]; }

paths()
{
	bus_call /org/gpushift1 org.freedesktop.DBus.ObjectManager GetManagedObjects |
		jq -r '.data[0] | to_entries[] | select(.value["org.gpushift1.Gpu"]) | .value["org.gpushift1.Gpu"].Address.data' | sort
}

# A monitor sees what everybody would.
start_listening()
{
	: >/tmp/signals
	busctl --json=short monitor org.gpushift1 >/tmp/signals 2>/tmp/signals.log &
	wait_for 20 grep -q "Monitoring" /tmp/signals.log
}

signalled() # CARD PROPERTY VALUE
{
	jq -e --arg path "$(path_of "$1")" --arg name "$2" --arg value "$3" -n \
		'[inputs | select(.member == "PropertiesChanged" and .path == $path) | .payload.data[1][$name].data // empty | select(. == $value)] | length > 0' \
		/tmp/signals
}
