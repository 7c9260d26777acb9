/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_cpus.h - the CPUs that are nearest to a PCI function, as hwloc has them: what the firmware tells, with what
 * hwloc knows of machines whose firmware is wrong, and what HWLOC_PCI_LOCALITY says.
 *
 *   device_cpus_open -> device_cpus_list for each function -> device_cpus_close
 *
 * Threads: main only. Ownership: the topology within is freed by close. Errors: negative errno, reported.
 */
#ifndef NUMA_DEVICE_CPUS_H
#define NUMA_DEVICE_CPUS_H

#include <hwloc.h>

#include "vmm/util.h"

struct device_cpus {
	hwloc_topology_t topology; /* NULL: nothing is known */
};

/* what: NULL for this machine, or a file of hwloc's XML. */
int device_cpus_open(struct device_cpus *d, const char *what) must_check;
void device_cpus_close(struct device_cpus *d);

/* Into list[size], as "0-3,8", those of the function at an address like 0000:3b:00.1. False, and list untouched: hwloc
 * does not know the function. */
bool device_cpus_list(const struct device_cpus *d, const char *address, char *list, size_t size);

#endif
