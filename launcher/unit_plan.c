/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_plan.c - where everything goes: the plan for this host, and thole's own thread to its place. */
#include <errno.h>

#include "launcher/machine.h"
#include "launcher/placement.h"
#include "sched/policy.h"
#include "vmm/log.h"

static int sched_check(const struct machine *m)
{
	struct policy_limits limits;
	char why[512];

	if (!m->cfg->sched.fifo)
		return 0;
	limits = policy_load();
	if (policy_check(&limits, m->plan.housekeeping_shared, why, sizeof(why)) == 0)
		return 0;
	if (!m->cfg->force)
		return log_errno(-EPERM, "%s", why);
	log_warn("%s", why);
	return 0;
}

/* What the plan has to say to the person who asked for it. */
static void plan_tell(const struct plan *p)
{
	for (uint32_t i = 0; i < p->nr_warnings; i++)
		log_warn("%s", p->warning[i]);
	if (*p->note)
		log_info("%s", p->note);
}

static int plan_from_host(struct machine *m, const struct host *h)
{
	struct request r;
	int err = placement_request(&r, m->cfg);

	if (err)
		return err;
	err = placement_plan(h, &r, &m->plan);
	request_fini(&r);
	return err;
}

static int housekeeping_move(struct machine *m)
{
	int err = affinity_get(&m->affinity);

	if (!err)
		err = affinity_set(&m->plan.housekeeping);
	return err ? log_errno(err, "cannot move to the housekeeping CPUs: %m; did the cpuset change?") : 0;
}

static int plan_start(struct machine *m)
{
	struct host h;
	int err = host_load(&h);

	if (err)
		return err;
	err = plan_from_host(m, &h);
	m->nr_host_nodes = h.nr_nodes;
	host_fini(&h); /* the plan has all that follows */
	if (err)
		return err;
	plan_tell(&m->plan);
	if ((err = sched_check(m)) != 0 || (err = housekeeping_move(m)) != 0)
		plan_fini(&m->plan);
	return err;
}

static void plan_stop(struct machine *m)
{
	/* Another start, after a reboot, plans anew with all that this process may use. */
	if (affinity_restore(&m->affinity) != 0)
		log_debug("the process's CPU affinity can't be restored: %m");
	plan_fini(&m->plan);
}

const struct unit plan_unit = { "plan", plan_start, plan_stop };
