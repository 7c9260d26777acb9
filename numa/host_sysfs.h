/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_sysfs.h - a Linux machine as a host, from as few files of /sys and /proc as tell it.
 *
 * hwloc reads some ten files for each CPU; thole starts once for each rank of a job, so this
 * reads one for each core, package and shared cache instead. The result is the same (tests
 * compare the two on recorded machines), or it is -ENOTSUP and hwloc is asked.
 *
 * Threads and ownership: as host.h.
 */
#ifndef NUMA_HOST_SYSFS_H
#define NUMA_HOST_SYSFS_H

#include "numa/host.h"

/*
 * root: "" for this machine, else a directory that holds a copy of its sys/ and proc/. Follows
 * Documentation/ABI/stable/sysfs-devices-system-cpu and -node,
 * Documentation/admin-guide/mm/hugetlbpage.rst. Not reported: -ENOTSUP (the kernel tells too
 * little, or something that doesn't fit together), -ENOMEM.
 */
int host_load_sysfs(struct host *h, const char *root) must_check;

/*
 * The same in two parts, for who can use the first, all that a plan is made from, while the second is read: the caches
 * (h->cache), of which there are as many files as of all else together on a small machine.
 */
struct host_cache_at {
	int cpu;       /* whose they are */
	int outermost; /* the number of the one that makes complexes; -1: none does */
};
int host_load_sysfs_places(struct host *h, const char *root, struct host_cache_at *at) must_check;
int host_load_sysfs_caches(struct host *h, const char *root, const struct host_cache_at *at) must_check;

/* Under sys/kernel/mm/transparent_hugepage/: the switch for private memory, and that for shared memory. */
#define HOST_THP_PRIVATE "sys/kernel/mm/transparent_hugepage/enabled"
#define HOST_THP_SHARED  "sys/kernel/mm/transparent_hugepage/shmem_enabled"

/*
 * Does what such a file says let memory have transparent huge pages when it asks for them by madvise()?
 * Documentation/admin-guide/mm/transhuge.rst.
 */
bool host_thp_allowed(const char *text);

#endif
