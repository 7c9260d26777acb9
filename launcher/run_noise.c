/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_noise.c - see run_noise.h. */
#include "launcher/run_noise.h"

#include <errno.h>
#include <unistd.h>

#include "launcher/noise_print.h"
#include "launcher/quiet_cpus.h"
#include "sched/affinity.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define BEFORE_MS 100

int run_noise_before(struct run_noise *r, const struct plan *plan, struct isolation *iso)
{
	/* A host that is changed anyway: the tracer is one change more, for that moment. */
	const struct noise_tracer tracer = { .iso = iso };
	int err;

	*r = (struct run_noise){ .on = true };
	if ((err = plan_cpus(plan, &r->cpus)) != 0)
		return log_errno(err, "noise: %m");
	/* Detectors begin where their maker is. */
	err = isolation_enter(iso);
	if (!err)
		err = noise_measure(&r->before, &r->cpus, BEFORE_MS, 0, iso->active ? &tracer : NULL);
	if (isolation_leave(iso) != 0 || affinity_set(&plan->housekeeping) != 0)
		log_warn("thole's main thread stays on the vCPUs' CPUs");
	if (err)
		run_noise_fini(r);
	return err;
}

static int culprits_now(const struct run_noise *r, struct culprits *c)
{
	struct hostfs fs;
	int err = hostfs_open(&fs, "/");

	if (!err) {
		err = culprits_read(c, &fs, &r->cpus, getpid());
		hostfs_close(&fs);
	}
	return err ? log_errno(err, "noise: %m") : 0;
}

int run_noise_begin(struct run_noise *r)
{
	r->start_ns = clock_now_ns();
	return r->on ? culprits_now(r, &r->start) : 0;
}

static json_t *during_json(const struct run_noise *r)
{
	double seconds = (double)(clock_now_ns() - r->start_ns) / 1e9;
	json_t *list = json_array();
	struct culprits end, between;

	if (culprits_now(r, &end) != 0) {
		json_decref(list);
		return json_null();
	}
	if (culprits_between(&between, &r->start, &end) == 0) {
		for (uint32_t i = 0; i < r->cpus.nr; i++)
			json_array_append_new(list, json_pack("{s:i, s:o}", "cpu", r->cpus.cpu[i].os, "culprits_per_second",
				culprits_json(&between, i, seconds)));
		culprits_fini(&between);
	}
	culprits_fini(&end);
	return json_pack("{s:f, s:o}", "seconds", seconds, "cpus", list);
}

json_t *run_noise_json(const struct run_noise *r)
{
	if (!r->on)
		return json_null();
	return json_pack("{s:o, s:o}", "before", noise_json(&r->before), "during", during_json(r));
}

void run_noise_fini(struct run_noise *r)
{
	noise_fini(&r->before);
	culprits_fini(&r->start);
	cpulist_fini(&r->cpus);
	*r = (struct run_noise){ 0 };
}
