/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.c - thole-agent: runs programs in a guest for thole exec on the host.
 *
 *   thole-agent --listen vsock[:PORT]     in a guest, as process 1 or as a child of its init
 *   thole-agent --listen unix:PATH        anywhere, for the users of that machine
 *
 * One thread, one event loop, no files but those of the programs it runs. Linked statically: it has to
 * run in any guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#include "launcher/agent/guest.h"
#include "vmm/log.h"

#define SESSIONS_MAX 1024u

struct agent {
	struct loop loop;
	struct loop_source listen;
	struct loop_source signals;
	struct session_gate gate;
	struct session *sessions;
	uint32_t nr_sessions;
	const char *path; /* of a Unix socket */
	bool in_guest;
};

static struct agent the_agent;

static void line_write(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level <= LOG_LEVEL_INFO)
		dprintf(STDERR_FILENO, "thole-agent: %s%s\n", level == LOG_LEVEL_WARN ? "warning: " : "", line);
}

static void session_over(struct session *s)
{
	(void)s;
	loop_wake(&the_agent.loop);
}

static void session_poweroff(struct session *s)
{
	(void)s;
	if (the_agent.in_guest)
		guest_poweroff();
	else
		loop_quit(&the_agent.loop);
}

/* Sessions that are over are freed here, where nobody is in the middle of one. */
static void sessions_sweep(void *ctx)
{
	struct agent *a = ctx;
	struct session **at = &a->sessions;

	while (*at) {
		struct session *s = *at;

		if (!session_is_over(s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		session_fini(s);
		free(s);
		a->nr_sessions--;
	}
}

static void listen_ready(struct loop_source *src, uint32_t events)
{
	struct agent *a = container_of(src, struct agent, listen);
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);
	struct session *s;

	(void)events;
	if (fd < 0)
		return;
	s = a->nr_sessions < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s) {
		log_warn("a program more than can be run at a time is refused");
		close(fd);
		return;
	}
	s->over = session_over;
	s->poweroff = session_poweroff;
	if (session_start(s, &a->loop, fd, &a->gate) != 0) {
		free(s);
		return;
	}
	s->next = a->sessions;
	a->sessions = s;
	a->nr_sessions++;
}

/* Keepers, and as process 1 whoever lost their parents. */
static void signals_ready(struct loop_source *src, uint32_t events)
{
	struct agent *a = container_of(src, struct agent, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(src->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo != SIGCHLD) {
		if (getpid() != 1)
			loop_quit(&a->loop);
		return;
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static int signals_open(struct agent *a)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	a->signals = (struct loop_source){ signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), signals_ready };
	err = a->signals.fd < 0 ? -errno : loop_add(&a->loop, &a->signals, EPOLLIN);
	return err ? log_errno(err, "cannot listen for signals: %m") : 0;
}

static int vsock_open(uint32_t port)
{
	const struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return log_errno(-errno, "cannot make a vsock socket: %m; is the module vsock loaded?");
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return log_errno(-errno, "cannot have vsock port %u: %m", port);
	return fd;
}

static int unix_open(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	mode_t before = umask(0077);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (strlen(path) >= sizeof(at.sun_path))
		return log_errno(-ENAMETOOLONG, "a socket's name has at most %zu letters: %s",
			sizeof(at.sun_path) - 1, path);
	memcpy(at.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		err = log_errno(-errno, "cannot make the socket %s: %m", path);
	umask(before);
	return err ? err : fd;
}

static int listen_open(struct agent *a, const char *where)
{
	struct guest_words words;
	int fd, err;

	if (strncmp(where, "unix:", 5) == 0) {
		a->path = where + 5;
		a->gate.by_user = true;
		fd = unix_open(a->path);
	} else {
		if ((err = guest_words_read(&words)) != 0)
			return err;
		a->in_guest = true;
		a->gate.has_key = words.has_key;
		memcpy(a->gate.key, words.key, sizeof(words.key));
		if (!words.has_key)
			log_warn("no thole.key= on the kernel's command line: nobody will be let in");
		if (getpid() == 1)
			guest_prepare(&words);
		fd = vsock_open(where[5] ? (uint32_t)strtoul(where + 6, NULL, 10) : words.port);
	}
	if (fd < 0)
		return fd;
	a->listen = (struct loop_source){ fd, listen_ready };
	err = listen(fd, SOMAXCONN) < 0 ? -errno : loop_add(&a->loop, &a->listen, EPOLLIN);
	return err ? log_errno(err, "cannot listen at %s: %m", where) : 0;
}

/* Each program takes about ten descriptors. */
static void files_raise(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		if (geteuid() == 0)
			l.rlim_max = max(l.rlim_max, (rlim_t)65536);
		l.rlim_cur = l.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &l) < 0)
			log_warn("programs at a time are fewer than could be: %m");
	}
}

static const char *where_of(int argc, char **argv)
{
	const char *where = "vsock";

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--listen=", 9) == 0)
			where = argv[i] + 9;
		else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
			where = argv[++i];
		else
			return NULL;
	}
	return strncmp(where, "unix:", 5) == 0 || strcmp(where, "vsock") == 0 || strncmp(where, "vsock:", 6) == 0
		? where : NULL;
}

int main(int argc, char **argv)
{
	struct agent *a = &the_agent;
	const char *where = where_of(argc, argv);
	int err;

	log_set_sink(line_write, NULL);
	if (!where) {
		dprintf(STDERR_FILENO, "usage: thole-agent [--listen vsock[:PORT] | --listen unix:PATH]\n"
			"Runs programs for `thole exec`. Version " THOLE_VERSION ", protocol %d.\n", FRAME_VERSION);
		return 125;
	}
	files_raise();
	err = loop_init(&a->loop, sessions_sweep, a);
	if (!err)
		err = signals_open(a);
	if (!err)
		err = listen_open(a, where);
	if (!err) {
		log_info("ready at %s", where);
		err = loop_run(&a->loop);
	}
	while (a->sessions) {
		struct session *s = a->sessions;

		a->sessions = s->next;
		session_fini(s);
		free(s);
	}
	if (a->path && !err)
		unlink(a->path);
	if (getpid() == 1) {
		log_errno(-EIO, "the agent has ended: nothing can run in this machine any more");
		guest_poweroff();
	}
	return err ? 125 : 0;
}
