# The daemon under a real systemd, D-Bus and polkit: started by the bus, asked, hardened, refusing plain users, reloaded,
# ended by its watchdog, restarted while a switch hangs; and a wish granted at boot, before libvirt.
# installed: yes
# modules: kmod tests/kmod
# topology: wishes
# deadline: 1200
. /tests/cards.sh
. /tests/bus.sh

unit=gpushiftd.service restore=gpushift-restore.service
rules=/etc/polkit-1/rules.d/10-plain.rules

property() { systemctl show -P "$1" "${2:-$unit}"; } # NAME [UNIT]
is_state() { [[ $(property ActiveState "${2:-$unit}") == "$1" ]]; }
is_other_process() { [[ $(property MainPID) != 0 && $(property MainPID) != "$1" ]]; }
no_journal() { [[ ! -e /var/lib/gpushift/journal ]]; }
failed_units() { systemctl list-units --failed --plain --no-legend; }
addresses() { gpushift list --json "$@" | jq -c '[.cards[] | [.address, .mode, .driver]]'; }

started_by_the_bus()
{
	expect_output enabled "$unit is enabled" systemctl is-enabled "$unit"
	expect_output enabled "and $restore" systemctl is-enabled "$restore"
	expect_output "" "systemd finds nothing wrong with them" systemd-analyze verify --man=no "$unit" "$restore"
	check "nothing runs yet" is_state inactive
	expect_output "$(gpushift --version | cut -d' ' -f2)" "asking starts it" manager_property Version
	expect_output active "it is active" property ActiveState
	expect_output notify "by telling that it is ready" property Type
	expect_match "^[0-9]+ cards$" "it says what it serves" property StatusText
	check "its watchdog is fed" test "$(property WatchdogTimestampMonotonic)" -gt 0
	check "systemd rates its exposure below 4.0" systemd-analyze security --no-pager --threshold=39 "$unit"
	expect_match "^serving [0-9]+ cards$" "the journal has it" told 252bbe6189ce4938a654a48d2f95562a
	expect_match "The daemon has read the host, and answers as org.gpushift1" "and the catalog explains it" \
		journalctl -b -x -u "$unit" --no-pager
}

serves()
{
	expect_output kmod "the module tells it" manager_property Source
	expect_output "$(cards | sort)" "an object a card" paths
	expect_match "SetMode.*method" "a card can be looked into" busctl introspect org.gpushift1 "$(path_of "$card")"
	expect_output "$(addresses --direct)" "list says the same with and without it" addresses
	snapshot_sysfs
	expect_exit 0 "$card goes to passthrough" gpushift set "$card" passthrough
	expect_output vfio-pci "it is there" driver_of "$card"
	expect_output passthrough "and shown" gpu_property "$card" Mode
	expect_match "ended with status 0" "the journal tells what was done" told 9509c1daa38e42f0bbf83ade1c93fd15
	check "and of which card" journalctl -b -q GPUSHIFT_DEVICE="$card" --grep "ended with status 0"
	expect_exit 0 "and back" gpushift set "$card" host
	assert_unchanged "all is as before"
}

plain_user()
{
	local verb code
	check "polkit knows the actions" pkaction --action-id org.gpushift1.set-mode
	for verb in list "list --all" "show $card" groups "plan $card passthrough" "profiles $card" "vgpu list"; do
		# shellcheck disable=SC2086
		expect_exit 0 "a plain user may: $verb" as_user gpushift $verb
	done
	snapshot_sysfs
	for verb in "set $card passthrough" "vgpu create $card --profile x" recover "reset $card" "apply --wishes" "selftest $card --rounds 1"; do
		# shellcheck disable=SC2086
		expect_exit 3 "he may not: $verb" as_user gpushift $verb
	done
	code=$(as_user gpushift set "$card" passthrough --json | jq -r .error.code)
	expect_output not-permitted "by this code" echo "$code"
	check "polkit was asked" systemctl is-active polkit.service
	check "no journal was written" no_journal
	assert_unchanged "nothing was touched"
}

allowed_by_polkit()
{
	cat >"$rules" <<-'EOF'
		polkit.addRule(function(action, subject) {
			if (action.id == "org.gpushift1.set-mode" && subject.user == "plain")
				return polkit.Result.YES;
		});
	EOF
	chmod 644 "$rules"
	check "polkit reads a rule" systemctl restart polkit.service
	expect_exit 0 "that lets him switch" as_user gpushift set "$card" passthrough
	expect_output vfio-pci "he did" driver_of "$card"
	expect_exit 3 "but not for ever" as_user gpushift set "$card" passthrough --persist
	expect_exit 3 "nor by force" as_user gpushift set "$card" host --force
	expect_exit 0 "and back" as_user gpushift set "$card" host
	rm "$rules"
}

reloaded()
{
	local pid
	pid=$(property MainPID)
	check "it reloads" systemctl reload "$unit"
	check "and says so" wait_for 20 eval '[[ -n $(told e9dbd46ca26540f7863ea1c6437a7058) ]]'
	expect_output "$pid" "as the same process" property MainPID
}

ended_by_its_watchdog()
{
	local pid drop_in=/run/systemd/system/$unit.d
	mkdir -p "$drop_in"
	printf '[Service]\nWatchdogSec=15\n' >"$drop_in/watchdog.conf"
	systemctl daemon-reload
	check "a shorter watchdog" systemctl restart "$unit"
	pid=$(property MainPID)
	kill -STOP "$pid"
	check "one that hangs is replaced" wait_for 60 is_other_process "$pid"
	check "and serves" wait_for 30 is_state active
	expect_match "Watchdog timeout" "by the watchdog" journalctl -b -u "$unit" --no-pager
	rm -r "$drop_in"
	systemctl daemon-reload
	check "as before" systemctl restart "$unit"
}

restarted_while_it_switches()
{
	local pid held
	insert_module gpushift_test_vgpu
	check "the stand-in driver takes $card" bind_override "$card" nvidia
	snapshot_sysfs
	standin hold_remove 1
	# Longer than a stop waits.
	gpushift set "$card" passthrough --timeout 300 >/tmp/held.out 2>&1 &
	held=$!
	check "a switch hangs in the kernel" wait_for 30 standin_holds
	pid=$(property MainPID)
	check "a restart does not wait for it" systemctl restart "$unit"
	check "there is another daemon" is_other_process "$pid"
	expect_output success "the old one ended in good order" property Result
	wait "$held"
	check "whoever waited was told" test $? = 1
	expect_output "$card" "it serves" gpu_property "$card" Address
	expect_exit 6 "what hangs still has the lock" gpushift set "$card" host
	standin hold_remove 0
	check "let go, it is undone" wait_for 60 no_journal
	check "to the old driver" wait_for 60 is_driver "$card" nvidia
	assert_unchanged "the old mode is whole"
	release_override "$card"
}

first_boot()
{
	# The bus talks to nobody without a name.
	useradd --uid 1000 plain
	check "it is installed" install_gpushift
	insert_module gpushift
	modprobe vfio-pci
	card=$(free_card)
	check "there is a card" test -n "$card"
	started_by_the_bus
	serves
	plain_user
	allowed_by_polkit
	reloaded
	ended_by_its_watchdog
	restarted_while_it_switches
	expect_exit 0 "passthrough for ever" gpushift set "$card" passthrough --persist
	echo "$card" >/var/tmp/card
	check "libvirt starts at boot" systemctl --quiet enable libvirtd.service
	boot_again
}

# Restored before libvirt took a card.
is_before() # UNIT-THAT-ENDED UNIT-THAT-BEGAN
{
	local ended began
	ended=$(property ExecMainExitTimestampMonotonic "$1") began=$(property ExecMainStartTimestampMonotonic "$2")
	echo "$ended $began"
	((ended > 0 && ended < began))
}

second_boot()
{
	card=$(cat /var/tmp/card)
	expect_output "active success" "the wishes were asked for" echo "$(property ActiveState "$restore") $(property Result "$restore")"
	expect_output passthrough "the wish was granted" mode_of "$card"
	expect_output vfio-pci "by its driver" driver_of "$card"
	check "before libvirt began" is_before "$restore" libvirtd.service
	expect_match "$restore" "it stands in the boot's chain" systemd-analyze --no-pager critical-chain "$restore"
	check "the daemon was started, too" is_state active
	expect_output sysfs "without the module" manager_property Source
	expect_output passthrough "it shows the mode" gpu_property "$card" Mode
	expect_output "" "no unit has failed" failed_units
	check "it stops" systemctl stop "$unit"
	expect_output "inactive success" "in good order" echo "$(property ActiveState) $(property Result)"
	expect_match "^stopped$" "and says so" told 337b1f2d01b34bce9bb9896c23da27d1
	expect_exit 0 "without it" gpushift set "$card" host --direct
	expect_output host "the card comes back" mode_of "$card"
}

case $BOOT in
1) first_boot ;;
2) second_boot ;;
esac
