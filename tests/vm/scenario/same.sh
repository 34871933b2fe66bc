# The module and sysfs tell the same; a plain user sees the same but for what only root may know.
# deadline: 1200
# shellcheck shell=bash
. /tests/cards.sh

without_source() { jq -S 'del(.source, .generation)'; }

# Every card by `show`: one document a line.
show_all()
{
	local card
	for card in $(cards); do gpushift show "$card" --json; done | jq -cS .card
}

# Without what sysfs does not tell: who owns the DMA, claims a BAR, and the methods that it is silent about.
comparable()
{
	jq -cS 'def facts: del(.resets, .slot_reset) | if .bars then .bars |= map(del(.claimant)) else . end;
		facts | del(.dma_owner, .domain_type, .mode, .modes) | .functions |= map(facts)'
}

# address, method, state, reason and detail of each reset that is told
told_resets() { jq -r '.functions[] | .address as $at | .resets[] | [$at, .method, .state, .reason, .detail] | join(" ")' | sort; }

expect_output kmod "the module is the source" bash -c 'gpushift list --json | jq -r .source'
gpushift list --json | without_source >/tmp/with.json
gpushift groups --json | without_source >/tmp/with.groups
card=$(free_card)
gpushift plan "$card" passthrough --json | jq -S . >/tmp/with.plan
show_all >/tmp/with.show
as_user gpushift list --json | jq -S '[.cards[] | {address, mode, driver, iommu_group, reset_methods, functions}]' >/tmp/user.json
jq -S '[.cards[] | {address, mode, driver, iommu_group, reset_methods, functions}]' /tmp/with.json >/tmp/root.json
check "a plain user sees the same cards" diff /tmp/user.json /tmp/root.json
check "the module is taken out" rmmod gpushift
expect_output sysfs "sysfs is the source" bash -c 'gpushift list --json | jq -r .source'
gpushift list --json | without_source >/tmp/without.json
gpushift groups --json | without_source >/tmp/without.groups
gpushift plan "$card" passthrough --json | jq -S . >/tmp/without.plan
show_all >/tmp/without.show
check "list is the same" diff /tmp/with.json /tmp/without.json
check "groups are the same" diff /tmp/with.groups /tmp/without.groups
check "the plan is the same" diff /tmp/with.plan /tmp/without.plan
check "show is the same" diff <(comparable </tmp/with.show) <(comparable </tmp/without.show)
check "cards were shown" test -s /tmp/without.show
check "every reset that sysfs tells is as the module tells it" diff /dev/null <(grep -vxF -f <(told_resets </tmp/with.show) <(told_resets </tmp/without.show))
check "groups of several have their culprit" test "$(jq '[.groups[] | select((.devices | length) > 1 and .isolation == null)] | length' /tmp/with.groups)" = 0
check "groups of one have none" test "$(jq '[.groups[] | select((.devices | length) == 1 and .isolation != null)] | length' /tmp/with.groups)" = 0
