#!/bin/bash
# The script by which guides to PCI passthrough have people bind devices to vfio-pci, without its sudo: what a switch is
# measured against. Arguments: addresses.
for dev in "$@"; do
    # Unbind from current driver
    echo "$dev" | tee /sys/bus/pci/devices/$dev/driver/unbind >/dev/null 2>&1

    # Override driver to vfio-pci
    echo "vfio-pci" | tee /sys/bus/pci/devices/$dev/driver_override >/dev/null

    # Reprobe to attach vfio-pci
    echo "$dev" | tee /sys/bus/pci/drivers_probe >/dev/null
done

echo "Verifying driver status..."
for dev in "$@"; do
    echo -e "\nDevice: $dev"
    # Show the kernel driver currently in use
    lspci -ks ${dev#0000:} | grep "Kernel driver in use"
done
