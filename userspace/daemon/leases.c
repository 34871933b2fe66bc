// SPDX-License-Identifier: GPL-2.0-or-later
#include "leases.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "claim.h"
#include "job.h"
#include "log.h"
#include "notify.h"
#include "state_file.h"
#include "tree.h"
#include "vfio_cdev.h"

/* Something that may end a lease: a process, or a name in a folder. */
struct watched {
	struct leases *leases;
	struct watched *next;
	char *key;  /* NULL: what was listened to is gone */
	char *name; /* in the folder; NULL: whatever happens to it */
	sd_event_source *process;
	struct notify_watch *path;
	bool wanted;
};

struct leases {
	struct daemon *daemon;
	struct watched *watched;
	struct gs_claims claims;     /* as they were read last */
	struct notify *notify;
	struct notify_watch *folder; /* of the claims */
	sd_event_source *read;	     /* once all that has come is heard */
	char *job;		     /* that looks; NULL: none does */
	bool again;		     /* something has happened since it began */
	bool began;		     /* to listen to something: what was before that nobody has heard */
};

/* --- looking ------------------------------------------------------------------------------------ */

static void look(struct leases *leases)
{
	static char *argv[] = { "gpushift", "--direct", "--json", "release", "--ended", NULL };
	static const struct job_order order = { .card = "", .argv = argv, .input = -1 };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const struct job *job;
	int r;

	if (leases->job) {
		leases->again = true;
		return;
	}
	r = job_start(leases->daemon, NULL, &order, &job, &error);
	if (r >= 0) {
		leases->job = strdup(job_path(job));
		leases->again = false;
	} else if (!leases->daemon->stopping) {
		log_error(r, "cannot look whether claims are over");
	}
	sd_bus_error_free(&error);
}

/* --- what is listened to ------------------------------------------------------------------------ */

static void free_watched(struct watched *watched)
{
	sd_event_source_unref(watched->process);
	notify_remove(watched->path);
	free(watched->key);
	free(watched->name);
	free(watched);
}

static struct watched *find(struct leases *leases, const char *key)
{
	for (struct watched *watched = leases->watched; watched; watched = watched->next)
		if (gs_streq(watched->key, key))
			return watched;
	return NULL;
}

/* What is listened to already stays so; NULL: it is, or there is no memory. */
static struct watched *want(struct leases *leases, const char *key, const char *name)
{
	struct watched *watched = key ? find(leases, key) : NULL;

	if (watched || !key) {
		if (watched)
			watched->wanted = true;
		return NULL;
	}
	watched = calloc(1, sizeof(*watched));
	if (!watched)
		return NULL;
	*watched = (struct watched){ .leases = leases, .wanted = true, .key = strdup(key),
				     .name = name ? strdup(name) : NULL };
	if (!watched->key || (name && !watched->name)) {
		free_watched(watched);
		return NULL;
	}
	return watched;
}

static void keep(struct watched *watched, int r)
{
	if (r < 0) {
		free_watched(watched);
		return;
	}
	watched->next = watched->leases->watched;
	watched->leases->watched = watched;
	watched->leases->began = true;
}

static int on_process(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct watched *watched = data;

	(void)fd;
	(void)events;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	look(watched->leases);
	return 0;
}

/* The end of a process that is no child of ours. */
static void want_process(struct leases *leases, const struct gs_process *user)
{
	gs_cleanup_free char *key =
		gs_asprintf("process %d %llu", user->pid, (unsigned long long)user->start);
	struct watched *watched = want(leases, key, NULL);
	int fd, r;

	if (!watched)
		return;
	fd = (int)syscall(SYS_pidfd_open, user->pid, 0);
	/* Its number may be somebody else's: only of one that lives is the end still to come. */
	if (fd < 0 || !gs_process_alive(leases->daemon->engine, user)) {
		if (fd >= 0)
			close(fd);
		keep(watched, 0);
		return;
	}
	r = sd_event_add_io(leases->daemon->event, &watched->process, fd, EPOLLIN, on_process,
			    watched);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(watched->process, true);
	else
		close(fd);
	keep(watched, r);
}

static int read_soon(struct leases *leases)
{
	return sd_event_source_set_enabled(leases->read, SD_EVENT_ONESHOT);
}

static void on_name(void *data, const struct inotify_event *event)
{
	struct watched *watched = data;

	if (watched->name && event->len && !gs_streq(event->name, watched->name))
		return;
	/* What comes in its place is listened to anew. */
	if (event->mask & IN_IGNORED)
		free(gs_steal(watched->key));
	/* What there is to listen to may be another now. */
	(void)read_soon(watched->leases);
	look(watched->leases);
}

static void want_path(struct leases *leases, const char *path, const char *name, uint32_t mask)
{
	gs_cleanup_free char *key = gs_asprintf("%x %s %s", mask, path, name ? name : "");
	struct watched *watched = want(leases, key, name);

	if (watched)
		keep(watched, notify_add(leases->notify, path, mask, on_name, watched, &watched->path));
}

/* A file that comes or goes; where its folder is still missing, that comes first. */
static void want_file(struct leases *leases, const char *file, uint32_t mask)
{
	char path[GS_PATH_MAX], *name;

	if (gs_path(path, "/%s", file) < 0)
		return;
	while ((name = strrchr(path, '/')) && name != path) {
		*name++ = '\0';
		if (access(path, F_OK) == 0) {
			want_path(leases, path, name, mask | IN_ONLYDIR);
			return;
		}
		mask = IN_CREATE | IN_MOVED_TO;
	}
}

/* Whoever opens it is who has the device from then on; that he is gone is seen at him. */
static void want_nodes(struct leases *leases, const struct gs_claim *claim)
{
	struct gs_engine *engine = leases->daemon->engine;
	gs_cleanup_free char *group = NULL, *cdev = NULL;
	char path[GS_PATH_MAX], link[GS_PATH_MAX];
	bool mdev = claim->uuid && !claim->address;
	const char *name = mdev ? claim->uuid : claim->address ? claim->address : claim->card;

	if (gs_path(path, "sys/bus/%s/devices/%s", mdev ? "mdev" : "pci", name) < 0)
		return;
	cdev = gs_vfio_cdev(engine, path);
	if (cdev)
		want_path(leases, cdev, NULL, IN_OPEN);
	if (gs_path(link, "%s/iommu_group", path) < 0 || gs_tree_link_name(engine, link, &group) < 0)
		return;
	if (gs_path(path, "/dev/vfio/%s", group) == 0)
		want_path(leases, path, NULL, IN_OPEN);
	if (gs_path(path, "/dev/vfio/noiommu-%s", group) == 0)
		want_path(leases, path, NULL, IN_OPEN);
}

static void want_claim(struct leases *leases, const struct gs_claim *claim)
{
	char defined[GS_PATH_MAX], running[GS_PATH_MAX];

	if (!claim->same_boot || claim->pending)
		return;
	if (claim->user.pid)
		want_process(leases, &claim->user);
	else
		want_nodes(leases, claim);
	if (gs_lease_files(claim, defined, running) < 0)
		return;
	/* Rewritten again and again while the VM runs: that it came is of interest once. */
	want_file(leases, running,
		  IN_DELETE | IN_MOVED_FROM | (claim->vm_seen ? 0 : IN_CREATE | IN_MOVED_TO));
	if (!claim->vm_seen)
		want_file(leases, defined, IN_DELETE | IN_MOVED_FROM);
}

static void drop_unwanted(struct leases *leases)
{
	struct watched **at = &leases->watched;

	while (*at) {
		struct watched *watched = *at;

		if (watched->wanted) {
			at = &watched->next;
			continue;
		}
		*at = watched->next;
		free_watched(watched);
	}
}

/* --- claims -------------------------------------------------------------------------------------- */

static bool has_claim(const struct gs_claims *claims, const char *id)
{
	for (size_t i = 0; i < claims->count; i++)
		if (gs_streq(claims->list[i].id, id))
			return true;
	return false;
}

/* Only of those that nobody released: the daemon was looking. */
static void tell_ended(const struct gs_claims *before, const struct gs_claims *now)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct gs_claim *claim = &before->list[i];
		const char *name = claim->address ? claim->address :
				   claim->uuid	  ? claim->uuid :
						    claim->card;
		const char *const fields[] = { "GPUSHIFT_DEVICE", claim->card, "GPUSHIFT_CLAIM",
					       claim->id, "GPUSHIFT_VM", claim->vm ? claim->vm : "",
					       NULL };

		if (!has_claim(now, claim->id))
			log_tell(LOG_LEASE_ENDED, fields, "%s: the claim of %s%s%s is over", claim->card,
				 name, claim->vm ? " for the VM " : "", claim->vm ? claim->vm : "");
	}
}

static void read_claims(struct leases *leases, bool looked)
{
	struct gs_claims claims = { 0 };
	int r = gs_claims_read(leases->daemon->engine, &claims);

	if (r < 0) {
		log_error(r, "cannot read what is claimed");
		return;
	}
	if (looked)
		tell_ended(&leases->claims, &claims);
	gs_claims_clear(&leases->claims);
	leases->claims = claims;
	for (struct watched *watched = leases->watched; watched; watched = watched->next)
		watched->wanted = false;
	for (size_t i = 0; i < claims.count; i++)
		want_claim(leases, &leases->claims.list[i]);
	drop_unwanted(leases);
	if (leases->began)
		look(leases);
	leases->began = false;
}

static int on_read(sd_event_source *source, void *data)
{
	(void)source;
	read_claims(data, false);
	return 0;
}

/* While the daemon looks, what goes is told at the end of it. */
static void on_claims(void *data, const struct inotify_event *event)
{
	struct leases *leases = data;

	(void)event;
	if (!leases->job)
		(void)read_soon(leases);
}

void leases_job_ended(struct daemon *daemon)
{
	struct leases *leases = daemon->leases;

	if (!leases || !leases->job || job_runs(daemon, leases->job))
		return;
	free(gs_steal(leases->job));
	leases->began |= leases->again;
	read_claims(leases, true);
}

static int open_all(struct leases *leases)
{
	struct daemon *daemon = leases->daemon;
	int r = gs_state_mkdir(daemon->engine, GS_CLAIMS, 0755);

	if (r == 0)
		r = sd_event_add_defer(daemon->event, &leases->read, on_read, leases);
	if (r >= 0)
		r = sd_event_source_set_enabled(leases->read, SD_EVENT_OFF);
	/* After all that has come. */
	if (r >= 0)
		r = sd_event_source_set_priority(leases->read, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = notify_open(daemon->event, &leases->notify);
	if (r >= 0)
		r = notify_add(leases->notify, "/" GS_CLAIMS,
			       IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR, on_claims, leases,
			       &leases->folder);
	return r;
}

int leases_open(struct daemon *daemon)
{
	int r;

	if (daemon->engine->foreign_root)
		return 0;
	daemon->leases = calloc(1, sizeof(*daemon->leases));
	if (!daemon->leases)
		return -ENOMEM;
	daemon->leases->daemon = daemon;
	r = open_all(daemon->leases);
	/* Claims and all else are made without it; they only do not end by themselves. */
	if (r < 0) {
		log_error(r, "cannot listen to what is claimed");
		leases_close(daemon);
		return 0;
	}
	read_claims(daemon->leases, false);
	return 0;
}

void leases_close(struct daemon *daemon)
{
	struct leases *leases = gs_steal(daemon->leases);

	if (!leases)
		return;
	for (struct watched *watched = leases->watched; watched; watched = watched->next)
		watched->wanted = false;
	drop_unwanted(leases);
	notify_remove(leases->folder);
	notify_close(leases->notify);
	sd_event_source_unref(leases->read);
	gs_claims_clear(&leases->claims);
	free(leases->job);
	free(leases);
}
