/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_memory.c - guest RAM: mapped, bound to its nodes and filled; and made known to KVM. */
#include "launcher/machine.h"
#include "launcher/progress.h"
#include "vmm/log.h"

struct filling {
	struct progress bar;
	const struct stop_signals *signals;
};

static bool filling_show(void *ctx, uint64_t done, uint64_t total)
{
	struct filling *f = ctx;

	progress_show(&f->bar, done, total);
	return !stop_signals_waiting(f->signals);
}

static int backing_start(struct machine *m)
{
	struct filling filling = { progress_start("filling guest memory", m->cfg->quiet), m->signals };
	const struct backing_config cfg = {
		.plan = &m->plan,
		.prefault = m->prefault,
		.workers = m->workers,
		.nr_workers = m->nr_workers,
		.progress = filling_show,
		.ctx = &filling,
	};
	int err = backing_apply(&m->vm.mem, &cfg, &m->backing);

	progress_end(&filling.bar);
	if (!err && m->prefault)
		log_debug("filled %llu MiB of guest memory in %llu ms with %u threads",
			(unsigned long long)(m->backing.prefault.bytes >> 20),
			(unsigned long long)(m->backing.prefault.ns / 1000000), m->backing.prefault.threads);
	return err;
}

static int memory_start(struct machine *m)
{
	struct mem *mem = &m->vm.mem;
	uint64_t page_size[TOPO_NODES_MAX];
	int err;

	backing_page_sizes(&m->plan, page_size);
	if ((err = mem_map(mem, &m->layout, page_size, m->plan.shared)) != 0)
		return err;
	err = backing_start(m);
	return err ? err : report_memory(&m->report, mem, &m->plan, m->prefault);
}

/* vm_destroy() unmaps it, after KVM's machine. */
static void memory_stop(struct machine *m)
{
	(void)m;
}

const struct unit memory_unit = { "memory", memory_start, memory_stop };

static int slots_start(struct machine *m)
{
	return m->apics_only ? 0 : mem_register(&m->vm.mem, m->vm.fd);
}

/* They go with KVM's machine. */
static void slots_stop(struct machine *m)
{
	(void)m;
}

const struct unit slots_unit = { "slots", slots_start, slots_stop };

static int slots_late_start(struct machine *m)
{
	return m->apics_only ? mem_register(&m->vm.mem, m->vm.fd) : 0;
}

const struct unit slots_late_unit = { "slots, late", slots_late_start, slots_stop };
