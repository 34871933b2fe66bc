# shellcheck shell=bash
# Boots the emulated host: puts its file system together, starts QEMU, reads the results. Used by run and by benchmarks.

VM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM/../.." && pwd)
# shellcheck source=scripts/cache-lib.sh
. "$TOP/scripts/cache-lib.sh"
BUILD=${GPUSHIFT_VM_BUILD:-$VM/.build}

cache() { "$TOP/scripts/cache" "$@"; }

# --- kernels ------------------------------------------------------------------------------------------------------

# A series of Debian's kernels, or `debug`: the cache's own, with the checkers that Debian's lack.
kernel_entry() # SERIES
{
	if [[ $1 == debug ]]; then cache debug-kernel; else cache kernel "$1"; fi
}

# What modules are built against.
kernel_tree() # SERIES
{
	if [[ $1 == debug ]]; then echo "$(cache debug-kernel)/build"; else echo "/lib/modules/$(kernel_release "$1")/build"; fi
}

# --- what runs inside ---------------------------------------------------------------------------------------------

program_libraries() # FILE
{
	ldd "$1" 2>/dev/null | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'
}

add_file() # ROOT FILE PATH
{
	mkdir -p "$1${3%/*}"
	cp -L "$2" "$1$3"
}

# Programs go to /usr/local/bin, with the shared libraries that they need here.
add_program() # ROOT FILE [NAME]
{
	local library
	add_file "$1" "$2" "/usr/local/bin/${3:-${2##*/}}"
	program_libraries "$2" | while read -r library; do
		add_file "$1" "$library" "$(realpath "${library%/*}")/${library##*/}"
	done
}

add_programs() # ROOT
{
	local program
	for program in "${GPUSHIFT_BIN:-$TOP/userspace/build/gpushift}" "${GPUSHIFTD_BIN:-$TOP/userspace/build/gpushiftd}"; do
		[[ ! -x $program ]] || add_program "$1" "$program"
	done
}

# Programs of a folder of tests/ that are built by its Makefile, for scenarios that say so in their header.
build_programs() # FOLDERS: prints the paths of the programs
{
	local folder
	mkdir -p "$BUILD"
	for folder in $1; do
		flock "$BUILD/.lock-$folder" make -s -C "$TOP/tests/$folder" "O=$BUILD/$folder" >&2 || die "tests/$folder does not build"
		find "$BUILD/$folder" -maxdepth 1 -type f -executable
	done
}

# Modules are built in a copy of their own for each kernel, so that kernels do not undo each other's objects.
copy_sources() # FOLDER COPY
{
	mkdir -p "$2"
	(cd "$1" && find . -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod*' ! -name '.*.cmd' ! -name 'Module.symvers' \
		! -name 'modules.order' -print0 | cpio --quiet -p0dmu "$2")
}

# Asking make whether they are up to date takes seconds: whoever starts many emulated hosts asks once, and sets
# MODULES_BUILT.
build_modules() # SERIES FOLDER...: prints the paths of the built modules
{
	local tree release copy folder log
	if [[ ${MODULES_BUILT:-} == yes ]]; then
		release=$(<"$(kernel_entry "$1")/release")
		shift
		for folder in "$@"; do find "$BUILD/$release/$folder" -name '*.ko'; done
		return
	fi
	tree=$(kernel_tree "$1")
	release=$(<"$(kernel_entry "$1")/release")
	copy=$BUILD/$release
	shift
	mkdir -p "$BUILD"
	(
		flock 9
		for folder in "$@"; do
			[[ -f $TOP/$folder/Makefile ]] || continue
			log=$copy/${folder//\//-}.log
			copy_sources "$TOP/$folder" "$copy/$folder"
			make_modules "$tree" "$copy/$folder" -s >"$log" 2>&1 ||
				{ tail -n 30 "$log" >&2; die "$folder does not build for $release"; }
			find "$copy/$folder" -name '*.ko'
		done
	) 9>"$BUILD/.lock-$release"
}

# The kernel's modules, the samples and ours as one tree with its indexes, so that modprobe finds them all.
add_modules() # ROOT SERIES KERNEL FOLDER...
{
	local root=$1 series=$2 kernel=$3 release module
	shift 3
	release=$(<"$kernel/release")
	mkdir -p "$root/lib/modules"
	cp -a "$kernel/root/lib/modules/$release" "$root/lib/modules/"
	mkdir "$root/lib/modules/$release/extra"
	# The debug kernel brings the samples along.
	[[ $series == debug ]] || cp "$(cache samples "$series")"/*.ko "$root/lib/modules/$release/extra/"
	build_modules "$series" "$@" | while read -r module; do
		cp "$module" "$root/lib/modules/$release/extra/"
	done
	depmod -b "$root" "$release"
}

pack() # ROOT: as an archive on standard output
{
	# /lib is a link in the base archive; what comes later must not replace it by a folder.
	[[ ! -d $1/lib || -L $1/lib ]] || { mkdir -p "$1/usr"; cp -al "$1/lib/." "$1/usr/lib/"; rm -r "${1:?}/lib"; }
	(cd "$1" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0)
}

# --- the topology -------------------------------------------------------------------------------------------------

# A topology is bash that calls these.
qemu() { TOPOLOGY_ARGS+=("$@"); }
append() { TOPOLOGY_APPEND+=" $*"; }
memory() { TOPOLOGY_MEMORY=$1; }
# A table of the firmware that takes the place of QEMU's, which has the same names and a lower OEM revision: its bytes in
# hexadecimal, and the tenth, the checksum, is whatever is needed.
acpi_table() { local IFS=""; TOPOLOGY_TABLES+=("$*"); }

# A file for a device's ROM, 64 KiB as QEMU's are: its bytes in hexadecimal, then zeros.
rom_file() # BYTES...: prints its path
{
	local IFS="" file
	file=$(mktemp "${work:?}/rom.XXXXXX")
	printf '%s' "$*" | sed 's/../\\x&/g' | xargs -0 printf '%b' >"$file"
	truncate -s 64K "$file"
	echo "$file"
}

# shellcheck disable=SC2034
load_topology() # NAME[:SEED]: leaves TOPOLOGY_ARGS, TOPOLOGY_APPEND and TOPOLOGY_MEMORY
{
	local file=$VM/topology/${1%%:*}
	TOPOLOGY_ARGS=() TOPOLOGY_APPEND="" TOPOLOGY_MEMORY=1024 TOPOLOGY_TABLES=()
	[[ -f $file ]] || die "no topology named ${1%%:*}; there are: $(cd "$VM/topology" && echo *)"
	# shellcheck source=/dev/null
	. "$file" "${1#"${1%%:*}"}"
}

# The kernel takes tables from its initrd.
add_tables() # ROOT
{
	local folder=$1/kernel/firmware/acpi table i sum bytes
	for table in "${TOPOLOGY_TABLES[@]}"; do
		mkdir -p "$folder"
		for ((i = sum = 0; i < ${#table}; i += 2)); do
			((i == 18)) || sum=$((sum + 0x${table:i:2}))
		done
		printf -v table '%s%02x%s' "${table:0:18}" $((-sum & 255)) "${table:20}"
		bytes=""
		for ((i = 0; i < ${#table}; i += 2)); do bytes+=\\x${table:i:2}; done
		printf '%b' "$bytes" >"$folder/${table:0:8}.aml"
	done
}

# --- scenarios ----------------------------------------------------------------------------------------------------

header() # SCENARIO KEY: the value of `# KEY: value` in the comment at its top
{
	sed -n "/^#/!q; s/^# $2: *//p" "$1"
}

# --- boot and results ---------------------------------------------------------------------------------------------

# Two settings halve the time under emulation: no five-level page tables here, and no randomized addresses on the kernel's
# command line, since QEMU translates code anew for each address that it is mapped at.
qemu_arguments() # MEMORY INSTRUCTION-COUNTED [THREADS]
{
	if [[ $2 == yes ]]; then
		printf '%s\n' -accel tcg,thread=single -icount shift=0,sleep=off -smp 1
	else
		printf '%s\n' -accel "tcg,thread=${3:-multi}" -smp 2
	fi
	printf '%s\n' -cpu max,la57=off -m "$1" -M q35,kernel-irqchip=split -nodefaults -no-user-config -no-reboot \
		-display none -vga none -net none -monitor none
}

# QEMU's control protocol on a serial line of the guest: two pipes that join the line and the monitor crosswise. The line
# has an interrupt of its own, since the usual one of a third line is the console's.
qmp_line() # FOLDER: prints arguments
{
	mkfifo "$1/qmp.in" "$1/qmp.out"
	ln -s qmp.in "$1/line.out"
	ln -s qmp.out "$1/line.in"
	printf '%s\n' -chardev "pipe,id=qmp,path=$1/qmp" -mon chardev=qmp,mode=control \
		-chardev "pipe,id=line,path=$1/line" -device isa-serial,chardev=line,index=2,iobase=0x3e8,irq=5
}

# What a run left on the results line, as lines for people; the exit status says whether all passed.
report() # RESULTS PREFIX
{
	awk -v prefix="$2" '
		/^not ok / { failed++ }
		/^ok /     { passed++; checks += $0 != "ok kernel log is clean" }
		/^skip /   { skipped++ }
		/^done$/   { done = 1; next }
		NF         { print prefix $0 }
		END {
			if (!done) { print prefix "not ok the emulated host reaches its end"; failed++ }
			if (checks + failed + skipped == 0) { print prefix "not ok the scenario checks something"; failed++ }
			printf "%d %d %d\n", passed, failed, skipped > totals
			exit failed > 0
		}' totals="$3" "$1"
}
