# The debug kernel reports each kind of defect that a stand-in module makes on purpose: what finds nothing would find it.
# topology: demo
# shellcheck shell=bash
if ! is_debug_kernel; then
	skip "each kind of defect is reported" "this kernel has no checkers"
	exit 0
fi
# The defects are asked for.
touch /tmp/lockdep.used /tmp/log.cleared

make_defect() { echo "$1" >/sys/module/gpushift_test_defects/parameters/make; }

reported() # KIND REGEX
{
	dmesg -c >/dev/null
	make_defect "$1"
	dmesg | grep -E "$KERNEL_TROUBLE" | grep -E "$2"
}

modprobe gpushift_test_defects
check "lockdep watches before" lockdep_watches
check "no leak before" no_leaks_of_ours
check "a warning" reported warning 'WARNING: .* warning\+.*gpushift_test_defects'
check "RCU without its lock" reported rcu-without-lock 'WARNING: suspicious RCU usage'
check "a sleep in atomic context" reported sleep-in-atomic 'BUG: sleeping function called from invalid context'
# From here on lockdep is off: it stops at its first report, and at those of KASAN.
check "locks in two orders" reported lock-inversion 'WARNING: possible circular locking dependency'
check_fails "which is seen at the end" lockdep_watches
check "undefined behaviour" reported undefined 'UBSAN: shift-out-of-bounds'
check "a read out of bounds" reported out-of-bounds 'KASAN: slab-out-of-bounds in out_of_bounds'
check "a use after free" reported use-after-free 'KASAN: slab-use-after-free in use_after_free'
make_defect leak
scan_for_leaks
check_fails "a leak" no_leaks_of_ours
rmmod gpushift_test_defects
check_fails "a leak of a module that is gone" no_leaks_of_ours
echo clear >/sys/kernel/debug/kmemleak
dmesg -c >/dev/null
