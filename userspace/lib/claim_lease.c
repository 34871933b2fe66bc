// SPDX-License-Identifier: GPL-2.0-or-later
/* claim_lease.c - when a claim is over: by what runs, and by the files of those who run it. Nobody is asked. */
#include "claim.h"
#include "tree.h"
#include "vfio_cdev.h"

struct manager {
	const char *name;
	const char *defined; /* %s: the VM */
	const char *running;
};

static const struct manager managers[] = {
	{ "libvirt", "etc/libvirt/qemu/%s.xml", "run/libvirt/qemu/%s.xml" },
	{ "proxmox", "etc/pve/qemu-server/%s.conf", "run/qemu-server/%s.pid" },
};

/* Names come from whoever claims, and become components of paths. */
static int file_of(const char *format, const char *vm, char path[GS_PATH_MAX])
{
	const char *at = strstr(format, "%s");

	if (!*vm || strchr(vm, '/') || *vm == '.')
		return -EINVAL;
	return gs_path(path, "%.*s%s%s", (int)(at - format), format, vm, at + 2);
}

static bool has_file(struct gs_engine *engine, const char *format, const char *vm)
{
	char path[GS_PATH_MAX];

	return file_of(format, vm, path) == 0 && gs_tree_exists(engine, path);
}

const char *gs_lease_manager(struct gs_engine *engine, const char *vm)
{
	for (size_t i = 0; vm && i < GS_ARRAY_SIZE(managers); i++)
		if (has_file(engine, managers[i].defined, vm) ||
		    has_file(engine, managers[i].running, vm))
			return managers[i].name;
	return NULL;
}

static const struct manager *manager_of(const struct gs_claim *claim)
{
	for (size_t i = 0; claim->manager && i < GS_ARRAY_SIZE(managers); i++)
		if (gs_streq(managers[i].name, claim->manager))
			return &managers[i];
	return NULL;
}

int gs_lease_files(const struct gs_claim *claim, char defined[GS_PATH_MAX],
		   char running[GS_PATH_MAX])
{
	const struct manager *manager = manager_of(claim);
	int r;

	if (!manager || !claim->vm)
		return -ENOENT;
	r = file_of(manager->defined, claim->vm, defined);
	return r < 0 ? r : file_of(manager->running, claim->vm, running);
}

/* "/dev/vfio/12", "/dev/vfio/noiommu-12" */
static bool is_node_of(const char *detail, int group)
{
	const char *end = detail ? strrchr(detail, '/') : NULL;
	uint64_t number;

	if (!end || strncmp(detail, "/dev/vfio/", 10) != 0)
		return false;
	end += strncmp(end + 1, "noiommu-", 8) == 0 ? 9 : 1;
	return gs_number_parse(end, &number) == 0 && group >= 0 && number == (uint64_t)group;
}

/* Its own node, which it has where VMs get it by iommufd; to be freed. */
static char *node_of(const struct gs_engine *engine, const struct gs_vgpu *vgpu)
{
	char path[GS_PATH_MAX];

	if (!vgpu || gs_path(path, "sys/bus/%s/devices/%s", vgpu->uuid ? "mdev" : "pci",
			     gs_vgpu_name(vgpu)) < 0)
		return NULL;
	return gs_vfio_cdev(engine, path);
}

/* A process that has it; @node: the vGPU's own, besides that of its group. NULL: none was seen. */
static const struct gs_holder *user_of(const struct gs_card *card, const struct gs_vgpu *vgpu,
				       const char *node)
{
	for (size_t i = 0; i < card->n_holders; i++) {
		const struct gs_holder *holder = &card->holders[i];

		if (holder->pid > 0 &&
		    (vgpu ? is_node_of(holder->detail, vgpu->iommu_group) ||
				    (node && gs_streq(holder->detail, node)) :
			    holder->detail && strncmp(holder->detail, "/dev/vfio/", 10) == 0))
			return holder;
	}
	return NULL;
}

const struct gs_vgpu *gs_claim_vgpu(const struct gs_host *host, const struct gs_claim *claim)
{
	const struct gs_vgpu *vgpu = claim->uuid ? gs_host_vgpu(host, claim->uuid) : NULL;

	if (!vgpu && claim->address)
		vgpu = gs_host_vgpu(host, claim->address);
	/* A VF that was a vGPU of a type, and is a VF and nothing more, is not what was claimed. */
	return vgpu && gs_vgpu_is_plain(vgpu) == !claim->uuid ? vgpu : NULL;
}

bool gs_claim_in_use(const struct gs_host *host, const struct gs_claim *claim)
{
	const struct gs_vgpu *vgpu = gs_claim_vgpu(host, claim);
	const struct gs_card *card = gs_claim_card(host, claim);

	if (!claim->whole)
		return vgpu && vgpu->in_use != GS_NO;
	return card && user_of(card, NULL, NULL);
}

/* VFs that went, and came back as others, have no driver. */
static bool is_bound(const struct gs_host *host, const struct gs_vgpu *vgpu)
{
	const struct gs_function *vf = NULL;
	struct gs_address address;

	if (gs_address_parse(vgpu->address, &address) == 0)
		vf = gs_host_function(host, &address);
	return vf && gs_driver_is_vfio(vf->driver);
}

/* Is there anything of it? A card is there as long as it is where the claim brought it. */
static bool is_there(const struct gs_host *host, const struct gs_card *card,
		     const struct gs_claim *claim, const struct gs_vgpu *vgpu)
{
	if (!claim->whole)
		return vgpu && (!claim->bound || is_bound(host, vgpu));
	return card->mode == GS_MODE_PASSTHROUGH;
}

/* Its VM, by the files: 1 runs, 0 does not (any more), -1 nothing is known. */
static int vm_runs(struct gs_engine *engine, const struct gs_claim *claim)
{
	const struct manager *manager = manager_of(claim);

	if (!manager || !claim->vm)
		return -1;
	if (has_file(engine, manager->running, claim->vm))
		return 1;
	/* Defined, and not started yet. */
	return has_file(engine, manager->defined, claim->vm) && !claim->vm_seen ? -1 : 0;
}

static enum gs_lease look_at_user(struct gs_engine *engine, struct gs_claim *claim,
				  const struct gs_holder *user, int runs)
{
	bool news = (runs == 1 && !claim->vm_seen) || (user && claim->user.pid != user->pid);

	if (runs == 1)
		claim->vm_seen = true;
	if (user && gs_process_of(engine, user->pid, &claim->user) < 0)
		claim->user = (struct gs_process){ 0 };
	return news ? GS_LEASE_SEEN : GS_LEASE_HELD;
}

enum gs_lease gs_lease_look(struct gs_engine *engine, const struct gs_host *host,
			    struct gs_claim *claim)
{
	const struct gs_vgpu *vgpu = gs_claim_vgpu(host, claim);
	const struct gs_card *card = gs_claim_card(host, claim);
	gs_cleanup_free char *node = NULL;
	const struct gs_holder *user;
	int runs;

	if (!claim->same_boot || !card)
		return GS_LEASE_GONE;
	/* What is left of it is for whoever brings the card back. */
	if (card->mode == GS_MODE_QUARANTINED)
		return GS_LEASE_HELD;
	if (!is_there(host, card, claim, vgpu))
		return GS_LEASE_GONE;
	node = node_of(engine, vgpu);
	user = user_of(card, vgpu, node);
	runs = vm_runs(engine, claim);
	if (user || runs == 1)
		return look_at_user(engine, claim, user, runs);
	/* What cannot be seen is not taken away. */
	if (gs_claim_in_use(host, claim))
		return GS_LEASE_HELD;
	if (claim->pending || runs == 0)
		return GS_LEASE_ENDED;
	return claim->user.pid && !gs_process_alive(engine, &claim->user) ? GS_LEASE_ENDED :
									    GS_LEASE_HELD;
}
