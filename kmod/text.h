/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_TEXT_H
#define _GPUSHIFT_TEXT_H

struct gpushift_pack;
struct seq_file;

void gpushift_text_show(struct seq_file *file, const struct gpushift_pack *pack);

#endif /* _GPUSHIFT_TEXT_H */
