# Events that can be relied on: 1,000 times bound and unbound, and functions that come and go, while three listeners read.
# topology: demo
# modules: pci-stub
# shellcheck shell=bash
CYCLES=1000

modprobe gpushift_test_bus functions=2
# The stand-in's functions, by its vendor and device.
mapfile -t functions < <(find_id 1234:6710)
storm=${functions[0]} plugged=${functions[1]}
echo pci-stub >"$PCI/$storm/driver_override"

value_of() { sed -n "s/^$1=//p" /tmp/storm; }
is() { [[ $(value_of "$1") == "$2" ]] || { echo "$1 is $(value_of "$1"), not $2"; return 1; }; }
at_least() { (($(value_of "$1") >= $2)) || { echo "$1 is $(value_of "$1"), less than $2"; return 1; }; }

check "the storm ends" bash -c "storm $CYCLES pci-stub $storm $plugged ${plugged%:*} >/tmp/storm"
note "$(tr '\n' ' ' </tmp/storm)"

check "a listener with room loses nothing" is log_lost 0
check "the kernel's numbering has no gaps" is log_gaps 0
check "the generation of a dump counts the same events" is log_generations "$(value_of events)"
# One more cycle shows that the slow listener hears again.
check "binding and unbinding is told whole and in order" is bind_cycles $((CYCLES + 1))
check "removal and return are told whole and in order" is hotplug_cycles $((CYCLES / 20))
check "nothing else is told" is other_events 0
check "there are dumps in the storm" at_least dumps_consistent 20
check "some are raced, and say so" at_least dumps_flagged 1
check "each of the others has one generation" is dumps_mixed 0
check "and is what the events say of that generation" is dumps_wrong 0
check "a slow listener learns that it missed events" is slow_missed 1
check "one dump later it knows what sysfs says" is slow_recovered 1
check "and hears what comes next" is slow_after 4
check "the stand-in can be removed" rmmod gpushift_test_bus
