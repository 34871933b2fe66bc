# shellcheck shell=bash
# What a scenario in the Debian image can say: all of tests/vm/guest/lib.sh, and
#
#   $BOOT                  which boot of the run this is, from 1
#   boot_again [SERIES|same|grub [WORD...]]   ends this boot in good order; the scenario starts again in the next one, whose
#                          command line has those words; that of grub is whatever its configuration says
#   source_tree            a copy of the checkout that can be written to (header `# source: yes`)
#   install_gpushift       as `make install` does, but for the module (header `installed: yes`)
#   insert_module NAME     one of those in the header's `modules`, with what it needs
#   told MESSAGE-ID [UNIT] what the journal has of it in this boot
#   release_of SERIES      its kernel, as in /lib/modules
. /tests/common.sh

BOOT_AGAIN=75

boot_again() # [SERIES|same|grub [WORD...]]
{
	echo "${*:-same}" >/var/tmp/boot-again
	echo $((BOOT + 1)) >/var/tmp/next-boot
	exit "$BOOT_AGAIN"
}

source_tree()
{
	[[ -d /root/source ]] || cp -a /tests/source /root/source
	echo /root/source
}

release_of() { find /lib/modules -maxdepth 1 -name "$1.*" -printf '%f\n' | sort -V | tail -n 1; }

install_gpushift() { cp -rT /tests/installed / && /tests/systemd-register install ""; }

insert_module() # NAME
{
	local file=/tests/modules/$1.ko needed
	needed=$(modinfo -F depends "$file" | tr ',' ' ')
	# shellcheck disable=SC2086
	[[ -z $needed ]] || modprobe -a $needed
	insmod "$file"
}

told() # MESSAGE-ID [UNIT]
{
	journalctl --sync
	journalctl -b -o json -u "${2:-gpushiftd.service}" | jq -r --arg id "$1" 'select(.MESSAGE_ID == $id) | .MESSAGE'
}
