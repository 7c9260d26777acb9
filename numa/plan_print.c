/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_print.c - a plan as a table for people. */
#include <inttypes.h>
#include <stdlib.h>

#include "numa/plan_work.h"

static void vcpus_print(const struct plan *p, FILE *out)
{
	fputs("\n  vCPU   CPU  core  node    guest node  package  complex  core  thread\n", out);
	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		const struct plan_vcpu *c = &p->vcpu[v];
		const struct topo_cpu *g = &p->guest.cpu[v];

		fprintf(out, "%6u%6d%6u%6d%14u%9u%9u%6u%8u\n", v, c->cpu.os, c->core, c->node.os,
			g->node, g->package, g->complex, g->core, g->thread);
	}
}

static void memory_print(const struct plan *p, FILE *out)
{
	fputs("\n  guest node   on node    memory   pages\n", out);
	for (uint32_t i = 0; i < p->nr_memory; i++) {
		const struct plan_memory *m = &p->memory[i];
		char bytes[24];

		fprintf(out, "%12u%10d%10s   ", m->guest_node, m->node.os,
			size_text(m->bytes, bytes));
		if (p->page == PAGE_THP)
			fputs("4K, joined to 2M where the kernel can\n", out);
		else
			fprintf(out, "%" PRIu64 " of %s\n", m->bytes / m->page_size,
				size_text(m->page_size, bytes));
	}
	if (*p->note)
		fprintf(out, "  %s\n", p->note);
}

static void distances_print(const struct plan *p, const struct host *h, FILE *out)
{
	const struct topology *t = &p->guest;

	if (t->nr_nodes == 1)
		return;
	fputs("\n  guest's distances", out);
	if (!h->distances_known)
		fputs(" (guessed, for the machine's are not known)", out);
	fputs("\n            ", out);
	for (uint32_t i = 0; i < t->nr_nodes; i++)
		fprintf(out, "%4u", i);
	for (uint32_t i = 0; i < t->nr_nodes; i++) {
		fprintf(out, "\n    node %2u:", i);
		for (uint32_t j = 0; j < t->nr_nodes; j++)
			fprintf(out, "%4u", t->distance[i * t->nr_nodes + j]);
	}
	fputc('\n', out);
}

static void housekeeping_print(const struct plan *p, FILE *out)
{
	size_t size = cpulist_format(&p->housekeeping, NULL, 0) + 1;
	char *text = malloc(size);

	if (!text)
		return;
	cpulist_format(&p->housekeeping, text, size);
	fprintf(out, "\n  housekeeping on CPU%s %s%s\n", p->housekeeping.nr == 1 ? "" : "s", text,
		p->housekeeping_shared ? ", shared with vCPUs" : "");
	free(text);
}

void plan_print(const struct plan *plan, const struct host *host, FILE *out)
{
	uint64_t bytes = 0;
	char text[24];

	for (uint32_t i = 0; i < plan->nr_memory; i++)
		bytes += plan->memory[i].bytes;
	fprintf(out, "%u vCPU%s and %s on %u node%s of %s\n", plan->nr_vcpus,
		plan->nr_vcpus == 1 ? "" : "s", size_text(bytes, text), plan->guest.nr_nodes,
		plan->guest.nr_nodes == 1 ? "" : "s", host->name);
	vcpus_print(plan, out);
	memory_print(plan, out);
	distances_print(plan, host, out);
	housekeeping_print(plan, out);
	for (uint32_t i = 0; i < plan->nr_warnings; i++)
		fprintf(out, "  warning: %s\n", plan->warning[i]);
}
