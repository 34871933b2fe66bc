# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How tests that are shell scripts tell what they saw: TAP. Sourced; $work is a folder of the test's own, and `gpushift` the
# command line as the test calls it, where it does.
passed=0 failed=0

verdict() # WHAT PROBLEM: no problem is a pass; with one, what was printed is shown
{
	if [[ -z $2 ]]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $1"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - $1: $2"
		cat "$work/out" "$work/err" 2>/dev/null | sed 's/^/# /'
	fi
}

expect_exit() # STATUS WHAT COMMAND...
{
	local wanted=$1 what=$2 got=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" || got=$?
	verdict "$what" "$( ((got == wanted)) || echo "exit $got, not $wanted")"
}

check() { expect_exit 0 "$@"; } # WHAT COMMAND...

same() { [[ $1 == "$2" ]] || { printf "'%s', not '%s'\n" "$1" "$2"; return 1; }; }

# expect STATUS PATTERN ARGUMENT...: the exit status, and what stdout or stderr must match
expect()
{
	local status=$1 pattern=$2 got=0 problem=
	shift 2
	gpushift "$@" >"$work/out" 2>"$work/err" || got=$?
	((got == status)) || problem="exit $got, not $status"
	grep -qE -- "$pattern" "$work/out" "$work/err" || problem+=" no match for '$pattern'"
	verdict "gpushift $* ($pattern)" "$problem"
}

# expect_json STATUS FILTER ARGUMENT...: exactly one document, for which the jq filter is true
expect_json()
{
	local status=$1 filter=$2 got=0 problem=
	shift 2
	gpushift "$@" --json >"$work/out" 2>"$work/err" || got=$?
	((got == status)) || problem="exit $got, not $status"
	jq -se "length == 1 and (.[0] | .schema == 1 and ($filter))" "$work/out" >/dev/null 2>&1 || problem+=" not: $filter"
	verdict "gpushift $* --json" "$problem"
}

finish()
{
	echo "1..$((passed + failed))"
	((failed == 0))
}
