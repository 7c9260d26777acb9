/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_needs.c - a kernel's configuration, and its modules by libkmod.
 *
 * What can't be a module is looked for in the configuration; where that is not told it is taken to be
 * there, as it is in every distribution's kernel. What can be one is libkmod's to find: it knows what is
 * built in, too.
 */
#include "launcher/kernel_needs.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

const struct kernel_need kernel_needs[] = {
	{ NEEDS_ALWAYS, "BLK_DEV_INITRD", NULL, false },
	{ NEEDS_ALWAYS, "DEVTMPFS", NULL, false },
	{ NEEDS_ALWAYS, "TMPFS", NULL, false },
	{ NEEDS_SERIAL_CONSOLE, "SERIAL_8250_CONSOLE", NULL, false },
	{ NEEDS_ALWAYS, "VIRTIO_PCI", "virtio_pci", false },
	{ NEEDS_VIRTIO_CONSOLE, "VIRTIO_CONSOLE", "virtio_console", false },
	{ NEEDS_VIRTIOFS, "VIRTIO_FS", "virtiofs", false },
	{ NEEDS_OVERLAY, "OVERLAY_FS", "overlay", false },
	{ NEEDS_DISK, "VIRTIO_BLK", "virtio_blk", false },
	{ NEEDS_VSOCK, "VIRTIO_VSOCKETS", "vmw_vsock_virtio_transport", false },
	{ NEEDS_DISK_ROOT, "EXT4_FS", "ext4", true },
	{ NEEDS_DISK_ROOT, "XFS_FS", "xfs", true },
	{ NEEDS_DISK_ROOT, "BTRFS_FS", "btrfs", true },
	{ NEEDS_ALWAYS, "VIRTIO_CONSOLE", "virtio_console", true },
	{ NEEDS_ALWAYS, "VIRTIO_NET", "virtio_net", true },
	{ NEEDS_ALWAYS, "ACPI_BUTTON", "button", true }, /* the power button, and who tells of it */
	{ NEEDS_ALWAYS, "INPUT_EVDEV", "evdev", true },
};

const uint32_t kernel_needs_nr = ARRAY_SIZE(kernel_needs);

bool kernel_config_has(const char *config, const char *name, bool *m)
{
	size_t len = strlen(name);

	*m = false;
	for (const char *at = config; (at = strstr(at, "CONFIG_")) != NULL; at++) {
		const char *value = at + 7 + len;

		if ((at != config && at[-1] != '\n') || strncmp(at + 7, name, len) != 0 || *value != '=')
			continue;
		*m = value[1] == 'm';
		return value[1] == 'y';
	}
	return false;
}

void module_files_fini(struct module_files *files)
{
	for (uint32_t i = 0; i < files->nr; i++)
		free(files->path[i]);
	free(files->path);
	*files = (struct module_files){ 0 };
}

static int files_add(struct module_files *files, const char *path)
{
	char **at;

	for (uint32_t i = 0; i < files->nr; i++)
		if (strcmp(files->path[i], path) == 0)
			return 0;
	at = realloc(files->path, (files->nr + 1) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	files->path = at;
	at[files->nr] = strdup(path);
	if (!at[files->nr])
		return -ENOMEM;
	files->nr++;
	return 0;
}

static int module_add(struct module_files *files, const struct kmod_module *m, unsigned depth);

static int list_add(struct module_files *files, struct kmod_list *list, unsigned depth)
{
	int err = 0;

	for (struct kmod_list *at = list; at && !err; at = kmod_list_next(list, at)) {
		struct kmod_module *m = kmod_module_get_module(at);

		err = module_add(files, m, depth);
		kmod_module_unref(m);
	}
	kmod_module_unref_list(list);
	return err;
}

/* What it depends on comes first; libkmod lists that in the order of loading. */
static int module_add(struct module_files *files, const struct kmod_module *m, unsigned depth)
{
	struct kmod_list *before = NULL, *after = NULL;
	const char *path = kmod_module_get_path(m);
	int err = 0;

	if (!path || depth > 8) /* built in; or modules that wait for each other */
		return 0;
	if (kmod_module_get_softdeps(m, &before, &after) == 0) {
		err = list_add(files, before, depth + 1);
		kmod_module_unref_list(after);
	}
	if (!err)
		err = list_add(files, kmod_module_get_dependencies(m), depth + 1);
	return err ? err : files_add(files, path);
}

/* 1: the kernel has it; 0: it has not; -errno. */
static int module_look(struct kmod_ctx *ctx, const char *name, struct module_files *files)
{
	struct kmod_list *list = NULL;
	int err;

	if (kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list)
		return 0;
	err = list_add(files, list, 0);
	return err ? err : 1;
}

static int need_look(struct kmod_ctx *ctx, const struct kernel *k, const struct kernel_need *n,
	struct module_files *files, bool *has)
{
	bool m = false;
	int r;

	*has = k->config ? kernel_config_has(k->config, n->config, &m) : !n->module;
	if (*has || !n->module || (k->config && !m))
		return 0;
	r = ctx ? module_look(ctx, n->module, files) : 0;
	*has = r == 1;
	return r < 0 ? r : 0;
}

int kernel_needs_look(
	const struct kernel *k, unsigned for_what, struct module_files *files, const char **lacks)
{
	struct kmod_ctx *ctx = kmod_new(k->modules, NULL);
	int err = 0;

	*files = (struct module_files){ 0 };
	*lacks = NULL;
	if (!ctx)
		return log_errno(-ELIBACC, "kernel: the library libkmod can't be loaded; install the package libkmod2");
	kmod_set_log_priority(ctx, 0);
	(void)kmod_load_resources(ctx);
	for (uint32_t i = 0; i < kernel_needs_nr && !err && !*lacks; i++) {
		const struct kernel_need *n = &kernel_needs[i];
		bool has;

		if (!(n->when & (for_what | NEEDS_ALWAYS)))
			continue;
		err = need_look(ctx, k, n, files, &has);
		if (!err && !has && !n->wanted_only)
			*lacks = n->config;
	}
	kmod_unref(ctx);
	return err ? log_errno(err, "kernel: %m") : 0;
}
