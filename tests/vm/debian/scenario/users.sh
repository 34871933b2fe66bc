# Who uses a card where systemd keeps the processes: a service, a guest's scope, a container of systemd-nspawn; each is shown
# by the name that stops it, and that command is run.
# installed: yes
# topology: wishes
# deadline: 1200
. /tests/cards.sh

plan() { gpushift plan "$card" passthrough --json; }
fix() { plan | jq -r '.refused[] | select(.code == "in-use") | .fix'; }
users() { gpushift show "$card" --json | jq -r '.card.holders[] | select(.yields | not) | .kind + " " + .manager + " " + .name' | sort -u; }
are_users() { [[ $(users) == "$1" ]]; }
nobody_is_in_the_way() { [[ -z $(refusals "$card" passthrough) ]]; }
free_again() # WHO
{
	check "$1: the fix is run: $(fix)" eval "$(fix)"
	check "$1: it is free then" wait_for 60 nobody_is_in_the_way
}
node() { echo /dev/dri/"$(basename "$PCI/$card"/drm/card*)"; }
opens() { printf 'exec 9<%s && exec sleep infinity' "$(node)"; } # what the users do

in_the_way() # WHO KIND MANAGER NAME FIX
{
	check "$1 has it" wait_for 60 are_users "$2 $3 $4"
	snapshot_sysfs
	expect_exit 3 "$1: refused" gpushift set "$card" passthrough
	expect_output in-use "$1: by this code" refusals "$card" passthrough
	expect_output "$5" "$1: the fix is told" fix
	assert_unchanged "$1: nothing was touched"
}

a_service()
{
	check "a service opens it" systemd-run --quiet --unit=render.service bash -c "$(opens)"
	in_the_way "a service" unit systemd render.service "systemctl stop render.service"
	free_again "a service"
}

# The last one: who still has the node keeps its number, and the next has another.
a_service_is_overridden()
{
	check "a service opens it again" systemd-run --quiet --unit=render.service bash -c "$(opens)"
	check "it has it" wait_for 60 are_users "unit systemd render.service"
	expect_exit 0 "--force takes it from a program" gpushift set "$card" passthrough --force
	expect_exit 0 "and back" gpushift set "$card" host
	systemctl stop render.service
}

a_guest()
{
	local scope='machine-qemu\x2d7\x2dwin\x2d11.scope'
	systemd-run --quiet --scope --slice=machine.slice --unit="$scope" bash -c "$(opens)" &
	in_the_way "a guest" vm libvirt win-11 "virsh shutdown win-11"
	expect_exit 3 "a guest is not overridden" gpushift set "$card" passthrough --force
	systemctl stop "$scope"
	check "a guest: when it ends it is free" wait_for 60 nobody_is_in_the_way
}

# On the host's own programs, with a process that ends it when it is told to power off.
a_container()
{
	systemd-nspawn --quiet --machine=web --directory=/ --volatile=yes --as-pid2 --link-journal=no --bind="$(node)" \
		--property="DeviceAllow=$(node) rw" bash -c "$(opens)" </dev/null >/tmp/container.out 2>&1 &
	in_the_way "a container" container nspawn web "machinectl poweroff web"
	free_again "a container"
}

check "it is installed" install_gpushift
modprobe vfio-pci
card=$(free_card)
check "there is a card" test -n "$card"
check "it has a node" test -c "$(node)"
a_service
a_guest
a_container
a_service_is_overridden
