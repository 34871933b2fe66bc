// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of a vGPU, as NVIDIA's driver takes them: one line of text, which
 * a blank clears.  On demand they are refused, aloud or not, or there are none.
 */
#include <linux/module.h>
#include <linux/string.h>

#include "vgpu.h"

static int params_errno;
module_param(params_errno, int, 0644);
MODULE_PARM_DESC(params_errno, "Refuse parameters with this error number (0: do not)");

static bool params_never;
module_param(params_never, bool, 0644);
MODULE_PARM_DESC(params_never, "Take parameters, and do nothing");

static bool params_none;
module_param(params_none, bool, 0644);
MODULE_PARM_DESC(params_none, "Show no file of parameters on what is made from now on");

/**
 * vgpu_params_exist() - is there a file for them?
 *
 * Return: true unless a test asked for none.
 */
bool vgpu_params_exist(void)
{
	return !READ_ONCE(params_none);
}

/**
 * vgpu_params_init() - no parameters
 * @params: whose text is empty
 */
void vgpu_params_init(struct vgpu_params *params)
{
	mutex_init(&params->lock);
	params->text[0] = '\0';
}

/**
 * vgpu_params_get() - for a file that shows them
 * @params: the parameters
 * @buf: a page
 *
 * Return: the length.
 */
ssize_t vgpu_params_get(struct vgpu_params *params, char *buf)
{
	ssize_t length;

	mutex_lock(&params->lock);
	length = sysfs_emit(buf, "%s\n", params->text);
	mutex_unlock(&params->lock);
	return length;
}

/**
 * vgpu_params_set() - for a file that takes them
 * @params: the parameters
 * @buf: what was written
 * @count: how much
 *
 * Return: @count or a negative error code.
 */
ssize_t vgpu_params_set(struct vgpu_params *params, const char *buf,
			size_t count)
{
	int error = READ_ONCE(params_errno);

	if (error)
		return -abs(error);
	if (count >= sizeof(params->text))
		return -EINVAL;
	if (READ_ONCE(params_never))
		return count;
	mutex_lock(&params->lock);
	strscpy(params->text, buf, sizeof(params->text));
	strim(params->text);
	mutex_unlock(&params->lock);
	return count;
}
