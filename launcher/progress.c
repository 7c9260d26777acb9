/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - see progress.h. */
#include "launcher/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"

#define PATIENCE_NS 2000000000u
#define WIDTH       30

struct progress progress_start(const char *what, bool quiet)
{
	return (struct progress){ .what = what, .start_ns = clock_now_ns(), .bar = !quiet && isatty(STDERR_FILENO) };
}

void progress_show(struct progress *p, uint64_t done, uint64_t total)
{
	static const char full[WIDTH + 1] = "##############################";
	uint64_t cells = total ? done * WIDTH / total : 0;

	p->total = total;
	if (!p->bar || clock_now_ns() - p->start_ns < PATIENCE_NS)
		return;
	fprintf(stderr, "\rthole: %s [%-*.*s] %.1f of %.1f GiB", p->what, WIDTH, (int)cells, full,
		(double)done / (double)GiB(1), (double)total / (double)GiB(1));
	p->drawn = true;
}

void progress_end(struct progress *p)
{
	uint64_t ms = (clock_now_ns() - p->start_ns) / 1000000;

	if (p->drawn)
		fputs("\r\033[K", stderr);
	if (p->total && ms * 1000000 >= PATIENCE_NS)
		log_info("%s took %llu.%01llu s (%.1f GiB)", p->what, (unsigned long long)(ms / 1000),
			(unsigned long long)(ms % 1000 / 100), (double)p->total / (double)GiB(1));
}
