// SPDX-License-Identifier: GPL-2.0-or-later
/* domain_libvirt.c - a domain's XML: its <hostdev>s, and what its metadata asks for. */
#include <ctype.h>
#include <expat.h>

#include "definition.h"
#include "domain.h"
#include "libvirt_xml.h"

/* As deep as libvirt itself reads. */
#define MAX_DEPTH 256

/* Where the reader is; what it does not know is OTHER, and so is all that lies in there. */
enum place { TOP, OTHER, DOMAIN, METADATA, HOOK, VGPU, DEVICES, PCI, MDEV, PCI_SOURCE, MDEV_SOURCE };

struct reader {
	XML_Parser parser;
	struct gs_domain *domain;
	struct gs_domain described; /* vGPUs of the metadata */
	unsigned char places[MAX_DEPTH + 1];
	int depth;
	int r;
	char *error;
};

static void fail(struct reader *reader, int r, char *error)
{
	if (reader->r == 0) {
		reader->r = r == -EINVAL && !error ? -ENOMEM : r;
		reader->error = error;
	} else {
		free(error);
	}
	XML_StopParser(reader->parser, XML_FALSE);
}

static struct gs_domain_device *add(struct reader *reader, struct gs_domain *to)
{
	struct gs_domain_device *device = NULL;
	int r = gs_domain_add(to, &device);

	if (r == -E2BIG)
		fail(reader, -EINVAL, gs_asprintf("more than %d devices", GS_DOMAIN_MAX_DEVICES));
	else if (r < 0)
		fail(reader, r, NULL);
	return r < 0 ? NULL : device;
}

static bool take_uuid(char uuid[37], const char *text)
{
	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i <= 36; i++)
		uuid[i] = (char)tolower((unsigned char)text[i]);
	return gs_is_uuid(uuid);
}

static struct gs_domain_device *find(struct gs_domain *domain, const char *uuid)
{
	for (size_t i = 0; i < domain->count; i++)
		if (gs_streq(domain->devices[i].uuid, uuid))
			return &domain->devices[i];
	return NULL;
}

/* Addresses, parted by blanks. */
static int take_with(struct gs_domain *domain, const char *value)
{
	gs_cleanup_free char *copy = strdup(value);
	char *rest = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
		if (domain->n_with == GS_DOMAIN_MAX_DEVICES)
			return -EINVAL;
		if (gs_grow(&domain->with, domain->n_with, sizeof(*domain->with)) < 0)
			return -ENOMEM;
		if (gs_address_parse(word, &domain->with[domain->n_with]) < 0)
			return -EINVAL;
		domain->n_with++;
	}
	return 0;
}

static void take_hook(struct reader *reader, const char *const *attributes)
{
	reader->domain->asks = true;
	for (; *attributes; attributes += 2) {
		int r = gs_streq(attributes[0], "with") ? take_with(reader->domain, attributes[1]) :
							  -EINVAL;

		if (r == -EINVAL)
			return fail(reader, r,
				    gs_asprintf("<hook> cannot have %s='%s'", attributes[0],
						attributes[1]));
		if (r < 0)
			return fail(reader, r, NULL);
	}
}

static void take_function(struct reader *reader, const char *const *attributes)
{
	struct gs_domain_device *device;
	struct gs_address address;

	if (!gs_libvirt_address(attributes, &address))
		return;
	device = add(reader, reader->domain);
	if (!device)
		return;
	device->at = true;
	device->address = address;
}

static void take_mdev(struct reader *reader, const char *const *attributes)
{
	struct gs_domain_device *device;
	char uuid[37];

	if (!take_uuid(uuid, gs_libvirt_attribute(attributes, "uuid")))
		return;
	device = add(reader, reader->domain);
	if (device)
		memcpy(device->uuid, uuid, sizeof(uuid));
}

/* --- <vgpu uuid= profile= framebuffer= policy= on=> --------------------------------------------- */

static int set_uuid(struct gs_domain_device *vgpu, const char *value)
{
	return take_uuid(vgpu->uuid, value) ? 0 : -EINVAL;
}

static int set_profile(struct gs_domain_device *vgpu, const char *value)
{
	if (!*value)
		return -EINVAL;
	vgpu->type = strdup(value);
	return vgpu->type ? 0 : -ENOMEM;
}

static int set_framebuffer(struct gs_domain_device *vgpu, const char *value)
{
	return gs_claim_size_parse(value, &vgpu->framebuffer);
}

static int set_policy(struct gs_domain_device *vgpu, const char *value)
{
	return gs_claim_policy_parse(value, &vgpu->policy);
}

/* Addresses or aliases, parted by blanks. */
static int set_on(struct gs_domain_device *vgpu, const char *value)
{
	gs_cleanup_free char *copy = strdup(value);
	char *rest = NULL;
	int r = copy ? 0 : -ENOMEM;

	for (char *word = copy ? strtok_r(copy, " \t\n", &rest) : NULL; word && r == 0;
	     word = strtok_r(NULL, " \t\n", &rest))
		r = gs_strv_add(&vgpu->on, word);
	return r == 0 && !vgpu->on ? -EINVAL : r;
}

static const struct {
	const char *name;
	int (*set)(struct gs_domain_device *vgpu, const char *value);
} attributes_of_vgpu[] = {
	{ "uuid", set_uuid },	  { "profile", set_profile }, { "framebuffer", set_framebuffer },
	{ "policy", set_policy }, { "on", set_on },
};

static int set_attribute(struct gs_domain_device *vgpu, const char *name, const char *value)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(attributes_of_vgpu); i++)
		if (gs_streq(attributes_of_vgpu[i].name, name))
			return attributes_of_vgpu[i].set(vgpu, value);
	return -EINVAL;
}

static void take_vgpu(struct reader *reader, const char *const *attributes)
{
	struct gs_domain_device *vgpu = add(reader, &reader->described);

	for (; vgpu && *attributes; attributes += 2) {
		int r = set_attribute(vgpu, attributes[0], attributes[1]);

		if (r == -EINVAL)
			return fail(reader, r,
				    gs_asprintf("<vgpu> cannot have %s='%s'", attributes[0],
						attributes[1]));
		if (r < 0)
			return fail(reader, r, NULL);
	}
	if (vgpu && (!vgpu->uuid[0] || !vgpu->type == !vgpu->framebuffer))
		fail(reader, -EINVAL,
		     strdup("<vgpu> needs uuid, and one of profile and framebuffer"));
}

/* --- elements ---------------------------------------------------------------------------------- */

/* What virsh makes of the metadata that it is given: all in the namespace, or its first element. */
#define OURS GS_DOMAIN_NAMESPACE " "

static const struct {
	unsigned char in;
	unsigned char to;
	const char *name;
	const char *type; /* of a <hostdev> */
	void (*take)(struct reader *reader, const char *const *attributes);
} elements[] = {
	{ TOP, DOMAIN, "domain", NULL, NULL },
	{ DOMAIN, METADATA, "metadata", NULL, NULL },
	{ METADATA, HOOK, OURS "hook", NULL, take_hook },
	{ HOOK, VGPU, OURS "vgpu", NULL, take_vgpu },
	{ HOOK, VGPU, "vgpu", NULL, take_vgpu },
	{ DOMAIN, DEVICES, "devices", NULL, NULL },
	{ DEVICES, PCI, "hostdev", "pci", NULL },
	{ DEVICES, MDEV, "hostdev", "mdev", NULL },
	{ PCI, PCI_SOURCE, "source", NULL, NULL },
	{ MDEV, MDEV_SOURCE, "source", NULL, NULL },
	{ PCI_SOURCE, OTHER, "address", NULL, take_function },
	{ MDEV_SOURCE, OTHER, "address", NULL, take_mdev },
};

static bool is_hostdev(const char *type, const char *const *attributes)
{
	return gs_streq(gs_libvirt_attribute(attributes, "mode"), "subsystem") &&
	       gs_streq(gs_libvirt_attribute(attributes, "type"), type);
}

static void XMLCALL begin_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;
	unsigned char in = reader->places[reader->depth];

	if (reader->r < 0)
		return;
	if (reader->depth == MAX_DEPTH)
		return fail(reader, -EINVAL,
			    gs_asprintf("elements are nested more than %d deep", MAX_DEPTH));
	reader->places[++reader->depth] = OTHER;
	for (size_t i = 0; i < GS_ARRAY_SIZE(elements); i++) {
		if (elements[i].in != in || !gs_streq(elements[i].name, name) ||
		    (elements[i].type && !is_hostdev(elements[i].type, attributes)))
			continue;
		reader->places[reader->depth] = elements[i].to;
		if (elements[i].take)
			elements[i].take(reader, attributes);
		return;
	}
}

static void XMLCALL end_element(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	(void)name;
	reader->depth--;
}

/* libvirt writes none; whatever else does means no good by it. */
static void XMLCALL begin_doctype(void *data, const XML_Char *name, const XML_Char *system,
				  const XML_Char *public, int subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)subset;
	fail(data, -EINVAL, strdup("a document type is declared, which no domain has"));
}

/* Of each vGPU that is described there must be a device, or the description is mistaken. */
static void join(struct reader *reader)
{
	for (size_t i = 0; i < reader->described.count; i++) {
		struct gs_domain_device *from = &reader->described.devices[i];
		struct gs_domain_device *to = find(reader->domain, from->uuid);

		if (!to || to->type || to->framebuffer)
			return fail(reader, -EINVAL,
				    gs_asprintf(to ? "the vGPU %s is described twice" :
						     "the vGPU %s is described, but no device of "
						     "the domain",
						from->uuid));
		to->type = gs_steal(from->type);
		to->framebuffer = from->framebuffer;
		to->policy = from->policy;
		to->on = gs_steal(from->on);
	}
}

static void parse(struct reader *reader, const char *text, size_t length)
{
	enum XML_Error error;

	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, begin_element, end_element);
	XML_SetStartDoctypeDeclHandler(reader->parser, begin_doctype);
	if (XML_Parse(reader->parser, text, (int)length, 1) == XML_STATUS_OK) {
		join(reader);
		return;
	}
	error = XML_GetErrorCode(reader->parser);
	if (reader->r == 0)
		fail(reader, error == XML_ERROR_NO_MEMORY ? -ENOMEM : -EINVAL,
		     error == XML_ERROR_NO_MEMORY ?
			     NULL :
			     gs_asprintf("line %lu: %s",
					 (unsigned long)XML_GetCurrentLineNumber(reader->parser),
					 XML_ErrorString(error)));
}

int gs_domain_libvirt(const char *text, size_t length, struct gs_domain *ret, char **error)
{
	struct reader reader = { .domain = ret };

	*ret = (struct gs_domain){ 0 };
	if (length > GS_DOMAIN_MAX_BYTES) {
		*error = gs_asprintf("it has more than %d bytes", GS_DOMAIN_MAX_BYTES);
		return *error ? -EINVAL : -ENOMEM;
	}
	reader.parser = XML_ParserCreateNS(NULL, ' ');
	if (!reader.parser)
		return -ENOMEM;
	parse(&reader, text, length);
	XML_ParserFree(reader.parser);
	gs_domain_clear(&reader.described);
	if (reader.r == -EINVAL)
		*error = reader.error;
	return reader.r;
}
