#!/bin/bash
# The real command line on a generated tree: exit statuses, messages, JSON, streams, and that man pages and
# completions cover every verb.
# Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

build=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/unit/tree.sh
. "$(dirname "$0")/tree.sh"

# ---- checks ----

gpushift() { "$build/gpushift" --root "$tree" "$@"; }

# ---- what is looked at ----

looking()
{
	expect 0 '^0000:01:00.0 .* host +nouveau'
	expect 0 'next: gpushift plan 0000:00:02.0 passthrough'
	expect 0 '^0000:00:03.0 .* 0200 +e1000e' list --all
	expect 0 '^0000:00:03.0 .* 0200 +e1000e' --all
	expect 0 'passthrough +available' show 01:00.0
	expect 0 'e1000e, must move' show 00:02.0
	expect 0 'Group 1 is merged by port 0000:00:01.0 .*, which lacks ACS \(SrcValid, ReqRedir, CmpltRedir, UpstreamFwd\)' show 01:00.0
	expect 0 'bus +stale +enabled before .*: shares its bus with 0000:01:00.1' show 01:00.0
	expect 0 'A reset of its bus hits also 0000:01:00.1, all in its IOMMU group' show 01:00.0
	expect 0 'BAR 0 +mem32-pref +16 MiB at fd000000' show 01:00.0
	expect 0 'link +2.5 GT/s x8, at most 16 GT/s x16' show 00:04.0
	expect 0 '^ +2 +DMA +0000:00:03.0' groups
	expect 0 '^Group 1 is merged by port 0000:00:01.0' groups
	expect 0 'mtty-1 +Single port serial' profiles mtty
	expect 0 'offers no vGPU types' profiles 01:00.0
	expect 0 'no vGPU' vgpu list
	expect 0 '"set-override"' --json plan 01:00.0 passthrough
	expect 0 'already in mode host' plan 01:00.0 host
	expect 3 'refused \(outside-card\)' plan 00:02.0 passthrough
	expect 3 'fix: .*--with 0000:00:03.0' plan 00:02.0 passthrough
	expect 0 'passthrough: can be taken: gpushift set 0000:01:00.0 passthrough' explain 01:00.0
	expect 0 'driver-flavour: nouveau splits no cards' explain 01:00.0
	expect 0 'passthrough: the card cannot be brought to it now' explain 00:02.0
	expect 0 'host: can be taken: gpushift set 0000:00:04.0 host' explain 00:04.0
	expect 0 'why: gpushift explain 0000:01:00.0' profiles 01:00.0
	mkdir -p "$tree/usr/share/nvidia/vgpu"
	echo '<vgpuconfig><vgpuType id="531" name="NVIDIA RTXA6000-16Q"/><pgpu><devId deviceId="0x2230"/>
		<supportedVgpu vgpuId="531"><maxVgpus>3</maxVgpus></supportedVgpu></pgpu></vgpuconfig>' >"$tree/usr/share/nvidia/vgpu/vgpuConfig.xml"
	expect 0 'nvidia-531 +NVIDIA RTXA6000-16Q +16 GiB +- +- +listed for this card, at most 3' profiles 00:04.0
	expect 0 'lists its types: gpushift profiles 0000:00:04.0' explain 00:04.0
	expect_json 0 '.profiles == [{"id": "nvidia-531", "name": "NVIDIA RTXA6000-16Q", "framebuffer_bytes": 17179869184, "made": null,
		"available": null, "reason": "listed for this card, at most 3"}]' profiles 00:04.0
	rm -r "$tree/usr/share/nvidia"
}

documents()
{
	expect_json 0 '.source == "sysfs" and .generation == null and (.cards | length) == 3' list
	expect_json 0 '.cards[0] | keys == (["address","name","vendor_id","device_id","class","mode","reason","driver",
		"iommu_group","group_members","reset_methods","boot_vga","isolation","functions","vgpus","holders",
		"holders_unreadable","modes"] | sort)' list
	expect_json 0 '.cards[2] | .address == "0000:01:00.0" and .class == "0300" and .vendor_id == "10de"
		and .iommu_group == 1 and (.isolation | .address == "0000:00:01.0" and .cause == "port-acs"
			and .missing == ["SrcValid","ReqRedir","CmpltRedir","UpstreamFwd"] and has("name")) and .reset_methods == ["flr","bus"]
		and (.functions | map(.driver)) == ["nouveau","snd_hda_intel"] and .modes.host.available' list
	expect_json 0 '.cards[0].modes.passthrough | (.available | not) and .blockers[0].code == "outside-card"
		and (.blockers[0] | keys) == ["code","evidence","fix","message","overridable"]' list
	expect_json 0 '.functions | length == 6' list --all
	expect_json 0 '.card.revision == 0 and (.card.outside | length) == 1 and .card.remembered == null' show 01:00.0
	expect_json 0 '.card | (["resets","reset_bus_reason","reset_bus_detail","reset_scope","reset_outside_group","power","bars",
		"rom_bytes","link","mdev_types","config_answers"] - keys) == [] and .link == null and .mdev_types == null
		and .reset_outside_group == false and .reset_scope == ["0000:01:00.0","0000:01:00.1"] and .rom_bytes == 0
		and (.power | keys) == ["d3cold_allowed","no_soft_reset","runtime_control","runtime_status","state"]
		and .bars == [{"index": 0, "type": "mem32-pref", "start": 4244635648, "size_bytes": 16777216,
			"resizable_bytes": null, "claimant": null}]
		and (.resets | map([.method, .state, .reason, .detail])) == [["flr","enabled",null,null],
			["bus","stale","siblings","0000:01:00.1"]] and (.functions[1].resets | length) == 2' show 01:00.0
	expect_json 0 '.card.link == {"speed_mts": 2500, "speed_max_mts": 16000, "width": 8, "width_max": 16}
		and .card.bars == null and .card.rom_bytes == null and .card.isolation == null' show 00:04.0
	expect_json 0 '.groups[1] | .id == 2 and .type == "DMA" and (.devices | length) == 2
		and .isolation == null' groups
	expect_json 0 '.groups[0].isolation | .address == "0000:00:01.0" and (.missing | length) == 4' groups
	expect_json 0 '.card == "mtty" and .profiles[0].available == 24 and .profiles[0].framebuffer_bytes == null' profiles mtty
	expect_json 0 '.vgpus == [] and .definitions == []' vgpu list
	expect_json 0 '.from == "host" and .to == "passthrough" and .refused == [] and (.steps | length) > 3
		and all(.steps[]; has("op") and has("target") and has("value") and has("undo"))' plan 01:00.0 passthrough
	expect_json 3 '.refused[0].code == "outside-card" and .steps == []' plan 00:02.0 passthrough
	expect_json 0 '.card == "0000:00:04.0" and .mode == "passthrough" and .types.offered == 0
		and (.types.causes | map(.id)) == ["away"] and (.types.causes[0] | keys) == ["evidence","fix","id","message"]
		and .modes.passthrough.command == null and .modes.host.command == "gpushift set 0000:00:04.0 host"' explain 00:04.0
	expect_json 0 '.version | length > 0' --version
	expect_json 0 '.verbs | map(.name) | index("vgpu create") and (index("__complete") | not)' help
}

# ---- what is wrong ----

mistakes()
{
	expect 2 "did you mean 'list'" lst
	expect 2 "did you mean 'vgpu create'" vgpu creates
	expect 2 "needs a second word" vgpu
	expect 2 "did you mean '--all'" list --al
	expect 2 "did you mean '--profile'" --profiel x plan
	expect 2 "'list' has no option '--force'" list --force
	expect 2 "changes devices" set 01:00.0 host --persist
	expect 2 "'plan' has no option '--persist'" plan 01:00.0 host --persist
	expect 2 "'--json=1': this option takes no value" list --json=1
	expect 2 "'--driver' needs a value" plan 01:00.0 host --driver
	expect 2 "one argument too many" show 01:00.0 01:00.1
	expect 2 "needs more" plan 01:00.0
	expect 2 "did you mean 'passthrough'" plan 01:00.0 pasthrough
	expect 2 "did you mean '0000:01:00.0'" show 0000:10:00.0
	expect 2 "did you mean '01:00.0'" show 1:00.0
	expect 2 "did you mean 'mtty'" profiles mty
	expect 2 "of the card 0000:01:00.0" show 01:00.1
	expect 2 "is not a card" show 00:03.0
	expect 2 "is not in the IOMMU group" plan 01:00.0 passthrough --with 00:03.0
	expect 2 "PCI address" plan 01:00.0 passthrough --with eth0
	expect 3 'cannot have VFs; --count alone asks for them' plan 01:00.0 vgpu --count 2
	expect 2 "from 1 to 1000000" plan 01:00.0 vgpu --profile x --count 0
	expect 2 "from 1 to 1000000" plan 01:00.0 vgpu --profile x --count 1000001
	expect 2 "from 1 to 1000000" plan 01:00.0 vgpu --profile x --count -1
	expect 2 "more than 1000000" plan 01:00.0 vgpu --profile x --count 1000000 --profile y
	expect 2 "goes with the mode vgpu" plan 01:00.0 host --profile x
	expect 2 "not the name of a driver" plan 01:00.0 host --driver ../x
	expect 2 "number of seconds" set 01:00.0 host --timeout 0
	expect 2 "number of seconds" set 01:00.0 host --timeout 1x
	expect 2 "is not a UUID" vgpu create 01:00.0 --profile x --uuid nonsense
	expect 2 "changes devices" set 01:00.0 host
	expect 2 "changes devices" recover
	expect 2 "changes devices" vgpu remove x
	expect 2 "has no events" monitor
	expect 2 "did you mean 'set'" help ste
	expect 2 "cannot look at" --root "$work/nowhere" list
	expect_json 2 '.error.code == "usage" and .error.fix == "gpushift help"' lst
	expect_json 2 '.error.code == "unknown-card" and (.error.message | test("0000:01:00.0"))' show 0000:10:00.0
	expect_json 2 '.error.code == "usage"' set 01:00.0 host
}

# ---- the configuration ----

configured()
{
	local conf=$tree/etc/gpushift/gpushift.conf
	(umask 022 && mkdir -p "$tree/etc/gpushift")
	printf '[card render]\naddress = 01:00.0\n[card spare]\naddress = 05:00.0\n' >"$conf"
	chmod 644 "$conf"
	expect_json 0 '.card.alias == "render" and .card.address == "0000:01:00.0"' show render
	expect 0 'already in mode host' plan render host
	expect 0 '^render$' __complete cards
	expect 2 "did you mean 'render'" show rendre
	expect 2 "'spare' is 0000:05:00.0 \\(.*gpushift.conf:3\\), and there is no card" show spare
	printf 'timeout = 1\n' >>"$conf"
	expect 0 "without the configuration: .*gpushift.conf:5: unknown key 'timeout'" list
	expect 1 "gpushift.conf:5: unknown key 'timeout'" plan 01:00.0 host
	expect_json 1 '.error.code == "bad-configuration"' plan 01:00.0 host
	expect 2 "there is no card 'render'" show render
	chmod 666 "$conf"
	expect 1 "fix: chmod go-w .*/etc/gpushift/gpushift.conf" plan 01:00.0 host
	rm "$conf"
}

# ---- the wanted state ----

wanted()
{
	local file=$work/host.ini
	printf '[card 01:00.0]\nmode = host\n[profile away]\n[card 01:00.0]\nmode = passthrough\n[card 00:04.0]\nmode = passthrough\n' >"$file"
	expect_json 0 '.results == [{name: "01:00.0", card: "0000:01:00.0", to: "host", result: "equal", code: null, message: null, fix: null, mode: "host"}]' assert "$file"
	expect_json 1 '[.results[] | .result] == ["differs", "equal"]' assert "$file" away
	expect 1 '01:00.0: it is in mode host' assert "$file" away
	expect 2 "no profile 'awax'; did you mean 'away'" assert "$file" awax
	expect 1 "cannot read" assert "$work/nothing.ini"
	printf '[card 09:00.0]\nmode = host\n' >"$file"
	expect_json 1 '.results[0].code == "unknown-card"' assert "$file"
	printf '[card 09:00.0]\n\nmdoe = host\n' >"$file"
	expect 2 "host.ini:3: unknown key 'mdoe'" assert "$file"
	printf '[profile a]\n[card 01:00.0]\nmode = host\n' >"$file"
	expect 2 "without a profile; name one, like 'a'" assert "$file"
	expect 2 "changes devices" apply "$file"
	expect 2 "changes devices" apply --wishes
	expect 2 "changes devices" reset 01:00.0
}

# ---- vGPUs that are defined ----

prints_nothing() { [[ -z $(gpushift "$@") ]]; }

defined()
{
	local folder=$tree/etc/mdevctl.d/0000:01:00.0 uuid=8a5b2b0e-0000-4000-8000-00000000000a
	mkdir -p "$folder"
	printf '{"mdev_type":"nvidia-46","start":"auto","attrs":[]}' >"$folder/$uuid"
	expect 0 'no vGPU' vgpu list
	expect 0 "^$uuid  0000:01:00.0  nvidia-46 .* other +not started +auto" vgpu list --all
	expect_json 0 ".definitions == [{uuid: \"$uuid\", parent: \"0000:01:00.0\", type: \"nvidia-46\", start: \"auto\",
		owner: \"other\", active: false}]" vgpu list
	expect 3 'foreign-owner' plan 01:00.0 passthrough
	check "definitions of others are none of a package's" prints_nothing __complete definitions
	mkdir -p "$tree/var/lib/gpushift"
	printf '{"version":1,"definitions":{"%s":{"parent":"0000:01:00.0","card":"0000:01:00.0","type":"nvidia-46",
		"wanted":true,"automatic":true}}}' "$uuid" >"$tree/var/lib/gpushift/definitions.json"
	expect 0 "^/etc/mdevctl.d/0000:01:00.0/$uuid\$" __complete definitions
	printf '{"mdev_type":"nvidia-47","start":"auto","attrs":[]}' >"$folder/$uuid"
	check "nor are those that were changed since" prints_nothing __complete definitions
	rm -r "$tree/etc/mdevctl.d" "$tree/var/lib/gpushift"
}

# ---- in the words of others ----

# What KubeVirt reads: two YAML documents, each a part of a resource.
kubevirt_yaml()
{
	gpushift export 01:00.0 --format kubevirt --quiet | python3 -c '
import sys, yaml
permitted, wanted = yaml.safe_load_all(sys.stdin)
devices = permitted["spec"]["configuration"]["permittedHostDevices"]["pciHostDevices"]
assert [d["pciVendorSelector"] for d in devices] == ["10DE:1B02", "10DE:10EF"], devices
guest = wanted["spec"]["template"]["spec"]["domain"]["devices"]
assert guest["gpus"][0]["deviceName"] == devices[0]["resourceName"], guest
assert guest["hostDevices"][0]["deviceName"] == devices[1]["resourceName"], guest'
}

same_lines() # TEXT ARGUMENT...
{
	diff <(echo "$1") <(gpushift "${@:2}")
}

exported()
{
	echo host.example.org >"$tree/proc/hostname.tmp"
	mkdir -p "$tree/proc/sys/kernel"
	mv "$tree/proc/hostname.tmp" "$tree/proc/sys/kernel/hostname"
	expect 0 "<address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>" export 01:00.0 --format libvirt
	expect 0 'in mode host; before a guest can have it: gpushift set 0000:01:00.0 passthrough' export 01:00.0 --format qemu
	expect 0 '^-device vfio-pci,host=0000:00:04.0$' export 00:04.0 --format qemu
	expect 0 '^hostpci0: 0000:01:00.0;0000:01:00.1,driver=keep$' export 01:00.0 --format pve
	expect 0 $'^\tmap id=10de:1b02,iommugroup=1,node=host,path=0000:01:00.0;0000:01:00.1$' export 01:00.0 --format pve-mapping
	check "KubeVirt's YAML" kubevirt_yaml
	expect_json 0 '.format == "qemu" and .card == "0000:00:04.0" and .text == "-device vfio-pci,host=0000:00:04.0\n"' \
		export 00:04.0 --format qemu
	check "a mapping of two has a line for each" same_lines "$(printf 'gpu-0000-01-00-0\n\tmap id=10de:1b02,iommugroup=1,node=host,path=0000:01:00.0;0000:01:00.1\n\tmap id=10de:2230,iommugroup=4,node=host,path=0000:00:04.0')" \
		export 01:00.0 00:04.0 --format pve-mapping --quiet
	expect 2 "several are for --format pve-mapping" export 01:00.0 00:04.0 --format pve
	expect 2 "needs --format F: one of libvirt" export 01:00.0
	expect 2 "no format 'kemu'; did you mean 'qemu'" export 01:00.0 --format kemu
	expect 2 "did you mean '0000:01:00.0'" export 0000:10:00.0 --format qemu
	expect 2 "no vGPU '8A5B2B0E-" export 8A5B2B0E-0000-4000-8000-00000000000A --format qemu
	expect 0 '^pve-mapping$' __complete formats
	expect 0 '^0000:01:00.0$' __complete targets
}

# ---- called by who runs VMs ----

# says STATUS PATTERN XML WORD...: one line at most, and nothing on standard output
says()
{
	local status=$1 pattern=$2 xml=$3 got=0 problem=
	shift 3
	"$build/gpushift" hook "$@" <<<"$xml" >"$work/out" 2>"$work/err" || got=$?
	((got == status)) || problem="exit $got, not $status"
	[[ ! -s $work/out && $(wc -l <"$work/err") -le 1 ]] || problem+=" more than a line"
	[[ $(<"$work/err") =~ $pattern ]] || problem+=" not: $pattern"
	verdict "gpushift hook $*" "$problem"
}

hooked()
{
	local plain asks
	plain="<domain><devices><hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev></devices></domain>"
	asks="<domain><metadata><g:hook xmlns:g='urn:gpushift:1'><g:vgpu uuid='x'/></g:hook></metadata></domain>"
	says 0 '^$' "$plain" libvirt desk prepare begin -
	says 0 '^$' "$asks" libvirt desk started begin -
	says 0 '^$' "$asks" libvirt desk reconnect begin -
	says 0 '^$' "$asks" libvirt desk something new
	says 0 '^$' "nonsense" libvirt desk prepare begin -
	says 0 '^$' "$plain" libvirt -- --desk prepare begin -
	says 3 "^gpushift: desk: what it asks for cannot be read: <vgpu> cannot have uuid='x'; next: gpushift help hook libvirt$" "$asks" libvirt desk prepare begin -
	says 0 '^$' "" proxmox 999999999 post-start
	says 0 '^$' "" proxmox 999999999 pre-stop
	expect 2 "needs more" hook proxmox 104
	expect 2 "needs more" hook libvirt desk prepare
	expect 2 "changes devices" hook libvirt desk prepare begin -
}

# ---- the doctor, and the command line of the kernel ----

# intel_with_grub TREE: as Debian has it
intel_with_grub()
{
	mkdir -p "$1"/{proc,usr/sbin,etc/default,sys/firmware/acpi}
	printf 'vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n' >"$1/proc/cpuinfo"
	echo quiet >"$1/proc/cmdline"
	echo 'for x in ${sysconfdir}/default/grub.d/*.cfg ; do' >"$1/usr/sbin/grub-mkconfig"
	printf '#!/bin/sh\ntouch "%s/was-run"\n' "$1" >"$1/usr/sbin/update-grub"
	chmod +x "$1/usr/sbin/update-grub"
	printf 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' >"$1/etc/default/grub"
}

doctored()
{
	expect 1 '^problem +group 0000:00:02.0: ' doctor
	expect 1 'fix: .*--with 0000:00:03.0' doctor group
	expect 0 '^ok +identical-cards: no two cards' doctor identical-cards
	expect 2 "there is no check 'gpu'; there are cpu-virtualization, " doctor gpu
	expect_json 1 '.findings | map(.status) | unique == ["ok", "problem", "unknown"]' doctor
	expect_json 1 '.findings | all(keys == ["about", "card", "evidence", "fix", "id", "status"]) and all((.evidence | length) > 0)
		and all((.status == "problem") == (.fix != null))' doctor
	expect_json 1 '.findings | map(.card) == ["0000:00:02.0", "0000:00:04.0", "0000:01:00.0"]' doctor group
	mkdir -p "$tree/proc/sys/kernel"
	echo pcieport >"$tree/proc/sys/kernel/hostname"
	expect 1 'read .*report.json before you give it' doctor --report "$work/report.json"
	check "a report is a document for its owner only" bash -c "jq -e '.doctor.findings and .list.cards and .groups.groups' \
		'$work/report.json' && [[ \$(stat -c %a '$work/report.json') == 600 ]]"
	check "it does not tell the host's name" bash -c "! grep pcieport '$work/report.json' && grep -q '<host>' '$work/report.json'"
	expect 2 'is there already; name another' doctor --report "$work/report.json"
	expect 2 'a report is about all checks' doctor --report "$work/other.json" group
	expect 1 'cannot write' doctor --report "$work/nowhere/report.json"
	# As on a full disk; the signal is ignored, as the shell's limit would end it otherwise.
	check "what cannot be written whole is not left" bash -c "trap '' XFSZ; ulimit -f 1
		! '$build/gpushift' --root '$tree' doctor --report '$work/part.json' && test ! -e '$work/part.json'"
	rm -r "$tree/proc/sys"
}

booted()
{
	expect 0 'wanted: nothing' boot show
	expect 0 'Nothing to do' boot apply
	intel_with_grub "$tree"
	mv "$tree/etc/default" "$work/default"
	expect 0 'not to be changed: no boot loader' boot show
	expect_json 0 '.refusal != null and .by_hand != null and .files == [] and .result == null' boot show
	expect_json 3 '.error.code == "not-recognized" and (.error.fix | test("intel_iommu=on iommu=pt"))' boot apply
	mv "$work/default" "$tree/etc/default"
	find "$tree/etc" -type f -exec sha256sum {} + | sort >"$work/before"
	expect 0 'then, in that system: update-grub' boot show
	expect_json 0 '.owner == "GRUB" and .pending and (.applied | not) and .command == ["update-grub"]
		and .files[0].path == "etc/default/grub.d/50-gpushift.cfg" and .files[0].diff[0] == "--- /dev/null"
		and (.files[0].diff[-1] | test("^\\+GRUB_CMDLINE_LINUX_DEFAULT=.*intel_iommu=on iommu=pt\"$"))' boot show
	check "boot show changes nothing" test ! -e "$tree/etc/default/grub.d"
	expect 0 'Done; it holds after a reboot' boot apply
	check "the words are there" grep -q 'intel_iommu=on iommu=pt' "$tree/etc/default/grub.d/50-gpushift.cfg"
	check "no program of a --root is run" test ! -e "$tree/was-run"
	expect 0 'All is configured; reboot' boot apply
	expect 0 'then, in that system: update-grub' boot apply
	expect 0 'applied: yes, but not finished' boot show
	expect_json 0 '.result == "nothing" and .applied and (.pending | not)' boot apply
	expect 0 'the IOMMU works without it' doctor command-line
	expect_json 0 '.result == "reverted" and .files[0].diff[1] == "+++ /dev/null"' boot revert
	find "$tree/etc" -type f -exec sha256sum {} + | sort >"$work/after"
	check "all is as it was, byte for byte" cmp "$work/before" "$work/after"
	expect 0 'Nothing was applied' boot revert
	mkdir -p "$tree/var/lib/gpushift"
	echo '{' >"$tree/var/lib/gpushift/boot.json"
	expect_json 3 '.error.code == "damaged" and (.error.fix | test("^mv "))' boot apply
	expect 1 'cannot be read' doctor command-line
	rm -r "$tree/var/lib/gpushift"
	mkdir -p "$tree/usr/sbin"
	touch "$tree/usr/sbin/grubby"
	expect 0 "then, in that system: grubby --update-kernel=ALL '--args=intel_iommu=on iommu=pt'$" boot show
	rm "$tree/usr/sbin/grubby"
	expect 2 "needs a second word, like 'boot show'" boot
	rm -r "${tree:?}/usr" "$tree/proc/cpuinfo" "$tree/proc/cmdline" "$tree/sys/firmware" "$tree/etc/default"
}

# ---- what others bound ----

imported()
{
	mkdir -p "$tree/etc/modprobe.d" "$tree/etc/driverctl.d"
	expect 0 'No card is bound' import
	echo 'options vfio-pci ids=10de:2230,10de:1b02' >"$tree/etc/modprobe.d/vfio.conf"
	echo 'blacklist nouveau' >"$tree/etc/modprobe.d/blacklist-nouveau.conf"
	expect 0 '^0000:00:04.0: passthrough, by /etc/modprobe.d/vfio.conf:1: can become a wish$' import
	expect 0 'the same ids take 0000:01:00.0 as well' import
	expect_json 0 '(.imports | map([.card, .mode, .state])) == [["0000:00:04.0", "passthrough", "new"],
		["0000:01:00.0", "passthrough", "not-in-mode"]] and (.leftovers | length) == 2
		and .imports[1].fix == "gpushift set 0000:01:00.0 passthrough --persist"' import
	check "import changes nothing" test ! -e "$tree/var/lib/gpushift/wishes"
	expect 1 '^0000:00:04.0: .*: is wished for from now on$' import --apply
	expect_json 1 '.imports[0].state == "already"' import --apply
	expect 1 'systemctl enable gpushift-restore.service|gpushift --direct apply --wishes' doctor wishes
	expect 1 'fix: gpushift import --apply' doctor static-binding
	rm -r "$tree/etc/modprobe.d" "$tree/etc/driverctl.d" "$tree/var/lib/gpushift"
}

# ---- streams and surroundings ----

# ---- before any driver ----

# wish IDENTITY ADDRESS PLACE: for passthrough
wish()
{
	mkdir -p "$tree/var/lib/gpushift/wishes"
	jq -n --arg identity "$1" --arg address "$2" --arg path "$3" '{version: 1, $identity, $address, $path, slot: null,
		mode: "passthrough", driver: null, force: false, others: [], with: [], vgpus: []}' \
		>"$tree/var/lib/gpushift/wishes/${2//:/-}.json"
}

# As the initramfs finds them: subsystem ids, nobody has a driver or an override yet.
before_drivers() # DISPLAY AUDIO
{
	local function
	for function; do
		echo 0x0000 | tee "$function/subsystem_vendor" >"$function/subsystem_device"
		rm -f "$function/driver"
		echo "(null)" >"$function/driver_override"
	done
}

bind_early() { "$1" "$(dirname "$0")/../../userspace/initramfs/early-bind" "$work/early" "$tree"; }

is_aimed() # TEXT FUNCTION...
{
	local text=$1 function
	shift
	for function; do [[ $(<"$function/driver_override") == "$text" ]] || return 1; done
}

early()
{
	local display=$pci/0000:00:01.0/0000:01:00.0 audio=$pci/0000:00:01.0/0000:01:00.1 shell
	check "without a wish an initramfs is given nothing" prints_nothing boot early
	wish 10de:1b02:0000:0000 0000:01:00.0 pci0000:00/01.0/00.0
	expect 0 '^vfio-pci 10de:1b02:0000:0000 pci0000:00/01.0/00.0 0000:01:00.0$' boot early
	expect 0 '^vfio-pci 10de:10ef:0000:0000 pci0000:00/01.0/00.1 0000:01:00.1$' boot early
	expect_json 0 '(.functions | map(.address)) == ["0000:01:00.0", "0000:01:00.1"] and (.current | not) and .rebuild == null' boot early
	mkdir -p "$tree"/usr/{sbin,share/initramfs-tools/hooks}
	echo mkinitramfs >"$tree/usr/sbin/update-initramfs"
	touch "$tree/usr/share/initramfs-tools/hooks/gpushift"
	expect_json 0 '.rebuild == "update-initramfs -u" and (.current | not)' boot early
	expect 1 'update-initramfs -u' doctor early-drivers
	gpushift boot early >"$work/early"
	cp "$work/early" "$tree/var/lib/gpushift/initramfs"
	expect_json 0 '.current' boot early
	expect 0 'has the wishes for passthrough' doctor early-drivers
	echo "root=/dev/sda quiet" >"$tree/proc/cmdline"
	for shell in dash "busybox sh"; do
		printf '#!/bin/sh\nexec %s "$@"\n' "$shell" >"$work/shell"
		chmod +x "$work/shell"
		before_drivers "$display" "$audio"
		check "$shell: both functions are aimed at vfio-pci" bind_early "$work/shell"
		check "$shell: so they are" is_aimed vfio-pci "$display" "$audio"
		before_drivers "$display" "$audio"
		echo 0x2204 >"$display/device"
		check "$shell: another card at the place" bind_early "$work/shell"
		check "$shell: is left alone" is_aimed "(null)" "$display"
		echo 0x1b02 >"$display/device"
		before_drivers "$display" "$audio"
		mv "$pci/0000:00:01.0" "$pci/0000:00:09.0"
		check "$shell: the card at another place" bind_early "$work/shell"
		check "$shell: is left alone, too" is_aimed "(null)" "${display/01.0/09.0}"
		mv "$pci/0000:00:09.0" "$pci/0000:00:01.0"
		ln -s /sys/bus/pci/drivers/nouveau "$display/driver"
		mkdir -p "$tree/sys/bus/pci/drivers/nouveau"
		ln -sfn "$tree/sys/bus/pci/drivers/nouveau" "$display/driver"
		echo pci-stub >"$audio/driver_override"
		check "$shell: one with a driver, one for another" bind_early "$work/shell"
		check "$shell: the one is left alone" is_aimed "(null)" "$display"
		check "$shell: so is the other" is_aimed pci-stub "$audio"
		before_drivers "$display" "$audio"
		echo "root=/dev/sda gpushift=off quiet" >"$tree/proc/cmdline"
		check "$shell: gpushift=off" bind_early "$work/shell"
		check "$shell: leaves all alone" is_aimed "(null)" "$display" "$audio"
		echo "root=/dev/sda gpushift=offline" >"$tree/proc/cmdline"
		mv "$pci/0000:00:01.0/0000:01:00.0" "$pci/0000:00:01.0/0000:05:00.0"
		check "$shell: the same place with another bus number" bind_early "$work/shell"
		check "$shell: is it" is_aimed vfio-pci "$pci/0000:00:01.0/0000:05:00.0"
		mv "$pci/0000:00:01.0/0000:05:00.0" "$pci/0000:00:01.0/0000:01:00.0"
	done
	before_drivers "$display" "$audio"
	rm -r "$tree/var/lib/gpushift" "$tree/usr/sbin/update-initramfs" "$tree/usr/share/initramfs-tools" "$tree/proc/cmdline"
	ln -s /sys/bus/pci/drivers/nouveau "$display/driver"
	ln -s /sys/bus/pci/drivers/snd_hda_intel "$audio/driver"
}

# False, which is another thing than in trouble.
not()
{
	local status=0
	"$@" || status=$?
	((status == 1))
}

# at_terminal VARIABLE=VALUE... ARGUMENT...: are there colours?
at_terminal()
{
	local variables=() shown
	while [[ $1 == *=* ]]; do variables+=("$1"); shift; done
	shown=$(env -u NO_COLOR "${variables[@]}" script --quiet --command "'$build/gpushift' --root '$tree' $*" /dev/null </dev/null)
	[[ $shown == *"problem"* ]] || { echo "no problem is told"; return 2; }
	[[ $shown == *$'\033[31mproblem'* ]]
}

streams()
{
	check "a full stdout fails" bash -c "! '$build/gpushift' --root '$tree' list >/dev/full"
	check "a closed stdout fails" bash -c "! '$build/gpushift' --root '$tree' list >&-"
	check "a closed stderr does not" bash -c "'$build/gpushift' --root '$tree' list 2>&-"
	gpushift list >"$work/plain" 2>&1
	LC_ALL=de_DE.UTF-8 LANGUAGE=de gpushift list >"$work/locale" 2>&1
	check "the locale changes nothing" cmp "$work/plain" "$work/locale"
	POSIXLY_CORRECT=1 gpushift list --quiet >"$work/posix" 2>&1
	check "nor does POSIXLY_CORRECT" cmp "$work/plain" "$work/posix"
	COLUMNS=40 gpushift list >"$work/narrow"
	check "addresses and modes are never cut" grep -q '^0000:00:04.0 .* passthrough  vfio-pci' "$work/narrow"
	printf 'x\033[31m\377\n' >"$tree/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/name"
	check "colours are for a terminal" at_terminal TERM=xterm doctor
	check "--no-color: none" not at_terminal TERM=xterm doctor --no-color
	check "NO_COLOR: none" not at_terminal TERM=xterm NO_COLOR=1 doctor
	check "nor for a dumb terminal" not at_terminal TERM=dumb doctor
	check "nor for a pipe" bash -c "! TERM=xterm '$build/gpushift' --root '$tree' doctor 2>&1 | grep -q $'\033'"
	check "control characters do not reach the terminal" bash -c "! '$build/gpushift' --root '$tree' profiles mtty | grep -q $'\033'"
	expect_json 0 '.profiles[0].name == "x\u001b[31m\ufffd"' profiles mtty
	mkdir "$work/empty" "$work/empty/sys" "$work/empty/sys/bus"
	check "no card is no error" bash -c "'$build/gpushift' --root '$work/empty' | grep -q 'no display'"
}

# ---- what is generated ----

generated()
{
	local verb
	expect 0 '^0000:01:00.0$' __complete cards
	while read -r verb; do
		check "'$verb' has a page" grep -qE "^\\*gpushift\\* \\[?\\*$verb\\*" "$build/man/gpushift-${verb%% *}.1.scd"
		check "bash completes '$verb'" grep -qF "'$verb')" "$build/completion/gpushift.bash"
		check "zsh completes '$verb'" grep -qF "'$verb')" "$build/completion/gpushift.zsh"
		check "fish completes '$verb'" grep -qF "case '$verb'" "$build/completion/gpushift.fish"
		check "help shows '$verb'" bash -c "'$build/gpushift' help $verb | grep -q 'gpushift.*${verb##* }'"
	done < <(gpushift help --json | jq -r '.verbs[].name')
}

make_tree
looking
documents
mistakes
configured
wanted
defined
exported
hooked
doctored
booted
imported
early
streams
generated
finish
