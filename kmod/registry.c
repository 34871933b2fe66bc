// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI functions of the host, and how readers look at them.
 *
 * Two locks, both ours alone, so that no reader can disturb a driver:
 *
 * - The mutex puts the events in order: state, number and message of one are
 *   complete before the next.  Scope and cached facts are worked out under it.
 * - The lock of the array guards the array, the generation, and the driver, the
 *   group and the cached facts of each function.  A reader takes it for one
 *   look-up.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "function.h"
#include "registry.h"
#include "scope.h"

DEFINE_XARRAY(gpushift_functions);

/* Puts the events in order, see above. */
DEFINE_MUTEX(gpushift_events_mutex);

static u32 generation = 1;
static u32 refreshed;
static struct gpushift_scope scope;

/**
 * gpushift_functions_count_event() - number the next event
 *
 * To be called under both locks, in one go with what the event changes.
 *
 * Return: its number.
 */
u32 gpushift_functions_count_event(void)
{
	lockdep_assert_held(&gpushift_functions.xa_lock);
	if (!++generation)
		generation = 1;
	return generation;
}

/**
 * gpushift_functions_refresh() - bring scope and cached facts up to date
 *
 * Return: 0 or a negative error code.
 */
int gpushift_functions_refresh(void)
{
	int ret = 0;

	if (READ_ONCE(refreshed) == READ_ONCE(generation))
		return 0;
	mutex_lock(&gpushift_events_mutex);
	/* No event can be counted meanwhile. */
	if (refreshed != generation) {
		ret = gpushift_scope_update(&gpushift_functions, &scope);
		if (!ret)
			WRITE_ONCE(refreshed, generation);
	}
	mutex_unlock(&gpushift_events_mutex);
	return ret;
}

/**
 * gpushift_functions_refreshed() - number of the event that the cached facts are
 * up to date with
 *
 * Functions that came since are not shown yet.
 *
 * Return: the number at the time of the latest refresh.
 */
u32 gpushift_functions_refreshed(void)
{
	return READ_ONCE(refreshed);
}

/**
 * gpushift_functions_in_scope() - number of functions in scope
 *
 * Return: the number at the time of the latest refresh.
 */
unsigned int gpushift_functions_in_scope(void)
{
	return READ_ONCE(scope.functions);
}

/**
 * gpushift_functions_largest() - size of the largest cached facts
 *
 * Return: bytes of them at the time of the latest refresh.
 */
unsigned int gpushift_functions_largest(void)
{
	return READ_ONCE(scope.largest);
}

/**
 * gpushift_functions_bytes() - what a dump takes
 * @all: whether of all functions, or of those in scope
 * @each: bytes of what comes to the cached facts of each function
 *
 * Return: bytes, at the time of the latest refresh.
 */
unsigned int gpushift_functions_bytes(bool all, unsigned int each)
{
	if (all)
		return READ_ONCE(scope.bytes_all) +
		       READ_ONCE(scope.all) * each;
	return READ_ONCE(scope.bytes) + READ_ONCE(scope.functions) * each;
}

/**
 * gpushift_functions_generation() - number of the latest event
 *
 * Return: the number, never 0.
 */
u32 gpushift_functions_generation(void)
{
	return READ_ONCE(generation);
}

/* What has no cached facts yet came after the refresh: the dump gets flagged. */
static bool view_fill(struct gpushift_view *view,
		      struct gpushift_function *function)
{
	lockdep_assert_held(&gpushift_functions.xa_lock);
	if (!function || !function->cached)
		return false;
	kref_get(&function->ref);
	refcount_inc(&function->cached->ref);
	view->function = function;
	view->cached = function->cached;
	view->generation = generation;
	view->group = function->group ? iommu_group_ref_get(function->group) :
					NULL;
	strscpy(view->driver, function->driver, sizeof(view->driver));
	return true;
}

/**
 * gpushift_view_get() - look at the function at one address
 * @view: the view, to be read with gpushift_facts_pack()
 * @index: the address, see gpushift_parse_address()
 *
 * Pairs with gpushift_view_put() when true.
 *
 * Return: whether there is such a function.
 */
bool gpushift_view_get(struct gpushift_view *view, unsigned long index)
{
	bool found;

	xa_lock(&gpushift_functions);
	found = view_fill(view, xa_load(&gpushift_functions, index));
	xa_unlock(&gpushift_functions);
	return found;
}

/**
 * gpushift_view_find() - look at the first function at or after an address
 * @view: the view, to be read with gpushift_facts_pack()
 * @index: the address, set to that of the function
 * @all: whether to find functions out of scope too
 *
 * Pairs with gpushift_view_put() when true.
 *
 * Return: whether there is one.
 */
bool gpushift_view_find(struct gpushift_view *view, unsigned long *index,
			bool all)
{
	xa_mark_t filter = all ? XA_PRESENT : GPUSHIFT_IN_SCOPE;
	struct gpushift_function *function;

	xa_lock(&gpushift_functions);
	function = xa_find(&gpushift_functions, index, ULONG_MAX, filter);
	while (function && !view_fill(view, function))
		function = xa_find_after(&gpushift_functions, index, ULONG_MAX, filter);
	xa_unlock(&gpushift_functions);
	return function;
}

/**
 * gpushift_view_put() - end a view
 * @view: from gpushift_view_get() or gpushift_view_find()
 */
void gpushift_view_put(struct gpushift_view *view)
{
	if (view->group)
		iommu_group_put(view->group);
	gpushift_cached_put(view->cached);
	gpushift_function_put(view->function);
}
