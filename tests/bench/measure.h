/* SPDX-License-Identifier: GPL-2.0-or-later */
/* measure.h - how long something takes, on the monotonic clock. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

/* now_ns - the monotonic clock, in nanoseconds */
uint64_t now_ns(void);

/* median_ns - of @count times; sorts them */
uint64_t median_ns(uint64_t *took, unsigned int count);

/*
 * measure - run something again and again
 * @rounds: how often it counts; with more than one, it runs once before, to warm up
 * @run: returns 0, or a negative number that ends the measurement
 *
 * Returns the median in nanoseconds. Exits when @run fails: a figure made from
 * something that did not work is worse than none.
 */
uint64_t measure(unsigned int rounds, int (*run)(void *data), void *data);

#endif
