/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem.h - guest RAM in this process, mapped at one window.
 *
 * All of guest-physical space up to the end of RAM is one reservation of address space whose start
 * is a multiple of 1 GiB, and RAM is mapped into it at window + gpa. A host address is therefore
 * congruent to its guest-physical address modulo 1 GiB, so KVM can map any page size, and looking
 * an address up is an addition.
 *
 * What is mapped: for huge pages of hugetlbfs, and where guest memory must be shareable with another
 * process (vhost-user), one memfd a node. Else private memory: it has no file and no descriptor, and the
 * kernel gives it transparent huge pages where it gives none to shared memory.
 *
 *   mem_map() -> (placement: numa/) -> mem_register() -> vCPUs run -> [KVM's VM gone] -> mem_fini()
 *
 * Threads: mem_at() from any thread once mapped. Owns: the mapping and the memfds; nothing has a
 * name in a file system, so nothing is left when the process dies.
 */
#ifndef VMM_MEM_H
#define VMM_MEM_H

#include "vmm/layout.h"
#include "vmm/types.h"

/* A range of RAM and where it lives. */
struct mem_region {
	struct range gpa;
	uint32_t node;      /* guest node */
	uint64_t fd_offset; /* into the node's memfd, if it has one */
	void *hva;
};

struct mem_node {
	int fd;             /* -1: no memory, or private memory */
	uint64_t bytes;
	uint64_t page_size; /* of the backing: KiB(4) (small, or THP), MiB(2), GiB(1) */
};

struct mem {
	const struct ram_layout *layout;
	bool shared;          /* every node with memory has its fd */
	uint8_t *window;      /* host address of guest-physical 0 */
	uint64_t window_size;
	uint32_t nr_nodes;
	struct mem_node node[TOPO_NODES_MAX];
	uint32_t nr_regions;
	struct mem_region region[LAYOUT_RAM_MAX];
};

/*
 * Reserve the window and map every node's memory into it; no page is touched.
 * page_size[node], for each node of the layout: KiB(4), MiB(2) or GiB(1); NULL: all KiB(4).
 * shared: another process is to map it too, so every node's memory is a memfd's.
 * Errors: -ENOMEM (address space, or the limit on it), -EINVAL, and memfd's own.
 */
int mem_map(struct mem *m, const struct ram_layout *layout, const uint64_t *page_size,
	bool shared) must_check;

/* Tell KVM of all regions, one slot each from 0. */
int mem_register(const struct mem *m, int vm_fd) must_check;

void mem_fini(struct mem *m);

/* Host address of [gpa, gpa + size) if all of it is RAM, of whichever nodes, else NULL. */
void *mem_at(const struct mem *m, gpa_t gpa, uint64_t size);

/* The same as a callback; ctx is a struct mem *. */
void *mem_at_ctx(void *ctx, gpa_t gpa, uint64_t size);

/* Bytes from gpa to the end of the region that holds it; 0: no RAM. */
uint64_t mem_room(const struct mem *m, gpa_t gpa);

#endif
