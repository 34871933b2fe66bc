# Units that keep a card busy, under a real systemd: stopped for a switch and started again, also after a failure and a kill.
# A vendor's program that the daemon has run: outside of its sandbox, and ended with all that it started.
# installed: yes
# modules: kmod tests/kmod
# topology: cards
# deadline: 900
. /tests/cards.sh

property() { systemctl show -P "$1" "$2"; } # NAME UNIT
is_state() { [[ $(property ActiveState "$2") == "$1" ]]; } # STATE UNIT
starts() { journalctl --sync; journalctl -b -q -u holder.service --grep '^holding' -o cat | wc -l; }
node_of() { basename "$PCI/$1"/drm/card*; }

# Holds the card's node when there is one; a stop takes it a while.
holder_service()
{
	cat >/usr/local/bin/holder <<-'END'
		#!/bin/bash
		trap 'sleep "$(cat /run/holder-patience)"; exit 0' TERM
		[[ ! -e $1 ]] || exec 9<>"$1"
		echo "holding $1"
		systemd-notify --ready
		sleep infinity &
		wait
	END
	chmod 755 /usr/local/bin/holder
	echo 0.1 >/run/holder-patience
	printf '[Service]\nType=notify\nNotifyAccess=all\nKillMode=mixed\nExecStart=/usr/local/bin/holder /dev/dri/%s\n' "$1" \
		>/etc/systemd/system/holder.service
	printf '[Service]\nExecStart=/bin/false\n' >/etc/systemd/system/idle.service
	systemctl daemon-reload
	systemctl start holder.service
}

quiesce() { mkdir -p /etc/gpushift; echo "[gpushift]${1:+$'\n'quiesce = $1}" >/etc/gpushift/gpushift.conf; }

check "gpushift is installed" install_gpushift
check "the drivers have come" udevadm settle
card=$(free_card)
check "the service holds the card" holder_service "$(node_of "$card")"
snapshot_sysfs
expect_exit 3 "which is in use then" gpushift --direct set "$card" passthrough
expect_match 'in-use.*unit holder.service' "by the service" bash -c "gpushift --direct plan $card passthrough | tr '\n' ' '"

quiesce "holder.service idle.service missing.service"
expect_exit 0 "a service to be quiesced is in nobody's way" gpushift --direct set "$card" passthrough
expect_output 2 "it was started once more" starts
check "and runs" is_state active holder.service
check "the idle one was left alone" is_state inactive idle.service
expect_match 'missing.service is not stopped' "one that is not there is told" gpushift --direct plan "$card" host
expect_exit 0 "the same by the daemon" gpushift set "$card" host
expect_output 3 "which starts it again, too" starts
assert_unchanged "all is as before"

# A stop that takes longer than it may.
systemctl restart holder.service
echo 6 >/run/holder-patience
expect_exit 1 "a stop in vain" gpushift --direct set "$card" passthrough --timeout 2
echo 0.1 >/run/holder-patience
assert_unchanged "undoes the switch"
check "the service comes back" wait_for 30 is_state active holder.service

# Killed while systemd stops the service.
echo 4 >/run/holder-patience
before=$(starts)
gpushift --direct set "$card" passthrough >/dev/null 2>&1 &
killed=$!
check "systemd stops it" wait_for 20 is_state deactivating holder.service
kill -9 "$killed"
wait "$killed" 2>/dev/null
expect_exit 0 "recovered" gpushift --direct recover
check "the service runs again" is_state active holder.service
expect_output $((before + 1)) "by one more start" starts
assert_unchanged "all is as before the kill"

# In the place of NVIDIA's: writes where the daemon's sandbox lets nobody.
tool_log=/usr/local/tool-log
cat >/usr/bin/nvidia-smi <<-'END'
	#!/bin/bash
	echo "$* $(cat /proc/self/cgroup)" >>/usr/local/tool-log
	[[ $5 == 0 || ! -e /run/tool-hangs ]] || { sleep 1000 & wait; }
END
chmod 755 /usr/bin/nvidia-smi
tool_units() { systemctl list-units --all --plain --no-legend 'gpushift-drain-*'; }
sleepers() { pgrep -fx 'sleep 1000'; }

insert_module gpushift_test_vgpu
check "the stand-in driver takes $card" bind_override "$card" nvidia
snapshot_sysfs
expect_exit 0 "the daemon drains the card" gpushift set "$card" passthrough
expect_match "^drain -p $card -m 1 .*/gpushift-drain-$card.service$" "in a unit of its own" head -n 1 "$tool_log"
expect_match "^drain -p $card -m 0 .*/gpushift-drain-" "and ends it so" tail -n 1 "$tool_log"
expect_output "" "no unit is left" tool_units
expect_exit 0 "back" gpushift set "$card" host
touch /run/tool-hangs
expect_exit 1 "a program that hangs" gpushift set "$card" passthrough --timeout 5
expect_output "" "is gone with what it started" sleepers
expect_output "" "and its unit" tool_units
assert_unchanged "all is as before"

# A command killed with its worker leaves a program that systemd runs: it must not end after the one that undoes it.
printf '%s\n' '#!/bin/bash' '[[ $5 == 0 ]] || { touch /run/tool-runs; trap "" TERM; until [[ -e /run/tool-ends ]]; do :; done; }' \
	'echo "$*" >>/usr/local/tool-log' >/usr/bin/nvidia-smi
setsid gpushift --direct set "$card" passthrough >/dev/null 2>&1 &
killed=$!
check "the program runs" wait_for 30 test -e /run/tool-runs
kill -9 -- "-$killed"
wait "$killed" 2>/dev/null
check "it goes on without the command" is_state activating "gpushift-drain-$card.service"
expect_exit 0 "recovered" gpushift --direct recover
touch /run/tool-ends
expect_output "" "nothing of it is left" tool_units
expect_output "drain -p $card -m 0" "and the last word is the recovery's" tail -n 1 "$tool_log"
assert_unchanged "all is as before the kill"
