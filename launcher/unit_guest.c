/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_guest.c - directories for the guest; and with kernel=auto, its kernel and initramfs. */
#include "launcher/machine.h"
#include "vmm/log.h"

static int guest_start(struct machine *m)
{
	int err = guest_shares_make(&m->shares, m->cfg);

	if (err)
		return err;
	if (guest_boot_wanted(m->cfg) && (err = guest_boot_make(&m->guest_boot, m->cfg, &m->shares, "")) != 0)
		guest_shares_fini(&m->shares);
	return err;
}

static void guest_stop(struct machine *m)
{
	guest_boot_fini(&m->guest_boot);
	guest_shares_fini(&m->shares);
}

const struct unit guest_unit = { "guest", guest_start, guest_stop };
