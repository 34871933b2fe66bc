# Every allocation of every request fails once: an error comes back, nothing leaks, and the next request works.
# topology: sixteen
# modules: pci-stub
# deadline: 900
# shellcheck shell=bash
if [[ ! -e /proc/self/fail-nth ]]; then
	skip "every allocation fails once" "this kernel cannot make allocations fail"
	exit 0
fi
# The kernel complains with a trace of calls when vmalloc fails; a defect's report has a line of its own beside it.
expect_kernel_log 'Call Trace'
# Also those that may sleep, and without a report for each.
for kind in failslab fail_page_alloc; do
	echo N >"/sys/kernel/debug/$kind/ignore-gfp-wait"
	echo 0 >"/sys/kernel/debug/$kind/verbose"
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

fails() # KIND [ARGUMENT]...
{
	genl-fail "$@" >/tmp/failures 2>&1
	local status=$?
	note "$(cat /tmp/failures)"
	cat /tmp/failures
	return "$status"
}

card=$(find_class 0380 | head -n 1)
for kind in "get $card" dump policy resolve proc; do
	# Words, on purpose.
	# shellcheck disable=SC2086
	expect_exit 0 "$kind" fails $kind
done
check "$card is on a driver that can be made to fail" bind_override "$card" pci-stub
check "events of a driver that comes and goes" fails rebind "$card" pci-stub
check "$card goes back" release_override "$card"
file=$(modinfo -F filename gpushift)
rmmod gpushift
check "loading the module" fails load "$file"
check "then it loads and answers" bash -c 'modprobe gpushift && grep -q "^address: " /proc/gpushift'
