/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat_command.c - `thole stat`: what a running machine costs now. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#include "launcher/command.h"
#include "launcher/control_client.h"
#include "launcher/exit_code.h"
#include "launcher/output.h"
#include "launcher/stat_print.h"
#include "vmm/log.h"

struct stat_args {
	const char *name;
	bool json, prometheus;
	double interval; /* seconds */
};

/* 0, 1 for --help, or negative errno, reported. */
static int args_parse(struct stat_args *a, int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
		{ "prometheus", no_argument, NULL, 'p' }, { "interval", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	char *end;

	*a = (struct stat_args){ .interval = 1 };
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'j': a->json = true; break;
		case 'p': a->prometheus = true; break;
		case 'i':
			a->interval = strtod(optarg, &end);
			if (*end || !(a->interval >= 0.01 && a->interval <= 86400))
				return log_errno(-EINVAL, "--interval=%.20s: expected seconds, from 0.01 to 86400", optarg);
			break;
		case 'h':
			puts("usage: thole stat NAME [--interval SECONDS] [--json | --prometheus]\n"
			     "\n"
			     "Exits in a second of each vCPU of a running machine, by reason, how often it had to\n"
			     "leave its CPU to others (SWITCHES), and the machine's memory.\n"
			     "\n"
			     "      --interval SECONDS   how long to look (default: 1)\n"
			     "      --json               print JSON rather than a table\n"
			     "      --prometheus         print counters since the start, at once");
			return 1;
		default: return -EINVAL;
		}
	}
	if (optind != argc - 1)
		return log_errno(-EINVAL, "of which machine? thole stat NAME; `thole ps` lists them");
	a->name = argv[optind];
	return 0;
}

static int rates_print(const struct stat_args *a, const json_t *before)
{
	const struct control_request r = { .kind = CONTROL_STAT };
	const struct timespec wait = { (time_t)a->interval, (long)((a->interval - (double)(time_t)a->interval) * 1e9) };
	json_t *now, *rates;

	nanosleep(&wait, NULL);
	now = control_ask(a->name, &r);
	rates = now ? stat_rates(before, now) : NULL;
	json_decref(now);
	if (!rates)
		return now ? log_errno(-EAGAIN, "%s: it was started anew meanwhile", a->name) : -EIO;
	if (a->json)
		return output_json(rates);
	stat_print_table(rates, stdout);
	json_decref(rates);
	return output_end();
}

int stat_command(int argc, char **argv)
{
	const struct control_request r = { .kind = CONTROL_STAT };
	struct stat_args a;
	int err = args_parse(&a, argc, argv);
	json_t *now;

	if (err)
		return err < 0 ? EXIT_CODE_FAILED : 0;
	now = control_ask(a.name, &r);
	if (!now)
		return EXIT_CODE_FAILED;
	if (a.prometheus) {
		stat_print_prometheus(now, stdout);
		err = output_end();
	} else {
		err = rates_print(&a, now);
	}
	json_decref(now);
	return err ? EXIT_CODE_FAILED : 0;
}
