/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vsock.c - virtio-vsock, where it is asked for; and the CPUs of all the kernel's vhost threads. */
#include <string.h>
#include <unistd.h>

#include "launcher/machine.h"
#include "sched/worker.h"
#include "vmm/log.h"

/* Machines that look for a free address at the same time begin in different places (FNV-1a). */
static uint64_t seed_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; name && *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3;
	return (hash ^ (uint64_t)getpid()) * 0x100000001b3;
}

static int vsock_start(struct machine *m)
{
	const struct virtio_vsock_setup setup = {
		.sys = &vhost_kernel,
		.mem = &m->vm.mem,
		.loop = &m->vm.loop,
		.cid = m->cfg->vsock.cid,
		.seed = seed_of(m->cfg->name),
	};
	int err;

	if (m->cfg->vsock.kind == CONFIG_VSOCK_NONE)
		return 0;
	if ((err = virtio_vsock_create(&m->vsock, &setup)) != 0)
		return err;
	if ((err = virtio_pci_add(&m->vsock_pci, &m->vsock.v, &m->pci, &m->vm.routes)) != 0) {
		virtio_vsock_destroy(&m->vsock);
		return err;
	}
	m->has_vsock = true;
	if (!setup.cid)
		log_info("vsock: this guest's address (CID) is %u", m->vsock.cid);
	return 0;
}

static void vsock_stop(struct machine *m)
{
	if (!m->has_vsock)
		return;
	virtio_pci_remove(&m->vsock_pci);
	virtio_vsock_destroy(&m->vsock);
	m->has_vsock = false;
}

const struct unit vsock_unit = { "vsock", vsock_start, vsock_stop };

/* A thread that is elsewhere takes time from a vCPU, or from somebody else: said, and no reason to end. */
static int workers_start(struct machine *m)
{
	int nr = m->has_vsock || m->nr_nets ? worker_bind(WORKER_VHOST, &m->plan.housekeeping, NULL, NULL) : 0;

	if (nr < 0)
		log_warn("the kernel's vhost threads stay where they are, not on the housekeeping CPUs: %s",
			strerror(-nr));
	else
		log_debug("vhost threads of the kernel on the housekeeping CPUs: %d", nr);
	return 0;
}

static void workers_stop(struct machine *m)
{
	(void)m;
}

const struct unit workers_unit = { "workers", workers_start, workers_stop };
