/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_isolation.c - what the dead have left is put back; and then, if asked for, this machine's CPUs are isolated. */
#include <errno.h>
#include <stdlib.h>

#include "launcher/machine.h"
#include "sched/cpus.h"
#include "sched/policy.h"
#include "vmm/log.h"

/* First of all: CPUs that a dead machine still has are missing in the plan. */
static int leftover_start(struct machine *m)
{
	struct isolation iso;

	(void)m;
	if (isolation_open(&iso, "/", NULL) != 0)
		return 0;
	if (isolation_recover(&iso, NULL, NULL) != 0)
		log_warn("what an earlier machine has changed on this host is not put back; see `thole restore`");
	isolation_close(&iso);
	return 0;
}

static void leftover_stop(struct machine *m)
{
	(void)m;
}

const struct unit leftover_unit = { "leftover", leftover_start, leftover_stop };

/* What a person wants to know in a line or two. */
static void isolation_tell(const struct machine *m, const char *cpus)
{
	const struct isolation *iso = &m->isolation;
	uint32_t rights = isolation_count(iso, ISOLATION_RIGHTS);

	log_info("isolation: CPUs %s: %u settings of the host changed, %u were right%s", cpus,
		isolation_count(iso, ISOLATION_SET), isolation_count(iso, ISOLATION_ALREADY),
		iso->isolated ? ", nothing else is scheduled there" : "");
	for (uint32_t i = 0; i < iso->nr; i++)
		if (iso->result[i].status == ISOLATION_REFUSED || (iso->result[i].knob == &knob_partition && !iso->isolated))
			log_warn("isolation: %s: %s: %s", iso->result[i].knob->name,
				isolation_status_name(iso->result[i].status), iso->result[i].detail);
	if (rights)
		log_warn("isolation: %u settings take root: `thole isolate --show --cpus %s` has the commands", rights, cpus);
}

/* isolation=require: everything that this host has, and the CPUs to ourselves. */
static int require(const struct machine *m)
{
	const struct isolation *iso = &m->isolation;

	if (!iso->isolated)
		return log_errno(-EPERM, "isolation=require: other threads may be scheduled on the vCPUs' CPUs");
	for (uint32_t i = 0; i < iso->nr; i++)
		if (!iso->result[i].knob->extra &&
			(iso->result[i].status == ISOLATION_REFUSED || iso->result[i].status == ISOLATION_RIGHTS))
			return log_errno(-EPERM, "isolation=require: %s: %s", iso->result[i].knob->name,
				isolation_status_name(iso->result[i].status));
	return 0;
}

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

static int isolate(struct machine *m)
{
	const struct isolation_request ask = {
		.cpus = &m->quiet_cpus,
		/* A vCPU that shares its CPU with housekeeping could not enter one. */
		.partition = !m->plan.housekeeping_shared,
		.fifo = m->cfg->sched.fifo,
	};
	char *cpus = cpus_to_list(&m->quiet_cpus);
	int err = cpus ? isolation_apply(&m->isolation, &ask) : log_errno(-ENOMEM, "isolation: %m");

	if (!err)
		isolation_tell(m, cpus);
	if (!err && m->cfg->isolation == CONFIG_ISOLATION_REQUIRE)
		err = require(m);
	free(cpus);
	return err;
}

static int isolation_start(struct machine *m)
{
	int err;

	if ((err = isolation_open(&m->isolation, "/", NULL)) != 0)
		return err;
	if (m->cfg->isolation != CONFIG_ISOLATION_NONE && !m->quiet_cpus.nr) {
		err = m->cfg->isolation == CONFIG_ISOLATION_REQUIRE ? -EPERM : 0;
		log_warn("isolation: no CPU is left for everything else: leave one out of the vCPUs' (fewer vCPUs, or more in "
			"host-cpus)");
	} else if (m->cfg->isolation != CONFIG_ISOLATION_NONE) {
		err = isolate(m);
	}
	if (!err)
		err = sched_check(m);
	if (!err)
		return 0;
	(void)!isolation_release(&m->isolation);
	isolation_close(&m->isolation);
	return err;
}

static void isolation_stop(struct machine *m)
{
	if (isolation_release(&m->isolation) != 0)
		log_warn("isolation: not all is put back; see `thole restore`");
	isolation_close(&m->isolation);
}

const struct unit isolation_unit = { "isolation", isolation_start, isolation_stop };
