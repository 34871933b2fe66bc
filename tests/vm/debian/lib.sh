# shellcheck shell=bash
# What a scenario in the Debian image can say: all of tests/vm/guest/lib.sh, and
#
#   $BOOT                  which boot of the run this is, from 1
#   boot_again [SERIES]    ends this boot in good order; the scenario starts again in the next one
#   source_tree            a copy of the checkout that can be written to (header `# source: yes`)
#   release_of SERIES      its kernel, as in /lib/modules
. /tests/common.sh

BOOT_AGAIN=75

boot_again() # [SERIES]
{
	echo "${1:-same}" >/var/tmp/boot-again
	exit "$BOOT_AGAIN"
}

source_tree()
{
	[[ -d /root/source ]] || cp -a /tests/source /root/source
	echo /root/source
}

release_of() { find /lib/modules -maxdepth 1 -name "$1.*" -printf '%f\n' | sort -V | tail -n 1; }
