# One card through all modes, as a person would do it. What the person types and sees goes to the report as notes.
# nested: yes
# modules: vfio-pci mdev
# deadline: 400
# shellcheck shell=bash
. /tests/cards.sh

say() { note "$*"; }

# Words with blanks in quotes, as a person types them.
as_typed()
{
	local word typed=""
	for word in "$@"; do
		[[ $word != *" "* ]] || word="\"$word\""
		typed+="$word "
	done
	echo "${typed% }"
}

type_command() # COMMAND...: shows it as a person sees it, output and all
{
	local line status
	note "# $(as_typed "$@")"
	COLUMNS=100 "$@" >/tmp/typed 2>&1
	status=$?
	while IFS= read -r line; do note "$line"; done </tmp/typed
	note ""
	return "$status"
}

step_holds() # WHAT COMMAND...
{
	local what=$1
	shift
	type_command "$@"
	local status=$?
	verdict "$what" "$( ((status == 0)) || echo "exit $status")" "$(cat /tmp/typed)"
}

guest_shows() # WANTED KIND NAME
{
	local seen wanted=$1
	shift
	seen=$(guest_sees "$@")
	note "guest# lspci -n"
	while read -r line; do note "$line"; done <<<"$seen"
	note ""
	verdict "the guest sees $wanted" "$(grep -qxF "$wanted" <<<"$seen" || echo "it sees $seen")" "$seen"
}

card=$(free_card)
make_vgpu_host "$card" || { check "the stand-in vGPU driver takes $card" false; exit; }
ids=$(id_of "$card")
snapshot_sysfs

say "An emulated host on kernel $(uname -r | cut -d. -f1,2). A stand-in plays the vendor's vGPU driver (nvidia) of $card."
say ""
step_holds "list" gpushift list
step_holds "plan" gpushift plan "$card" passthrough
step_holds "host to passthrough" gpushift set "$card" passthrough
say "A guest is started with -device vfio-pci,host=$card"
guest_shows "$ids" pci "$card"
step_holds "passthrough to vgpu" gpushift set "$card" vgpu --profile "GRID P40-2Q" --count 2
step_holds "vgpu list" gpushift vgpu list
uuid=$(gpushift vgpu list --json | jq -r '.vgpus[0].uuid')
say "A guest is started with -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$uuid"
guest_shows 10de:1b38 mdev "$uuid"
step_holds "vgpu to host" gpushift set "$card" host
assert_unchanged "the card is as it was before"
