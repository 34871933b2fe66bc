# Before drivers load, by dracut, which takes the place of initramfs-tools: what tests/vm/debian/early.sh says, for an
# initramfs with systemd (what dracut makes here), and for one without. With the argument `plain` the latter only.
# installed: yes
# debs: dracut dracut-core kpartx dmsetup
# topology: wishes
# deadline: 3000
. /tests/cards.sh
. /tests/early.sh

rebuild="dracut --regenerate-all --force"
make_initramfs() { dracut --regenerate-all --force --quiet && [[ $initrd -nt /etc/dracut.conf.d/test.conf ]]; }
has_list() { lsinitrd "$initrd" | grep -q ' usr/lib/gpushift/early$'; }
has_systemd() { lsinitrd "$initrd" | grep -q ' usr/lib/systemd/system/gpushift-early.service$'; }

apt() { apt-get --quiet --yes -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1; }

# What this host does not need, left out for speed.
OMIT="lvm mdraid dm dmraid crypt multipath btrfs i18n console-setup terminfo nvdimm qemu resume memstrack pollcdrom biosdevname"
OMIT+=" virtfs virtiofs overlayfs overlay-root securityfs masterkey integrity selinux lunmask nvmf"

# The hardest case: it loads before udev runs. One kernel is enough, each image takes its time under emulation; so that none is
# made while dracut is installed.
set_up_maker()
{
	rm -r "/boot/vmlinuz-$(release_of 6.12)" "/lib/modules/$(release_of 6.12)"
	mkdir -p /etc/dracut.conf.d
	printf '%s\n' 'hostonly=yes' 'early_microcode=no' 'compress=cat' 'force_drivers+=" bochs "' \
		'add_drivers+=" virtio_pci virtio_blk ext4 "' "omit_dracutmodules+=\" $OMIT \"" >/etc/dracut.conf.d/test.conf
	INITRD=No check "dracut replaces initramfs-tools" apt install /tests/debs/*.deb
	check_fails "initramfs-tools' own command is gone" test -e /usr/sbin/update-initramfs
}

# The other way to start it, which is there for an initramfs without systemd.
make_one_without_systemd()
{
	check "a wish" gpushift set "$card" passthrough --persist
	echo 'omit_dracutmodules+=" systemd systemd-initrd dracut-systemd "' >>/etc/dracut.conf.d/test.conf
	check "an initramfs without systemd is made" make_initramfs
	check "it has the list" has_list
	check_fails "and no unit" has_systemd
	boot_again
}

fourth_boot()
{
	check "without systemd $card was kept for vfio-pci before its driver came" kept_before_driver "$card"
	check_fails "its driver never saw it" driver_saw "$card"
	check "but the other, which is like it" driver_saw "$other"
	expect_output passthrough "it is in its mode" mode_of "$card"
}

plain_boot()
{
	check "it is installed" install_gpushift
	set_up_maker
	modprobe vfio-pci
	read -r card other < <(find_id 1234:1111 | tr '\n' ' ')
	echo "$card $other" >/var/tmp/cards
	make_one_without_systemd
}

[[ $BOOT == 1 ]] || read -r card other </var/tmp/cards
case ${1:-}$BOOT in
plain1) plain_boot ;;
plain2) fourth_boot ;;
3)
	early_boots
	make_one_without_systemd
	;;
4) fourth_boot ;;
*)
	[[ $BOOT != 2 ]] || check "it is an initramfs with systemd" has_systemd
	early_boots
	;;
esac
