# A netlink fuzzer, as root and as a plain user: every well-formed request gets its answer, and the kernel stays whole.
# Arguments: how many messages each of the two sends (520000), a seed (another each time).
# topology: sixteen
# deadline: 1800
# shellcheck shell=bash
messages=${SCENARIO_ARGS[0]:-520000} seed=${SCENARIO_ARGS[1]:-}

fuzz_as() # WHO COMMAND...
{
	local who=$1
	shift
	"$@" genl-fuzz "$messages" ${seed:+"$seed"} >"/tmp/fuzz.$who" 2>&1
}

enough_dumps() # WHO
{
	awk '/^sent/ { for (i = 1; i < NF; i++) if ($i == "dumps") dumps = $(i + 1) + 0; ok = dumps * 100 >= $2 + 0 } END { exit !ok }' "/tmp/fuzz.$1"
}

expect_output 16 "the host has sixteen functions" bash -c 'ls /sys/bus/pci/devices | wc -l'
fuzz_as root &
root=$!
fuzz_as user as_user &
user=$!
wait "$root"; root=$?
wait "$user"; user=$?
for who in root user; do
	note "$(head -n 1 "/tmp/fuzz.$who")"
	note "$(grep '^sent' "/tmp/fuzz.$who")"
	expect_output "exit 0" "as $who: every answer is the expected one" bash -c "grep -h wrong /tmp/fuzz.$who; echo exit ${!who}"
	check "as $who: $messages messages were sent" awk -v n="$messages" '/^sent/ { ok = $2 + 0 >= n } END { exit !ok }' "/tmp/fuzz.$who"
	check "as $who: one in a hundred is a dump" enough_dumps "$who"
done
