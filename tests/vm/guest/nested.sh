# shellcheck shell=bash
# Guests inside the emulated host: QEMU with the tiny kernel, under KVM inside the software emulation.
# A scenario that uses them says `# nested: yes` in its header.

nested_ready()
{
	[[ -e /dev/kvm ]] || modprobe kvm-amd
	[[ -e /dev/kvm ]]
}

# guest_sees pci ADDRESS | mdev UUID | export NAME [...]: starts a guest with the devices and prints vendor:device of all
# that it sees. What is exported, QEMU gets as `gpushift export` writes it.
guest_sees()
{
	local devices=() log=/tmp/guest.log exported
	nested_ready || { echo "no KVM in the emulated host"; return 1; }
	while (($# > 1)); do
		case $1 in
		pci) devices+=(-device "vfio-pci,host=$2") ;;
		mdev) devices+=(-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$2,display=off") ;;
		export)
			mapfile -t exported < <(gpushift export "$2" --format qemu)
			((${#exported[@]})) || return 1
			# Options and values, as a shell would part them.
			read -ra exported <<<"${exported[*]}"
			devices+=("${exported[@]}")
			;;
		*) echo "guest_sees: $1?"; return 2 ;;
		esac
		shift 2
	done
	timeout 120 qemu-system-x86_64 -L /usr/share/qemu -accel kvm -cpu host -M q35 -m 128 -nodefaults -no-user-config \
		-nographic -vga none -net none -no-reboot -monitor none -serial "file:$log" -kernel /nested/kernel \
		-initrd /nested/initrd -append "console=ttyS0 quiet panic=-1" "${devices[@]}" </dev/null || return 1
	tr -d '\r' <"$log" | grep -q '^guest done' || { tail -n 20 "$log"; return 1; }
	tr -d '\r' <"$log" | sed -n 's/^pci \([^ ]*\) .*/\1/p'
}

# guest_has VENDOR:DEVICE KIND NAME [...]: whether a guest with the devices sees one of that kind
guest_has()
{
	local wanted=$1 seen
	shift
	seen=$(guest_sees "$@") || { echo "$seen"; return 1; }
	echo "$seen"
	grep -qxF "$wanted" <<<"$seen"
}
