# shellcheck shell=bash
# What cache recipes and the emulated host share: kernel versions, package downloads, messages.

CACHE=${GPUSHIFT_CACHE:-/var/cache/gpushift-tests}
# The kernels that the tests boot; each has a meta package of headers that scripts/deps installs.
# shellcheck disable=SC2034
KERNEL_SERIES="6.1 6.12"

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# From here on what was compiled before, in any folder, is not compiled again.
use_compiler_cache()
{
	export CCACHE_DIR=$CACHE/ccache CCACHE_MAXSIZE=3G CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content
	export PATH=/usr/lib/ccache:$PATH
}

headers_meta() # SERIES: the package whose dependency names the series' newest kernel
{
	case $1 in
	6.1) echo linux-headers-amd64 ;;
	*) echo "linux-headers-$1-amd64" ;;
	esac
}

# The installed headers decide which kernel is booted: modules are built against them, so the image has to be theirs.
kernel_release() # SERIES
{
	local release version
	if [[ $1 == newest ]]; then
		read -r release version < <(newest_kernel)
		echo "$release"
		return
	fi
	release=$(dpkg-query -W -f '${Depends}\n' "$(headers_meta "$1")" 2>/dev/null |
		sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p')
	[[ -n $release ]] || die "no headers of kernel $1 are installed; run scripts/deps --install"
	echo "$release"
}

kernel_version() # SERIES: the Debian version of its packages
{
	local release version
	if [[ $1 == newest ]]; then
		read -r release version < <(newest_kernel)
		echo "$version"
		return
	fi
	release=$(kernel_release "$1")
	dpkg-query -W -f '${Version}\n' "linux-headers-$release"
}

package_versions() # PACKAGE...
{
	dpkg-query -W -f '${Package} ${Version}\n' "$@"
}

apt_update()
{
	exec {apt_lock}>"$CACHE/.lock-apt"
	flock "$apt_lock"
	local try
	for try in 1 2 3; do
		apt-get -qq -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 update && break
		# Another apt may hold the lists; flock on its lock file waits for nothing useful, so give it a moment.
		((try < 3)) && sleep 5
	done
	exec {apt_lock}>&-
}

# The machine's own sources of Debian, as lines for a root of its own.
debian_sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Identifier: Packages' |
		sort -u | grep . || die "apt has no lists of Debian; run scripts/deps --install"
}

# --- the newest kernel, "newest" where a series is asked for --------------------------------------------------------------

# It lies in the backports of a later release than the machine's, so apt gets settings of its own for it. What was found
# is kept in the cache: only ask_newest_kernel looks again, so that a full cache needs no network.
NEWEST_SUITE=trixie
NEWEST_FOUND=$CACHE/.newest-kernel
NEWEST_APT=(-o "Dir::Etc::SourceList=$CACHE/.newest-apt/sources" -o Dir::Etc::SourceParts=/dev/null
	-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o "Dir::State=$CACHE/.newest-apt"
	-o Dir::State::Status=/dev/null -o "Dir::Cache=$CACHE/.newest-apt" -o APT::Sandbox::User=root)

debian_mirror()
{
	debian_sources | sed -n '/-security/!s/^deb \([^ ]*\) .*/\1/p' | head -n 1 | grep .
}

newest_kernel() # prints RELEASE VERSION
{
	[[ -s $NEWEST_FOUND ]] || ask_newest_kernel
	cat "$NEWEST_FOUND"
}

ask_newest_kernel()
{
	local found lock mirror
	exec {lock}>"$CACHE/.lock-newest-kernel"
	flock "$lock"
	mirror=$(debian_mirror)
	mkdir -p "$CACHE"/.newest-apt/{lists,archives}/partial
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $NEWEST_SUITE-backports main" \
		>"$CACHE/.newest-apt/sources"
	apt-get -qq "${NEWEST_APT[@]}" update >&2
	# The first that is shown is the newest.
	found=$(apt-cache "${NEWEST_APT[@]}" show linux-headers-amd64 | sed -n '/^Version: /{s///;h}
		/^Depends: /{s/.* linux-headers-\([0-9][^ ,]*\).*/\1/;G;s/\n/ /;p;q}')
	[[ $found == *-amd64\ * ]] || die "found no kernel in $NEWEST_SUITE-backports"
	echo "$found" >"$NEWEST_FOUND.new"
	mv "$NEWEST_FOUND.new" "$NEWEST_FOUND"
	exec {lock}>&-
}

# Runs a command in the root that has the newest kernel's headers and compiler; WORK is /work there.
in_newest() # ROOT WORK COMMAND...
{
	unshare --mount bash -c 'set -e
		mount --bind "$2" "$1/work"; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"
		cd "$1"; shift 2; exec chroot . "$@"' _ "$@"
}

download_deb() # PACKAGE VERSION, into the current folder
{
	apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$1=$2"
}

# Packages stay in the cache as they came, so that a changed recipe needs no second download.
deb() # PACKAGE VERSION: prints the file's path
{
	local package=$1 version=$2 found tmp
	exec {deb_lock}>"$CACHE/.lock-deb-$package"
	flock "$deb_lock"
	found=$(find "$CACHE/deb" -name "${package}_${version/:/%3a}_*.deb" -print -quit)
	if [[ -z $found ]]; then
		tmp=$(mktemp -d "$CACHE/.tmp-deb.XXXXXX")
		(cd "$tmp" && { download_deb "$package" "$version" || { apt_update && download_deb "$package" "$version"; }; }) >&2 || {
			rm -rf "$tmp"
			die "cannot download $package $version; upgrade $(headers_meta 6.1) and $(headers_meta 6.12), then try again"
		}
		found=$CACHE/deb/$(cd "$tmp" && echo *.deb)
		mv "$tmp"/*.deb "$found"
		rmdir "$tmp"
	fi
	exec {deb_lock}>&-
	echo "$found"
}

kernel_source() # SERIES TAR-ARGUMENT...: unpacks (parts of) the kernel's source into the current folder
{
	local series=$1 archive
	shift
	if [[ $series == newest ]]; then
		archive=$(echo "$("$TOP/scripts/cache" newest)"/debs/linux-source-*.deb)
	else
		archive=$(deb "linux-source-$series" "$(kernel_version "$series")")
	fi
	dpkg-deb --fsys-tarfile "$archive" |
		tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" |
		tar -xJ --strip-components=1 "$@"
}

# Builds a module's folder against a kernel's headers, with the compiler that these want.
make_modules() # BUILD-TREE FOLDER ARGUMENT...
{
	local tree=$1 folder=$2
	shift 2
	if [[ -d $tree ]]; then
		make -C "$folder" "KERNELDIR=$tree" "$@"
	else
		in_newest "$("$TOP/scripts/cache" newest)/root" "$folder" make -C /work "KERNELDIR=$tree" "$@"
	fi
}
