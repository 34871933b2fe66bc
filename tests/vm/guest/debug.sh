# shellcheck shell=bash
# What the debug kernel can be asked: whether its checkers watched to the end, and what was leaked.

# kmemleak tells nothing that is younger than five seconds, and tells an object when two scans in a row found nothing that
# points to it. Time is all that can be waited for.
KMEMLEAK_AGE=6

is_debug_kernel() { [[ -e /sys/kernel/debug/kmemleak ]]; }

scan_for_leaks()
{
	echo scan >/sys/kernel/debug/kmemleak
	sleep "$KMEMLEAK_AGE"
	echo scan >/sys/kernel/debug/kmemleak
}

# Reports with one of our modules in the trace of calls. Addresses without a name are those of modules that are gone.
leaks_of_ours()
{
	awk '/^unreferenced object/ { if (ours) printf "%s", text; text = ""; ours = 0 }
		/\[gpushift|^ +(\[<.*>\] )?0xffffffff/ { ours = 1 }
		{ text = text $0 "\n" }
		END { if (ours) printf "%s", text }' /sys/kernel/debug/kmemleak
}

no_leaks_of_ours()
{
	local found
	found=$(leaks_of_ours)
	[[ -z $found ]] || { echo "$found"; return 1; }
}

lockdep_watches() { grep -qE '^ *debug_locks: +1$' /proc/lockdep_stats; }
log_is_whole() { dmesg | head -n 1 | grep -q 'Linux version'; }

# At the end of each scenario. Without the module nothing may be left, so that this finds what leaks at its end, too.
check_debug_kernel()
{
	is_debug_kernel || return 0
	[[ ! -d /sys/module/gpushift ]] || check "the module can be unloaded" rmmod gpushift
	scan_for_leaks
	check "kmemleak finds nothing of ours" no_leaks_of_ours
	[[ -e /tmp/lockdep.used ]] || check "lockdep watched to the end" lockdep_watches
	[[ -e /tmp/log.cleared ]] || check "the kernel log is whole" log_is_whole
}
