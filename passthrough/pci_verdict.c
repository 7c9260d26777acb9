/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_verdict.c - the checks, hardest first.
 *
 * VFIO gives a group away as a whole: each member has to be bound to a driver that does nothing with it, or to
 * none; bridges do no DMA of their own and are left alone (vfio.rst, "Groups, Devices, and IOMMUs").
 */
#include "passthrough/pci_verdict.h"

#include <string.h>

const char *pci_can_word(enum pci_can can)
{
	static const char *const words[] = { "ready", "bind", "in use", "no" };

	return words[can];
}

bool pci_driver_is_idle(const char *driver)
{
	return !*driver || strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

static bool is_vfio(const struct pci_dev *d)
{
	return strcmp(d->driver, "vfio-pci") == 0;
}

static void says(struct pci_verdict *v, enum pci_can can, const char *why, const char *remedy)
{
	v->can = can;
	snprintf(v->why, sizeof(v->why), "%s", why);
	snprintf(v->remedy, sizeof(v->remedy), "%s", remedy);
}

/* A member of the group that is in the way; NULL: none. */
static const struct pci_dev *group_blocker(const struct pci_devs *devs, const struct pci_dev *d)
{
	for (uint32_t i = 0; i < devs->nr; i++) {
		const struct pci_dev *o = &devs->at[i];

		if (o != d && o->group == d->group && !pci_addr_equal(o->addr, d->addr) && !pci_dev_is_bridge(o) &&
			!pci_driver_is_idle(o->driver))
			return o;
	}
	return NULL;
}

void pci_verdict(const struct pci_devs *devs, const struct pci_dev *d, const struct pci_use *use,
	struct pci_verdict *v)
{
	char name[PCI_ADDR_TEXT], other[PCI_ADDR_TEXT];
	const struct pci_dev *blocker;

	*v = (struct pci_verdict){ .can = PCI_CAN_READY };
	pci_addr_format(d->addr, name);
	if (pci_dev_is_bridge(d)) {
		says(v, PCI_CANNOT, "a bridge stays with the host", "hand over the devices behind it");
		return;
	}
	if (d->group < 0) {
		says(v, PCI_CANNOT, "it has no IOMMU group: no IOMMU keeps it from the host's memory",
			"turn on VT-d or AMD-Vi in the firmware, and boot with intel_iommu=on on Intel");
		return;
	}
	if (!d->reset[0]) {
		says(v, PCI_CANNOT, "it cannot be reset, so it would carry the host's state to the guest and back",
			"hand over another one; a VF of it can be reset where it has some");
		return;
	}
	if (d->vfs) {
		says(v, PCI_CANNOT, "it has virtual functions in use, which go with it", "");
		snprintf(v->remedy, sizeof(v->remedy), "hand over one of those, or take them away: thole pci vfs %s 0",
			name);
		return;
	}
	if (use->busy) {
		says(v, PCI_CAN_FORCED, use->why, "free it first, or --force");
		return;
	}
	blocker = group_blocker(devs, d);
	if (blocker) {
		pci_addr_format(blocker->addr, other);
		v->can = PCI_CANNOT;
		snprintf(v->why, sizeof(v->why), "IOMMU group %d is shared with %s, which %s drives", d->group, other,
			blocker->driver);
		snprintf(v->remedy, sizeof(v->remedy), "take that one from the host, too: thole pci bind %s", other);
		return;
	}
	if (!is_vfio(d)) {
		v->can = PCI_CAN_BIND;
		snprintf(v->remedy, sizeof(v->remedy), "thole pci bind %s; thole run --device does it by itself", name);
	}
}
