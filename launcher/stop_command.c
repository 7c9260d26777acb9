/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop_command.c - `thole stop`: end a running machine, and wait until it has. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "launcher/command.h"
#include "launcher/control_client.h"
#include "launcher/exit_code.h"
#include "vmm/log.h"

/* How often to see whether its place is free. */
#define LOOK_US 10000

/* Ask, and hold the line until it is cut: then the machine has come to its end. */
static int stop(const char *name, bool hard)
{
	const struct control_request r = { .kind = CONTROL_STOP, .hard = hard };
	int fd = control_connect(name), err;
	char path[PATH_MAX];
	int harbour;

	if (fd < 0)
		return fd;
	err = control_send(fd, &r);
	for (json_t *answer; !err && (answer = control_receive(fd, -1, &err)) != NULL;)
		json_decref(answer);
	close(fd);
	if (err != -ECONNRESET)
		return log_errno(err, "cannot stop %s: %m", name);
	harbour = harbour_open(path);
	if (harbour < 0)
		return harbour;
	while (berth_is_taken(harbour, name))
		usleep(LOOK_US);
	close(harbour);
	return 0;
}

int stop_command(int argc, char **argv)
{
	static const struct option options[] = { { "hard", no_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	bool hard = false;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h') {
			puts("usage: thole stop NAME [--hard]\n"
			     "\n"
			     "Ask a running machine to power off, and wait until it has: its --stop-timeout at most.\n"
			     "\n"
			     "      --hard   don't ask the guest");
			return 0;
		}
		if (c != 'x')
			return EXIT_CODE_FAILED;
		hard = true;
	}
	if (optind != argc - 1) {
		log_errno(-EINVAL, "which machine? thole stop NAME; `thole ps` lists them");
		return EXIT_CODE_FAILED;
	}
	return stop(argv[optind], hard) ? EXIT_CODE_FAILED : 0;
}
