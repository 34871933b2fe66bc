/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base.h - the few helpers that every file of the engine uses.
 *
 * The engine never prints and never exits: a function returns 0 or a
 * negative errno, and fills its ret_* arguments on success only.
 */
#ifndef GS_BASE_H
#define GS_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define gs_must_check __attribute__((warn_unused_result))
#define gs_printf(f, a) __attribute__((format(printf, f, a)))

#define GS_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void gs_freep(void *p)
{
	free(*(void **)p);
}

static inline void gs_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void gs_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Freed or closed when the variable goes out of scope. */
#define gs_cleanup_free __attribute__((cleanup(gs_freep)))
#define gs_cleanup_close __attribute__((cleanup(gs_closep)))
#define gs_cleanup_fclose __attribute__((cleanup(gs_fclosep)))

/* gs_steal - hand over ownership of a pointer that a cleanup would free */
#define gs_steal(p)                            \
	({                                     \
		__typeof__(p) stolen_ = (p);   \
		(p) = NULL;                    \
		stolen_;                       \
	})

/* gs_streq - equal strings; two NULLs are equal, one NULL is not */
static inline bool gs_streq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

/*
 * gs_grow - make room for one more element in a growing array
 * @array: pointer to the array pointer
 * @count: elements in use
 * @size: bytes of one element
 *
 * The new element is zeroed. Returns 0 or -ENOMEM (the array stays valid).
 */
int gs_grow(void *array, size_t count, size_t size) gs_must_check;

/* gs_asprintf - a formatted string of its own, or NULL when out of memory */
char *gs_asprintf(const char *format, ...) gs_printf(1, 2) gs_must_check;

/*
 * A NULL-terminated list of strings, each owned by the list. A NULL list is
 * an empty one.
 */
int gs_strv_add(char ***list, const char *text) gs_must_check;
size_t gs_strv_count(char *const *list);
bool gs_strv_has(char *const *list, const char *text);
void gs_strv_free(char **list);

/* gs_now_us - CLOCK_MONOTONIC in µs */
uint64_t gs_now_us(void);

#endif
