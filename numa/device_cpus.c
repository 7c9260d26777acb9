/* SPDX-License-Identifier: GPL-2.0-or-later */
/* device_cpus.c - a PCI object of hwloc's hangs below the smallest object whose CPUs are near to it. */
#include "numa/device_cpus.h"

#include "numa/host_hwloc.h"

int device_cpus_open(struct device_cpus *d, const char *what)
{
	*d = (struct device_cpus){ 0 };
	return hwloc_open(&d->topology, what, HWLOC_OPEN_DEVICES);
}

void device_cpus_close(struct device_cpus *d)
{
	if (d->topology)
		hwloc_topology_destroy(d->topology);
	*d = (struct device_cpus){ 0 };
}

bool device_cpus_list(const struct device_cpus *d, const char *address, char *list, size_t size)
{
	hwloc_obj_t at = d->topology ? hwloc_get_pcidev_by_busidstring(d->topology, address) : NULL;

	if (!at)
		return false;
	at = hwloc_get_non_io_ancestor_obj(d->topology, at);
	hwloc_bitmap_list_snprintf(list, size, at->cpuset);
	return true;
}
