/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - the agent's ends of a new process: pipes, a terminal, the process manager's connection. */
#include "launcher/agent/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/agent/child.h"

static void close_all(int *fd, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

static void process_close(struct process *p)
{
	close_all(p->stream, ARRAY_SIZE(p->stream));
	close_all(&p->tty, 1);
	close_all(&p->pmi, 1);
	close_all(&p->pmi_listen, 1);
	close_all(&p->report, 1);
}

static int nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -errno : 0;
}

/* ours is read if the program writes. */
static int pipe_make(int *ours, int *theirs, bool program_writes)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ours = ends[program_writes ? 0 : 1];
	*theirs = ends[program_writes ? 1 : 0];
	return nonblocking(*ours);
}

static int tty_make(struct process *p, struct child_ends *c, const struct order *o)
{
	const struct winsize size = { o->window.rows, o->window.columns, o->window.width, o->window.height };
	int err;

	p->tty = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->tty < 0 || unlockpt(p->tty) < 0)
		return -errno;
	c->tty = ioctl(p->tty, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->tty < 0)
		return -errno;
	/* Not a reason to give up: without rights they are the caller's already. */
	err = fchown(c->tty, o->uid, (gid_t)-1);
	if (!err)
		err = fchmod(c->tty, 0620);
	(void)err;
	return ioctl(p->tty, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

static int streams_make(struct process *p, struct child_ends *c, const struct order *o)
{
	int err = 0;

	for (int i = 0; !err && i < 3; i++) {
		switch (o->stream[i]) {
		case ORDER_PIPE: err = pipe_make(&p->stream[i], &c->stream[i], i != 0); break;
		case ORDER_TTY: err = c->tty < 0 ? tty_make(p, c, o) : 0; break;
		case ORDER_NULL:
			c->stream[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
			err = c->stream[i] < 0 ? -errno : 0;
			break;
		default: break;
		}
	}
	return err;
}

static int pmi_listen(struct process *p, struct order *o)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	static char word[64];

	p->pmi_listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->pmi_listen < 0 || bind(p->pmi_listen, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(p->pmi_listen, 1) < 0 || getsockname(p->pmi_listen, (struct sockaddr *)&at, &size) < 0)
		return -errno;
	/* Read by the child, which has a copy of it, before the next order. */
	snprintf(word, sizeof(word), "PMI_PORT=127.0.0.1:%u", ntohs(at.sin_port));
	for (uint32_t i = 0; i < o->nr_env; i++)
		if (strncmp(o->env[i], "PMI_PORT=", 9) == 0)
			o->env[i] = word;
	return 0;
}

static int pmi_make(struct process *p, struct child_ends *c, struct order *o)
{
	int ends[2];

	if (o->pmi == ORDER_PMI_NONE)
		return 0;
	if (o->pmi == ORDER_PMI_PORT)
		return pmi_listen(p, o);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	p->pmi = ends[0];
	c->pmi = ends[1];
	return nonblocking(p->pmi);
}

static int report_make(struct process *p, struct child_ends *c)
{
	return pipe_make(&p->report, &c->report, true);
}

static int process_fork(struct process *p, const struct child_ends *c, const struct order *o)
{
	p->keeper = fork();
	if (p->keeper < 0)
		return -errno;
	if (!p->keeper)
		child_keep(c, o);
	return 0;
}

int process_start(struct process *p, struct order *o, struct process_failure *why)
{
	struct child_ends c = { { -1, -1, -1 }, -1, -1, -1 };
	int err;

	*p = (struct process){ .stream = { -1, -1, -1 }, .tty = -1, .pmi = -1, .pmi_listen = -1, .report = -1 };
	if ((err = streams_make(p, &c, o)) == 0 && (err = pmi_make(p, &c, o)) == 0 &&
		(err = report_make(p, &c)) == 0)
		err = process_fork(p, &c, o);
	close_all(c.stream, ARRAY_SIZE(c.stream));
	close_all(&c.tty, 1);
	close_all(&c.pmi, 1);
	close_all(&c.report, 1);
	if (!err)
		return 0;
	process_close(p);
	why->code = 125;
	snprintf(why->text, sizeof(why->text), "no process can be made there: %s", strerror(-err));
	return err;
}

void process_failure_tell(struct process_failure *why, const struct order *o, const struct process_report *r)
{
	const char *error = strerror((int)r->error);

	why->code = 125;
	switch ((enum process_stage)r->value) {
	case STAGE_EXEC:
		why->code = r->error == ENOENT ? 127 : 126;
		snprintf(why->text, sizeof(why->text), "%.300s: %s", o->args[0],
			r->error == ENOENT && !strchr(o->args[0], '/') ? "command not found" : error);
		break;
	case STAGE_CWD:
		snprintf(why->text, sizeof(why->text), "cannot enter the working directory %.300s there: %s", o->cwd,
			error);
		break;
	case STAGE_LIMITS: snprintf(why->text, sizeof(why->text), "cannot set a resource limit there: %s", error); break;
	case STAGE_GROUPS:
	case STAGE_USER:
		snprintf(why->text, sizeof(why->text), "cannot become user %u there: %s", o->uid, error);
		break;
	case STAGE_CPUS: snprintf(why->text, sizeof(why->text), "cannot bind to the vCPUs there: %s", error); break;
	default: snprintf(why->text, sizeof(why->text), "no process can be made there: %s", error); break;
	}
}
