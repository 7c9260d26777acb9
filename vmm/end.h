/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * end.h - how a virtual machine's run ended: decided once, by whoever comes first.
 *
 * Threads: end_set() from any; end_kind() from any; code after end_kind() is not END_NONE.
 */
#ifndef VMM_END_H
#define VMM_END_H

#include <stdatomic.h>

#include "vmm/loop.h"

enum end_kind {
	END_NONE,      /* still running */
	END_POWER_OFF, /* the guest switched itself off, or every vCPU of a payload is done */
	END_REBOOT,    /* the guest asked for a reset */
	END_EXIT,      /* the guest gave an exit code (payload, debug-exit port) */
	END_CRASH,     /* triple fault, KVM internal error, failed entry; reported */
	END_STOPPED,   /* stopped hard from outside */
	END_FAILED,    /* thole itself failed; reported */
};

struct end {
	_Atomic int claimed;
	_Atomic int kind;
	int code; /* END_EXIT: 0 to 255 */
	struct loop *loop;
};

void end_init(struct end *e, struct loop *loop);

/* Did this call decide the end? The loop is woken if so. */
bool end_set(struct end *e, enum end_kind kind, int code);

enum end_kind end_kind(const struct end *e);

#endif
