// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_signing.c - Secure Boot, lockdown, and what they ask for before gpushift's module can be loaded. */
#include <fcntl.h>

#include "doctor.h"
#include "tree.h"

#define EFIVARS "sys/firmware/efi/efivars"
#define MOK_VARIABLES "sys/firmware/efi/mok-variables"
#define EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"

#define BYTES_MAX (256 * 1024)

struct bytes {
	unsigned char *data;
	size_t length;
};

/* All of a file that is not too long; nothing when it cannot be read. */
static struct bytes read_bytes(struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY);
	struct bytes bytes = { .data = fd < 0 ? NULL : malloc(BYTES_MAX) };
	ssize_t n = 1;

	while (bytes.data && n > 0 && bytes.length < BYTES_MAX) {
		n = read(fd, bytes.data + bytes.length, BYTES_MAX - bytes.length);
		bytes.length += n > 0 ? (size_t)n : 0;
	}
	return bytes;
}

/* The first four bytes of a variable are its attributes. */
static enum gs_known secure_boot(struct gs_engine *engine)
{
	struct bytes bytes;
	enum gs_known on;

	if (!gs_tree_exists(engine, "sys/firmware/efi"))
		return GS_NO;
	bytes = read_bytes(engine, EFIVARS "/SecureBoot-" EFI_GLOBAL);
	on = bytes.length < 5 ? GS_UNKNOWN : bytes.data[4] == 1;
	/* Without the variable the firmware does not know Secure Boot. */
	if (on == GS_UNKNOWN && gs_tree_exists(engine, EFIVARS) &&
	    !gs_tree_exists(engine, EFIVARS "/SecureBoot-" EFI_GLOBAL))
		on = GS_NO;
	free(bytes.data);
	return on;
}

/* The word in brackets of "none [integrity] confidentiality"; NULL: the kernel does not tell. */
static char *lockdown(struct gs_engine *engine)
{
	gs_cleanup_free char *text = NULL;
	const char *begin, *end;

	if (gs_tree_read(engine, "sys/kernel/security/lockdown", &text) < 0)
		return NULL;
	begin = strchr(text, '[');
	end = begin ? strchr(begin, ']') : NULL;
	return end ? strndup(begin + 1, (size_t)(end - begin - 1)) : NULL;
}

/* The kernel's own word goes first: a shim told not to validate leaves Secure Boot on, and the kernel open. */
static bool only_signed(struct gs_engine *engine)
{
	gs_cleanup_free char *enforced = NULL;
	gs_cleanup_free char *locked = lockdown(engine);

	if (gs_tree_read(engine, "sys/module/module/parameters/sig_enforce", &enforced) == 0 &&
	    strcmp(enforced, "Y") == 0)
		return true;
	if (locked)
		return strcmp(locked, "none") != 0;
	return secure_boot(engine) == GS_YES;
}

/* "mok_certificate=/path" of DKMS's configuration, the last one; @ret stays when it is not there. */
static void read_named(struct gs_engine *engine, const char *path, char **ret)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;

	if (gs_tree_read(engine, path, &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *value = line + strspn(line, " \t");

		if (strncmp(value, "mok_certificate=", 16) != 0)
			continue;
		value += 16 + strspn(value + 16, "\"'");
		value[strcspn(value, "\"'")] = '\0';
		free(*ret);
		*ret = strdup(value);
	}
}

static char *named_certificate(struct gs_engine *engine)
{
	char path[GS_PATH_MAX], **names = NULL, *named = NULL;

	read_named(engine, "etc/dkms/framework.conf", &named);
	if (gs_tree_list(engine, "etc/dkms/framework.conf.d", &names) < 0)
		names = NULL;
	for (char **name = names; name && *name; name++) {
		size_t length = strlen(*name);

		if (length > 5 && strcmp(*name + length - 5, ".conf") == 0 &&
		    gs_path(path, "etc/dkms/framework.conf.d/%s", *name) == 0)
			read_named(engine, path, &named);
	}
	gs_strv_free(names);
	return named;
}

/* Where DKMS keeps the certificate that it signs with; Ubuntu's DKMS has a place of its own. NULL: none */
static char *certificate(struct gs_engine *engine)
{
	gs_cleanup_free char *named = named_certificate(engine);
	const char *const places[] = { named, "/var/lib/dkms/mok.pub",
				       "/var/lib/shim-signed/mok/MOK.der" };

	for (size_t i = 0; i < GS_ARRAY_SIZE(places); i++) {
		struct bytes bytes;

		if (!places[i] || places[i][0] != '/')
			continue;
		bytes = read_bytes(engine, places[i] + 1);
		free(bytes.data);
		if (bytes.length)
			return strdup(places[i]);
	}
	return NULL;
}

/* Certificates stand in these variables byte by byte. */
static bool found_in(struct gs_engine *engine, const char *folder, const char *variable,
		     const char *ending, const struct bytes *wanted)
{
	char path[GS_PATH_MAX], **names = NULL;
	bool found = false;

	if (gs_tree_list(engine, folder, &names) < 0)
		return false;
	for (char **name = names; !found && name && *name; name++) {
		size_t length = strlen(*name), end = strlen(ending);
		struct bytes bytes;

		if (strncmp(*name, variable, strlen(variable)) != 0 || length < end ||
		    strcmp(*name + length - end, ending) != 0 ||
		    gs_path(path, "%s/%s", folder, *name) < 0)
			continue;
		bytes = read_bytes(engine, path);
		found = bytes.length && memmem(bytes.data, bytes.length, wanted->data, wanted->length);
		free(bytes.data);
	}
	gs_strv_free(names);
	return found;
}

/* The kernel has copies of those that are too big for a variable. */
static bool holds_certificate(struct gs_engine *engine, const char *path, const char *variable)
{
	struct bytes wanted = read_bytes(engine, path + 1);
	bool found = wanted.length &&
		     (found_in(engine, EFIVARS, variable, "-" SHIM, &wanted) ||
		      found_in(engine, MOK_VARIABLES, variable, "", &wanted));

	free(wanted.data);
	return found;
}

void gs_exam_secure_boot(struct gs_doctor *doctor)
{
	enum gs_known on = secure_boot(doctor->engine);

	gs_find(doctor, NULL, on == GS_UNKNOWN ? GS_CANNOT_TELL : GS_FINE);
	if (!gs_tree_exists(doctor->engine, "sys/firmware/efi"))
		gs_see(doctor, "this host was not started by UEFI: there is no Secure Boot");
	else if (on == GS_UNKNOWN)
		gs_see(doctor, "the firmware's variables cannot be read");
	else
		gs_see(doctor, "Secure Boot is %s", on == GS_YES ? "on" : "off");
}

void gs_exam_lockdown(struct gs_doctor *doctor)
{
	gs_cleanup_free char *locked = lockdown(doctor->engine);

	gs_find(doctor, NULL, locked ? GS_FINE : GS_CANNOT_TELL);
	if (!locked)
		gs_see(doctor, "/sys/kernel/security/lockdown cannot be read");
	else if (strcmp(locked, "none") == 0)
		gs_see(doctor, "the kernel locks nothing");
	else
		gs_see(doctor, "lockdown is %s: the kernel takes signed modules only, and VFIO works",
		       locked);
}

static void with_key(struct gs_doctor *doctor, const char *key)
{
	if (holds_certificate(doctor->engine, key, "MokListRT")) {
		gs_see(doctor, "Secure Boot is on, and DKMS's key %s is enrolled", key);
		return;
	}
	gs_judge(doctor, GS_PROBLEM);
	if (holds_certificate(doctor->engine, key, "MokNew")) {
		gs_see(doctor, "Secure Boot is on, and DKMS's key %s waits to be enrolled", key);
		gs_advise(doctor, "reboot and choose \"Enroll MOK\"");
		return;
	}
	gs_see(doctor,
	       "Secure Boot is on, and DKMS's key %s is not enrolled: the kernel refuses "
	       "gpushift's module, and gpushift works from sysfs until then",
	       key);
	gs_advise(doctor, "run \"mokutil --import %s\", reboot and choose \"Enroll MOK\"", key);
}

void gs_exam_signature(struct gs_doctor *doctor)
{
	gs_cleanup_free char *key = NULL;
	bool secure = secure_boot(doctor->engine) == GS_YES;

	gs_find(doctor, NULL, GS_FINE);
	if (!only_signed(doctor->engine)) {
		gs_see(doctor,
		       secure ? "Secure Boot is on, but the kernel takes unsigned modules: gpushift's "
				"needs no signature" :
				"Secure Boot is off: the kernel module needs no signature");
		return;
	}
	if (!secure) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "the kernel takes signed modules only, without Secure Boot; gpushift "
			       "works from sysfs until then");
		gs_advise(doctor, "take lockdown= and module.sig_enforce= from the kernel's command "
				  "line to load gpushift's module");
		return;
	}
	key = certificate(doctor->engine);
	if (key) {
		with_key(doctor, key);
		return;
	}
	gs_judge(doctor, GS_PROBLEM);
	gs_see(doctor, "Secure Boot is on and DKMS has no signing key yet; gpushift works from sysfs "
		       "until then");
	gs_advise(doctor, "build the module with DKMS, then run this again");
}
