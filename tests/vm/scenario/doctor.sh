# The doctor on a host: each finding as it is on a machine that is well, and after what it is about was provoked, with the evidence
# and the fix; exit status, human and JSON; as a plain user; the ROM; the report. The next boots are a host without an IOMMU and
# one that does not remap interrupts.
# topology: doctor
# again: noiommu firmware
# modules: mdev
# deadline: 900
# shellcheck shell=bash
. /tests/cards.sh

# A line a finding: its status, what was seen, what to do.
says() # CHECK [CARD]
{
	gpushift doctor "$1" --json | jq -r --arg card "${2:-}" '.findings[] | select($card == "" or .card == $card) |
		.status + ": " + (.evidence | join("; ")) + (if .fix then " => " + .fix else "" end)'
}

problem() { expect_match "^problem: .*$1.* => .*$2" "$3" says "${@:4}"; } # SEEN FIX WHAT CHECK [CARD]
fine() { expect_match "^ok: .*$1" "$2" says "${@:3}"; }                    # SEEN WHAT CHECK [CARD]
unknown() { expect_match "^unknown: .*$1" "$2" says "${@:3}"; }

put() { mkdir -p "${1%/*}" && printf '%s\n' "${@:2}" >"$1"; } # FILE LINE...
runs() { mkdir -p /run/systemd/units && ln -sfn 0123456789abcdef0123456789abcdef "/run/systemd/units/invocation:$1"; }
over() { mount --bind "$1" "$2"; } # FILE OTHER: what is read of the other is this

# --- on any host ----------------------------------------------------------------------------------------------------

every_check() { diff <(gpushift __complete checks | sort) <(gpushift doctor --json | jq -r '.findings[].id' | sort -u); }

# A problem says why and what to do, whatever else is found says why.
is_whole()
{
	gpushift doctor --json | jq -e '[.findings[] | select((.evidence | length) == 0 or (.status == "problem" and .fix == null) or
		(.about | length) == 0 or (.status | IN("ok", "problem", "unknown") | not))] == []'
}

same_for_people()
{
	diff <(gpushift doctor --json | jq -r '.findings[] | .status + " " + .id + (if .card then " " + .card else "" end)') \
		<(gpushift doctor --no-color | sed -nE 's/^(ok|problem|unknown) +([a-z-]+( [0-9a-f:.]{12})?): .*/\1 \2/p')
}

status_is_that_of_the_worst()
{
	local wanted=0 got=0
	[[ $(gpushift doctor --json | jq '[.findings[] | select(.status == "problem")] | length') == 0 ]] || wanted=1
	gpushift doctor >/dev/null 2>&1 || got=$?
	echo "exit $got, not $wanted"
	((got == wanted))
}

# It reads files, and no log; nobody else is started but itself, for reads that may hang.
no_log_no_program()
{
	strace -f -qq -e trace=execve,openat,syslog -o /tmp/trace gpushift doctor >/dev/null 2>&1
	! grep -E 'kmsg|/var/log|syslog\(' /tmp/trace && [[ $(grep -c 'execve(' /tmp/trace) == 1 ]]
}

in_general()
{
	snapshot_sysfs
	check "every check finds something" every_check
	check "each finding is whole" is_whole
	check "people are told the same" same_for_people
	check "the exit status is that of the worst" status_is_that_of_the_worst
	check "no log is read, and no other program is run" no_log_no_program
	assert_unchanged "it changes no device"
}

# --- a host that is well --------------------------------------------------------------------------------------------

firmware_and_kernel()
{
	fine "/proc/cpuinfo has (svm|vmx)" "the CPU" cpu-virtualization
	grep -v '^flags' /proc/cpuinfo >/tmp/cpuinfo
	sed -n 's/ \(svm\|vmx\)\b//; /^flags/p' /proc/cpuinfo >>/tmp/cpuinfo
	over /tmp/cpuinfo /proc/cpuinfo
	problem "neither vmx nor svm" "(switch on|has to give it) (SVM Mode|Intel VT-x)" "virtualization is switched off" cpu-virtualization
	umount /proc/cpuinfo
	fine "the table DMAR" "the firmware has an IOMMU" iommu-firmware
	fine "lacks nothing|works without it" "the command line" command-line
	fine "dmar0, .* [1-9][0-9]* groups" "the IOMMU is alive" iommu
	fine "IR-|" "interrupts are remapped" interrupt-remapping
	fine "not started by UEFI" "no Secure Boot" secure-boot
	sed 's/$/ intremap=off/' /proc/cmdline >/tmp/cmdline
	over /tmp/cmdline /proc/cmdline
	problem "says intremap=off" "remove intremap=off" "a word that is at odds" command-line
	umount /proc/cmdline
}

modules()
{
	local release index
	release=$(uname -r) index=/lib/modules/$(uname -r)/modules.dep
	# As it stands in a pattern.
	release=${release//+/[+]}
	fine "vfio-pci is a module of $release" "VFIO has modules" vfio-modules
	grep -v 'vfio[-_]pci' "$index" >/tmp/modules.dep
	over /tmp/modules.dep "$index"
	put /etc/os-release ID=ubuntu ID_LIKE=debian
	problem "has no vfio-pci" "apt install linux-modules-extra-$release" "they are not there: Ubuntu" vfio-modules
	put /etc/os-release ID=fedora
	problem "has no vfio-pci" "dnf install kernel-modules-" "Fedora" vfio-modules
	umount "$index"
	rm /etc/os-release
	mv "$index" /tmp/modules.dep
	unknown "index of modules cannot be read" "nobody can tell" vfio-modules
	mv /tmp/modules.dep "$index"
	check "VFIO is loaded" modprobe vfio-pci
	fine "vfio-pci is registered" "vfio-pci is there" vfio-modules
	fine "version .* is loaded" "gpushift's module is loaded" kernel-module
	check "it is unloaded" rmmod gpushift
	problem "it was built for" "modprobe gpushift" "it is not loaded" kernel-module
	check "the fix is a command" modprobe gpushift
	fine "version .* is loaded" "which helps" kernel-module
}

daemon_and_wishes()
{
	fine "not installed" "no daemon" daemon
	put /usr/lib/systemd/system/gpushiftd.service "[Service]"
	fine "starts when it is asked for" "one that is asleep" daemon
	runs gpushiftd.service
	fine "gpushiftd.service runs" "one that runs" daemon
	rm -r /run/systemd /usr/lib/systemd/system/gpushiftd.service
	fine "no mode is wished for" "no wish" wishes
	unknown "no program that makes an initramfs" "nor an initramfs" early-drivers
	check "a wish" gpushift --direct set "$card" passthrough --persist
	problem "gpushift-restore.service is not enabled" "apply --wishes" "which nobody grants" wishes
	put /usr/lib/systemd/system/gpushift-restore.service "[Service]"
	problem "is not enabled" "systemctl enable gpushift-restore.service" "somebody is there" wishes
	mkdir -p /etc/systemd/system/multi-user.target.wants
	ln -s /usr/lib/systemd/system/gpushift-restore.service /etc/systemd/system/multi-user.target.wants/
	fine "passthrough is wished for $card" "who is enabled" wishes
	put /usr/sbin/update-initramfs "mkinitramfs"
	put /etc/initramfs-tools/modules bochs-drm
	problem "$card is wished for passthrough" "remove bochs-drm from /etc/initramfs-tools/modules, then: update-initramfs -u" \
		"its driver in the initramfs" early-drivers
	put /usr/share/initramfs-tools/hooks/gpushift ""
	problem "has not the wishes" "update-initramfs -u" "an initramfs that has to be made anew" early-drivers
	check "another wish" gpushift --direct set "$card" host --persist
	fine "has the wishes" "and need not" early-drivers
	rm -r /var/lib/gpushift/wishes /etc/systemd/system/multi-user.target.wants
}

# --- others ---------------------------------------------------------------------------------------------------------

other_tools()
{
	fine "leave it alone" "nobody else has the card" foreign-owner "$card"
	put "/etc/driverctl.d/pci-$card" vfio-pci
	problem "driverctl" "driverctl unset-override $card" "driverctl has" foreign-owner "$card"
	fine "leave it alone" "and not the other" foreign-owner "$other"
	rm "/etc/driverctl.d/pci-$card"
	put /etc/libvirt/qemu/desk.xml "<domain type='kvm'><name>desk</name><devices>" \
		"<hostdev mode='subsystem' type='pci' managed='yes'><source>" \
		"<address domain='0x${card:0:4}' bus='0x${card:5:2}' slot='0x${card:8:2}' function='0x${card:11}'/>" \
		"</source></hostdev></devices></domain>"
	problem "desk" "virsh edit desk" "a domain with managed='yes'" foreign-owner "$card"
	rm /etc/libvirt/qemu/desk.xml
	fine "neither" "no list of ids" static-binding
	put /etc/modprobe.d/vfio.conf "options vfio-pci ids=1234:1111"
	problem "vfio.conf.*takes $card" "gpushift import --apply" "vfio-pci.ids" static-binding
	put /etc/modprobe.d/vfio.conf "blacklist bochs_drm"
	fine "keeps bochs_drm|keeps bochs-drm" "a blacklist" static-binding
	rm /etc/modprobe.d/vfio.conf
	fine "$card and $other both have the ids 1234:1111" "ids do not tell them apart" identical-cards
	fine "none of them" "nobody else switches" gpu-switchers
	runs supergfxd.service
	problem "supergfxd.service runs" "systemctl disable --now supergfxd.service" "supergfxctl" gpu-switchers
	rm -r /run/systemd
	fine "not installed" "no unlock" unlock
	put /etc/systemd/system/nvidia-vgpud.service.d/unlock.conf "[Service]" "Environment=LD_PRELOAD=/opt/unlock/lib.so"
	problem "/opt/unlock/lib.so is not there" "rm /etc/systemd/system/nvidia-vgpud.service.d/unlock.conf" "half of one" unlock
	rm -r /etc/systemd/system/nvidia-vgpud.service.d
}

nvidia()
{
	fine "no NVIDIA card" "no card of NVIDIA's" nvidia-services
	check "a stand-in that says it is one" modprobe gpushift_test_bus functions=1 vendor=0x10de
	fine "no service" "with nothing that keeps it open" nvidia-services
	runs nvidia-persistenced.service
	problem "nvidia-persistenced.service runs" 'quiesce = nvidia-persistenced.service.* /etc/gpushift/gpushift.conf' \
		"a service that does" nvidia-services
	put /etc/gpushift/gpushift.conf "[gpushift]" "quiesce = nvidia-persistenced.service"
	fine "is stopped before a card moves" "the fix is the configuration" nvidia-services
	rm -r /run/systemd /etc/gpushift/gpushift.conf
	rmmod gpushift_test_bus
}

# --- cards ----------------------------------------------------------------------------------------------------------

foreign_of() { members_of "$1" | grep -v "$1"; } # CARD: of a group of two

cards_themselves()
{
	local shared
	fine "in mode host, on bochs-drm" "a card" cards "$card"
	fine "1 functions, 1 of them of the card" "alone in its group" group "$card"
	fine "can be reset by" "with a reset" reset "$card"
	fine "$" "what it shows" boot-display "$card"
	shared=$(find_class 03 | while read -r address; do (($(members_of "$address" | wc -l) < 2)) || echo "$address"; done | head -n 1)
	problem "$(foreign_of "$shared") .* is bound to .*Group [0-9]+ is merged by" \
		"gpushift set $shared passthrough --with $(foreign_of "$shared")" "one that shares its group" group "$shared"
	expect_output 1 "whose cause is said once" eval "says group $shared | grep -o 'is merged by' | wc -l"
	problem "no reset of its own" "passthrough --force" "one without a reset" reset "$(find_class 0300 | while read -r address; do
		[[ -s $PCI/$address/reset_method ]] || echo "$address"; done | head -n 1)"
	fine "none was interrupted" "no switch was interrupted" switches
	check "a stand-in driver" make_vgpu_host "$other"
	standin hold_remove 1
	gpushift --direct set "$other" passthrough >/dev/null 2>&1 &
	check "a switch has begun" wait_for 30 standin_holds
	fine "one is running" "it runs" switches
	kill -KILL $!
	wait $! 2>/dev/null
	standin hold_remove 0
	problem "$other was on its way from host to passthrough" "gpushift recover" "it was killed" switches
	check "the fix is a command" gpushift --direct recover
	fine "none was interrupted" "which helps" switches
	check "the stand-in driver goes" release_override "$other"
}

read_roms() { gpushift --direct doctor rom --rom --json | jq -r '.findings[] | .card + " " + .status + ": " + (.evidence | join("; ")) + " => " + (.fix // "-")'; }

roms_are_read()
{
	local device
	unknown "it is not read; --rom reads it" "a ROM is not read by itself" rom "$card"
	expect_match "$card unknown: a driver of the host is bound" "nor while a driver has the card" read_roms
	expect_exit 3 "nor for a plain user" as_user gpushift doctor rom --rom
	for device in "$card" "$other"; do echo "$device" >"$PCI/$device/driver/unbind"; done
	snapshot_sysfs
	expect_match "$card ok: .*for 1234:1111; one of them is an EFI driver, for machine 8664" "one with UEFI" read_roms
	expect_match "$other problem: .*none of them is an EFI driver, one is for a BIOS => update the card's firmware" "one without" read_roms
	expect_exit 1 "which is a problem" gpushift --direct doctor rom --rom
	assert_unchanged "the cards are as they were"
	for device in "$card" "$other"; do echo "$device" >/sys/bus/pci/drivers_probe; done
}

# --- for whom -------------------------------------------------------------------------------------------------------

plain_user()
{
	expect_match '"status": *"(ok|problem|unknown)"' "a plain user is told" as_user gpushift doctor --json
	check "by every check" as_user bash -c 'diff <(gpushift __complete checks | sort) <(gpushift doctor --json | jq -r ".findings[].id" | sort -u)'
	expect_exit 2 "a check that there is not" gpushift doctor nonsense
	expect_match "there is no check 'nonsense'; there are cpu-virtualization" "and which there are" gpushift doctor nonsense
	expect_exit 0 "a check that finds nothing" gpushift doctor switches
}

SECRET=attic-of-jane
ADDRESS_OF_HER=52:54:00:12:34:56
reported() { jq -e "$1" /tmp/report.json >/dev/null; }
report()
{
	hostname "$SECRET"
	put /etc/hostname "$SECRET"
	put /etc/modprobe.d/vfio.conf "# of $SECRET, 192.168.77.5, $ADDRESS_OF_HER" "options vfio-pci ids=1234:1111 # /home/jane/$SECRET"
	sed "s|\$| root=UUID=c2177883-f1bb-47f0-914d-32a22e3a8804 ip=192.168.77.5 password=$SECRET|" /proc/cmdline >/tmp/cmdline
	over /tmp/cmdline /proc/cmdline
	expect_exit 1 "a report is written" gpushift doctor --report /tmp/report.json
	expect_output 600 "for its owner only" stat -c %a /tmp/report.json
	check "it has the findings" reported '.doctor.findings | length > 20'
	check "the cards, the groups, what binds them" reported '(.list.cards | length) > 2 and (.groups.groups | length) > 2 and (.bindings | length) == 1'
	check "the command line" reported '.command_line | test("intel_iommu=on")'
	check_fails "but nothing that tells whose host it is" grep -iE "jane|$SECRET|192\.168|c2177883|$ADDRESS_OF_HER" /tmp/report.json
	expect_exit 2 "it is not written over" gpushift doctor --report /tmp/report.json
	umount /proc/cmdline
	rm /etc/modprobe.d/vfio.conf
}

locked_down()
{
	mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security
	fine "locks nothing" "no lockdown" lockdown
	fine "needs no signature" "no signature is asked for" module-signature
	echo integrity >/sys/kernel/security/lockdown
	fine "lockdown is integrity" "lockdown" lockdown
	problem "signed modules only" "lockdown=" "then the module needs one" module-signature
	umount /sys/kernel/security
	unknown "cannot be read" "what the kernel does not tell" lockdown
}

well()
{
	local cards
	mapfile -t cards < <(find_id 1234:1111 | while read -r address; do [[ $(group_of "$address") == - || $(members_of "$address" | wc -l) != 1 ]] || echo "$address"; done)
	card=${cards[0]} other=${cards[1]}
	in_general
	firmware_and_kernel
	modules
	daemon_and_wishes
	other_tools
	nvidia
	cards_themselves
	roms_are_read
	plain_user
	report
	locked_down
}

without_iommu()
{
	in_general
	problem "neither a DMAR nor an IVRS table" "(switch on|has to give it) (IOMMU|Intel VT-d)" "the firmware has no IOMMU" iommu-firmware
	problem "iommu_groups is empty" "(switch on|has to give it) (IOMMU|Intel VT-d)" "none is alive" iommu
	unknown "no IOMMU group" "cards are in no group" group
	expect_exit 1 "which is a problem" gpushift doctor
}

without_remapping()
{
	in_general
	problem "/proc/interrupts says .*, not IR-" "allow_unsafe_interrupts" "interrupts are not remapped" interrupt-remapping
	modprobe vfio_iommu_type1
	echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
	fine "VFIO is told to do without remapping" "which the host may accept" interrupt-remapping
}

case $BOOT in
1) well ;;
2) without_iommu ;;
3) without_remapping ;;
esac
