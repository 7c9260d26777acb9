/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vector_tally.c - what is gone, and what is counted now. */
#include "ipi/vector_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct vector_total *find(const struct vector_tally *t, const struct vector_irq *irq)
{
	for (uint32_t i = 0; i < t->nr; i++) {
		struct vector_total *v = &t->at[i];

		if (v->vector == irq->vector && strcmp(v->kind, irq->kind) == 0 && strcmp(v->device, irq->device) == 0)
			return v;
	}
	return NULL;
}

static struct vector_total *add(struct vector_tally *t, const struct vector_irq *irq)
{
	struct vector_total *at = realloc(t->at, (t->nr + 1) * sizeof(*at)), *v;

	if (!at)
		return NULL;
	t->at = at;
	v = &at[t->nr++];
	*v = (struct vector_total){ .vector = irq->vector, .vcpu = -1 };
	memcpy(v->device, irq->device, sizeof(v->device));
	memcpy(v->kind, irq->kind, sizeof(v->kind));
	return v;
}

int vector_tally_see(struct vector_tally *t, const struct vector_irq *irq)
{
	struct vector_total *v = find(t, irq);

	v = v ? v : add(t, irq);
	if (!v)
		return -ENOMEM;
	v->taken = v->gone + irq->count;
	return 0;
}

void vector_tally_target(struct vector_tally *t, const struct vector_irq *irq, int64_t vcpu)
{
	struct vector_total *v = find(t, irq);

	if (v)
		v->vcpu = vcpu;
}

void vector_tally_gone(struct vector_tally *t, const char *device)
{
	for (uint32_t i = 0; i < t->nr; i++)
		if (strcmp(t->at[i].device, device) == 0)
			t->at[i].gone = t->at[i].taken;
}

uint64_t vector_tally_taken(const struct vector_tally *t, const struct vector_irq *irq)
{
	const struct vector_total *v = find(t, irq);

	return v ? v->taken : 0;
}

void vector_tally_fini(struct vector_tally *t)
{
	free(t->at);
	*t = (struct vector_tally){ 0 };
}
