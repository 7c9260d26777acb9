/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate_command.c - `thole isolate` and `thole restore`: what a run does for itself, for administrators and
 * batch systems: kept under a name from a job's prolog to its epilog.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/isolation_print.h"
#include "launcher/output.h"
#include "vmm/log.h"

struct isolate_args {
	struct cpulist cpus;
	const char *owner;
	const char *root;
	bool fifo, show, json, require;
};

static const char isolate_usage[] =
	"usage: thole isolate --cpus LIST --owner NAME [--fifo] [--require] [--json]\n"
	"       thole isolate --cpus LIST --show [--fifo] [--json]\n"
	"\n"
	"Keep the host's own work away from CPUs, until thole restore --owner NAME. A run does all of this\n"
	"and more for itself (--isolation); this is for prologs of batch jobs, whose users have no rights.\n"
	"\n"
	"      --cpus LIST   the CPUs, such as 2-15,18\n"
	"      --owner NAME  what it is called when it is to end, such as job-4711\n"
	"      --fifo        let real-time threads have all of a CPU\n"
	"      --require     fail, and change nothing, if the kernel or rights refuse anything\n"
	"      --show        change nothing; print what would be changed, with commands\n"
	"      --json        print JSON rather than a table\n"
	"      --root DIR    a directory with a copy of /proc and /sys, to try it";

static const char restore_usage[] =
	"usage: thole restore [--owner NAME]\n"
	"\n"
	"Put back what machines that have ended, however they did, have left changed on this host; also what\n"
	"thole isolate keeps under that name. What somebody else has changed since is left as it is.\n"
	"\n"
	"      --owner NAME  end that isolation, too\n"
	"      --root DIR    a directory with a copy of /proc and /sys, to try it";

static int args_check(const struct isolate_args *a, int argc, char **argv)
{
	if (optind < argc)
		return log_errno(-EINVAL, "thole %s takes no argument '%.40s'; see --help", argv[0], argv[optind]);
	if (!a->cpus.nr)
		return log_errno(-EINVAL, "thole isolate: which CPUs? Give --cpus LIST");
	if (!a->show && !a->owner)
		return log_errno(-EINVAL, "thole isolate: give --owner NAME, by which it is ended, or --show");
	return 0;
}

/* 0, 1 for --help, or negative errno, reported. */
static int isolate_parse(struct isolate_args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "owner", required_argument, NULL, 'o' },
		{ "root", required_argument, NULL, 'r' },
		{ "fifo", no_argument, NULL, 'f' },
		{ "require", no_argument, NULL, 'q' },
		{ "show", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int err = 0;

	for (int c; !err && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'c': err = command_cpus(&a->cpus, optarg); break;
		case 'o': a->owner = optarg; break;
		case 'r': a->root = optarg; break;
		case 'f': a->fifo = true; break;
		case 'q': a->require = true; break;
		case 's': a->show = true; break;
		case 'j': a->json = true; break;
		case 'h': puts(isolate_usage); return 1;
		default: return -EINVAL;
		}
	}
	return err ? err : args_check(a, argc, argv);
}

static int show_result(const struct isolation *iso, bool json)
{
	if (json)
		return output_json(isolation_json(iso));
	isolation_print(iso, stdout);
	return output_end();
}

static int require_check(const struct isolation *iso)
{
	uint32_t refused = isolation_count(iso, ISOLATION_REFUSED), rights = isolation_count(iso, ISOLATION_RIGHTS);

	return refused || rights ? log_errno(-EPERM, "--require: %u settings are refused, %u take rights", refused, rights) : 0;
}

static int isolate(const struct isolate_args *a)
{
	const struct isolation_request ask = { .id = a->owner, .cpus = &a->cpus, .partition = a->show, .fifo = a->fifo,
		.show = a->show };
	struct isolation iso;
	int err = isolation_open(&iso, a->root ? a->root : "/", NULL);

	if (err)
		return err;
	if (!a->show)
		err = isolation_recover(&iso, NULL, NULL);
	if (!err)
		err = isolation_apply(&iso, &ask);
	if (!err)
		err = show_result(&iso, a->json);
	if (!err && a->require && !a->show)
		err = require_check(&iso);
	if (err)
		(void)!isolation_release(&iso);
	isolation_close(&iso);
	return err;
}

int isolate_command(int argc, char **argv)
{
	struct isolate_args args = { 0 };
	int err = isolate_parse(&args, argc, argv);

	if (!err)
		err = isolate(&args);
	cpulist_fini(&args.cpus);
	return err < 0 ? EXIT_CODE_FAILED : 0;
}

static int restore(const char *root, const char *owner)
{
	struct isolation iso;
	uint32_t nr;
	int err = isolation_open(&iso, root, NULL);

	if (err)
		return err;
	err = isolation_recover(&iso, owner, &nr);
	isolation_close(&iso);
	if (err)
		return err;
	if (!nr)
		puts("nothing is to be put back");
	else
		printf("put back what %u machine%s had changed\n", nr, nr > 1 ? "s" : "");
	return 0;
}

int restore_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "owner", required_argument, NULL, 'o' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *root = "/", *owner = NULL;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'o': owner = optarg; break;
		case 'r': root = optarg; break;
		case 'h': puts(restore_usage); return 0;
		default: return EXIT_CODE_FAILED;
		}
	}
	if (optind < argc) {
		log_errno(-EINVAL, "thole restore takes no argument '%.40s'; see --help", argv[optind]);
		return EXIT_CODE_FAILED;
	}
	return restore(root, owner) ? EXIT_CODE_FAILED : 0;
}
