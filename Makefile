# SPDX-License-Identifier: GPL-2.0-or-later
# A thin front: each target calls what does the work.
#
#   make                 build the tools, and the module for KERNELDIR
#   make demo            see one card go through all modes in an emulated host
#   make check           all tests; the last line counts them
#   make check-debug     the module on a kernel with KASAN, lockdep, kmemleak: takes hours, not part of check
#   make check-install   on a whole Debian host: DKMS and a kernel upgrade, the daemon under systemd, libvirt and others
#   make check-faults    the crash matrix: every step of every switch killed and failed; up to an hour
#   make check-kernels   builds for every kernel, and tests on the newest in Debian's backports
#   make bench           ratios against what users have now
#   make install, make uninstall    PREFIX=/usr/local DESTDIR=
#   make deb             packages for Debian, in build/deb

PREFIX ?= /usr/local
DESTDIR ?=
VERSION := $(shell cat VERSION)
# Headers of the running kernel, else the newest that are installed.
KERNELDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))

all: userspace kmod

# Lists, then installs what building and testing need.
deps:
	@scripts/deps

build-deps:
	@scripts/deps --install-build

test-deps:
	@scripts/deps --install

userspace: | build-deps
	@$(MAKE) --no-print-directory -C userspace

kmod: | build-deps
	@$(MAKE) --no-print-directory -C kmod KERNELDIR=$(KERNELDIR)

demo: userspace | test-deps
	@scripts/demo

check: userspace | test-deps
	@tests/check

check-debug: userspace | test-deps
	@tests/check-debug

check-install: userspace | test-deps
	@tests/install/suite

check-faults: userspace | test-deps
	@tests/faults/run

check-kernels: userspace | test-deps
	@tests/kernels

bench: userspace | test-deps
	@tests/bench/run

install: userspace
	@$(MAKE) --no-print-directory -C userspace install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	@scripts/dkms-source install "$(DESTDIR)" $(VERSION)
	@scripts/systemd-register install "$(DESTDIR)"

# What `gpushift unlock install` has changed goes first: nothing else can put it back.
uninstall:
	@test -n "$(DESTDIR)" || ! test -e /var/lib/gpushift/unlock/manifest || $(PREFIX)/bin/gpushift unlock remove || \
		echo "gpushift: a file is not as it was, or a driver is not built: /var/lib/gpushift/unlock stays" >&2
	@scripts/systemd-register uninstall "$(DESTDIR)"
	@scripts/dkms-source uninstall "$(DESTDIR)" $(VERSION)
	@$(MAKE) --no-print-directory -C userspace uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

deb:
	@scripts/deps --install-package
	@scripts/package deb

clean:
	@$(MAKE) --no-print-directory -C userspace clean
	@$(MAKE) --no-print-directory -C tests/unit clean
	@$(MAKE) --no-print-directory -C tests/unlock clean
	@$(MAKE) --no-print-directory -C kmod KERNELDIR=$(KERNELDIR) clean

.PHONY: all deps build-deps test-deps userspace kmod demo check check-debug check-install check-faults check-kernels bench install uninstall deb clean
