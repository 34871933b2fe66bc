// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/gpushift: the same facts as text.
 *
 * The position in the file is the address of the function plus one, so that an
 * open file holds no reference between two reads.
 */
#include <linux/bitops.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "function.h"
#include "proc.h"

/* Version of the text format. */
#define FORMAT 1

static void *show_from(struct seq_file *file, loff_t *pos)
{
	struct gpushift_view *view = file->private;
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

/*
 * What is escaped would break a line.  Only an override can hold such: it is
 * whatever a user wrote.  The other strings are words of ours and names that
 * the kernel gave to devices and drivers.
 */
static void show_override(struct seq_file *file, const char *override)
{
	seq_putc(file, ' ');
	seq_escape(file, override, "\n\\");
}

static int show_item(const char *item, void *data)
{
	struct seq_file *file = data;

	seq_putc(file, ' ');
	seq_puts(file, item);
	return 0;
}

static void show_hex(struct seq_file *file, unsigned int digits, u32 number)
{
	char text[2 * sizeof(number) + 1];

	text[digits] = '\0';
	for (; digits; number >>= 4)
		text[--digits] = "0123456789abcdef"[number & 15];
	show_item(text, file);
}

static void show_number(struct seq_file *file,
			const struct gpushift_field *field, s64 number)
{
	if (field->words && number < field->nr_words)
		show_item(field->words[number], file);
	else if (field->hex)
		show_hex(file, field->hex, number);
	else
		seq_put_decimal_ll(file, " ", number);
}

/* One line, without a formatter: a reader waits for thousands of them. */
static void show_fact(struct seq_file *file, enum gpushift_attr attr,
		      const struct gpushift_view *view)
{
	const struct gpushift_field *field = &gpushift_fields[attr];
	const void *value = gpushift_fact(&view->facts, field);

	seq_puts(file, field->key);
	seq_putc(file, ':');
	switch ((enum gpushift_kind)field->kind) {
	case GPUSHIFT_KIND_NONE:
		break;
	case GPUSHIFT_KIND_U8:
		show_number(file, field, *(const u8 *)value);
		break;
	case GPUSHIFT_KIND_U16:
		show_number(file, field, *(const u16 *)value);
		break;
	case GPUSHIFT_KIND_U32:
		show_number(file, field, *(const u32 *)value);
		break;
	case GPUSHIFT_KIND_S32:
		show_number(file, field, *(const s32 *)value);
		break;
	case GPUSHIFT_KIND_STRING:
		if (attr == GPUSHIFT_A_DRIVER_OVERRIDE)
			show_override(file, *(const char *const *)value);
		else
			show_item(*(const char *const *)value, file);
		break;
	case GPUSHIFT_KIND_LIST:
		gpushift_facts_each(view, attr, show_item, file);
		break;
	}
	seq_putc(file, '\n');
}

static int show(struct seq_file *file, void *item)
{
	struct gpushift_view *view = item;
	u64 left;

	if (item == SEQ_START_TOKEN) {
		seq_printf(file, "gpushift %d generation %u functions %u\n",
			   FORMAT, gpushift_functions_generation(),
			   gpushift_functions_in_scope());
		return 0;
	}
	gpushift_facts_read(view);
	seq_putc(file, '\n');
	for (left = view->facts.present; left; left &= left - 1)
		show_fact(file, __ffs64(left), view);
	return 0;
}

static const struct seq_operations seq_ops = {
	.start = start,
	.next = next,
	.stop = stop,
	.show = show,
};

/**
 * gpushift_proc_init() - make /proc/gpushift
 *
 * Return: 0 or a negative error code.
 */
int __init gpushift_proc_init(void)
{
	return proc_create_seq_private("gpushift", 0444, NULL, &seq_ops,
				       sizeof(struct gpushift_view), NULL) ?
	       0 : -ENOMEM;
}

/**
 * gpushift_proc_exit() - remove /proc/gpushift; ends what is being read
 */
void gpushift_proc_exit(void)
{
	remove_proc_entry("gpushift", NULL);
}
