/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * berth.h - where a machine with a name can be found: a directory of its user, with a socket in it.
 *
 *   $XDG_RUNTIME_DIR/thole/        or /tmp/thole-UID/: 0700 and the user's own, or it is not used.
 *       NAME/                      locked (flock) as long as its machine lives
 *           control                the socket (control.h)
 *           log                    what a machine that thole exec started says
 *
 * The upper directory's lock is held while a berth is looked for, made or removed, so nobody sees one in
 * between. What a killed thole left is not locked: it is recognized by that, and taken over.
 *
 * Threads: one. Ownership: the berth's descriptors, and its directory, which berth_leave() removes.
 * Errors: negative errno, reported but where it says otherwise.
 */
#ifndef LAUNCHER_BERTH_H
#define LAUNCHER_BERTH_H

#include <limits.h>
#include <sys/types.h>

#include "launcher/agent/frame.h"
#include "vmm/util.h"

#define BERTH_NAME_MAX 64

struct berth {
	int harbour; /* the upper directory */
	int dir;     /* locked */
	int listen;  /* the socket */
	char name[BERTH_NAME_MAX + 1];
	char path[PATH_MAX];
	uint8_t key[FRAME_KEY_BYTES]; /* lets into the machine's agent */
	bool transient;               /* its machine ends with the last program in it */
	bool keep;                    /* but not that one */
	bool stopped;                 /* its machine was asked to end, and did not fail */
};

/* Letters that a name may not have become dashes. */
void berth_name_clean(char *name);

/* The user's directory, made if need be; path: PATH_MAX bytes. A descriptor. */
int harbour_open(char *path) must_check;
/* Wait until nobody else makes or removes a berth. */
int harbour_lock(int harbour) must_check;
void harbour_unlock(int harbour);

/*
 * Take the name, with the harbour locked, and listen. harbour becomes the berth's, or is closed. -EBUSY, not reported:
 * a machine has it.
 */
int berth_take(struct berth *b, int harbour, const char *path, const char *name) must_check;

/* Remove it. Who has connected meanwhile is told to come again, if the machine was stopped. */
void berth_leave(struct berth *b);

/* Connect to a machine's socket. -ENOENT, -ECONNREFUSED, not reported: there is none of that name. */
int berth_connect(int harbour, const char *name) must_check;

/* Is the name somebody's who lives? */
bool berth_is_taken(int harbour, const char *name);

/* Remove what a killed thole left under that name, with the harbour locked. */
void berth_clear(int harbour, const char *name);

/* Remove all that killed ones left, with the harbour locked. */
void harbour_clear(int harbour);

/* The berth of a machine, to wait for its end with; it may be another's that comes later. -errno, not reported. */
int berth_open(int harbour, const char *name) must_check;

/* Wait, but not for ever, until a machine has left its berth and all of it is gone. False: it is there still. */
bool berth_await(int berth, uint32_t timeout_ms);

/* The log of a machine that thole exec started; flags of open(2). -errno, not reported. */
int berth_log_open(int harbour, const char *name, int flags) must_check;

#endif
