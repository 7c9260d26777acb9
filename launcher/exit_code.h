/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_code.h - what `thole run` tells its caller. thole(1), EXIT STATUS, says the same.
 *
 * Other codes are the guest's own: 0 when it powers off, else 8 bits of what it gave through the
 * debug-exit port or the payload interface. A guest that wants to be told apart stays below 120.
 */
#ifndef LAUNCHER_EXIT_CODE_H
#define LAUNCHER_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_POWEROFF = 0,
	EXIT_CODE_REBOOT = 120,  /* the guest rebooted, and --reboot was not given */
	EXIT_CODE_CRASHED = 122, /* triple fault, KVM internal error, or entry failure */
	EXIT_CODE_DEVIATED = 123, /* it ended well, but did not run as planned, and --strict was given */
	EXIT_CODE_KILLED = 124,  /* stopped hard: a second SIGTERM, Ctrl-A x, the stop timeout; or before it ran */
	EXIT_CODE_FAILED = 125,  /* thole itself: usage, configuration, or the host */
};

#endif
