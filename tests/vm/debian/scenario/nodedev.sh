# libvirt's list of node devices and ours, by Debian's libvirt and mdevctl: the same vGPUs, on the same parents, of the same
# types, with the same parameters, there or only defined; what one of them changes, the other shows.
# installed: yes
# modules: kmod tests/kmod
# topology: wishes
# deadline: 900
. /tests/cards.sh

node_names() { virsh nodedev-list --cap mdev "$@" | grep .; }

# "UUID PARENT TYPE PARAMS" of one, which may have none.
node() # NAME
{
	virsh nodedev-dumpxml "$1" | sed -nE "
		s,.*<parent>pci_(....)_(..)_(..)_(.)</parent>.*,parent \1:\2:\3.\4,p
		s,.*<type id='([^']*)'/>.*,type \1,p
		s,.*<uuid>(.*)</uuid>.*,uuid \1,p
		s,.*<attr name='nvidia/vgpu_params' value='([^']*)'/>.*,params \1,p" |
		awk '{ have[$1] = $2 } END { print have["uuid"], have["parent"], have["type"], have["params"] }'
}

# As libvirt has it: those that are there, and with --all those that are defined, too. It learns of both by itself.
theirs() { node_names "$@" | while read -r name; do node "$name"; done | cut -d ' ' -f 1-3 | sort; }
ours() { gpushift vgpu list --json | jq -r '.vgpus[] | [.uuid, .parent, .type] | join(" ")' | sort; }
ours_with_all() { gpushift vgpu list --json | jq -r '[.vgpus, .definitions][][] | [.uuid, .parent, .type] | join(" ")' | sort -u; }
same() { diff <(ours) <(theirs) && diff <(ours_with_all) <(theirs --all); }
agree() { wait_for 30 same || { same; return 1; }; }

name_of() { node_names --all | grep -F "${1//-/_}"; } # UUID
fact() { virsh nodedev-info "$(name_of "$1")" | sed -n "s/^$2: *//p"; } # UUID KEY
params_there() { node "$(name_of "$1")" | cut -d ' ' -f 4; }
params_here() { gpushift vgpu list --json | jq -r --arg uuid "$1" '.vgpus[] | select(.uuid == $uuid) | .params'; }
uuids() { gpushift vgpu list --json | jq -r '.vgpus[].uuid' | sort; }
start_of() { gpushift vgpu list --json | jq -r --arg uuid "$1" '.definitions[] | select(.uuid == $uuid) | .start'; }
is() { [[ $("${@:2}") == "$1" ]]; } # VALUE COMMAND...

check "it is installed" install_gpushift
insert_module gpushift
insert_module gpushift_test_vgpu
modprobe vfio-pci
card=$(free_card)
check "a vGPU host" bind_override "$card" nvidia
# As mdevctl's documentation says; the package has no such folders.
mkdir -p /etc/mdevctl.d/scripts.d/callouts /etc/mdevctl.d/scripts.d/notifiers
check "libvirt runs" systemctl start libvirtd.service
expect_output "" "it knows of no vGPU" node_names --all

expect_exit 0 "split for ever, one with parameters" gpushift set "$card" vgpu --profile nvidia-46,disable_vnc=1 --profile nvidia-46 --persist
expect_output 2 "two are there" eval "ours | wc -l"
check "libvirt says the same" agree
mapfile -t made < <(uuids)
with=$(gpushift vgpu list --json | jq -r '.vgpus[] | select(.params != "") | .uuid')
check "that they last" wait_for 30 is yes fact "$with" Persistent
expect_output yes "and start by themselves" fact "$with" Autostart
expect_output disable_vnc=1 "with their parameters" params_there "$with"

check "libvirt stops one" virsh --quiet nodedev-destroy "$(name_of "$with")"
expect_output "$(printf '%s\n' "${made[@]}" | grep -vxF "$with")" "which is seen" uuids
check "both say so" agree
check "libvirt starts it" virsh --quiet nodedev-start "$(name_of "$with")"
expect_output disable_vnc=1 "as it was" params_here "$with"
check "both say so" agree
check "libvirt starts it no more by itself" virsh --quiet nodedev-autostart "$(name_of "$with")" --disable
expect_output manual "which is seen" start_of "$with"

expect_exit 0 "one more, for now" gpushift vgpu create "$card" --profile nvidia-46
check "libvirt sees it" agree
expect_exit 0 "one goes for ever" gpushift vgpu remove "$with" --persist
check "libvirt forgets it" agree
expect_exit 0 "to the host" gpushift set "$card" host
expect_output "" "none is there" node_names
check "but what is defined" agree
left=$(ours_with_all | cut -d ' ' -f 1)
check "libvirt forgets that" virsh --quiet nodedev-undefine "$(name_of "$left")"
expect_output "" "so do we" ours_with_all
