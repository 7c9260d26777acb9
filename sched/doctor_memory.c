/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_memory.c - checks of the pages that guest memory is made of, and of what disturbs them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/doctor_checks.h"
#include "sched/ktext.h"

#define CAP_IPC_LOCK_BIT 14

/* "16 x 1G (2 free)" for each size that there is; how many pages in all, -1 if some count is not known. */
static int64_t pools_text(const struct fact_node *n, struct finding *out)
{
	static const char *const sizes[FACT_PAGES] = { [FACT_PAGE_2M] = "2M", [FACT_PAGE_1G] = "1G" };
	int64_t sum = 0;

	finding_add(out, "%snode %d:", *out->found ? "; " : "", n->id.os);
	for (int p = FACT_PAGES - 1; p >= 0; p--) {
		int64_t total = n->pages[p].state == FACT_ABSENT ? 0 : fact_number(&n->pages[p], -1);

		if (total < 0)
			return -1;
		if (!total)
			continue;
		finding_add(out, "%s %" PRId64 " x %s", sum ? "," : "", total, sizes[p]);
		if (fact_number(&n->free[p], total) != total)
			finding_add(out, " (%" PRId64 " free)", fact_number(&n->free[p], 0));
		sum += total;
	}
	if (!sum)
		finding_add(out, " none");
	return sum;
}

static bool all_huge(const struct doctor_need *need)
{
	for (uint32_t i = 0; i < need->nr_memory; i++)
		if (need->at[i].page_size < MiB(2))
			return false;
	return need->given && !need->refusal && need->nr_memory;
}

static void planned_pages(const struct doctor_need *need, struct finding *out)
{
	for (uint32_t i = 0; i < need->nr_memory; i++) {
		const struct need_memory *m = &need->at[i];

		if (m->page_size >= MiB(2))
			finding_add(out, "%snode %d: this run takes %" PRIu64 " x %s", i ? "; " : "", m->node.os,
				m->bytes / m->page_size, m->page_size == GiB(1) ? "1G" : "2M");
		else
			finding_add(out, "%snode %d: %" PRIu64 " MiB of this run in %s pages", i ? "; " : "", m->node.os,
				m->bytes >> 20, need->thp ? "transparent" : "4 KiB");
	}
}

void check_huge_pages(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	uint32_t empty = 0;
	int node = 0; /* the first without */

	if (need->given && !need->refusal) {
		planned_pages(need, out);
		if (all_huge(need))
			return;
		node = need->nr_memory ? need->at[0].node.os : 0;
	} else {
		for (uint32_t i = 0; i < f->nr_nodes; i++) {
			int64_t sum = pools_text(&f->node[i], out);

			if (sum < 0) {
				finding_unknown(out, "node %d doesn't say how many it has", f->node[i].id.os);
				return;
			}
			if (!sum && !empty++)
				node = f->node[i].id.os;
		}
		if (!f->nr_nodes) {
			finding_unknown(out, "no nodes are shown");
			return;
		}
		if (!empty)
			return;
	}
	finding_want(out, empty == f->nr_nodes || need->given ? DOCTOR_WARNING : DOCTOR_ADVICE,
		"1 GiB or 2 MiB pages on each node that a guest uses",
		"more TLB misses, and longer page walks at each; thole takes the free ones by itself, but reserves none");
	finding_remedy(out, CHANGE_NOW, "echo N > /sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages; of "
		"1 GiB: boot with hugepagesz=1G hugepages=NODE:N,...", node);
}

static bool nodes_have_pages(const struct host_facts *f)
{
	bool all = f->nr_nodes > 0;

	for (uint32_t i = 0; i < f->nr_nodes; i++)
		all &= fact_number(&f->node[i].pages[FACT_PAGE_2M], 0) > 0 ||
		       fact_number(&f->node[i].pages[FACT_PAGE_1G], 0) > 0;
	return all;
}

/* Guest memory is private unless another process maps it too; the kernel has a switch for each kind. */
void check_thp(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact *thp = need->shared ? &f->thp_shmem : &f->thp;
	const char *file = need->shared ? "shmem_enabled" : "enabled", *wanted = need->shared ? "advise" : "madvise";
	char choice[24];

	if (thp->state == FACT_UNKNOWN) {
		finding_unknown(out, "transparent_hugepage/%s can't be read", file);
		return;
	}
	ktext_choice(thp->state == FACT_READ ? thp->text : "not in this kernel", choice, sizeof(choice));
	finding_found(out, "%s%s", need->shared ? "for shared memory: " : "",
		thp->state == FACT_READ ? choice : "not in this kernel");
	if (all_huge(need)) {
		finding_add(out, "; this run needs none");
		return;
	}
	if (thp->state == FACT_READ && strcmp(choice, "never") != 0 && strcmp(choice, "deny") != 0)
		return;
	if (!need->given && nodes_have_pages(f)) {
		finding_add(out, "; but there are huge pages");
		return;
	}
	finding_want(out, need->given ? DOCTOR_WARNING : DOCTOR_ADVICE, wanted,
		"where reserved huge pages run out, guest memory is 4 KiB pages; thole asks for the transparent ones by "
		"itself where this allows it");
	if (thp->state == FACT_READ)
		finding_remedy(out, CHANGE_NOW, "echo %s > /sys/kernel/mm/transparent_hugepage/%s", wanted, file);
}

static const struct fact *vulnerability(const struct host_facts *f, const char *name)
{
	for (uint32_t i = 0; i < f->nr_vulnerabilities; i++)
		if (strcmp(f->vulnerability[i].name, name) == 0)
			return &f->vulnerability[i].state;
	return NULL;
}

/* Documentation/admin-guide/hw-vuln/multihit.rst */
void check_split_pages(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact *v = vulnerability(f, "itlb_multihit");

	(void)need;
	if (!v || v->state != FACT_READ)
		return;
	if (!strstr(v->text, "Split huge pages")) {
		finding_found(out, "no");
		return;
	}
	finding_found(out, "yes, against iTLB multihit");
	finding_want(out, DOCTOR_WARNING, "no, where guests are trusted", "what a guest executes is in 4 KiB pages however it "
		"is backed; each first execution of one is an exit, and KVM joins and splits them again later");
	finding_remedy(out, CHANGE_NOW, "echo off > /sys/module/kvm/parameters/nx_huge_pages (or kvm.nx_huge_pages=off): "
		"a hostile guest can then hang the host");
}

/* The first line of /proc/swaps is its heading. */
static bool swap_exists(const struct host_facts *f)
{
	return strchr(fact_text(&f->swaps), '\n') != NULL;
}

/* Huge pages are never swapped out. */
void check_locked_memory(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	uint64_t limit;

	if (ktext_limit(fact_text(&f->limits), "locked memory", &limit) != 0) {
		finding_unknown(out, "/proc/self/limits can't be read");
		return;
	}
	if (limit == UINT64_MAX)
		finding_found(out, "no limit");
	else if (limit < MiB(1))
		finding_found(out, "%" PRIu64 " KiB at most", limit >> 10);
	else
		finding_found(out, "%" PRIu64 " MiB at most", limit >> 20);
	if (capable(f, CAP_IPC_LOCK_BIT) || limit == UINT64_MAX)
		return;
	if (f->swaps.state == FACT_READ && !swap_exists(f)) {
		finding_add(out, ", and no swap space");
		return;
	}
	if (all_huge(need) || (need->given && need->memory <= limit)) {
		finding_add(out, ", which is enough for this run");
		return;
	}
	finding_want(out, DOCTOR_ADVICE, "as much as guests have", "guest memory in 4 KiB or transparent pages may be swapped "
		"out; thole locks it by itself where this allows it");
	finding_remedy(out, CHANGE_LOGIN, "\"USER - memlock unlimited\" in /etc/security/limits.conf; in a unit of systemd "
		"LimitMEMLOCK=infinity");
}

void check_numa_balancing(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->numa_balancing.state == FACT_UNKNOWN) {
		finding_unknown(out, "kernel.numa_balancing can't be read");
		return;
	}
	finding_found(out, fact_on(&f->numa_balancing) ? "on" : "off");
	if (!fact_on(&f->numa_balancing))
		return;
	finding_want(out, DOCTOR_ADVICE, "off", "the kernel unmaps pages now and then to see who uses them, and moves them; "
		"thole binds guest memory to its node, which exempts it, but not the host's other processes");
	finding_remedy(out, CHANGE_NOW, "sysctl kernel.numa_balancing=0");
}

void check_ksm(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->ksm.state == FACT_UNKNOWN) {
		finding_unknown(out, "/sys/kernel/mm/ksm/run can't be read");
		return;
	}
	if (fact_number(&f->ksm, 0) != 1) {
		finding_found(out, "off");
		return;
	}
	finding_found(out, "on: ksmd looks for equal pages");
	finding_want(out, DOCTOR_ADVICE, "off", "a kernel thread reads memory all the time; thole doesn't offer it guest "
		"memory, other monitors may");
	finding_remedy(out, CHANGE_NOW, "echo 0 > /sys/kernel/mm/ksm/run; systemctl disable --now ksmtuned");
}
