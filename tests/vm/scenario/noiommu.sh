# Without an IOMMU: everything can be looked at, passthrough is refused.
# deadline: 600
# topology: noiommu
# shellcheck shell=bash
. /tests/cards.sh

check "cards are listed" test -n "$(cards)"
card=$(cards | head -n 1)
snapshot_sysfs
expect_exit 3 "passthrough is refused" gpushift set "$card" passthrough
expect_match no-iommu "says no-iommu" gpushift set "$card" passthrough
expect_exit 3 "not even with --force" gpushift set "$card" passthrough --force
expect_output null "no group" bash -c "gpushift list --json | jq '.cards[0].iommu_group'"
check "groups says that there are none" gpushift groups
assert_unchanged "nothing was touched"
