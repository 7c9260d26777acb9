/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - see pool.h. */
#include "benchmarks/bench/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"
#include "vmm/log.h"

static uint64_t count_read(int node, const char *file)
{
	char *path = text_format("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/%s", node, file);
	char *text = text_file(path);
	uint64_t n = text ? strtoull(text, NULL, 10) : 0;

	free(path);
	free(text);
	return n;
}

static bool count_write(int node, uint64_t n)
{
	char *path = text_format("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", node);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && dprintf(fd, "%llu", (unsigned long long)n) > 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

/* Waits for the other end to be closed, by whatever way its process ends. */
static noreturn_fn void keep(int fd, const struct cpulist *nodes, const uint64_t *former)
{
	char byte;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while (read(fd, &byte, 1) > 0 || errno == EINTR)
		errno = 0;
	for (uint32_t i = 0; i < nodes->nr; i++)
		count_write(nodes->cpu[i].os, former[i]);
	_exit(0);
}

void pool_take(struct pool *p, const struct cpulist *nodes, uint64_t mib)
{
	uint64_t *former = calloc(nodes->nr, sizeof(*former));
	bool enough = true;
	int fds[2];

	*p = (struct pool){ .fd = -1 };
	for (uint32_t i = 0; former && i < nodes->nr; i++) {
		former[i] = count_read(nodes->cpu[i].os, "nr_hugepages");
		enough &= count_read(nodes->cpu[i].os, "free_hugepages") * 2 >= mib;
	}
	if (enough || !former || geteuid() != 0 || pipe2(fds, O_CLOEXEC) < 0) {
		free(former);
		return;
	}
	fflush(NULL);
	p->keeper = fork();
	if (p->keeper == 0) {
		close(fds[1]);
		keep(fds[0], nodes, former);
	}
	close(fds[0]);
	p->fd = fds[1];
	for (uint32_t i = 0; p->keeper > 0 && i < nodes->nr; i++) {
		uint64_t free_now = count_read(nodes->cpu[i].os, "free_hugepages") * 2;

		if (free_now < mib && count_write(nodes->cpu[i].os, former[i] + (mib - free_now + 1) / 2))
			log_info("node %d: %llu MiB of huge pages are taken for the time of this run", nodes->cpu[i].os,
				(unsigned long long)(count_read(nodes->cpu[i].os, "nr_hugepages") - former[i]) * 2);
	}
	free(former);
}

void pool_give_back(struct pool *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->keeper > 0)
		waitpid(p->keeper, NULL, 0);
	*p = (struct pool){ .fd = -1 };
}
