/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noise_print.c - see noise_print.h. */
#include "launcher/noise_print.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/log.h"

#define TOP 6

extern char **environ;

static double us(uint64_t ticks, uint64_t hz)
{
	return detour_ns(ticks, hz) / 1000;
}

static void traced_print(const struct noise *n, uint32_t cpu, FILE *out)
{
	const struct culprits *all = &n->traced.culprits;
	uint32_t row[TOP], nr = culprits_top(all, cpu, row, TOP);

	for (uint32_t i = 0; i < nr; i++) {
		const struct culprit *c = &all->at[row[i]];

		fprintf(out, "%8s%10.1f/s%12.1f us/s  %-10s%s\n", "", (double)c->count[cpu] / n->seconds,
			(double)c->ns[cpu] / 1000 / n->seconds, culprit_kind_name(c->kind), c->name);
	}
}

static void culprits_print(const struct noise *n, uint32_t cpu, FILE *out)
{
	uint32_t row[TOP], nr = culprits_top(&n->culprits, cpu, row, TOP);

	for (uint32_t i = 0; i < nr; i++) {
		const struct culprit *c = &n->culprits.at[row[i]];

		fprintf(out, "%8s%10.1f/s  %-10s%s\n", "", (double)c->count[cpu] / n->seconds, culprit_kind_name(c->kind), c->name);
	}
}

void noise_print(const struct noise *n, FILE *out)
{
	fprintf(out, "%-8s%12s%12s%12s%12s%12s\n", "CPU", "LOST", "DETOURS/S", "MEDIAN US", "99 % US", "LONGEST US");
	for (uint32_t i = 0; i < n->nr; i++) {
		const struct detour_log *log = &n->at[i].log;

		fprintf(out, "%-8d%10.4f %%%12.1f%12.2f%12.2f%12.1f\n", n->at[i].cpu.os, detour_share(log) * 100,
			detour_per_second(log, n->tsc_hz), us(detour_quantile(log, 0.5), n->tsc_hz),
			us(detour_quantile(log, 0.99), n->tsc_hz), us(log->longest, n->tsc_hz));
		if (n->traced.on)
			traced_print(n, i, out);
		else
			culprits_print(n, i, out);
	}
	fprintf(out, "\n%.1f s; a turn of the detector is %.0f ns, and one of more than %.0f ns a detour.\n"
		"What keeps a CPU from running at all without the kernel's knowing, such as a hypervisor below, has no culprit.\n",
		n->seconds, n->nr ? detour_ns(n->at[0].log.turn, n->tsc_hz) : 0,
		n->nr ? detour_ns(n->at[0].log.threshold, n->tsc_hz) : 0);
	if (n->traced.on)
		fprintf(out, "How often and how long each culprit had the CPU is by the kernel's osnoise tracer");
	else if (*n->traced.why)
		fprintf(out, "Culprits are counted; how long each had the CPU is not known: %s", n->traced.why);
	if (n->traced.lost)
		fprintf(out, ", which had no room for %" PRIu64 " events", n->traced.lost);
	if (n->traced.on || *n->traced.why)
		fprintf(out, ".\n");
}

/* Several of one name are one. */
static json_t *sums_json(const struct culprits *c, uint32_t cpu, double seconds, bool times)
{
	json_t *o = json_object();
	char name[CULPRIT_NAME + 16];

	for (uint32_t i = 0; i < c->nr; i++) {
		const struct culprit *r = &c->at[i];
		double value = times ? (double)r->ns[cpu] / 1000 : (double)r->count[cpu], before;

		if (!r->count[cpu])
			continue;
		snprintf(name, sizeof(name), "%s %s", culprit_kind_name(r->kind), r->name);
		before = json_real_value(json_object_get(o, name));
		json_object_set_new(o, name, json_real(before + value / seconds));
	}
	return o;
}

json_t *culprits_json(const struct culprits *c, uint32_t cpu, double seconds)
{
	return sums_json(c, cpu, seconds, false);
}

/* What the tracer says of a CPU; null without it. */
static json_t *traced_json(const struct noise *n, uint32_t cpu)
{
	const struct culprits *c = &n->traced.culprits;

	if (!n->traced.on)
		return json_null();
	return json_pack("{s:o, s:o}", "events_per_second", sums_json(c, cpu, n->seconds, false), "us_per_second",
		sums_json(c, cpu, n->seconds, true));
}

static json_t *tracer_json(const struct noise *n)
{
	const struct noise_traced *t = &n->traced;

	return json_pack("{s:b, s:s?, s:I}", "used", t->on, "why", *t->why ? t->why : NULL, "lost_events",
		(json_int_t)t->lost);
}

static json_t *cpu_json(const struct noise *n, uint32_t i)
{
	const struct detour_log *log = &n->at[i].log;

	return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "cpu", n->at[i].cpu.os, "lost", detour_share(log),
		"detours_per_second", detour_per_second(log, n->tsc_hz), "median_us", us(detour_quantile(log, 0.5), n->tsc_hz),
		"p99_us", us(detour_quantile(log, 0.99), n->tsc_hz), "longest_us", us(log->longest, n->tsc_hz), "threshold_ns",
		detour_ns(log->threshold, n->tsc_hz), "culprits_per_second", culprits_json(&n->culprits, i, n->seconds),
		"osnoise", traced_json(n, i));
}

json_t *noise_json(const struct noise *n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n->nr; i++)
		json_array_append_new(list, cpu_json(n, i));
	return json_pack("{s:f, s:o, s:o}", "seconds", n->seconds, "osnoise", tracer_json(n), "cpus", list);
}

/* What gnuplot is to do, with all data in it. */
static int script_write(const struct noise *n, const char *svg, FILE *out)
{
	fputs("set terminal svg size 1000,500 dynamic background rgb 'white'\nset output '", out);
	for (const char *p = svg; *p; p++)
		fputs(*p == '\'' ? "''" : (char[]){ *p, 0 }, out);
	fputs("'\nset logscale y\nset xlabel 'seconds'\nset ylabel 'detour, microseconds'\nset key outside\nset grid\n"
	      "set xrange [0:*]\n", out);
	for (uint32_t i = 0; i < n->nr; i++) {
		const struct detour_log *log = &n->at[i].log;

		fprintf(out, "$cpu%u << END\n", i);
		for (uint64_t k = 0; k < log->nr && k < log->capacity; k++)
			fprintf(out, "%.6f %.3f\n", detour_ns(log->event[k].at, n->tsc_hz) / 1e9,
				us(max(log->event[k].ticks, (uint64_t)1), n->tsc_hz));
		/* gnuplot takes no empty data. */
		if (!log->nr || !log->capacity)
			fputs("NaN NaN\n", out);
		fputs("END\n", out);
	}
	for (uint32_t i = 0; i < n->nr; i++)
		fprintf(out, "%s $cpu%u using 1:2 with points pointtype 7 pointsize 0.3 title 'CPU %d: %.4f %% lost'",
			i ? "," : "plot", i, n->at[i].cpu.os, detour_share(&n->at[i].log) * 100);
	fputs("\n", out);
	return ferror(out) ? -EIO : 0;
}

/* The script goes to its standard input. */
static int gnuplot_start(pid_t *pid, int script)
{
	char *argv[] = { (char[]){ "gnuplot" }, NULL };
	posix_spawn_file_actions_t actions;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
	/* What it says of a file that can't be written is three lines of its script. */
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = -posix_spawnp(pid, "gnuplot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

int noise_draw(const struct noise *n, const char *svg)
{
	FILE *script = tmpfile();
	int status = 0, err;
	pid_t pid;

	if (!script)
		return log_errno(-errno, "a temporary file: %m");
	err = script_write(n, svg, script);
	if (!err && fflush(script) != 0)
		err = -errno;
	rewind(script);
	if (err)
		log_errno(err, "a temporary file: %m");
	else if ((err = gnuplot_start(&pid, fileno(script))) != 0)
		log_errno(err, "gnuplot: %m; it draws --svg: apt-get install gnuplot-nox");
	fclose(script);
	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status ? log_errno(-EIO, "%s: gnuplot could not draw it; can that be written?", svg) : 0;
}
