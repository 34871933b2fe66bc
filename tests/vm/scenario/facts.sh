# Every fact that the module tells is what sysfs, configuration space, lspci and VFIO say, in one state after another.
# modules: vfio-pci
# programs: judge
# deadline: 600
. /tests/cards.sh

judge()
{
	lspci -D -n -vvv >/tmp/lspci 2>/dev/null
	gpushift-judge --lspci /tmp/lspci "$@"
}

agrees() { grep -q ' 0 disagreements$' /tmp/self-check || { cat /tmp/self-check; return 1; }; }

enable_vfs()
{
	local total
	for total in "$PCI"/*/sriov_totalvfs; do
		[[ -e $total ]] || continue
		echo 0 >"${total%/*}/sriov_drivers_autoprobe"
		cat "$total" >"${total%/*}/sriov_numvfs"
	done
}

has_vfs() { compgen -G "$PCI/*/sriov_totalvfs" >/dev/null; }
reset_files() { compgen -G "$PCI/*/reset_method"; }

# What may go to a guest: no bridges, nothing of the chipset. At most as many as do not take long.
for_guests()
{
	local device count=0
	for device in $(pci_devices); do
		[[ $device != *:00:1f.* && -e $PCI/$device/iommu_group ]] || continue
		[[ $(pci-state "$device" class) != 06* && $(pci-state "$device" class) != 08* ]] || continue
		((count++ < 14)) || break
		echo "$device"
	done
}

bind_to_vfio()
{
	local device
	for device in $(for_guests); do
		echo vfio-pci >"$PCI/$device/driver_override"
		[[ ! -L $PCI/$device/driver ]] || echo "$device" >"$PCI/$device/driver/unbind"
	done
	for device in $(for_guests); do
		echo "$device" >/sys/bus/pci/drivers_probe
	done
}

# A function on vfio-pci in a group that a guest can use.
guest_device()
{
	local device
	for device in $(for_guests); do
		if is_driver "$device" vfio-pci && vfio-probe --group "$device" >/dev/null; then
			echo "$device"
			return
		fi
	done
}

write_methods() # WORD, or "last": the last of those that are enabled
{
	local file methods
	for file in $(reset_files); do
		methods=$(<"$file")
		[[ $1 == last ]] || methods=$1
		echo "${methods##* }" >"$file"
	done
}

# A function that shares its bus with another, below a bridge that is not part of the chipset.
crowded()
{
	local device
	for device in $(pci_devices); do
		[[ $(pci-state "$device" class) != 06* && $device != 0000:00:* ]] || continue
		(($(compgen -G "$PCI/${device%:*}:*" | wc -l) > 1)) || continue
		[[ ! -e $PCI/$device/physfn ]] || continue
		echo "$device"
		return
	done
}

if has_vfs; then
	check "before there are virtual functions" judge
	enable_vfs
fi
judge --self-check >/tmp/self-check
check "as booted" agrees
check "each fact that is told wrong is found" grep -q ' lies caught, 0 missed$' /tmp/self-check
note "$(tail -n 1 /tmp/self-check); $(grep -c '^never compared' /tmp/self-check) facts not to be seen here"
sed -n 's/^never compared: /not to be seen here: /p' /tmp/self-check

write_methods last
check "with one reset method each" judge
write_methods ''
check "with no reset method" judge
write_methods default
check "with the kernel's own reset methods again" judge --methods

alone=$(crowded)
if [[ -n $alone ]]; then
	echo 1 >"$PCI/$alone/remove"
	check "after a neighbour was removed" judge --methods
	echo 1 >/sys/bus/pci/rescan
	check "after it came back" judge --methods
fi

parent=$(find_class 03 | head -n 1)
if make_vgpu_host "$parent"; then
	check "with a display that offers mediated devices" judge
	release_override "$parent"
else
	check "a display can offer mediated devices" false
fi

if [[ -e /sys/kernel/iommu_groups/0 ]]; then
	bind_to_vfio
	check "with functions on vfio-pci, some of them asleep" judge
	device=$(guest_device)
	if [[ -n $device ]] && hold_device guest "$device"; then
		check "while a guest has ${device#0000:}" judge
		release_device guest
	else
		check "a guest can have a function" false
	fi
	check "what VFIO says" judge --vfio --methods
fi
