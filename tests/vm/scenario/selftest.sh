# A card is handed over and back again and again, and nothing is left behind: neither in gpushift nor in the kernel.
# modules: vfio-pci
# deadline: 3000
# shellcheck shell=bash
. /tests/cards.sh

rounds=${1:-20}
card=$(free_card)
result() { jq -r "$1" /tmp/result; }
unreclaimable() { echo 3 >/proc/sys/vm/drop_caches; sed -n 's/^SUnreclaim: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

# The first 200 rounds of a long test only bring the memory of the kernel to where it stays.
snapshot_sysfs
expect_exit 2 "without a number" gpushift selftest "$card"
if ((rounds >= 400)); then
	expect_exit 0 "200 rounds" gpushift selftest "$card" --rounds 200 --quiet
	before=$(unreclaimable)
	rounds=$((rounds - 200))
fi
expect_exit 0 "$rounds rounds" bash -c "gpushift selftest $card --rounds $rounds --json >/tmp/result"
expect_output "passed $rounds" "all passed" result '.verdict + " " + (.done | tostring)'
check "each way took some time" result '[.there_us, .back_us] | all(0 < .min and .min <= .median and .median <= .max) or error("no times")'
expect_output 0 "no file was left open" result '.fds_after - .fds_before'
assert_unchanged "everything is as it was before"
value "selftest-there-ms" "$(result '.there_us.median / 1000 | floor')"
value "selftest-back-ms" "$(result '.back_us.median / 1000 | floor')"
if [[ -n ${before:-} ]]; then
	after=$(unreclaimable)
	note "SUnreclaim $before KiB after 200 rounds, $after KiB after $((rounds + 200))"
	check "memory of the kernel grew by less than 512 KiB" test "$((after - before))" -le 512
	check "memory of gpushift grew by less than 64 KiB" result 'if .rss_kib_after - .rss_kib_before <= 64 then . else error("\(.rss_kib_before) -> \(.rss_kib_after) KiB") end'
	exit
fi

# A start in passthrough, and Ctrl-C.
expect_exit 0 "to passthrough" gpushift set "$card" passthrough
expect_exit 0 "there is the host, then" gpushift selftest "$card" --rounds 2 --quiet
expect_output passthrough "it ends where it began" mode_of "$card"
expect_exit 0 "back" gpushift set "$card" host
interrupted()
{
	local pid status=0
	gpushift selftest "$card" --rounds 1000 --verbose --json >/tmp/result 2>/tmp/progress &
	pid=$!
	wait_for 60 grep -q "verify-driver" /tmp/progress
	kill -INT "$pid"
	wait "$pid" || status=$?
	return "$status"
}
expect_exit 1 "interrupted" interrupted
expect_output failed "it says so" result .verdict
expect_output host "the card is where it began" mode_of "$card"
assert_unchanged "and whole"
expect_exit 0 "to passthrough" gpushift set "$card" passthrough
check "hold it as a guest would" hold_device vm "$card"
expect_exit 3 "a card that is in use" gpushift selftest "$card" --rounds 1
release_device vm
