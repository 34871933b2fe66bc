// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for the control device of NVIDIA's driver, as far as user space
 * sees it: it answers RM control calls, directly and by the long way, with
 * what was written to the open file before.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define ESCAPE_CONTROL 0x2a

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

/* What is written: the answer to the calls that follow. */
struct answer {
	u32 status;
	u32 size;
	u8 params[8192];
};

static int rm_open(struct inode *inode, struct file *file)
{
	struct answer *answer = kzalloc(sizeof(*answer), GFP_KERNEL);

	file->private_data = answer;
	return answer ? 0 : -ENOMEM;
}

static int rm_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t rm_write(struct file *file, const char __user *buffer,
			size_t count, loff_t *offset)
{
	struct answer *answer = file->private_data;
	size_t head = offsetof(struct answer, params);

	if (count < head || count > sizeof(*answer))
		return -EINVAL;
	if (copy_from_user(answer, buffer, count))
		return -EFAULT;
	return answer->size == count - head ? count : -EINVAL;
}

/* A call that fails has looked at no parameters: they may be anywhere. */
static long control(struct answer *answer, struct rm_control __user *argument)
{
	struct rm_control call;

	if (copy_from_user(&call, argument, sizeof(call)))
		return -EFAULT;
	if (answer->size && call.params_size == answer->size &&
	    copy_to_user(u64_to_user_ptr(call.params), answer->params,
			 answer->size) && !answer->status)
		return -EFAULT;
	return put_user(answer->status, &argument->status);
}

static long transfer(struct answer *answer, struct rm_transfer __user *argument)
{
	struct rm_transfer call;

	if (copy_from_user(&call, argument, sizeof(call)))
		return -EFAULT;
	if (call.cmd != ESCAPE_CONTROL ||
	    call.size != sizeof(struct rm_control))
		return -EINVAL;
	return control(answer, u64_to_user_ptr(call.argument));
}

static long rm_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	switch (request) {
	case _IOWR('F', ESCAPE_CONTROL, struct rm_control):
		return control(file->private_data, (void __user *)arg);
	case _IOWR('F', 211, struct rm_transfer):
		return transfer(file->private_data, (void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations rm_operations = {
	.owner = THIS_MODULE,
	.open = rm_open,
	.release = rm_release,
	.write = rm_write,
	.unlocked_ioctl = rm_ioctl,
};

static struct miscdevice rm_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nvidiactl",
	.fops = &rm_operations,
};

module_misc_device(rm_device);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test device that answers RM control calls");
