/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isolation.c - open, recover, apply, release. See isolation.h; isolation_job.c makes the changes. */
#include "sched/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/cpus.h"
#include "sched/isolation_parts.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define LATENCY_US 10 /* shallow sleeps only; 0 would have idle CPUs spin, and take power from the busy ones */

const struct knob knob_latency = { .name = "sleep states",
	.what = "how long a CPU may take to wake up (/dev/cpu_dma_latency)",
	.worth = "wake-ups in a few microseconds rather than in hundred",
	.path = "/dev/cpu_dma_latency" };

int isolation_open(struct isolation *iso, const char *root, const struct hostfs_hook *hook)
{
	int err;

	*iso = (struct isolation){ .latency = -1 };
	snprintf(iso->root, sizeof(iso->root), "%s", root);
	err = hostfs_open(&iso->tree, root);
	iso->tree.hook = hook;
	return err ? log_errno(err, "%s: %m", root) : 0;
}

void isolation_close(struct isolation *iso)
{
	if (iso->latency >= 0)
		close(iso->latency);
	if (iso->has_state)
		state_close(&iso->state);
	cpulist_fini(&iso->online);
	hostfs_close(&iso->tree);
}

/* With the lock taken. The state's directory is opened once. */
int isolation_begin(struct isolation *iso, struct journal *j, bool make)
{
	int err = iso->has_state ? 0 : state_open(&iso->state, &iso->tree, iso->root, make);

	if (err)
		return err;
	iso->has_state = true;
	return state_lock(&iso->state, j);
}

static int online_read(struct isolation *iso)
{
	int err;
	char *text = hostfs_read(&iso->tree, "/sys/devices/system/cpu/online", &err);

	if (text)
		err = cpulist_parse(&iso->online, text, NULL, NULL);
	free(text);
	return err ? log_errno(err, "/sys/devices/system/cpu/online: %m") : 0;
}

int isolation_owner_release(struct isolation *iso, struct journal *j, unsigned slot)
{
	struct job job = { .iso = iso, .journal = j, .slot = slot };
	int err = job_release(&job, NULL);
	char id[JOURNAL_ID];

	if (err)
		return err;
	memcpy(id, j->owner[slot].id, sizeof(id));
	journal_owner_remove(j, slot);
	err = state_save(&iso->state, j);
	if (!err)
		state_owner_forget(&iso->state, id);
	return err;
}

/* What could not be put back when its owner went. */
static int orphans_release(struct isolation *iso, struct journal *j)
{
	int slot = journal_owner_add(j, "orphans", &(struct cpulist){ 0 }, false);

	for (uint32_t i = 0; i < j->nr && slot >= 0; i++)
		if (!j->change[i].owners)
			return isolation_owner_release(iso, j, (unsigned)slot);
	if (slot >= 0)
		journal_owner_remove(j, (unsigned)slot);
	return slot < 0 && slot != -EBUSY ? slot : 0;
}

static int dead_release(struct isolation *iso, struct journal *j, const char *id, uint32_t *nr)
{
	int err = online_read(iso);

	for (unsigned i = 0; i < JOURNAL_OWNERS && !err; i++) {
		const struct journal_owner *o = &j->owner[i];

		if (!*o->id || (state_owner_alive(&iso->state, o) && !(id && strcmp(o->id, id) == 0 && o->kept)))
			continue;
		if (!o->kept)
			log_info("isolation: putting back what %s, which has ended, has left", o->id);
		err = isolation_owner_release(iso, j, i);
		*nr += !err;
	}
	if (!err)
		err = orphans_release(iso, j);
	return err ? err : state_save(&iso->state, j);
}

int isolation_recover(struct isolation *iso, const char *id, uint32_t *nr)
{
	uint32_t found = 0;
	struct journal j;
	int err = isolation_begin(iso, &j, false);

	if (nr)
		*nr = 0;
	if (err)
		return err == -ENOENT ? 0 : err;
	cpulist_fini(&iso->online);
	err = dead_release(iso, &j, id, &found);
	state_unlock(&iso->state, &j);
	if (nr)
		*nr = found;
	return err;
}

void result_conclude(struct isolation_result *r, bool show)
{
	if (!r->files)
		r->status = ISOLATION_ABSENT;
	else if (r->rights)
		r->status = ISOLATION_RIGHTS;
	else if (show && *r->command)
		r->status = ISOLATION_WOULD;
	else if (r->changed)
		r->status = ISOLATION_SET;
	else
		r->status = r->refused ? ISOLATION_REFUSED : ISOLATION_ALREADY;
}

static int row_file(void *ctx, const char *path)
{
	struct job *job = ctx;

	return job_file(job, path, job->knob->kind, job->knob->value);
}

static int row_apply(struct job *job)
{
	int err = knob_files(job->knob, &job->iso->tree, job->iso->ask.cpus, row_file, job);

	if (err == -EACCES || err == -EPERM) {
		job->result->files++;
		job->result->rights++;
		if (job->knob->value && job->knob->by_hand)
			knob_command(job->knob, NULL, job->knob->value, job->iso->ask.cpus, job->result->command,
				sizeof(job->result->command));
		err = 0;
	}
	if (!err && !job->iso->ask.show)
		err = job_make(job);
	result_conclude(job->result, job->iso->ask.show);
	return err;
}

/* Not journalled: the kernel takes it back when the descriptor is closed, however that happens. */
static int latency_apply(struct job *job)
{
	struct isolation *iso = job->iso;
	struct isolation_result *r = job->result;
	const int32_t us = LATENCY_US;

	snprintf(r->command, sizeof(r->command), "setfacl -m u:USER:rw /dev/cpu_dma_latency");
	if (!hostfs_exists(&iso->tree, job->knob->path)) {
		r->status = ISOLATION_ABSENT;
	} else if (iso->ask.show || iso->ask.id) {
		r->status = iso->ask.show ? ISOLATION_WOULD : ISOLATION_ABSENT;
		snprintf(r->detail, sizeof(r->detail), "held by a run for as long as it lasts");
		*r->command = 0;
	} else {
		iso->latency = openat(iso->tree.root, "dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
		if (iso->latency >= 0 && write(iso->latency, &us, sizeof(us)) == (ssize_t)sizeof(us))
			r->status = ISOLATION_SET;
		else
			r->status = errno == EACCES || errno == EPERM ? ISOLATION_RIGHTS : ISOLATION_REFUSED;
		r->files = 1;
	}
	return 0;
}

static int knob_apply(struct job *job, const struct knob *k, int (*fn)(struct job *job))
{
	struct isolation *iso = job->iso;

	job->knob = k;
	job->result = &iso->result[iso->nr++];
	*job->result = (struct isolation_result){ .knob = k };
	return fn(job);
}

static int rows_apply(struct job *job, bool first)
{
	int err = 0;

	for (size_t i = 0; i < knobs_nr && !err; i++)
		if (knobs[i].first == first && (!knobs[i].fifo_only || job->iso->ask.fifo))
			err = knob_apply(job, &knobs[i], row_apply);
	return err;
}

static int knobs_apply(struct job *job)
{
	int err = rows_apply(job, true);

	if (!err && job->iso->ask.partition)
		err = knob_apply(job, &knob_partition, partition_make);
	if (!err)
		err = rows_apply(job, false);
	return err ? err : knob_apply(job, &knob_latency, latency_apply);
}

int isolation_owner_begin(struct isolation *iso, struct journal *j, int *slot)
{
	const char *id = iso->ask.id;
	int err;

	if (id)
		snprintf(iso->id, sizeof(iso->id), "%s", id);
	else
		snprintf(iso->id, sizeof(iso->id), "run-%d-%llx", (int)getpid(), (unsigned long long)clock_now_ns());
	if (!journal_id_ok(iso->id))
		return log_errno(-EINVAL, "\"%.60s\" is no name for it: letters, digits and . _ - but not first, at most %d", id,
			JOURNAL_ID - 1);
	if (journal_owner_find(j, iso->id) >= 0)
		return log_errno(-EEXIST, "isolation is kept as %s already; thole restore --owner %s ends it", iso->id, iso->id);
	/* Dead until the journal has it, and then alive: nobody else looks before the lock is given back. */
	if (!id && (err = state_owner_begin(&iso->state, iso->id)) != 0)
		return err;
	*slot = journal_owner_add(j, iso->id, iso->ask.cpus, id != NULL);
	if (*slot >= 0)
		return 0;
	state_owner_end(&iso->state, iso->id);
	return log_errno(*slot, *slot == -EBUSY ? "isolation: %d machines have it on this host already" :
		"isolation: no memory (%d machines)", JOURNAL_OWNERS);
}

/* Shows only: there may be no right to have a journal. */
static int show(struct isolation *iso)
{
	struct journal none = { 0 };
	struct job job = { .iso = iso, .journal = &none };

	return knobs_apply(&job);
}

int isolation_apply(struct isolation *iso, const struct isolation_request *ask)
{
	struct journal j;
	struct job job = { .iso = iso, .journal = &j };
	int err, slot = -1;

	iso->ask = *ask;
	iso->nr = 0;
	cpulist_fini(&iso->online);
	if ((err = online_read(iso)) != 0)
		return err;
	if (ask->show)
		return show(iso);
	if ((err = isolation_begin(iso, &j, true)) != 0)
		return err;
	if ((err = isolation_owner_begin(iso, &j, &slot)) == 0) {
		job.slot = (unsigned)slot;
		iso->active = true;
		err = state_save(&iso->state, &j);
	}
	if (!err)
		err = knobs_apply(&job);
	/* Changes that others had made already have one owner more. */
	if (!err)
		err = state_save(&iso->state, &j);
	if (err && slot >= 0 && isolation_owner_release(iso, &j, job.slot) == 0)
		iso->active = false;
	state_unlock(&iso->state, &j);
	return err;
}

int isolation_release(struct isolation *iso)
{
	struct journal j;
	int err, slot;

	if (iso->latency >= 0)
		close(iso->latency);
	iso->latency = -1;
	if (!iso->active)
		return 0;
	iso->active = false;
	if ((err = isolation_begin(iso, &j, false)) != 0)
		return err;
	slot = journal_owner_find(&j, iso->id);
	if (slot >= 0)
		err = isolation_owner_release(iso, &j, (unsigned)slot);
	state_owner_end(&iso->state, iso->id);
	state_unlock(&iso->state, &j);
	return err;
}

const char *isolation_status_name(enum isolation_status status)
{
	static const char *const names[ISOLATION_STATES] = { "not here", "as wanted", "set", "would be set", "refused",
		"needs root" };

	return names[status];
}

uint32_t isolation_count(const struct isolation *iso, enum isolation_status status)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < iso->nr; i++)
		nr += iso->result[i].status == status;
	return nr;
}
