/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_images.c - the kernel or payload, initrd and modules, read and recognized. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/image.h"
#include "launcher/kernel_unpack.h"
#include "launcher/machine.h"
#include "vmm/boot/linux.h"
#include "vmm/log.h"

/* "FILE ARGS": split at the first blank; args stay where they are. */
static int module_load(struct machine *m, char *text)
{
	struct boot_input *in = &m->boot_input;
	size_t path = strcspn(text, " ");
	char *name;

	if (in->nr_modules == BOOT_MODULES_MAX)
		return log_errno(-EINVAL, "module: more than %d", BOOT_MODULES_MAX);
	name = strndup(text, path);
	if (!name)
		return log_errno(-ENOMEM, "module: %m");
	in->module[in->nr_modules].file.name = name; /* machine_images_free() frees it */
	in->module[in->nr_modules].args = text[path] ? text + path + 1 : "";
	return image_open(&in->module[in->nr_modules++].file, "module", name);
}

void machine_images_free(struct machine *m)
{
	struct boot_input *in = &m->boot_input;

	for (uint32_t i = 0; i < in->nr_modules; i++) {
		char *name = (char *)(uintptr_t)in->module[i].file.name;

		image_free(&in->module[i].file);
		free(name);
	}
	image_free(&in->initrd);
	image_free(&in->kernel);
	*in = (struct boot_input){ 0 };
}

/* Linux without nested paging: every page table the guest writes is shadowed, which takes minutes
 * where it works at all. */
static int paging_check(struct machine *m)
{
	const struct kvm_backend *b = &m->kvm.backend;

	if (b->nested_paging || (m->boot_input.kind != BOOT_LINUX && m->boot_input.kind != BOOT_PVH))
		return 0;
	m->unpaged = true;
	if (m->cfg->force)
		return 0;
	return log_errno(-ENOTSUP,
		"KVM's back end here (%s) has no nested paging: a Linux guest would be unusably slow or fail; use a host with EPT or NPT, or --force to try",
		b->name);
}

/* What kernel=auto has made; it is in the blob from here on. */
static int initrd_take(struct machine *m)
{
	struct bytes *made = &m->guest_boot.initrd;
	int err;

	if (!made->size)
		return 0;
	err = image_copy(&m->boot_input.initrd, "initrd", "the initramfs", made->data, made->size);
	bytes_fini(made);
	return err;
}

static int images_load(struct machine *m)
{
	const struct run_config *cfg = m->cfg;
	struct boot_input *in = &m->boot_input;
	const char *kernel = m->guest_boot.kernel ? m->guest_boot.kernel : cfg->kernel;
	const char *path = cfg->payload ? cfg->payload : kernel;
	int err = image_open(&in->kernel, cfg->payload ? "payload" : "kernel", path);

	if (!err)
		err = boot_kind_of(&in->kernel, cfg->payload, &in->kind);
	if (!err)
		err = paging_check(m);
	if (!err && in->kind == BOOT_LINUX)
		err = linux_check(&in->kernel); /* what is damaged is refused, not unpacked as far as it goes */
	if (!err && in->kind == BOOT_LINUX && cfg->unpack != CONFIG_NO &&
		kernel_unpack(&in->kernel, cfg->unpack == CONFIG_YES))
		in->kind = BOOT_PVH;
	if (!err)
		err = initrd_take(m);
	if (!err && cfg->initrd)
		err = image_open(&in->initrd, "initrd", cfg->initrd);
	for (uint32_t i = 0; i < cfg->module.nr && !err; i++)
		err = module_load(m, cfg->module.at[i]);
	return err;
}

static int images_start(struct machine *m)
{
	int err = images_load(m);

	if (err)
		machine_images_free(m);
	return err;
}

const struct unit images_unit = { "images", images_start, machine_images_free };
