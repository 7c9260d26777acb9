/* SPDX-License-Identifier: GPL-2.0-or-later */
/* passed.c - a passed device's life, and its configuration space. */
#include "passthrough/passed.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "vmm/log.h"
#include "vmm/pci_cfg.h"

static bool any_of(const struct passed *p, uint32_t offset, uint32_t size, enum config_kind least)
{
	for (uint32_t i = 0; i < size; i++)
		if (p->space.kind[offset + i] >= (uint8_t)least)
			return true;
	return false;
}

/* Bus locked. */
static void func_reading(struct pci_func *f, uint32_t offset, uint32_t size)
{
	struct passed *p = container_of(f, struct passed, func);
	uint8_t bytes[4];

	if (!any_of(p, offset, size, CFG_READ))
		return;
	vfio_device_read(&p->device, &p->device.config, offset, bytes, size);
	for (uint32_t i = 0; i < size; i++)
		if (p->space.kind[offset + i] != CFG_OURS)
			f->cfg[offset + i] = bytes[i];
}

/* Bytes that are the function's go there in runs as the guest wrote them. */
static void pass_on(struct passed *p, uint32_t offset, uint32_t size)
{
	for (uint32_t i = 0, n; i < size; i += n) {
		for (n = 0; i + n < size && p->space.kind[offset + i + n] == CFG_PASS; n++)
			;
		if (n)
			vfio_device_write(&p->device, &p->device.config, offset + i, &p->func.cfg[offset + i], n);
		else
			n = 1;
	}
}

/*
 * Decoding stays on (see passed.h); DMA and the line are the guest's to allow. Whether errors are reported is the
 * host's decision, who hears of them.
 */
static void command_put(struct passed *p)
{
	const uint16_t hosts = PCI_COMMAND_PARITY | PCI_COMMAND_SERR, guests = PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
	uint64_t command = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | (cfg_get(p->func.cfg, PCI_COMMAND, 2) & guests);
	uint8_t bytes[2];

	vfio_device_read(&p->device, &p->device.config, PCI_COMMAND, bytes, 2);
	cfg_put(bytes, 0, command | (cfg_get(bytes, 0, 2) & hosts), 2);
	vfio_device_write(&p->device, &p->device.config, PCI_COMMAND, bytes, 2);
}

static void func_written(struct pci_func *f, uint32_t offset, uint32_t size)
{
	struct passed *p = container_of(f, struct passed, func);

	if (any_of(p, offset, size, CFG_PASS))
		pass_on(p, offset, size);
	if (offset < PCI_COMMAND + 2 && offset + size > PCI_COMMAND)
		command_put(p);
	pthread_mutex_lock(&p->lock);
	passed_irq_config(p, offset, size);
	pthread_mutex_unlock(&p->lock);
}

static void func_moved(struct pci_func *f)
{
	passed_bars_move(container_of(f, struct passed, func));
}

static int space_make(struct passed *p)
{
	static_assert(PCI_BARS == VFIO_BARS, "BARs");
	uint8_t bytes[PCI_CFG_BYTES];
	struct config_input in = { .bytes = bytes, .intx = p->device.nr_irqs[VFIO_PCI_INTX_IRQ_INDEX] > 0 };
	int err;

	in.size = p->device.config.size >= PCI_CFG_BYTES ? PCI_CFG_BYTES : 256;
	memset(bytes, 0, sizeof(bytes));
	/* By words: VFIO answers shorter where a capability ends. */
	for (uint32_t at = 0; at < in.size; at += 4)
		vfio_device_read(&p->device, &p->device.config, at, &bytes[at], 4);
	for (unsigned n = 0; n < PCI_BARS; n++) {
		p->bar[n] = (struct passed_bar){ .dev.ops = &passed_bar_ops, .passed = p, .n = n };
		in.bar_size[n] = p->device.bar[n].size;
		in.bar_dev[n] = &p->bar[n].dev;
	}
	in.bar_size[PCI_ROM_BAR] = passed_rom_open(p);
	in.bar_dev[PCI_ROM_BAR] = &p->rom.dev;
	err = config_space_make(&p->space, &p->func, &in);
	if (err)
		return log_errno(err, "%s: its configuration space or BARs are not those of a device", p->device.name);
	p->func.reading = func_reading;
	p->func.written = func_written;
	p->func.moved = func_moved;
	return 0;
}

static int reset_first(const struct passed *p)
{
	int err = p->device.can_reset ? vfio_device_reset(&p->device) : 0;

	if (err)
		return log_errno(err, "%s: it cannot be reset: %m; see dmesg", p->device.name);
	if (p->device.can_reset)
		return 0;
	if (!p->env->force)
		return log_errno(-EOPNOTSUPP,
			"%s: it cannot be reset without others, so the guest would find what the host left in it, and the "
			"other way round; --force does it all the same",
			p->device.name);
	log_warn("%s: it is not reset: the guest finds it as the host left it", p->device.name);
	return 0;
}

int passed_open(struct passed *p, struct passed_env *env, int group, const char *name)
{
	int err;

	*p = (struct passed){ .env = env };
	pthread_mutex_init(&p->lock, NULL);
	p->line_fd = p->resample_fd = p->error_fd = p->request_fd = -1;
	err = vfio_device_open(&p->device, env->vfio, group, name);
	if (err) {
		pthread_mutex_destroy(&p->lock);
		return err;
	}
	err = reset_first(p);
	if (!err)
		err = space_make(p);
	if (!err)
		command_put(p);
	if (!err)
		err = passed_irq_open(p);
	if (!err)
		err = passed_bars_open(p);
	if (err)
		passed_close(p);
	return err;
}

int passed_add(struct passed *p)
{
	int slot = pci_free_slot(p->env->bus), err;

	if (slot < 0)
		return log_errno(slot, "%s: the guest's PCI bus is full", p->device.name);
	p->slot = (unsigned)slot;
	if ((err = passed_line_start(p)) != 0)
		return err;
	err = pci_add(p->env->bus, p->slot, 0, &p->func);
	return err ? log_errno(err, "%s: its BARs do not fit into the guest's PCI windows", p->device.name) : 0;
}

/* A device that the host takes out has had its line already, and mostly cannot be reset any more. */
static void reset_last(const struct passed *p)
{
	int err = p->device.can_reset ? vfio_device_reset(&p->device) : 0;

	if (err && p->wanted)
		log_debug("%s: it is not reset, since the host takes it out", p->device.name);
	else if (err)
		log_errno(err, "%s: it cannot be reset: %m; the host finds in it what the guest left (see dmesg)",
			p->device.name);
}

void passed_close(struct passed *p)
{
	passed_bars_close(p);
	passed_rom_close(p);
	passed_irq_close(p);
	reset_last(p);
	vfio_device_close(&p->device);
	pthread_mutex_destroy(&p->lock);
}
