/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * front.c - the host's side of a lab run: starts QEMU, passes the command's
 * streams between the lab machine and the caller, and writes down how it ended.
 *
 *	lab-front [--tty] [--no-stdin] [--quiet] [--timeout S] [--boot-timeout S] [--answer-timeout S]
 *		--result FILE --log FILE -- QEMU ARGUMENT...
 *
 * QEMU finds its end of the channel as file descriptor 3 and dies with this
 * process. The result file is for the shell to read:
 *
 *	state=exited|failed|lost|timeout|interrupted|caller-gone
 *	ready=0|1 alive=0|1 code=N stdout_bytes=N stdin_bytes=N reason='...'
 *
 * When the time is up, the machine is asked whether it is still there (alive), and what it is at, which goes to
 * standard error: a command that hangs is another thing than a machine that does.
 *
 * A timer ticks every second, so that no blocking call outlives a signal or
 * the deadline for long.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "frame.h"

#define CHANNEL_FD 3 /* in QEMU */

struct front {
	const char *result, *log;
	bool tty, no_stdin, quiet;
	long timeout_s, boot_timeout_s, answer_timeout_s;

	int channel;
	pid_t qemu;
	struct timespec started;
	struct frame_in in;

	bool stdin_open, ready, alive;
	uint32_t unread;   /* bytes of input sent and not taken yet */
	const char *state; /* set: the run is over */
	uint32_t code;
	uint64_t stdout_bytes, stdin_bytes;
	char reason[512];
};

static volatile sig_atomic_t interrupted, window_changed;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		window_changed = 1;
	else if (sig != SIGALRM)
		interrupted = sig;
}

static void signals_init(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGWINCH };
	struct sigaction act = { .sa_handler = on_signal }; /* no SA_RESTART: calls end */
	struct itimerval tick = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };
	size_t i;

	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &tick, NULL);
}

static long elapsed_s(const struct front *f)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - f->started.tv_sec;
}

/* Is the run over for a reason that no frame tells? */
static bool front_overdue(struct front *f)
{
	long passed = elapsed_s(f);

	if (f->state)
		return true;
	if (interrupted)
		f->state = "interrupted";
	else if ((f->timeout_s && passed >= f->timeout_s) ||
		 (!f->ready && f->boot_timeout_s && passed >= f->boot_timeout_s))
		f->state = "timeout";
	return f->state != NULL;
}

/* As write_all(), but gives up when the run is over. */
static void front_write(struct front *f, int fd, const uint8_t *data, size_t size)
{
	ssize_t n;

	while (size && !front_overdue(f)) {
		n = write(fd, data, size);
		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 1000);
		else if (n < 0 && errno != EINTR)
			f->state = "caller-gone";
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

static void front_window(struct front *f)
{
	struct winsize ws = { 0 };

	window_changed = 0;
	ioctl(STDIN_FILENO, TIOCGWINSZ, &ws); /* or 0: not known */
	if (f->tty && f->ready)
		frame_send(f->channel, FRAME_WINDOW, &ws, sizeof(ws));
}

static void front_ready(struct front *f)
{
	f->ready = true;
	if (!f->quiet)
		fprintf(stderr, " up after %ld s\n", elapsed_s(f));
	front_window(f);
}

static void front_frame(struct front *f)
{
	uint32_t size = f->in.head.size, value = 0;

	if (size == sizeof(value))
		memcpy(&value, f->in.data, sizeof(value));
	switch (f->in.head.type) {
	case FRAME_READY: front_ready(f); break;
	case FRAME_FAILED:
		snprintf(f->reason, sizeof(f->reason), "%.*s", (int)size, (char *)f->in.data);
		f->state = "failed";
		break;
	case FRAME_STDOUT:
		f->stdout_bytes += size;
		front_write(f, STDOUT_FILENO, f->in.data, size);
		break;
	case FRAME_STDERR: front_write(f, STDERR_FILENO, f->in.data, size); break;
	case FRAME_TAKEN: f->unread -= value; break;
	case FRAME_ALIVE:
		f->alive = true;
		fprintf(stderr, "lab: what runs in the machine:\n%.*s", (int)size,
			(char *)f->in.data);
		break;
	case FRAME_EXIT:
		f->code = value;
		f->state = "exited";
		break;
	}
}

static void front_stdin(struct front *f)
{
	uint8_t data[FRAME_MAX];
	size_t room = FRAME_WINDOW_BYTES - f->unread;
	ssize_t n = read(STDIN_FILENO, data, room < sizeof(data) ? room : sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		f->stdin_open = false;
		n = 0;
	}
	f->unread += (uint32_t)n;
	f->stdin_bytes += (uint64_t)n;
	frame_send(f->channel, FRAME_STDIN, data, (size_t)n);
}

static void front_loop(struct front *f)
{
	struct pollfd fds[2];
	int got;

	while (!front_overdue(f)) {
		if (window_changed)
			front_window(f);
		fds[0] = (struct pollfd){ .fd = f->channel, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (f->ready && f->stdin_open && f->unread < FRAME_WINDOW_BYTES)
			fds[1].fd = STDIN_FILENO;
		if (poll(fds, 2, 1000) <= 0)
			continue;
		if (fds[1].revents)
			front_stdin(f);
		if (!fds[0].revents)
			continue;
		got = frame_receive(f->channel, &f->in);
		if (got < 0)
			f->state = "lost";
		else if (got > 0)
			front_frame(f);
	}
}

/* Time is up. What the command has said until now is lost on nobody: it stands in the stream before the answer. */
static void front_ask(struct front *f)
{
	long until = elapsed_s(f) + f->answer_timeout_s;
	int got = frame_send(f->channel, FRAME_ASK, "", 0);
	const char *state = f->state;

	f->timeout_s = 0;
	f->state = NULL;
	while (got >= 0 && !f->alive && !f->state && !interrupted && elapsed_s(f) < until) {
		if (poll(&(struct pollfd){ .fd = f->channel, .events = POLLIN }, 1, 1000) <= 0)
			continue;
		got = frame_receive(f->channel, &f->in);
		if (got > 0)
			front_frame(f);
	}
	f->state = state;
	if (f->alive)
		sleep(2); /* the kernel's own words are on their way to the console */
}

/* In the child: nothing of the caller's but the channel. Does not return. */
static void exec_qemu(const struct front *f, int channel, pid_t parent, char **argv)
{
	int null = open("/dev/null", O_RDONLY);
	int log = open(f->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (null < 0 || log < 0)
		_exit(126);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (channel == CHANNEL_FD)
		fcntl(CHANNEL_FD, F_SETFD, 0);
	else
		dup2(channel, CHANNEL_FD);
	close_range(CHANNEL_FD + 1, ~0u, 0);
	setsid(); /* a terminal's Ctrl-C is not for QEMU */
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int front_start(struct front *f, char **argv)
{
	pid_t self = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &f->started);
	f->qemu = fork();
	if (f->qemu < 0)
		return -errno;
	if (f->qemu == 0)
		exec_qemu(f, pair[1], self, argv);
	close(pair[1]);
	f->channel = pair[0];
	return 0;
}

static int front_report(const struct front *f)
{
	FILE *out = fopen(f->result, "w");
	const char *c;

	if (!out)
		return -errno;
	fprintf(out, "state=%s\nready=%d\nalive=%d\ncode=%u\nstdout_bytes=%llu\nstdin_bytes=%llu\n",
		f->state, f->ready, f->alive, f->code, (unsigned long long)f->stdout_bytes,
		(unsigned long long)f->stdin_bytes);
	fputs("reason='", out);
	for (c = f->reason; *c; c++)
		fputc(*c == '\'' || *c == '\n' ? ' ' : *c, out);
	fputs("'\n", out);
	return fclose(out) == 0 ? 0 : -errno;
}

static int parse(struct front *f, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tty", no_argument, NULL, 't' },
		{ "no-stdin", no_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "boot-timeout", required_argument, NULL, 'B' },
		{ "answer-timeout", required_argument, NULL, 'A' },
		{ "result", required_argument, NULL, 'r' },
		{ "log", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	f->answer_timeout_s = 30; /* a busy machine takes its time */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 't': f->tty = true; break;
		case 'n': f->no_stdin = true; break;
		case 'q': f->quiet = true; break;
		case 'T': f->timeout_s = strtol(optarg, NULL, 10); break;
		case 'B': f->boot_timeout_s = strtol(optarg, NULL, 10); break;
		case 'A': f->answer_timeout_s = strtol(optarg, NULL, 10); break;
		case 'r': f->result = optarg; break;
		case 'l': f->log = optarg; break;
		default: return -EINVAL;
		}
	}
	return f->result && f->log && optind < argc ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct front f;
	struct termios before, raw;
	bool terminal;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (parse(&f, argc, argv) < 0) {
		fprintf(stderr, "lab-front: bad arguments\n");
		return 2;
	}
	signals_init();
	err = front_start(&f, argv + optind);
	if (err < 0) {
		fprintf(stderr, "lab-front: cannot start QEMU: %s\n", strerror(-err));
		return 2;
	}
	f.stdin_open = !f.no_stdin;
	if (f.no_stdin)
		frame_send(f.channel, FRAME_STDIN, "", 0);
	terminal = f.tty && tcgetattr(STDIN_FILENO, &before) == 0;
	if (terminal) {
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	front_loop(&f);
	if (f.ready && strcmp(f.state, "timeout") == 0)
		front_ask(&f);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	kill(f.qemu, SIGKILL);
	waitpid(f.qemu, NULL, 0);
	return front_report(&f) < 0 ? 2 : 0;
}
