/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_quiet.c - what makes the guest quiet: the exits it does without, and what its kernel is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/machine.h"
#include "vmm/log.h"

/* The choices of the two sides are the same, in the same order. */
static_assert((int)CONFIG_IDLE_AUTO == (int)QUIET_IDLE_AUTO, "idle");
static_assert((int)CONFIG_IDLE_GUEST == (int)QUIET_IDLE_GUEST, "idle");
static_assert((int)CONFIG_IDLE_HOST == (int)QUIET_IDLE_HOST, "idle");

/* Does the host itself trust its TSC? What can't be read is no. */
static bool tsc_reliable(void)
{
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
	char name[16] = "";

	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = 0;
	fclose(f);
	return strcmp(name, "tsc\n") == 0;
}

struct quiet_place machine_quiet_place(const struct machine *m)
{
	return (struct quiet_place){
		.nr_vcpus = m->plan.nr_vcpus,
		.nr_nodes = m->plan.guest.nr_nodes,
		.shared = m->plan.overcommit || m->plan.housekeeping_shared,
		.isolated = m->isolation.isolated,
		.force = m->cfg->force,
	};
}

char *machine_cmdline(const struct machine *m)
{
	const char *own = m->guest_boot.cmdline; /* with what was given at its end */
	const char *given = own ? own : m->cfg->append ? m->cfg->append : "";
	const bool is_linux = m->boot_input.kind == BOOT_LINUX || m->boot_input.kind == BOOT_PVH;
	struct quiet_place place = machine_quiet_place(m);
	char words[256], *text;

	if (m->cfg->quiet_guest != CONFIG_YES || !is_linux)
		return strdup(given);
	place.tsc_reliable = tsc_reliable();
	if (quiet_cmdline(&place, words, sizeof(words)) != 0)
		return NULL;
	log_debug("--quiet-guest: %s", words);
	return asprintf(&text, "%s%s%s", words, *given ? " " : "", given) < 0 ? NULL : text;
}

static int quiet_start(struct machine *m)
{
	struct quiet_place place = machine_quiet_place(m);
	uint32_t wanted;
	char why[256];
	int err;

	m->idle = (enum quiet_idle)m->cfg->idle;
	err = quiet_exits(&place, &m->idle, &wanted, why, sizeof(why));
	if (err)
		return log_errno(err, "%s", why);
	m->exits_off = exits_off_apply(&m->vm, wanted);
	return m->cfg->report ? run_noise_before(&m->noise, &m->plan, &m->isolation) : 0;
}

/* The rest goes with KVM's machine. */
static void quiet_stop(struct machine *m)
{
	run_noise_fini(&m->noise);
}

const struct unit quiet_unit = { "quiet", quiet_start, quiet_stop };
