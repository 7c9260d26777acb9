/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - see verdict.h. */
#include "benchmarks/verdict.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = { "-", "met", "not shown" };

	return names[v];
}

enum verdict verdict_of(enum better better, struct interval sure, double target)
{
	bool met = better == BETTER_HIGHER ? sure.low >= target : sure.high <= target;

	return met ? VERDICT_MET : VERDICT_NOT_SHOWN;
}

enum change change_of(enum better better, struct interval sure, double threshold)
{
	bool higher = sure.low > 1 + threshold;
	bool lower = sure.high < 1 - threshold;

	if (!higher && !lower)
		return CHANGE_NONE;
	return higher == (better == BETTER_HIGHER) ? CHANGE_BETTER : CHANGE_WORSE;
}
