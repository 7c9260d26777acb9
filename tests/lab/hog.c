/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hog.c - a neighbour that is hungry for memory: takes what a NUMA node has, says so, and keeps it.
 *
 *	gcc -static -O2 -o hog hog.c
 *	hog NODE LEAVE_MIB
 */
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP (4ul << 20)

static unsigned long free_mib(int node)
{
	char path[64], text[4096];
	const char *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "MemFree:");
	return at ? strtoul(at + strlen("MemFree:"), NULL, 10) / 1024 : 0;
}

int main(int argc, char **argv)
{
	int node = argc > 1 ? atoi(argv[1]) : 0;
	unsigned long leave = argc > 2 ? strtoul(argv[2], NULL, 10) : 64, mask = 1ul << node, taken = 0;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask)) < 0) {
		perror("hog: set_mempolicy");
		return 1;
	}
	while (free_mib(node) > leave) {
		void *p = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p == MAP_FAILED)
			break;
		taken += STEP >> 20;
	}
	printf("%lu MiB of node %d\n", taken, node);
	fflush(stdout);
	pause();
	return 0;
}
