# Who else means to move a card, by the real programs: driverctl, mdevctl, libvirt; Proxmox and KubeVirt by the files that
# they document. Each is refused by its name, its fix command is run as it is told, and then the card moves.
# installed: yes
# modules: kmod tests/kmod
# topology: wishes
# deadline: 1200
. /tests/cards.sh

uuid=c2177883-f1bb-47f0-914d-32a22e3a8804

fix_of() { gpushift plan "$@" --json | jq -r '.refused[] | select(.code == "foreign-owner") | .fix'; }
evidence_of() { gpushift plan "$@" --json | jq -r '.refused[] | select(.code == "foreign-owner") | .evidence[]'; }

refused() # WHO CARD MODE: by the daemon, and nothing is touched
{
	snapshot_sysfs
	expect_exit 3 "$1 means to move it: refused" gpushift set "$2" "$3"
	expect_output foreign-owner "$1: by this code" refusals "$2" "$3"
	assert_unchanged "$1: nothing was touched"
}

run_fix() # WHO PATTERN CARD MODE
{
	local fix
	fix=$(fix_of "$3" "$4")
	expect_match "$2" "$1: the fix is told" echo "$fix"
	check "$1: the fix can be run: $fix" eval "$fix"
	expect_output "" "$1: nothing is in the way then" refusals "$3" "$4"
}

there_and_back() # WHO
{
	expect_exit 0 "$1: to passthrough" gpushift set "$card" passthrough
	expect_exit 0 "$1: and back" gpushift set "$card" host
}

driverctl_owns()
{
	local file=/etc/driverctl.d/pci-$card
	check "driverctl has it on vfio-pci" driverctl set-override "$card" vfio-pci
	expect_output passthrough "driverctl: which is passthrough" mode_of "$card"
	refused driverctl "$card" host
	expect_match "/etc/driverctl.d/pci-$card keeps $card on vfio-pci" "driverctl: the file is named" evidence_of "$card" host
	expect_exit 0 "driverctl: --force takes it" gpushift set "$card" host --force
	expect_output vfio-pci "driverctl: its file is left" cat "$file"
	expect_exit 0 "driverctl: so it does at the next boot" driverctl load-override "$card"
	run_fix driverctl "^driverctl unset-override $card$" "$card" host
	expect_output host "driverctl gave it back itself" mode_of "$card"
	there_and_back driverctl
	check "driverctl only for now" driverctl --nosave set-override "$card" vfio-pci
	expect_exit 0 "driverctl: that is nobody's wish" gpushift set "$card" host
}

defined() { mdevctl list --defined | sed 's/^\([^ ]*\) \([^ ]*\) \([^ ]*\) \([^ ]*\).*/\1 \2 \3 \4/'; }

mdevctl_owns()
{
	local type=nvidia-46
	check "a vGPU host" bind_override "$card" nvidia
	# As its documentation says; the package has no such folders.
	mkdir -p /etc/mdevctl.d/scripts.d/callouts /etc/mdevctl.d/scripts.d/notifiers
	check "mdevctl starts one by itself" mdevctl define --auto --uuid "$uuid" --parent "$card" --type "$type"
	refused mdevctl "$card" passthrough
	run_fix mdevctl "^mdevctl modify -u $uuid -p $card --manual$" "$card" passthrough
	there_and_back mdevctl
	expect_output "$uuid $card $type manual" "mdevctl: its definition is still there" defined
	check "mdevctl starts it" mdevctl start --uuid "$uuid"
	expect_output "$uuid other" "it is seen, and nobody's of ours" eval "gpushift vgpu list --json | jq -r '.vgpus[] | .uuid + \" \" + .owner'"
	snapshot_sysfs
	expect_exit 3 "mdevctl: a vGPU is not taken away" gpushift set "$card" passthrough --force
	expect_output vgpus-exist "mdevctl: by this code" refusals "$card" passthrough
	assert_unchanged "mdevctl: it is left"
	expect_exit 0 "named, it goes" gpushift vgpu remove "$uuid"
	expect_output "$uuid $card $type manual" "mdevctl: its definition stays" defined
	check "mdevctl starts it by itself again" mdevctl modify --uuid "$uuid" --auto
	expect_exit 0 "mdevctl: --force takes the card" gpushift set "$card" passthrough --force
	expect_exit 3 "mdevctl: which it needs to come back, too" gpushift set "$card" host
	expect_exit 0 "mdevctl: --force" gpushift set "$card" host --force
	expect_output "$uuid $card $type auto" "mdevctl: nothing of it is lost" defined
	check "mdevctl forgets it" mdevctl undefine --uuid "$uuid"
	release_override "$card"
}

domain() # NAME CARD
{
	local address=${2//[:.]/ } words
	read -r -a words <<<"$address"
	cat <<-EOF
		<domain type='qemu'>
		  <name>$1</name>
		  <memory unit='MiB'>64</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <hostdev mode='subsystem' type='pci' managed='yes'>
		      <source>
		        <address domain='0x${words[0]}' bus='0x${words[1]}' slot='0x${words[2]}' function='0x${words[3]}'/>
		      </source>
		    </hostdev>
		  </devices>
		</domain>
	EOF
}

users_of() { gpushift show "$1" --json | jq -r '.card.holders[] | .kind + " " + .manager + " " + .name' | sort -u; }

libvirt_owns()
{
	domain "the guest" "$card" >/tmp/guest.xml
	check "libvirt runs" systemctl start libvirtd.service
	check "libvirt has a domain with it" virsh --quiet define /tmp/guest.xml
	refused libvirt "$card" passthrough
	expect_match "$card is managed='yes' in domain the guest \(the guest.xml\)" "libvirt: the domain is named" evidence_of "$card" passthrough
	expect_exit 0 "libvirt: --force takes it" gpushift set "$card" passthrough --force
	expect_exit 0 "libvirt: and gives it back" gpushift set "$card" host
	check "the guest starts" virsh --quiet start --paused "the guest"
	expect_output vfio-pci "libvirt moved it" driver_of "$card"
	expect_output "vm libvirt the guest" "the guest has it" users_of "$card"
	snapshot_sysfs
	expect_exit 3 "it is not taken from a guest" gpushift set "$card" host --force
	expect_output in-use "which is why" refusals "$card" host
	assert_unchanged "the guest keeps it"
	check "the guest ends" virsh --quiet destroy "the guest"
	expect_output host "libvirt gave it back" mode_of "$card"
	printf '%s\n' '#!/bin/sh' "exec sed -i \"s/managed='yes'/managed='no'/\" \"\$1\"" >/var/tmp/editor
	chmod +x /var/tmp/editor
	export EDITOR=/var/tmp/editor
	run_fix libvirt "^virsh edit 'the guest'$" "$card" passthrough
	there_and_back libvirt
	check "the domain goes" virsh --quiet undefine "the guest"
}

# The one thing that `qm set` does here: a line of the VM's configuration is another.
qm() # set VMID --KEY VALUE
{
	sed -i "s|^${3#--}:.*|${3#--}: $4|" "/etc/pve/qemu-server/$2.conf"
	grep -q "driver=keep" "/etc/pve/qemu-server/$2.conf"
}

proxmox_owns()
{
	local node=/etc/pve/nodes/debian
	mkdir -p "$node/qemu-server" /etc/pve/mapping
	ln -s nodes/debian/qemu-server /etc/pve/qemu-server
	printf '%s\n' "#its screen" "cores: 4" "hostpci0: $card,pcie=1,x-vga=1" "" "[before]" "cores: 2" >"$node/qemu-server/100.conf"
	refused Proxmox "$card" passthrough
	expect_exit 0 "Proxmox: --force takes it" gpushift set "$card" passthrough --force
	expect_exit 0 "Proxmox: and gives it back" gpushift set "$card" host
	run_fix Proxmox "^qm set 100 --hostpci0 '$card,pcie=1,x-vga=1,driver=keep'$" "$card" passthrough
	printf '%s\n' "gpu" "	map id=1234:1111,iommugroup=1,node=elsewhere,path=0000:00:01.0" \
		"	map id=1234:1111,iommugroup=1,node=debian,path=$card" >/etc/pve/mapping/pci.cfg
	printf '%s\n' "hostpci1: mapping=gpu" >"$node/qemu-server/101.conf"
	refused "Proxmox' mapping" "$card" passthrough
	run_fix "Proxmox' mapping" "^qm set 101 --hostpci1 'mapping=gpu,driver=keep'$" "$card" passthrough
	there_and_back Proxmox
}

checkpoint() # GROUPS, in JSON
{
	echo "{\"Data\":{\"PodDeviceEntries\":null,\"RegisteredDevices\":{\"example.com/GPU\":$1}},\"Checksum\":1}" \
		>/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint
}

kubevirt_owns()
{
	local plugins=/var/lib/kubelet/device-plugins
	mkdir -p "$plugins"
	checkpoint "[\"$(group_of "$card")\"]"
	expect_output "" "KubeVirt: another's resource is none of its own" refusals "$card" passthrough
	touch "$plugins/kubevirt-example.com-GPU.sock"
	refused KubeVirt "$card" passthrough
	expect_output "kubectl -n kubevirt edit kubevirt kubevirt" "KubeVirt: the fix is told" fix_of "$card" passthrough
	expect_exit 0 "KubeVirt: --force takes it" gpushift set "$card" passthrough --force
	expect_exit 0 "KubeVirt: --force gives it back" gpushift set "$card" host --force
	# What is left of it once its list of permitted devices is edited.
	checkpoint "[]"
	there_and_back KubeVirt
}

check "it is installed" install_gpushift
insert_module gpushift
insert_module gpushift_test_vgpu
modprobe vfio-pci
card=$(free_card)
check "there is a card" test -n "$card"
driverctl_owns
libvirt_owns
proxmox_owns
kubevirt_owns
mdevctl_owns
