/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_command.c - `thole doctor`: what keeps this host, or a recorded one, from the speed of the metal.
 *
 *   facts (read) + need (from --for's plan) -> findings -> table or JSON -> exit code
 *
 * Nothing is changed here.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/command.h"
#include "launcher/config.h"
#include "launcher/config_file.h"
#include "launcher/doctor_print.h"
#include "launcher/exit_code.h"
#include "launcher/output.h"
#include "launcher/placement.h"
#include "launcher/stderr_log.h"
#include "numa/host_sysfs.h"
#include "sched/doctor.h"

struct doctor_args {
	const char *root; /* NULL: this machine */
	const char *run;  /* configuration file of `run`; NULL: any */
	bool json;
};

/* A need, and what it borrows from. */
struct doctor_run {
	struct run_config config;
	struct host host;
	struct request request;
	struct plan plan;
	struct need_memory memory[TOPO_NODES_MAX];
};

static int config_load(struct run_config *c, const char *path)
{
	int err = run_config_init(c);

	if (err)
		return err;
	if ((err = run_config_read(c, path)) == 0 && (err = run_config_finish(c)) == 0)
		return 0;
	run_config_fini(c);
	return err;
}

static int host_make(struct host *h, const struct doctor_args *a)
{
	int err;

	if (!a->root)
		return host_load(h);
	err = host_load_sysfs(h, a->root);
	return err ? log_errno(err, "%s: --for needs the topology of the machine, which is not (all) in there", a->root) : 0;
}

static int vcpus_note(struct doctor_need *n, const struct plan *p)
{
	n->nr_vcpus = p->nr_vcpus;
	n->smt = p->smt;
	n->housekeeping = p->housekeeping;
	n->cpus.cpu = calloc(p->nr_vcpus, sizeof(*n->cpus.cpu));
	if (!n->cpus.cpu)
		return log_errno(-ENOMEM, "doctor: %m");
	/* Ascending, each once, as lists are. */
	for (int cpu = 0; cpu < CPULIST_MAX && n->cpus.nr < p->nr_vcpus; cpu++)
		for (uint32_t i = 0; i < p->nr_vcpus; i++)
			if (p->vcpu[i].cpu.os == cpu) {
				n->cpus.cpu[n->cpus.nr++].os = cpu;
				break;
			}
	return 0;
}

static void memory_note(struct doctor_run *r, struct doctor_need *n)
{
	const struct plan *p = &r->plan;
	const bool huge = p->page == PAGE_1G || p->page == PAGE_2M;

	n->thp = p->page == PAGE_THP;
	n->shared = p->shared;
	for (uint32_t i = 0; i < p->nr_memory && i < TOPO_NODES_MAX; i++)
		r->memory[n->nr_memory++] = (struct need_memory){ p->memory[i].node, p->memory[i].bytes,
			huge ? p->memory[i].page_size : KiB(4) };
	n->at = r->memory;
}

static int plan_note(struct doctor_run *r, struct doctor_need *n)
{
	int err = plan_make(&r->host, &r->request, &r->plan);

	if (!err) {
		memory_note(r, n);
		return vcpus_note(n, &r->plan);
	}
	if (!r->plan.refusal.err)
		return log_errno(err, "placement: %m");
	n->refusal = r->plan.refusal.text;
	return 0;
}

/* What the run needs. In each case need_free() is to follow. */
static int need_make(struct doctor_run *r, struct doctor_need *n, const struct doctor_args *a)
{
	int err = config_load(&r->config, a->run);

	if (err)
		return err;
	n->given = true;
	n->kind = r->config.payload ? NEED_PAYLOAD : r->config.kernel ? NEED_LINUX : NEED_ANY;
	n->fifo = r->config.sched.fifo ? r->config.sched.priority : 0;
	n->isolation = r->config.isolation != CONFIG_ISOLATION_NONE;
	n->isolation_required = r->config.isolation == CONFIG_ISOLATION_REQUIRE;
	n->force = r->config.force;
	n->memory = r->config.memory;
	n->devices = r->config.device.nr;
	if ((err = host_make(&r->host, a)) != 0)
		return err;
	if ((err = placement_request(&r->request, &r->config)) != 0)
		return err;
	return plan_note(r, n);
}

/* Everything here is fine with zeroes. */
static void need_free(struct doctor_run *r, struct doctor_need *n)
{
	cpulist_fini(&n->cpus);
	plan_fini(&r->plan);
	request_fini(&r->request);
	host_fini(&r->host);
	if (n->given)
		run_config_fini(&r->config);
}

/* thole(1), EXIT STATUS, says the same. */
static int exit_code(const struct finding *finding, uint32_t nr)
{
	static const int codes[DOCTOR_SEVERITIES] = { [DOCTOR_ADVICE] = 1, [DOCTOR_WARNING] = 2, [DOCTOR_ERROR] = 3 };

	return nr ? codes[finding[0].severity] : 0;
}

static int unread(const char *root, int err)
{
	if (err == -ELIBACC)
		return log_errno(err, "doctor: the library zlib can't be loaded; install the package zlib1g");
	return log_errno(err, "%s: %m", root);
}

static int examine(const struct doctor_args *a, const struct doctor_need *need)
{
	struct finding finding[DOCTOR_CHECKS_MAX];
	struct host_facts facts;
	uint32_t nr;
	int err = host_facts_read(a->root ? a->root : "/", &facts);

	if (err) {
		unread(a->root ? a->root : "/", err);
		return EXIT_CODE_FAILED;
	}
	nr = doctor_check(&facts, need, finding);
	if (!a->json)
		doctor_print(&facts, finding, nr, doctor_page_of(stdout), stdout);
	else if ((err = doctor_json(&facts, finding, nr, stdout)) != 0)
		log_errno(err, "JSON: %m");
	host_facts_fini(&facts);
	if (!err)
		err = output_end();
	return err ? EXIT_CODE_FAILED : exit_code(finding, nr);
}

/* 0, 1 for --help, or negative errno, reported. */
static int args_parse(struct doctor_args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "root", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'f': a->run = optarg; break;
		case 'r': a->root = optarg; break;
		case 'j': a->json = true; break;
		case 'h':
			puts("usage: thole doctor [--for FILE] [--root DIR] [--json]\n"
			     "\n"
			     "What keeps this host from running guests at the speed of the metal, worst first.\n"
			     "Nothing is changed, and no rights are needed; as with every command, root's gives back\n"
			     "the devices that a killed thole had.\n"
			     "\n"
			     "      --for FILE   check what one run needs: a configuration file of thole run\n"
			     "      --root DIR   examine a copy of another machine's /proc and /sys\n"
			     "      --json       print JSON rather than a table\n"
			     "\n"
			     "Ends with 0 if nothing is found, 1 for advice, 2 for warnings, 3 for errors.");
			return 1;
		default: return -EINVAL;
		}
	}
	return optind < argc ? log_errno(-EINVAL, "thole doctor takes no argument '%.40s'; see thole doctor --help",
					argv[optind]) : 0;
}

int doctor_command(int argc, char **argv)
{
	struct doctor_args args = { 0 };
	struct doctor_need need = { 0 };
	struct doctor_run *run;
	int err = args_parse(&args, argc, argv), code = EXIT_CODE_FAILED;

	if (err)
		return err < 0 ? EXIT_CODE_FAILED : 0;
	run = calloc(1, sizeof(*run));
	if (!run) {
		log_errno(-ENOMEM, "doctor: %m");
		return EXIT_CODE_FAILED;
	}
	if (!args.run || need_make(run, &need, &args) == 0)
		code = examine(&args, &need);
	need_free(run, &need);
	free(run);
	return code;
}
