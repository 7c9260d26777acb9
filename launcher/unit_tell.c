/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit_tell.c - what a person should know of the machine that is about to run. Said only once all that was asked for
 * was found good and is there: a start that fails says why, and nothing else.
 */
#include <string.h>

#include "launcher/machine.h"
#include "vmm/log.h"

static int tell_start(struct machine *m)
{
	const struct plan *p = &m->plan;

	if (m->unpaged)
		log_warn("KVM's back end here (%s) has no nested paging: expect the guest to be very slow or to fail",
			m->kvm.backend.name);
	for (uint32_t i = 0; i < p->nr_warnings; i++)
		log_warn("%s", p->warning[i]);
	if (m->backing.swappable)
		log_info("guest memory may be swapped out: it can't be locked: %s; raise the limit (ulimit -l)",
			strerror(-m->backing.swappable));
	if (*p->note)
		log_info("%s", p->note);
	return 0;
}

static void tell_stop(struct machine *m)
{
	(void)m;
}

const struct unit tell_unit = { "tell", tell_start, tell_stop };
