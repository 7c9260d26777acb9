/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_boot.c - see guest_boot.h. */
#include "launcher/guest_boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/agent_image.h"
#include "launcher/image.h"
#include "launcher/initramfs_cache.h"
#include "vmm/boot/boot.h"

#define REMEDY \
	"install one, on Debian linux-image-cloud-amd64 or linux-image-amd64, on RHEL kernel-core, or name a " \
	"kernel with --kernel FILE"

bool guest_boot_wanted(const struct run_config *c)
{
	return c->kernel && strcmp(c->kernel, "auto") == 0;
}

unsigned guest_boot_needs(const struct run_config *c, const struct guest_shares *shares)
{
	enum guest_root root = guest_root_of(c);
	unsigned needs = 0;

	if (shares->nr)
		needs |= NEEDS_VIRTIOFS;
	if (root == GUEST_ROOT_HOST || root == GUEST_ROOT_DIRECTORY)
		needs |= NEEDS_OVERLAY;
	if (c->disk.nr)
		needs |= NEEDS_DISK;
	if (root == GUEST_ROOT_DISK)
		needs |= NEEDS_DISK_ROOT;
	if (c->vsock.kind != CONFIG_VSOCK_NONE)
		needs |= NEEDS_VSOCK;
	needs |= c->console_device == CONFIG_CONSOLE_VIRTIO ? NEEDS_VIRTIO_CONSOLE : NEEDS_SERIAL_CONSOLE;
	return needs;
}

/* What the guest's init is told */

static void config_root(FILE *out, const struct run_config *c)
{
	if (guest_root_of(c) == GUEST_ROOT_DISK)
		fprintf(out, "root-disk /dev/vda%s\n", c->root[4] ? c->root + 5 : "");
	else
		fputs("root-virtiofs " GUEST_ROOT_TAG "\n", out);
}

char *guest_boot_config(const struct run_config *c, const struct guest_shares *shares)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	config_root(out, c);
	for (uint32_t i = 0; i < shares->nr; i++) {
		const struct guest_share *s = &shares->at[i];

		if (s->at)
			fprintf(out, "mount-%s %s %s\n", s->ro ? "ro" : "rw", s->tag, s->at);
	}
	fprintf(out, "hostname %s\n", c->name ? c->name : "thole");
	if (c->init)
		fprintf(out, "init %s\n", c->init);
	else if (guest_root_of(c) == GUEST_ROOT_HOST)
		fputs("shell\n", out);
	for (uint32_t i = 0; i < c->agent_arg.nr; i++)
		fprintf(out, "agent-arg %s\n", c->agent_arg.at[i]);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int cmdline_make(struct guest_boot *b, const struct run_config *c)
{
	const char *console = c->console_device == CONFIG_CONSOLE_VIRTIO ? "hvc0" : "ttyS0";

	if (asprintf(&b->cmdline, "console=%s quiet panic=-1 rdinit=/init random.trust_cpu=on%s%s", console,
		    c->append ? " " : "", c->append ? c->append : "") >= 0)
		return 0;
	b->cmdline = NULL;
	return log_errno(-ENOMEM, "kernel: %m");
}

/* This run's part of the initramfs. */
static int run_part(struct guest_boot *b, const struct run_config *c, const struct guest_shares *shares)
{
	char *config = guest_boot_config(c, shares);
	struct initramfs_file file[2] = { { "thole/config", config, config ? strlen(config) : 0, 0644 } };
	const char *program = c->agent && strcmp(c->agent, "none") != 0 ? c->agent : NULL;
	struct blob agent = { 0 };
	size_t nr = 1;
	int err = config ? 0 : log_errno(-ENOMEM, "initramfs: %m");

	if (!err && program && strcmp(program, "builtin") == 0)
		/* cppcheck-suppress comparePointers; two symbols of one section */
		file[nr++] = (struct initramfs_file){ "thole/agent", agent_image, (size_t)(agent_image_end - agent_image),
			0755 };
	else if (!err && program && (err = image_load(&agent, "agent", program)) == 0)
		file[nr++] = (struct initramfs_file){ "thole/agent", agent.data, agent.size, 0755 };
	if (!err)
		err = initramfs_append(&b->initrd, file, nr);
	image_free(&agent);
	free(config);
	return err;
}

/* 0: it will do; 1: it lacks something, which is told to whoever wants to know in *why. */
static int kernel_try(struct guest_boot *b, const struct kernel *k, unsigned needs, char *why, size_t size)
{
	const char *lacks = NULL;
	int err;

	if (access(k->image, R_OK) < 0) {
		snprintf(why, size, "%s can't be read by this user", k->image);
		return 1;
	}
	if ((err = initramfs_cached(&b->initrd, k, needs, &lacks)) != 0)
		return err;
	if (lacks) {
		snprintf(why, size, "%s has no %s", k->version, lacks);
		return 1;
	}
	b->kernel = strdup(k->image);
	b->version = strdup(k->version);
	return b->kernel && b->version ? 0 : log_errno(-ENOMEM, "kernel: %m");
}

static int kernel_choose(struct guest_boot *b, const struct kernel_list *l, unsigned needs)
{
	char why[512] = "", first[512] = "";
	int r = 1;

	for (uint32_t i = 0; i < l->nr && r == 1; i++) {
		r = kernel_try(b, &l->at[i], needs, why, sizeof(why));
		if (r == 1)
			log_debug("kernel: %s", why);
		if (r == 1 && !*first)
			memcpy(first, why, sizeof(first));
	}
	if (r != 1)
		return r;
	if (!l->nr)
		return log_errno(-ENOENT, "kernel: none is installed here in /boot or /lib/modules; " REMEDY);
	return log_errno(-ENOENT, "kernel: none of the %u here will do (%s); " REMEDY, l->nr, first);
}

int guest_boot_make(struct guest_boot *b, const struct run_config *c, const struct guest_shares *shares,
	const char *root)
{
	struct kernel_list l;
	int err;

	*b = (struct guest_boot){ 0 };
	if ((err = kernel_list_make(&l, root)) != 0)
		return err;
	err = kernel_choose(b, &l, guest_boot_needs(c, shares));
	kernel_list_fini(&l);
	if (!err)
		err = run_part(b, c, shares);
	if (!err)
		err = cmdline_make(b, c);
	if (err)
		guest_boot_fini(b);
	else
		log_debug("kernel: %s, %zu KiB of initramfs", b->version, b->initrd.size >> 10);
	return err;
}

void guest_boot_fini(struct guest_boot *b)
{
	free(b->kernel);
	free(b->version);
	free(b->cmdline);
	bytes_fini(&b->initrd);
	*b = (struct guest_boot){ 0 };
}
