/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk.c - what is checked before, qemu-img for new overlays, and qemu-storage-daemon's words. */
#include "launcher/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/program.h"
#include "vmm/log.h"

static const char *const places[] = { "/usr/bin", "/usr/local/bin", "/usr/libexec", NULL };
static const char *const formats[] = { [CONFIG_DISK_RAW] = "raw", [CONFIG_DISK_QCOW2] = "qcow2" };

struct disk {
	const struct config_disk *cfg;
	const char *name;
	char *image; /* real path */
	bool device; /* a block device */
	char overlay[PATH_MAX]; /* as qemu-storage-daemon opens it; "": none */
	int overlay_fd;		/* one without a name; -1 */
};

/* The image */

static int image_failed(const struct disk *d, int err, bool write)
{
	if (err == -EACCES || err == -EPERM || err == -EROFS)
		return log_errno(err, "%s: %s: %m; %s", d->name, d->cfg->path,
			write ? "give it ro or overlay=temp, or have the right to write to it"
			      : "the right to read it is missing");
	return log_errno(err, "%s: %s: %m", d->name, d->cfg->path);
}

/* A raw image that begins as a qcow2 one was meant otherwise, or a guest has made it so. */
static int format_check(const struct disk *d)
{
	char magic[4] = "";
	int fd = open(d->image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, magic, sizeof(magic), 0);
	bool qcow2 = n == 4 && memcmp(magic, "QFI\xfb", 4) == 0;
	int err = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		return image_failed(d, err, false);
	if (qcow2 && d->cfg->format == CONFIG_DISK_RAW)
		return log_errno(-EINVAL, "%s: %s looks like a qcow2 image; say format=qcow2, or convert it", d->name,
			d->cfg->path);
	if (!qcow2 && d->cfg->format == CONFIG_DISK_QCOW2)
		return log_errno(-EINVAL, "%s: %s is no qcow2 image; say format=raw if it is a raw one", d->name,
			d->cfg->path);
	return 0;
}

static int image_check(struct disk *d)
{
	bool write = !d->cfg->ro && !d->cfg->overlay;
	struct stat st;

	d->image = realpath(d->cfg->path, NULL);
	if (!d->image || stat(d->image, &st) < 0)
		return image_failed(d, -errno, false);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return log_errno(-EINVAL, "%s: %s is neither a file nor a block device", d->name, d->cfg->path);
	d->device = S_ISBLK(st.st_mode);
	if (access(d->image, R_OK) < 0)
		return image_failed(d, -errno, false);
	if (write && access(d->image, W_OK) < 0)
		return image_failed(d, -errno, true);
	return format_check(d);
}

/*
 * qemu-storage-daemon keeps QEMU from an image that it writes to, and a qcow2 image from everybody, but two
 * of it write to the same raw image without a word. So there is a lock of ours, on a byte of the image
 * that none of QEMU's locks are on (theirs are from 100 to 263).
 */
#define LOCK_BYTE 1000

static int image_lock(const struct disk *d, int *lock)
{
	bool write = !d->cfg->ro && !d->cfg->overlay;
	struct flock l = { .l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1 };
	int fd = open(d->image, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	int err;

	if (fd < 0)
		return image_failed(d, -errno, write);
	if (fcntl(fd, F_OFD_SETLK, &l) == 0) {
		*lock = fd;
		return 0;
	}
	err = -errno;
	close(fd);
	if (err == -EAGAIN || err == -EACCES)
		return log_errno(-EBUSY, "%s: %s is another machine's or another disk's, and one of them writes to it; "
			"give all of them ro or overlay=", d->name, d->cfg->path);
	log_warn("%s: %s can't be locked (%s): don't let two machines write to it", d->name, d->cfg->path, strerror(-err));
	return 0;
}

/* The overlay */

#define CREATE_MS 60000 /* on a network, maybe */

static int overlay_create(const struct disk *d, const char *path)
{
	char program[PATH_MAX], said[512];
	char *argv[] = { program, (char *)"create", (char *)"-q", (char *)"-f", (char *)"qcow2", (char *)"-F",
		(char *)(uintptr_t)formats[d->cfg->format], (char *)"-b", d->image, (char *)(uintptr_t)path, NULL };
	int code;

	if (!program_find("qemu-img", places, program))
		return log_errno(-ENOENT, "%s: no qemu-img here, which makes overlays; install the package qemu-utils",
			d->name);
	code = program_run(argv, said, sizeof(said), CREATE_MS);
	if (code < 0)
		return log_errno(code, "%s: cannot run %s: %m", d->name, program);
	return code ? log_errno(-EIO, "%s: the overlay cannot be made: %s", d->name, said) : 0;
}

static int overlay_temporary(struct disk *d)
{
	const char *dir = getenv("TMPDIR");
	char path[64];

	if (!dir || *dir != '/')
		dir = "/var/tmp";
	d->overlay_fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (d->overlay_fd < 0)
		return log_errno(-errno, "%s: cannot make a file without a name in %s: %m; set TMPDIR to another directory",
			d->name, dir);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), d->overlay_fd);
	snprintf(d->overlay, sizeof(d->overlay), "/proc/self/fd/%d", BACKEND_FILE);
	return overlay_create(d, path);
}

static int overlay_named(struct disk *d)
{
	if (strlen(d->cfg->overlay) >= sizeof(d->overlay))
		return log_errno(-ENAMETOOLONG, "%s: overlay: %m", d->name);
	snprintf(d->overlay, sizeof(d->overlay), "%s", d->cfg->overlay);
	if (access(d->overlay, F_OK) < 0) {
		int err = overlay_create(d, d->overlay);

		if (err)
			unlink(d->overlay); /* what of it there is, is no image */
		return err;
	}
	if (access(d->overlay, R_OK | W_OK) < 0)
		return log_errno(-errno, "%s: overlay %s: %m", d->name, d->overlay);
	return 0;
}

static int overlay_prepare(struct disk *d)
{
	if (!d->cfg->overlay)
		return 0;
	return strcmp(d->cfg->overlay, "temp") == 0 ? overlay_temporary(d) : overlay_named(d);
}

/* The daemon's words: block nodes, as JSON, since that has no trouble with commas in names. */

static char *node_file(const char *node, const char *path, bool device, bool ro)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b}", "driver", device ? "host_device" : "file", "node-name", node,
		"filename", path, "read-only", ro);
	char *text = json_dumps(j, JSON_COMPACT);

	json_decref(j);
	return text;
}

static char *node_format(const char *node, const char *format, const char *file, const char *backing, bool ro)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:s}", "driver", format, "node-name", node, "file", file,
		"read-only", ro, "discard", "unmap");
	char *text;

	if (j && backing)
		json_object_set_new(j, "backing", json_string(backing));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return text;
}

#define NODES 4

struct words {
	char *node[NODES];
	char export[192];
	char *argv[1 + 2 * NODES + 2 + 1];
};

static int words_make(struct words *w, const struct disk *d, char *program, uint16_t nr_queues)
{
	bool ro = d->cfg->ro || d->cfg->overlay;
	size_t n = 0, nodes = d->cfg->overlay ? 4 : 2;

	w->node[0] = node_file("image", d->image, d->device, ro);
	w->node[1] = node_format("disk", formats[d->cfg->format], "image", NULL, ro);
	if (d->cfg->overlay) {
		w->node[2] = node_file("overlay-file", d->overlay, false, false);
		w->node[3] = node_format("overlay", "qcow2", "overlay-file", "disk", false);
	}
	snprintf(w->export, sizeof(w->export),
		"type=vhost-user-blk,id=guest,node-name=%s,addr.type=fd,addr.str=%d,num-queues=%u,writable=%s",
		d->cfg->overlay ? "overlay" : "disk", BACKEND_SOCKET, nr_queues, d->cfg->ro ? "off" : "on");
	w->argv[n++] = program;
	for (size_t i = 0; i < nodes; i++) {
		if (!w->node[i])
			return log_errno(-ENOMEM, "%s: %m", d->name);
		w->argv[n++] = (char *)"--blockdev";
		w->argv[n++] = w->node[i];
	}
	w->argv[n++] = (char *)"--export";
	w->argv[n++] = w->export;
	return 0;
}

static int daemon_start(const struct disk *d, uint16_t nr_queues, struct backend *b)
{
	char program[PATH_MAX];
	struct words w = { 0 };
	const struct backend_setup s = { .name = d->name, .argv = w.argv, .file = d->overlay_fd };
	int err;

	if (!program_find("qemu-storage-daemon", places, program))
		return log_errno(-ENOENT, "%s: no qemu-storage-daemon here, which disks need; install the package "
			"qemu-utils (on Debian 12 qemu-system-common)", d->name);
	err = words_make(&w, d, program, nr_queues);
	if (!err)
		err = backend_start(b, &s);
	for (size_t i = 0; i < NODES; i++)
		free(w.node[i]);
	return err;
}

int disk_start(const struct config_disk *cfg, const char *name, uint16_t nr_queues, struct backend *b, int *lock)
{
	struct disk d = { .cfg = cfg, .name = name, .overlay_fd = -1 };
	int err = image_check(&d);

	*lock = -1;
	if (!err)
		err = image_lock(&d, lock);
	if (!err)
		err = overlay_prepare(&d);
	if (!err)
		err = daemon_start(&d, nr_queues, b);
	if (d.overlay_fd >= 0)
		close(d.overlay_fd);
	if (err && *lock >= 0)
		close(*lock);
	free(d.image);
	return err;
}
