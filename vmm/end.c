/* SPDX-License-Identifier: GPL-2.0-or-later */
/* end.c - first come, first served. */
#include "vmm/end.h"

void end_init(struct end *e, struct loop *loop)
{
	*e = (struct end){ .loop = loop };
}

bool end_set(struct end *e, enum end_kind kind, int code)
{
	if (atomic_exchange(&e->claimed, 1))
		return false;
	e->code = code;
	atomic_store(&e->kind, (int)kind);
	loop_wake(e->loop);
	return true;
}

enum end_kind end_kind(const struct end *e)
{
	return (enum end_kind)atomic_load(&e->kind);
}
