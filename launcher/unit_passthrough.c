/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_passthrough.c - devices of the host: taken before the plan is made, opened when guest memory is there. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher/machine.h"
#include "launcher/progress.h"
#include "vmm/kvm.h"
#include "vmm/log.h"

static const struct vfio vfio = { &vfio_kernel, NULL };

static int handover_start(struct machine *m)
{
	int err = handover_choose(&m->handover, m->cfg);

	return err ? err : handover_take(&m->handover, m->cfg->force);
}

static void handover_stop(struct machine *m)
{
	handover_return(&m->handover);
}

const struct unit handover_unit = { "handover", handover_start, handover_stop };

static int slot_set(void *ctx, uint32_t slot, struct range gpa, void *hva)
{
	const struct machine *m = ctx;
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa.base,
		.memory_size = gpa.size,
		.userspace_addr = (uintptr_t)hva,
	};

	return kvm_ioctl(m->vm.fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static int peers_set(void *ctx, struct range gpa, void *hva)
{
	const struct machine *m = ctx;

	return container_map_bar(&m->container, gpa, hva);
}

static void routed(void *ctx)
{
	struct machine *m = ctx;

	irq_follow_routed(&m->irq_follow);
}

static void leaving(void *ctx, const char *name)
{
	const struct machine *m = ctx;

	irq_follow_leaving(&m->irq_follow, name);
}

/* KVM is told which groups the guest has: devices whose DMA bypasses caches need it (vfio.rst of KVM). */
static void kvm_group_add(struct machine *m, int group)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr attr = { .group = KVM_DEV_VFIO_GROUP, .attr = KVM_DEV_VFIO_GROUP_ADD,
		.addr = (uintptr_t)&group };

	if (m->kvm_vfio < 0 && kvm_ioctl(m->vm.fd, KVM_CREATE_DEVICE, &create) == 0)
		m->kvm_vfio = (int)create.fd;
	if (m->kvm_vfio < 0 || kvm_ioctl(m->kvm_vfio, KVM_SET_DEVICE_ATTR, &attr) != 0)
		log_debug("KVM isn't told of VFIO group descriptor %d: %m", group);
}

struct mapping {
	struct progress bar;
	const struct stop_signals *signals;
};

static bool mapping_show(void *ctx, uint64_t done, uint64_t total)
{
	struct mapping *map = ctx;

	progress_show(&map->bar, done, total);
	return !stop_signals_waiting(map->signals);
}

static int memory_map(struct machine *m)
{
	struct mapping map = { progress_start("mapping guest memory for devices", m->cfg->quiet), m->signals };
	int err = container_map(&m->container, &m->vm.mem, mapping_show, &map);

	progress_end(&map.bar);
	return err;
}

static void trouble(struct passed_watch *w, const char *what)
{
	if (w->told)
		return;
	w->told = true;
	log_warn("%s: %s; the guest is asked to power off", w->passed->device.name, what);
	/* The way of a person who wants it to end: button, patience, and then hard. */
	kill(getpid(), SIGTERM);
}

static void error_ready(struct loop_source *src, uint32_t events)
{
	struct passed_watch *w = container_of(src, struct passed_watch, error);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) > 0)
		trouble(w, "a fatal error of the device or its bus (see the host's dmesg)");
}

static void request_ready(struct loop_source *src, uint32_t events)
{
	struct passed_watch *w = container_of(src, struct passed_watch, request);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) <= 0)
		return;
	w->passed->wanted = true;
	trouble(w, "the host wants the device back, or it is being removed");
}

static int watch(struct machine *m, struct passed_watch *w, struct passed *p)
{
	int err = 0;

	w->passed = p;
	w->error = (struct loop_source){ p->error_fd, error_ready };
	w->request = (struct loop_source){ p->request_fd, request_ready };
	if (p->error_fd >= 0)
		err = loop_add(&m->vm.loop, &w->error, EPOLLIN);
	if (!err && p->request_fd >= 0)
		err = loop_add(&m->vm.loop, &w->request, EPOLLIN);
	return err ? log_errno(err, "%s: cannot listen for its errors: %m", p->device.name) : 0;
}

static int device_start(struct machine *m, uint32_t i)
{
	const struct pci_dev *d = &m->handover.dev[i];
	struct passed *p = &m->passed[i];
	char name[PCI_ADDR_TEXT];
	int group = container_add_group(&m->container, d->group, pci_addr_format(d->addr, name)), err;

	if (group < 0)
		return group;
	err = passed_open(p, &m->passed_env, group, name);
	if (err)
		return err;
	m->nr_passed++;
	err = passed_add(p);
	return err ? err : watch(m, &m->passed_watch[i], p);
}

static void passthrough_stop(struct machine *m)
{
	if (!m->handover.nr)
		return;
	while (m->nr_passed)
		passed_close(&m->passed[--m->nr_passed]);
	irq_follow_stop(&m->irq_follow);
	if (m->kvm_vfio >= 0)
		close(m->kvm_vfio);
	container_close(&m->container);
	free(m->passed);
	free(m->passed_watch);
}

/* All groups first: the IOMMU's ranges are those that they all have. */
static int passthrough_devices(struct machine *m)
{
	char name[PCI_ADDR_TEXT];
	int err = 0;

	for (uint32_t i = 0; i < m->handover.nr; i++) {
		const struct pci_dev *d = &m->handover.dev[i];
		int group = container_add_group(&m->container, d->group, pci_addr_format(d->addr, name));

		if (group < 0)
			return group;
		kvm_group_add(m, group);
	}
	err = memory_map(m);
	for (uint32_t i = 0; i < m->handover.nr && !err; i++)
		err = device_start(m, i);
	return err;
}

static int passthrough_start(struct machine *m)
{
	int err;

	if (!m->handover.nr)
		return 0;
	if ((err = irq_follow_start(&m->irq_follow, m)) != 0)
		return err;
	m->kvm_vfio = -1;
	m->passed = calloc(m->handover.nr, sizeof(*m->passed));
	m->passed_watch = calloc(m->handover.nr, sizeof(*m->passed_watch));
	m->passed_env = (struct passed_env){
		.vfio = &vfio,
		.bus = &m->pci,
		.routes = &m->vm.routes,
		.first_gsi = GSI_PCI_FIRST,
		.slot_set = slot_set,
		.peers_set = m->handover.nr > 1 ? peers_set : NULL,
		.routed = routed,
		.leaving = leaving,
		.ctx = m,
		.next_slot = LAYOUT_RAM_MAX,
		.force = m->cfg->force,
	};
	m->container.fd = -1;
	err = m->passed && m->passed_watch ? container_open(&m->container, &vfio) : log_errno(-ENOMEM, "devices: %m");
	if (!err)
		err = passthrough_devices(m);
	if (err)
		passthrough_stop(m);
	return err;
}

const struct unit passthrough_unit = { "passthrough", passthrough_start, passthrough_stop };
