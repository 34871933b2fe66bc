# shellcheck shell=bash
# Figures of the daemon on a host with many functions: one CPU with counted instructions.
# topology: many
# modules: pci-stub
# userland: dbus
# files: tests/vm/guest/bus.sh userspace/data/org.gpushift1.conf
# deadline: 900
. /tests/bus.sh
FUNCTIONS=256 PORTS=2 IDLE=60

enable_vfs()
{
	local device
	for device in $(pci_devices); do
		[[ -f $PCI/$device/sriov_totalvfs && $(<"$PCI/$device/sriov_numvfs") == 0 ]] || continue
		echo 0 >"$PCI/$device/sriov_drivers_autoprobe"
		cat "$PCI/$device/sriov_totalvfs" >"$PCI/$device/sriov_numvfs"
	done
}

# The stand-in's functions are displays: as many as are missing.
fill_up()
{
	local missing=$((FUNCTIONS - $(pci_devices | wc -l)))
	# It brings its ports along.
	modprobe gpushift_test_bus functions=$((missing - PORTS)) per_port=8
}

allow_forwarder()
{
	mkdir -p /usr/share/dbus-1/system.d
	sed 's/org\.gpushift1/org.gpushift.Forward/g' /tests/org.gpushift1.conf >/usr/share/dbus-1/system.d/forward.conf
}

switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$1/status"; }

measure_bind() # NAME SENDER
{
	gpushift-bench bind "$1" "$2" "$function" pci-stub 15 >/tmp/bind || record "not ok" "measuring $1"
	sed -n "s/^value $1-ns //p" /tmp/bind
}

enable_vfs
check "displays are added" fill_up
expect_output "$FUNCTIONS" "$FUNCTIONS functions" eval "pci_devices | wc -l"
function=$(find_id 1234:6710 | head -n 1)
echo pci-stub >"$PCI/$function/driver_override"
allow_forwarder
start_bus

alone=$(measure_bind alone -)
await-ready /tmp/forward.pid gpushift-forward </dev/null >/dev/console 2>&1
forwarded=$(measure_bind forwarded org.gpushift.Forward)
kill "$(cat /tmp/forward.pid)"
await-exit "$(cat /tmp/forward.pid)"

check "the daemon starts" start_daemon
cards=$(paths | wc -l)
note "cards: $cards"
check "16 cards or more" test "$cards" -ge 16
shown=$(measure_bind shown org.gpushift1)
note "binding: $alone ns; until a signal of the forwarder $forwarded, of the daemon $shown"
# What the binding itself takes is nobody's merit.
value daemon-event-ns $((shown - alone))
value forward-event-ns $((forwarded - alone))

check "it reads everything again" busctl call org.gpushift1 /org/gpushift1 org.gpushift1.Manager Reload
pid=$(daemon_pid)
value daemon-pss-ns $(($(awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup") * 1024))
before=$(switches "$pid")
sleep "$IDLE"
value daemon-wakeups-ns $(($(switches "$pid") - before))
check "it still answers" test "$(gpu_property "$function" Driver)" = ""
check "it stops" stop_daemon
