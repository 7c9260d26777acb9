/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob.c - the table, and what follows from a row's kind.
 *
 * Files: Documentation/core-api/irq/irq-affinity.rst, core-api/workqueue.rst, admin-guide/sysctl/{kernel,vm}.rst,
 * admin-guide/mm/{ksm,transhuge}.rst, admin-guide/pm/cpufreq.rst, scheduler/sched-deadline.rst, all of the kernel.
 */
#include "sched/knob.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/cpus.h"
#include "sched/ktext.h"

#define WORKQUEUE "/sys/devices/virtual/workqueue/"
#define WORKLOAD "OSNOISE_WORKLOAD"
#define FAIR "/sys/kernel/debug/sched/fair_server"
#define THP "/sys/kernel/mm/transparent_hugepage/"

/* clang-format off */
const struct knob knobs[] = {
	{ "interrupts", "which CPUs take each interrupt of devices",
	  "each one takes the CPU for some microseconds, and its caches",
	  .kind = CHANGE_LIST, .path = "/proc/irq", .entry = "", .file = "smp_affinity_list",
	  .by_hand = "for i in /proc/irq/[0-9]*; do echo %s > $i/smp_affinity_list; done" },
	{ "new interrupts", "which CPUs take those of drivers that start later",
	  "the same", .kind = CHANGE_MASK, .path = "/proc/irq/default_smp_affinity" },
	{ "workqueues", "which CPUs do the kernel's deferred work that is bound to none",
	  "the kernel does its work elsewhere: up to milliseconds at a time",
	  .kind = CHANGE_MASK, .path = WORKQUEUE "cpumask" },
	{ "watchdog", "on which CPUs the kernel looks for lockups",
	  "one wake-up of a thread each 4 s, and one NMI each 10 s",
	  .kind = CHANGE_LIST, .path = "/proc/sys/kernel/watchdog_cpumask" },
	{ "statistics", "how often each CPU's counters of memory are summed up, in seconds",
	  "a wake-up a second of a CPU that frees or takes memory",
	  .kind = CHANGE_VALUE, .path = "/proc/sys/vm/stat_interval", .value = "10", .rule = RULE_AT_LEAST },
	{ "timer migration", "whether timers may go off on another CPU than the one that set them",
	  "with nohz_full, timers of an isolated CPU go off on the housekeeping ones",
	  .kind = CHANGE_VALUE, .path = "/proc/sys/kernel/timer_migration", .value = "1" },
	{ "NUMA balancing", "unmaps memory to see who uses it",
	  "a page fault for each page that is looked at, and copies",
	  .kind = CHANGE_VALUE, .path = "/proc/sys/kernel/numa_balancing", .value = "0" },
	{ "page merging", "looks for equal pages (KSM)",
	  "write-protects pages: a flush of all CPUs' TLBs, and a fault at the next write",
	  .kind = CHANGE_VALUE, .path = "/sys/kernel/mm/ksm/run", .value = "0", .rule = RULE_UNLESS, .noisy = "1" },
	{ "compaction", "moves pages in advance, so that there are large ones",
	  "moved pages flush all CPUs' TLBs",
	  .kind = CHANGE_VALUE, .path = "/proc/sys/vm/compaction_proactiveness", .value = "0" },
	{ "khugepaged", "makes room for large pages in the background",
	  "the same", .kind = CHANGE_VALUE, .path = THP "khugepaged/defrag", .value = "0" },
	{ "khugepaged scans", "how often it looks for small pages to put together, in milliseconds",
	  "before each look all CPUs empty their lists of pages: a kernel thread takes the CPU",
	  .kind = CHANGE_VALUE, .path = THP "khugepaged/scan_sleep_millisecs", .value = "86400000",
	  .rule = RULE_AT_LEAST },
	{ "huge page faults", "makes room for large pages when memory is first touched",
	  "the same; thole's own memory still gets them",
	  .kind = CHANGE_VALUE, .path = THP "defrag", .value = "madvise", .rule = RULE_UNLESS, .noisy = "always" },
	{ "governor", "how the frequency of a CPU is chosen",
	  "the clock neither lags behind the load nor differs between runs",
	  .kind = CHANGE_VALUE, .path = "/sys/devices/system/cpu/cpufreq", .entry = "policy", .file = "scaling_governor",
	  .of_cpus = "related_cpus", .value = "performance",
	  .by_hand = "cpupower -c CPUS frequency-set -g %s" },
	{ "fair server", "looks once a second whether ordinary threads starve behind real-time ones (Linux 6.12)",
	  "two interrupts a second of a CPU that has one thread and no tick; and real-time ones are not stopped",
	  .kind = CHANGE_VALUE, .path = FAIR, .entry = "cpu", .file = "runtime", .of_cpus = "", .value = "0", .first = true,
	  .extra = true,
	  .by_hand = "for i in EACH; do echo %s > " FAIR "/cpu$i/runtime; done" },
	{ "real-time share", "stops real-time threads for a part of each second",
	  "a vCPU that is SCHED_FIFO is not stopped for 50 ms each second",
	  .kind = CHANGE_VALUE, .path = "/proc/sys/kernel/sched_rt_runtime_us", .value = "-1", .fifo_only = true },
};
/* clang-format on */

const size_t knobs_nr = ARRAY_SIZE(knobs);

static_assert(ARRAY_SIZE(knobs) + 2 <= KNOBS_MAX, "room for all, the partition and the latency");

struct walk {
	const struct knob *knob;
	const struct hostfs *tree;
	const struct cpulist *cpus;
	knob_file_fn *fn;
	void *ctx;
};

static bool is_number(const char *name)
{
	return *name && strspn(name, "0123456789") == strlen(name);
}

static bool number_of_ours(const char *number, const struct cpulist *cpus)
{
	return cpulist_has(cpus, (hcpu_t){ (int)strtol(number, NULL, 10) });
}

/* Is the entry for one of our CPUs? The list has blanks in cpufreq. */
static bool of_ours(const struct walk *w, const char *name)
{
	char path[256], *text;
	struct cpulist l;
	bool ours;
	int err;

	if (!w->knob->of_cpus)
		return true;
	if (!*w->knob->of_cpus)
		return number_of_ours(name + strlen(w->knob->entry), w->cpus);
	snprintf(path, sizeof(path), "%s/%s/%s", w->knob->path, name, w->knob->of_cpus);
	text = hostfs_read(w->tree, path, &err);
	if (!text)
		return false;
	for (char *p = text; *p; p++)
		if (*p == ' ' && p[1] && p[1] != '\n')
			*p = ',';
	ours = cpulist_parse(&l, text, NULL, NULL) == 0 && cpus_meet(&l, w->cpus);
	cpulist_fini(&l);
	free(text);
	return ours;
}

static int entry_visit(void *ctx, const char *name)
{
	const struct walk *w = ctx;
	size_t len = strlen(w->knob->entry);
	char path[256];

	if (strncmp(name, w->knob->entry, len) != 0 || !is_number(name + len) || !of_ours(w, name))
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", w->knob->path, name, w->knob->file);
	return hostfs_exists(w->tree, path) ? w->fn(w->ctx, path) : 0;
}

int knob_files(const struct knob *k, const struct hostfs *t, const struct cpulist *cpus, knob_file_fn *fn, void *ctx)
{
	struct walk w = { k, t, cpus, fn, ctx };
	int err;

	if (!k->entry)
		return hostfs_exists(t, k->path) ? fn(ctx, k->path) : 0;
	err = hostfs_each(t, k->path, entry_visit, &w);
	return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

const char *knob_read_path(const struct hostfs *t, const char *path)
{
	static const char requested[] = WORKQUEUE "cpumask_requested"; /* Linux 6.7 */

	return strcmp(path, WORKQUEUE "cpumask") == 0 && hostfs_exists(t, requested) ? requested : path;
}

static int set_read(enum change_kind kind, const char *text, struct cpulist *l)
{
	return kind == CHANGE_MASK ? cpus_from_mask(l, text) : cpulist_parse(l, text, NULL, NULL);
}

static char *set_text(enum change_kind kind, const struct cpulist *l)
{
	return kind == CHANGE_MASK ? cpus_to_mask(l) : cpus_to_list(l);
}

/* All but these; if that is none, all that are online but these. */
static int set_wanted(enum change_kind kind, const struct cpulist *former, const struct cpulist *cpus,
	const struct cpulist *online, struct cpulist *to)
{
	int err = kind == CHANGE_ADD ? cpus_union(to, former, cpus) : cpus_minus(to, former, cpus);

	return err || to->nr ? err : cpus_minus(to, online, cpus);
}

static char *set_change(enum change_kind kind, const char *former, const struct cpulist *cpus,
	const struct cpulist *online, int *err)
{
	struct cpulist before, after = { 0 };
	char *text = NULL;

	if ((*err = set_read(kind, former, &before)) != 0) {
		*err = *err == -ENOMEM ? -ENOMEM : -EINVAL;
		return NULL;
	}
	*err = set_wanted(kind, &before, cpus, online, &after);
	if (!*err && !cpulist_equal(&before, &after) && !(text = set_text(kind, &after)))
		*err = -ENOMEM;
	cpulist_fini(&before);
	cpulist_fini(&after);
	return text;
}

static bool good_already(const struct knob *k, const char *value, const char *former)
{
	char choice[128];

	ktext_choice(former, choice, sizeof(choice));
	if (k && k->rule == RULE_UNLESS)
		return strcmp(choice, k->noisy) != 0;
	if (k && k->rule == RULE_AT_LEAST)
		return strtoll(choice, NULL, 10) >= strtoll(value, NULL, 10);
	return strcmp(choice, value) == 0;
}

char *knob_wanted(enum change_kind kind, const struct knob *k, const char *value, const char *former,
	const struct cpulist *cpus, const struct cpulist *online, int *err)
{
	char *text = NULL;

	*err = 0;
	switch (kind) {
	case CHANGE_MASK:
	case CHANGE_LIST:
	case CHANGE_ADD:
		return set_change(kind, former, cpus, online, err);
	case CHANGE_VALUE:
		if (!good_already(k, value, former) && !(text = strdup(value)))
			*err = -ENOMEM;
		return text;
	case CHANGE_CONTROLLER:
		if (!ktext_word(former, "cpuset") && !(text = strdup("+cpuset")))
			*err = -ENOMEM;
		return text;
	case CHANGE_WORKLOAD:
		if (ktext_word(former, WORKLOAD) && !(text = strdup("NO_" WORKLOAD)))
			*err = -ENOMEM;
		return text;
	default:
		*err = -EINVAL;
		return NULL;
	}
}

static void each_print(const struct cpulist *cpus, FILE *out)
{
	for (uint32_t i = 0; i < cpus->nr; i++)
		fprintf(out, "%s%d", i ? " " : "", cpus->cpu[i].os);
}

static void list_print(const struct cpulist *cpus, FILE *out)
{
	char *list = cpus_to_list(cpus);

	fputs(list ? list : "", out);
	free(list);
}

void knob_command(const struct knob *k, const char *path, const char *text, const struct cpulist *cpus, char *command,
	size_t size)
{
	FILE *out = fmemopen(command, size, "w");

	if (!out)
		return;
	if (!k->by_hand)
		fprintf(out, "echo %s > %s", text, path);
	for (const char *at = k->by_hand; at && *at;) {
		if (strncmp(at, "%s", 2) == 0) {
			fputs(text, out);
			at += 2;
		} else if (strncmp(at, "CPUS", 4) == 0) {
			list_print(cpus, out);
			at += 4;
		} else if (strncmp(at, "EACH", 4) == 0) {
			each_print(cpus, out);
			at += 4;
		} else {
			fputc(*at++, out);
		}
	}
	fclose(out);
}

static bool same_set(enum change_kind kind, const char *a, const char *b)
{
	struct cpulist x, y;
	bool same = set_read(kind, a, &x) == 0;

	same = set_read(kind, b, &y) == 0 && same && cpulist_equal(&x, &y);
	cpulist_fini(&x);
	cpulist_fini(&y);
	return same;
}

bool knob_same(enum change_kind kind, const char *a, const char *b)
{
	char x[128], y[128];

	switch (kind) {
	case CHANGE_MASK:
	case CHANGE_LIST:
	case CHANGE_ADD:
		return same_set(kind, a, b);
	case CHANGE_CONTROLLER: return ktext_word(a, "cpuset") == ktext_word(b, "cpuset");
	case CHANGE_WORKLOAD: return ktext_word(a, WORKLOAD) == ktext_word(b, WORKLOAD);
	default:
		ktext_choice(a, x, sizeof(x));
		ktext_choice(b, y, sizeof(y));
		return strcmp(x, y) == 0;
	}
}

char *knob_undo(enum change_kind kind, const char *former)
{
	char choice[128];

	if (kind == CHANGE_CONTROLLER)
		return strdup(ktext_word(former, "cpuset") ? "+cpuset" : "-cpuset");
	if (kind == CHANGE_WORKLOAD)
		return strdup(ktext_word(former, WORKLOAD) ? WORKLOAD : "NO_" WORKLOAD);
	/* An empty set is an empty line, since nothing at all would not be written. */
	if (kind != CHANGE_VALUE)
		return strdup(*former ? former : "\n");
	if (!strchr(former, '['))
		return strdup(former);
	ktext_choice(former, choice, sizeof(choice));
	return strdup(choice);
}
