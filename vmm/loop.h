/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - the one event loop: descriptors that become ready call a function.
 *
 * Threads: everything but loop_wake() on the thread that runs the loop; loop_wake() from any.
 * Owns: its epoll and wake-up descriptors. Borrows: the sources and their descriptors.
 */
#ifndef VMM_LOOP_H
#define VMM_LOOP_H

#include <sys/epoll.h>

#include "vmm/util.h"

struct loop_source {
	int fd;
	void (*ready)(struct loop_source *src, uint32_t events); /* EPOLLIN, EPOLLOUT, … */
};

typedef void loop_woken_fn(void *ctx);

struct loop {
	int epoll;
	struct loop_source wake;
	loop_woken_fn *woken; /* on the loop's thread, after one or more loop_wake() */
	void *woken_ctx;
	bool quit;
};

int loop_init(struct loop *l, loop_woken_fn *woken, void *ctx) must_check;
void loop_fini(struct loop *l);

/* Watch src->fd, level-triggered. -EPERM: a plain file, which epoll cannot watch. */
int loop_add(struct loop *l, struct loop_source *src, uint32_t events) must_check;
/* Other events for a source that is watched; with none, a hang-up is still told. */
void loop_change(struct loop *l, struct loop_source *src, uint32_t events);
void loop_remove(struct loop *l, struct loop_source *src);

/* Call sources until loop_quit(). 0, or -errno when waiting itself fails. */
int loop_run(struct loop *l) must_check;
void loop_quit(struct loop *l);

/* Have woken() called soon. Async-signal-safe. */
void loop_wake(struct loop *l);

#endif
