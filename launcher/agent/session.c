/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.c - what each frame does in each state; the rest is flow.c's and process.c's. */
#include "launcher/agent/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool session_is_over(const struct session *s)
{
	return s->link.socket.fd < 0 && s->report.fd < 0;
}

static void look_over(struct session *s)
{
	if (!s->finished && session_is_over(s)) {
		s->finished = true;
		s->over(s);
	}
}

/* The last word of a session: its peer hears it, and closes. */
static void fail(struct session *s, const struct process_failure *why)
{
	uint8_t payload[1 + sizeof(why->text)];
	uint32_t len = (uint32_t)strlen(why->text);

	payload[0] = why->code;
	memcpy(payload + 1, why->text, len);
	s->state = SESSION_TOLD;
	link_send(&s->link, FRAME_FAILED, STREAM_IN, payload, 1 + len);
}

static int refuse(struct session *s, const char *fmt, ...) printf_like(2, 3);

static int refuse(struct session *s, const char *fmt, ...)
{
	struct process_failure why = { .code = 125 };
	va_list args;

	va_start(args, fmt);
	vsnprintf(why.text, sizeof(why.text), fmt, args);
	va_end(args);
	fail(s, &why);
	return 0;
}

static void group_signal(struct session *s, int sig)
{
	if (s->ended || s->report.fd < 0)
		return;
	if (s->group)
		kill(-s->group, sig);
	else
		s->signals |= 1ull << (sig - 1);
}

static void exit_tell(struct session *s)
{
	uint8_t payload[2];

	if (s->state != SESSION_RUN || !s->ended)
		return;
	for (int i = 0; i < STREAMS; i++)
		if (!s->flow[i].in_over)
			return;
	payload[0] = WIFSIGNALED(s->status);
	payload[1] = (uint8_t)(WIFSIGNALED(s->status) ? WTERMSIG(s->status) : WEXITSTATUS(s->status));
	s->state = SESSION_TOLD;
	link_send(&s->link, FRAME_EXIT, STREAM_IN, payload, sizeof(payload));
}

static void ended(struct session *s, int status)
{
	s->ended = true;
	s->status = status;
	for (int i = 0; i < STREAMS; i++)
		if (!s->flow[i].in_over)
			flow_drain(&s->flow[i]);
	exit_tell(s);
}

static void flow_changed(struct flow *f)
{
	exit_tell(container_of(f - f->id, struct session, flow[0]));
}

static void report_come(struct session *s, const struct process_report *r)
{
	uint8_t sig = (uint8_t)r->value;
	struct process_failure why;

	switch (r->what) {
	case PROCESS_PID:
		s->group = (pid_t)r->value;
		for (int i = 1; i <= 64; i++)
			if (s->signals & 1ull << (i - 1))
				kill(-s->group, i);
		break;
	case PROCESS_STOPPED: link_send(&s->link, FRAME_STOPPED, STREAM_IN, &sig, 1); break;
	case PROCESS_ENDED: ended(s, (int)r->value); break;
	case PROCESS_FAILED:
		process_failure_tell(&why, &s->order, r);
		if (s->state == SESSION_RUN)
			fail(s, &why);
		break;
	default: break;
	}
}

static void report_ready(struct loop_source *src, uint32_t events)
{
	struct session *s = container_of(src, struct session, report);
	struct process_report r;
	ssize_t n = read(src->fd, &r, sizeof(r));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof(r)) {
		report_come(s, &r);
		return;
	}
	loop_remove(s->loop, src);
	close(src->fd);
	src->fd = -1;
	if (s->state == SESSION_RUN && !s->ended)
		refuse(s, "the program's keeper was killed, and with it what is known of the program");
	look_over(s);
}

/* A descriptor that is both read and written: once for each direction. */
static void duplex(struct flow *f, int fd)
{
	int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	f->duplex = true;
	flow_read_from(f, fd);
	flow_write_to(f, other);
}

/* The program has connected to what it takes for its process manager. */
static void pmi_ready(struct loop_source *src, uint32_t events)
{
	struct session *s = container_of(src, struct session, pmi_listen);
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	loop_remove(s->loop, src);
	close(src->fd);
	src->fd = -1;
	link_send(&s->link, FRAME_OPEN, STREAM_PMI, NULL, 0);
	duplex(&s->flow[STREAM_PMI], fd);
}

static int watch(struct session *s, struct loop_source *src, int fd)
{
	src->fd = fd;
	return fd < 0 ? 0 : loop_add(s->loop, src, EPOLLIN);
}

/* What goes through which flow, as the order has it. */
static void flows_open(struct session *s, const struct process *p)
{
	const struct order *o = &s->order;
	bool tty = o->stream[0] == ORDER_TTY;
	unsigned ways[STREAMS] = {
		tty ? FLOW_READ | FLOW_WRITE : o->stream[0] == ORDER_PIPE ? FLOW_WRITE : 0,
		o->stream[1] == ORDER_PIPE ? FLOW_READ : 0, o->stream[2] == ORDER_PIPE ? FLOW_READ : 0,
		o->pmi != ORDER_PMI_NONE ? FLOW_READ | FLOW_WRITE : 0 };

	for (int i = 0; i < STREAMS; i++)
		flow_init(&s->flow[i], &s->link, (enum stream_id)i, ways[i], &flow_io_plain, flow_changed);
	if (tty)
		duplex(&s->flow[STREAM_IN], p->tty);
	else if (ways[STREAM_IN])
		flow_write_to(&s->flow[STREAM_IN], p->stream[0]);
	if (ways[STREAM_OUT])
		flow_read_from(&s->flow[STREAM_OUT], p->stream[1]);
	if (ways[STREAM_ERR])
		flow_read_from(&s->flow[STREAM_ERR], p->stream[2]);
	if (p->pmi >= 0)
		duplex(&s->flow[STREAM_PMI], p->pmi);
}

static bool may_order(const struct session *s)
{
	return !s->gate->by_user || s->peer_uid == 0 || s->order.uid == s->peer_uid;
}

static int start(struct session *s)
{
	struct process_failure why;
	struct process p;
	int err = order_decode(&s->order, s->bytes, s->nr_bytes);

	if (err)
		return err;
	s->has_order = true;
	if (s->order.stream[0] != ORDER_TTY && (s->order.stream[1] == ORDER_TTY || s->order.stream[2] == ORDER_TTY))
		return -EPROTO;
	if (!may_order(s))
		return refuse(s, "user %u may not run programs of user %u there", s->peer_uid, s->order.uid);
	if (process_start(&p, &s->order, &why) != 0) {
		fail(s, &why);
		return 0;
	}
	s->state = SESSION_RUN;
	flows_open(s, &p);
	if ((err = watch(s, &s->report, p.report)) != 0 || (err = watch(s, &s->pmi_listen, p.pmi_listen)) != 0)
		return err;
	return 0;
}

static int greet(struct session *s, const struct frame *f)
{
	struct frame_hello h, mine = { .version = FRAME_VERSION };
	uint8_t payload[FRAME_HELLO_BYTES];
	uint8_t differ = 0;

	if (!frame_hello_decode(&h, f))
		return -EPROTO;
	frame_hello_encode(payload, &mine);
	link_send(&s->link, FRAME_HELLO, STREAM_IN, payload, sizeof(payload));
	if (h.version != FRAME_VERSION)
		return refuse(s, "the agent there speaks version %u of the protocol, not %u: use thole and "
			"thole-agent of the same release", FRAME_VERSION, h.version);
	for (uint32_t i = 0; i < FRAME_KEY_BYTES; i++)
		differ |= h.key[i] ^ s->gate->key[i];
	if (!s->gate->by_user && (differ || !s->gate->has_key))
		return refuse(s, "the agent there does not know this key: is the machine another user's?");
	s->state = SESSION_ORDER;
	return 0;
}

static int order_more(struct session *s, const struct frame *f)
{
	uint8_t *bytes;

	if (f->size > ORDER_BYTES_MAX - s->nr_bytes)
		return -EPROTO;
	bytes = realloc(s->bytes, s->nr_bytes + f->size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes + s->nr_bytes, f->payload, f->size);
	s->bytes = bytes;
	s->nr_bytes += f->size;
	return 0;
}

static void window_set(struct session *s, const struct frame *f)
{
	const struct winsize size = { get_u16(f->payload), get_u16(f->payload + 2), get_u16(f->payload + 4),
		get_u16(f->payload + 6) };
	int fd = s->flow[STREAM_IN].in.fd;

	if (fd >= 0 && s->order.stream[0] == ORDER_TTY)
		ioctl(fd, TIOCSWINSZ, &size);
}

static int run_frame(struct session *s, const struct frame *f)
{
	switch (f->type) {
	case FRAME_SIGNAL:
		if (!f->payload[0] || f->payload[0] > 64)
			return -EPROTO;
		group_signal(s, f->payload[0]);
		return 0;
	case FRAME_WINDOW: window_set(s, f); return 0;
	default: return flow_frame(&s->flow[f->stream], f);
	}
}

static int frame_come(struct link *l, const struct frame *f)
{
	struct session *s = container_of(l, struct session, link);

	switch (s->state) {
	case SESSION_GREET: return greet(s, f);
	case SESSION_ORDER:
		if (f->type == FRAME_POWEROFF) {
			s->poweroff(s);
			return 0;
		}
		if (f->type == FRAME_ORDER)
			return order_more(s, f);
		return f->type == FRAME_START ? start(s) : -EPROTO;
	case SESSION_RUN: return run_frame(s, f);
	default: return 0; /* sent before it heard of the end */
	}
}

static void drained(struct link *l)
{
	struct session *s = container_of(l, struct session, link);

	for (int i = 0; s->state == SESSION_RUN && i < STREAMS; i++)
		if (!s->flow[i].in_over)
			flow_pump(&s->flow[i]);
}

static void closed(struct link *l, int err)
{
	struct session *s = container_of(l, struct session, link);

	(void)err;
	/* Whoever ordered it has gone, so it has to go. */
	group_signal(s, SIGKILL);
	if (s->state == SESSION_RUN || s->state == SESSION_TOLD)
		for (int i = 0; i < STREAMS; i++)
			if (s->flow[i].link)
				flow_fini(&s->flow[i]);
	s->state = SESSION_TOLD;
	look_over(s);
}

static const struct link_ops link_ops = { frame_come, drained, closed };

int session_start(struct session *s, struct loop *loop, int fd, const struct session_gate *gate)
{
	struct ucred who = { .uid = UINT32_MAX };
	socklen_t size = sizeof(who);

	s->loop = loop;
	s->gate = gate;
	s->report = (struct loop_source){ -1, report_ready };
	s->pmi_listen = (struct loop_source){ -1, pmi_ready };
	if (gate->by_user && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) {
		close(fd);
		return -errno;
	}
	s->peer_uid = who.uid;
	return link_init(&s->link, loop, fd, FRAME_FROM_EXEC, &link_ops);
}

void session_fini(struct session *s)
{
	group_signal(s, SIGKILL);
	for (int i = 0; i < STREAMS; i++)
		if (s->flow[i].link)
			flow_fini(&s->flow[i]);
	link_fini(&s->link);
	if (s->report.fd >= 0) {
		loop_remove(s->loop, &s->report);
		close(s->report.fd);
	}
	if (s->pmi_listen.fd >= 0) {
		loop_remove(s->loop, &s->pmi_listen);
		close(s->pmi_listen.fd);
	}
	if (s->has_order)
		order_fini(&s->order);
	free(s->bytes);
}
