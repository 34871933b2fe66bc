# The smallest scenario.
check "the emulated host has PCI devices" test -n "$(pci_devices)"
