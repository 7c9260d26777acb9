/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit_backends.c - the processes that do the work of shares and disks, and the devices in front of them.
 *
 * Processes start early, on the housekeeping CPUs, and get ready while memory and the rest are made; their
 * devices come when there is memory. At the end devices go first, so that nobody works on queues any more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher/disk.h"
#include "launcher/machine.h"
#include "launcher/virtiofsd.h"
#include "vmm/log.h"

#define ANSWER_MS 30000 /* an emulated host is slow, and a network file system may be */

static int share_start(struct machine *m, const struct virtiofsd *v, uint32_t i)
{
	const struct guest_share *g = &m->shares.at[i];
	char name[80];
	const struct virtiofsd_share s = { .name = name, .path = g->path, .ro = g->ro, .still = g->still };

	snprintf(name, sizeof(name), "virtiofsd for %s", g->tag);
	return virtiofsd_start(v, &s, &m->outside[i].process);
}

/* All at once: their limit of time is one. */
static void backends_stop(struct machine *m)
{
	for (uint32_t i = 0; i < m->nr_outside; i++)
		backend_end(&m->outside[i].process);
	for (uint32_t i = m->nr_outside; i--;) {
		backend_stop(&m->outside[i].process);
		if (m->outside[i].lock >= 0)
			close(m->outside[i].lock);
	}
	free(m->outside);
	m->outside = NULL;
	m->nr_outside = 0;
}

static int shares_start(struct machine *m)
{
	struct virtiofsd v;
	int err = m->shares.nr ? virtiofsd_find(&v, m->cfg->virtiofsd) : 0;

	for (uint32_t i = 0; i < m->shares.nr && !err; i++) {
		m->outside[i].lock = -1;
		err = share_start(m, &v, i);
		m->nr_outside += !err;
	}
	return err;
}

/* A queue for each vCPU, so that none waits for another's lock. */
static uint16_t disk_queues(const struct machine *m)
{
	return (uint16_t)min(m->plan.nr_vcpus, VIRTIO_QUEUES_MAX);
}

static int disks_start(struct machine *m)
{
	int err = 0;

	for (uint32_t i = 0; i < m->cfg->disk.nr && !err; i++) {
		char name[64];

		snprintf(name, sizeof(name), "qemu-storage-daemon for disk %u", i);
		err = disk_start(&m->cfg->disk.at[i], name, disk_queues(m), &m->outside[m->nr_outside].process,
			&m->outside[m->nr_outside].lock);
		m->nr_outside += !err;
	}
	return err;
}

static int backends_start(struct machine *m)
{
	uint32_t nr = m->shares.nr + m->cfg->disk.nr;
	int err;

	if (!nr)
		return 0;
	m->outside = calloc(nr, sizeof(*m->outside));
	if (!m->outside)
		return log_errno(-ENOMEM, "shares and disks: %m");
	if ((err = shares_start(m)) == 0)
		err = disks_start(m);
	if (err)
		backends_stop(m);
	return err;
}

const struct unit backends_unit = { "backends", backends_start, backends_stop };

/* Devices */

static int device_create(struct machine *m, uint32_t i)
{
	struct outside *o = &m->outside[i];
	const struct vhost_user_setup s = {
		.name = o->process.name,
		.fd = backend_take(&o->process),
		.timeout_ms = ANSWER_MS,
		.mem = &m->vm.mem,
		.loop = &m->vm.loop,
	};

	if (i >= m->shares.nr)
		return vhost_user_blk_create(&o->dev, &s, disk_queues(m));
	return vhost_user_fs_create(&o->dev, &s, m->shares.at[i].tag);
}

/* It has said so itself if it does not answer; and then nothing else is to be had from it. */
static void device_failed(struct outside *o, int err)
{
	if (err == -ETIMEDOUT)
		backend_kill(&o->process);
	else
		backend_explain(&o->process);
}

static int device_start(struct machine *m, uint32_t i)
{
	struct outside *o = &m->outside[i];
	int err = device_create(m, i);

	if (err) {
		device_failed(o, err);
		return err;
	}
	err = virtio_pci_add(&o->pci, &o->dev.v, &m->pci, &m->vm.routes);
	if (err)
		goto err_destroy;
	err = backend_watch(&o->process, &m->vm.loop, &m->vm.end, &o->dev.u.silent);
	if (!err)
		return 0;
	virtio_pci_remove(&o->pci);
err_destroy:
	vhost_user_dev_destroy(&o->dev);
	return err;
}

static void outside_stop(struct machine *m)
{
	while (m->nr_outside_devices) {
		struct outside *o = &m->outside[--m->nr_outside_devices];

		backend_unwatch(&o->process);
		virtio_pci_remove(&o->pci);
		if (o->dev.u.silent)
			backend_kill(&o->process);
		vhost_user_dev_destroy(&o->dev);
	}
}

static int outside_start(struct machine *m)
{
	int err = 0;

	while (m->nr_outside_devices < m->nr_outside && !err) {
		err = device_start(m, m->nr_outside_devices);
		m->nr_outside_devices += !err;
	}
	if (err)
		outside_stop(m);
	return err;
}

/* A vCPU that waits for a back end's answer would not stop before it has one. */
void machine_outside_abort(struct machine *m)
{
	for (uint32_t i = 0; i < m->nr_outside_devices; i++) {
		backend_unwatch(&m->outside[i].process);
		vhost_user_abort(&m->outside[i].dev.u);
	}
}

const struct unit outside_unit = { "outside", outside_start, outside_stop };
