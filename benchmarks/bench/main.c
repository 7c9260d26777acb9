/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - thole-bench, which `thole bench` runs: options, then machine, suite, run, document, and what is made of it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/html.h"
#include "benchmarks/bench/pool.h"
#include "benchmarks/bench/process.h"
#include "benchmarks/bench/runner.h"
#include "benchmarks/bench/text.h"
#include "launcher/exit_code.h"
#include "launcher/stderr_log.h"
#include "launcher/suggest.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define EXIT_WORSE	 1
#define ROUNDS		 15
#define ROUNDS_QUICK	 6
#define BUDGET_QUICK_S	 42 /* and a part of a minute for what comes before and after */
#define ROUNDS_TINY	 2
#define POOL_MIB	 2112 /* 2 MiB pages for the largest bench of each kind of run, natively and in a guest at once */
#define POOL_QUICK_MIB	 448
#define THRESHOLD	 0.02

struct options {
	bool quick;
	size_t rounds;
	double threshold;
	const char *cpus, *json, *html, *baseline, *from, *thole, *kernel, *bridge;
	bool isolation;
	size_t nr_groups;
	const struct group *group[16];
};

static void usage_print(void)
{
	puts("usage: thole bench [OPTION]...\n"
	     "\n"
	     "Measures what a virtual machine costs on this host: the same programs natively and in a guest, in turn.\n"
	     "Memory and floating point: both at once, by slices of time, if there is memory for both.\n"
	     "\n"
	     "      --group=GROUP     only this group; may be given again");
	for (size_t i = 0; i < groups_nr; i++)
		printf("                          %-9s %s\n", groups[i].name, groups[i].help);
	puts("      --quick           small sizes, and as many rounds as there is time for in a minute\n"
	     "      --rounds=N        pairs of runs (default: 15; 6 when quick); of noise some more, which are shorter\n"
	     "      --cpus=LIST       CPUs to use (default: all that it may run on)\n"
	     "      --json=FILE       write all that was measured there, as JSON\n"
	     "      --html=DIR        write a report with plots there, DIR/index.html\n"
	     "      --baseline=FILE   compare with such a JSON file of before; exit code 1 if something is worse\n"
	     "      --threshold=N     changes of up to N percent are none (default: 2)\n"
	     "      --from=FILE       measure nothing, but show this JSON file\n"
	     "      --kernel=FILE     the Linux kernel to boot (default: the one in /boot that runs here)\n"
	     "      --bridge=NAME     a bridge that two machines may be put on, for MPI between them\n"
	     "      --isolation       as root: noise in a guest also with thole's isolation of its CPUs\n"
	     "  -h, --help            show this\n"
	     "\n"
	     "exit codes: 0; 1 something is worse than the baseline; 125 a benchmark or thole bench itself failed");
}

static bool group_option(struct options *o, const char *name)
{
	struct suggest s;
	char hint[80];

	suggest_start(&s, name);
	for (size_t i = 0; i < groups_nr; i++) {
		suggest_offer(&s, groups[i].name);
		if (strcmp(groups[i].name, name) == 0 && o->nr_groups < ARRAY_SIZE(o->group)) {
			o->group[o->nr_groups++] = &groups[i];
			return true;
		}
	}
	log_errno(-EINVAL, "--group: there is no group \"%.40s\"%s; `thole bench --help` lists them", name,
		suggest_text(&s, hint, sizeof(hint)));
	return false;
}

static bool number_option(const char *name, const char *text, double low, double high, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end != text && !*end && *value >= low && *value <= high)
		return true;
	log_errno(-EINVAL, "--%s: \"%.40s\" is no number from %g to %g", name, text, low, high);
	return false;
}

static const struct option long_options[] = {
	{ "group", required_argument, NULL, 'g' },
	{ "quick", no_argument, NULL, 'q' },
	{ "rounds", required_argument, NULL, 'r' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "json", required_argument, NULL, 'j' },
	{ "html", required_argument, NULL, 'w' },
	{ "baseline", required_argument, NULL, 'b' },
	{ "threshold", required_argument, NULL, 't' },
	{ "from", required_argument, NULL, 'f' },
	{ "kernel", required_argument, NULL, 'k' },
	{ "bridge", required_argument, NULL, 'B' },
	{ "isolation", no_argument, NULL, 'I' },
	{ "thole", required_argument, NULL, 'T' }, /* by thole bench */
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool option_take(struct options *o, int c)
{
	double n;

	switch (c) {
	case 'g': return group_option(o, optarg);
	case 'q': o->quick = true; return true;
	case 'r':
		if (!number_option("rounds", optarg, 1, 10000, &n))
			return false;
		o->rounds = (size_t)n;
		return true;
	case 'c': o->cpus = optarg; return true;
	case 'j': o->json = optarg; return true;
	case 'w': o->html = optarg; return true;
	case 'b': o->baseline = optarg; return true;
	case 't':
		if (!number_option("threshold", optarg, 0, 1000, &n))
			return false;
		o->threshold = n / 100;
		return true;
	case 'f': o->from = optarg; return true;
	case 'k': o->kernel = optarg; return true;
	case 'B': o->bridge = optarg; return true;
	case 'I': o->isolation = true; return true;
	case 'T': o->thole = optarg; return true;
	default: return false;
	}
}

static size_t rounds_of(const struct options *o, const struct suite *s)
{
	return o->rounds ? o->rounds : s->tiny ? ROUNDS_TINY : o->quick ? ROUNDS_QUICK : ROUNDS;
}

/* Everything that was asked for, measured. NULL after a report; *err is -EINTR if it was asked to end. */
static json_t *measure(const struct options *o)
{
	uint64_t start = clock_now_ns();
	struct machine machine;
	struct suite s = { .machine = &machine, .quick = o->quick, .bridge = o->bridge,
		.isolation = o->isolation };
	json_t *document = NULL;
	struct pool pool;
	int err = machine_look(&machine, o->cpus, o->thole ? o->thole : "thole", o->kernel);

	if (err) {
		machine_fini(&machine);
		return NULL;
	}
	pool_take(&pool, &machine.nodes, o->quick || machine.emulated ? POOL_QUICK_MIB : POOL_MIB);
	machine_look_pages(&machine);
	s.tiny = machine.emulated;
	s.rounds = rounds_of(o, &s);
	if (o->quick && !o->rounds && !s.tiny)
		s.budget_s = BUDGET_QUICK_S;
	for (size_t i = 0; i < (o->nr_groups ? o->nr_groups : groups_nr); i++)
		(o->nr_groups ? o->group[i] : &groups[i])->add(&s);
	err = suite_run(&s);
	if (err == -EINTR)
		log_errno(err, "stopped; nothing is written");
	else if (!err)
		document = document_make(&s, (double)(clock_now_ns() - start) / 1e9);
	suite_fini(&s);
	pool_give_back(&pool);
	machine_fini(&machine);
	return document;
}

static size_t failures(const json_t *document)
{
	size_t nr = 0, i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r)
		nr += strcmp(string_of(r, "status"), "failed") == 0;
	return nr;
}

/* What comes out of a document, and the exit code that it makes. */
static int deliver(const struct options *o, const json_t *document, const json_t *before)
{
	size_t failed = failures(document);
	int worse = 0, err = 0;

	table_print(document);
	if (o->json)
		err = document_save(document, o->json);
	if (o->html && html_write(document, o->html) != 0)
		err = -EIO;
	if (before)
		worse = baseline_compare(document, before, o->threshold);
	if (failed)
		log_errno(-EBADMSG, "%zu figures are missing since their benchmark failed", failed);
	if (fflush(stdout) != 0)
		err = log_errno(-errno, "cannot write the table: %m");
	if (err || failed)
		return EXIT_CODE_FAILED;
	return worse ? EXIT_WORSE : 0;
}

int main(int argc, char **argv)
{
	struct options o = { .threshold = THRESHOLD };
	json_t *document, *before = NULL;
	int code;

	stderr_log_install();
	for (int c; (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1;) {
		if (c == 'h') {
			usage_print();
			return 0;
		}
		if (!option_take(&o, c))
			return EXIT_CODE_FAILED;
	}
	if (optind < argc) {
		log_errno(-EINVAL, "thole bench takes no argument \"%.40s\"; `thole bench --help` lists options", argv[optind]);
		return EXIT_CODE_FAILED;
	}
	process_catch_signals();
	if (o.html && html_prepare(o.html) != 0)
		return EXIT_CODE_FAILED;
	if (o.baseline && !(before = document_load(o.baseline)))
		return EXIT_CODE_FAILED;
	document = o.from ? document_load(o.from) : measure(&o);
	code = document ? deliver(&o, document, before) : EXIT_CODE_FAILED;
	json_decref(document);
	json_decref(before);
	return code;
}
