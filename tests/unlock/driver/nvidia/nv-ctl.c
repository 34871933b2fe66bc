// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/nvidiactl, as far as user space sees it: RM control calls are answered
 * from a table, directly and by the long way.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "nv.h"

#define ESCAPE_CONTROL 0x2a

#define OK 0
#define INVALID_COMMAND 0x22
#define NOT_SUPPORTED 0x56
#define OBJECT_NOT_FOUND 0x57

/* The vGPU type that there is, and the VM that is started: [vm.100] of a file. */
#define TYPE 259
static const u8 vm_uuid[16] = { [0] = 1, [14] = 1 };

struct rm_control {
	u32 client;
	u32 object;
	u32 cmd;
	u32 flags;
	u64 params;
	u32 params_size;
	u32 status;
};

struct rm_transfer {
	u32 cmd;
	u32 size;
	u64 argument;
};

static u32 put_ids(u8 *params)
{
	struct pci_dev *card = nv_card();
	u32 *ids = (u32 *)params;

	if (!card)
		return OBJECT_NOT_FOUND;
	ids[0] = card->device << 16 | card->vendor;
	ids[1] = card->subsystem_device << 16 | card->subsystem_vendor;
	return OK;
}

static u32 put_no_host(u8 *params)
{
	*(u32 *)params = 0;
	return OK;
}

static u32 put_no_migration(u8 *params)
{
	params[0] = 0;
	return OK;
}

static u32 put_vm(u8 *params)
{
	memcpy(params, vm_uuid, sizeof(vm_uuid));
	return OK;
}

/* As the real one, it splits no consumer card that it knows for one. */
static u32 put_type(u8 *params)
{
	*(u32 *)params = TYPE;
	return nv_is_hooked() ? OK : NOT_SUPPORTED;
}

static u32 put_a081_type(u8 *params)
{
	return put_type(params + 8);
}

static u32 not_supported(u8 *params)
{
	return NOT_SUPPORTED;
}

/* What is asked, and what is put into an answer whose other bytes all differ from 0; none: they stay. */
static const struct answer {
	u32 cmd;
	u32 size;
	u32 (*put)(u8 *params);
} answers[] = {
	{ 0x20801801, 16, put_ids },
	{ 0x00800289, 4, put_no_host },
	{ 0x00800289, 8, put_no_host },
	{ 0xa0810112, 1, put_no_migration },
	{ 0x00000c01, 0x420, put_vm },
	{ 0x00000c02, 0x20, put_vm },
	{ 0x00000c02, 0x28, put_vm },
	{ 0xa0810103, 4960, put_a081_type },
	{ 0xa0810103, 5096, put_a081_type },
	{ 0xa0810103, 5232, put_a081_type },
	{ 0xa0810103, 5424, put_a081_type },
	{ 0xa0810103, 5432, put_a081_type },
	{ 0xa0810103, 5440, put_a081_type }, /* nobody's yet */
	{ 0xa0820102, 1840, put_type },
	{ 0xa0820102, 1848, put_type },
	{ 0xa0820102, 2328, put_type },
	{ 0xa0810111, 32 },
	{ 0xa0820104, 16, not_supported },
	{ 0x90960103, 16, not_supported },
	{ 0x2080014b, 16, not_supported },
	{ 0x20800102, 16, not_supported },
};

static const struct answer *find(const struct rm_control *call)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++)
		if (answers[i].cmd == call->cmd &&
		    answers[i].size == call->params_size)
			return &answers[i];
	return NULL;
}

static u32 fill(const struct answer *answer, u8 *params)
{
	u32 i;

	for (i = 0; i < answer->size; i++)
		params[i] = 1 + (i * 37 + i / 251) % 254;
	return answer->put ? answer->put(params) : OK;
}

static long control(struct rm_control __user *argument)
{
	const struct answer *answer;
	struct rm_control call;
	long ret = 0;
	u32 status;
	u8 *params;

	if (copy_from_user(&call, argument, sizeof(call)))
		return -EFAULT;
	answer = find(&call);
	if (!answer)
		return put_user(INVALID_COMMAND, &argument->status);
	params = kmalloc(answer->size + sizeof(u64), GFP_KERNEL);
	if (!params)
		return -ENOMEM;
	status = fill(answer, params);
	if (status == OK && copy_to_user(u64_to_user_ptr(call.params), params,
					 answer->size))
		ret = -EFAULT;
	kfree(params);
	return ret ?: put_user(status, &argument->status);
}

static long transfer(struct rm_transfer __user *argument)
{
	struct rm_transfer call;

	if (copy_from_user(&call, argument, sizeof(call)))
		return -EFAULT;
	if (call.cmd != ESCAPE_CONTROL ||
	    call.size != sizeof(struct rm_control))
		return -EINVAL;
	return control(u64_to_user_ptr(call.argument));
}

static long nv_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	switch (request) {
	case _IOWR('F', ESCAPE_CONTROL, struct rm_control):
		return control((void __user *)arg);
	case _IOWR('F', 211, struct rm_transfer):
		return transfer((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations nv_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = nv_ioctl,
};

static struct miscdevice nv_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nvidiactl",
	.fops = &nv_operations,
};

int nv_ctl_init(void)
{
	return misc_register(&nv_device);
}

void nv_ctl_exit(void)
{
	misc_deregister(&nv_device);
}
