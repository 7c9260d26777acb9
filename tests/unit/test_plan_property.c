/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan_property.c - what holds for every plan, on machines and requests made by chance.
 *
 * The seeds are fixed: a failure names its round, and comes again.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan.h"

#define ROUNDS 20000

/* xorshift64*: the same numbers everywhere. */
static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
	chance_state ^= chance_state >> 12;
	chance_state ^= chance_state << 25;
	chance_state ^= chance_state >> 27;
	return (uint32_t)((chance_state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static bool one_in(uint32_t n)
{
	return chance(n) == 0;
}

static void nodes_vary(struct host *h)
{
	int id = 0;

	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		struct host_node *n = &h->node[i];

		*n = (struct host_node){ .id = { id += (int)chance(3) + !!i },
			.allowed = !one_in(8), .total = GiB(1 + chance(64)) };
		if (one_in(12))
			n->total = 0;
		if (one_in(6))
			n->total = HOST_PLENTY;
		n->free = n->total / (1 + chance(3));
		for (enum host_page p = 0; p < HOST_PAGES; p++) {
			uint64_t most = min(n->total, GiB(64)) / host_page_bytes(p) / 2;
			uint64_t total = chance((uint32_t)most + 1);

			n->pool[p] = one_in(3) ? (struct host_pool){ HOST_PLENTY, HOST_PLENTY }
					       : (struct host_pool){ total,
							 total ? chance((uint32_t)total + 1) : 0 };
		}
	}
}

/* Packages of nodes of complexes of cores of threads, some cut away, and a node or two of
 * memory. */
static void host_vary(struct host *h)
{
	uint32_t packages = 1 + chance(3), nodes = 1 + chance(3), complexes = 1 + chance(2);
	uint32_t cores = 1 + chance(4), threads = 1 + chance(2) * (1 + chance(2));
	uint32_t all = packages * nodes * complexes * cores * threads, at = 0;
	bool holes = one_in(2), cuts = one_in(2);

	*h = (struct host){ .no_thp = one_in(8) };
	h->nr_nodes = packages * nodes + chance(3);
	h->node = calloc(h->nr_nodes, sizeof(*h->node));
	h->pu = calloc(all, sizeof(*h->pu));
	assert_non_null(h->node);
	assert_non_null(h->pu);
	nodes_vary(h);
	for (uint32_t i = 0; i < all; i++) {
		uint32_t core = i / threads, complex = core / cores, node = complex / complexes;

		if (holes && one_in(6) && (i || at))
			continue;
		h->pu[at++] = (struct host_pu){ { (int)(i % threads * all + core) }, core, complex,
			node / nodes, node, !cuts || !one_in(4) };
	}
	if (!at)
		h->pu[at++] = (struct host_pu){ .allowed = true };
	h->nr_pus = at;
	assert_int_equal(host_seal(h), 0);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		for (uint32_t j = 0; j < i; j++)
			h->distance[i * h->nr_nodes + j] = h->distance[j * h->nr_nodes + i] =
				(uint8_t)(10 + chance(30));
}

static void nodes_ask(struct request *r, const struct host *h)
{
	char text[256], why[128];
	uint32_t nodes = 1 + chance(3);

	for (uint32_t i = 0; i < nodes; i++) {
		int n = snprintf(text, sizeof(text), "%u:", i);

		if (i && one_in(4)) { /* memory only */
			snprintf(text, sizeof(text), "%u:mem=%uM,cpus=,host=%d", i,
				512 * (1 + chance(16)), h->node[chance(h->nr_nodes)].id.os);
			assert_int_equal(request_nodes_add(&r->node, text, why, sizeof(why)), 0);
			continue;
		}
		if (one_in(2))
			n += snprintf(text + n, sizeof(text) - (size_t)n, "mem=%uM,",
				512 * (1 + chance(16)));
		if (one_in(3))
			n += snprintf(text + n, sizeof(text) - (size_t)n, "host=%d,",
				h->node[chance(h->nr_nodes)].id.os);
		if (n == 2)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "cpus=%u,",
				chance(r->nr_vcpus));
		text[n - 1] = 0;
		assert_int_equal(request_nodes_add(&r->node, text, why, sizeof(why)), 0);
	}
}

static void request_vary(struct request *r, const struct host *h)
{
	*r = (struct request){ .nr_vcpus = 1 + chance(h->nr_pus + 2), .policy = chance(3),
		.smt = chance(3), .page = chance(5), .overcommit = one_in(4) };
	r->memory = one_in(3) ? MiB(512) * (1 + chance(32)) : GiB(1 + chance(64));
	if (one_in(20))
		r->memory += KiB(4) * chance(600);
	for (uint32_t v = 0; v < r->nr_vcpus && one_in(3); v++) {
		char text[32], why[64];

		snprintf(text, sizeof(text), "%u=%d", v, h->pu[chance(h->nr_pus)].id.os);
		assert_int_equal(request_pins_add(&r->pin, text, why, sizeof(why)), 0);
	}
	for (uint32_t i = chance(4); i > 2; i--)
		assert_int_equal(request_add_device(r, h->node[chance(h->nr_nodes)].id), 0);
	if (one_in(4)) {
		nodes_ask(r, h);
		if (one_in(2))
			r->memory = 0;
	}
	if (!r->node.nr && one_in(8))
		r->guest_nodes = 1 + chance(4);
	if (one_in(4))
		for (uint32_t i = 0; i < h->nr_pus; i++)
			if (h->pu[i].allowed && one_in(2)) {
				hcpu_t *more = realloc(r->host_cpus.cpu,
					(r->host_cpus.nr + 1) * sizeof(*more));
				uint32_t at = r->host_cpus.nr++;

				assert_non_null(more);
				r->host_cpus.cpu = more;
				for (; at && more[at - 1].os > h->pu[i].id.os; at--)
					more[at] = more[at - 1];
				more[at] = h->pu[i].id;
			}
}

static bool cpu_usable(const struct host *h, const struct request *r, hcpu_t cpu)
{
	const struct host_pu *pu = host_find_pu(h, cpu);

	return pu && pu->allowed && (!r->host_cpus.nr || cpulist_has(&r->host_cpus, cpu));
}

static void vcpus_hold(const struct host *h, const struct request *r, const struct plan *p)
{
	uint32_t *on_core = calloc(h->nr_cores, sizeof(*on_core));
	bool shares = false, siblings = false;

	assert_int_equal(p->nr_vcpus, r->nr_vcpus);
	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		const struct host_pu *pu = host_find_pu(h, p->vcpu[v].cpu);

		assert_true(cpu_usable(h, r, p->vcpu[v].cpu));
		assert_int_equal(p->vcpu[v].core, pu->core);
		assert_int_equal(p->vcpu[v].node.os, h->node[pu->node].id.os);
		assert_true(p->vcpu[v].guest_node < p->guest.nr_nodes);
		if (!r->pin.nr) /* beside its memory */
			assert_int_equal(p->vcpu[v].node.os,
				p->node_host[p->vcpu[v].guest_node].os);
		siblings |= on_core[pu->core]++ > 0;
		for (uint32_t u = 0; u < v; u++)
			shares |= p->vcpu[u].cpu.os == p->vcpu[v].cpu.os;
	}
	free(on_core);
	assert_int_equal(shares, p->overcommit);
	if (!r->overcommit)
		assert_false(shares);
	assert_int_equal(siblings, p->smt || p->overcommit);
	if (r->smt == SMT_NEVER && !r->pin.nr && !r->overcommit)
		assert_false(siblings);
	for (uint32_t i = 0; i < r->pin.nr; i++)
		assert_int_equal(p->vcpu[r->pin.at[i].vcpu].cpu.os, r->pin.at[i].cpu.os);
}

static void memory_holds(const struct host *h, const struct request *r, const struct plan *p)
{
	uint64_t *used = calloc(h->nr_nodes, sizeof(*used)), sum = 0, asked = 0;

	for (uint32_t i = 0; i < p->nr_memory; i++) {
		const struct plan_memory *m = &p->memory[i];
		const struct host_node *n = host_find_node(h, m->node);
		uint64_t grain = p->page == PAGE_THP ? KiB(4) : m->page_size;

		assert_non_null(n);
		assert_true(n->allowed);
		assert_true(m->bytes && is_aligned(m->bytes, grain));
		assert_int_equal(m->node.os, p->node_host[m->guest_node].os);
		sum += m->bytes;
		used[n - h->node] += m->bytes;
	}
	for (uint32_t i = 0; i < r->node.nr; i++)
		asked += r->node.at[i].bytes;
	assert_int_equal(sum, r->memory ? r->memory : asked);
	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		const struct host_node *n = &h->node[i];
		enum host_page size = p->page == PAGE_1G ? HOST_PAGE_1G : HOST_PAGE_2M;

		assert_true(used[i] <= n->total);
		if ((p->page == PAGE_1G || p->page == PAGE_2M) && n->pool[size].free != HOST_PLENTY)
			assert_true(used[i] <= n->pool[size].free * host_page_bytes(size));
	}
	if (r->page != PAGE_AUTO)
		assert_int_equal(p->page, r->page);
	free(used);
}

static void policy_holds(const struct request *r, const struct plan *p)
{
	if (r->policy == PLACE_ONE_NODE)
		assert_int_equal(p->guest.nr_nodes, 1);
	if (r->node.nr)
		assert_int_equal(p->guest.nr_nodes, r->node.nr);
	if (r->guest_nodes)
		assert_int_equal(p->guest.nr_nodes, r->guest_nodes);
	for (uint32_t i = 0; i < r->node.nr; i++) {
		const struct request_node *n = &r->node.at[i];

		if (n->host.os != REQUEST_ANY_HOST)
			assert_int_equal(p->node_host[i].os, n->host.os);
		for (uint32_t v = 0; v < n->nr_vcpus; v++)
			assert_int_equal(p->vcpu[n->vcpu[v]].guest_node, i);
	}
}

static void near_housekeeping_holds(const struct host *h, const struct plan *p, uint32_t vcpu)
{
	const struct plan_vcpu *v = &p->vcpu[vcpu];
	uint32_t own = host_find_pu(h, v->cpu)->node, near = host_find_pu(h, v->housekeeping)->node;

	if (p->housekeeping_shared) {
		assert_int_equal(v->housekeeping.os, v->cpu.os);
		return;
	}
	assert_true(cpulist_has(&p->housekeeping, v->housekeeping));
	for (uint32_t i = 0; i < p->housekeeping.nr; i++)
		assert_true(host_distance(h, own, near) <=
			host_distance(h, own, host_find_pu(h, p->housekeeping.cpu[i])->node));
}

static void housekeeping_holds(const struct host *h, const struct request *r, const struct plan *p)
{
	assert_true(p->housekeeping.nr > 0);
	for (uint32_t i = 0; i < p->housekeeping.nr; i++) {
		assert_true(cpu_usable(h, r, p->housekeeping.cpu[i]));
		for (uint32_t v = 0; v < p->nr_vcpus && !p->housekeeping_shared; v++)
			assert_int_not_equal(p->vcpu[v].cpu.os, p->housekeeping.cpu[i].os);
	}
	for (uint32_t v = 0; v < p->nr_vcpus; v++)
		near_housekeeping_holds(h, p, v);
}

/* The image is one: vCPUs share in the guest what their CPUs share. */
static void guest_holds(const struct host *h, const struct plan *p)
{
	const struct topology *t = &p->guest;

	assert_int_equal(t->nr_cpus, p->nr_vcpus);
	for (uint32_t a = 0; a < t->nr_cpus; a++) {
		const struct host_pu *x = host_find_pu(h, p->vcpu[a].cpu);

		assert_int_equal(t->cpu[a].node, p->vcpu[a].guest_node);
		for (uint32_t b = 0; b < a; b++) {
			const struct host_pu *y = host_find_pu(h, p->vcpu[b].cpu);
			const struct topo_cpu *c = &t->cpu[a], *d = &t->cpu[b];
			bool complex = c->package == d->package && c->complex == d->complex;

			assert_int_not_equal(topology_apicid(t, a).id, topology_apicid(t, b).id);
			assert_int_equal(c->package == d->package, x->package == y->package);
			if (complex)
				assert_int_equal(x->complex, y->complex);
			if (complex && c->core == d->core)
				assert_int_equal(x->core, y->core);
			if (x->core == y->core && x != y && c->node == d->node && !p->overcommit)
				assert_true(complex && c->core == d->core);
		}
	}
	for (uint32_t i = 0; i < t->nr_nodes; i++)
		for (uint32_t j = 0; j < t->nr_nodes; j++)
			assert_true(i == j ? t->distance[i * t->nr_nodes + j] == 10 :
					     t->distance[i * t->nr_nodes + j] > 10);
}

static void plans_equal(const struct plan *a, const struct plan *b)
{
	assert_int_equal(a->refusal.err, b->refusal.err);
	assert_string_equal(a->refusal.text, b->refusal.text);
	assert_int_equal(a->nr_vcpus, b->nr_vcpus);
	assert_int_equal(a->nr_memory, b->nr_memory);
	assert_int_equal(a->nr_warnings, b->nr_warnings);
	assert_true(cpulist_equal(&a->housekeeping, &b->housekeeping));
	if (a->nr_vcpus)
		assert_memory_equal(a->vcpu, b->vcpu, a->nr_vcpus * sizeof(*a->vcpu));
	if (a->nr_memory)
		assert_memory_equal(a->memory, b->memory, a->nr_memory * sizeof(*a->memory));
	if (a->nr_vcpus)
		assert_memory_equal(
			a->guest.cpu, b->guest.cpu, a->nr_vcpus * sizeof(*a->guest.cpu));
}

/* With THOLE_TEST_VERBOSE set, the last round described is the one that failed. */
static void round_describe(const struct host *h, const struct request *r)
{
	fprintf(stderr,
		"%u vCPUs, %llu MiB, policy %s, smt %s, pages %s, overcommit %d, %u pins, %u + %u "
		"nodes\n",
		r->nr_vcpus, (unsigned long long)r->memory >> 20, place_policy_name(r->policy),
		smt_policy_name(r->smt), page_policy_name(r->page), r->overcommit, r->pin.nr,
		r->node.nr, r->guest_nodes);
	for (uint32_t i = 0; i < h->nr_pus; i++)
		fprintf(stderr, " %d:c%ux%up%un%u%s", h->pu[i].id.os, h->pu[i].core,
			h->pu[i].complex, h->pu[i].package, h->pu[i].node,
			cpu_usable(h, r, h->pu[i].id) ? "" : "-");
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		fprintf(stderr, "\n node %d%s %lld MiB 2M %lld 1G %lld", h->node[i].id.os,
			h->node[i].allowed ? "" : "-", (long long)h->node[i].total >> 20,
			(long long)h->node[i].pool[HOST_PAGE_2M].free,
			(long long)h->node[i].pool[HOST_PAGE_1G].free);
	fputc('\n', stderr);
}

static int round_play(void)
{
	struct host h;
	struct request r;
	struct plan p, again;
	int err;

	host_vary(&h);
	request_vary(&r, &h);
	if (getenv("THOLE_TEST_VERBOSE"))
		round_describe(&h, &r);
	err = plan_make(&h, &r, &p);
	assert_int_equal(plan_make(&h, &r, &again), err);
	plans_equal(&p, &again);
	if (err) {
		assert_true(err == -EINVAL || err == -ENOSPC);
		assert_true(strlen(p.refusal.text) > 20);
		assert_true(strlen(p.refusal.text) < PLAN_TEXT - 1);
		if (p.refusal.what != PLAN_SHORT_NOTHING && p.refusal.wanted <= p.refusal.have)
			fail_msg("that is enough: %s", p.refusal.text);
	} else {
		vcpus_hold(&h, &r, &p);
		memory_holds(&h, &r, &p);
		policy_holds(&r, &p);
		housekeeping_holds(&h, &r, &p);
		guest_holds(&h, &p);
	}
	plan_fini(&p);
	plan_fini(&again);
	request_fini(&r);
	host_fini(&h);
	return err;
}

static void every_plan_keeps_the_promises(void **state)
{
	uint32_t made = 0;

	(void)state;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		chance_state = round * 0x9e3779b97f4a7c15ull;
		made += round_play() == 0;
	}
	/* Neither all refused nor none: the test tests something. */
	assert_in_range(made, ROUNDS / 5, ROUNDS * 4 / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_plan_keeps_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
