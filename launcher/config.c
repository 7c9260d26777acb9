/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.c - defaults, what follows from the options, and what contradicts itself. */
#include "launcher/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "launcher/option.h"

int run_config_init(struct run_config *c)
{
	struct complaint why;
	int err;

	*c = (struct run_config){ 0 };
	for (uint32_t i = 0; i < options_nr; i++) {
		const struct option_row *o = &options[i];

		if (!o->def)
			continue;
		if ((err = option_set(c, o, o->def, &why)) != 0) {
			run_config_fini(c);
			return log_errno(err, "the default of %s, \"%s\": %s", o->name, o->def,
				why.text);
		}
	}
	return 0;
}

/* What the nodes add up to; 0 if one of them doesn't say. */
static uint64_t nodes_memory(const struct request_nodes *nodes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < nodes->nr; i++) {
		if (!nodes->at[i].has_bytes)
			return 0;
		sum += nodes->at[i].bytes;
	}
	return sum;
}

/* A value that follows from others has the limits of one that is given. */
static int derived_set(struct run_config *c, const char *name, const char *text, const char *from)
{
	struct complaint why;
	int err = option_set(c, option_find(name), text, &why);

	return err ? log_errno(err, "%s, %s: %s; say what it is with --%s", from, text, why.text,
			     name) : 0;
}

static int cpus_finish(struct run_config *c)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", max(c->host_cpus.nr, 1u));
	return derived_set(c, "cpus", text, "a vCPU for each host CPU");
}

static int memory_finish(struct run_config *c)
{
	uint64_t bytes = nodes_memory(&c->node);
	char text[32];

	/* Nodes have multiples of 4 KiB. */
	snprintf(text, sizeof(text), "%lluK", (unsigned long long)(bytes ? bytes : GiB(1)) >> 10);
	return derived_set(c, "memory", text, "the nodes' memory together");
}

/* A root that is no disk is a directory, and so a share. */
static bool has_backends(const struct run_config *c)
{
	bool disk = c->root && strncmp(c->root, "disk", 4) == 0 && (!c->root[4] || c->root[4] == ':');

	return c->share.nr || c->disk.nr || (c->root && !disk);
}

int run_config_finish(struct run_config *c)
{
	int err = c->cpus ? 0 : cpus_finish(c);

	c->share_memory = has_backends(c);
	if (err)
		return err;
	return c->memory ? 0 : memory_finish(c);
}

/* What only an initramfs of ours does. */
static int auto_only_check(const struct run_config *c)
{
	const char *what = c->root ? "root" : c->init ? "init" : c->agent ? "agent" : c->writable.nr ? "writable" : NULL;

	for (uint32_t i = 0; i < c->share.nr && !what; i++)
		what = c->share.at[i].at ? "share's at=" : NULL;
	return what ? log_errno(-EINVAL, "%s is for --kernel auto; another kernel has its own initrd for that", what) : 0;
}

static int auto_check(const struct run_config *c)
{
	bool host = c->root && strcmp(c->root, "host") == 0;

	if (!c->root)
		return log_errno(-EINVAL, "kernel auto: what is the guest's root? Give --root host, a directory or disk");
	if (c->initrd || c->module.nr)
		return log_errno(-EINVAL, "kernel auto makes an initrd by itself: give no %s",
			c->initrd ? "initrd" : "module");
	if (c->writable.nr && !host)
		return log_errno(-EINVAL, "writable is for --root host; elsewhere it is --share TAG=PATH,at=DIR");
	if (c->agent && c->init && strcmp(c->agent, "none") != 0)
		return log_errno(-EINVAL, "both an agent and an init: give one of them");
	if (strncmp(c->root, "disk", 4) == 0 && (!c->root[4] || c->root[4] == ':') && !c->disk.nr)
		return log_errno(-EINVAL, "root disk: there is none; give --disk IMAGE");
	if (strncmp(c->root, "disk:", 5) == 0 &&
		(!c->root[5] || strspn(c->root + 5, "0123456789") != strlen(c->root + 5)))
		return log_errno(-EINVAL, "root %s: a partition is a number, such as disk:1", c->root);
	return 0;
}

int run_config_check(const struct run_config *c)
{
	if (!c->kernel && !c->payload)
		return log_errno(-EINVAL, "nothing to run: give --kernel FILE or --payload FILE");
	if (c->kernel && c->payload)
		return log_errno(-EINVAL, "both a kernel (%s) and a payload (%s): give one of them",
			c->kernel, c->payload);
	if (c->payload && (c->console_device == CONFIG_CONSOLE_VIRTIO || c->port.nr))
		return log_errno(-EINVAL, "a payload takes no %s: it has no driver for virtio devices",
			c->port.nr ? "port" : "console-device");
	if (c->payload && (c->vsock.kind != CONFIG_VSOCK_NONE || c->net.nr))
		return log_errno(-EINVAL, "a payload takes no %s: it has no driver for virtio devices",
			c->net.nr ? "net" : "vsock");
	if (c->payload && (c->share.nr || c->disk.nr))
		return log_errno(-EINVAL, "a payload takes no %s: it has no driver for virtio devices",
			c->share.nr ? "share" : "disk");
	if (c->payload && (c->initrd || c->module.nr))
		return log_errno(-EINVAL, "a payload takes no %s: it is for a kernel",
			c->initrd ? "initrd" : "module");
	return c->kernel && strcmp(c->kernel, "auto") == 0 ? auto_check(c) : auto_only_check(c);
}

void run_config_fini(struct run_config *c)
{
	for (uint32_t i = 0; i < options_nr; i++)
		option_clear(c, &options[i]);
}
