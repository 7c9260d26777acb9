/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quiet.c - see quiet.h. Parameters: Documentation/admin-guide/kernel-parameters.txt. */
#include "sched/quiet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int quiet_exits(const struct quiet_place *p, enum quiet_idle *idle, uint32_t *exits, char *why, size_t size)
{
	*exits = 0;
	if (*idle == QUIET_IDLE_GUEST && p->shared && !p->force) {
		snprintf(why, size, "idle=guest: a vCPU that halts would keep the CPU from the others on it, thole's own "
			"threads among them: give each a CPU of its own and leave one free, idle=host, or --force");
		return -EINVAL;
	}
	if (*idle == QUIET_IDLE_AUTO)
		*idle = p->isolated && !p->shared ? QUIET_IDLE_GUEST : QUIET_IDLE_HOST;
	if (*idle == QUIET_IDLE_GUEST)
		*exits |= EXITS_OFF_HLT | EXITS_OFF_MWAIT | EXITS_OFF_CSTATE;
	/* A spinning vCPU has nobody to make room for, and the counters are one CPU's. */
	if (!p->shared)
		*exits |= EXITS_OFF_PAUSE | EXITS_OFF_APERF;
	return 0;
}

struct words {
	char *text;
	size_t size, len;
	bool full;
};

static void word_add(struct words *w, const char *fmt, ...) printf_like(2, 3);

static void word_add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->len && w->len + 1 < w->size)
		w->text[w->len++] = ' ';
	va_start(ap, fmt);
	n = vsnprintf(w->text + w->len, w->size - w->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= w->size - w->len)
		w->full = true;
	else
		w->len += (size_t)n;
}

int quiet_cmdline(const struct quiet_place *p, char *text, size_t size)
{
	struct words w = { text, size, 0, false };
	char others[24] = "1";

	if (!size)
		return -ERANGE;
	*text = 0;
	if (p->nr_vcpus > 2)
		snprintf(others, sizeof(others), "1-%u", p->nr_vcpus - 1);
	if (p->nr_vcpus > 1) {
		word_add(&w, "nohz_full=%s", others);
		word_add(&w, "rcu_nocbs=%s", others);
		word_add(&w, "isolcpus=managed_irq,%s", others);
		word_add(&w, "irqaffinity=0");
	}
	if (p->tsc_reliable)
		word_add(&w, "tsc=reliable");
	word_add(&w, "nowatchdog");
	if (p->nr_nodes > 1)
		word_add(&w, "numa_balancing=disable");
	return w.full ? -ERANGE : 0;
}
