/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the user's terminal as the guest's: every key goes through, and the terminal is
 * given back as it was on every way out.
 *
 *   terminal_open()            raw
 *   terminal_read(), terminal_escape_feed()
 *   SIGTSTP                    as it was, stop … SIGCONT: raw again
 *   SIGTERM, SIGSEGV, exit()…  as it was, and then whatever would have happened
 *   terminal_close()           as it was
 *
 * A process in the background leaves the terminal alone until it comes to the foreground (SIGCONT).
 * One terminal at a time: signal handlers have no other way to know it.
 *
 * Threads: one calls these; signals may come to any. Ownership: the descriptors stay the caller's.
 * Errors: negative errno, reported; a terminal that has gone (EIO) is none.
 */
#ifndef LAUNCHER_TERMINAL_H
#define LAUNCHER_TERMINAL_H

#include <sys/types.h>

#include "vmm/util.h"

struct terminal {
	int in;
	int out; /* for terminal_help() */
	bool open;
};

/*
 * Take over the terminal at in; t stays closed, and that is no error, if in is none (a pipe, a
 * file, not open at all). -EBUSY: one is open already.
 */
int terminal_open(struct terminal *t, int in, int out) must_check;

/* Bytes read, 0 at the end; -EAGAIN: nothing now, or not ours to read while in the background;
 * -EIO: the terminal has gone. Not reported. */
ssize_t terminal_read(struct terminal *t, void *buf, size_t size) must_check;

/* Tell which keys there are. */
void terminal_help(const struct terminal *t);

/* As it was before terminal_open(). Also of a closed one. */
void terminal_close(struct terminal *t);

/* For a way out that doesn't pass terminal_close(): _exit(), exec. Async-signal-safe. */
void terminal_restore(void);

/* What a typed byte means. Ctrl-A x, Ctrl-A h; Ctrl-A a and Ctrl-A Ctrl-A are a Ctrl-A. */
enum terminal_verdict { TERMINAL_PASS, TERMINAL_QUIT, TERMINAL_HELP };

#define TERMINAL_PASS_MAX 2

/* Starts as all zeroes. */
struct terminal_escape {
	bool pending; /* after a Ctrl-A */
};

/*
 * The next byte. pass[*nr], TERMINAL_PASS_MAX at most: what goes to the guest, maybe nothing.
 * Pure.
 */
enum terminal_verdict terminal_escape_feed(struct terminal_escape *e, uint8_t byte,
	uint8_t pass[TERMINAL_PASS_MAX], uint32_t *nr);

#endif
