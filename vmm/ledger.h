/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - what has to be put back on this host, written down before it is changed.
 *
 *   ledger_open -> [ledger_note -> the change -> ... -> the change undone -> ledger_strike] -> ledger_close
 *   after a SIGKILL in between: ledger_recover() in another process, which undoes what is not struck
 *
 * A ledger is a file DIR/SUBJECT.OWNER of lines, and only ever grows. Its owner holds a lock (flock) while it
 * lives; a file that nobody holds is an orphan. The owner LEDGER_KEPT stands for changes that are to stay when
 * the command that made them has ended: it is recovered only when asked for. DIR is below /run, so a reboot,
 * which undoes everything, forgets it; the boot id in the first line says so once more.
 *
 * Threads: one at a time. Owns: the file while open. Errors: negative errno, reported, unless said otherwise.
 */
#ifndef VMM_LEDGER_H
#define VMM_LEDGER_H

#include <limits.h>

#include "vmm/util.h"

#define LEDGER_DIR  "/run/thole"
#define LEDGER_KEPT "kept"
#define LEDGER_LINE 512 /* with its end */

struct ledger {
	int fd; /* -1: not open */
	char path[PATH_MAX];
};

/* owner NULL: this process, by its number. Waits for another that has the same file. The directory is made. */
int ledger_open(struct ledger *l, const char *dir, const char *subject, const char *owner) must_check;

/* On disk before it returns. entry: one line, without its end, no longer than LEDGER_LINE - 3. */
int ledger_note(struct ledger *l, const char *entry) must_check;

/* The newest entry like this one is undone. */
int ledger_strike(struct ledger *l, const char *entry) must_check;

/* The file goes when everything in it is struck. */
void ledger_close(struct ledger *l);

/* Put back what an entry says. Reports its errors; 0 when it is undone, or need not be any more. */
typedef int ledger_undo_fn(void *ctx, const char *entry);

/*
 * Undo, newest first, what orphans of a subject hold, and with kept what is to stay, too. *undone counts entries.
 * An entry that cannot be undone stays for the next time. 0, or the first error. No directory: nothing to do.
 */
int ledger_recover(const char *dir, const char *subject, bool kept, ledger_undo_fn *undo, void *ctx,
	uint32_t *undone) must_check;

/* Undo the newest entry of one ledger that pick() (0: this one) chooses; -ENOENT, not reported: there is none. */
int ledger_undo_one(struct ledger *l, ledger_undo_fn *pick, ledger_undo_fn *undo, void *ctx) must_check;

#endif
