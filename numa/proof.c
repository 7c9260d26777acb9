/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof.c - see proof.h. */
#include "numa/proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASK_AT_ONCE 4096

struct question {
	void *page[ASK_AT_ONCE];
	int status[ASK_AT_ONCE];
};

void proof_count(struct proof_region *r, const int *status, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (status[i] >= 0 && status[i] < PROOF_NODES)
			r->on_node[status[i]]++;
		else if (status[i] == -ENOENT || status[i] == -EFAULT) /* nothing is mapped there: move_pages(2) */
			r->absent++;
		else
			r->failed++;
	}
	r->pages += nr;
}

/* A kernel without NUMA has no such call: then nothing is known. */
static void region_ask(struct proof_region *r, const uint8_t *hva, struct question *q)
{
	r->nodes_known = true;
	for (uint64_t at = 0; at < r->gpa.size && r->nodes_known;) {
		size_t nr = 0;

		for (; nr < ASK_AT_ONCE && at < r->gpa.size; nr++, at += r->page_size)
			q->page[nr] = (void *)(uintptr_t)(hva + at);
		if (syscall(SYS_move_pages, 0, nr, q->page, NULL, q->status, 0) == 0)
			proof_count(r, q->status, nr);
		else
			r->nodes_known = false;
	}
}

static int nodes_ask(struct proof *p, const struct mem *m)
{
	struct question *q = malloc(sizeof(*q));

	if (!q)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->nr; i++)
		region_ask(&p->region[i], m->region[i].hva, q);
	free(q);
	return 0;
}

/* "Key:   123 kB", in bytes. */
static bool kb_line(const char *line, const char *key, uint64_t *bytes)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0 || line[len] != ':')
		return false;
	*bytes = strtoull(line + len + 1, NULL, 10) * KiB(1);
	return true;
}

static struct smaps_range *range_of(const struct smaps *s, uintptr_t from, uintptr_t to)
{
	for (uint32_t i = 0; i < s->nr; i++)
		if (from < s->range[i].base + s->range[i].size && to > s->range[i].base)
			return &s->range[i];
	return NULL;
}

void smaps_line(struct smaps *s, const char *line)
{
	unsigned long from, to;
	uint64_t bytes;

	if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
		s->at = range_of(s, from, to);
		return;
	}
	if (!s->at)
		return;
	if (kb_line(line, "KernelPageSize", &bytes))
		s->at->kernel_page = s->at->kernel_page ? min(s->at->kernel_page, bytes) : bytes;
	else if (kb_line(line, "ShmemPmdMapped", &bytes) || kb_line(line, "FilePmdMapped", &bytes) ||
		 kb_line(line, "AnonHugePages", &bytes))
		s->at->joined += bytes;
}

static int sizes_ask(struct proof *p, const struct mem *m)
{
	struct smaps_range *range = calloc(p->nr, sizeof(*range));
	struct smaps s = { .range = range, .nr = p->nr };
	FILE *f = fopen("/proc/self/smaps", "re");
	char *line = NULL;
	size_t room = 0;

	for (uint32_t i = 0; i < p->nr && range; i++)
		range[i] = (struct smaps_range){ .base = (uintptr_t)m->region[i].hva, .size = m->region[i].gpa.size };
	while (range && f && getline(&line, &room, f) >= 0)
		smaps_line(&s, line);
	for (uint32_t i = 0; i < p->nr && range; i++) {
		p->region[i].kernel_page = range[i].kernel_page;
		p->region[i].joined = range[i].joined;
	}
	free(line);
	if (f)
		fclose(f);
	free(range);
	return range ? 0 : -ENOMEM;
}

int proof_take(struct proof *p, const struct mem *m, const struct plan *plan)
{
	int err = 0;

	*p = (struct proof){ .nr = m->nr_regions, .region = calloc(m->nr_regions, sizeof(*p->region)) };
	if (!p->region)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->nr && !err; i++) {
		const struct mem_region *r = &m->region[i];

		p->region[i] = (struct proof_region){
			.gpa = r->gpa,
			.guest_node = r->node,
			.node = plan->node_host[r->node],
			.page_size = m->node[r->node].page_size,
			.on_node = calloc(PROOF_NODES, sizeof(uint64_t)),
		};
		err = p->region[i].on_node ? 0 : -ENOMEM;
	}
	if (!err)
		err = nodes_ask(p, m);
	if (!err)
		err = sizes_ask(p, m);
	if (err)
		proof_fini(p);
	return err;
}

void proof_fini(struct proof *p)
{
	for (uint32_t i = 0; i < p->nr && p->region; i++)
		free(p->region[i].on_node);
	free(p->region);
	*p = (struct proof){ 0 };
}

static void tell(void (*fn)(void *, const char *), void *ctx, const char *fmt, ...) printf_like(3, 4);
static void tell(void (*fn)(void *, const char *), void *ctx, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fn(ctx, text);
}

static void nodes_judge(const struct proof_region *r, bool filled, const struct proof_listener *to)
{
	for (int n = 0; n < PROOF_NODES; n++)
		if (r->on_node[n] && n != r->node.os)
			tell(to->deviation, to->ctx, "guest node %u: %" PRIu64 " pages are on node %d, not %d",
				r->guest_node, r->on_node[n], n, r->node.os);
	if (r->absent && filled)
		tell(to->deviation, to->ctx, "guest node %u: %" PRIu64 " of %" PRIu64 " pages are not in memory",
			r->guest_node, r->absent, r->pages);
	if (r->failed)
		tell(to->unknown, to->ctx, "guest node %u: the node of %" PRIu64 " pages", r->guest_node, r->failed);
}

void proof_judge(const struct proof *p, bool filled, const struct proof_listener *to)
{
	for (uint32_t i = 0; i < p->nr; i++) {
		const struct proof_region *r = &p->region[i];

		if (r->nodes_known)
			nodes_judge(r, filled, to);
		else
			tell(to->unknown, to->ctx, "guest node %u: the nodes of its pages", r->guest_node);
		if (!r->kernel_page)
			tell(to->unknown, to->ctx, "guest node %u: the size of its pages", r->guest_node);
		else if (r->kernel_page != r->page_size)
			tell(to->deviation, to->ctx, "guest node %u: pages are of %" PRIu64 " KiB, not %" PRIu64,
				r->guest_node, r->kernel_page >> 10, r->page_size >> 10);
	}
}
