#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where dracut's initramfs is without systemd, the first of the hooks of the command line: another one of them loads what
# rd.driver.pre names, long before udev.
/usr/lib/gpushift/early-bind /usr/lib/gpushift/early
