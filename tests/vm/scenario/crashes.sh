# A few cases of the crash matrix, at least one of each edge between the modes; `make check-faults` runs all.
# topology: faults
# modules: vfio-pci
# programs: faults
# qmp: yes
# files: tests/faults/matrix.sh
# deadline: 600
# shellcheck shell=bash
# shellcheck disable=SC2034
SCENARIO_ARGS=(1/1 edge/40)
. /tests/matrix.sh
