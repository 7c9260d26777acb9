/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init_mount.c - the guest's file systems.
 *
 *   /newroot            overlay( /lower: virtiofs, read-only; /ram: tmpfs )   or the disk
 *   /newroot/proc ...   what a Linux system has
 *   /newroot/PATH       shares, in the order of the configuration
 */
#include "launcher/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define WAIT_MS 15000 /* for a device to be found */
#define STEP_MS 10

static void must_mount(const char *from, const char *at, const char *type, unsigned long flags, const char *data)
{
	if (mount(from, at, type, flags, data) < 0)
		die("cannot mount %s (%s) at %s: %s%s", from, type, at, strerror(errno),
			errno == ENODEV ? "; the kernel has no such file system" : "");
}

/* Directories down to path, which is absolute; what is there already is fine. */
static void make_path(const char *path)
{
	char part[4096];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		(void)mkdir(part, 0755);
	}
	(void)mkdir(part, 0755);
}

void mount_first(void)
{
	int console;

	(void)mkdir("/dev", 0755);
	(void)mkdir("/proc", 0755);
	(void)mkdir("/sys", 0755);
	(void)mount("dev", "/dev", "devtmpfs", 0, "mode=0755"); /* the kernel may have done it */
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		(void)dup2(console, fd);
	if (console > 2)
		close(console);
	must_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A share's device may take a moment to be found; EINVAL is the kernel's word for a tag it doesn't know. */
static void mount_share(const char *tag, const char *at, bool ro)
{
	for (int ms = 0; mount(tag, at, "virtiofs", ro ? MS_RDONLY : 0, NULL) < 0; ms += STEP_MS) {
		if ((errno != EINVAL && errno != ENODEV) || ms >= WAIT_MS)
			die("cannot mount the share %s at %s: %s", tag, at, strerror(errno));
		usleep(STEP_MS * 1000);
	}
}

static void root_overlay(const char *tag)
{
	(void)mkdir("/lower", 0755);
	(void)mkdir("/ram", 0755);
	mount_share(tag, "/lower", true);
	must_mount("ram", "/ram", "tmpfs", 0, "mode=0755");
	(void)mkdir("/ram/upper", 0755);
	(void)mkdir("/ram/work", 0755);
	must_mount("root", NEW_ROOT, "overlay", 0, "lowerdir=/lower,upperdir=/ram/upper,workdir=/ram/work");
}

/* Try what the kernel knows, as mount(8) does. */
static bool disk_try(const char *device)
{
	char line[64];
	FILE *f = fopen("/proc/filesystems", "re");
	bool done = false;

	while (f && !done && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\t')
			done = mount(device, NEW_ROOT, line + 1, 0, NULL) == 0 ||
			       (errno == EROFS || errno == EACCES ?
						mount(device, NEW_ROOT, line + 1, MS_RDONLY, NULL) == 0 :
						false);
	}
	if (f)
		fclose(f);
	return done;
}

static void root_disk(const char *device)
{
	for (int ms = 0; access(device, F_OK) < 0; ms += STEP_MS) {
		if (ms >= WAIT_MS)
			die("there is no %s; does the disk have that partition?", device);
		usleep(STEP_MS * 1000);
	}
	if (!disk_try(device))
		die("%s has no file system that this kernel knows", device);
}

void mount_root(const struct config *c)
{
	(void)mkdir(NEW_ROOT, 0755);
	if (c->root_tag)
		root_overlay(c->root_tag);
	else if (c->root_disk)
		root_disk(c->root_disk);
	else
		die("%s names no root", CONFIG);
}

/* What a Linux system has; what a kernel lacks, it lacks. */
static const struct {
	const char *type, *at;
	unsigned long flags;
	const char *data;
	bool needed;
} system_mounts[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, true },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, true },
	{ "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, false },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=0755", true },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "ptmxmode=666,mode=620,gid=5", false },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", false },
	{ "mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, false },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755", true },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777", true },
};

static void dev_links(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		char at[64];

		snprintf(at, sizeof(at), NEW_ROOT "%s", links[i][1]);
		(void)symlink(links[i][0], at);
	}
}

/* A file of the initramfs goes to the new root's /run. */
static void file_keep(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	char buf[16384];
	ssize_t n = 0;

	if (in < 0)
		return;
	while (out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	if (out < 0 || n)
		die("cannot copy %s: %s", from, strerror(errno));
	close(out);
	close(in);
	unlink(from);
}

void mount_rest(const struct config *c)
{
	char at[4200];

	for (size_t i = 0; i < sizeof(system_mounts) / sizeof(system_mounts[0]); i++) {
		snprintf(at, sizeof(at), NEW_ROOT "%s", system_mounts[i].at);
		make_path(at);
		if (mount(system_mounts[i].type, at, system_mounts[i].type, system_mounts[i].flags,
			    system_mounts[i].data) < 0 && system_mounts[i].needed)
			die("cannot mount %s at %s: %s", system_mounts[i].type, at, strerror(errno));
	}
	dev_links();
	for (unsigned i = 0; i < c->nr_shares; i++) {
		snprintf(at, sizeof(at), NEW_ROOT "%s", c->share[i].path);
		make_path(at);
		mount_share(c->share[i].tag, at, c->share[i].ro);
	}
	make_path(NEW_ROOT "/run/thole");
	file_keep(CONFIG, NEW_ROOT RUN_CONFIG, 0644);
	file_keep(AGENT, NEW_ROOT RUN_AGENT, 0755);
}

void root_switch(void)
{
	/* What is left in the initramfs is this program. */
	(void)umount2("/proc", MNT_DETACH);
	(void)umount2("/sys", MNT_DETACH);
	(void)umount2("/dev", MNT_DETACH);
	if (chdir(NEW_ROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		die("cannot enter the new root: %s", strerror(errno));
}
