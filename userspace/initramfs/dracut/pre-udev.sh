#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where dracut's initramfs is without systemd: before udev, and before rd.driver.pre.
/usr/lib/gpushift/early-bind /usr/lib/gpushift/early
