#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What libgpushift-unlock.so takes from others, and what it gives: it is loaded into daemons of root's, whose threads and
# signal handlers may be anywhere when they call it. Prints TAP. GPUSHIFT_BUILD is the build folder of userspace.
set -uo pipefail

library=$(realpath "${GPUSHIFT_BUILD:-$(dirname "$0")/../../userspace/build}")/libgpushift-unlock.so
passed=0 failed=0

check() # WHAT EXPECTED GOT
{
	if [[ $2 == "$3" ]]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $1"
	else
		failed=$((failed + 1))
		printf 'not ok %d - %s\n# %s, not %s\n' $((passed + failed)) "$1" "${3//$'\n'/ }" "$2"
	fi
}

symbols() { nm -D "$library" | awk -v kind="$1" '$(NF - 1) ~ kind { sub(/@.*/, "", $NF); print $NF }'; }

# Of the C library: what takes memory or a lock, or would end a daemon. Of pthread_* one takes no lock.
unwanted() { symbols U | grep -vx pthread_setcancelstate | grep -E '^_*(malloc|calloc|realloc|free|strdup|fopen|fdopen|getline|asprintf|pthread_|syslog|openlog|localtime|getenv|exit|_exit|abort|assert_fail|system|execv|popen|qsort|setlocale|dlopen)'; }

check "nothing is seen of it but ioctl" ioctl "$(symbols '[TDBRVW]')"
check "it takes neither memory nor locks, and ends nothing" "" "$(unwanted)"
check "that is looked for where it would be" "dlsym mmap" "$(symbols U | grep -xE 'mmap|dlsym' | tr '\n' ' ' | sed 's/ $//')"
check "it needs nothing but the C library" libc.so.6 "$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')"
check "no page of it can be written and run" "" "$(readelf -lW "$library" | grep -E '(LOAD|GNU_STACK) .* RWE')"
check "its table of functions cannot be written" BIND_NOW "$(readelf -d "$library" | grep -o BIND_NOW)"

echo "1..$((passed + failed))"
((failed == 0))
