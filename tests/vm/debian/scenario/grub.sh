# From a host without an IOMMU to one with it, by its own boot loader: GRUB, which Debian's update-grub gives its lines, starts
# each kernel but the first. What doctor says is done; after the next boot a card can be passed through; what is taken back
# is gone after the next.
# installed: yes
# debs: grub-common grub2-common grub-pc-bin libfreetype6 libfuse2 libefiboot1 libefivar1
# topology: grub
# deadline: 900
. /tests/cards.sh

words="intel_iommu=on iommu=pt"
drop_in=/etc/default/grub.d/50-gpushift.cfg

apt() { apt-get --quiet --yes -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1; }
keep() { mkdir /var/tmp/before && cp -a /etc/default /boot/grub/grub.cfg /var/tmp/before/; }
is_as_before() { diff -r /etc/default /var/tmp/before/default && diff /boot/grub/grub.cfg /var/tmp/before/grub.cfg; }
finding() { gpushift doctor "$1" --json | jq -r '.findings[].status'; } # CHECK
advice() { gpushift doctor "$1" --json | jq -r '.findings[].fix'; } # CHECK
running() { grep -qE "(^| )$1( |\$)" /proc/cmdline; } # WORDS
kernels_with() { grep -cE "^[[:space:]]*linux[[:space:]].* $1( |\$)" /boot/grub/grub.cfg; } # WORDS
default_domain() { cat "$PCI/$(cards)/iommu_group/type"; }

# Its own disk has no room before the file system, so that GRUB keeps a list of blocks.
set_up_grub()
{
	check "GRUB is installed" apt install /tests/debs/*.deb
	cat >/etc/default/grub <<-EOF
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=0
		GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"
		GRUB_CMDLINE_LINUX="console=ttyS0 rw panic=1 tsc=reliable no_timer_check systemd.mask=serial-getty@ttyS0.service"
	EOF
	check "on the disk" grub-install --target=i386-pc --force /dev/vda
	check "with its lines" update-grub
}

bare_host()
{
	check "GRUB started this kernel" running 'BOOT_IMAGE=[^ ]*'
	check_fails "which has no IOMMU" test -e /sys/kernel/iommu_groups/0
	expect_output problem "doctor says so" finding iommu
	expect_match "^gpushift boot apply" "and what to do" advice iommu
	check "GRUB's lines are made as they are made here" update-grub
	check "they are kept" keep
	check "show says how" grep -q "^+.* $words\"" <(gpushift boot show)
	check "and changes nothing" is_as_before
	check "it is done" gpushift boot apply
	expect_output "$(kernels_with 'intel_iommu=off')" "each of GRUB's kernels has the words" kernels_with "$words"
	check "in a file of our own" test -s "$drop_in"
	expect_match "^reboot" "a reboot is what is left" advice iommu
}

with_the_words()
{
	check "the kernel was given the words" running "$words"
	expect_output identity "the host's own devices do not pay" default_domain
	expect_output ok "doctor has nothing to say of the IOMMU" finding iommu
	expect_output ok "nor of the command line" finding command-line
	card=$(cards)
	check "its card, the only one, goes to passthrough" gpushift set "$card" passthrough --force
	check "and back" gpushift set "$card" host
	check "it is taken back" gpushift boot revert
	check "to the byte" is_as_before
	check_fails "our file is gone" test -e "$drop_in"
}

as_it_was()
{
	check_fails "the words are gone" running "$words"
	expect_output problem "and so is the IOMMU" finding iommu
	check "nothing is left of it" is_as_before
}

case $BOOT in
1) check "it is installed" install_gpushift; set_up_grub; boot_again grub ;;
2) bare_host; boot_again grub ;;
3) with_the_words; boot_again grub ;;
4) as_it_was ;;
esac
