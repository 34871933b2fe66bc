#!/bin/bash
# `gpushift boot` with the programs that own a command line, on hosts made of this machine's /usr and nothing else of it:
# the real kernel-install of systemd; grubby, rpm-ostree, proxmox-boot-tool and mkinitcpio, which Debian does not have, by
# stand-ins that keep what they are told. Prints TAP; needs root, for mounts of its own.
set -uo pipefail

build=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")
if [[ ${BOOT_PROGRAMS_INSIDE:-} != yes ]]; then
	((EUID == 0)) || { echo "ok 1 - boot programs # SKIP needs root"; echo "1..1"; exit 0; }
	BOOT_PROGRAMS_INSIDE=yes exec unshare --mount --propagation private "$0" "$@"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-boot.XXXXXX")
root=$work/root
trap 'leave; rm -rf "$work"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

# --- a host ---------------------------------------------------------------------------------------------------------

leave()
{
	local at
	for at in dev/null proc/cpuinfo proc/cmdline proc usr/lib/modules usr/bin usr/lib usr/lib64 usr/share; do
		! mountpoint -q "$root/$at" || umount "$root/$at"
	done
}

enter() # an Intel host whose kernel has none of the words
{
	local folder
	leave
	rm -rf "$root"
	mkdir -p "$root"/{usr/sbin,etc/kernel,proc,sys,dev,run,tmp,boot,var/lib,opt}
	for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
	for folder in bin lib lib64 share; do
		mkdir "$root/usr/$folder"
		mount --bind -o ro "/usr/$folder" "$root/usr/$folder"
	done
	ln -s ../bin/kmod "$root/usr/sbin/depmod"
	mount -t tmpfs -o mode=755 modules "$root/usr/lib/modules"
	mount --bind /proc "$root/proc"
	echo "root=/dev/vda quiet" >"$work/cmdline"
	printf 'vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n' >"$work/cpuinfo"
	mount --bind "$work/cmdline" "$root/proc/cmdline"
	mount --bind "$work/cpuinfo" "$root/proc/cpuinfo"
	touch "$root/dev/null"
	mount --bind /dev/null "$root/dev/null"
	cp /etc/ld.so.cache "$root/etc/"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	cp "$build/gpushift" "$root/usr/sbin/"
}

on() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
boot() { on gpushift --direct boot "$@"; }

# A program that keeps the words of its calls in /said, and fails where /fails names it. What it does besides is its body.
stand_in() # NAME [BODY]
{
	cat >"$root/usr/sbin/$1" <<-END
		#!/bin/bash
		printf '%s\n' "$1 \$*" >>/said
		! grep -qx "$1" /fails 2>/dev/null || exit 1
		${2:-}
	END
	chmod 755 "$root/usr/sbin/$1"
}

# But for questions.
said() { grep -v -- --info "$root/said"; rm -f "$root/said"; }

started_by_systemd_boot()
{
	local folder=$root/sys/firmware/efi/efivars
	mkdir -p "$folder"
	printf '\6\0\0\0s\0y\0s\0t\0e\0m\0d\0-\0b\0o\0o\0t\0' >"$folder/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
}

WORDS="intel_iommu=on iommu=pt"

# --- kernel-install, the real one -------------------------------------------------------------------------------------

# It adds a word of its own.
entries()
{
	find "$root/boot/loader/entries" -name '*.conf' -exec grep -h '^options' {} + | sort | uniq -c |
		sed 's/ systemd.machine_id=[0-9a-f]*//; s/^ *//; s/ *$//; s/  */ /g'
}

kernel_install()
{
	local release
	enter
	started_by_systemd_boot
	echo "root=/dev/vda ro quiet" >"$root/etc/kernel/cmdline"
	printf 'layout=bls\nBOOT_ROOT=/boot\n' >"$root/etc/kernel/install.conf"
	mkdir -p "$root/boot/loader/entries"
	for release in 6.1.0-1-test 6.12.0-2-test; do
		mkdir "$root/usr/lib/modules/$release"
		echo "a kernel" >"$root/usr/lib/modules/$release/vmlinuz"
		touch "$root/usr/lib/modules/$release"/modules.{order,builtin}
		check "kernel-install adds $release" on kernel-install add "$release" "/usr/lib/modules/$release/vmlinuz"
	done
	check "two entries start kernels" same "$(entries)" "2 options root=/dev/vda ro quiet"
	find "$root/boot" "$root/etc/kernel" -type f -exec sha256sum {} + | sort >"$work/before"
	check "show is a diff" grep -qx "+root=/dev/vda ro quiet $WORDS" <(boot show)
	expect_exit 0 "apply" boot apply
	check "both entries have the words" same "$(entries)" "2 options root=/dev/vda ro quiet $WORDS"
	expect_exit 0 "revert" boot revert
	check "both entries are without" same "$(entries)" "2 options root=/dev/vda ro quiet"
	find "$root/boot" "$root/etc/kernel" -type f -exec sha256sum {} + | sort >"$work/after"
	check "all is as it was, byte for byte" cmp "$work/before" "$work/after"
	# A plug-in that fails is kernel-install's way to fail.
	mkdir -p "$root/etc/kernel/install.d"
	printf '#!/bin/sh\nexit 1\n' >"$root/etc/kernel/install.d/95-fails.install"
	chmod 755 "$root/etc/kernel/install.d/95-fails.install"
	expect_exit 1 "it fails" boot apply
	check "the line is as it was" same "$(cat "$root/etc/kernel/cmdline")" "root=/dev/vda ro quiet"
}

# --- stand-ins --------------------------------------------------------------------------------------------------------

# Two kernels, as grubby shows them; the words that it is given go to both.
GRUBBY='
case $* in
--info=ALL) for n in 0 1; do printf "index=%s\nargs=\"%s\"\nroot=\"/dev/vda\"\n" "$n" "$(cat /kernel.$n)"; done ;;
*--args=*) for n in 0 1; do for word in ${2#--args=}; do grep -qw -- "$word" /kernel.$n || sed -i "s|\$| $word|" /kernel.$n; done; done ;;
*--remove-args=*) for n in 0 1; do for word in ${2#--remove-args=}; do sed -i "s| $word\b||" /kernel.$n; done; done ;;
esac'

grubby()
{
	enter
	stand_in grubby "$GRUBBY"
	echo "ro quiet" >"$root/kernel.0"
	echo "ro rhgb" >"$root/kernel.1"
	expect_exit 0 "grubby: apply" boot apply
	check "it is told the words" same "$(said)" "grubby --update-kernel=ALL --args=$WORDS"
	check "each kernel has them" same "$(cat "$root"/kernel.*)" "$(printf '%s\n' "ro quiet $WORDS" "ro rhgb $WORDS")"
	expect_exit 0 "grubby: revert" boot revert
	check "it is told to take them away" same "$(said)" "grubby --update-kernel=ALL --remove-args=$WORDS"
	check "each kernel is without" same "$(cat "$root"/kernel.*)" "$(printf '%s\n' "ro quiet" "ro rhgb")"
	echo grubby >"$root/fails"
	expect_exit 1 "grubby fails: so does apply" boot apply
}

rpm_ostree()
{
	enter
	touch "$root/run/ostree-booted"
	echo "root=x ro" >"$root/kargs"
	# shellcheck disable=SC2016
	stand_in rpm-ostree 'shift; (($#)) || { cat /kargs; exit; }; for word; do case $word in
		--append*=*) sed -i "s|\$| ${word#*=}|" /kargs ;; --delete*=*) sed -i "s| ${word#*=}\b||" /kargs ;; esac; done'
	expect_exit 0 "rpm-ostree: apply" boot apply
	check "its deployment has the words" same "$(cat "$root/kargs")" "root=x ro $WORDS"
	check "by its kargs" grep -q '^rpm-ostree kargs --append' "$root/said"
	expect_exit 0 "rpm-ostree: revert" boot revert
	check "and is without" same "$(cat "$root/kargs")" "root=x ro"
}

# Who reads /etc/kernel/cmdline after it was changed.
told() # PROGRAM COMMAND
{
	local before="root=/dev/vda ro"
	started_by_systemd_boot
	echo "$before" >"$root/etc/kernel/cmdline"
	stand_in "$1" 'cat /etc/kernel/cmdline >/read'
	expect_exit 0 "$1: apply" boot apply
	check "$1: it is run once" same "$(said)" "$2"
	check "$1: when the words are there" same "$(cat "$root/read")" "$before $WORDS"
	expect_exit 0 "$1: revert" boot revert
	check "$1: it is run again" same "$(said)" "$2"
	check "$1: when they are not" same "$(cat "$root/read")" "$before"
	echo "$1" >"$root/fails"
	expect_exit 1 "$1: it fails" boot apply
	check "$1: and is run once more on what was there" same "$(said)" "$(printf '%s\n' "$2" "$2")"
	check "$1: which is there" same "$(cat "$root/etc/kernel/cmdline")" "$before"
}

proxmox() { enter; told proxmox-boot-tool "proxmox-boot-tool refresh"; }

# GRUB's menu is in the language of its environment. Nothing else of it is passed on.
language()
{
	enter
	started_by_systemd_boot
	echo "root=/dev/vda ro" >"$root/etc/kernel/cmdline"
	stand_in proxmox-boot-tool 'env | grep -E "^[LPG].*=" | grep -v ^PWD= | sort >/environment'
	expect_exit 0 "apply, by a user with a language" on env LANG=de_DE.UTF-8 LC_MESSAGES=fr_FR.UTF-8 GRUB_PREFIX=/x \
		gpushift --direct boot apply
	check "the program has it, and nothing else of his" same "$(cut -d= -f1 "$root/environment" | tr '\n' ' ')" "LANG LC_MESSAGES PATH "
}

mkinitcpio()
{
	enter
	mkdir -p "$root/etc/mkinitcpio.d"
	echo 'default_uki="/efi/EFI/Linux/arch-linux.efi"' >"$root/etc/mkinitcpio.d/linux.preset"
	told mkinitcpio "mkinitcpio -P"
}

# What cannot be written is not changed in part.
read_only()
{
	local folder
	for folder in etc var/lib; do
		enter
		mkdir -p "$root/etc/default" "$root/boot/grub" "$root/var/lib/gpushift"
		stand_in update-grub
		echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' >"$root/etc/default/grub"
		mkdir -p "$root/sys/firmware/acpi"
		mount --bind "$root/$folder" "$root/$folder"
		mount -o remount,bind,ro "$root/$folder"
		expect_exit 1 "/$folder is read-only: apply" boot apply
		cp "$work/err" "$work/told"
		check "all is as it was, it says" grep -q 'Read-only file system; all is as it was' "$work/told"
		check "and so it is" test ! -e "$root/var/lib/gpushift/boot.json" -a ! -e "$root/said"
		umount "$root/$folder"
	done
}

kernel_install
read_only
grubby
rpm_ostree
proxmox
language
mkinitcpio
finish
