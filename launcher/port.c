/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port.c - bytes between a console port and a file or socket, never waiting. */
#include "launcher/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmm/log.h"

/* Turns of a pump: a guest or a client that never stops must not keep the loop from others. */
#define TURNS 16

/* At the end: how long a reader may stand still before the rest is dropped. */
#define DRAIN_MS 2000

static bool is_file(const struct port *p)
{
	return p->cfg->kind == CONFIG_PORT_FILE;
}

static void unwatch(struct port *p)
{
	if (p->in_loop)
		loop_remove(p->loop, &p->end);
	p->in_loop = false;
}

/* Hang-ups come whatever is watched. */
static void watch(struct port *p, uint32_t events)
{
	if (p->in_loop && p->watched != events)
		loop_change(p->loop, &p->end, events);
	p->watched = events;
}

static void listen_again(struct port *p)
{
	int err = p->listen.fd >= 0 && !p->listening ? loop_add(p->loop, &p->listen, EPOLLIN) : 0;

	if (err)
		log_errno(err, "port %s: nobody can connect any more: %m", p->cfg->name);
	p->listening = p->listen.fd >= 0 && !err;
}

static void listen_pause(struct port *p)
{
	if (p->listening)
		loop_remove(p->loop, &p->listen);
	p->listening = false;
}

static void end_close(struct port *p)
{
	unwatch(p);
	close(p->end.fd);
	p->end.fd = -1;
	p->pending_nr = 0;
	virtio_port_open(p->guest, false);
	listen_again(p);
}

static int end_open(struct port *p, int fd)
{
	int err = 0;

	p->end.fd = fd;
	p->in_ended = is_file(p);
	p->out_failed = false;
	p->watched = 0;
	if (!is_file(p)) {
		err = loop_add(p->loop, &p->end, 0);
		p->in_loop = !err;
	}
	if (err) {
		p->end.fd = -1;
		return err;
	}
	virtio_port_open(p->guest, true);
	port_pump(p);
	return 0;
}

static ssize_t end_write(const struct port *p)
{
	const uint8_t *from = p->pending + p->pending_at;

	if (is_file(p))
		return write(p->end.fd, from, p->pending_nr);
	return send(p->end.fd, from, p->pending_nr, MSG_DONTWAIT | MSG_NOSIGNAL);
}

enum progress { MOVED, NOTHING, BLOCKED };

static enum progress out_some(struct port *p)
{
	ssize_t n;

	if (!p->pending_nr) {
		p->pending_at = 0;
		p->pending_nr = stream_take(&p->guest->stream, p->pending, sizeof(p->pending));
	}
	if (!p->pending_nr)
		return NOTHING;
	n = p->end.fd < 0 || p->out_failed ? (ssize_t)p->pending_nr : end_write(p);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return BLOCKED;
	if (n < 0) {
		if (is_file(p))
			log_warn("port %s: output is lost from here on: %m", p->cfg->name);
		p->out_failed = true;
		n = p->pending_nr;
	}
	p->pending_at += (uint32_t)n;
	p->pending_nr -= (uint32_t)n;
	return MOVED;
}

static enum progress in_some(struct port *p)
{
	uint8_t buf[16384];
	uint32_t room;
	ssize_t n;

	if (p->end.fd < 0 || p->in_ended)
		return NOTHING;
	room = stream_room(&p->guest->stream);
	if (!room)
		return NOTHING; /* the guest calls when there is some */
	n = recv(p->end.fd, buf, min(room, (uint32_t)sizeof(buf)), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return BLOCKED;
	if (n <= 0) {
		p->in_ended = true;
		return NOTHING;
	}
	/* The guest may have reset the device meanwhile: then nobody is there to read it. */
	(void)stream_give(&p->guest->stream, buf, (uint32_t)n);
	return MOVED;
}

void port_pump(void *ctx)
{
	struct port *p = ctx;
	enum progress out = MOVED, in = MOVED;

	for (int i = 0; i < TURNS && (out == MOVED || in == MOVED); i++) {
		if (out == MOVED)
			out = out_some(p);
		if (in == MOVED)
			in = in_some(p);
	}
	if (out == MOVED)
		virtio_port_again(p->guest);
	watch(p, (out == BLOCKED ? EPOLLOUT : 0u) | (in != NOTHING ? EPOLLIN : 0u));
	/* It has hung up (nothing is watched any more), and all it has sent is delivered. */
	if (p->end.fd >= 0 && !is_file(p) && !p->in_loop && p->in_ended)
		end_close(p);
	/* It has hung up, and the guest takes its time, or for ever, with what it has sent. */
	else if (p->end.fd >= 0 && !is_file(p) && !p->in_loop)
		listen_again(p);
}

static void end_ready(struct loop_source *src, uint32_t events)
{
	struct port *p = container_of(src, struct port, end);

	if (events & (EPOLLHUP | EPOLLERR)) {
		p->out_failed = true;
		unwatch(p);
	}
	port_pump(p);
}

static void listen_ready(struct loop_source *src, uint32_t events)
{
	struct port *p = container_of(src, struct port, listen);
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (p->end.fd >= 0) {
		log_debug("port %s: the next client is here before the guest has read what the last one sent: that is "
			"dropped", p->cfg->name);
		end_close(p);
	}
	listen_pause(p); /* until this one has gone */
	if (end_open(p, fd) != 0) {
		close(fd);
		listen_again(p);
	}
}

/* Does a socket's name lead nowhere? It is what a program leaves that did not end well. */
static bool name_is_stale(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale;
}

static int name_bind(int fd, const struct sockaddr_un *at)
{
	int err = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;

	if (err == -EADDRINUSE && name_is_stale(at)) {
		unlink(at->sun_path);
		err = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;
	}
	return err;
}

static int start_socket(struct port *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = p->cfg->path;
	int err, fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return log_errno(-ENAMETOOLONG,
			"port %s: a socket's name has at most %zu letters: %s", p->cfg->name,
			sizeof(at.sun_path) - 1, path);
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return log_errno(-errno, "port %s: cannot make a socket: %m", p->cfg->name);
	if ((err = name_bind(fd, &at)) != 0) {
		log_errno(err,
			err == -EADDRINUSE ? "port %s: %s is there already, and in use: %m"
					   : "port %s: cannot make the socket %s: %m",
			p->cfg->name, path);
		goto err_close;
	}
	p->listen.fd = fd;
	err = listen(fd, 1) < 0 ? -errno : loop_add(p->loop, &p->listen, EPOLLIN);
	p->listening = !err;
	if (!err)
		return 0;
	log_errno(err, "port %s: cannot listen at %s: %m", p->cfg->name, path);
	unlink(path);
err_close:
	close(fd);
	p->listen.fd = -1;
	return err;
}

static int start_file(struct port *p, bool again)
{
	int fd = open(p->cfg->path, O_WRONLY | O_CREAT | (again ? O_APPEND : O_TRUNC) | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		return log_errno(
			-errno, "port %s: cannot write to %s: %m", p->cfg->name, p->cfg->path);
	return end_open(p, fd);
}

static int start_fd(struct port *p)
{
	int type = 0, err, end;
	socklen_t size = sizeof(type);
	int fd = p->cfg->fd;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
		return log_errno(-ENOTSOCK,
			"port %s: descriptor %d is no stream socket that thole was started with",
			p->cfg->name, fd);
	/* A copy: after a reboot it is needed again. */
	end = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	err = end < 0 ? -errno : end_open(p, end);
	if (!err)
		return 0;
	if (end >= 0)
		close(end);
	return log_errno(err, "port %s: cannot watch descriptor %d: %m", p->cfg->name, fd);
}

int port_start(
	struct port *p, const struct config_port *cfg, struct virtio_port *guest, struct loop *loop,
	bool again)
{
	p->cfg = cfg;
	p->guest = guest;
	p->loop = loop;
	p->listen = (struct loop_source){ -1, listen_ready };
	p->end = (struct loop_source){ -1, end_ready };
	switch (cfg->kind) {
	case CONFIG_PORT_FILE: return start_file(p, again);
	case CONFIG_PORT_SOCKET: return start_socket(p);
	default: return start_fd(p);
	}
}

static bool out_drain(struct port *p)
{
	struct pollfd poll_out = { .fd = p->end.fd, .events = POLLOUT };

	switch (out_some(p)) {
	case MOVED: return true;
	case BLOCKED: return poll(&poll_out, 1, DRAIN_MS) == 1;
	default: return false;
	}
}

void port_stop(struct port *p)
{
	while (out_drain(p))
		;
	if (p->listen.fd >= 0) {
		listen_pause(p);
		unlink(p->cfg->path);
		close(p->listen.fd);
		p->listen.fd = -1;
	}
	if (p->end.fd >= 0)
		end_close(p);
}
