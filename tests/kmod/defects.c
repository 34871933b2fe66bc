// SPDX-License-Identifier: GPL-2.0
/*
 * Makes one defect of the kind that is written to its parameter "make", so that
 * a test sees that the debug kernel reports it.  Never to be installed.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static DEFINE_MUTEX(first_mutex);
static DEFINE_MUTEX(second_mutex);
static DEFINE_SPINLOCK(spinlock);
static char __rcu *shared;

/* A number that the compiler does not know, so that it leaves the defects in. */
static int hidden(int value)
{
	OPTIMIZER_HIDE_VAR(value);
	return value;
}

static void out_of_bounds(void)
{
	char *bytes = kmalloc(hidden(16), GFP_KERNEL);

	if (bytes)
		READ_ONCE(bytes[hidden(16)]);
	kfree(bytes);
}

static void use_after_free(void)
{
	char *bytes = kzalloc(hidden(16), GFP_KERNEL);

	kfree(bytes);
	if (bytes)
		READ_ONCE(bytes[hidden(0)]);
}

static void leak(void)
{
	/* Several: a stale pointer on a stack may hide one. */
	int i;

	for (i = 0; i < 8; i++) {
		char *bytes = kzalloc(hidden(16), GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(bytes);
	}
}

static void lock_both(struct mutex *one, struct mutex *other)
{
	mutex_lock(one);
	mutex_lock(other);
	mutex_unlock(other);
	mutex_unlock(one);
}

static void lock_inversion(void)
{
	lock_both(&first_mutex, &second_mutex);
	lock_both(&second_mutex, &first_mutex);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spinlock);
	kfree(kmalloc(hidden(16), GFP_KERNEL));
	spin_unlock(&spinlock);
}

static void rcu_without_lock(void)
{
	hidden(!!rcu_dereference(shared));
}

static void undefined(void)
{
	hidden(1 << hidden(40));
}

static void warning(void)
{
	WARN(1, "a defect that was asked for\n");
}

static const struct {
	const char *name;
	void (*make)(void);
} defects[] = {
	{ "out-of-bounds", out_of_bounds },
	{ "use-after-free", use_after_free },
	{ "leak", leak },
	{ "lock-inversion", lock_inversion },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "rcu-without-lock", rcu_without_lock },
	{ "undefined", undefined },
	{ "warning", warning },
};

static int make_defect(const char *value, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(defects); i++) {
		if (!sysfs_streq(value, defects[i].name))
			continue;
		defects[i].make();
		return 0;
	}
	return -EINVAL;
}

static const struct kernel_param_ops make_ops = {
	.set = make_defect,
};

module_param_cb(make, &make_ops, NULL, 0200);
MODULE_PARM_DESC(make, "the kind of defect to make");

MODULE_DESCRIPTION("Defects that a debug kernel has to report");
MODULE_AUTHOR("The gpushift developers");
MODULE_LICENSE("GPL");
