#!/bin/bash
# What is done today for many vGPUs that last: mdevctl, for one after the other.
#
#   mdevctl-script.sh PARENT TYPE FILE: the UUIDs, one a line
while read -r uuid; do
	mdevctl define --auto --uuid "$uuid" --parent "$1" --type "$2" || exit
	mdevctl start --uuid "$uuid" || exit
done <"$3"
