# shellcheck shell=bash
# What the scenarios of each maker of an initramfs share: two cards that are alike and have their driver in the initramfs; the
# one that is wished for passthrough is never seen by it, the other one is; gpushift=off lets it have both; an initramfs
# without such a wish is given nothing. The scenario defines
#
#   $rebuild             the command that gpushift names
#   set_up_maker         the initramfs has the cards' driver, as early as it can
#   has_list             does the initramfs that is there have the lines?
#   make_initramfs       what $rebuild does
#
# and then calls early_boots.

restore=gpushift-restore.service
initrd=/boot/initrd.img-$(uname -r)

property() { systemctl show -P "$1" "$restore"; }
failed_units() { systemctl list-units --failed --plain --no-legend; }
kernel_log() { dmesg --notime; }
driver_saw() { kernel_log | grep -q "bochs-drm.*$1"; } # ADDRESS

# Before the driver was there for anybody.
kept_before_driver() # ADDRESS
{
	local kept driver
	kept=$(kernel_log | grep -n -m 1 "gpushift: $1 is kept for vfio-pci" | cut -d: -f1)
	driver=$(kernel_log | grep -n -m 1 "bochs-drm" | cut -d: -f1)
	echo "line $kept, the driver in line $driver"
	((kept > 0 && driver > kept))
}

first_boot()
{
	check "it is installed" install_gpushift
	set_up_maker
	modprobe vfio-pci
	read -r card other < <(find_id 1234:1111 | tr '\n' ' ')
	check "there are two cards that are alike" test -n "$other"
	echo "$card $other" >/var/tmp/cards
	expect_output "" "nothing is to be done early" gpushift boot early
	expect_match "before drivers load: $rebuild" "a wish says what an initramfs needs" \
		gpushift set "$card" passthrough --persist
	expect_match "has not the wishes" "so does doctor" gpushift doctor early-drivers
	check "one is made" make_initramfs
	check "it has the list" has_list
	expect_match "the initramfs has the wishes" "doctor is content" gpushift doctor early-drivers
	boot_again
}

second_boot()
{
	check "$card was kept for vfio-pci before its driver came" kept_before_driver "$card"
	check_fails "its driver never saw it" driver_saw "$card"
	check "but the other, which is like it" driver_saw "$other"
	expect_output passthrough "it is in its mode" mode_of "$card"
	expect_output vfio-pci "with its driver" driver_of "$card"
	expect_output bochs-drm "and the other in its own" driver_of "$other"
	expect_output success "the wish was granted" property Result
	expect_output "" "no unit has failed" failed_units
	expect_exit 0 "it goes to the host" gpushift set "$card" host
	expect_output bochs-drm "to the driver that it was kept from" driver_of "$card"
	expect_output "(null)" "nothing is left of having been kept" override_of "$card"
	boot_again same gpushift=off
}

third_boot()
{
	check "gpushift=off: its driver has seen it" driver_saw "$card"
	expect_output bochs-drm "and has it" driver_of "$card"
	expect_output "(null)" "nobody has aimed it" override_of "$card"
	expect_output no "no wish was granted in this boot" property ConditionResult
	expect_match "gpushift=off: no card is kept" "the kernel's log says so" kernel_log
	expect_match "$rebuild" "another wish for it needs another initramfs" gpushift set "$card" host --persist
	check "one is made" make_initramfs
	check_fails "it has no list" has_list
	expect_match "the initramfs has the wishes" "doctor is content" gpushift doctor early-drivers
}

early_boots()
{
	[[ $BOOT == 1 ]] || read -r card other </var/tmp/cards
	case $BOOT in
	1) first_boot ;;
	2) second_boot ;;
	3) third_boot ;;
	esac
}
