// SPDX-License-Identifier: GPL-2.0-or-later
/* export.c - what libvirt, QEMU and Proxmox VE call a card or a vGPU. */
#include "export.h"

#include <ctype.h>

static const char *const format_names[GS_EXPORT_FORMATS] = {
	[GS_EXPORT_LIBVIRT] = "libvirt", [GS_EXPORT_QEMU] = "qemu",
	[GS_EXPORT_PVE] = "pve",	 [GS_EXPORT_PVE_MAPPING] = "pve-mapping",
	[GS_EXPORT_KUBEVIRT] = "kubevirt",
};

const char *gs_export_format_name(enum gs_export_format format)
{
	return format_names[format];
}

int gs_export_format_parse(const char *text, enum gs_export_format *ret)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(format_names); i++) {
		if (gs_streq(format_names[i], text)) {
			*ret = (enum gs_export_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

const struct gs_function *gs_export_vf(const struct gs_export *export)
{
	struct gs_address address;

	if (!export->vgpu || !export->vgpu->address ||
	    gs_address_parse(export->vgpu->address, &address) < 0)
		return NULL;
	return gs_host_function(export->host, &address);
}

/* --- the PCI functions that a guest gets, one after the other ---------------------------------- */

typedef void (*put_function)(FILE *out, const struct gs_function *function);

static int each_function(const struct gs_export *export, FILE *out, put_function put)
{
	const struct gs_function *vf;

	if (export->card) {
		for (size_t i = 0; i < export->card->n_functions; i++)
			put(out, export->card->functions[i]);
		return 0;
	}
	vf = gs_export_vf(export);
	if (!vf)
		return -EOPNOTSUPP;
	put(out, vf);
	return 0;
}

/* --- libvirt ----------------------------------------------------------------------------------- */

/* Not managed: the card is bound by gpushift, and libvirt leaves it as it is. */
static void put_libvirt(FILE *out, const struct gs_function *function)
{
	const struct gs_address *address = &function->address;

	fprintf(out,
		"<hostdev mode='subsystem' type='pci' managed='no'>\n"
		"  <source>\n"
		"    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n"
		"  </source>\n"
		"</hostdev>\n",
		address->domain, address->bus, address->slot, address->function);
}

static void put_xml(FILE *out, const char *text)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '\'', "&apos;" }, { '"', "&quot;" },
	};

	for (; *text; text++) {
		const char *entity = NULL;

		for (size_t i = 0; i < GS_ARRAY_SIZE(entities); i++)
			if (entities[i].character == *text)
				entity = entities[i].entity;
		if (entity)
			fputs(entity, out);
		else
			fputc(*text, out);
	}
}

static int export_libvirt(const struct gs_export *export, FILE *out)
{
	if (export->card || !export->vgpu->uuid)
		return each_function(export, out, put_libvirt);
	fputs("<hostdev mode='subsystem' type='mdev' model='vfio-pci'>\n"
	      "  <source>\n"
	      "    <address uuid='",
	      out);
	put_xml(out, export->vgpu->uuid);
	fputs("'/>\n"
	      "  </source>\n"
	      "</hostdev>\n",
	      out);
	return 0;
}

/* --- QEMU -------------------------------------------------------------------------------------- */

static void put_qemu(FILE *out, const struct gs_function *function)
{
	fprintf(out, "-device vfio-pci,host=%s\n", function->text);
}

static int export_qemu(const struct gs_export *export, FILE *out)
{
	if (export->card || !export->vgpu->uuid)
		return each_function(export, out, put_qemu);
	fprintf(out, "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/%s\n", export->vgpu->uuid);
	return 0;
}

/* --- Proxmox VE -------------------------------------------------------------------------------- */

/*
 * Its UUIDs hold the number of the hostpci line, and of the VM:
 * 00000001-0000-0000-0000-000000000100 is hostpci1 of VM 100.
 */
static unsigned int pve_index(const char *uuid)
{
	unsigned int index, vm;
	char end;

	if (uuid && sscanf(uuid, "%8u-0000-0000-0000-%12u%c", &index, &vm, &end) == 2 && index < 16)
		return index;
	return 0;
}

/* Types go unquoted into lists with commas. */
static bool is_pve_word(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *text;
}

/* The parent of a vGPU that Proxmox makes itself: it knows PCI functions only. */
static const struct gs_function *pve_parent(const struct gs_export *export)
{
	struct gs_address address;

	if (gs_address_parse(export->vgpu->parent, &address) < 0)
		return NULL;
	return gs_host_function(export->host, &address);
}

static void put_addresses(const struct gs_card *card, FILE *out)
{
	for (size_t i = 0; i < card->n_functions; i++)
		fprintf(out, "%s%s", i ? ";" : "", card->functions[i]->text);
}

/* keep: it neither binds nor resets what gpushift has bound. */
static int export_pve(const struct gs_export *export, FILE *out)
{
	const struct gs_vgpu *vgpu = export->vgpu;

	if (export->card) {
		fputs("hostpci0: ", out);
		put_addresses(export->card, out);
		fputs(",driver=keep\n", out);
		return 0;
	}
	if (!vgpu->uuid) {
		const struct gs_function *vf = gs_export_vf(export);

		if (vf)
			fprintf(out, "hostpci0: %s,driver=keep\n", vf->text);
		return vf ? 0 : -EOPNOTSUPP;
	}
	if (!pve_parent(export) || !vgpu->type || !is_pve_word(vgpu->type))
		return -EOPNOTSUPP;
	fprintf(out, "hostpci%u: %s,mdev=%s\n", pve_index(vgpu->uuid), vgpu->parent, vgpu->type);
	return 0;
}

static const struct gs_function *mapped_function(const struct gs_export *export)
{
	if (export->card)
		return gs_card_display(export->card);
	return export->vgpu->uuid ? pve_parent(export) : gs_export_vf(export);
}

static bool is_mdev(const struct gs_export *export)
{
	return !export->card && export->vgpu->uuid;
}

/* Of what a mapping has one VM is given one. */
static int put_map(const struct gs_export *export, FILE *out)
{
	const struct gs_function *function = mapped_function(export);

	if (!function || !is_pve_word(export->node))
		return -EOPNOTSUPP;
	fprintf(out, "\tmap id=%04x:%04x", function->vendor_id, function->device_id);
	if (function->iommu_group >= 0)
		fprintf(out, ",iommugroup=%d", function->iommu_group);
	fprintf(out, ",node=%s,path=", export->node);
	if (export->card)
		put_addresses(export->card, out);
	else
		fputs(function->text, out);
	if (function->subsystem_vendor_id)
		fprintf(out, ",subsystem-id=%04x:%04x", function->subsystem_vendor_id,
			function->subsystem_device_id);
	fputc('\n', out);
	return 0;
}

static int export_mapping(const struct gs_export *export, FILE *out)
{
	const struct gs_function *function = mapped_function(export);
	char id[GS_ADDRESS_LEN];
	int r = 0;

	if (!function)
		return -EOPNOTSUPP;
	snprintf(id, sizeof(id), "%s", function->text);
	for (char *p = id; *p; p++)
		if (*p == ':' || *p == '.')
			*p = '-';
	fprintf(out, "gpu-%s\n", id);
	if (is_mdev(export))
		fputs("\tmdev 1\n", out);
	for (; r == 0 && export; export = export->next)
		r = put_map(export, out);
	return r;
}

/* --- all of them ------------------------------------------------------------------------------- */

static const struct {
	int (*write)(const struct gs_export *export, FILE *out);
	const char *why_not;
} formats[GS_EXPORT_FORMATS] = {
	[GS_EXPORT_LIBVIRT] = { export_libvirt, "its virtual function was not found" },
	[GS_EXPORT_QEMU] = { export_qemu, "its virtual function was not found" },
	[GS_EXPORT_PVE] = { export_pve, "Proxmox VE makes vGPUs of PCI functions by their type only" },
	[GS_EXPORT_PVE_MAPPING] = { export_mapping, "Proxmox VE maps PCI functions only" },
	[GS_EXPORT_KUBEVIRT] = { gs_export_kubevirt, "KubeVirt knows it neither by ids nor by a type" },
};

int gs_export(const struct gs_export *export, enum gs_export_format format, char **ret,
	      const char **ret_why)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool failed;
	int r;

	if (!out)
		return -ENOMEM;
	r = formats[format].write(export, out);
	failed = ferror(out);
	if (fclose(out) == EOF || failed)
		r = -ENOMEM;
	if (r == -EOPNOTSUPP)
		*ret_why = formats[format].why_not;
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

bool gs_export_goes_with(const struct gs_export *export, const struct gs_export *other)
{
	return is_mdev(export) == is_mdev(other);
}

static bool is_nvidia_mdev(const struct gs_vgpu *vgpu)
{
	return vgpu && vgpu->uuid && vgpu->type && strncmp(vgpu->type, "nvidia-", 7) == 0;
}

char *gs_export_note(const struct gs_export *export, enum gs_export_format format)
{
	const struct gs_card *card = export->card;
	const char *address = card ? gs_card_display(card)->text : NULL;

	if (format == GS_EXPORT_KUBEVIRT)
		return strdup(card ? "KubeVirt offers every device with these ids, and only while it is on vfio-pci" :
				     "KubeVirt offers every vGPU of this type");
	if (card && card->mode != GS_MODE_PASSTHROUGH)
		return gs_asprintf("%s is in mode %s; before a guest can have it: gpushift set %s passthrough",
				   address, gs_mode_name(card->mode), address);
	if (format == GS_EXPORT_PVE && !card && export->vgpu->uuid)
		return gs_asprintf("Proxmox VE makes a vGPU of this type itself when the VM starts; it takes %s "
				   "only if that is the UUID it would give it",
				   export->vgpu->uuid);
	if (format == GS_EXPORT_QEMU && is_nvidia_mdev(export->vgpu))
		return strdup("NVIDIA's driver wants the guest's own UUID, too: -uuid UUID");
	return NULL;
}
