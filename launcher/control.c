/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.c - clients, each with a line that grows and answers that shrink. */
#include "launcher/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "launcher/control_answer.h"
#include "launcher/machine.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define CLIENTS_MAX 4096u

/* A machine that was started for programs ends if none has come in this time. */
#define JOIN_S 10

/* Answers that wait for a client to read them. What a console says beyond that it misses. */
#define OUT_MAX     (1u << 20)
#define CONSOLE_MAX (64u << 10)

struct control_client {
	struct control_client *next;
	struct control *control;
	struct loop_source socket; /* fd -1: over */
	bool writing, reading;
	bool joined, console;
	char line[CONTROL_LINE_MAX];
	uint32_t nr;
	char *out;
	uint32_t out_at, out_nr, out_room;
};

static void sweep_ask(struct control *c)
{
	const uint64_t one = 1;
	ssize_t n = write(c->sweep.fd, &one, sizeof(one));

	(void)n;
}

/* The last program has left a machine that was started for programs. */
static void last_left(struct control *c)
{
	if (c->berth->transient && !c->berth->keep && !c->nr_joined)
		stopper_press(&c->m->stopper, "the last program has ended");
}

/* Whoever started the machine may have been killed before it could join. */
static void idle_ready(struct loop_source *src, uint32_t events)
{
	struct control *c = container_of(src, struct control, idle);
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	last_left(c);
}

static bool is_last(const struct control *c)
{
	return c->berth->transient && !c->berth->keep && c->nr_joined == 1;
}

static void answer(struct control_client *k, json_t *root);

/* To one who has said all and reads on: is its leaving the machine's end? */
static void farewell(struct control_client *k)
{
	const struct control *c = k->control;

	if (k->joined)
		answer(k, is_last(c) || c->m->stopper.pressed ? control_answer_stopping() : control_answer_done());
}

static void client_close(struct control_client *k)
{
	struct control *c = k->control;

	if (k->socket.fd < 0)
		return;
	loop_remove(&c->m->vm.loop, &k->socket);
	close(k->socket.fd);
	k->socket.fd = -1;
	c->nr_consoles -= k->console;
	if (k->joined) {
		c->nr_joined--;
		last_left(c);
	}
	sweep_ask(c);
}

static void client_free(struct control_client *k)
{
	free(k->out);
	free(k);
}

static void sweep_ready(struct loop_source *src, uint32_t events)
{
	struct control *c = container_of(src, struct control, sweep);
	struct control_client **at = &c->clients;
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	while (*at) {
		struct control_client *k = *at;

		if (k->socket.fd >= 0) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		client_free(k);
		c->nr_clients--;
	}
}

static void watch(struct control_client *k, bool reading)
{
	bool writing = k->out_nr > k->out_at;

	if (k->socket.fd < 0 || (writing == k->writing && reading == k->reading))
		return;
	k->writing = writing;
	k->reading = reading;
	loop_change(&k->control->m->vm.loop, &k->socket, (reading ? EPOLLIN : 0u) | (writing ? EPOLLOUT : 0u));
}

static void out_write(struct control_client *k)
{
	while (k->socket.fd >= 0 && k->out_nr > k->out_at) {
		ssize_t n = send(k->socket.fd, k->out + k->out_at, k->out_nr - k->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_close(k);
			return;
		}
		k->out_at += (uint32_t)n;
	}
	if (k->out_at == k->out_nr)
		k->out_at = k->out_nr = 0;
	watch(k, k->reading);
}

/* False: there is no room, and the client gets nothing of it. */
static bool out_put(struct control_client *k, const void *bytes, uint32_t nr, uint32_t most)
{
	uint32_t used = k->out_nr - k->out_at;

	if (k->socket.fd < 0 || used > most || nr > most - used)
		return false;
	if (k->out_at) {
		memmove(k->out, k->out + k->out_at, used);
		k->out_at = 0;
		k->out_nr = used;
	}
	if (k->out_room - used < nr) {
		uint32_t room = max(2 * k->out_room, used + nr);
		char *out = realloc(k->out, room);

		if (!out)
			return false;
		k->out = out;
		k->out_room = room;
	}
	memcpy(k->out + used, bytes, nr);
	k->out_nr = used + nr;
	out_write(k);
	return true;
}

static void answer(struct control_client *k, json_t *root)
{
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	json_decref(root);
	if (!text || !out_put(k, text, (uint32_t)strlen(text), OUT_MAX) || !out_put(k, "\n", 1, OUT_MAX))
		client_close(k);
	free(text);
}

static void join(struct control_client *k, const struct control_request *r)
{
	struct control *c = k->control;

	if (k->joined || c->m->stopper.pressed) {
		answer(k, k->joined ? control_answer_error("it has joined already") : control_answer_stopping());
		return;
	}
	c->berth->keep |= r->keep;
	k->joined = true;
	c->nr_joined++;
	c->nr_programs++;
	answer(k, control_answer_join(c));
}

static void request_do(struct control_client *k, const struct control_request *r)
{
	struct control *c = k->control;

	switch (r->kind) {
	case CONTROL_STATUS: answer(k, control_answer_status(c)); break;
	case CONTROL_STAT: answer(k, control_answer_stat(c)); break;
	case CONTROL_JOIN: join(k, r); break;
	case CONTROL_STOP:
		answer(k, control_answer_done());
		if (r->hard)
			stopper_hard(&c->m->stopper, "asked to stop it hard");
		else if (!c->m->stopper.pressed)
			stopper_press(&c->m->stopper, "asked to stop");
		break;
	default:
		answer(k, control_answer_done());
		if (k->socket.fd >= 0 && !k->console)
			c->nr_consoles++;
		k->console = k->socket.fd >= 0;
		break;
	}
}

static void line_take(struct control_client *k, const char *line, size_t nr)
{
	struct control_request r;
	const char *why;

	if (control_request_parse(&r, line, nr, &why) != 0)
		answer(k, control_answer_error(why));
	else
		request_do(k, &r);
}

/* Whole lines, as long as they are requests. */
static void lines_take(struct control_client *k)
{
	uint32_t at = 0;

	while (k->socket.fd >= 0 && !k->console && k->nr > at) {
		char *end = memchr(k->line + at, '\n', k->nr - at);

		if (!end)
			break;
		line_take(k, k->line + at, (size_t)(end - k->line) - at);
		at = (uint32_t)(end - k->line) + 1;
	}
	memmove(k->line, k->line + at, k->nr - at);
	k->nr -= at;
	if (k->nr == sizeof(k->line) && !k->console) {
		answer(k, control_answer_error("a request is too long"));
		client_close(k);
	}
}

/* What a console's client has typed goes in as there is room. */
static void typed_take(struct control_client *k)
{
	struct stream *guest = k->control->m->console.guest;
	uint32_t n = min(k->nr, stream_room(guest));

	n = n ? stream_give(guest, (const uint8_t *)k->line, n) : 0;
	memmove(k->line, k->line + n, k->nr - n);
	k->nr -= n;
	watch(k, k->nr < sizeof(k->line));
}

static void client_ready(struct loop_source *src, uint32_t events)
{
	struct control_client *k = container_of(src, struct control_client, socket);
	ssize_t n;

	if (events & EPOLLOUT)
		out_write(k);
	if (k->socket.fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (k->nr < sizeof(k->line)) {
		n = recv(src->fd, k->line + k->nr, sizeof(k->line) - k->nr, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == 0 && !(events & EPOLLHUP))
			farewell(k);
		if (n <= 0) {
			client_close(k);
			return;
		}
		k->nr += (uint32_t)n;
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		client_close(k);
		return;
	}
	if (!k->console)
		lines_take(k);
	if (k->console && k->socket.fd >= 0)
		typed_take(k);
}

static bool is_user(int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void listen_ready(struct loop_source *src, uint32_t events)
{
	struct control *c = container_of(src, struct control, listen);
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *k;

	(void)events;
	if (fd < 0)
		return;
	k = is_user(fd) && c->nr_clients < CLIENTS_MAX ? calloc(1, sizeof(*k)) : NULL;
	if (k) {
		k->control = c;
		k->reading = true;
		k->socket = (struct loop_source){ fd, client_ready };
	}
	if (!k || loop_add(&c->m->vm.loop, &k->socket, EPOLLIN) != 0) {
		free(k);
		close(fd);
		return;
	}
	k->next = c->clients;
	c->clients = k;
	c->nr_clients++;
}

void control_console_out(struct control *c, const uint8_t *bytes, uint32_t nr)
{
	for (struct control_client *k = c->nr_consoles ? c->clients : NULL; k; k = k->next)
		if (k->console)
			(void)out_put(k, bytes, nr, CONSOLE_MAX);
}

void control_console_room(struct control *c)
{
	for (struct control_client *k = c->nr_consoles ? c->clients : NULL; k; k = k->next)
		if (k->console && k->nr && k->socket.fd >= 0)
			typed_take(k);
}

int control_start(struct control *c, struct machine *m, struct berth *berth)
{
	const struct itimerspec in_time = { .it_value = { JOIN_S, 0 } };
	struct loop *loop = &m->vm.loop;
	int err;

	*c = (struct control){ .m = m, .berth = berth, .started_ns = clock_now_ns() };
	c->kvm = calloc(m->plan.nr_vcpus, sizeof(*c->kvm));
	if (!c->kvm)
		return log_errno(-ENOMEM, "cannot listen for other commands: %m");
	c->listen = (struct loop_source){ berth->listen, listen_ready };
	c->sweep = (struct loop_source){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), sweep_ready };
	c->idle = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), idle_ready };
	if (c->sweep.fd < 0 || c->idle.fd < 0 || timerfd_settime(c->idle.fd, 0, &in_time, NULL) < 0)
		err = -errno;
	else if ((err = loop_add(loop, &c->sweep, EPOLLIN)) == 0 && (err = loop_add(loop, &c->idle, EPOLLIN)) == 0)
		err = loop_add(loop, &c->listen, EPOLLIN);
	if (!err)
		return 0;
	close(c->sweep.fd);
	close(c->idle.fd);
	free(c->kvm);
	return log_errno(err, "cannot listen for other commands: %m");
}

void control_stop(struct control *c)
{
	loop_remove(&c->m->vm.loop, &c->listen);
	while (c->clients) {
		struct control_client *k = c->clients;

		c->clients = k->next;
		/* Its request, if it comes, comes too late. */
		if (k->socket.fd >= 0 && c->berth->stopped && !k->joined && !k->console)
			answer(k, control_answer_stopping());
		if (k->socket.fd >= 0) {
			loop_remove(&c->m->vm.loop, &k->socket);
			close(k->socket.fd);
		}
		client_free(k);
	}
	loop_remove(&c->m->vm.loop, &c->sweep);
	loop_remove(&c->m->vm.loop, &c->idle);
	close(c->sweep.fd);
	close(c->idle.fd);
	for (uint32_t i = 0; i < c->m->plan.nr_vcpus; i++)
		if (c->kvm[i].nr)
			stats_close(&c->kvm[i]);
	free(c->kvm);
	json_decref(c->options);
}

void control_vcpu(struct control *c, uint32_t vcpu, int fd)
{
	if (stats_open(&c->kvm[vcpu], fd) != 0)
		c->kvm[vcpu].nr = 0;
}
