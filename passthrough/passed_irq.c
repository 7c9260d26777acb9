/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed_irq.c - interrupts: VFIO has one kind at a time, the guest's configuration space says which.
 *
 *   MSI-X: VFIO is given all vectors when the guest enables them, and the eventfd of each when it is first
 *          unmasked. Masking again only takes the eventfd from KVM: what comes meanwhile is its pending bit.
 *   MSI:   the same without a table
 *   INTx:  KVM's line with resampling; VFIO masks the device's line by itself when it fires, and unmasks it when
 *          KVM says that the guest has dealt with it
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "passthrough/passed.h"
#include "vmm/acpi/acpi.h"
#include "vmm/log.h"
#include "vmm/pci_cfg.h"

static int eventfd_make(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void fds_free(int *fd, uint32_t nr)
{
	for (uint32_t i = 0; fd && i < nr; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	free(fd);
}

static int *fds_make(uint32_t nr, int *err)
{
	int *fd = calloc(nr, sizeof(*fd));

	*err = fd ? 0 : -ENOMEM;
	for (uint32_t i = 0; fd && i < nr; i++)
		fd[i] = -1;
	for (uint32_t i = 0; i < nr && !*err; i++) {
		fd[i] = eventfd_make();
		*err = min(fd[i], 0);
	}
	if (!*err)
		return fd;
	fds_free(fd, nr);
	return NULL;
}

/* A vector is a source of its own. */
static int vectors_open(struct passed *p, struct msix *m, int **fds, uint16_t nr)
{
	int err;

	*fds = fds_make(nr, &err);
	if (err)
		return err;
	err = msix_init(m, p->env->routes, nr, *fds, nr);
	if (err) {
		fds_free(*fds, nr);
		*fds = NULL;
		*m = (struct msix){ 0 };
		return err;
	}
	for (uint16_t v = 0; v < nr; v++)
		msix_assign(m, v, v);
	return 0;
}

/* An eventfd that says something about the device as a whole; -1 where this device or kernel tells nothing. */
static int notice_open(const struct passed *p, uint32_t index)
{
	int fd = p->device.nr_irqs[index] ? eventfd_make() : -1;

	if (fd >= 0 && vfio_irqs(p->env->vfio, p->device.fd, index, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, &fd) != 0) {
		close(fd);
		fd = -1;
	}
	return max(fd, -1);
}

int passed_irq_open(struct passed *p)
{
	int err = 0;

	p->line_fd = p->resample_fd = p->error_fd = p->request_fd = -1;
	if (p->space.msix) {
		err = vectors_open(p, &p->msix, &p->msix_fd, p->space.msix_vectors);
		p->msix.cap = p->space.msix;
		p->signals = calloc(p->space.msix_vectors, sizeof(*p->signals));
		err = err ? err : p->signals ? 0 : -ENOMEM;
	}
	if (!err && p->space.msi)
		err = vectors_open(p, &p->msi, &p->msi_fd, p->space.msi_vectors);
	if (err == -EMFILE)
		return log_errno(err, "%s: its interrupts take more descriptors than this process may have; ulimit -n 4096",
			p->device.name);
	if (err)
		return log_errno(err, "%s: its interrupts: %m", p->device.name);
	p->error_fd = notice_open(p, VFIO_PCI_ERR_IRQ_INDEX);
	p->request_fd = notice_open(p, VFIO_PCI_REQ_IRQ_INDEX);
	return 0;
}

static void complain(struct passed *p, int err, const char *what)
{
	if (!p->complained)
		log_errno(err, "%s: interrupts are lost: VFIO does not take its %s: %m", p->device.name, what);
	p->complained = true;
}

static uint32_t index_of(enum passed_irq irq)
{
	return irq == PASSED_MSIX ? VFIO_PCI_MSIX_IRQ_INDEX : irq == PASSED_MSI ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX;
}

static int irq_set(struct passed *p, enum passed_irq irq, uint32_t action, uint32_t start, uint32_t nr, const int *fds)
{
	return vfio_irqs(p->env->vfio, p->device.fd, index_of(irq), action, start, nr, fds);
}

/* Fired before KVM listens, the eventfd has counted it, and KVM looks when it begins to. */
static int line_on(struct passed *p)
{
	const struct wires *w = &p->env->routes->wires;
	int err = irq_set(p, PASSED_INTX, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, &p->line_fd);

	if (err)
		return err;
	err = wires_level(w, p->line_fd, p->resample_fd, p->line_gsi, true);
	if (!err)
		err = irq_set(p, PASSED_INTX, VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, &p->resample_fd);
	return err;
}

static int msix_on(struct passed *p)
{
	uint32_t nr = p->msix.nr_vectors;
	int *fds = malloc(nr * sizeof(*fds)), err;

	if (!fds)
		return -ENOMEM;
	for (uint32_t v = 0; v < nr; v++) {
		p->signals[v] = !(p->msix.entry[v].control & 1);
		fds[v] = p->signals[v] ? p->msix_fd[v] : -1;
	}
	err = irq_set(p, PASSED_MSIX, VFIO_IRQ_SET_ACTION_TRIGGER, 0, nr, fds);
	free(fds);
	return err;
}

static void irq_off(struct passed *p)
{
	if (p->irq == PASSED_NONE)
		return;
	if (p->env->leaving)
		p->env->leaving(p->env->ctx, p->device.name);
	if (p->irq == PASSED_INTX && wires_level(&p->env->routes->wires, p->line_fd, p->resample_fd, p->line_gsi, false))
		log_debug("%s: KVM did not have its line", p->device.name);
	/* Nothing else can be done about a device that does not let go of its interrupts. */
	if (irq_set(p, p->irq, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL) != 0)
		log_debug("%s: VFIO keeps its interrupts", p->device.name);
	p->irq = PASSED_NONE;
}

static void irq_switch(struct passed *p, enum passed_irq irq)
{
	static const char *const names[] = { "", "line", "MSI", "MSI-X vectors" };
	int err = 0;

	if (p->irq == irq)
		return;
	irq_off(p);
	switch (irq) {
	case PASSED_INTX: err = line_on(p); break;
	case PASSED_MSI: err = irq_set(p, irq, VFIO_IRQ_SET_ACTION_TRIGGER, 0, p->msi_nr, p->msi_fd); break;
	case PASSED_MSIX: err = msix_on(p); break;
	default: break;
	}
	p->irq = irq;
	if (err) {
		complain(p, err, names[irq]);
		irq_off(p);
	}
}

/* What the message control and its message say now. */
static bool msi_update(struct passed *p)
{
	uint32_t at = p->space.msi;
	uint16_t flags = (uint16_t)cfg_get(p->func.cfg, at + PCI_MSI_FLAGS, 2);
	bool wide = flags & PCI_MSI_FLAGS_64BIT, enabled = flags & PCI_MSI_FLAGS_ENABLE;
	uint32_t data = at + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32);
	uint32_t nr = 1u << min((flags & PCI_MSI_FLAGS_QSIZE) >> 4, 5);
	const struct msi_message first = {
		.address = cfg_get(p->func.cfg, at + PCI_MSI_ADDRESS_LO, wide ? 8 : 4),
		.data = (uint32_t)cfg_get(p->func.cfg, data, 2),
	};
	uint32_t mask = flags & PCI_MSI_FLAGS_MASKBIT ? (uint32_t)cfg_get(p->func.cfg, data + 4, 4) : 0;

	p->msi_nr = min(nr, (uint32_t)p->msi.nr_vectors);
	msix_messages(&p->msi, enabled, first, (uint16_t)p->msi_nr, mask);
	return enabled;
}

static bool touches(uint32_t offset, uint32_t size, uint32_t at, uint32_t bytes)
{
	return at && offset < at + bytes && offset + size > at;
}

static void routed(struct passed *p)
{
	if (p->env->routed)
		p->env->routed(p->env->ctx);
}

void passed_irq_config(struct passed *p, uint32_t offset, uint32_t size)
{
	bool msi = false;

	if (touches(offset, size, p->space.msix, PCI_CAP_MSIX_SIZEOF))
		msix_written(&p->msix, &p->func, offset, size);
	else if (!touches(offset, size, p->space.msi, 24))
		return;
	if (p->space.msi)
		msi = msi_update(p);
	if (p->space.msix && p->msix.enabled)
		irq_switch(p, PASSED_MSIX);
	else if (msi)
		irq_switch(p, PASSED_MSI);
	else
		irq_switch(p, p->line_fd >= 0 ? PASSED_INTX : PASSED_NONE);
	routed(p);
}

void passed_irq_table(struct passed *p)
{
	if (p->irq == PASSED_MSIX)
		routed(p);
	for (uint32_t v = 0; p->irq == PASSED_MSIX && v < p->msix.nr_vectors; v++) {
		int err;

		if (p->signals[v] || (p->msix.entry[v].control & 1))
			continue;
		p->signals[v] = true;
		err = irq_set(p, PASSED_MSIX, VFIO_IRQ_SET_ACTION_TRIGGER, v, 1, &p->msix_fd[v]);
		if (err)
			complain(p, err, "MSI-X vector");
	}
}

/* Intel SDM vol. 3A, 11.11: physical destinations are one id, in bits 12 to 19; x2APIC's upper bits are not of one. */
bool passed_target(struct passed *p, enum passed_irq irq, uint32_t vector, uint32_t *apicid)
{
	const struct msix *m = irq == PASSED_MSI ? &p->msi : &p->msix;
	bool one;

	pthread_mutex_lock(&p->lock);
	one = (irq == PASSED_MSI || irq == PASSED_MSIX) && p->irq == irq && vector < m->nr_vectors &&
		(irq == PASSED_MSI || p->signals[vector]) && !(m->entry[vector].control & 1);
	if (one) {
		uint64_t address = m->entry[vector].message.address;

		*apicid = address >> 12 & 0xff;
		one = !(address & 4) && *apicid != 0xff && !(address & 0xfe0);
	}
	pthread_mutex_unlock(&p->lock);
	return one;
}

/* Hosts and devices on which it doesn't work are common; then the guest is told of no pin. */
int passed_line_start(struct passed *p)
{
	uint8_t *pin = &p->func.cfg[PCI_INTERRUPT_PIN];

	if (!*pin || !p->device.nr_irqs[VFIO_PCI_INTX_IRQ_INDEX]) {
		*pin = 0;
		return 0;
	}
	p->line_gsi = acpi_pci_gsi(p->env->first_gsi, p->slot, *pin - 1u);
	p->line_fd = eventfd_make();
	p->resample_fd = eventfd_make();
	if (p->line_fd < 0 || p->resample_fd < 0)
		return log_errno(min(p->line_fd, p->resample_fd), "%s: its interrupt line: %m", p->device.name);
	if (line_on(p) == 0) {
		p->irq = PASSED_INTX;
		return 0;
	}
	log_debug("%s: its interrupt line does not work on this host; it has MSI or MSI-X, if anything", p->device.name);
	irq_off(p);
	close(p->line_fd);
	close(p->resample_fd);
	p->line_fd = p->resample_fd = -1;
	*pin = 0;
	return 0;
}

static void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void passed_irq_close(struct passed *p)
{
	irq_off(p);
	if (p->msix_fd)
		msix_fini(&p->msix);
	if (p->msi_fd)
		msix_fini(&p->msi);
	fds_free(p->msix_fd, p->msix.nr_vectors);
	fds_free(p->msi_fd, p->msi.nr_vectors);
	free(p->signals);
	fd_close(p->line_fd);
	fd_close(p->resample_fd);
	fd_close(p->error_fd);
	fd_close(p->request_fd);
}
