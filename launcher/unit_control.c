/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_control.c - a machine with a name can be asked and told things, and ends its guest through the agent. */
#include <stdlib.h>

#include "launcher/machine.h"
#include "vmm/log.h"

char *machine_agent_words(const struct machine *m, char *cmdline)
{
	char *text;

	if (!m->berth || !m->has_vsock || m->boot_input.kind == BOOT_PAYLOAD || !cmdline)
		return cmdline;
	if (asprintf(&text, "%s%sthole.key=", cmdline, *cmdline ? " " : "") < 0)
		text = NULL;
	free(cmdline);
	for (uint32_t i = 0; text && i < FRAME_KEY_BYTES; i++) {
		char *longer;

		if (asprintf(&longer, "%s%02x", text, m->berth->key[i]) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return text;
}

static void console_out(void *ctx, const uint8_t *bytes, uint32_t nr)
{
	control_console_out(ctx, bytes, nr);
}

static void console_room(void *ctx)
{
	control_console_room(ctx);
}

static void guest_end(void *ctx)
{
	struct machine *m = ctx;

	if (m->has_vsock)
		agent_power_off(&m->agent_power, &m->vm.loop, m->vsock.cid, CONTROL_AGENT_PORT, m->berth->key);
}

static int control_unit_start(struct machine *m)
{
	int err;

	if (!m->berth)
		return 0;
	agent_power_init(&m->agent_power);
	err = control_start(&m->control, m, m->berth);
	if (err)
		return err;
	m->console.tap = (struct console_tap){ console_out, console_room, &m->control };
	m->stopper.also = guest_end;
	m->stopper.also_ctx = m;
	return 0;
}

static void control_unit_stop(struct machine *m)
{
	if (!m->berth)
		return;
	m->console.tap = (struct console_tap){ 0 };
	m->berth->stopped = m->stopper.pressed;
	control_stop(&m->control);
	agent_power_fini(&m->agent_power);
}

const struct unit control_unit = { "control", control_unit_start, control_unit_stop };
