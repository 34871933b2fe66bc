# The module is loaded and unloaded again and again; then loaded while each of its allocations fails once.
# Argument: how often (1000).
# topology: sixteen
# deadline: 600
# shellcheck shell=bash
count=${SCENARIO_ARGS[0]:-1000}
file=$(modinfo -F filename gpushift)

rmmod gpushift
expect_match "^$count of $count cycles" "$count times loaded and unloaded" cycle-module "$file" gpushift "$count"
check "then it loads and answers" bash -c 'modprobe gpushift && grep -q "^address: " /proc/gpushift'
