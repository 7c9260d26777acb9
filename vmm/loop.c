/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop.c - epoll, and an eventfd by which other threads are heard. */
#include "vmm/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/log.h"

static void wake_ready(struct loop_source *src, uint32_t events)
{
	struct loop *l = container_of(src, struct loop, wake);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		l->woken(l->woken_ctx);
}

int loop_init(struct loop *l, loop_woken_fn *woken, void *ctx)
{
	int err;

	*l = (struct loop){ .woken = woken, .woken_ctx = ctx };
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return log_errno(-errno, "cannot make an event loop: %m");
	l->wake = (struct loop_source){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), wake_ready };
	if (l->wake.fd < 0) {
		err = log_errno(-errno, "cannot make an eventfd: %m");
		goto err_epoll;
	}
	err = loop_add(l, &l->wake, EPOLLIN);
	if (!err)
		return 0;
	log_errno(err, "cannot watch an eventfd: %m");
	close(l->wake.fd);
err_epoll:
	close(l->epoll);
	return err;
}

void loop_fini(struct loop *l)
{
	close(l->wake.fd);
	close(l->epoll);
}

int loop_add(struct loop *l, struct loop_source *src, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, src->fd, &ev) < 0 ? -errno : 0;
}

void loop_change(struct loop *l, struct loop_source *src, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };

	(void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, src->fd, &ev);
}

void loop_remove(struct loop *l, struct loop_source *src)
{
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, src->fd, NULL);
}

int loop_run(struct loop *l)
{
	/* One event a turn: a handler may remove the source of any other. */
	while (!l->quit) {
		struct epoll_event ev;
		int n = epoll_wait(l->epoll, &ev, 1, -1);

		if (n < 0 && errno != EINTR)
			return log_errno(-errno, "waiting for events failed: %m");
		if (n == 1) {
			struct loop_source *src = ev.data.ptr;

			src->ready(src, ev.events);
		}
	}
	return 0;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
}

void loop_wake(struct loop *l)
{
	const uint64_t one = 1;
	ssize_t n = write(l->wake.fd, &one, sizeof(one));

	(void)n; /* full means that a wake-up is on its way already */
}
