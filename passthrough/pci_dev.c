/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_dev.c - one directory below /sys/bus/pci/devices for each function (sysfs-bus-pci in the kernel's ABI). */
#include "passthrough/pci_dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Base classes. */
static const char *const class_words[] = {
	[0x00] = "unclassified",
	[0x01] = "storage",
	[0x02] = "network",
	[0x03] = "display",
	[0x04] = "multimedia",
	[0x05] = "memory",
	[0x06] = "bridge",
	[0x07] = "communication",
	[0x08] = "system",
	[0x09] = "input",
	[0x0a] = "docking",
	[0x0b] = "processor",
	[0x0c] = "serial-bus",
	[0x0d] = "wireless",
	[0x0e] = "intelligent-io",
	[0x0f] = "satellite",
	[0x10] = "encryption",
	[0x11] = "signal",
	[0x12] = "accelerator",
};

const char *pci_class_word(uint32_t class)
{
	uint32_t base = class >> 16 & 0xff;

	return base < ARRAY_SIZE(class_words) ? class_words[base] : "other";
}

bool pci_dev_is_bridge(const struct pci_dev *d)
{
	return d->class >> 16 == 0x06;
}

static bool first_name(void *ctx, const char *name)
{
	snprintf(ctx, sizeof(((struct pci_dev *)0)->net), "%s", name);
	return false;
}

static void net_read(const struct host_tree *t, const char *name, struct pci_dev *d)
{
	char path[96];

	snprintf(path, sizeof(path), PCI_SYS "/%s/net", name);
	tree_names(t, path, first_name, d->net);
}

/* reset_method is there from 5.15 on; before, a file `reset` says that there is some way. */
static void reset_read(const struct host_tree *t, const char *name, struct pci_dev *d)
{
	tree_line(t, d->reset, sizeof(d->reset), PCI_SYS "/%s/reset_method", name);
	d->reset_known = tree_has(t, PCI_SYS "/%s/reset_method", name);
	if (!d->reset_known && tree_has(t, PCI_SYS "/%s/reset", name))
		snprintf(d->reset, sizeof(d->reset), "unknown");
}

static void sriov_read(const struct host_tree *t, const char *name, struct pci_dev *d)
{
	char pf[32];

	d->vfs = (uint32_t)tree_number(t, 0, PCI_SYS "/%s/sriov_numvfs", name);
	d->vfs_max = (uint32_t)tree_number(t, 0, PCI_SYS "/%s/sriov_totalvfs", name);
	tree_link(t, pf, sizeof(pf), PCI_SYS "/%s/physfn", name);
	d->is_vf = pci_addr_parse(pf, &d->pf);
}

int pci_dev_read(const struct host_tree *t, struct pci_addr addr, struct pci_dev *d)
{
	char name[PCI_ADDR_TEXT], group[16];

	*d = (struct pci_dev){ .addr = addr, .group = -1 };
	pci_addr_format(addr, name);
	if (!tree_has(t, PCI_SYS "/%s", name))
		return -ENODEV;
	d->vendor = (uint16_t)tree_number(t, 0xffff, PCI_SYS "/%s/vendor", name);
	d->device = (uint16_t)tree_number(t, 0xffff, PCI_SYS "/%s/device", name);
	d->subvendor = (uint16_t)tree_number(t, 0, PCI_SYS "/%s/subsystem_vendor", name);
	d->subdevice = (uint16_t)tree_number(t, 0, PCI_SYS "/%s/subsystem_device", name);
	d->class = (uint32_t)tree_number(t, 0, PCI_SYS "/%s/class", name) & 0xffffff;
	d->revision = (uint8_t)tree_number(t, 0, PCI_SYS "/%s/revision", name);
	tree_link(t, d->driver, sizeof(d->driver), PCI_SYS "/%s/driver", name);
	tree_line(t, d->override, sizeof(d->override), PCI_SYS "/%s/driver_override", name);
	if (strcmp(d->override, "(null)") == 0)
		d->override[0] = '\0';
	tree_link(t, group, sizeof(group), PCI_SYS "/%s/iommu_group", name);
	if (group[0])
		d->group = (int32_t)strtol(group, NULL, 10);
	d->node.os = (int)tree_number(t, -1, PCI_SYS "/%s/numa_node", name);
	tree_line(t, d->cpus, sizeof(d->cpus), PCI_SYS "/%s/local_cpulist", name);
	net_read(t, name, d);
	reset_read(t, name, d);
	sriov_read(t, name, d);
	return 0;
}

struct reading {
	const struct host_tree *tree;
	struct pci_devs *devs;
	int err;
};

static bool one_read(void *ctx, const char *name)
{
	struct reading *r = ctx;
	struct pci_addr addr;
	struct pci_dev *at;

	if (!pci_addr_parse(name, &addr))
		return true;
	at = realloc(r->devs->at, (r->devs->nr + 1) * sizeof(*at));
	if (!at) {
		r->err = -ENOMEM;
		return false;
	}
	r->devs->at = at;
	/* One that goes meanwhile was not there. */
	r->devs->nr += pci_dev_read(r->tree, addr, &at[r->devs->nr]) == 0;
	return true;
}

int pci_devs_read(const struct host_tree *t, struct pci_devs *devs)
{
	struct reading r = { t, devs, 0 };

	*devs = (struct pci_devs){ 0 };
	if (!tree_has(t, PCI_SYS))
		return -ENODEV;
	tree_names(t, PCI_SYS, one_read, &r);
	if (r.err)
		pci_devs_fini(devs);
	return r.err;
}

void pci_devs_fini(struct pci_devs *devs)
{
	free(devs->at);
	*devs = (struct pci_devs){ 0 };
}

const struct pci_dev *pci_devs_find(const struct pci_devs *devs, struct pci_addr addr)
{
	for (uint32_t i = 0; i < devs->nr; i++)
		if (pci_addr_equal(devs->at[i].addr, addr))
			return &devs->at[i];
	return NULL;
}
