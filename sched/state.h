/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - where the journal is kept, who may write it, and who of its owners is alive.
 *
 *   state_open -> state_lock -> [journal, state_save before and after each change] -> state_unlock -> state_close
 *
 * The directory is /run/thole for root; for others $XDG_RUNTIME_DIR/thole, or /tmp/thole-UID. All of these are gone
 * after a reboot, as are the changes; should one not be, the journal's boot id tells. In it are
 *
 *   isolation.json  the journal; replaced whole, and on the disk before anything is changed
 *   lock            held (flock) by who works on it, for moments
 *   owner-ID        held by a machine for as long as it runs, so a dead one's can be had
 *
 * Threads: one. Owns its descriptors. Errors: negative errno, reported.
 */
#ifndef SCHED_STATE_H
#define SCHED_STATE_H

#include "sched/journal.h"
#include "sched/hostfs.h"

struct state {
	const struct hostfs *tree;
	char path[256]; /* for messages */
	int dir;        /* -1: there is none yet */
	int lock;
	int owner;      /* own; -1: none */
	char boot[64];
};

/* make: the directory, if there is none. Without, -ENOENT (not reported) says that there is nothing to put back. */
int state_open(struct state *s, const struct hostfs *tree, const char *root, bool make) must_check;
void state_close(struct state *s);

/* Wait for it, though not for ever, and read the journal. */
int state_lock(struct state *s, struct journal *j) must_check;
void state_unlock(struct state *s, struct journal *j);

/* The journal is on the disk when this returns; an empty one is removed. */
int state_save(const struct state *s, const struct journal *j) must_check;

/* This process is that owner from now on, until it ends or state_owner_end(). */
int state_owner_begin(struct state *s, const char *id) must_check;
void state_owner_end(struct state *s, const char *id);

bool state_owner_alive(const struct state *s, const struct journal_owner *o);

/* Nobody's any more. */
void state_owner_forget(const struct state *s, const char *id);

#endif
