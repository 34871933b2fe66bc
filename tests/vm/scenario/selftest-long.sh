# The self-test with a thousand rounds: neither gpushift nor the kernel grows from round 200 to the last.
# modules: vfio-pci
# files: tests/vm/scenario/selftest.sh
# deadline: 5400
# shellcheck shell=bash
# shellcheck source=tests/vm/scenario/selftest.sh
. /tests/selftest.sh 1000
