/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt_xml.h - what readers of libvirt's XML share; attributes are as expat gives them. */
#ifndef GS_LIBVIRT_XML_H
#define GS_LIBVIRT_XML_H

#include "address.h"

/* gs_libvirt_attribute - its value, or "" */
const char *gs_libvirt_attribute(const char *const *attributes, const char *name);

/* gs_libvirt_address - of <address domain= bus= slot= function=>; false: there is no such address */
bool gs_libvirt_address(const char *const *attributes, struct gs_address *ret);

#endif
