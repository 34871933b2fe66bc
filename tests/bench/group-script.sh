#!/bin/bash
# The script by which guides to PCI passthrough have people list their IOMMU groups: what the inventory is measured against.

# 1. Check if IOMMU is enabled
if ! dmesg | grep -e "DMAR" -e "IOMMU" | grep -q "enabled"; then
    echo "WARNING: IOMMU doesn't appear to be enabled!"
    echo "Check your BIOS settings and kernel parameters."
fi

# 2. Display all IOMMU groups and their devices
echo "Listing all IOMMU Groups:"
shopt -s nullglob
for d in /sys/kernel/iommu_groups/*/devices/*; do
    n=${d#*/iommu_groups/*}; n=${n%%/*}
    printf 'IOMMU Group %s: ' "$n"
    lspci -nns "${d##*/}"
done
