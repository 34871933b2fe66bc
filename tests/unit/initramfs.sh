#!/bin/bash
# The hooks of mkinitcpio, called as mkinitcpio calls them: its functions (mkinitcpio(8), "Build hooks") are stand-ins that
# do to a folder what those do to an image, and complain where those do. mkinitcpio itself is not in Debian.
# Prints TAP.
set -uo pipefail

source=$(realpath "$(dirname "$0")/../../userspace/initramfs")
work=$(mktemp -d "${TMPDIR:-/tmp}/gpushift-initramfs.XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
export BUILDROOT=$work/image

fails() { ! "$@"; }

# As `make install` fills the templates, with all that is written to a host below $work.
install_hooks()
{
	local template
	mkdir -p "$work"/{bin,share/gpushift,state,install,hooks}
	printf '#!/bin/sh\n[ "$*" = "--direct boot early" ] && cat %q\n' "$work/lines" >"$work/bin/gpushift"
	chmod 755 "$work/bin/gpushift"
	cp "$source"/{early-bind,gpushift-early.service} "$work/share/gpushift/"
	cp "$source/mkinitcpio/hook" "$work/hooks/gpushift"
	for template in early-copy:share/gpushift/early-copy mkinitcpio/install:install/gpushift; do
		sed "s|@BINDIR@|$work/bin|; s|@SHAREDIR@|$work/share|; s|/var/lib/gpushift|$work/state|" \
			"$source/${template%:*}.in" >"$work/${template#*:}"
	done
	chmod 755 "$work/share/gpushift/"*
}

# --- what mkinitcpio has for hooks -----------------------------------------------------------------------------------

complain() { echo "complaint: $*" >>"$work/complaints"; return 1; }

add_file() # SOURCE [DESTINATION [MODE]]
{
	[[ -f $1 ]] || complain "file not found: $1" || return
	install -D -m "${3:-$(stat -c %a "$1")}" "$1" "$BUILDROOT${2:-$1}"
}

add_binary() # PROGRAM [DESTINATION [MODE]]
{
	local program
	program=$(type -P "$1") || complain "binary not found: $1" || return
	add_file "$(realpath "$program")" "${2:-/usr/bin/${program##*/}}" "${3:-755}"
}

add_symlink() # NAME [TARGET]
{
	mkdir -p "$BUILDROOT${1%/*}"
	ln -sfn "$2" "$BUILDROOT$1"
}

# The script of the caller's name; its functions say when it is run.
add_runscript()
{
	local name=${BASH_SOURCE[1]##*/}
	[[ -f $work/hooks/$name ]] || complain "runtime script for $name not found" || return
	add_file "$work/hooks/$name" "/hooks/$name" 755
	grep -o '^run_[a-z]*' "$work/hooks/$name" >"$work/functions"
}

# --- the checks -----------------------------------------------------------------------------------------------------

# In a shell of its own, as there.
build_image()
{
	rm -f "$work/complaints" "$work/functions"
	(
		# shellcheck source=/dev/null
		. "$work/install/gpushift"
		build
	) || return
	! cat "$work/complaints" 2>/dev/null
}

content() { (cd "$BUILDROOT" && find . ! -type d -printf '%P\n' | sort | tr '\n' ' '); }

without_wishes()
{
	: >"$work/lines"
	mkdir -p "$BUILDROOT"
	check "an image is made without wishes" build_image
	check "it is given nothing" same "$(content)" ""
	check "which is recorded" test -f "$work/state/initramfs" -a ! -s "$work/state/initramfs"
}

OURS="hooks/gpushift usr/lib/gpushift/early usr/lib/gpushift/early-bind usr/lib/systemd/system/gpushift-early.service"
OURS+=" usr/lib/systemd/system/sysinit.target.wants/gpushift-early.service "

with_wishes()
{
	printf '%s\n' "# Made by gpushift boot early" "vfio-pci 10de:1b02:0000:0000 pci0000:00/01.0/00.0 0000:01:00.0" >"$work/lines"
	mkdir -p "$BUILDROOT/usr/bin"
	ln -s busybox "$BUILDROOT/usr/bin/sh"
	touch "$BUILDROOT/usr/bin/busybox"
	check "an image is made with a wish" build_image
	check "it has all of it, and its own shell" same "$(content)" "${OURS/usr/usr/bin/busybox usr/bin/sh usr}"
	check "the lines are those of gpushift" cmp "$work/lines" "$BUILDROOT/usr/lib/gpushift/early"
	check "which are recorded" cmp "$work/lines" "$work/state/initramfs"
	check "the program can be run" test -x "$BUILDROOT/usr/lib/gpushift/early-bind"
	check "systemd finds the unit" test -f "$BUILDROOT/usr/lib/systemd/system/sysinit.target.wants/gpushift-early.service"
	check "it starts what is there" grep -qx 'ExecStart=/usr/lib/gpushift/early-bind /usr/lib/gpushift/early' \
		"$BUILDROOT/usr/lib/systemd/system/gpushift-early.service"
	check "mkinitcpio's own init runs it before modules are loaded" same "$(cat "$work/functions")" run_earlyhook
	rm -r "$BUILDROOT"
	mkdir "$BUILDROOT"
	check "an image that has no shell" build_image
	check "is given one" test -x "$BUILDROOT/usr/bin/sh"
	rm -r "$BUILDROOT"
	mkdir "$BUILDROOT"
	rm "$work/hooks/gpushift"
	check "a hook without its script is complained about" fails build_image
	cp "$source/mkinitcpio/hook" "$work/hooks/gpushift"
}

# What init does with it: it reads the script, and calls the function.
run_hook() # SHELL...
{
	mkdir -p "$work/run"
	printf '#!/bin/sh\necho "$*" >%q\n' "$work/ran" >"$work/run/early-bind"
	chmod 755 "$work/run/early-bind"
	sed "s|\t/usr/lib/gpushift/early-bind|\t$work/run/early-bind|" "$work/hooks/gpushift" >"$work/run/hook"
	rm -f "$work/ran"
	"$@" -c ". $work/run/hook; run_earlyhook"
	same "$(cat "$work/ran")" /usr/lib/gpushift/early
}

unreadable()
{
	printf '#!/bin/sh\nexit 1\n' >"$work/bin/gpushift"
	rm -rf "$BUILDROOT"
	mkdir "$BUILDROOT"
	check "an image is made where the wishes cannot be read" build_image
	check "and is given nothing then" same "$(content)" ""
	check "which is not what the one before had" fails test -e "$work/state/initramfs"
}

# A hook of initramfs-tools that somebody runs by hand has no tree. The host's folder is one below $work here.
without_a_tree()
{
	sed "s|/usr/lib/gpushift|$work/lib|" "$work/share/gpushift/early-copy" >"$work/early-copy"
	mkdir "$work/lib"
	touch "$work/lib/libgpushift-unlock.so"
	check "without a tree nothing is copied" fails sh "$work/early-copy" ""
	check "and nothing of the host is removed" test -f "$work/lib/libgpushift-unlock.so"
}

install_hooks
without_a_tree
without_wishes
with_wishes
check "the hook runs in busybox" run_hook busybox sh
check "and in dash" run_hook dash
unreadable
finish
