# A guest sees the card, and a vGPU of it: QEMU takes what `gpushift export` prints.
# nested: yes
# modules: vfio-pci mdev
# deadline: 400
# shellcheck shell=bash
. /tests/cards.sh

card=$(free_card)
ids=$(id_of "$card")
expect_exit 0 "to passthrough" gpushift set "$card" passthrough
check "a guest sees $ids" guest_has "$ids" export "$card"
expect_exit 0 "back" gpushift set "$card" host
check "the stand-in driver takes it" make_vgpu_host "$card"
expect_exit 0 "to vgpu" gpushift set "$card" vgpu --profile nvidia-47
uuid=$(gpushift vgpu list --json | jq -r '.vgpus[0].uuid')
check "a guest sees a vGPU" guest_has 10de:1b38 export "$uuid"
expect_exit 0 "to the host" gpushift set "$card" host
