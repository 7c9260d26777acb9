/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suggest.h - "did you mean": the known word that is nearest to a misspelled one.
 *
 *   suggest_start(&s, "memroy"); suggest_offer(&s, "memory"); … ; s.best
 *
 * Pure; any thread. Borrows the words.
 */
#ifndef LAUNCHER_SUGGEST_H
#define LAUNCHER_SUGGEST_H

#include "vmm/util.h"

struct suggest {
	const char *word;
	const char *best; /* NULL: none is near */
	unsigned distance;
};

void suggest_start(struct suggest *s, const char *word);

void suggest_offer(struct suggest *s, const char *known);

/* `; did you mean "best"?`, or "", to close a message with. */
const char *suggest_text(const struct suggest *s, char *buf, size_t size);

#endif
