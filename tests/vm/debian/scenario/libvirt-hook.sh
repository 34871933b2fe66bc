# The hook of libvirt, by Debian's libvirt and QEMU: a domain that asks gets a card that was with the host, and vGPUs, and
# gives them back when it ends, does not start, or its hook is killed; one that does not ask gets nothing. Arguments are
# the parts to be run.
# installed: yes
# debs: apparmor
# modules: kmod tests/kmod
# topology: wishes
# deadline: 1500
. /tests/cards.sh

uri=urn:gpushift:1
defined=c2177883-f1bb-47f0-914d-32a22e3a8804
described=0a3c1b52-7d55-4c1e-9a55-6f0d5b1f2c11
hook=/etc/libvirt/hooks/qemu.d/50-gpushift

pci_device() # CARD MANAGED
{
	local words
	read -r -a words <<<"${1//[:.]/ }"
	cat <<-EOF
		<hostdev mode='subsystem' type='pci' managed='$2'><source>
		  <address domain='0x${words[0]}' bus='0x${words[1]}' slot='0x${words[2]}' function='0x${words[3]}'/>
		</source></hostdev>
	EOF
}

mdev_device() # UUID
{
	echo "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$1'/></source></hostdev>"
}

domain() # NAME DEVICES [MORE]
{
	cat <<-EOF
		<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>$1</name>
		  <memory unit='MiB'>64</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>$2</devices>${3:-}
		</domain>
	EOF
}

define() { domain "$@" >/tmp/domain.xml && virsh --quiet define /tmp/domain.xml; }
ask() { virsh --quiet metadata "$1" "$uri" --key gpushift --set "$2" --config; } # DOMAIN WHAT
start() { virsh --quiet start --paused "$1"; }
claimed() { gpushift claims --json | jq -r '.claims[] | .vm + " " + (.uuid // .address)' | sort; }
live() { gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort; }
drivers_told() { jq -r --arg card "$card" 'select(.address == $card and .event == "bound") | .driver' /tmp/events | xargs; }
went() { [[ $(drivers_told) == "$*" ]]; } # DRIVER...
no_journal() { [[ ! -e /var/lib/gpushift/journal ]]; }

as_before() # WHAT [CLAIMED]
{
	expect_output "${2:-}" "$1: who has what" claimed
	check "$1: nothing is half done" no_journal
	assert_unchanged "$1: all is as it was before"
}

# What libvirt shows of the one line.
refused() # PATTERN WHAT DOMAIN [CLAIMED]
{
	snapshot_sysfs
	expect_match "$1" "$2" eval "start '$3' 2>&1 && echo started"
	as_before "$2" "${4:-}"
}

whole_card()
{
	snapshot_sysfs
	check_fails "its card is with the host: it does not start" start desk
	as_before "nobody has asked"
	check "it asks" ask desk "<hook/>"
	check "then it starts" start desk
	expect_output vfio-pci "the card was switched" driver_of "$card"
	expect_output "desk $card" "and claimed" claimed
	expect_match "vm libvirt desk" "the guest has it" eval \
		"gpushift show $card --json | jq -r '.card.holders[] | .kind + \" \" + .manager + \" \" + .name'"
	check "the daemon is restarted meanwhile" systemctl restart gpushiftd.service
	check "the guest ends" virsh --quiet destroy desk
	as_before "destroyed"
	check "by itself: it starts" start desk
	kill -KILL "$(cat /run/libvirt/qemu/desk.pid)"
	check "QEMU is killed, and the card comes back" wait_for 60 is_mode "$card" host
	check "once libvirt is done with it" wait_for 60 eval '[[ -z $(claimed) ]]'
	as_before "killed"
}

does_not_start()
{
	local monitor driver
	driver=$(driver_of "$card")
	check "one that QEMU does not start" define broken "$(pci_device "$card" no)" \
		"<qemu:commandline><qemu:arg value='-nonsense'/></qemu:commandline>"
	check "asks, too" ask broken "<hook/>"
	gpushift monitor --json >/tmp/events 2>&1 &
	monitor=$!
	check "the card is watched" wait_for 10 grep -q '"ready"' /tmp/events
	refused "-nonsense: invalid option" "it is QEMU that says why" broken
	check "the card went there and back" wait_for 10 went vfio-pci "$driver"
	kill "$monitor"
	check "a domain asks" ask desk "<hook/>"
	check "another VM has claimed the card" gpushift claim --card --on "$card" --vm other
	refused "desk: $card cannot give that now: the VM other has it; next: gpushift list" "the hook says who has it" desk "other $card"
	check "until it is released" gpushift release --vm other
	check "one that libvirt is to move" define moved "$(pci_device "$card" yes)"
	check "asks as well" ask moved "<hook/>"
	refused "means to move|managed='yes'.*; next: virsh edit moved" "the hook says what to change" moved
	check "it goes" virsh --quiet undefine moved
	check "one whose metadata makes no sense" ask broken "<hook><vgpu uuid='$described' profile='x'/></hook>"
	refused "the vGPU $described is described, but no device of the domain" "is told so" broken
}

vgpus()
{
	check "a vGPU host" bind_override "$card" nvidia
	mkdir -p /etc/mdevctl.d/scripts.d/callouts /etc/mdevctl.d/scripts.d/notifiers
	check "mdevctl has a definition" mdevctl define --uuid "$defined" --parent "$card" --type nvidia-46
	check "a domain has two vGPUs" define split "$(mdev_device "$defined")$(mdev_device "$described")"
	check "one of them it describes" ask split "<hook><vgpu uuid='${described^^}' profile='GRID P40-1Q'/></hook>"
	snapshot_sysfs
	check "it starts" start split
	expect_output "$described
$defined" "both are there" live
	expect_output "split $described
split $defined" "and claimed" claimed
	check "the guest ends" virsh --quiet destroy split
	as_before "vGPUs"
	expect_output "" "they are gone" live
	check "the definition is not" test -e "/etc/mdevctl.d/$card/$defined"
	check "one is started already" mdevctl start --uuid "$defined"
	check "the domain starts with it" start split
	expect_output "split $described" "which is nobody's then" claimed
	check "the guest ends again" virsh --quiet destroy split
	expect_output "$defined" "and it stays" live
	check "mdevctl ends it" mdevctl stop --uuid "$defined"
	check "from a card in passthrough" gpushift set "$card" passthrough
	check "the domain starts, too" start split
	check "and ends" virsh --quiet destroy split
	expect_output "" "nothing is left of it" live
}

apt() { apt-get --quiet --yes -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1; }
hook_process() { pgrep -of "gpushift hook libvirt -- $1 prepare"; }

# The driver keeps its removal waiting, and meanwhile the hook is killed. What it began is undone.
kill_it() # WHAT
{
	local starter status=0
	snapshot_sysfs
	standin hold_remove 1
	start desk >/dev/null 2>&1 &
	starter=$!
	check "$1: the switch has begun" wait_for 120 standin_holds
	check "$1: the hook is killed" kill -KILL "$(hook_process desk)"
	standin hold_remove 0
	wait "$starter" || status=$?
	check "$1: the domain does not start" test "$status" != 0
	as_before "$1"
}

# A write to a device may take longer here than elsewhere.
patient()
{
	mkdir -p /etc/gpushift
	printf '[gpushift]\ntimeout = 120\n' >/etc/gpushift/gpushift.conf
	systemctl try-restart gpushiftd.service
}

killed()
{
	check "writes have time" patient
	check "a domain asks" ask desk "<hook/>"
	[[ $(driver_of "$card") == nvidia ]] || check "the card has the driver" bind_override "$card" nvidia
	kill_it "killed"
}

without_the_daemon()
{
	check "a domain asks" ask desk "<hook/>"
	check "the daemon is not to be had" systemctl mask --now --runtime gpushiftd.service
	snapshot_sysfs
	check "without it a domain starts" start desk
	expect_output "desk $card" "with its card" claimed
	check "and ends" virsh --quiet destroy desk
	as_before "without the daemon"
	[[ $(driver_of "$card") != nvidia ]] || kill_it "killed without the daemon"
	check "the daemon is back" systemctl unmask --runtime gpushiftd.service
}

# No output, no error, and nothing is done: what libvirt says of a domain, and of others'.
says_nothing() # OPERATION SUBOPERATION FILE
{
	expect_output "" "$1 $2: nothing to say" "$hook" desk "$1" "$2" - <"$3"
}

quiet()
{
	local operation
	virsh dumpxml desk >/tmp/desk.xml
	domain plain "$(pci_device "$card" no)" >/tmp/plain.xml
	snapshot_sysfs
	for operation in "start begin" "started begin" "stopped end" "reconnect begin" "attach begin" "migrate begin" "restore begin" "new thing"; do
		# shellcheck disable=SC2086
		says_nothing $operation /tmp/desk.xml
	done
	says_nothing prepare begin /tmp/plain.xml
	says_nothing release end /tmp/plain.xml
	as_before "others' business"
}

profile_of() { cat "/proc/$(pidof libvirtd)/attr/current"; }

# As on a Debian host that has what its kernel recommends; the hook's program is not in a folder that the profile names.
confined()
{
	check "AppArmor is installed" apt install /tests/debs/*.deb
	check "and knows libvirt" apparmor_parser --replace /etc/apparmor.d/usr.sbin.libvirtd /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper
	check "libvirt runs anew" systemctl restart libvirtd.service
	expect_output "libvirtd (enforce)" "confined" profile_of
	check "the domain does not ask any more" virsh --quiet metadata desk "$uri" --remove --config
	whole_card
}

check "it is installed" install_gpushift
insert_module gpushift
insert_module gpushift_test_vgpu
modprobe vfio-pci
check "libvirt runs" systemctl start libvirtd.service
card=$(free_card)
check "there is a card" test -n "$card"
check "a domain has a card" define desk "$(pci_device "$card" no)"
(($#)) || set -- whole_card does_not_start quiet vgpus killed without_the_daemon confined
for part; do
	"$part"
	step "$part"
done
