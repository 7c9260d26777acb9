/* SPDX-License-Identifier: GPL-2.0-or-later */
/* culprit.c - see culprit.h; proc(5), Documentation/scheduler/sched-stats.rst. */
#include "sched/culprit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAT_CPU 39 /* its field, the first being 1 */

const char *culprit_kind_name(enum culprit_kind kind)
{
	static const char *const names[] = { "interrupt", "softirq", "thread" };

	return names[kind];
}

static struct culprit *row_add(struct culprits *c, enum culprit_kind kind, uint32_t id)
{
	struct culprit *r;

	if (c->nr == c->room) {
		uint32_t room = c->room ? c->room * 2 : 64;
		struct culprit *more = realloc(c->at, room * sizeof(*more));

		if (!more)
			return NULL;
		c->at = more;
		c->room = room;
	}
	r = &c->at[c->nr];
	/* One piece of memory for both. */
	*r = (struct culprit){ .kind = kind, .id = id, .count = calloc(2 * ((size_t)c->cpus.nr + 1), sizeof(*r->count)) };
	if (!r->count)
		return NULL;
	r->ns = r->count + c->cpus.nr + 1;
	c->nr++;
	return r;
}

void culprits_fini(struct culprits *c)
{
	for (uint32_t i = 0; i < c->nr; i++)
		free(c->at[i].count);
	free(c->at);
	cpulist_fini(&c->cpus);
	*c = (struct culprits){ 0 };
}

int culprits_cpu(const struct culprits *c, int cpu)
{
	for (uint32_t i = 0; i < c->cpus.nr; i++)
		if (c->cpus.cpu[i].os == cpu)
			return (int)i;
	return -1;
}

/* Which of our CPUs each column of "CPU0 CPU1 …" is, or -1. *nr columns; NULL: out of memory. */
static int *columns_read(const struct culprits *c, const char **text, uint32_t *nr)
{
	int *column = malloc(CPULIST_MAX * sizeof(*column));
	const char *p = *text;

	for (*nr = 0; column && *nr < CPULIST_MAX; ++*nr) {
		char *end;

		p += strspn(p, " \t");
		if (strncmp(p, "CPU", 3) != 0)
			break;
		column[*nr] = culprits_cpu(c, (int)strtol(p + 3, &end, 10));
		p = end;
	}
	p += strcspn(p, "\n");
	*text = p + (*p == '\n');
	return column;
}

/* "LOC" and "Local timer interrupts", or "24" and its words, with single blanks. */
static void name_make(char name[static CULPRIT_NAME], const char *label, size_t label_len, const char *words, size_t len)
{
	size_t at = (size_t)snprintf(name, CULPRIT_NAME, "%.*s", (int)min(label_len, (size_t)CULPRIT_NAME - 1), label);

	for (size_t i = 0; i < len && at < CULPRIT_NAME - 1; i++) {
		bool blank = isspace((unsigned char)words[i]);

		if (blank && (i + 1 == len || isspace((unsigned char)words[i + 1])))
			continue;
		if (!i && !blank)
			name[at++] = ' ';
		if (at < CULPRIT_NAME - 1)
			name[at++] = blank ? ' ' : isprint((unsigned char)words[i]) ? words[i] : '?';
	}
	name[min(at, (size_t)CULPRIT_NAME - 1)] = 0;
}

/* One line, without its end. */
static int row_read(struct culprits *c, enum culprit_kind kind, const char *line, size_t len, const int *column, uint32_t nr)
{
	const char *end = line + len, *label = line, *p;
	struct culprit *r;
	size_t label_len;

	while (label < end && isspace((unsigned char)*label))
		label++;
	p = memchr(label, ':', (size_t)(end - label));
	if (!p || p == label)
		return 0;
	label_len = (size_t)(p++ - label);
	if (!(r = row_add(c, kind, 0)))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t n = 0;

		while (p < end && *p == ' ')
			p++;
		if (p == end || !isdigit((unsigned char)*p))
			break;
		while (p < end && isdigit((unsigned char)*p))
			n = n * 10 + (uint64_t)(*p++ - '0');
		if (column[i] >= 0)
			r->count[column[i]] = n;
	}
	name_make(r->name, label, label_len, p, (size_t)(end - p));
	return 0;
}

int culprits_table(struct culprits *c, enum culprit_kind kind, const char *text)
{
	uint32_t nr;
	int *column = columns_read(c, &text, &nr), err = column ? 0 : -ENOMEM;

	while (*text && !err) {
		size_t len = strcspn(text, "\n");

		err = row_read(c, kind, text, len, column, nr);
		text += len + (text[len] == '\n');
	}
	free(column);
	return err;
}

/* The name is between the first parenthesis and the last, and may have anything in it. */
bool culprit_stat(const char *text, char name[static CULPRIT_NAME], int *cpu)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *p;
	int field = 2;

	if (!open || !close || close < open)
		return false;
	name_make(name, open + 1, (size_t)(close - open - 1), "", 0);
	for (char *at = name; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
	for (p = close + 1; *p && field < STAT_CPU; field++) {
		p += strspn(p, " ");
		if (field + 1 < STAT_CPU)
			p += strcspn(p, " ");
	}
	if (field < STAT_CPU || !isdigit((unsigned char)*p))
		return false;
	*cpu = atoi(p);
	return true;
}

struct walk {
	struct culprits *c;
	const struct hostfs *fs;
	int but;
	char dir[64];
};

/* How often it has begun to run: the third number of schedstat. */
static bool runs_read(const char *text, uint64_t *runs)
{
	unsigned long long n;

	if (sscanf(text, "%*u %*u %llu", &n) != 1)
		return false;
	*runs = n;
	return true;
}

static int thread_note(struct walk *w, uint32_t tid, const char *stat, const char *schedstat)
{
	char name[CULPRIT_NAME];
	struct culprit *r;
	uint64_t runs;
	int cpu, index;

	if (!culprit_stat(stat, name, &cpu) || !runs_read(schedstat, &runs))
		return 0;
	index = culprits_cpu(w->c, cpu);
	if (!(r = row_add(w->c, CULPRIT_THREAD, tid)))
		return -ENOMEM;
	memcpy(r->name, name, sizeof(name));
	r->count[index < 0 ? w->c->cpus.nr : (uint32_t)index] = runs;
	return 0;
}

static int thread_read(void *ctx, const char *name)
{
	struct walk *w = ctx;
	char path[160], *stat, *schedstat = NULL;
	int err, failed = 0;

	snprintf(path, sizeof(path), "%s/%.20s/stat", w->dir, name);
	stat = hostfs_read(w->fs, path, &err);
	snprintf(path, sizeof(path), "%s/%.20s/schedstat", w->dir, name);
	if (stat)
		schedstat = hostfs_read(w->fs, path, &err);
	if (stat && schedstat)
		failed = thread_note(w, (uint32_t)strtoul(name, NULL, 10), stat, schedstat);
	free(stat);
	free(schedstat);
	return failed;
}

static int process_read(void *ctx, const char *name)
{
	struct walk *w = ctx;
	int err;

	if (!isdigit((unsigned char)*name) || (w->but && atoi(name) == w->but))
		return 0;
	snprintf(w->dir, sizeof(w->dir), "/proc/%.20s/task", name);
	err = hostfs_each(w->fs, w->dir, thread_read, w);
	return err == -ENOMEM ? err : 0; /* it may have ended */
}

static int table_read(struct culprits *c, const struct hostfs *fs, enum culprit_kind kind, const char *path)
{
	int err;
	char *text = hostfs_read(fs, path, &err);

	if (!text)
		return err == -ENOMEM ? err : 0;
	err = culprits_table(c, kind, text);
	free(text);
	return err;
}

int culprits_read(struct culprits *c, const struct hostfs *fs, const struct cpulist *cpus, int but)
{
	struct walk w = { .c = c, .fs = fs, .but = but };
	int err;

	*c = (struct culprits){ 0 };
	if ((err = cpulist_copy(&c->cpus, cpus)) == 0)
		err = table_read(c, fs, CULPRIT_INTERRUPT, "/proc/interrupts");
	if (!err)
		err = table_read(c, fs, CULPRIT_SOFTIRQ, "/proc/softirqs");
	if (!err)
		err = hostfs_each(fs, "/proc", process_read, &w);
	if (err == -ENOMEM)
		culprits_fini(c);
	return err == -ENOMEM ? err : 0;
}

static const struct culprit *row_find(const struct culprits *c, const struct culprit *like, uint32_t near)
{
	/* Usually both are in the same order. */
	for (uint32_t k = 0; k < c->nr; k++) {
		const struct culprit *r = &c->at[(near + k) % c->nr];

		if (r->kind == like->kind && r->id == like->id && strcmp(r->name, like->name) == 0)
			return r;
	}
	return NULL;
}

/* A thread that has moved here brought its count with it. */
static uint64_t base_of(const struct culprits *c, const struct culprit *before, uint32_t cpu)
{
	uint64_t sum = 0;

	if (!before)
		return 0;
	if (before->kind != CULPRIT_THREAD)
		return before->count[cpu];
	for (uint32_t i = 0; i <= c->cpus.nr; i++)
		sum += before->count[i];
	return sum;
}

int culprits_between(struct culprits *d, const struct culprits *before, const struct culprits *after)
{
	int err;

	*d = (struct culprits){ 0 };
	if ((err = cpulist_copy(&d->cpus, &after->cpus)) != 0)
		return err;
	for (uint32_t i = 0; i < after->nr; i++) {
		const struct culprit *now = &after->at[i], *then = row_find(before, now, i);
		struct culprit *r = NULL;

		for (uint32_t k = 0; k < d->cpus.nr; k++) {
			uint64_t base = base_of(before, then, k);

			if (now->count[k] <= base)
				continue;
			if (!r && !(r = row_add(d, now->kind, now->id))) {
				culprits_fini(d);
				return -ENOMEM;
			}
			memcpy(r->name, now->name, sizeof(r->name));
			r->count[k] = now->count[k] - base;
		}
	}
	return 0;
}

int culprits_tally(struct culprits *c, enum culprit_kind kind, uint32_t id, const char *name, uint32_t cpu, uint64_t ns)
{
	struct culprit *r = NULL;

	for (uint32_t i = 0; i < c->nr && !r; i++)
		if (c->at[i].kind == kind && c->at[i].id == id && strcmp(c->at[i].name, name) == 0)
			r = &c->at[i];
	if (!r && (r = row_add(c, kind, id)) != NULL)
		snprintf(r->name, sizeof(r->name), "%s", name);
	if (!r)
		return -ENOMEM;
	r->count[cpu]++;
	r->ns[cpu] += ns;
	return 0;
}

static bool is_more(const struct culprit *a, const struct culprit *b, uint32_t cpu)
{
	return a->ns[cpu] != b->ns[cpu] ? a->ns[cpu] > b->ns[cpu] : a->count[cpu] > b->count[cpu];
}

uint32_t culprits_top(const struct culprits *c, uint32_t cpu, uint32_t *row, uint32_t max)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < c->nr; i++) {
		uint32_t at = nr;

		if (!c->at[i].count[cpu])
			continue;
		while (at && is_more(&c->at[i], &c->at[row[at - 1]], cpu))
			at--;
		if (at == max)
			continue;
		nr = nr < max ? nr + 1 : max;
		memmove(&row[at + 1], &row[at], (nr - at - 1) * sizeof(*row));
		row[at] = i;
	}
	return nr;
}
