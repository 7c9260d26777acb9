/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtiofsd.c - which virtiofsd, and its words.
 *
 *   caller   C                                   Rust
 *   root     chroot into the directory           the same
 *   other    the same, in a user namespace       no sandbox: it has no more rights than its caller
 *            that has one user, the caller;
 *            never a root that is another's
 */
#include "launcher/virtiofsd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/program.h"
#include "vmm/log.h"

/* <sys/mount.h> and <linux/mount.h> do not go together in every C library. */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

static const char *const places[] = {
	"/usr/libexec",	 /* Debian 13, RHEL, Fedora */
	"/usr/lib/qemu", /* Debian 12 */
	"/usr/lib",	 /* Arch */
	NULL,
};

/* For what takes milliseconds; the network may hold the program's file. */
#define VERSION_MS 20000

/* Ask it: "virtiofsd version 7.2.22 (Debian ...)" is the C one, "virtiofsd 1.13.2" the other. */
static int kind_ask(struct virtiofsd *v)
{
	char *argv[] = { v->path, (char *)"--version", NULL };
	char answer[256];
	int code = program_run(argv, answer, sizeof(answer), VERSION_MS);

	if (code < 0)
		return log_errno(code, "virtiofsd: cannot run %s: %m", v->path);
	if (code || strncmp(answer, "virtiofsd ", 10) != 0)
		return log_errno(-ENOEXEC, "virtiofsd: %s does not say that it is one: %s", v->path, answer);
	v->rust = strncmp(answer, "virtiofsd version ", 18) != 0;
	log_debug("%s is \"%s\"", v->path, answer);
	return 0;
}

int virtiofsd_find(struct virtiofsd *v, const char *wanted)
{
	*v = (struct virtiofsd){ .root = geteuid() == 0 };
	if (wanted) {
		if (strlen(wanted) >= sizeof(v->path) || access(wanted, X_OK) < 0)
			return log_errno(-errno, "virtiofsd: cannot run %s: %m", wanted);
		snprintf(v->path, sizeof(v->path), "%s", wanted);
		return kind_ask(v);
	}
	if (program_find("virtiofsd", places, v->path))
		return kind_ask(v);
	return log_errno(-ENOENT,
		"no virtiofsd here, which directories for the guest need; install the package virtiofsd "
		"(on Debian 12 qemu-system-common)");
}

/* In the new process */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* A namespace whose one user and group are the caller's, under their own numbers. */
static int user_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char line[64];
	int err;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	if ((err = write_file("/proc/self/setgroups", "deny")) != 0)
		return err;
	snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	if ((err = write_file("/proc/self/uid_map", line)) != 0)
		return err;
	snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	return write_file("/proc/self/gid_map", line);
}

/* Keep, over exec, what a process has in a user namespace that it has made. */
static int capabilities_keep(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		d[i].inheritable = d[i].permitted;
	if (syscall(SYS_capset, &h, d) < 0)
		return -errno;
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((d[cap / 32].permitted >> (cap % 32) & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

/* What is below path can't be written to from here, on whatever file system it is. */
static int read_only(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (strcmp(path, "/") != 0 && mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	return syscall(SYS_mount_setattr, AT_FDCWD, path, 0x8000 /* AT_RECURSIVE */, &attr, sizeof(attr)) < 0
		       ? -errno
		       : 0;
}

struct prepare {
	const struct virtiofsd *v;
	const struct virtiofsd_share *s;
};

static int prepare(const void *ctx, const char **what)
{
	const struct prepare *p = ctx;
	bool namespace = !p->v->root && !p->v->rust;
	int err = 0;

	umask(0); /* the guest's programs have their own */
	if (namespace) {
		*what = "have a user namespace, which it needs where it isn't root's";
		if ((err = user_namespace()) != 0)
			return err;
	}
	if (p->s->ro && (p->v->root || namespace)) {
		*what = "make the directory read-only";
		if ((err = read_only(p->s->path)) != 0)
			return err;
	}
	if (namespace) {
		*what = "keep its capabilities";
		err = capabilities_keep();
	}
	return err;
}

/* C: words for -o; a comma or a backslash in the path would end it there. */
static char *source_word(const char *path)
{
	char *word = malloc(2 * strlen(path) + 8);
	char *to = word;

	if (!word)
		return NULL;
	to += sprintf(to, "source=");
	for (; *path; *to++ = *path++)
		if (*path == ',' || *path == '\\')
			*to++ = '\\';
	*to = '\0';
	return word;
}

#define ARGS_MAX 16

static void args_c(char **argv, const struct virtiofsd *v, const struct virtiofsd_share *s, char *source)
{
	size_t n = 1;

	argv[n++] = (char *)"-f";
	argv[n++] = (char *)"--fd=3";
	argv[n++] = (char *)"-o";
	argv[n++] = source;
	argv[n++] = (char *)"-o";
	argv[n++] = (char *)(s->still ? "cache=always" : "cache=auto");
	argv[n++] = (char *)"-o";
	argv[n++] = (char *)"sandbox=chroot";
	argv[n++] = (char *)"-o";
	argv[n++] = (char *)"log_level=warn";
	if (!v->root)
		argv[n++] = (char *)"--rlimit-nofile=0";
	argv[n] = NULL;
}

static void args_rust(char **argv, const struct virtiofsd *v, const struct virtiofsd_share *s)
{
	size_t n = 1;

	argv[n++] = (char *)"--fd=3";
	argv[n++] = (char *)"--shared-dir";
	argv[n++] = (char *)(uintptr_t)s->path;
	argv[n++] = (char *)(s->still ? "--cache=always" : "--cache=auto");
	argv[n++] = (char *)(v->root ? "--sandbox=chroot" : "--sandbox=none");
	/* The guest sees one file system, as it does with the other virtiofsd; an overlay needs that. */
	argv[n++] = (char *)"--no-announce-submounts";
	argv[n++] = (char *)"--log-level=warn";
	if (s->ro)
		argv[n++] = (char *)"--readonly";
	if (!v->root)
		argv[n++] = (char *)"--rlimit-nofile=0";
	argv[n] = NULL;
}

/*
 * A guest's root opens the files below an overlay without changing their access times, which the kernel grants to a
 * file's owner only. The one in C has EPERM for it; the one in Rust opens without.
 */
static int root_check(const struct virtiofsd *v, const struct virtiofsd_share *s)
{
	struct stat st;

	if (v->rust || v->root || !s->still || (stat(s->path, &st) == 0 && st.st_uid == geteuid()))
		return 0;
	return log_errno(-EPERM,
		"%s: %s cannot serve %s as a root where it is not the host's root's: it may not open (O_NOATIME) files "
		"of others; install the virtiofsd in Rust (package virtiofsd; Debian has it from 13 on)",
		s->name, v->path, s->path);
}

/* Everything that is prepared for another user than root is done in a user namespace. */
#define REMEDY_C \
	"allow them (as root: sysctl -w user.max_user_namespaces=10000), or install the virtiofsd in Rust, which " \
	"needs none (package virtiofsd; Debian has it from 13 on)"

int virtiofsd_start(const struct virtiofsd *v, const struct virtiofsd_share *s, struct backend *b)
{
	const struct prepare ctx = { v, s };
	char *argv[ARGS_MAX] = { (char *)(uintptr_t)v->path };
	const struct backend_setup setup = {
		.name = s->name,
		.argv = argv,
		.file = -1,
		.prepare = prepare,
		.remedy = v->rust || v->root ? NULL : REMEDY_C,
		.ctx = &ctx,
	};
	char *source = NULL;
	int err;

	static_assert(BACKEND_SOCKET == 3, "--fd=3");
	if ((err = root_check(v, s)) != 0)
		return err;
	if (v->rust) {
		args_rust(argv, v, s);
	} else {
		source = source_word(s->path);
		if (!source)
			return log_errno(-ENOMEM, "%s: %m", s->name);
		args_c(argv, v, s, source);
	}
	err = backend_start(b, &setup);
	free(source);
	return err;
}
