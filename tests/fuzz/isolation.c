/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation.c - the journal of isolation, which root acts upon, and the kernel's texts that it changes.
 *
 * The first byte chooses the kind; the rest is the text, and for values, after a zero, what is wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "sched/cpus.h"
#include "sched/culprit.h"
#include "sched/knob.h"
#include "tests/fuzz/fuzz.h"

static void journal_try(const char *text)
{
	struct journal j, again;
	char *written;

	if (journal_parse(&j, text, "b") != 0)
		return;
	/* What was read is written so that it reads the same. */
	written = journal_text(&j, "b");
	if (!written || journal_parse(&again, written, "b") != 0 || again.nr != j.nr)
		abort();
	free(written);
	journal_fini(&again);
	journal_fini(&j);
}

static void knob_try(enum change_kind kind, const char *former, const char *value)
{
	static hcpu_t some[] = { { 1 }, { 70 } }, all[] = { { 0 }, { 1 }, { 2 }, { 70 } };
	const struct cpulist cpus = { 2, some }, online = { 4, all };
	int err;
	char *wanted = knob_wanted(kind, NULL, value, former, &cpus, &online, &err), *undo = knob_undo(kind, former);

	/* What is wanted is another thing than what is there, and good once it is. */
	if (wanted && kind != CHANGE_CONTROLLER && kind != CHANGE_VALUE && knob_same(kind, wanted, former))
		abort();
	if (undo && kind < CHANGE_CONTROLLER && wanted && !knob_same(kind, undo, former) && kind != CHANGE_VALUE)
		abort();
	free(wanted);
	free(undo);
}

static void culprits_try(const char *text)
{
	static hcpu_t some[] = { { 0 }, { 3 } };
	const struct cpulist cpus = { 2, some };
	struct culprits c = { 0 };
	char name[CULPRIT_NAME];
	uint32_t row[4];
	int cpu;

	if (cpulist_copy(&c.cpus, &cpus) == 0 && culprits_table(&c, CULPRIT_INTERRUPT, text) == 0)
		culprits_top(&c, 1, row, 4);
	culprits_fini(&c);
	(void)culprit_stat(text, name, &cpu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text || !size) {
		free(text);
		return 0;
	}
	memcpy(text, data + 1, size - 1);
	text[size - 1] = text[size] = 0;
	if (data[0] % 8 == 6)
		culprits_try(text);
	else if (data[0] % 8 == 7)
		journal_try(text);
	else if (data[0] % 8 < CHANGE_GROUP)
		knob_try((enum change_kind)(data[0] % 8), text, text + strlen(text) + (strlen(text) < size - 1));
	free(text);
	return 0;
}
