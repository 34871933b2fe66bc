# The module and sysfs tell the same; a plain user sees the same but for what only root may know.
# deadline: 600
# shellcheck shell=bash
. /tests/cards.sh

without_source() { jq -S 'del(.source, .generation)'; }

expect_output kmod "the module is the source" bash -c 'gpushift list --json | jq -r .source'
gpushift list --json | without_source >/tmp/with.json
gpushift groups --json | without_source >/tmp/with.groups
card=$(free_card)
gpushift plan "$card" passthrough --json | jq -S . >/tmp/with.plan
as_user gpushift list --json | jq -S '[.cards[] | {address, mode, driver, iommu_group, reset_methods, functions}]' >/tmp/user.json
jq -S '[.cards[] | {address, mode, driver, iommu_group, reset_methods, functions}]' /tmp/with.json >/tmp/root.json
check "a plain user sees the same cards" diff /tmp/user.json /tmp/root.json
check "the module is taken out" rmmod gpushift
expect_output sysfs "sysfs is the source" bash -c 'gpushift list --json | jq -r .source'
gpushift list --json | without_source >/tmp/without.json
gpushift groups --json | without_source >/tmp/without.groups
gpushift plan "$card" passthrough --json | jq -S . >/tmp/without.plan
check "list is the same" diff /tmp/with.json /tmp/without.json
check "groups are the same" diff /tmp/with.groups /tmp/without.groups
check "the plan is the same" diff /tmp/with.plan /tmp/without.plan
