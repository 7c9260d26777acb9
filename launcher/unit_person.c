/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_person.c - signals and the terminal. */
#include "launcher/machine.h"

static int stopper_unit_start(struct machine *m)
{
	struct power *button = m->boot.kind == BOOT_PAYLOAD ? NULL : &m->power;

	return stopper_start(&m->stopper, &m->vm, button, m->cfg->stop_timeout_ms, m->signals);
}

static void stopper_unit_stop(struct machine *m)
{
	stopper_stop(&m->stopper);
}

const struct unit stopper_unit = { "stopper", stopper_unit_start, stopper_unit_stop };

static int console_unit_start(struct machine *m)
{
	return console_start(&m->console, &m->cfg->console);
}

static void console_unit_stop(struct machine *m)
{
	console_stop(&m->console);
}

const struct unit console_unit = { "console", console_unit_start, console_unit_stop };
