/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.c - see page.h; bench.mk says what this is made of. Paths are from where the compiler runs, the tree's root. */
#include "benchmarks/bench/page.h"

#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
		".globl page_" name "\n" \
		"page_" name ":\n" \
		".incbin \"benchmarks/bench/page/" file "\"\n" \
		".byte 0\n" \
		".popsection\n")

EMBED("style", "style.css");
EMBED("common", "common.gnuplot");
EMBED("distribution", "distribution.gnuplot");
EMBED("latency", "latency.gnuplot");
EMBED("mpi", "mpi.gnuplot");
EMBED("pages", "pages.gnuplot");
EMBED("ratios", "ratios.gnuplot");
EMBED("scatter", "scatter.gnuplot");
EMBED("spectrum", "spectrum.gnuplot");
EMBED("vcpus", "vcpus.gnuplot");
EMBED("work", "work.gnuplot");
