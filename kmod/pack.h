/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_PACK_H
#define _GPUSHIFT_PACK_H

#include <linux/types.h>

/**
 * struct gpushift_pack - netlink attributes in the making
 * @data: where they go
 * @used: bytes of @data that hold attributes
 * @size: bytes of @data
 * @grows: @data is ours and gets larger as needed; else what does not fit is an
 *	error
 * @error: 0, or the first error; nothing is added after one
 */
struct gpushift_pack {
	u8 *data;
	unsigned int used;
	unsigned int size;
	bool grows;
	int error;
};

void gpushift_pack_free(struct gpushift_pack *pack);
void gpushift_pack_bytes(struct gpushift_pack *pack, int attr,
			 const void *value, unsigned int size);
void gpushift_pack_string(struct gpushift_pack *pack, int attr,
			  const char *value);
void gpushift_pack_text(struct gpushift_pack *pack, int attr,
			const void *text, unsigned int size);
void gpushift_pack_copy(struct gpushift_pack *pack, const void *attributes,
			unsigned int size);
unsigned int gpushift_pack_nest(struct gpushift_pack *pack, int attr);
void gpushift_pack_nest_end(struct gpushift_pack *pack, unsigned int nest);
void gpushift_pack_u8(struct gpushift_pack *pack, int attr, u8 value);
void gpushift_pack_u16(struct gpushift_pack *pack, int attr, u16 value);
void gpushift_pack_u32(struct gpushift_pack *pack, int attr, u32 value);
void gpushift_pack_u64(struct gpushift_pack *pack, int attr, u64 value);

#endif /* _GPUSHIFT_PACK_H */
