// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps that move functions from one driver to another. */
#include "plan_build.h"

/* Where a function goes. */
struct destination {
	const char *driver; /* NULL: stays without; GS_ANY_DRIVER, "": the kernel's choice */
	const char *driver_override; /* the one that stays; NULL: none */
};

/* A way from some drivers to others. */
struct route {
	gs_takes_fn takes;
	struct destination (*destination)(const struct gs_planner *planner,
					  const struct gs_function *function);
};

static bool is_display(const struct gs_planner *planner, const struct gs_function *function)
{
	return function == gs_card_display(planner->card);
}

static const struct gs_before *before_of(const struct gs_planner *planner,
					 const struct gs_function *function)
{
	const struct gs_remembered *remembered = planner->card->remembered;

	if (!remembered)
		return NULL;
	return gs_before_find(remembered->before, remembered->n_before, function->text);
}

const char *gs_vfio_driver(const struct gs_planner *planner, const struct gs_function *function)
{
	bool named = planner->want->mode == GS_MODE_PASSTHROUGH && planner->want->driver;

	return named && is_display(planner, function) ? planner->want->driver : GS_VFIO_DRIVER;
}

static bool goes_to_vfio(const struct gs_planner *planner, const struct gs_function *function)
{
	if (!gs_driver_is_vfio(function->driver))
		return true;
	return planner->want->driver && is_display(planner, function) &&
	       !gs_streq(function->driver, planner->want->driver);
}

/* Another driver asked for by --driver is a reason to move, too. */
static bool changes_driver(const struct gs_planner *planner)
{
	const char *wanted = planner->want->driver;

	return wanted && planner->want->mode != GS_MODE_PASSTHROUGH &&
	       !gs_streq(gs_card_display(planner->card)->driver, wanted);
}

bool gs_display_moves(const struct gs_planner *planner)
{
	return !gs_driver_owns_dma(gs_card_display(planner->card)->driver) ||
	       changes_driver(planner);
}

/*
 * Companions may do without a driver, or be parked on pci-stub by their owner;
 * what a switch took from its driver, or aimed at vfio, goes back.
 */
static bool goes_to_host(const struct gs_planner *planner, const struct gs_function *function)
{
	const struct gs_before *before = before_of(planner, function);

	if (is_display(planner, function))
		return gs_display_moves(planner);
	if (function->driver)
		return gs_driver_is_vfio(function->driver);
	return (before && before->driver) || gs_driver_is_vfio(function->driver_override);
}

bool gs_needs_passthrough(const struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (goes_to_vfio(planner, planner->moving[i]))
			return true;
	return false;
}

bool gs_needs_host(const struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (goes_to_host(planner, planner->moving[i]))
			return true;
	return false;
}

static bool is_registered(const struct gs_planner *planner, const char *driver)
{
	return gs_strv_has(planner->host->drivers, driver);
}

static void load(struct gs_planner *planner, const char *module, const char *instead)
{
	gs_planner_step(planner, GS_OP_LOAD_MODULE, module, instead, GS_OP_COUNT, NULL, NULL);
}

static void hold_power(struct gs_planner *planner, const struct gs_function *function,
		       const char *value)
{
	if (!function->power_control)
		return;
	gs_planner_step(planner, GS_OP_HOLD_POWER, function->text, value, GS_OP_HOLD_POWER,
			function->text, function->power_control);
}

static const char *override_text(const char *driver_override)
{
	return driver_override ? driver_override : "";
}

static void set_override(struct gs_planner *planner, const struct gs_function *function,
			 const char *from, const char *to)
{
	if (gs_streq(from, to))
		return;
	gs_planner_step(planner, GS_OP_SET_OVERRIDE, function->text, override_text(to),
			GS_OP_SET_OVERRIDE, function->text, override_text(from));
}

static bool is_known(const char *driver)
{
	return driver && driver[0] && !gs_streq(driver, GS_ANY_DRIVER);
}

/* What the probe is aimed with: the driver itself, or what the kernel shall choose by. */
static const char *aim_of(const struct destination *to)
{
	if (is_known(to->driver))
		return to->driver;
	if (to->driver && gs_driver_is_vfio(to->driver_override))
		return NULL;
	return to->driver_override;
}

static void aim(struct gs_planner *planner, const struct gs_function *function,
		const struct destination *to)
{
	set_override(planner, function, function->driver_override, aim_of(to));
}

static void unbind(struct gs_planner *planner, const struct gs_function *function)
{
	if (function->driver)
		gs_planner_step(planner, GS_OP_UNBIND, function->text, function->driver,
				GS_OP_PROBE, function->text, function->driver);
}

static void probe(struct gs_planner *planner, const struct gs_function *function,
		  const struct destination *to)
{
	if (to->driver)
		gs_planner_step(planner, GS_OP_PROBE, function->text, to->driver, GS_OP_UNBIND,
				function->text, to->driver);
}

static void verify(struct gs_planner *planner, const struct gs_function *function,
		   const struct destination *to)
{
	gs_planner_step(planner, GS_OP_VERIFY_DRIVER, function->text,
			to->driver ? to->driver : GS_NO_DRIVER, GS_OP_COUNT, NULL, NULL);
	set_override(planner, function, aim_of(to), to->driver_override);
}

typedef void (*step_fn)(struct gs_planner *, const struct gs_function *,
			const struct destination *);

static void each(struct gs_planner *planner, const struct route *route, step_fn step)
{
	for (size_t i = 0; i < planner->n_moving; i++) {
		const struct gs_function *function = planner->moving[i];
		struct destination to = route->destination(planner, function);

		if (route->takes(planner, function))
			step(planner, function, &to);
	}
}

/* Does it take something from a driver, and so from whoever uses it? */
static bool unbinds(const struct gs_planner *planner, const struct route *route)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (planner->moving[i]->driver && route->takes(planner, planner->moving[i]))
			return true;
	return false;
}

static void stop_services(struct gs_planner *planner, const struct route *route)
{
	if (unbinds(planner, route))
		gs_steps_stop_services(planner);
}

/* Somebody may have come since the plan was made. */
static void look_again(struct gs_planner *planner, const struct route *route)
{
	if (unbinds(planner, route))
		gs_planner_step(planner, GS_OP_WAIT, gs_planner_card(planner),
				planner->want->force ? GS_WAIT_UNUSED_BY_GUESTS : GS_WAIT_UNUSED,
				GS_OP_COUNT, NULL, NULL);
}

/* Every override is aimed before anything is unbound; the display goes last and comes first. */
static void move(struct gs_planner *planner, const struct route *route)
{
	each(planner, route, aim);
	gs_steps_fence(planner, route->takes, GS_OP_FENCE);
	look_again(planner, route);
	for (size_t i = planner->n_moving; i-- > 0;)
		if (route->takes(planner, planner->moving[i]))
			unbind(planner, planner->moving[i]);
	gs_steps_fence(planner, route->takes, GS_OP_UNFENCE);
	each(planner, route, probe);
	each(planner, route, verify);
}

static void verify_groups(struct gs_planner *planner)
{
	char number[16];

	for (size_t i = 0; i < planner->n_moving; i++) {
		int group = planner->moving[i]->iommu_group;
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen = seen || planner->moving[j]->iommu_group == group;
		snprintf(number, sizeof(number), "%d", group);
		if (!seen)
			gs_planner_step(planner, GS_OP_VERIFY_GROUP, number, NULL, GS_OP_COUNT,
					NULL, NULL);
	}
}

static void load_vfio(struct gs_planner *planner)
{
	const char *driver = gs_vfio_driver(planner, gs_card_display(planner->card));

	if (!is_registered(planner, GS_VFIO_DRIVER) || !planner->host->type1_loaded)
		load(planner, "vfio_iommu_type1", NULL);
	if (!is_registered(planner, GS_VFIO_DRIVER))
		load(planner, GS_VFIO_DRIVER, NULL);
	if (!gs_streq(driver, GS_VFIO_DRIVER) && !is_registered(planner, driver))
		load(planner, driver, NULL);
}

static struct destination vfio_destination(const struct gs_planner *planner,
					   const struct gs_function *function)
{
	const char *driver = gs_vfio_driver(planner, function);

	return (struct destination){ .driver = driver, .driver_override = driver };
}

void gs_steps_to_passthrough(struct gs_planner *planner)
{
	static const struct route route = { .takes = goes_to_vfio,
					    .destination = vfio_destination };

	if (!gs_needs_passthrough(planner))
		return;
	load_vfio(planner);
	stop_services(planner, &route);
	for (size_t i = 0; i < planner->n_moving; i++)
		if (goes_to_vfio(planner, planner->moving[i]) &&
		    !gs_streq(planner->moving[i]->power_control, "on"))
			hold_power(planner, planner->moving[i], "on");
	move(planner, &route);
	verify_groups(planner);
}

const char *gs_return_driver(const struct gs_planner *planner)
{
	const struct gs_remembered *remembered = planner->card->remembered;
	const struct gs_before *before = before_of(planner, gs_card_display(planner->card));

	if (planner->want->driver)
		return planner->want->driver;
	if (planner->card->host_driver)
		return planner->card->host_driver;
	if (before && before->driver && !gs_driver_is_vfio(before->driver))
		return before->driver;
	if (remembered && remembered->driver)
		return remembered->driver;
	return "";
}

/* A companion whose driver has gone meanwhile gets what the kernel has. */
static struct destination host_destination(const struct gs_planner *planner,
					   const struct gs_function *function)
{
	const struct gs_before *before = before_of(planner, function);
	struct destination to = { .driver = GS_ANY_DRIVER };

	if (before) {
		to.driver_override = before->driver_override;
		if (!before->driver || is_registered(planner, before->driver))
			to.driver = before->driver;
	}
	if (is_display(planner, function))
		to.driver = gs_return_driver(planner);
	return to;
}

/* The first driver that the kernel would load a module for; none when one fits already. */
static const char *driver_to_load(const struct gs_planner *planner)
{
	char *const *candidate = planner->card->candidates;
	const char *first = NULL;

	for (; candidate && *candidate; candidate++) {
		if (is_registered(planner, *candidate))
			return NULL;
		if (!first)
			first = *candidate;
	}
	return first;
}

static void load_return_module(struct gs_planner *planner)
{
	const char *driver = gs_return_driver(planner);
	const char *found = driver_to_load(planner);

	if (!driver[0] && found)
		load(planner, found, NULL);
	/* A module is often not called like its driver; the kernel's own index knows it. */
	if (driver[0] && !is_registered(planner, driver))
		load(planner, driver, planner->want->driver ? NULL : found);
}

/* On the driver that it had before a switch, whoever put it back there. */
static bool is_back(const struct gs_before *before, const struct gs_function *function)
{
	return before && before->driver && gs_streq(before->driver, function->driver);
}

/*
 * vfio-pci allows runtime power management when it is bound, and forbids it when
 * unbound (Linux drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_register_device
 * and vfio_pci_core_unregister_device), whatever was there before: on its way
 * to the host or back the value read now says little.
 */
static bool loses_power_control(struct gs_planner *planner, const struct gs_function *function)
{
	return goes_to_host(planner, function) && gs_driver_is_vfio(function->driver);
}

/* Written as it is, so that an undo writes it, too: after vfio-pci was bound again. */
static void keep_power(struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (loses_power_control(planner, planner->moving[i]) &&
		    gs_streq(planner->moving[i]->power_control, "on"))
			hold_power(planner, planner->moving[i], "on");
}

static bool power_differs(struct gs_planner *planner, const struct gs_function *function,
			  const char *value)
{
	return !gs_streq(function->power_control, value) ||
	       (loses_power_control(planner, function) && !gs_streq(value, "on"));
}

/* What a switch changed and the move above did not bring back; also where nothing moved. */
static void settle(struct gs_planner *planner, const struct gs_function *function)
{
	const struct gs_before *before = before_of(planner, function);

	if (is_back(before, function) && !goes_to_host(planner, function))
		set_override(planner, function, function->driver_override, before->driver_override);
	if (before && before->power_control &&
	    power_differs(planner, function, before->power_control))
		hold_power(planner, function, before->power_control);
}

void gs_steps_to_host(struct gs_planner *planner)
{
	static const struct route route = {
		.takes = goes_to_host,
		.destination = host_destination,
	};

	if (!gs_needs_host(planner) && planner->card->mode != GS_MODE_QUARANTINED)
		return;
	if (gs_display_moves(planner))
		load_return_module(planner);
	stop_services(planner, &route);
	keep_power(planner);
	move(planner, &route);
	for (size_t i = 0; i < planner->n_moving; i++)
		settle(planner, planner->moving[i]);
}
