/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - collect, compare, judge; report_json.c writes. */
#include "launcher/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/file_replace.h"
#include "launcher/report_json.h"
#include "vmm/clock.h"
#include "vmm/log.h"

static json_t *plan_value(const struct plan *plan, const struct host *h)
{
	json_t *value = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err;

	if (!out)
		return NULL;
	err = plan_json(plan, h, out);
	if (fclose(out) == 0 && !err)
		value = json_loadb(text, size, 0, NULL);
	free(text);
	return value;
}

int report_plan(struct report *r, const struct run_config *cfg, const struct plan *plan, const struct host *h)
{
	*r = (struct report){ .cfg = cfg, .wanted = cfg->report || cfg->strict };
	if (!r->wanted)
		return 0;
	r->plan = plan_value(plan, h);
	r->deviations = json_array();
	r->unknown = json_array();
	r->vcpu = calloc(plan->nr_vcpus, sizeof(*r->vcpu));
	if (r->plan && r->deviations && r->unknown && r->vcpu)
		return 0;
	report_fini(r);
	return log_errno(-ENOMEM, "report: %m");
}

/* Once: the start and the end may say the same. */
static void text_add(json_t *list, const char *text)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(one), text) == 0)
			return;
	json_array_append_new(list, json_string(text));
}

static void deviation_add(void *ctx, const char *text)
{
	const struct report *r = ctx;

	text_add(r->deviations, text);
}

static void unknown_add(void *ctx, const char *text)
{
	const struct report *r = ctx;

	text_add(r->unknown, text);
}

static void memory_judge(struct report *r, const struct proof *p, bool filled)
{
	const struct proof_listener to = { deviation_add, unknown_add, r };

	proof_judge(p, filled, &to);
}

/* The first of them says enough on one line; the report has them all. */
static void deviations_tell(const struct report *r, const char *what)
{
	size_t nr = json_array_size(r->deviations);
	char more[64] = "";

	if (nr > 1)
		snprintf(more, sizeof(more), ", and %zu more", nr - 1);
	log_errno(-EXDEV, "--strict: %s: %s%s%s", what, json_string_value(json_array_get(r->deviations, 0)), more,
		r->cfg->report ? "" : "; --report FILE has it all");
}

int report_memory(struct report *r, const struct mem *m, const struct plan *plan, bool filled)
{
	if (!r->wanted)
		return 0;
	if (proof_take(&r->memory, m, plan) != 0)
		return log_errno(-ENOMEM, "report: %m");
	memory_judge(r, &r->memory, filled);
	if (!r->cfg->strict || !json_array_size(r->deviations))
		return 0;
	deviations_tell(r, "not started");
	return -EXDEV;
}

void report_vcpu_start(struct report *r, uint32_t vcpu)
{
	if (r->wanted)
		r->vcpu[vcpu].start = usage_read();
}

void report_vcpu_end(struct report *r, uint32_t vcpu)
{
	if (r->wanted)
		r->vcpu[vcpu].end = usage_read();
}

void report_begin(struct report *r)
{
	r->start_ns = clock_now_ns();
}

static void vcpus_judge(struct report *r, const struct plan *plan)
{
	char text[128];

	for (uint32_t v = 0; v < plan->nr_vcpus; v++) {
		const struct report_vcpu *u = &r->vcpu[v];
		int64_t moves = usage_delta(u->start.migrations, u->end.migrations);

		if (u->end.cpu.os != plan->vcpu[v].cpu.os) {
			snprintf(text, sizeof(text), "vCPU %u: it ended on CPU %d, not %d", v, u->end.cpu.os,
				plan->vcpu[v].cpu.os);
			text_add(r->deviations, text);
		}
		if (moves > 0) {
			snprintf(text, sizeof(text), "vCPU %u: it was moved %lld times", v, (long long)moves);
			text_add(r->deviations, text);
		}
		if (moves == USAGE_UNKNOWN)
			text_add(r->unknown, "migrations of vCPU threads");
		if (u->end.voluntary == USAGE_UNKNOWN)
			text_add(r->unknown, "context switches of vCPU threads");
	}
}

static int report_write(const struct report *r, const struct report_machine *m, const struct proof *end,
	uint64_t ns)
{
	char *text = report_json(r, m, end, ns);
	int err;

	if (!text)
		return log_errno(-ENOMEM, "report: %m");
	err = file_replace(r->cfg->report, text);
	free(text);
	return err;
}

int report_finish(struct report *r, const struct report_machine *m, bool *deviates)
{
	uint64_t ns = clock_now_ns() - r->start_ns;
	struct proof end;
	int err = 0;

	*deviates = false;
	if (!r->wanted)
		return 0;
	if (proof_take(&end, &m->vm->mem, m->plan) != 0)
		return log_errno(-ENOMEM, "report: %m");
	memory_judge(r, &end, m->filled);
	vcpus_judge(r, m->plan);
	if (r->cfg->report)
		err = report_write(r, m, &end, ns);
	proof_fini(&end);
	if (r->cfg->strict && json_array_size(r->deviations)) {
		deviations_tell(r, "it has run, but not as planned");
		*deviates = true;
	}
	for (size_t i = 0; r->cfg->strict && i < json_array_size(r->unknown); i++)
		log_warn("--strict: this kernel doesn't tell: %s", json_string_value(json_array_get(r->unknown, i)));
	return err;
}

void report_fini(struct report *r)
{
	json_decref(r->plan);
	json_decref(r->deviations);
	json_decref(r->unknown);
	proof_fini(&r->memory);
	free(r->vcpu);
	*r = (struct report){ 0 };
}
