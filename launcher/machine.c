/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.c - start the units, run the loop, stop the units. */
#include "launcher/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/stats_file.h"
#include "vmm/log.h"

static void units_stop(struct machine *m, size_t started)
{
	while (started--)
		machine_units[started]->stop(m);
}

static int units_start(struct machine *m, size_t *started)
{
	int err;

	for (*started = 0; machine_units[*started]; ++*started) {
		log_debug("starting: %s", machine_units[*started]->name);
		err = stop_signals_waiting(m->signals) ? -EINTR : machine_units[*started]->start(m);
		if (err) {
			units_stop(m, *started);
			return err;
		}
	}
	return 0;
}

/* With the vCPUs stopped and everything else still there. */
static int machine_report(struct machine *m, bool *deviates)
{
	const struct report_machine r = { &m->plan, &m->vm, &m->vcpus, &m->backing, m->prefault, &m->steady,
		m->idle, &m->exits_off, &m->isolation, &m->noise, &m->ipi_host, &m->ipi,
		&m->irq_follow };
	int err = m->cfg->stats ? stats_file_write(m->cfg->stats, &m->vm, &m->vcpus) : 0;

	return err ? err : report_finish(&m->report, &r, deviates);
}

/* Stopped before it ran? Then that is its end, and no failure. */
static int start_failed(const struct machine *m, int err, struct machine_end *end)
{
	int signal = err == -EINTR ? stop_signals_waiting(m->signals) : 0;

	if (!signal)
		return err;
	log_warn("%s: the guest is not started", strsignal(signal));
	end->kind = END_STOPPED;
	return 0;
}

int machine_run(const struct run_config *cfg, const struct stop_signals *signals, struct berth *berth, bool again,
	struct machine_end *end)
{
	struct machine *m = calloc(1, sizeof(*m));
	size_t started = 0;
	int err;

	if (!m)
		return log_errno(-ENOMEM, "cannot describe a machine: %m");
	m->cfg = cfg;
	m->signals = signals;
	m->berth = berth;
	m->again = again;
	*end = (struct machine_end){ 0 };
	err = units_start(m, &started);
	if (!err) {
		err = loop_run(&m->vm.loop);
		if (err)
			end_set(&m->vm.end, END_FAILED, 0);
		if (end_kind(&m->vm.end) == END_STOPPED || end_kind(&m->vm.end) == END_FAILED)
			machine_outside_abort(m);
		vcpus_stop(&m->vcpus);
		if (!err)
			err = machine_report(m, &end->deviates);
		end->kind = end_kind(&m->vm.end);
		end->code = m->vm.end.code;
		end->asked = m->stopper.pressed;
		units_stop(m, started);
	} else {
		err = start_failed(m, err, end);
	}
	free(m);
	return err;
}
