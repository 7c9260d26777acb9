/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bar.c - see bar.h. */
#include "benchmarks/bench/bar.h"

#include <stdio.h>
#include <unistd.h>

#include "vmm/clock.h"

#define WIDTH 28

struct bar bar_start(void)
{
	return (struct bar){ .terminal = isatty(STDERR_FILENO), .start_ns = clock_now_ns() };
}

void bar_expect(struct bar *b, size_t steps, double seconds_each)
{
	b->expected += (double)steps * seconds_each;
}

double bar_elapsed(const struct bar *b)
{
	return (double)(clock_now_ns() - b->start_ns) / 1e9;
}

double bar_left(double elapsed, double done, double expected)
{
	double left = max(expected - done, 0.0);

	/* In the first seconds, guesses are better than what little is known. */
	return done < 2 ? left : left * elapsed / done;
}

static void draw(const struct bar *b)
{
	static const char full[WIDTH + 1] = "############################";
	double elapsed = bar_elapsed(b);
	int cells = b->expected > 0 ? (int)(WIDTH * min(b->done / b->expected, 1.0)) : 0;
	unsigned left = (unsigned)bar_left(elapsed, b->done, b->expected);

	fprintf(stderr, "\r\033[K[%-*.*s] %u:%02u left  %s, %zu of %zu", WIDTH, cells, full, left / 60, left % 60,
		b->name, min(b->step + 1, b->steps), b->steps);
}

void bar_name(struct bar *b, const char *name, size_t steps, double seconds_each)
{
	b->name = name;
	b->steps = steps;
	b->step = 0;
	b->each = seconds_each;
	b->step_ns = clock_now_ns();
	if (b->terminal)
		draw(b);
}

void bar_step(struct bar *b)
{
	b->step++;
	b->done += b->each;
	if (b->terminal)
		draw(b);
}

void bar_done(struct bar *b)
{
	if (!b->terminal)
		fprintf(stderr, "thole bench: %s, %zu runs, %.1f s\n", b->name, b->step,
			(double)(clock_now_ns() - b->step_ns) / 1e9);
	b->done += b->each * (double)(b->steps - min(b->step, b->steps)); /* one that failed has fewer */
}

void bar_end(struct bar *b)
{
	if (b->terminal)
		fputs("\r\033[K", stderr);
}
