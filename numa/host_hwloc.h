/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_hwloc.h - hwloc's view of a machine as a host. For numa/ and its tests; others use host.h.
 *
 * Threads and ownership: as host.h; the topology stays the caller's.
 */
#ifndef NUMA_HOST_HWLOC_H
#define NUMA_HOST_HWLOC_H

#include <hwloc.h>

#include "numa/host.h"

/*
 * Copy what the planner needs. Huge pages are plenty and all memory is free: hwloc doesn't count
 * what is left. The node of a PU is the smallest that holds it; of equal ones the ordinary memory,
 * then the lowest number. 0, -ENOMEM, -EINVAL (no PU).
 */
int host_from_hwloc(struct host *h, hwloc_topology_t topology) must_check;

/* This machine as hwloc sees it, CPUs outside the cpuset included but not allowed; slower than
 * reading /sys (host_sysfs.h) by milliseconds. Reports errors. */
int host_load_hwloc(struct host *h) must_check;

/* For the planner as little as there need be; for drawing with room for notes in boxes; and with PCI functions. */
enum hwloc_open_for { HWLOC_OPEN_PLAN, HWLOC_OPEN_DRAW, HWLOC_OPEN_DEVICES };

/*
 * Make and load a topology: what as for host_load_described(), NULL for this machine. The caller
 * destroys it. Reports errors.
 */
int hwloc_open(
	hwloc_topology_t *topology, const char *what, enum hwloc_open_for purpose) must_check;

#endif
