/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_client.c - frames to deeds and back. Ends when the program has ended and all it said is written. */
#include "launcher/exec_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "launcher/exec_stream.h"
#include "launcher/exit_code.h"
#include "launcher/terminal.h"
#include "vmm/log.h"

/* How often to see whether the terminal is ours again. */
#define PAUSE_NS 250000000

static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGCONT,
	SIGWINCH };

struct client {
	struct loop loop;
	struct link link;
	struct flow flow[STREAMS];
	struct loop_source signals;
	struct loop_source again; /* a timer: look at the terminal again */
	struct terminal terminal;
	const struct exec_agent *agent;
	const struct exec_order *exec;
	bool pmi_wanted;
	bool ended; /* the end below is the program's, or final */
	struct exec_end end;
};

static bool is_tty(const struct client *c)
{
	return c->exec->order.stream[0] == ORDER_TTY;
}

static void finish(struct client *c, int code)
{
	c->ended = true;
	c->end = (struct exec_end){ .code = code, .unknown = code == EXIT_CODE_FAILED };
	loop_quit(&c->loop);
}

/* After the program's end: has all that it said been written? */
static void look_done(struct client *c)
{
	if (!c->ended)
		return;
	for (int i = 0; i < STREAMS; i++)
		if (!c->flow[i].out_over)
			return;
	loop_quit(&c->loop);
}

static void flow_changed(struct flow *f)
{
	look_done(container_of(f - f->id, struct client, flow[0]));
}

/* The program has stopped; so do we, in the eyes of the shell. */
static void stop(struct client *c)
{
	terminal_close(&c->terminal);
	raise(SIGSTOP);
	if (is_tty(c) && terminal_open(&c->terminal, STDIN_FILENO, STDERR_FILENO) != 0)
		finish(c, EXIT_CODE_FAILED);
}

static int pmi_connect(const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	char host[256];
	size_t len = (size_t)(strrchr(port, ':') - port);
	int fd = -1;

	if (len >= sizeof(host))
		return -ENAMETOOLONG;
	memcpy(host, port, len);
	host[len] = 0;
	if (getaddrinfo(host, port + len + 1, &hints, &list) != 0)
		return -EHOSTUNREACH;
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd < 0 ? -ECONNREFUSED : fd;
}

/*
 * Copies: fd itself stays open until this process ends. A process manager that sees a rank's connection
 * close before the rank has ended kills it, and would never learn of its exit code.
 */
static void pmi_open(struct client *c, int fd)
{
	struct flow *f = &c->flow[STREAM_PMI];
	int in = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int out = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	flow_read_from(f, in);
	flow_write_to(f, out);
}

static int pmi_wanted(struct client *c)
{
	int fd;

	if (c->exec->order.pmi != ORDER_PMI_PORT || c->pmi_wanted)
		return -EPROTO;
	c->pmi_wanted = true;
	fd = pmi_connect(c->exec->pmi_port);
	if (fd < 0)
		log_errno(fd, "cannot reach the process manager at %s: %m", c->exec->pmi_port);
	pmi_open(c, fd);
	return 0;
}

static int frame_come(struct link *l, const struct frame *f)
{
	struct client *c = container_of(l, struct client, link);
	struct frame_hello h;

	switch (f->type) {
	case FRAME_HELLO: return frame_hello_decode(&h, f) ? 0 : -EPROTO;
	case FRAME_STOPPED: stop(c); return 0;
	case FRAME_OPEN: return pmi_wanted(c);
	case FRAME_FAILED:
		log_errno(-EIO, "%.*s", (int)f->size - 1, (const char *)f->payload + 1);
		finish(c, f->payload[0]);
		return 0;
	case FRAME_EXIT:
		c->ended = true;
		c->end = f->payload[0] ? (struct exec_end){ 128 + f->payload[1], f->payload[1], false } :
					 (struct exec_end){ f->payload[1], 0, false };
		look_done(c);
		return 0;
	default: return flow_frame(&c->flow[f->stream], f);
	}
}

static void drained(struct link *l)
{
	struct client *c = container_of(l, struct client, link);

	for (int i = 0; i < STREAMS; i++)
		if (!c->flow[i].in_over)
			flow_pump(&c->flow[i]);
}

static void closed(struct link *l, int err)
{
	struct client *c = container_of(l, struct client, link);

	if (c->ended)
		return; /* its last word has come; streams are written to their end */
	if (err == -EPROTO)
		log_errno(err, "what answers there is no thole-agent of this release: %m");
	else if (c->agent->lost)
		c->agent->lost(c->agent->ctx);
	else
		log_errno(err, "the connection to the program is lost: %m");
	finish(c, EXIT_CODE_FAILED);
}

static const struct link_ops link_ops = { frame_come, drained, closed };

static void window_tell(struct client *c)
{
	struct winsize size;
	uint8_t payload[8];

	if (!is_tty(c) || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	put_u16(payload, size.ws_row);
	put_u16(payload + 2, size.ws_col);
	put_u16(payload + 4, size.ws_xpixel);
	put_u16(payload + 6, size.ws_ypixel);
	link_send(&c->link, FRAME_WINDOW, STREAM_IN, payload, sizeof(payload));
}

/* To the foreground, maybe: the shell may have changed the terminal. */
static void terminal_again(struct client *c)
{
	struct flow *f = &c->flow[STREAM_IN];

	if (!is_tty(c))
		return;
	terminal_close(&c->terminal);
	if (terminal_open(&c->terminal, STDIN_FILENO, STDERR_FILENO) != 0)
		finish(c, EXIT_CODE_FAILED);
	f->in_paused = false;
	flow_pump(f);
}

static void signals_ready(struct loop_source *src, uint32_t events)
{
	struct client *c = container_of(src, struct client, signals);
	struct signalfd_siginfo info;
	uint8_t sig;

	(void)events;
	if (read(src->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	sig = (uint8_t)info.ssi_signo;
	if (sig == SIGWINCH) {
		window_tell(c);
		return;
	}
	if (sig == SIGCONT)
		terminal_again(c);
	link_send(&c->link, FRAME_SIGNAL, STREAM_IN, &sig, 1);
}

static void again_ready(struct loop_source *src, uint32_t events)
{
	struct client *c = container_of(src, struct client, again);
	struct flow *f = &c->flow[STREAM_IN];
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	if (!f->in_paused)
		return;
	f->in_paused = false;
	flow_pump(f);
}

/* What was ignored when we were started stays so, here and there. */
static int signals_open(struct client *c, sigset_t *set)
{
	int err;

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (!(c->exec->order.ignored & 1ull << (forwarded[i] - 1)))
			sigaddset(set, forwarded[i]);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
	c->signals = (struct loop_source){ signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK), signals_ready };
	err = c->signals.fd < 0 ? -errno : loop_add(&c->loop, &c->signals, EPOLLIN);
	return err ? log_errno(err, "cannot listen for signals: %m") : 0;
}

static int again_open(struct client *c)
{
	const struct itimerspec often = { { 0, PAUSE_NS }, { 0, PAUSE_NS } };
	int err;

	c->again = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), again_ready };
	if (c->again.fd < 0 || timerfd_settime(c->again.fd, 0, &often, NULL) < 0)
		err = -errno;
	else
		err = loop_add(&c->loop, &c->again, EPOLLIN);
	return err ? log_errno(err, "cannot watch the terminal: %m") : 0;
}

/* Ours no more: the other end of a pipe is to see when the program closes it. */
static void given_away(int fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing >= 0) {
		dup2(nothing, fd);
		close(nothing);
	}
}

/* The descriptor to show a terminal's output on: one that may be written to. */
static int terminal_out(const struct order *o)
{
	int fd = o->stream[1] == ORDER_TTY ? STDOUT_FILENO : o->stream[2] == ORDER_TTY ? STDERR_FILENO : STDIN_FILENO;

	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void flows_init(struct client *c)
{
	const struct order *o = &c->exec->order;
	bool tty = is_tty(c);
	const unsigned ways[STREAMS] = {
		tty ? FLOW_READ | FLOW_WRITE : o->stream[0] == ORDER_PIPE ? FLOW_READ : 0,
		o->stream[1] == ORDER_PIPE ? FLOW_WRITE : 0, o->stream[2] == ORDER_PIPE ? FLOW_WRITE : 0,
		o->pmi != ORDER_PMI_NONE ? FLOW_READ | FLOW_WRITE : 0 };
	const struct flow_io *io[STREAMS] = { tty ? &exec_terminal_io : &exec_stream_io, &exec_stream_io,
		&exec_stream_io, &exec_socket_io };

	for (int i = 0; i < STREAMS; i++)
		flow_init(&c->flow[i], &c->link, (enum stream_id)i, ways[i], io[i], flow_changed);
}

static void flows_open(struct client *c)
{
	const struct order *o = &c->exec->order;

	if (is_tty(c)) {
		flow_write_to(&c->flow[STREAM_IN], terminal_out(o));
		flow_read_from(&c->flow[STREAM_IN], fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
	} else if (o->stream[0] == ORDER_PIPE) {
		flow_read_from(&c->flow[STREAM_IN], exec_stream_open(STDIN_FILENO));
		given_away(STDIN_FILENO);
	}
	if (o->stream[2] == ORDER_PIPE)
		flow_write_to(&c->flow[STREAM_ERR], exec_stream_open(STDERR_FILENO));
	if (o->stream[1] == ORDER_PIPE) {
		flow_write_to(&c->flow[STREAM_OUT], exec_stream_open(STDOUT_FILENO));
		given_away(STDOUT_FILENO);
	}
	if (o->pmi == ORDER_PMI_FD)
		pmi_open(c, (int)o->pmi_fd);
}

static int order_send(struct client *c)
{
	struct frame_hello hello = { .version = FRAME_VERSION };
	uint8_t payload[FRAME_HELLO_BYTES];
	struct order_bytes b = { 0 };

	order_encode(&b, &c->exec->order);
	if (b.err) {
		free(b.at);
		return log_errno(b.err, "the arguments and the environment are more than can be handed over: %m");
	}
	memcpy(hello.key, c->agent->key, sizeof(hello.key));
	frame_hello_encode(payload, &hello);
	link_hold(&c->link);
	link_send(&c->link, FRAME_HELLO, STREAM_IN, payload, sizeof(payload));
	for (uint32_t at = 0; at < b.nr; at += FRAME_PAYLOAD_MAX)
		link_send(&c->link, FRAME_ORDER, STREAM_IN, b.at + at, min(b.nr - at, FRAME_PAYLOAD_MAX));
	link_send(&c->link, FRAME_START, STREAM_IN, NULL, 0);
	link_release(&c->link);
	free(b.at);
	return 0;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static int client_start(struct client *c, sigset_t *set)
{
	int err = signals_open(c, set);

	if (!err)
		err = link_init(&c->link, &c->loop, c->agent->fd, FRAME_FROM_AGENT, &link_ops);
	if (err)
		return err;
	flows_init(c);
	if (is_tty(c) && (err = terminal_open(&c->terminal, STDIN_FILENO, STDERR_FILENO)) == 0)
		err = again_open(c);
	if (!err)
		err = order_send(c);
	if (!err)
		flows_open(c);
	return err;
}

struct exec_end exec_client_run(const struct exec_agent *agent, const struct exec_order *order)
{
	struct client *c = calloc(1, sizeof(*c));
	struct exec_end end = { EXIT_CODE_FAILED, 0, true };
	sigset_t set;

	if (!c || loop_init(&c->loop, nothing, NULL) != 0) {
		close(agent->fd);
		free(c);
		return end;
	}
	c->agent = agent;
	c->exec = order;
	c->end = end;
	c->signals.fd = c->again.fd = c->link.socket.fd = -1;
	if (client_start(c, &set) == 0 && loop_run(&c->loop) == 0)
		end = c->end;
	terminal_close(&c->terminal);
	for (int i = 0; i < STREAMS; i++)
		if (c->flow[i].link)
			flow_fini(&c->flow[i]);
	link_fini(&c->link);
	if (c->again.fd >= 0)
		close(c->again.fd);
	if (c->signals.fd >= 0)
		close(c->signals.fd);
	loop_fini(&c->loop);
	free(c);
	return end;
}

void exec_end_by(int sig)
{
	sigset_t set;

	/* A limit of 0 doesn't keep a core from a program that collects them. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return;
	sigemptyset(&set);
	sigaddset(&set, sig);
	signal(sig, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

int exec_agent_connect(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return log_errno(-ENAMETOOLONG, "a socket's name has at most %zu letters: %s",
			sizeof(at.sun_path) - 1, path);
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return log_errno(-errno, "cannot make a socket: %m");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		int err = log_errno(-errno, "cannot reach an agent at %s: %m", path);

		close(fd);
		return err;
	}
	return fd;
}
