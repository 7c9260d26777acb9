/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.c - bytes between the guest's stream and descriptors that we may not make non-blocking:
 * stdin and stdout are shared with whoever started us. */
#include "launcher/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "launcher/file_replace.h"
#include "vmm/log.h"

/* A descriptor that polls writable takes this much without blocking (a pipe: PIPE_BUF bytes). */
#define WRITE_MAX 4096u
#define TTY_MAX   256u

/* How often to see whether the terminal is ours again. */
#define PAUSE_NS 250000000

/* At the end: how long a reader may stand still before the rest is dropped. */
#define DRAIN_MS 2000

void console_kick(void *ctx)
{
	const struct console *c = ctx;
	const uint64_t one = 1;
	ssize_t n = write(c->kick.fd, &one, sizeof(one));

	(void)n; /* full: a kick is on its way already */
}

static void out_close(struct console *c)
{
	if (c->out_watched)
		loop_remove(&c->vm->loop, &c->out);
	if (c->owns_out)
		close(c->out.fd);
	c->out.fd = -1;
	c->out_watched = c->owns_out = false;
}

static bool out_ready(const struct console *c, int timeout_ms)
{
	struct pollfd p = { .fd = c->out.fd, .events = POLLOUT };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* Write some of what is pending; false when it cannot go on now. */
static bool out_some(struct console *c, int timeout_ms)
{
	uint32_t most = c->has_terminal ? TTY_MAX : WRITE_MAX;
	ssize_t n;

	if (!c->pending_nr) {
		c->pending_at = 0;
		c->pending_nr = stream_take(c->guest, c->pending, sizeof(c->pending));
		if (c->tap.out && c->pending_nr)
			c->tap.out(c->tap.ctx, c->pending, c->pending_nr);
	}
	if (!c->pending_nr)
		return false;
	if (c->out.fd < 0) {
		c->pending_nr = 0; /* nobody listens */
		return true;
	}
	if (!out_ready(c, timeout_ms))
		return false;
	n = write(c->out.fd, c->pending + c->pending_at, min(c->pending_nr, most));
	if (n < 0) {
		if (errno == EINTR)
			return true;
		if (errno == EAGAIN)
			return false;
		log_warn("the console's output is lost from here on: %m");
		out_close(c);
		return true;
	}
	c->pending_at += (uint32_t)n;
	c->pending_nr -= (uint32_t)n;
	return true;
}

/* Move output; watch the descriptor just while there is more than it takes now. */
static void out_pump(struct console *c)
{
	bool more = true;
	bool watch;

	/* Bounded, so that a guest that writes without end does not starve input and signals. What is
	 * then still in the UART makes no new kick: only the first byte in an empty buffer does. */
	for (int i = 0; i < 16 && more; i++)
		more = out_some(c, 0);
	more |= c->pending_nr != 0;
	watch = more && c->out.fd >= 0;
	if (watch && !c->out_watched)
		c->out_watched = loop_add(&c->vm->loop, &c->out, EPOLLOUT) == 0;
	else if (!watch && c->out_watched) {
		loop_remove(&c->vm->loop, &c->out);
		c->out_watched = false;
	}
	if (more && !c->out_watched)
		console_kick(c); /* a plain file: come back soon */
}

static void in_close(struct console *c)
{
	if (c->in_watched)
		loop_remove(&c->vm->loop, &c->in);
	c->in.fd = -1;
	c->in_watched = c->in_is_file = false;
}

/* Hand typed bytes on; the escape keys act here. */
static void in_typed(struct console *c, const uint8_t *buf, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t pass[TERMINAL_PASS_MAX];
		uint32_t nr = 0;

		switch (terminal_escape_feed(&c->escape, buf[i], pass, &nr)) {
		case TERMINAL_QUIT: end_set(&c->vm->end, END_STOPPED, 0); return;
		case TERMINAL_HELP: terminal_help(&c->terminal); break;
		case TERMINAL_PASS: break;
		}
		/* Reads are no longer than there is room, plus what the escape keys held back. */
		(void)stream_give(c->guest, pass, nr);
	}
}

/* Bytes, 0 at the end, or -errno. */
static ssize_t in_read(struct console *c, uint8_t *buf, size_t size)
{
	ssize_t n;

	if (c->has_terminal)
		return terminal_read(&c->terminal, buf, size);
	n = read(c->in.fd, buf, size);
	return n < 0 ? -errno : n;
}

/* Ready, but not for us: while we are in the background, what is typed there is somebody else's, and
 * the descriptor stays ready until they read it. Nothing tells when that is over: look now and then. */
static void in_pause(struct console *c)
{
	const struct itimerspec soon = { .it_value = { 0, PAUSE_NS } };

	if (!c->has_terminal || timerfd_settime(c->again.fd, 0, &soon, NULL) < 0)
		return;
	c->in_paused = true;
}

/* Read some; false when it cannot go on now. */
static bool in_some(struct console *c)
{
	uint8_t buf[512];
	uint32_t room = stream_room(c->guest);
	ssize_t n;

	if (c->in.fd < 0 || room <= TERMINAL_PASS_MAX)
		return false;
	n = in_read(c, buf, min(room - TERMINAL_PASS_MAX, (uint32_t)sizeof(buf)));
	if (n == -EINTR)
		return true;
	if (n == -EAGAIN) {
		in_pause(c);
		return false;
	}
	if (n <= 0) {
		in_close(c); /* end of file, or the terminal has gone: the guest goes on without input */
		return false;
	}
	if (c->has_terminal)
		in_typed(c, buf, (uint32_t)n);
	else
		(void)stream_give(c->guest, buf, (uint32_t)n);
	return true;
}

/* A file is always ready: fill the guest's room, whose kick says when there is room for more. */
static void in_file_pump(struct console *c)
{
	bool more = true;

	for (int i = 0; i < 16 && more; i++)
		more = in_some(c);
	if (more)
		console_kick(c); /* the guest reads as fast as we do: let others have a turn */
}

/* Watch input just while there is room for it. */
static void in_watch(struct console *c)
{
	bool want = c->in.fd >= 0 && !c->in_is_file && !c->in_paused && stream_room(c->guest) > TERMINAL_PASS_MAX;

	if (want && !c->in_watched)
		c->in_watched = loop_add(&c->vm->loop, &c->in, EPOLLIN) == 0;
	else if (!want && c->in_watched) {
		loop_remove(&c->vm->loop, &c->in);
		c->in_watched = false;
	}
}

static void kick_ready(struct loop_source *src, uint32_t events)
{
	struct console *c = container_of(src, struct console, kick);
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	out_pump(c);
	if (c->tap.room)
		c->tap.room(c->tap.ctx);
	if (c->in_is_file)
		in_file_pump(c);
	in_watch(c);
}

static void out_ready_again(struct loop_source *src, uint32_t events)
{
	(void)events;
	out_pump(container_of(src, struct console, out));
}

static void in_ready(struct loop_source *src, uint32_t events)
{
	struct console *c = container_of(src, struct console, in);

	(void)events;
	(void)in_some(c);
	in_watch(c);
}

static void again_ready(struct loop_source *src, uint32_t events)
{
	struct console *c = container_of(src, struct console, again);
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	c->in_paused = false;
	in_watch(c);
}

int console_init(struct console *c, struct vm *vm, struct stream *guest)
{
	int err;

	*c = (struct console){ .vm = vm, .guest = guest };
	c->in = (struct loop_source){ -1, in_ready };
	c->out = (struct loop_source){ -1, out_ready_again };
	c->again = (struct loop_source){ -1, again_ready };
	c->kick = (struct loop_source){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), kick_ready };
	if (c->kick.fd < 0)
		return log_errno(-errno, "cannot make an eventfd for the console: %m");
	err = loop_add(&vm->loop, &c->kick, EPOLLIN);
	if (!err)
		return 0;
	close(c->kick.fd);
	return log_errno(err, "cannot watch the console: %m");
}

static int watch_stdin(struct console *c)
{
	int err;

	c->in.fd = STDIN_FILENO;
	err = loop_add(&c->vm->loop, &c->in, EPOLLIN);
	c->in_watched = !err;
	c->in_is_file = err == -EPERM;
	if (c->in_is_file)
		console_kick(c);
	return c->in_is_file ? 0 : err;
}

static int again_open(struct console *c)
{
	c->again.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return c->again.fd < 0 ? -errno : loop_add(&c->vm->loop, &c->again, EPOLLIN);
}

static void terminal_leave(struct console *c)
{
	if (c->has_terminal)
		terminal_close(&c->terminal);
	c->has_terminal = false;
	if (c->again.fd >= 0)
		close(c->again.fd);
	c->again.fd = -1;
}

static int start_stdio(struct console *c)
{
	int err = terminal_open(&c->terminal, STDIN_FILENO, STDERR_FILENO);

	if (err)
		return err;
	c->out.fd = STDOUT_FILENO;
	c->has_terminal = c->terminal.open;
	err = c->has_terminal ? again_open(c) : 0;
	if (!err)
		err = watch_stdin(c);
	if (!err)
		return 0;
	terminal_leave(c);
	return log_errno(err, "cannot watch standard input: %m");
}

static int start_file(struct console *c, const char *path, bool again)
{
	c->out.fd = file_open_direct(path, O_CREAT | (again ? O_APPEND : O_TRUNC));
	if (c->out.fd < 0)
		return log_errno(c->out.fd, "console: cannot write to %s: %m", path);
	c->owns_out = true;
	return 0;
}

int console_start(struct console *c, const struct config_console *cfg, bool again)
{
	switch (cfg->kind) {
	case CONFIG_CONSOLE_STDIO: return start_stdio(c);
	case CONFIG_CONSOLE_FILE: return start_file(c, cfg->path, again);
	default: return 0;
	}
}

void console_stop(struct console *c)
{
	while (out_some(c, DRAIN_MS))
		;
	if (c->pending_nr)
		log_warn("nobody reads the console: its last output is lost");
	in_close(c);
	out_close(c);
	terminal_leave(c);
}

void console_fini(struct console *c)
{
	loop_remove(&c->vm->loop, &c->kick);
	close(c->kick.fd);
}
