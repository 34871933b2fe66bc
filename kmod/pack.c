// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink attributes, written without a socket buffer: what several messages
 * share is written once, and /proc shows the same attributes as text.
 */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "pack.h"

/* First size of what grows; most functions need less. */
#define FIRST_SIZE 1024

static void grow(struct gpushift_pack *pack, unsigned int need)
{
	unsigned int size = max3(FIRST_SIZE, 2 * pack->size,
				 pack->used + need);
	u8 *data = krealloc(pack->data, size, GFP_KERNEL);

	if (!data) {
		pack->error = -ENOMEM;
		return;
	}
	pack->data = data;
	pack->size = size;
}

/* Return: room for @size bytes, which are then in use, or NULL. */
static void *take(struct gpushift_pack *pack, unsigned int size)
{
	void *room;

	if (!pack->error && size > pack->size - pack->used) {
		if (pack->grows)
			grow(pack, size);
		else
			pack->error = -EMSGSIZE;
	}
	if (pack->error)
		return NULL;
	room = pack->data + pack->used;
	pack->used += size;
	return room;
}

/**
 * gpushift_pack_free() - free what a growing pack holds
 * @pack: the pack
 */
void gpushift_pack_free(struct gpushift_pack *pack)
{
	kfree(pack->data);
}

/* Return: the value of a new attribute, for the caller to fill in, or NULL. */
static void *take_attr(struct gpushift_pack *pack, int attr, unsigned int size)
{
	struct nlattr *nla = take(pack, nla_total_size(size));

	if (!nla)
		return NULL;
	nla->nla_type = attr;
	nla->nla_len = nla_attr_size(size);
	memset((u8 *)nla + nla->nla_len, 0, nla_padlen(size));
	return nla_data(nla);
}

/**
 * gpushift_pack_bytes() - add an attribute
 * @pack: where to
 * @attr: its number
 * @value: its value
 * @size: bytes of @value
 */
void gpushift_pack_bytes(struct gpushift_pack *pack, int attr,
			 const void *value, unsigned int size)
{
	void *room = take_attr(pack, attr, size);

	if (room)
		memcpy(room, value, size);
}

/**
 * gpushift_pack_u8() - add an attribute that holds a number
 * @pack: where to
 * @attr: its number
 * @value: the number
 */
void gpushift_pack_u8(struct gpushift_pack *pack, int attr, u8 value)
{
	gpushift_pack_bytes(pack, attr, &value, sizeof(value));
}

/**
 * gpushift_pack_u16() - add an attribute that holds a number
 * @pack: where to
 * @attr: its number
 * @value: the number
 */
void gpushift_pack_u16(struct gpushift_pack *pack, int attr, u16 value)
{
	gpushift_pack_bytes(pack, attr, &value, sizeof(value));
}

/**
 * gpushift_pack_u32() - add an attribute that holds a number
 * @pack: where to
 * @attr: its number
 * @value: the number
 */
void gpushift_pack_u32(struct gpushift_pack *pack, int attr, u32 value)
{
	gpushift_pack_bytes(pack, attr, &value, sizeof(value));
}

/**
 * gpushift_pack_u64() - add an attribute that holds a number
 * @pack: where to
 * @attr: its number
 * @value: the number
 */
void gpushift_pack_u64(struct gpushift_pack *pack, int attr, u64 value)
{
	gpushift_pack_bytes(pack, attr, &value, sizeof(value));
}

/**
 * gpushift_pack_text() - add an attribute that holds text as a string
 * @pack: where to
 * @attr: its number
 * @text: the text
 * @size: bytes of @text, without a zero at its end
 */
void gpushift_pack_text(struct gpushift_pack *pack, int attr,
			const void *text, unsigned int size)
{
	char *room = take_attr(pack, attr, size + 1);

	if (!room)
		return;
	memcpy(room, text, size);
	room[size] = '\0';
}

/**
 * gpushift_pack_string() - add an attribute that holds a string
 * @pack: where to
 * @attr: its number
 * @value: the string
 */
void gpushift_pack_string(struct gpushift_pack *pack, int attr,
			  const char *value)
{
	gpushift_pack_text(pack, attr, value, strlen(value));
}

/**
 * gpushift_pack_copy() - add attributes that were packed before
 * @pack: where to
 * @attributes: the attributes
 * @size: bytes of @attributes
 */
void gpushift_pack_copy(struct gpushift_pack *pack, const void *attributes,
			unsigned int size)
{
	void *room = take(pack, size);

	if (room)
		memcpy(room, attributes, size);
}

/**
 * gpushift_pack_nest() - begin an attribute that holds others
 * @pack: where to
 * @attr: its number
 *
 * Return: what gpushift_pack_nest_end() wants.
 */
unsigned int gpushift_pack_nest(struct gpushift_pack *pack, int attr)
{
	unsigned int nest = pack->used;

	gpushift_pack_bytes(pack, attr | NLA_F_NESTED, NULL, 0);
	return nest;
}

/**
 * gpushift_pack_nest_end() - end an attribute that holds others
 * @pack: where to
 * @nest: from gpushift_pack_nest()
 */
void gpushift_pack_nest_end(struct gpushift_pack *pack, unsigned int nest)
{
	struct nlattr *nla = (struct nlattr *)(pack->data + nest);

	if (!pack->error)
		nla->nla_len = pack->used - nest;
}
