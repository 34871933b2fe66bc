/* SPDX-License-Identifier: GPL-2.0 */
void *os_copy(void *to, const void *from, unsigned long size);
