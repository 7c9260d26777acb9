/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_plan.c - where everything goes: the plan for this host, and thole's own thread to its place. */
#include <errno.h>
#include <stdlib.h>

#include "launcher/machine.h"
#include "launcher/placement.h"
#include "launcher/quiet_cpus.h"
#include "vmm/log.h"

/* Huge pages always: a shortage is to be found now. Small ones where they can be short on one node. */
static bool prefault_wanted(const struct machine *m)
{
	if (m->plan.page == PAGE_1G || m->plan.page == PAGE_2M)
		return true;
	if (m->cfg->prefault == CONFIG_PREFAULT_AUTO)
		return m->nr_host_nodes > 1;
	return m->cfg->prefault == CONFIG_PREFAULT_YES;
}

static void workers_free(struct machine *m)
{
	for (uint32_t i = 0; i < m->nr_workers; i++)
		cpulist_fini(&m->workers[i].cpus);
	free(m->workers);
	m->workers = NULL;
	m->nr_workers = 0;
}

/* One entry for each host node that has some of the guest's memory. */
static int workers_choose(struct machine *m, const struct host *h)
{
	const struct plan *p = &m->plan;
	int err = 0;

	m->workers = calloc(p->nr_memory, sizeof(*m->workers));
	if (!m->workers)
		return log_errno(-ENOMEM, "prefault: %m");
	for (uint32_t i = 0; i < p->nr_memory && !err; i++) {
		struct prefault_workers *w = &m->workers[m->nr_workers];
		bool again = false;

		for (uint32_t k = 0; k < m->nr_workers; k++)
			again |= m->workers[k].node.os == p->memory[i].node.os;
		if (again)
			continue;
		w->node = p->memory[i].node;
		err = prefault_cpus(h, &m->cfg->host_cpus, w->node, &w->cpus);
		m->nr_workers += !err;
	}
	if (err) {
		workers_free(m);
		log_errno(err, "prefault: no CPU to fill memory from: %m");
	}
	return err;
}

static int prefault_prepare(struct machine *m, const struct host *h)
{
	char why[256];
	int err;

	m->prefault = prefault_wanted(m);
	if (!m->prefault)
		return 0;
	err = backing_check(&m->plan, h, why, sizeof(why));
	return err ? log_errno(err, "%s", why) : workers_choose(m, h);
}

/* How fast memory is; a guest of one node has nothing to choose from. */
static int hmat_load(struct machine *m)
{
	struct speed s;
	int err;

	if (m->plan.guest.nr_nodes == 1)
		return 0;
	if ((err = speed_load(&s, "", &m->plan)) != 0)
		return log_errno(err, "memory's speed: %m");
	if (!speed_hmat(&s, &m->plan, &m->hmat))
		log_debug("this host doesn't tell how fast its memory is: the guest gets no HMAT");
	speed_fini(&s);
	return 0;
}

static int plan_from_host(struct machine *m, struct host *h)
{
	struct request r;
	int err = placement_request(&r, m->cfg);

	if (err)
		return err;
	err = handover_request(&m->handover, h, &r);
	if (!err)
		err = placement_claim(h, &r, &m->claim, &m->plan);
	request_fini(&r);
	if (err)
		return err;
	m->nr_host_nodes = h->nr_nodes;
	if ((err = quiet_cpus(&m->plan, h, &m->quiet_cpus)) != 0)
		log_errno(err, "isolation: %m");
	if (!err && (err = prefault_prepare(m, h)) == 0 && (err = hmat_load(m)) == 0)
		return 0;
	cpulist_fini(&m->quiet_cpus);
	workers_free(m);
	plan_fini(&m->plan);
	return err;
}

static int housekeeping_move(struct machine *m)
{
	int err = affinity_get(&m->affinity);

	if (!err)
		err = affinity_set(&m->plan.housekeeping);
	return err ? log_errno(err, "cannot move to the housekeeping CPUs: %m; did the cpuset change?") : 0;
}

static void plan_undo(struct machine *m)
{
	report_fini(&m->report);
	hmat_fini(&m->hmat);
	cpulist_fini(&m->quiet_cpus);
	workers_free(m);
	plan_fini(&m->plan);
	claim_close(&m->claim);
}

static int plan_start(struct machine *m)
{
	struct host h;
	int err = survey_host(&m->survey, &h);

	if (err)
		return err;
	claim_open(&m->claim, CLAIM_FILE);
	err = plan_from_host(m, &h);
	if (!err && m->cfg->report)
		(void)survey_cpu(&m->survey, &m->plan.guest); /* which is in the report */
	if (!err && (err = report_plan(&m->report, m->cfg, &m->plan, &h)) != 0)
		plan_undo(m);
	host_fini(&h); /* the plan has all that follows */
	if (err) {
		claim_close(&m->claim);
		return err;
	}
	if ((err = housekeeping_move(m)) != 0) {
		plan_undo(m);
		return err;
	}
	return 0;
}

static void plan_stop(struct machine *m)
{
	/* Another start, after a reboot, plans anew with all that this process may use. */
	if (affinity_restore(&m->affinity) != 0)
		log_debug("the process's CPU affinity can't be restored: %m");
	plan_undo(m);
}

const struct unit plan_unit = { "plan", plan_start, plan_stop };
