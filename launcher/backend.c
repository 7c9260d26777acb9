/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend.c - the parent's side: see backend.h. */
#include "launcher/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/backend_child.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define START_MS   20000 /* from fork to exec; the network may hold the program's file */
#define STOP_MS	   30000 /* a disk's last writes may take long */
#define KILL_MS	   10000 /* the kernel ends it, but for what waits for a disk or a network */
#define LINE_MAX_SHOWN 400 /* of its last words, in a message */

#define EXPLAIN_MS 1000	 /* from a lost connection to the end of the process */

/* What it said */

static void words_add(struct backend *b, const char *text, size_t size)
{
	size_t keep = sizeof(b->words) - 1;

	if (size > keep) {
		text += size - keep;
		size = keep;
	}
	if (b->nr_words + size > keep) {
		size_t gone = b->nr_words + size - keep;

		memmove(b->words, b->words + gone, b->nr_words - gone);
		b->nr_words -= (uint32_t)gone;
	}
	memcpy(b->words + b->nr_words, text, size);
	b->nr_words += (uint32_t)size;
	b->words[b->nr_words] = '\0';
}

/* Take what is there. false: nothing comes any more. */
static bool words_take(struct backend *b)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(b->said.fd, buf, sizeof(buf))) > 0)
		words_add(b, buf, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Its last lines, three at most, as one, without what cannot be shown. */
static const char *words_last(struct backend *b)
{
	char *end = b->words + b->nr_words;
	char *start;
	int lines = 0;

	while (end > b->words && (unsigned char)end[-1] <= ' ')
		*--end = '\0';
	for (start = end; start > b->words && (start[-1] != '\n' || ++lines < 3); start--)
		;
	start = max(start, end - min((ptrdiff_t)LINE_MAX_SHOWN, end - start));
	for (char *c = start; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return start;
}

/* Its start */

static int told_receive(int channel, struct backend_told *told, int *fd)
{
	struct pollfd p = { .fd = channel, .events = POLLIN };
	struct iovec part = { told, sizeof(*told) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c;
	ssize_t n;

	if (poll(&p, 1, START_MS) != 1)
		return -ETIMEDOUT;
	n = recvmsg(channel, &h, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	told->what[sizeof(told->what) - 1] = '\0';
	return 1;
}

static int start_failed(
	const struct backend *b, const struct backend_setup *s, int err, const char *what, const char *remedy)
{
	if (!remedy && (err == -EPERM || err == -EACCES))
		remedy = "has the user the right to?";
	return log_errno(err, "%s: cannot %s (%s): %m%s%s", b->name, what, s->argv[0], remedy ? "; " : "",
		remedy ? remedy : "");
}

/* Until the program runs. */
static int start_await(struct backend *b, const struct backend_setup *s, int channel)
{
	struct backend_told told = { 0 };
	int r;

	for (;;) {
		r = told_receive(channel, &told, &b->connection);
		if (r < 0)
			return start_failed(b, s, r, "be started", NULL);
		if (r == 0)
			break;
		if (told.err)
			return start_failed(b, s, told.err, told.what, told.preparing ? s->remedy : NULL);
	}
	return b->connection >= 0 ? 0 : start_failed(b, s, -ECHILD, "be started", NULL);
}

static int forked(struct backend *b, const struct backend_setup *s, int channel[2], int output[2])
{
	pid_t self = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return log_errno(-errno, "%s: cannot make a process: %m; is the limit too low (ulimit -u)?", b->name);
	if (pid == 0) {
		close(channel[0]);
		close(output[0]);
		backend_child(s, self, channel[1], output[1]);
	}
	b->pid = pid;
	b->exited.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (b->exited.fd < 0)
		return log_errno(-errno, "%s: cannot be watched: %m", b->name);
	(void)fcntl(b->exited.fd, F_SETFD, FD_CLOEXEC);
	close(channel[1]);
	channel[1] = -1;
	return start_await(b, s, channel[0]);
}

static void close_pair(const int fd[2])
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
}

int backend_start(struct backend *b, const struct backend_setup *s)
{
	int channel[2] = { -1, -1 }, output[2] = { -1, -1 };
	int err;

	*b = (struct backend){ .connection = -1, .exited.fd = -1, .said.fd = -1, .hung.fd = -1 };
	snprintf(b->name, sizeof(b->name), "%s", s->name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0 || pipe2(output, O_CLOEXEC) < 0)
		err = log_errno(-errno, "%s: cannot be started: %m; is the limit on open files too low (ulimit -n)?",
			b->name);
	else
		err = forked(b, s, channel, output);
	if (output[0] >= 0) {
		(void)fcntl(output[0], F_SETFL, O_NONBLOCK);
		b->said.fd = output[0];
		output[0] = -1;
	}
	close_pair(output);
	close_pair(channel);
	if (err == -ETIMEDOUT)
		backend_kill(b);
	if (err)
		backend_stop(b);
	return err;
}

int backend_take(struct backend *b)
{
	int fd = b->connection;

	/* A copy tells when it hangs up. */
	b->hung.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	b->connection = -1;
	return fd;
}

/* Its end */

/* Has it ended within that time? Then *status is how. */
static bool ended(struct backend *b, int timeout_ms, int *status)
{
	struct pollfd p = { .fd = b->exited.fd, .events = POLLIN };

	if (!b->pid || p.fd < 0 || poll(&p, 1, timeout_ms) != 1 || waitpid(b->pid, status, 0) != b->pid)
		return false;
	b->pid = 0;
	return true;
}

static void end_tell(struct backend *b, int status)
{
	char how[64];
	const char *words;

	words_take(b);
	words = words_last(b);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "ended with code %d", WEXITSTATUS(status));
	if (*words)
		log_errno(-ECHILD, "%s: %s; its last words: %s", b->name, how, words);
	else
		log_errno(-ECHILD, "%s: %s, without a word", b->name, how);
}

void backend_explain(struct backend *b)
{
	int status;

	if (ended(b, EXPLAIN_MS, &status))
		end_tell(b, status);
	else if (b->pid && (words_take(b), *words_last(b)))
		log_errno(-EIO, "%s: is there, but of no use; its last words: %s", b->name, words_last(b));
}

void backend_unwatch(struct backend *b)
{
	if (!b->loop)
		return;
	loop_remove(b->loop, &b->exited);
	if (b->said.fd >= 0)
		loop_remove(b->loop, &b->said);
	if (b->hung.fd >= 0)
		loop_remove(b->loop, &b->hung);
	b->loop = NULL;
}

/* The guest can't go on without it, and nothing could be told to a driver that waits for its disk. */
static void lost(struct backend *b)
{
	int status;

	if (b->silent && *b->silent)
		log_debug("%s: was given up", b->name);
	else if (ended(b, EXPLAIN_MS, &status))
		end_tell(b, status);
	else
		log_errno(-EPIPE, "%s: has hung up; its last words: %s", b->name, (words_take(b), words_last(b)));
	backend_unwatch(b);
	(void)end_set(b->end, END_FAILED, 0);
}

static void exited_ready(struct loop_source *src, uint32_t events)
{
	(void)events;
	lost(container_of(src, struct backend, exited));
}

static void hung_ready(struct loop_source *src, uint32_t events)
{
	(void)events;
	lost(container_of(src, struct backend, hung));
}

static void said_ready(struct loop_source *src, uint32_t events)
{
	struct backend *b = container_of(src, struct backend, said);

	(void)events;
	if (!words_take(b))
		loop_remove(b->loop, &b->said);
}

int backend_watch(struct backend *b, struct loop *loop, struct end *end, const bool *silent)
{
	int err;

	b->exited.ready = exited_ready;
	b->said.ready = said_ready;
	b->hung.ready = hung_ready;
	b->end = end;
	b->silent = silent;
	b->loop = loop;
	if ((err = loop_add(loop, &b->exited, EPOLLIN)) == 0 && (err = loop_add(loop, &b->said, EPOLLIN)) == 0 &&
		(err = loop_add(loop, &b->hung, EPOLLRDHUP)) == 0)
		return 0;
	backend_unwatch(b);
	return log_errno(err, "%s: cannot be watched: %m", b->name);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void end_ask(struct backend *b, int signal, uint32_t timeout_ms)
{
	backend_unwatch(b);
	close_one(&b->connection);
	close_one(&b->hung.fd);
	b->end_by_ns = clock_now_ns() + timeout_ms * 1000000ull;
	if (b->pid) {
		kill(b->pid, signal);
		kill(b->pid, SIGCONT);
	}
}

void backend_end(struct backend *b)
{
	if (!b->end_by_ns)
		end_ask(b, SIGTERM, STOP_MS);
}

void backend_kill(struct backend *b)
{
	end_ask(b, SIGKILL, KILL_MS);
}

void backend_stop(struct backend *b)
{
	uint64_t now = clock_now_ns();
	int status;

	backend_end(b);
	if (b->pid && !ended(b, b->end_by_ns > now ? (int)((b->end_by_ns - now) / 1000000 + 1) : 0, &status)) {
		log_warn("%s: does not end, and is killed", b->name);
		kill(b->pid, SIGKILL);
		if (!ended(b, KILL_MS, &status))
			log_warn("%s: process %d hangs in the kernel, which ends it when it can", b->name, b->pid);
		b->pid = 0;
	}
	close_one(&b->said.fd);
	close_one(&b->exited.fd);
}
