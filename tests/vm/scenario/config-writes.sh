# Whoever asks the module for everything writes no device, and does not even look at one that sleeps: seen from outside,
# in the trace that the emulator writes of every access to configuration space.
# topology: slots
# modules: vfio-pci
# programs: judge
# trace: pci_cfg_read pci_cfg_write

# A line of the trace: pci_cfg_write NAME BUS:DEVICE.FUNCTION @OFFSET <- VALUE
accesses() # KIND COMMAND...: prints what the command, and all else meanwhile, did
{
	local kind=$1 before
	shift
	before=$(stat -c %s /outside/trace)
	"$@" >/dev/null || return
	tail -c "+$((before + 1))" /outside/trace | grep -a "^pci_cfg_$kind "
	return 0
}

writes_nothing() # COMMAND...
{
	local seen
	seen=$(accesses write "$@") || return
	[[ -z $seen ]] || { echo "$seen"; return 1; }
}

reads_of() # ADDRESS COMMAND...
{
	local address=${1#0000:}
	shift
	accesses read "$@" | grep -c " $address @"
}

sleepers()
{
	local file
	for file in "$PCI"/*/power_state; do
		[[ $(<"$file") != D3hot ]] || echo "${file%/*}"
	done | sed 's/.*\///'
}

has_sleeper() { [[ -n $(sleepers) ]]; }
write_back() { setpci -s "$1" "INTERRUPT_LINE=$(setpci -s "$1" INTERRUPT_LINE)"; }

modprobe -a 9p 9pnet_virtio
mkdir /outside
mount -t 9p -o trans=virtio,version=9p2000.L,cache=none,ro outside /outside || exit

disk=$(find_class 0108 | tail -n 1)
display=$(find_class 03 | head -n 1)
bind_override "$disk" vfio-pci
check "a function falls asleep" wait_for 60 has_sleeper
asleep=$(sleepers | head -n 1)

expect_match "^pci_cfg_write [^ ]* ${display#0000:} @0x3c <- " "a write is seen" accesses write write_back "$display"
check "asking for everything by netlink and /proc writes nothing" writes_nothing gpushift-judge --only-ask
expect_match '^[1-9]' "what is awake is read" reads_of "$display" gpushift-judge --only-ask
expect_output 0 "what sleeps is not" reads_of "$asleep" gpushift-judge --only-ask
expect_match '^[1-9]' "a read of what sleeps would be seen" reads_of "$asleep" setpci -s "$asleep" VENDOR_ID
check "and it still sleeps" grep -qx D3hot "$PCI/$asleep/power_state"
check "nor does an unprivileged user's question write" writes_nothing as_user gpushift-judge --only-ask
