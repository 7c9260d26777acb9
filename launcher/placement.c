/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement.c - the launcher's words for placement in the planner's. */
#include "launcher/placement.h"

#include <errno.h>

/* The choices of the two sides are the same, in the same order. */
static_assert((int)CONFIG_POLICY_SPREAD == (int)PLACE_SPREAD, "policies");
static_assert((int)CONFIG_POLICY_ONE_NODE == (int)PLACE_ONE_NODE, "policies");
static_assert((int)CONFIG_SMT_USE == (int)SMT_USE, "smt");
static_assert((int)CONFIG_SMT_NEVER == (int)SMT_NEVER, "smt");
static_assert((int)CONFIG_HUGEPAGES_1G == (int)PAGE_1G, "pages");
static_assert((int)CONFIG_HUGEPAGES_2M == (int)PAGE_2M, "pages");
static_assert((int)CONFIG_HUGEPAGES_THP == (int)PAGE_THP, "pages");
static_assert((int)CONFIG_HUGEPAGES_NONE == (int)PAGE_NONE, "pages");

int placement_request(struct request *r, const struct run_config *c)
{
	*r = (struct request){
		.nr_vcpus = c->cpus,
		.memory = c->memory,
		.policy = (enum place_policy)c->policy,
		.smt = (enum smt_policy)c->smt,
		.page = (enum page_policy)c->hugepages,
		.overcommit = c->overcommit,
		.shared = c->share_memory,
	};
	if (cpulist_copy(&r->host_cpus, &c->host_cpus) == 0 &&
		request_pins_copy(&r->pin, &c->pin) == 0 &&
		request_nodes_copy(&r->node, &c->node) == 0)
		return 0;
	request_fini(r);
	return log_errno(-ENOMEM, "placement: %m");
}

int placement_plan(const struct host *h, const struct request *r, struct plan *p)
{
	int err = plan_make(h, r, p);

	if (!err)
		return 0;
	if (p->refusal.err)
		log_errno(err, "%s", p->refusal.text);
	else
		log_errno(err, "placement: %m");
	plan_fini(p);
	return err;
}
