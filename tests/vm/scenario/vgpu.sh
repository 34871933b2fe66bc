# A card as a vGPU host: types, sets, capacity, in use, and the ways to and from passthrough.
# deadline: 600
# modules: vfio-pci mdev
# shellcheck shell=bash
. /tests/cards.sh

card=$(free_card)
params() { gpushift vgpu list --json | jq -r '.vgpus[].params' | sort | tr '\n' ' '; }
vgpus() { gpushift vgpu list --json | jq -r '.vgpus[].type' | sort | tr '\n' ' '; }
count() { gpushift vgpu list --json | jq '.vgpus | length'; }

check "$card: the stand-in driver takes it" make_vgpu_host "$card"
snapshot_sysfs
expect_output "GRID P40-2Q" "profiles names the types" bash -c "gpushift profiles $card --json | jq -r '.profiles[] | select(.id == \"nvidia-47\") | .name'"
expect_output 2147483648 "profiles tells the framebuffer" bash -c "gpushift profiles $card --json | jq '.profiles[] | select(.id == \"nvidia-47\") | .framebuffer_bytes'"
expect_exit 2 "vgpu without a profile lists the types" gpushift set "$card" vgpu
expect_match "nvidia-47" "and names them" gpushift set "$card" vgpu
expect_exit 2 "an unknown type" gpushift set "$card" vgpu --profile nvidia-1
expect_exit 3 "more than there is room for" gpushift set "$card" vgpu --profile nvidia-47 --count 13
expect_match no-capacity "says no-capacity" gpushift set "$card" vgpu --profile nvidia-47 --count 13
expect_exit 3 "two sizes at once" gpushift set "$card" vgpu --profile nvidia-46 --profile nvidia-47
expect_match type-mismatch "says type-mismatch" gpushift set "$card" vgpu --profile nvidia-46 --profile nvidia-47
assert_unchanged "refusals touched nothing"

expect_exit 0 "split into three by name" gpushift set "$card" vgpu --profile "GRID P40-2Q" --count 3
expect_output vgpu "the mode is vgpu" mode_of "$card"
expect_output "nvidia-47 nvidia-47 nvidia-47 " "three are there" vgpus
check "a program opens one" vfio-probe "$(gpushift vgpu list --json | jq -r '.vgpus[0].uuid')"
keep=$(gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort)
expect_exit 0 "a fourth" gpushift set "$card" vgpu --profile nvidia-47 --count 4
stayed() { [[ $(gpushift vgpu list --json | jq -r '.vgpus[].uuid' | grep -cxF "$keep") == 3 ]]; }
check "the first three stayed" stayed
expect_exit 0 "another size in one go" gpushift set "$card" vgpu --profile nvidia-46 --count 2
expect_output "nvidia-46 nvidia-46 " "only the new ones are there" vgpus

uuid=11111111-2222-3333-4444-555555555555
expect_exit 0 "one more by name" gpushift vgpu create "$card" --profile nvidia-46 --uuid "$uuid"
expect_exit 2 "the same UUID again" gpushift vgpu create "$card" --profile nvidia-46 --uuid "$uuid"
expect_exit 2 "a malformed UUID" gpushift vgpu create "$card" --profile nvidia-46 --uuid nonsense
expect_exit 3 "another size beside it" gpushift vgpu create "$card" --profile nvidia-47
check "hold it as a guest would" hold_device vm "$uuid"
expect_exit 3 "one in use is not removed" gpushift vgpu remove "$uuid"
expect_exit 3 "nor is the card switched" gpushift set "$card" host
expect_match in-use "says in-use" gpushift set "$card" passthrough
expect_output 3 "all are still there" count
release_device vm
expect_exit 0 "removed when closed" gpushift vgpu remove "$uuid"

expect_exit 0 "vgpu to passthrough" gpushift set "$card" passthrough
expect_output 0 "no vGPU is left" count
expect_output passthrough "the mode is passthrough" mode_of "$card"
check "a program opens, reads and resets it" vfio-probe --reset "$card"
expect_match nvidia-47 "types are remembered on vfio-pci" gpushift profiles "$card"
expect_exit 0 "passthrough to vgpu" gpushift set "$card" vgpu --profile nvidia-51 --count 2
expect_output "nvidia-51 nvidia-51 " "both are there" vgpus
check "the card is on its vGPU driver" is_driver "$card" nvidia
expect_exit 0 "vgpu to host" gpushift set "$card" host
expect_output 0 "no vGPU is left" count
assert_unchanged "the card is as it was before"

# What somebody else made is not removed unless it is named.
echo "$uuid" >"$PCI/$card/mdev_supported_types/nvidia-46/create"
expect_exit 3 "another's vGPU" gpushift set "$card" passthrough
expect_match vgpus-exist "says vgpus-exist" gpushift set "$card" passthrough
expect_exit 0 "goes when it is named" gpushift vgpu remove "$uuid"

# A creation that fails in the middle leaves the old set.
expect_exit 0 "one to begin with" gpushift set "$card" vgpu --profile nvidia-46
standin create_errno 5
expect_exit 1 "the driver refuses to create" gpushift set "$card" vgpu --profile nvidia-46 --count 3
standin create_errno 0
expect_output "nvidia-46 " "the old set is whole" vgpus
expect_exit 0 "to the host" gpushift set "$card" host

# Parameters, which the driver takes as text, and may refuse without a word.
expect_exit 2 "an unknown parameter" gpushift set "$card" vgpu --profile nvidia-46,frame_rate_limit=0
expect_match "known are frame_rate_limiter" "lists the known ones" gpushift vgpu create "$card" --profile nvidia-46 --params x=1
expect_exit 0 "two with parameters, one without" gpushift set "$card" vgpu --profile nvidia-46 --params disable_vnc=1,+x=1 --count 2 --profile nvidia-46
expect_output " disable_vnc=1,x=1 disable_vnc=1,x=1 " "their driver has them" params
keep=$(gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort)
standin params_never 1
expect_exit 1 "others, which the driver says to have taken" gpushift set "$card" vgpu --profile nvidia-46,loglevel=3 --count 3
standin params_never 0
standin params_errno 22
expect_exit 1 "refused aloud" gpushift set "$card" vgpu --profile nvidia-46,loglevel=3 --count 4
standin params_errno 0
expect_output " disable_vnc=1,x=1 disable_vnc=1,x=1 " "the old ones are whole" params
expect_exit 0 "others for all" gpushift set "$card" vgpu --profile nvidia-46,loglevel=3 --count 3
expect_output "loglevel=3 loglevel=3 loglevel=3 " "they have them" params
check "and none was made anew" stayed
check "hold one as a guest would" hold_device vm "$(head -n 1 <<<"$keep")"
expect_exit 3 "not those of a guest" gpushift set "$card" vgpu --profile nvidia-46,none --count 3
release_device vm
standin params_none 1
expect_match "takes no parameters" "a driver without them" gpushift vgpu create "$card" --profile nvidia-46 --params loglevel=3
standin params_none 0
expect_output "loglevel=3 loglevel=3 loglevel=3 " "no fourth is there" params
expect_exit 0 "to the host" gpushift set "$card" host

# The kernel's own samples are parents too, without being cards.
modprobe -a mtty mdpy mbochs
for type in mtty-2 mdpy-vga mbochs-small; do
	parent=${type%%-*}
	expect_exit 2 "$type: has no parameters" gpushift vgpu create "$parent" --profile "$type" --params loglevel=3
	expect_exit 0 "$type: create" gpushift vgpu create "$parent" --profile "$type" --uuid "$uuid"
	check "$type: listed" bash -c "gpushift vgpu list --json | jq -e '.vgpus[] | select(.uuid == \"$uuid\" and .type == \"$type\" and .owner == \"gpushift\")'"
	expect_exit 0 "$type: remove" gpushift vgpu remove "$uuid"
done
