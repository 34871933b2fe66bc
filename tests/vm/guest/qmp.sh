# shellcheck shell=bash
# For scenarios whose header says `# qmp: yes`: QEMU's control protocol, on a serial line of the emulated host.
#
#   qmp_open                    once, before the others
#   qmp_again                   the same in another process, while nobody else asks
#   qmp COMMAND [ARGUMENTS]     e.g. qmp device_del '{"id": "card"}'; fails, and prints the answer, when QEMU refuses

# Until the line is raw, it sends QEMU's greeting back: the byte that no text contains makes QEMU forget what it has of that.
qmp_open()
{
	stty -F /dev/ttyS2 raw -echo
	exec {QMP}<>/dev/ttyS2
	QMP_ASKED=0
	printf '\xff\n' >&"$QMP"
	qmp qmp_capabilities
}

# Its numbers are of its own.
qmp_again()
{
	exec {QMP}<>/dev/ttyS2
	QMP_ASKED=$((BASHPID * 1000))
}

# Each question has a number, so that events and answers to what was not asked are passed over.
qmp() # COMMAND [ARGUMENTS]
{
	local line arguments=${2:-{\}}
	QMP_ASKED=$((QMP_ASKED + 1))
	printf '{"execute": "%s", "arguments": %s, "id": %d}\n' "$1" "$arguments" "$QMP_ASKED" >&"$QMP"
	while read -r -t 60 -u "$QMP" line; do
		[[ $line == *"\"id\": $QMP_ASKED"[,}]* ]] || continue
		case $line in
		*'"return"'*) return 0 ;;
		*'"error"'*) echo "$line"; return 1 ;;
		esac
	done
	echo "QEMU does not answer"
	return 1
}
