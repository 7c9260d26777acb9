/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noise_command.c - `thole noise`: how quiet the host's CPUs are, and who makes the noise. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/noise_print.h"
#include "launcher/output.h"
#include "sched/affinity.h"
#include "vmm/log.h"

#define SECONDS_MAX  3600
#define EVENTS	     20000u /* for a picture, of each CPU */

struct noise_args {
	struct cpulist cpus;
	double seconds;
	const char *svg;
	bool json, no_trace;
};

static const char usage[] =
	"usage: thole noise [--cpus LIST] [--seconds N] [--json] [--no-trace] [--svg FILE]\n"
	"\n"
	"How often, and for how long, something takes each CPU away from a program that needs all of it:\n"
	"interrupts, other threads, the firmware, a hypervisor below. One thread a CPU watches, and uses all\n"
	"of it meanwhile. No rights are needed, but without root other users' threads may not be seen. For root,\n"
	"where the kernel has the osnoise tracer, that tells how long each of them took; it is put back after.\n"
	"\n"
	"      --cpus LIST   the CPUs, such as 2-15,18; all that may be used\n"
	"      --seconds N   for how long; 5\n"
	"      --json        print JSON rather than a table\n"
	"      --no-trace    leave the kernel's osnoise tracer alone\n"
	"      --svg FILE    draw each detour, too (takes gnuplot)";

static int cpus_all(struct cpulist *cpus)
{
	struct affinity a;
	int err = affinity_get(&a);

	*cpus = (struct cpulist){ .cpu = calloc(CPULIST_MAX, sizeof(*cpus->cpu)) };
	for (int cpu = 0; !err && cpus->cpu && cpu < CPULIST_MAX; cpu++)
		if (CPU_ISSET_S((size_t)cpu, sizeof(a.set), a.set))
			cpus->cpu[cpus->nr++].os = cpu;
	return err || !cpus->cpu ? log_errno(err ? err : -ENOMEM, "CPUs: %m") : 0;
}

static int seconds_parse(double *seconds, const char *text)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds >= 0.01 && *seconds <= SECONDS_MAX))
		return log_errno(-EINVAL, "--seconds=%.40s: expected a number from 0.01 to %d", text, SECONDS_MAX);
	return 0;
}

/* 0, 1 for --help, or negative errno, reported. */
static int args_parse(struct noise_args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "svg", required_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int err = 0;

	for (int c; !err && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'c': err = command_cpus(&a->cpus, optarg); break;
		case 's': err = seconds_parse(&a->seconds, optarg); break;
		case 'v': a->svg = optarg; break;
		case 'j': a->json = true; break;
		case 't': a->no_trace = true; break;
		case 'h': puts(usage); return 1;
		default: return -EINVAL;
		}
	}
	if (!err && optind < argc)
		err = log_errno(-EINVAL, "thole noise takes no argument '%.40s'; see thole noise --help", argv[optind]);
	return err || a->cpus.nr ? err : cpus_all(&a->cpus);
}

static int show(const struct noise *n, const struct noise_args *a)
{
	if (a->json)
		return output_json(noise_json(n));
	noise_print(n, stdout);
	return output_end();
}

/* Those that end this program, blocked until the tracer is put back. */
static void stops_block(sigset_t *stop)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	sigemptyset(stop);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct sigaction now;

		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaddset(stop, ends[i]);
	}
	pthread_sigmask(SIG_BLOCK, stop, NULL);
}

static int measure(struct noise *n, const struct noise_args *a)
{
	const uint64_t ms = (uint64_t)(a->seconds * 1000);
	const uint32_t events = a->svg ? EVENTS : 0;
	struct noise_tracer tracer;
	struct isolation iso;
	sigset_t stop;
	int err;

	if (a->no_trace)
		return noise_measure(n, &a->cpus, ms, events, NULL);
	if ((err = isolation_open(&iso, "/", NULL)) != 0)
		return err;
	/* What a killed one has left would be in the way. */
	if (isolation_recover(&iso, NULL, NULL) != 0)
		log_warn("what an earlier thole has changed on this host is not put back; see `thole restore`");
	stops_block(&stop);
	tracer = (struct noise_tracer){ &iso, &stop };
	err = noise_measure(n, &a->cpus, ms, events, &tracer);
	isolation_close(&iso);
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	return err;
}

int noise_command(int argc, char **argv)
{
	struct noise_args args = { .seconds = 5 };
	struct noise n;
	int err = args_parse(&args, argc, argv);

	if (!err && (err = measure(&n, &args)) == 0) {
		err = show(&n, &args);
		if (!err && args.svg)
			err = noise_draw(&n, args.svg);
		noise_fini(&n);
	}
	cpulist_fini(&args.cpus);
	return err < 0 ? EXIT_CODE_FAILED : 0;
}
