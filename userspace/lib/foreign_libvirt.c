// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign_libvirt.c - domains in libvirt's XML whose devices libvirt binds and gives back itself. */
#include <expat.h>

#include "foreign.h"
#include "holder_names.h"
#include "libvirt_xml.h"

/* Elements below these are looked at; deeper ones are counted only. */
#define NAME_MAX_LENGTH 256

struct reader {
	struct gs_owners *owners;
	const char *file;
	char name[NAME_MAX_LENGTH];
	bool in_domain; /* directly below <domain> */
	bool in_name;
	bool managed; /* in a <hostdev> that libvirt moves */
	bool in_source;
	int depth;
	int domain_depth;
	int device_depth;
	int r;
};

static int add(struct reader *reader, const struct gs_address *address)
{
	char text[GS_ADDRESS_LEN];

	gs_address_format(address, text);
	return gs_owners_add(
		reader->owners,
		(struct gs_owner){
			.who = "libvirt",
			.address = *address,
			.group = -1,
			.modes = 1U << GS_MODE_PASSTHROUGH | 1U << GS_MODE_VGPU,
			.evidence = gs_asprintf(
				"%s is managed='yes' in domain %s (%s): libvirt moves it when the VM starts and ends",
				text, reader->name, reader->file),
			.fix = gs_holder_edit_command(reader->name),
		});
}

static void take_address(struct reader *reader, const XML_Char **attributes)
{
	struct gs_address address;

	if (gs_libvirt_address(attributes, &address) && reader->r == 0)
		reader->r = add(reader, &address);
}

static bool is_managed(const char *element, const XML_Char **attributes)
{
	if (strcmp(gs_libvirt_attribute(attributes, "managed"), "yes") != 0)
		return false;
	return (strcmp(element, "hostdev") == 0 &&
		strcmp(gs_libvirt_attribute(attributes, "type"), "pci") == 0) ||
	       (strcmp(element, "interface") == 0 &&
		strcmp(gs_libvirt_attribute(attributes, "type"), "hostdev") == 0);
}

static void XMLCALL begin_element(void *data, const XML_Char *element, const XML_Char **attributes)
{
	struct reader *reader = data;

	reader->depth++;
	if (strcmp(element, "domain") == 0 && !reader->domain_depth)
		reader->domain_depth = reader->depth;
	else if (strcmp(element, "name") == 0 && reader->depth == reader->domain_depth + 1)
		reader->in_name = true;
	else if (!reader->managed && reader->domain_depth && is_managed(element, attributes)) {
		reader->managed = true;
		reader->device_depth = reader->depth;
	} else if (reader->managed && strcmp(element, "source") == 0)
		reader->in_source = true;
	else if (reader->in_source && strcmp(element, "address") == 0)
		take_address(reader, attributes);
}

static void XMLCALL end_element(void *data, const XML_Char *element)
{
	struct reader *reader = data;

	reader->in_name = false;
	if (strcmp(element, "source") == 0)
		reader->in_source = false;
	if (reader->managed && reader->depth == reader->device_depth)
		reader->managed = reader->in_source = false;
	reader->depth--;
}

static void XMLCALL take_text(void *data, const XML_Char *text, int length)
{
	struct reader *reader = data;
	size_t used = strlen(reader->name);

	if (reader->in_name)
		snprintf(reader->name + used, sizeof(reader->name) - used, "%.*s", length, text);
}

int gs_owners_libvirt(struct gs_owners *owners, const char *file, const char *text)
{
	struct reader reader = { .owners = owners, .file = file };
	XML_Parser parser = XML_ParserCreate(NULL);

	if (!parser)
		return -ENOMEM;
	XML_SetUserData(parser, &reader);
	XML_SetElementHandler(parser, begin_element, end_element);
	XML_SetCharacterDataHandler(parser, take_text);
	if (XML_Parse(parser, text, (int)strlen(text), 1) == XML_STATUS_ERROR &&
	    XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY)
		reader.r = -ENOMEM;
	XML_ParserFree(parser);
	return reader.r;
}
