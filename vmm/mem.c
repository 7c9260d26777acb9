/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem.c - memfds or private memory, one window over them, and KVM's memory slots. */
#include "vmm/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/kvm.h"
#include "vmm/log.h"

#define WINDOW_ALIGN GiB(1)

/* Older C libraries lack them; the values are part of the kernel's ABI (uapi/linux/memfd.h). */
#define MEMFD_HUGE_2M (21u << 26)
#define MEMFD_HUGE_1G (30u << 26)

static int window_reserve(struct mem *m)
{
	uint64_t size = align_up(ram_layout_end(m->layout), WINDOW_ALIGN);
	uint8_t *base;
	uint64_t skip;

	/* Reserve too much, then give back what sticks out on either side. */
	base = mmap(NULL, size + WINDOW_ALIGN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return log_errno(-errno,
			"cannot reserve %llu MiB of address space for the guest: %m; is there a limit (ulimit -v)?",
			(unsigned long long)(size >> 20));
	skip = align_up((uintptr_t)base, WINDOW_ALIGN) - (uintptr_t)base;
	if (skip)
		munmap(base, skip);
	munmap(base + skip + size, WINDOW_ALIGN - skip);
	m->window = base + skip;
	m->window_size = size;
	return 0;
}

static int node_open(struct mem_node *n, uint32_t node)
{
	unsigned flags = MFD_CLOEXEC;
	char name[32];

	if (n->page_size == MiB(2))
		flags |= MFD_HUGETLB | MEMFD_HUGE_2M;
	else if (n->page_size == GiB(1))
		flags |= MFD_HUGETLB | MEMFD_HUGE_1G;
	else if (n->page_size != KiB(4))
		return log_errno(-EINVAL, "guest node %u: no page size of %llu bytes", node,
			(unsigned long long)n->page_size);
	snprintf(name, sizeof(name), "thole-ram%u", node);
	n->fd = memfd_create(name, flags);
	if (n->fd < 0)
		return log_errno(-errno, "guest node %u: cannot make its memory file: %m", node);
	if (ftruncate(n->fd, (off_t)n->bytes) < 0)
		return log_errno(-errno, "guest node %u: cannot size its memory file to %llu MiB: %m", node,
			(unsigned long long)(n->bytes >> 20));
	return 0;
}

/* Sum up what each node has, and where in its file each range starts. */
static void regions_plan(struct mem *m)
{
	for (uint32_t i = 0; i < m->layout->nr; i++) {
		const struct ram_range *r = &m->layout->ram[i];
		struct mem_node *n = &m->node[r->node];

		m->region[i] = (struct mem_region){
			.gpa = r->gpa, .node = r->node, .fd_offset = n->bytes, .hva = m->window + r->gpa.base
		};
		n->bytes += r->gpa.size;
		m->nr_nodes = max(m->nr_nodes, r->node + 1);
	}
	m->nr_regions = m->layout->nr;
}

static int region_map(const struct mem *m, const struct mem_region *r)
{
	int fd = m->node[r->node].fd;
	int what = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *p = mmap(r->hva, r->gpa.size, PROT_READ | PROT_WRITE, what | MAP_FIXED | MAP_NORESERVE, fd,
		fd < 0 ? 0 : (off_t)r->fd_offset);

	if (p == MAP_FAILED)
		return log_errno(-errno, "cannot map %llu MiB of guest memory: %m",
			(unsigned long long)(r->gpa.size >> 20));
	/* A core dump of the monitor is for its own state; the guest's would be as large as RAM. */
	if (madvise(p, r->gpa.size, MADV_DONTDUMP) < 0)
		log_debug("guest memory stays in core dumps: %m");
	/* After a fork, KVM would see the parent's next writes in other pages than the parent. */
	if (madvise(p, r->gpa.size, MADV_DONTFORK) < 0)
		log_debug("a child would share guest memory: %m");
	/* Whoever started us may have asked for all memory to be merged (PR_SET_MEMORY_MERGE). A kernel
	 * without KSM does not know the advice. */
	if (fd < 0)
		(void)madvise(p, r->gpa.size, MADV_UNMERGEABLE);
	return 0;
}

static bool node_wants_file(const struct mem *m, const struct mem_node *n)
{
	return n->bytes && (m->shared || n->page_size != KiB(4));
}

int mem_map(struct mem *m, const struct ram_layout *layout, const uint64_t *page_size, bool shared)
{
	int err;

	*m = (struct mem){ .layout = layout, .shared = shared };
	for (uint32_t i = 0; i < TOPO_NODES_MAX; i++)
		m->node[i].fd = -1;
	if ((err = window_reserve(m)) != 0)
		return err;
	regions_plan(m);
	for (uint32_t i = 0; i < m->nr_nodes; i++) {
		m->node[i].page_size = page_size ? page_size[i] : KiB(4);
		if (node_wants_file(m, &m->node[i]) && (err = node_open(&m->node[i], i)) != 0)
			goto err_fini;
	}
	for (uint32_t i = 0; i < m->nr_regions; i++)
		if ((err = region_map(m, &m->region[i])) != 0)
			goto err_fini;
	return 0;
err_fini:
	mem_fini(m);
	return err;
}

int mem_register(const struct mem *m, int vm_fd)
{
	for (uint32_t i = 0; i < m->nr_regions; i++) {
		const struct mem_region *r = &m->region[i];
		struct kvm_userspace_memory_region slot = {
			.slot = i,
			.guest_phys_addr = r->gpa.base,
			.memory_size = r->gpa.size,
			.userspace_addr = (uintptr_t)r->hva,
		};
		int err = kvm_ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &slot);

		if (err)
			return log_errno(err, "KVM does not take %llu MiB of memory at %#llx: %m",
				(unsigned long long)(r->gpa.size >> 20), (unsigned long long)r->gpa.base);
	}
	return 0;
}

void mem_fini(struct mem *m)
{
	if (m->window)
		munmap(m->window, m->window_size);
	for (uint32_t i = 0; i < m->nr_nodes; i++)
		if (m->node[i].fd >= 0)
			close(m->node[i].fd);
	*m = (struct mem){ 0 };
}

/* Regions are sorted by address; where they touch, so do their mappings. */
void *mem_at(const struct mem *m, gpa_t gpa, uint64_t size)
{
	gpa_t at = gpa;
	uint64_t left = size;

	for (uint32_t i = 0; i < m->nr_regions; i++) {
		struct range r = m->region[i].gpa;
		uint64_t here;

		if (!range_holds(r, at, 1))
			continue;
		here = r.base + r.size - at;
		if (left <= here)
			return m->window + gpa;
		at += here;
		left -= here;
	}
	return NULL;
}

void *mem_at_ctx(void *ctx, gpa_t gpa, uint64_t size)
{
	return mem_at(ctx, gpa, size);
}

uint64_t mem_room(const struct mem *m, gpa_t gpa)
{
	for (uint32_t i = 0; i < m->nr_regions; i++)
		if (range_holds(m->region[i].gpa, gpa, 1))
			return m->region[i].gpa.base + m->region[i].gpa.size - gpa;
	return 0;
}
