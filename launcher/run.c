/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.c - run a machine, again if it reboots and may, and say how it ended. */
#include <signal.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/machine.h"
#include "vmm/log.h"

static int exit_code_of(enum end_kind kind, int code)
{
	switch (kind) {
	case END_POWER_OFF: return EXIT_CODE_POWEROFF;
	case END_EXIT: return code;
	case END_REBOOT: return EXIT_CODE_REBOOT;
	case END_CRASH: return EXIT_CODE_CRASHED;
	case END_STOPPED: return EXIT_CODE_KILLED;
	default: return EXIT_CODE_FAILED;
	}
}

int run_main(const struct run_config *c)
{
	enum end_kind kind = END_NONE;
	int code = 0;
	int err;

	/* A reader of our output that goes away is an error of one write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	do
		err = machine_run(c, &kind, &code);
	while (!err && kind == END_REBOOT && c->reboot);
	if (err)
		return err;
	if (kind == END_REBOOT)
		log_info("the guest rebooted: ended (--reboot starts it again)");
	return exit_code_of(kind, code);
}
