/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mpi_job.c - see mpi_job.h. The machine is the job's: the first rank starts it, and the last one ends it, so each
 * run has a fresh one, as with payloads. */
#include "benchmarks/bench/mpi_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"

#define ROUNDS_MPI_QUICK 2 /* a boot each: there is no interval, and the table says so */

/* Words between tabs, one after the other. */
static char **words_add(char **list, char *tabbed)
{
	char *rest = tabbed, *word;

	while ((word = strsep(&rest, "\t")) != NULL)
		if (*word)
			list = text_list_add(list, text_format("%s", word));
	free(tabbed);
	return list;
}

/* "0=4,1=5", or "4,5" without vcpus. */
static char *cpus_join(const struct cpulist *cpus, bool vcpus)
{
	char *all = text_format("%s", "");

	for (uint32_t i = 0; i < cpus->nr; i++) {
		char *more = vcpus ? text_format("%s%s%u=%d", all, i ? "," : "", i, cpus->cpu[i].os) :
			text_format("%s%s%d", all, i ? "," : "", cpus->cpu[i].os);

		free(all);
		all = more;
	}
	return all;
}

static char *numbers_join(uint32_t nr, bool counting)
{
	char *all = text_format("%s", "");

	for (uint32_t i = 0; i < nr; i++) {
		char *more = text_format("%s%s%u", all, i ? "," : "", counting ? i : 0);

		free(all);
		all = more;
	}
	return all;
}

static char *exec_words(const struct suite *s, const struct bench *b, const struct cpulist *cpus)
{
	char *pins = cpus_join(cpus, true), *list = cpus_join(cpus, false);
	char *words = text_format("%s\texec\t--cpus\t%u\t--host-cpus\t%s\t--pin\t%s\t--memory\t%lluM\t--hugepages\t%s\t"
		"--prefault\t%s", s->machine->thole, cpus->nr, list, pins, (unsigned long long)b->mib,
		strcmp(b->pages, "4K") == 0 ? "none" : b->pages, s->tiny ? "no" : "yes");

	free(pins);
	free(list);
	return words;
}

/* Why no program runs in a machine here; in the order in which one would do something about it. */
static void reasons_look(const struct suite *s, struct bench *b, bool mpi, const char *program)
{
	const struct machine *m = s->machine;

	if (!m->nested_paging)
		bench_unavailable(b, "this host's KVM has no nested paging: Linux guests do not run here");
	if (access("/dev/vhost-vsock", R_OK | W_OK) < 0)
		bench_unavailable(b, "/dev/vhost-vsock: %s; `modprobe vhost_vsock` as root, once", strerror(errno));
	if (!m->kernel_installed)
		bench_unavailable(b, "no kernel is installed in /boot that a machine could boot");
	if (mpi && !*m->mpiexec)
		bench_unavailable(b, "MPICH's mpiexec is not installed; it is in the package mpich");
	if (access(program, X_OK) < 0)
		bench_unavailable(b, "%s is not there; `make benches` builds it where MPICH's mpicc is (package libmpich-dev)",
			program);
}

void mpi_job_rounds(const struct suite *s, struct bench *b)
{
	b->rounds = s->tiny ? 1 : s->quick ? min(s->rounds, (size_t)ROUNDS_MPI_QUICK) : s->rounds;
	b->seconds = s->tiny ? 25 : 3;
}

static void one_machine(struct suite *s, struct bench *b, const char *path, const char *args)
{
	char *list = cpus_join(&b->cpus, false), *vcpus = numbers_join(b->cpus.nr, true);
	char *exec = exec_words(s, b, &b->cpus);
	uint32_t nr = b->cpus.nr;

	b->command[SIDE_NATIVE] = words_add(NULL, text_format("%s\t-n\t%u\t%s\tranks=%u\tcpus=%s\t%s", s->machine->mpiexec, nr,
		path, nr, list, args));
	b->command[SIDE_VIRTUAL] = words_add(NULL, text_format("%s\t-n\t%u\t%s\t%s\tranks=%u\tcpus=%s\t%s", s->machine->mpiexec,
		nr, exec, path, nr, vcpus, args));
	free(list);
	free(vcpus);
	free(exec);
}

/* Natively by the same transport: TCP, through the loopback device. */
static void two_machines(struct suite *s, struct bench *b, const char *path, const char *args)
{
	char *list = cpus_join(&b->cpus, false), *vcpus = numbers_join(b->cpus.nr, false), *all;

	b->command[SIDE_NATIVE] = words_add(NULL, text_format("%s\t-n\t%u\tenv\tUCX_TLS=tcp,self\tUCX_NET_DEVICES=lo\t%s\t"
		"ranks=%u\tcpus=%s\t%s", s->machine->mpiexec, b->cpus.nr, path, b->cpus.nr, list, args));
	all = text_format("%s", s->machine->mpiexec);
	for (uint32_t i = 0; i < b->cpus.nr; i++) {
		/* An emulated server does not bear machines on several of its CPUs. */
		struct cpulist one = { .nr = 1, .cpu = &b->cpus.cpu[s->machine->emulated ? 0 : i] };
		char *exec = exec_words(s, b, &one);
		char *more = text_format("%s%s\t-n\t1\tenv\tUCX_TLS=tcp,self\tUCX_NET_DEVICES=eth0\t%s\t--overcommit\t--granularity\t"
			"rank\t--net\tbridge=%s\t--\t%s\tranks=%u\tcpus=%s\t%s", all, i ? "\t:" : "", exec, s->bridge ? s->bridge : "",
			path, b->cpus.nr, vcpus, args);

		free(exec);
		free(all);
		all = more;
	}
	b->command[SIDE_VIRTUAL] = words_add(NULL, all);
	free(list);
	free(vcpus);
}

void mpi_job_set(struct suite *s, struct bench *b, const char *program, const char *args, uint32_t ranks,
	enum mpi_place place, uint64_t mib)
{
	char *path = machine_path(s->machine, "mpi/", program);

	reasons_look(s, b, true, path);
	b->bare = true;
	mpi_job_rounds(s, b);
	bench_memory(s, b, mib, s->machine->free_2m_mib >= 2 * mib ? "2M" : "4K");
	bench_cpus(s, b, ranks);
	if (place == MPI_TWO_MACHINES && !s->bridge)
		bench_unavailable(b, "--bridge names no bridge that could join two machines");
	if (place == MPI_TWO_MACHINES)
		two_machines(s, b, path, args);
	else
		one_machine(s, b, path, args);
	free(path);
}

void mpi_job_inside(struct suite *s, struct bench *b, const char *program, const char *args, uint32_t ranks, uint64_t mib)
{
	char *path = machine_path(s->machine, "mpi/", program), *exec, *list;

	reasons_look(s, b, false, path);
	b->bare = true;
	mpi_job_rounds(s, b);
	bench_memory(s, b, mib, s->machine->free_2m_mib >= mib ? "2M" : "4K");
	bench_cpus(s, b, ranks);
	list = cpus_join(&b->cpus, false);
	exec = exec_words(s, b, &b->cpus);
	b->command[SIDE_NATIVE] = words_add(NULL, text_format("taskset\t-c\t%s\t%s\t%s", list, path, args));
	b->command[SIDE_VIRTUAL] = words_add(NULL, text_format("%s\t--\t%s\t%s", exec, path, args));
	free(list);
	free(exec);
	free(path);
}
