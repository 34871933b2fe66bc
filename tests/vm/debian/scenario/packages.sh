# Debian packages for real: installed by apt, the module built by DKMS, a wish granted before multi-user.target, an upgrade that
# keeps card, wish and configuration, a removal that finishes a switch and leaves the cards alone, a purge that leaves nothing.
# packages: yes
# modules: kmod tests/kmod
# topology: wishes
# deadline: 1800
#
# With the argument `unbuilt` no kernel has headers, and DKMS builds nothing, which takes most of the time.
. /tests/cards.sh

unbuilt=${1:-}

unit=gpushiftd.service restore=gpushift-restore.service
state=/var/lib/gpushift conf=/etc/gpushift/gpushift.conf
definitions=/etc/mdevctl.d/0000:ff:00.0
kernel=$(release_of 6.1)

apt() { apt-get --quiet --yes -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1; }
installed_versions() { dpkg-query -W -f '${Version}\n' gpushift gpushift-dkms gpushift-unlock | sort -u; }
first_version() { dpkg-deb --field /tests/packages/gpushift_*.deb Version; }
module_state() { dkms status gpushift 2>/dev/null | sed 's|^gpushift/||'; }
source_says() { gpushift --json list | jq -r .source; }
property() { systemctl show -P "$1" "${2:-$unit}"; } # NAME [UNIT]
failed_units() { systemctl list-units --failed --plain --no-legend; }
loaded() { [[ -d /sys/module/gpushift ]]; }
is_other_process() { [[ $(property MainPID) != 0 && $(property MainPID) != "$1" ]]; }
no_journal() { [[ ! -e $state/journal ]]; }
has_early_list() { lsinitramfs "/boot/initrd.img-$(uname -r)" | grep -q gpushift/early; }

# One kernel's headers are enough: each build takes its time under emulation.
fewer_headers()
{
	rm "/lib/modules/$(release_of 6.12)/build"
	[[ -z $unbuilt ]] || rm "/lib/modules/$kernel/build"
}

# What DKMS tells of a version that is installed.
module_of() # VERSION
{
	[[ -n $unbuilt ]] && echo "$1: added" || echo "$1, $kernel, x86_64: installed"
}

traces()
{
	find /etc /usr /lib /var /run /boot -xdev \( -path /var/log -o -path /run/udev -o -path /run/systemd/units \) -prune -o -name '*gpushift*' -print | sort -u
	find /var/lib/dkms -mindepth 1 -maxdepth 1 -type d | sort
	find /etc/mdevctl.d | sort
}

kept()
{
	gpushift show front --json | jq -c '[.card.address, .card.mode, .card.functions]'
	sha256sum "$conf" "$state"/wishes/*
}

# A card is in its mode before anything that is started at multi-user.target.
before_multi_user()
{
	local ended reached
	ended=$(property ExecMainExitTimestampMonotonic "$restore") reached=$(property ActiveEnterTimestampMonotonic multi-user.target)
	echo "$ended $reached"
	((ended > 0 && ended < reached))
}

# --- the boots ----------------------------------------------------------------------------------------------------

install_packages()
{
	check "one kernel at most has headers" fewer_headers
	traces >/var/tmp/before
	check "apt installs the packages" apt install /tests/packages/gpushift*.deb
	expect_output "$(first_version)" "all of them" installed_versions
	expect_output "$(module_of "$(first_version)")" "DKMS has the module" module_state
	expect_output "active enabled" "the daemon was started" echo "$(property ActiveState) $(property UnitFileState)"
	expect_output "enabled" "wishes are granted at boot" property UnitFileState "$restore"
	expect_match "0000:" "it is used at once" gpushift list
	boot_again
}

wish()
{
	expect_output active "the daemon is up" property ActiveState
	if [[ -z $unbuilt ]]; then
		check "the module was loaded at boot" loaded
		expect_output kmod "and tells it" source_says
	fi
	expect_output "" "no unit has failed" failed_units
	card=$(free_card)
	check "there is a card" test -n "$card"
	install -D /dev/stdin "$conf" <<<"[card front]
address = $card"
	check "it has a name of its own" systemctl reload "$unit"
	expect_exit 0 "it is wished for passthrough" gpushift set front passthrough --persist
	check "the initramfs is made with that wish" update-initramfs -u -k "$(uname -r)"
	check "which it has" has_early_list
	boot_again
}

upgrade()
{
	local pid
	expect_output "active success" "the wishes were granted" echo "$(property ActiveState "$restore") $(property Result "$restore")"
	check "before multi-user.target" before_multi_user
	expect_output passthrough "the card has its mode" mode_of front
	expect_output "" "no unit has failed" failed_units
	kept >/var/tmp/kept
	snapshot_sysfs
	pid=$(property MainPID)
	check "apt upgrades to a later version" apt install /tests/newer/gpushift*.deb
	expect_output 9.0.0 "all of them" installed_versions
	expect_output "$(module_of 9.0.0)" "DKMS has the later module, and the old one no more" module_state
	check "there is another daemon" is_other_process "$pid"
	expect_output active "that serves" property ActiveState
	expect_output "$(cat /var/tmp/kept)" "wish, configuration and card are what they were" kept
	assert_unchanged "no device was touched"
	expect_exit 0 "the wish still holds" gpushift apply --wishes
}

# --- removal ------------------------------------------------------------------------------------------------------

waits() { pgrep -f 'flock --timeout [0-9]* /run/gpushift/lock'; }

# A switch that takes its time while apt removes the package whose daemon does it.
remove()
{
	local switch removal
	insert_module gpushift_test_vgpu
	check "the stand-in driver takes $other" bind_override "$other" nvidia
	standin hold_remove 1
	gpushift set "$other" passthrough --timeout 300 >/tmp/switch.out 2>&1 &
	switch=$!
	check "a switch takes its time" wait_for 60 standin_holds
	apt remove gpushift gpushift-dkms >/tmp/removal.out &
	removal=$!
	check "the removal waits for it" wait_for 120 waits
	expect_output active "the daemon is not stopped meanwhile" property ActiveState
	standin hold_remove 0
	wait "$switch"
	check "the switch ends" test $? = 0
	wait "$removal"
	check "then the removal" test $? = 0
	check "without leaving a journal" no_journal
	expect_match "gpushift: $card stays as it is; 'gpushift set $card host'" "it says that $card stays" cat /tmp/removal.out
	expect_match "gpushift: $other stays as it is" "and $other" cat /tmp/removal.out
	expect_output vfio-pci "so it does" driver_of "$card"
	expect_output vfio-pci "and the other" driver_of "$other"
	check_fails "the program is gone" test -e /usr/bin/gpushift
	check_fails "the initramfs keeps no card from its driver any more" has_early_list
	check_fails "the module, too" loaded
	check "wishes and configuration are there" test -s "$conf" -a -n "$(ls "$state/wishes")"
}

define() # UUID TYPE
{
	mkdir -p "$definitions"
	printf '{"mdev_type":"%s","start":"auto","attrs":[]}' "$2" >"$definitions/$1"
}

# Three that mdevctl would start: ours, ours that somebody changes, somebody's.
ours=11111111-0000-4000-8000-000000000001 changed=11111111-0000-4000-8000-000000000002
foreign=11111111-0000-4000-8000-000000000003
definitions_and_ledger()
{
	define "$ours" nvidia-46
	define "$changed" nvidia-46
	define "$foreign" nvidia-46
	jq -n --arg a "$ours" --arg b "$changed" '{parent: "0000:ff:00.0", card: "0000:ff:00.0", type: "nvidia-46", wanted: true,
		automatic: true} as $entry | {version: 1, definitions: {($a): $entry, ($b): $entry}}' >"$state/definitions.json"
}

purge_script() { /var/lib/dpkg/info/gpushift.postrm purge 2>&1; }

# Where `unlock remove` could not put everything back, what it needs for that outlives the purge.
purge_with_unlock()
{
	local said
	cp -a "$state" /var/tmp/state
	cp -a /etc/gpushift /var/tmp/conf
	mkdir -p "$state/unlock/saved"
	echo '{}' >"$state/unlock/manifest"
	said=$(purge_script)
	expect_match "/var/lib/gpushift/unlock stays: " "a purge says that it keeps what unlock needs" echo "$said"
	expect_output "unlock" "and keeps nothing else" ls "$state"
	expect_match "$changed was changed since, and stays" "it names the definition that somebody changed" echo "$said"
	expect_output "$(printf '%s\n' "$changed" "$foreign")" "and removes only those of its own" ls "$definitions"
	rm -r "$state" "$definitions"
	mv /var/tmp/state "$state"
	mv /var/tmp/conf /etc/gpushift
	define "$ours" nvidia-46
}

purge()
{
	purge_with_unlock
	check "apt purges the packages" apt purge gpushift gpushift-dkms gpushift-unlock
	expect_output "$(cat /var/tmp/before)" "nothing is left" traces
	expect_output vfio-pci "the card is still what it was" driver_of "$card"
	check_fails "systemd knows no unit" systemctl cat "$unit" "$restore"
	expect_output "" "and none is active" systemctl list-units --plain --no-legend --state=active "$unit" "$restore"
}

case $BOOT in
1) install_packages ;;
2) wish ;;
3)
	card=$(gpushift show front --json | jq -r .card.address)
	other=$(free_card)
	upgrade
	definitions_and_ledger
	# One is changed between the removal and the purge.
	remove
	define "$changed" nvidia-47
	purge
	;;
esac
