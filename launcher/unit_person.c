/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_person.c - signals, the terminal, and the host's end of ports. */
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
	uint32_t i = 0;
	int err = console_start(&m->console, &m->cfg->console, m->again);

	if (err)
		return err;
	while (i < m->cfg->port.nr && !err)
		if ((err = port_start(&m->ports[i], &m->cfg->port.at[i], m->ports[i].guest, &m->vm.loop, m->again)) == 0)
			i++;
	if (!err)
		return 0;
	while (i--)
		port_stop(&m->ports[i]);
	console_stop(&m->console);
	return err;
}

static void console_unit_stop(struct machine *m)
{
	for (uint32_t i = 0; i < m->cfg->port.nr; i++)
		port_stop(&m->ports[i]);
	console_stop(&m->console);
}

const struct unit console_unit = { "console", console_unit_start, console_unit_stop };
