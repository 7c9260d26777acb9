/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.c - run a machine, again if it reboots and may, and say how it ended. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>

#include "launcher/berth.h"
#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/file_replace.h"
#include "launcher/machine.h"
#include "vmm/log.h"

static int exit_code_of(const struct machine_end *end)
{
	switch (end->kind) {
	case END_POWER_OFF: return end->deviates ? EXIT_CODE_DEVIATED : EXIT_CODE_POWEROFF;
	case END_EXIT: return end->deviates && !end->code ? EXIT_CODE_DEVIATED : end->code;
	case END_REBOOT: return EXIT_CODE_REBOOT;
	case END_CRASH: return EXIT_CODE_CRASHED;
	case END_STOPPED: return EXIT_CODE_KILLED;
	default: return EXIT_CODE_FAILED;
	}
}

/* What a whole run is for should not turn out at its end to have no place. */
static int outputs_check(const struct run_config *c)
{
	int err = c->report ? file_replace_check(c->report) : 0;

	return !err && c->stats ? file_replace_check(c->stats) : err;
}

int run_at_berth(const struct run_config *c, struct berth *berth)
{
	struct stop_signals signals;
	struct machine_end end;
	bool again = false;
	int err = outputs_check(c);

	if (err)
		return err;
	/* vCPU threads allocate a little while they start; with arenas of their own it would stay theirs. */
	mallopt(M_ARENA_MAX, 1);
	/* A reader of our output that goes away is an error of one write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	stop_signals_hold(&signals);
	do {
		err = machine_run(c, &signals, berth, again, &end);
		again = true;
	} while (!err && end.kind == END_REBOOT && c->reboot && !end.asked);
	stop_signals_release(&signals);
	if (err)
		return err;
	if (end.kind == END_REBOOT)
		log_info("the guest rebooted: ended (%s)", end.asked ? "it was asked to stop"
								     : "--reboot starts it again");
	return exit_code_of(&end);
}

int run_main(const struct run_config *c)
{
	struct berth berth;
	char path[PATH_MAX];
	int err, harbour;

	if (!c->name)
		return run_at_berth(c, NULL);
	harbour = harbour_open(path);
	if (harbour < 0)
		return harbour;
	err = harbour_lock(harbour);
	if (!err)
		err = berth_take(&berth, harbour, path, c->name);
	if (err)
		return err == -EBUSY ? log_errno(err, "a machine called %s runs already: `thole ps` shows it", c->name)
				     : err;
	harbour_unlock(harbour);
	err = run_at_berth(c, &berth);
	berth_leave(&berth);
	return err;
}
