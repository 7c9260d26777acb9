/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement.c - the launcher's words for placement in the planner's. */
#include "launcher/placement.h"

#include <errno.h>
#include <stdlib.h>

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
	if (cpulist_copy(&r->host_cpus, &c->host_cpus) == 0 && request_pins_copy(&r->pin, &c->pin) == 0 &&
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

#define RACES_MAX 8 /* others that take a CPU between a look and a claim */

/* A plan without these CPUs; h is left without them if there is one. */
static int plan_without(struct host *h, const struct cpulist *cpus, const struct request *r, struct plan *p)
{
	bool *before = malloc(h->nr_pus * sizeof(*before));
	int err;

	if (!before)
		return -ENOMEM;
	for (uint32_t i = 0; i < h->nr_pus; i++) {
		before[i] = h->pu[i].allowed;
		h->pu[i].allowed &= !cpulist_has(cpus, h->pu[i].id);
	}
	if ((err = plan_make(h, r, p)) != 0) {
		plan_fini(p);
		for (uint32_t i = 0; i < h->nr_pus; i++)
			h->pu[i].allowed = before[i];
	}
	free(before);
	return err;
}

/* The CPUs of its vCPUs; the caller ends the list. */
static int plan_cpus(const struct plan *p, struct cpulist *cpus)
{
	bool *has = calloc(CPULIST_MAX, sizeof(*has));

	*cpus = (struct cpulist){ .cpu = calloc(p->nr_vcpus, sizeof(*cpus->cpu)) };
	if (!has || !cpus->cpu) {
		free(has);
		cpulist_fini(cpus);
		return -ENOMEM;
	}
	for (uint32_t v = 0; v < p->nr_vcpus; v++)
		has[p->vcpu[v].cpu.os] = true;
	for (int c = 0; c < CPULIST_MAX; c++)
		if (has[c])
			cpus->cpu[cpus->nr++] = (hcpu_t){ c };
	free(has);
	return 0;
}

/* There was no way around others: the plan says so. */
static int shared_warn(struct plan *p, const struct cpulist *mine, const struct cpulist *taken)
{
	struct cpulist both = { .cpu = calloc(mine->nr, sizeof(*both.cpu)) };
	char text[128];
	int err = 0;

	for (uint32_t i = 0; both.cpu && i < mine->nr; i++)
		if (cpulist_has(taken, mine->cpu[i]))
			both.cpu[both.nr++] = mine->cpu[i];
	if (both.nr) {
		cpulist_format(&both, text, sizeof(text));
		err = plan_warn(p,
			"CPU%s %s: vCPUs of another machine of thole's run there too, each while the other waits; give "
			"this one others, with --host-cpus or --pin, or fewer vCPUs",
			both.nr == 1 ? "" : "s", text);
	}
	cpulist_fini(&both);
	return err;
}

/* Around the taken CPUs where that is possible, else as if they were free. */
static int plan_around(
	struct host *h, const struct request *r, const struct cpulist *taken, struct plan *p, bool *apart)
{
	*apart = !taken->nr || plan_without(h, taken, r, p) == 0;
	return *apart && taken->nr ? 0 : placement_plan(h, r, p);
}

/* The CPUs that others have, as far as that matters to this request. */
static struct cpulist others(const struct request *r, const struct claim *claim)
{
	struct cpulist taken;

	if (r->overcommit || claim_taken(claim, &taken) != 0)
		taken = (struct cpulist){ 0 };
	return taken;
}

int placement_beside(struct host *h, const struct request *r, const struct claim *claim, struct plan *p)
{
	struct cpulist taken = others(r, claim), mine;
	bool apart;
	int err = plan_around(h, r, &taken, p, &apart);

	if (!err && !apart) {
		if ((err = plan_cpus(p, &mine)) == 0)
			err = shared_warn(p, &mine, &taken);
		cpulist_fini(&mine);
		if (err) {
			plan_fini(p);
			log_errno(err, "placement: %m");
		}
	}
	cpulist_fini(&taken);
	return err;
}

/* 0; -EAGAIN: somebody was faster. */
static int plan_and_claim(
	struct host *h, const struct request *r, const struct claim *claim, const struct cpulist *taken, struct plan *p)
{
	struct cpulist mine;
	bool apart;
	int err = plan_around(h, r, taken, p, &apart);

	if (err)
		return err;
	if ((err = plan_cpus(p, &mine)) != 0) {
		plan_fini(p);
		return log_errno(err, "placement: %m");
	}
	err = claim_cpus(claim, &mine);
	if (err && (!apart || r->overcommit || err != -EAGAIN)) {
		claim_shared(claim, &mine);
		if ((err = shared_warn(p, &mine, taken)) != 0)
			log_errno(err, "placement: %m");
	}
	cpulist_fini(&mine);
	if (err)
		plan_fini(p);
	return err;
}

int placement_claim(struct host *h, const struct request *r, const struct claim *claim, struct plan *p)
{
	int err = -EAGAIN;

	for (int i = 0; i < RACES_MAX && err == -EAGAIN; i++) {
		struct cpulist taken = others(r, claim);

		err = plan_and_claim(h, r, claim, &taken, p);
		cpulist_fini(&taken);
	}
	return err == -EAGAIN ? placement_plan(h, r, p) : err;
}
