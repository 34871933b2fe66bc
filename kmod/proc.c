// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/gpushift: the same facts as text.
 *
 * The position in the file is the address of the function plus one, so that an
 * open file holds no reference between two reads.
 */
#include <linux/capability.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/user_namespace.h>

#include "facts.h"
#include "pack.h"
#include "proc.h"
#include "registry.h"
#include "text.h"

/* Version of the text format. */
#define FORMAT 1

/**
 * struct reader - an open file
 * @view: the function that is shown
 * @pack: room for its attributes
 */
struct reader {
	struct gpushift_view view;
	struct gpushift_pack pack;
};

/* Like netlink: what counts is who opened it, so that a file can be handed on. */
static bool reader_is_privileged(const struct seq_file *file)
{
	return file_ns_capable(file->file, &init_user_ns, CAP_SYS_ADMIN);
}

static void *show_from(struct seq_file *file, loff_t *pos)
{
	struct reader *reader = file->private;
	struct gpushift_view *view = &reader->view;
	unsigned long index = *pos - 1;

	if (!gpushift_view_find(view, &index, false))
		return NULL;
	*pos = (loff_t)index + 1;
	return view;
}

static void *start(struct seq_file *file, loff_t *pos)
{
	int ret;

	if (*pos)
		return show_from(file, pos);
	ret = gpushift_functions_refresh();
	return ret ? ERR_PTR(ret) : SEQ_START_TOKEN;
}

static void stop(struct seq_file *file, void *item)
{
	if (item && !IS_ERR(item) && item != SEQ_START_TOKEN)
		gpushift_view_put(item);
}

static void *next(struct seq_file *file, void *item, loff_t *pos)
{
	stop(file, item);
	++*pos;
	return show_from(file, pos);
}

/* What fits is kept for the next reader; what does not is shown again later. */
static void show_cached(struct seq_file *file, const struct gpushift_view *view,
			struct gpushift_pack *pack)
{
	bool privileged = reader_is_privileged(file);
	const struct gpushift_text *text =
		READ_ONCE(view->cached->text[privileged]);
	bool same = gpushift_facts_are_cached(view);
	size_t start = file->count;

	if (text && same) {
		seq_write(file, text->text, text->size);
		return;
	}
	pack->used = 0;
	gpushift_facts_pack_cached(view, privileged, pack);
	if (pack->error)
		return;
	gpushift_text_show(file, pack);
	if (same && !seq_has_overflowed(file))
		gpushift_cached_remember(view->cached, privileged,
					 file->buf + start,
					 file->count - start);
}

static void show_function(struct seq_file *file, const struct gpushift_view *view)
{
	struct reader *reader = file->private;
	struct gpushift_pack *pack = &reader->pack;

	pack->grows = true;
	pack->error = 0;
	show_cached(file, view, pack);
	pack->used = 0;
	gpushift_facts_pack_live(view, pack);
	if (!pack->error)
		gpushift_text_show(file, pack);
}

static int show(struct seq_file *file, void *item)
{
	struct reader *reader = file->private;

	if (item == SEQ_START_TOKEN) {
		seq_printf(file, "gpushift %d generation %u functions %u\n",
			   FORMAT, gpushift_functions_refreshed(),
			   gpushift_functions_in_scope());
		return 0;
	}
	seq_putc(file, '\n');
	show_function(file, item);
	return reader->pack.error;
}

static const struct seq_operations seq_ops = {
	.start = start,
	.next = next,
	.stop = stop,
	.show = show,
};

static int proc_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &seq_ops, sizeof(struct reader));
}

static int proc_release(struct inode *inode, struct file *file)
{
	struct reader *reader = ((struct seq_file *)file->private_data)->private;

	gpushift_pack_free(&reader->pack);
	return seq_release_private(inode, file);
}

static const struct proc_ops proc_ops = {
	.proc_open = proc_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = proc_release,
};

/**
 * gpushift_proc_init() - make /proc/gpushift
 *
 * Return: 0 or a negative error code.
 */
int __init gpushift_proc_init(void)
{
	return proc_create("gpushift", 0444, NULL, &proc_ops) ? 0 : -ENOMEM;
}

/**
 * gpushift_proc_exit() - remove /proc/gpushift; ends what is being read
 */
void gpushift_proc_exit(void)
{
	remove_proc_entry("gpushift", NULL);
}
