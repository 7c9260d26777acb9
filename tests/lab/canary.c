/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canary.c - a page of the host's that nobody may write to: says its physical address, and after a line on its input
 * whether it is as it was. Static.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

int main(void)
{
	uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	FILE *map = fopen("/proc/self/pagemap", "re");
	uint64_t entry = 0;
	unsigned i;

	if (page == MAP_FAILED || !map)
		return 2;
	memset(page, 0xc5, PAGE);
	if (fseek(map, (long)((uintptr_t)page / PAGE * 8), SEEK_SET) || fread(&entry, 8, 1, map) != 1 || !(entry << 9))
		return 2;
	printf("0x%llx\n", (unsigned long long)((entry & ((1ull << 55) - 1)) * PAGE));
	fflush(stdout);
	getchar();
	for (i = 0; i < PAGE && page[i] == 0xc5; i++)
		;
	puts(i == PAGE ? "untouched" : "written to");
	return i != PAGE;
}
