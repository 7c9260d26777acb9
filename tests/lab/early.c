/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early.c - process 1 of the lab machine until init takes over, where the kernel cannot mount its root by itself.
 *
 *	initramfs: /init (this), /modules/NNN-NAME.ko
 *	-> modules, in order -> root=TAG by virtiofs -> the root is / -> init=PATH
 *
 * Kernels that have virtiofs built in do the same without an initramfs, from the same words of the command line.
 * Its end is a panic, and so the machine's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "lab-early: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void modules_load(void)
{
	struct dirent **names;
	int n = scandir("/modules", &names, visible, alphasort);

	if (n < 0)
		die("/modules");
	for (int i = 0; i < n; i++) {
		char path[512];
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
			die(path);
		close(fd);
	}
}

/* The value of key in the kernel's command line, which has its own /proc yet. */
static bool word_find(const char *key, char *value, size_t size)
{
	static char line[8192];
	size_t len = strlen(key);
	FILE *in = fopen("/proc/cmdline", "re");
	bool found = false;

	if (!in || !fgets(line, sizeof(line), in))
		die("/proc/cmdline");
	fclose(in);
	for (char *word = strtok(line, " \n"); word && !found; word = strtok(NULL, " \n")) {
		found = strncmp(word, key, len) == 0 && strlen(word + len) < size;
		if (found)
			strcpy(value, word + len);
	}
	return found;
}

/* An initramfs can't be unmounted, so what is mounted goes on top of it. See filesystems/ramfs-rootfs-initramfs.rst. */
static void root_switch(void)
{
	if (chdir("/root") < 0 || umount("/proc") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
		chdir("/") < 0)
		die("switching to the root");
}

int main(void)
{
	char tag[64], init[256];

	mkdir("/proc", 0755);
	mkdir("/root", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		die("mounting /proc");
	modules_load();
	if (!word_find("root=", tag, sizeof(tag)) || !word_find("init=", init, sizeof(init)))
		die("root= and init= on the command line");
	if (mount(tag, "/root", "virtiofs", MS_RDONLY, NULL) < 0)
		die("mounting the root");
	root_switch();
	execl(init, init, (char *)NULL);
	die(init);
}
