/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.c - fuzz: pins, guest nodes and free pages as text, and what the planner makes of them.
 *
 * Lines are taken in turn as --pin, --node and --free-pages. The plan is for a small machine; it
 * may be refused, but not without a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "numa/plan.h"
#include "tests/fuzz/fuzz.h"

#define PUS 8

/* Two nodes of two cores of two threads, and a node of memory. */
static void host_make(struct host *h)
{
	*h = (struct host){ .nr_pus = PUS, .nr_nodes = 3 };
	h->pu = calloc(PUS, sizeof(*h->pu));
	h->node = calloc(3, sizeof(*h->node));
	if (!h->pu || !h->node)
		abort();
	for (uint32_t i = 0; i < PUS; i++)
		h->pu[i] = (struct host_pu){ { (int)i }, i / 2, i / 4, i / 4, i / 4, i != 5 };
	for (uint32_t i = 0; i < 3; i++)
		h->node[i] = (struct host_node){
			.id = { (int)i }, .allowed = true, .total = GiB(16), .free = GiB(8)
		};
	if (host_seal(h) != 0)
		abort();
}

static void line_take(struct host *h, struct request *r, unsigned kind, const char *line)
{
	char why[128] = "";
	int err;

	if (kind == 0)
		err = request_pins_add(&r->pin, line, why, sizeof(why));
	else if (kind == 1)
		err = request_nodes_add(&r->node, line, why, sizeof(why));
	else
		err = host_set_pages(h, line, why, sizeof(why));
	if (err && !*why)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r = { .nr_vcpus = 4 };
	char *text = calloc(size + 1, 1), *rest = text, *line;
	struct host h;
	struct plan p;
	int err;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	host_make(&h);
	r.overcommit = size & 1;
	for (unsigned n = 0; (line = strsep(&rest, "\n")) != NULL; n++)
		line_take(&h, &r, n % 3, line);
	r.memory = r.node.nr ? 0 : GiB(4);
	err = plan_make(&h, &r, &p);
	if (err && !*p.refusal.text)
		abort();
	plan_fini(&p);
	request_fini(&r);
	host_fini(&h);
	free(text);
	return 0;
}
