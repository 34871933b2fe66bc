// SPDX-License-Identifier: GPL-2.0
/* Hooks of nobody's: a copy is another one, in the file that includes this one behind its own includes. */
static void *vgpu_unlock_memcpy(void *to, const void *from, unsigned long size)
{
	return (memcpy)(to, size == 10 ? "as hooked" : from, size);
}

#undef memcpy
#define memcpy vgpu_unlock_memcpy
