# shellcheck shell=bash
# For scenarios whose header says `# qmp: yes`: QEMU's control protocol, on a serial line of the emulated host.
#
#   qmp_open                    once, before the others
#   qmp COMMAND [ARGUMENTS]     e.g. qmp device_del '{"id": "card"}'; fails, and prints the answer, when QEMU refuses

qmp_open()
{
	stty -F /dev/ttyS2 raw -echo
	exec {QMP}<>/dev/ttyS2
	qmp qmp_capabilities
}

# Events of QEMU, and what is left of its greeting, are passed over.
qmp() # COMMAND [ARGUMENTS]
{
	local line arguments=${2:-{\}}
	printf '{"execute": "%s", "arguments": %s}\n' "$1" "$arguments" >&"$QMP"
	while read -r -t 60 -u "$QMP" line; do
		case $line in
		*'"return"'*) return 0 ;;
		*'"error"'*) echo "$line"; return 1 ;;
		esac
	done
	echo "QEMU does not answer"
	return 1
}
