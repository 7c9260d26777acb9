/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_command.c - `thole console`: a running machine's console here. Ctrl-A x leaves it running. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/command.h"
#include "launcher/control_client.h"
#include "launcher/exit_code.h"
#include "launcher/terminal.h"
#include "vmm/log.h"

/* Everything or -errno. */
static int all_write(int fd, const void *buf, size_t nr)
{
	const char *at = buf;

	while (nr) {
		ssize_t n = write(fd, at, nr);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += max(n, 0);
		nr -= (size_t)max(n, 0);
	}
	return 0;
}

/* What was typed; 1: the user wants to leave. */
static int typed(int fd, struct terminal *t, struct terminal_escape *e, int *in)
{
	uint8_t buf[256];
	ssize_t n = t->open ? terminal_read(t, buf, sizeof(buf)) : read(*in, buf, sizeof(buf));
	int err = 0;

	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		*in = -1; /* no more to say; go on listening */
		return t->open ? 1 : 0;
	}
	if (!t->open)
		return all_write(fd, buf, (size_t)n);
	for (ssize_t i = 0; i < n && !err; i++) {
		uint8_t pass[TERMINAL_PASS_MAX];
		uint32_t nr = 0;

		switch (terminal_escape_feed(e, buf[i], pass, &nr)) {
		case TERMINAL_QUIT: return 1;
		case TERMINAL_HELP: fputs("\r\nCtrl-A x   leave the console; the machine runs on\r\n", stderr); break;
		case TERMINAL_PASS: break;
		}
		err = all_write(fd, pass, nr);
	}
	return err;
}

/* Bytes in both directions until one side ends. */
static int attached(int fd)
{
	struct terminal_escape escape = { 0 };
	struct terminal t;
	int in = STDIN_FILENO;
	int err = terminal_open(&t, STDIN_FILENO, STDERR_FILENO);

	while (!err) {
		struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = in, .events = POLLIN } };
		char buf[4096];
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			err = -errno;
		if (p[1].revents)
			err = typed(fd, &t, &escape, &in);
		if (err || !p[0].revents)
			continue;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		err = all_write(STDOUT_FILENO, buf, (size_t)n);
	}
	terminal_close(&t);
	return min(err, 0);
}

static int console(const char *name)
{
	const struct control_request r = { .kind = CONTROL_CONSOLE };
	int fd = control_connect(name), err;
	char line[64];
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	err = control_send(fd, &r);
	/* The answer's line byte by byte: what follows is the guest's. */
	for (size_t at = 0; !err && at < sizeof(line); at++) {
		n = recv(fd, line + at, 1, 0);
		if (n <= 0 || line[at] == '\n')
			break;
	}
	if (err || n <= 0)
		err = log_errno(err ? err : -ECONNRESET, "the machine %s gives no answer: %m", name);
	else if (isatty(STDIN_FILENO))
		log_info("the console of %s: Ctrl-A x leaves it", name);
	if (!err)
		err = attached(fd);
	close(fd);
	return err;
}

int console_command(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h') {
			puts("usage: thole console NAME\n"
			     "\n"
			     "Show what a running machine's guest says on its console from now on, and hand it what is typed.\n"
			     "Ctrl-A x leaves; the machine runs on.");
			return 0;
		}
		return EXIT_CODE_FAILED;
	}
	if (optind != argc - 1) {
		log_errno(-EINVAL, "of which machine? thole console NAME; `thole ps` lists them");
		return EXIT_CODE_FAILED;
	}
	return console(argv[optind]) ? EXIT_CODE_FAILED : 0;
}
