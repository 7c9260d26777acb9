/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.c - fuzz: what a host's files may hold. The input is cut at its zero bytes; the first pieces are
 * read by each parser of the kernel's texts, then all are facts that every check is made on.
 */
#include <stdlib.h>
#include <string.h>

#include "sched/doctor.h"
#include "sched/ktext.h"
#include "tests/fuzz/fuzz.h"

#define PIECES 24

static void list_check(const char *text)
{
	struct cpulist l, again;
	char *back;
	size_t len;

	if (ktext_cpus(&l, text, (hcpu_t){ 255 }) != 0)
		return;
	for (uint32_t i = 0; i < l.nr; i++)
		if (l.cpu[i].os < 0 || l.cpu[i].os > 255 || (i && l.cpu[i - 1].os >= l.cpu[i].os))
			abort();
	len = cpulist_format(&l, NULL, 0);
	back = malloc(len + 1);
	if (!back)
		abort();
	cpulist_format(&l, back, len + 1);
	if (cpulist_parse(&again, back, NULL, NULL) != 0 || !cpulist_equal(&l, &again))
		abort();
	free(back);
	cpulist_fini(&again);
	cpulist_fini(&l);
}

static void parsers_check(const char *text, const char *name)
{
	char value[16];
	uint64_t n;

	if (ktext_parameter(text, "nohz_full", value, sizeof(value)) == 0)
		list_check(value);
	if (*name && ktext_parameter(text, name, value, sizeof(value)) == 0 && strlen(value) >= sizeof(value))
		abort();
	list_check(text);
	(void)ktext_config(text, "NUMA");
	(void)!ktext_limit(text, "open files", &n);
	(void)!ktext_field(text, "flags", value, sizeof(value));
	ktext_choice(text, value, sizeof(value));
	(void)ktext_word(text, "svm");
}

static void findings_check(const struct host_facts *f, const struct doctor_need *need)
{
	struct finding x[DOCTOR_CHECKS_MAX];
	uint32_t nr = doctor_check(f, need, x);

	for (uint32_t i = 0; i < nr; i++) {
		if (!*x[i].found || x[i].severity > DOCTOR_ERROR || (i && x[i - 1].severity < x[i].severity))
			abort();
		for (const char *p = x[i].found; *p; p++)
			if ((unsigned char)*p < 0x20)
				abort();
	}
}

/* The borrowed texts stand in for files; each fact that is a list or a number gets one. */
static void facts_check(char *const piece[PIECES])
{
	struct fact_iommu iommu = { .cap = { FACT_READ, piece[0] }, .ecap = { FACT_READ, piece[1] } };
	struct fact_vulnerability flaw = { "l1tf", { FACT_READ, piece[2] } };
	struct fact_idle idle = { "C6", { FACT_READ, piece[3] }, { FACT_READ, piece[4] } };
	struct fact_node node = { .pages = { { FACT_READ, piece[5] }, { FACT_READ, piece[6] } },
		.free = { { FACT_READ, piece[5] }, { FACT_ABSENT, NULL } } };
	hcpu_t cpus[] = { { 0 }, { 3 } };
	const struct need_memory memory = { { 0 }, GiB(1), KiB(4) };
	struct host_facts f = { .nr_iommus = 1, .iommu = &iommu, .nr_vulnerabilities = 1, .vulnerability = &flaw, .nr_idle = 1,
		.idle = &idle, .nr_nodes = 1, .node = &node, .processes_known = true };
	struct fact *facts[] = { &f.cpuinfo, &f.cmdline, &f.release, &f.config, &f.online, &f.isolated, &f.nohz_full,
		&f.partitions, &f.status, &f.limits, &f.thp, &f.clocksource, &f.cgroup, &f.swaps, &f.kvm_intel,
		&f.apicv, &f.interrupts, &f.rt_runtime, &f.rt_period, &f.smt_active, &f.product, &f.tuned };
	const struct doctor_need any = { 0 };
	const struct doctor_need run = { .given = true, .kind = NEED_LINUX, .nr_vcpus = 2, .cpus = { 2, cpus }, .fifo = 1,
		.memory = GiB(1), .nr_memory = 1, .at = &memory };

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		*facts[i] = (struct fact){ FACT_READ, piece[i] };
	findings_check(&f, &any);
	findings_check(&f, &run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), *piece[PIECES];
	size_t at = 0;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	for (size_t i = 0; i < PIECES; i++) {
		piece[i] = text + at;
		at = min(at + strlen(text + at) + 1, size);
	}
	parsers_check(piece[0], piece[1]);
	facts_check(piece);
	free(text);
	return 0;
}
