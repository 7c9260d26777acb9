/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - what may be claimed, given an interval.
 *
 * A target counts as met only if the whole interval is on its good side: then chance alone would have to be
 * unkind to make it wrong. Anything else is "not shown", which does not say that it is missed. In the same
 * way two runs differ only if the whole interval of their ratio is beyond a threshold.
 *
 * Pure; any thread; no errors.
 */
#ifndef BENCHMARKS_VERDICT_H
#define BENCHMARKS_VERDICT_H

#include "benchmarks/sample.h"

enum better { BETTER_HIGHER, BETTER_LOWER };

enum verdict { VERDICT_NO_TARGET, VERDICT_MET, VERDICT_NOT_SHOWN };

/* "met", "not shown", and "-" where there is no target. */
const char *verdict_name(enum verdict v);

enum verdict verdict_of(enum better better, struct interval sure, double target);

enum change { CHANGE_NONE, CHANGE_WORSE, CHANGE_BETTER };

/* sure: of new over old. threshold: 0.01 leaves changes of up to 1 % alone. */
enum change change_of(enum better better, struct interval sure, double threshold);

#endif
