/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bus_signal.h - how long it takes until a signal on the system bus tells of a driver. */
#ifndef BENCH_BUS_SIGNAL_H
#define BENCH_BUS_SIGNAL_H

#include <stdint.h>

/*
 * bus_signal_measure - bind a function again and again
 * @sender: whose signal of a property Driver is waited for; "-": nobody's, only the binding is measured
 * @address: a PCI function without a driver, whose override is @driver's name
 * @rounds: how often; the driver is unbound between them, which does not count
 *
 * Returns the median in nanoseconds, from before the binding to the signal. Exits when anything fails.
 */
uint64_t bus_signal_measure(const char *sender, const char *address, const char *driver,
			    unsigned int rounds);

#endif
