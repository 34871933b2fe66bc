# The library that is preloaded into NVIDIA's daemons, on a character device that answers as their driver's does.
# modules: gpushift_test_rm
# programs: unlock
# deadline: 600
. /tests/lib.sh

# under_name NAME PROGRAM-NAME TEST ARGUMENTS [VARIABLE=VALUE]...: a program of that name is what the library goes by
under_name()
{
	local name=$1 program=$2 test=$3 arguments=$4 folder=/tmp/unlock/$1
	shift 4
	mkdir -p "$folder/etc"
	cp "/usr/local/bin/$test" "$folder/$program"
	# shellcheck disable=SC2086
	check "$name" env LD_LIBRARY_PATH=/usr/local/bin ANSWER_DEVICE=/dev/nvidiactl GPUSHIFT_UNLOCK_LOG=stderr GPUSHIFT_UNLOCK_DRIVER=none \
		GPUSHIFT_UNLOCK_CONFIG_PATH="$folder/etc/config.toml" \
		VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH="$folder/etc/profile_override.toml" "$@" \
		LD_PRELOAD=/usr/local/bin/libgpushift-unlock.so "$folder/$program" $arguments
}

layouts() # BRANCH DRIVER [VARIABLE=VALUE]...
{
	under_name "layouts of $1 with driver $2" nvidia-vgpu-mgr test_layouts "" "TEST_BRANCH=$1" "GPUSHIFT_UNLOCK_DRIVER=$2" "${@:3}"
}

mkdir -m 700 /tmp/unlock
wait_for 10 test -c /dev/nvidiactl
layouts 525 535.129.03
layouts 550 550.163.02
layouts 570 570.172.07
layouts 575 575.51.02
layouts 580.65 580.65.05
layouts 580.94 580.126.08
layouts 595 595.58.02
layouts 595 none TEST_UNSURE=1
layouts 460-host 460.73.01
layouts 525-host 550.54.10
layouts 580-host 580.82.02
under_name "calls of nvidia-vgpud" nvidia-vgpud test_commands ""
under_name "calls of nvidia-smi vgpu" nvidia-smi test_commands "vgpu"

# Without the library the same tests fail, by what they are about.
check_fails "without the library" env LD_LIBRARY_PATH=/usr/local/bin ANSWER_DEVICE=/dev/nvidiactl TEST_BRANCH=525 GPUSHIFT_UNLOCK_CONFIG_PATH=/tmp/unlock/none \
	VGPU_UNLOCK_PROFILE_OVERRIDE_CONFIG_PATH=/tmp/unlock/overrides.toml test_layouts
