# shellcheck shell=bash
# What cache recipes and the emulated host share: kernel versions, package downloads, messages.

CACHE=${GPUSHIFT_CACHE:-/var/cache/gpushift-tests}
# The kernels that the tests boot; each has a meta package of headers that scripts/deps installs.
# shellcheck disable=SC2034
KERNEL_SERIES="6.1 6.12"

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

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
	local release
	release=$(dpkg-query -W -f '${Depends}\n' "$(headers_meta "$1")" 2>/dev/null |
		sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p')
	[[ -n $release ]] || die "no headers of kernel $1 are installed; run scripts/deps --install"
	echo "$release"
}

kernel_version() # SERIES: the Debian version of its packages
{
	local release
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
	archive=$(deb "linux-source-$series" "$(kernel_version "$series")")
	dpkg-deb --fsys-tarfile "$archive" |
		tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ --strip-components=1 "$@"
}
