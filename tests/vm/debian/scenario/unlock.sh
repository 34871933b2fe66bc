# vgpu_unlock on a whole host, by stand-ins for what is NVIDIA's: a driver with the file layout of its own, built by DKMS,
# with a character device that answers from a table; daemons that ask it, run by systemd; a card that is hardly more than
# its ids. `gpushift unlock install --hooks`, a reboot, a driver update, a kill, `gpushift unlock remove`.
# source: yes
# installed: yes
# modules: tests/kmod
# programs: unlock
# files: tests/unlock/driver tests/unlock/hooks
# deadline: 3600

version=535.129.03 newer=535.154.02
library=/usr/local/lib/gpushift/libgpushift-unlock.so
overrides=/etc/vgpu_unlock/profile_override.toml
services="nvidia-vgpud nvidia-vgpu-mgr"
kept=/var/tmp/unlock

# --- what is NVIDIA's, on a host before gpushift --------------------------------------------------------------------

driver_source() # VERSION
{
	cp -r /tests/driver "/usr/src/nvidia-$1"
	sed -i "s/$version/$1/" "/usr/src/nvidia-$1/dkms.conf" "/usr/src/nvidia-$1/Kbuild"
	dkms add "nvidia/$1" && dkms install "nvidia/$1"
}

# As its installer does it before an update.
no_driver_source() # VERSION
{
	dkms remove "nvidia/$1" --all
	rm -r "/usr/src/nvidia-$1"
}

service_of() # NAME
{
	install /tests/bin/daemon "/usr/bin/$1"
	printf '%s\n' '[Unit]' 'Description=Stand-in' '[Service]' Type=forking "RuntimeDirectory=$1" "ExecStart=/usr/bin/$1" \
		"ExecReload=/bin/kill -HUP \$MAINPID" >"/usr/lib/systemd/system/$1.service"
}

programs_of_nvidia()
{
	local service
	for service in $services; do service_of "$service"; done
	install /tests/bin/daemon /usr/bin/nvidia-smi
	cp -r /tests/hooks /opt/vgpu_unlock
	systemctl daemon-reload
}

# It is gone after a reboot.
plug_in_card()
{
	echo 'blacklist nouveau' >/etc/modprobe.d/no-nouveau.conf
	insmod /tests/modules/gpushift_test_bus.ko functions=1 vendor=0x10de device=0x1e84 && udevadm settle
}
load_driver() { modprobe nvidia && udevadm settle && [[ -c /dev/nvidiactl ]]; }
load_again() { systemctl stop $services && rmmod nvidia && load_driver; }

# --- what is seen of it ---------------------------------------------------------------------------------------------

copy_is() { cat /sys/module/nvidia/parameters/answer; }
dkms_state() { dkms status nvidia 2>/dev/null | grep -o 'nvidia/.*' | sed 's/, x86_64//' | tr '\n' ' '; }
pid_of() { systemctl show -P MainPID "$1"; }
is_mapped() { grep -qF "$library" "/proc/$(pid_of "$1")/maps"; }
not_mapped() { grep -qF "/usr/bin/$1" "/proc/$(pid_of "$1")/maps" && ! is_mapped "$1"; }
journal() { journalctl --sync; journalctl -b -q -o cat -t gpushift-unlock "$@"; }

# Whatever gpushift may change, and not what DKMS builds of it.
files_of() # FOLDER...
{
	find "$@" -xdev \( -type f -printf '%p %m %U %G ' -exec sha256sum {} \; -o -type l -printf '%p %l\n' -o -type d -printf '%p %m\n' \) |
		sort
}

host_files() { files_of /etc/systemd /usr/local/bin /usr/bin/nvidia-* /usr/lib/systemd /opt; }
as_on() # FILE COMMAND...: does it print what it printed then?
{
	diff "$kept/$1" <("${@:2}")
}

# What is answered where a line of `edits` says so, and everything else as in BASE.
edited() # EDITS BASE: the edits are WHEN COMMAND SIZE status STATUS, or WHEN COMMAND SIZE OFFSET BYTES
{
	awk '
		FNR == NR {
			n[$1, $2, $3]++
			at[$1, $2, $3, n[$1, $2, $3]] = $4
			to[$1, $2, $3, n[$1, $2, $3]] = $5
			next
		}
		{
			for (i = 1; i <= n[$1, $2, $3]; i++) {
				where = at[$1, $2, $3, i]
				bytes = to[$1, $2, $3, i]
				if (where == "status")
					$4 = bytes
				else
					$5 = substr($5, 1, 2 * where) bytes substr($5, 2 * where + length(bytes) + 1)
				done++
			}
			print
		}
		END { if (!done) exit 1 }' "$1" "$2"
}

# Of the calls beside those for types: what the library makes of the answers to a Turing card, by the tables of ids and calls.
edits_of_calls='idle 20801801 16 2 301e
idle 20801801 16 6 ba12
idle 00800289 4 0 03000000
idle 00800289 8 0 03000000
idle a0820104 16 status 0
idle 90960103 16 status 0
idle 2080014b 16 status 57'

# Where the layouts have the number of displays, the framebuffer and whether there may be several vGPUs (offset of the
# description included). Of 5432 bytes the last one only the driver's version tells, which is the loaded module's.
edits_of_types='idle a0810103 4960 336 01000000
idle a0810103 4960 400 0000007400000000
idle a0810103 4960 368 01000000
idle a0810103 5096 336 01000000
idle a0810103 5096 400 0000007400000000
idle a0810103 5096 368 01000000
idle a0810103 5232 336 01000000
idle a0810103 5232 400 0000007400000000
idle a0810103 5232 368 01000000
idle a0810103 5424 400 01000000
idle a0810103 5424 464 0000007400000000
idle a0810103 5424 432 01000000
idle a0810103 5432 400 01000000
idle a0810103 5432 464 0000007400000000
idle a0810103 5432 432 01000000
idle a0820102 1840 328 01000000
idle a0820102 1840 384 0000007400000000
idle a0820102 1840 360 01000000
idle a0820102 1848 328 01000000
idle a0820102 1848 384 0000007400000000
idle a0820102 1848 360 01000000
idle a0820102 2328 392 01000000
idle a0820102 2328 448 0000007400000000
idle a0820102 2328 424 01000000
vm a0810103 4960 336 01000000
vm a0810103 4960 400 0000007400000000
vm a0810103 4960 368 01000000
vm a0820102 1848 328 01000000
vm a0820102 1848 384 0000007400000000
vm a0820102 1848 360 01000000'

# The frame rate limiter, of the VM that is started.
edits_of_vm='vm a0810103 4960 448 00000000
vm a0820102 1848 424 00000000'

# The same once a VM was started, and the daemon has not ended since.
edits_after_vm='idle a0810103 4960 448 00000000
idle a0810103 5096 448 00000000
idle a0810103 5232 448 00000000
idle a0810103 5424 512 00000000
idle a0810103 5432 512 00000000
idle a0820102 1840 424 00000000
idle a0820102 1848 424 00000000
idle a0820102 2328 488 00000000'

# Is FILE what BASE becomes by these edits, to the byte?
is_edited() # BASE FILE EDITS
{
	edited <(echo "$3") "$1" >/run/expected && cmp /run/expected "$2"
}

answers_are() # SERVICE EDITS
{
	is_edited "$kept/plain" "/run/$1/answers" "$2"
}

write_overrides() # FRAMEBUFFER
{
	mkdir -p "${overrides%/*}"
	printf '%s\n' '[profile.nvidia-259]' 'num_displays = 1' "framebuffer = $1" 'multi_vgpu_supported = 1' '[vm.100]' 'frl_enabled = 0' >"$overrides"
}

without_unlocking() # for a driver that has the hooks, or has not
{
	local service
	for service in $services; do
		check "$service starts" systemctl restart "$service"
		check "nothing is preloaded into it" not_mapped "$service"
		check "and it is told what the driver tells" cmp "$kept/plain" "/run/$service/answers"
	done
}

unlocked()
{
	local service
	for service in $services; do
		check "$service starts with the drop-in" systemctl restart "$service"
		expect_match "^LD_PRELOAD=$library$" "which systemd has read" systemctl show -P Environment "$service"
		check "the library is in its process" is_mapped "$service"
		check "each answer that is to be changed is, and no other byte" answers_are "$service" \
			"$edits_of_calls"$'\n'"$edits_of_types"$'\n'"$edits_of_vm"
	done
}

# The rest of a build goes on in a unit of systemd's.
build_runs() { [[ $(systemctl show -P ActiveState gpushift-unlock-build.service) == activating ]]; }
units_left() { systemctl list-units --all --plain --no-legend 'gpushift-unlock-*'; }

killed_in_build() # VERB...
{
	local pid
	gpushift unlock "$@" >/dev/null 2>&1 &
	pid=$!
	check "DKMS builds for gpushift unlock $1" wait_for 120 build_runs
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "which is killed, and the build goes on" build_runs
}

# Its answers are another file after that.
reload_with() # TEXT SERVICE
{
	local before
	before=$(stat -c '%i %z' "/run/$2/answers")
	printf '%b' "$1" >"$overrides"
	systemctl reload "$2" && wait_for 60 eval "[[ \$(stat -c '%i %z' /run/$2/answers) != '$before' ]]"
}

# --- boots ----------------------------------------------------------------------------------------------------------

case $BOOT in
1)
	mkdir -p "$kept"
	check "gpushift is installed" install_gpushift
	check "a card of NVIDIA's" plug_in_card
	expect_exit 3 "without its driver nothing is installed" gpushift unlock install
	check "the driver's daemons" programs_of_nvidia
	check "the driver, by DKMS" driver_source "$version"
	check "it can be loaded" load_driver
	expect_output "as it was" "nothing is hooked" copy_is
	check "what it answers" eval "/usr/bin/nvidia-smi vgpu >$kept/plain"
	expect_match '^idle a0810103 4960 56 0*$' "no types of such a card" grep 'idle a0810103 4960' "$kept/plain"
	without_unlocking
	host_files >"$kept/host"

	expect_exit 3 "a user installs nothing" as_user gpushift unlock install
	expect_match "built: driver $version for kernel $(uname -r).*Next: reboot" "gpushift unlock install --hooks" \
		bash -c "gpushift unlock install --hooks /opt/vgpu_unlock --nvidia-smi | tr '\n' ' '"
	expect_match "nvidia/$version, $(uname -r): installed" "DKMS has it installed" dkms_state
	expect_match '"redo": *null' "nothing is left to be done" gpushift unlock status --json
	expect_exit 0 "once more does nothing" gpushift unlock install --hooks /opt/vgpu_unlock --nvidia-smi
	boot_again
	;;
2)
	check "the card" plug_in_card
	check "the driver with the hooks can be loaded" load_driver
	expect_output "as hooked" "and is hooked" copy_is
	check "what it answers past the library" eval "/usr/bin/nvidia-smi vgpu >$kept/plain"
	expect_match '^idle a0810103 4960 0 ' "types of the card, by the hook" grep 'idle a0810103 4960' "$kept/plain"
	write_overrides 0x74000000
	unlocked
	check "nvidia-smi vgpu is told the same" eval "nvidia-smi vgpu >$kept/smi"
	check "to the byte" cmp /run/nvidia-vgpud/answers "$kept/smi"
	check "nvidia-smi otherwise is told what the driver tells" eval "nvidia-smi -q >$kept/smi && cmp $kept/plain $kept/smi"
	expect_output 3 "a size that is not known is logged, once a process" eval "journal | grep -c 'call a0810103 with 5440 bytes is not known'"

	write_overrides 0x38000000
	check "the file is changed under a daemon" systemctl reload nvidia-vgpu-mgr
	check "which has it at the next query" wait_for 60 answers_are nvidia-vgpu-mgr \
		"$edits_of_calls"$'\n'"${edits_of_types//00000074/00000038}"$'\n'"$edits_of_vm"$'\n'"$edits_after_vm"
	half='[profile.nvidia-259]\nframebuffer = '
	check "a file that is half written" reload_with "$half" nvidia-vgpu-mgr
	check "leaves what was right before" answers_are nvidia-vgpu-mgr \
		"$edits_of_calls"$'\n'"${edits_of_types//00000074/00000038}"$'\n'"$edits_of_vm"$'\n'"$edits_after_vm"
	expect_match "^$overrides:2: .*; the file is not used$" "and is logged with its line" eval "journal | grep toml:2"

	write_overrides 0x74000000
	check "the driver goes for an update" no_driver_source "$version"
	check "another one comes" driver_source "$newer"
	check "and is loaded" load_again
	expect_output "as it was" "without hooks" copy_is
	expect_match "To be done: the driver is $newer, and was $version at the installation: gpushift unlock install --hooks /opt/vgpu_unlock" \
		"gpushift unlock status says so" bash -c "gpushift unlock status | tail -n 1"
	check "the library is in the daemons all the same" systemctl restart $services
	expect_match "^idle a0810103 4960 56 0*$" "who are told of no types" grep 'idle a0810103 4960' /run/nvidia-vgpud/answers
	files_of "/usr/src/nvidia-$newer" >"$kept/source"

	killed_in_build install --hooks /opt/vgpu_unlock
	expect_match "To be done: DKMS has not yet built driver $newer" "which gpushift unlock status says" bash -c "gpushift unlock status | tail -n 1"
	expect_match "built: driver $newer" "what gpushift unlock status tells to do" gpushift unlock install --hooks /opt/vgpu_unlock
	expect_output "" "no unit is left of it" units_left
	check "the driver is loaded" load_again
	expect_output "as hooked" "with hooks" copy_is
	unlocked

	killed_in_build remove
	expect_match "built: driver $newer.*Next: reboot" "gpushift unlock remove goes on" bash -c "gpushift unlock remove | tr '\n' ' '"
	check "every byte of the driver's source is as it came" as_on source files_of "/usr/src/nvidia-$newer"
	check "and of everything else" as_on host host_files
	expect_output "" "nothing is kept" find /var/lib/gpushift/unlock -type f
	expect_match "nvidia/$newer, $(uname -r): installed" "DKMS has it installed" dkms_state
	check "the driver is loaded once more" load_again
	expect_output "as it was" "without hooks" copy_is
	check "what it answers" eval "/usr/bin/nvidia-smi vgpu >$kept/plain"
	without_unlocking

	expect_exit 0 "an installation without hooks" gpushift unlock install
	check "a daemon starts with it" systemctl restart nvidia-vgpud
	check "and has the library" is_mapped nvidia-vgpud
	check "make uninstall" make -C "$(source_tree)" uninstall
	check_fails "takes the program along" test -e /usr/local/bin/gpushift
	without_unlocking
	;;
esac
