/* SPDX-License-Identifier: GPL-2.0-or-later */
/* side_command.c - from a bench to the command lines of its two sides: the same CPUs, nodes, memory and pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/process.h"
#include "benchmarks/bench/runner.h"
#include "benchmarks/bench/text.h"

static char **add(char **list, const char *word)
{
	return text_list_add(list, text_format("%s", word));
}

static char **native_command(const struct suite *s, const struct bench *b, const char *args)
{
	char **c = text_list_add(NULL, machine_path(s->machine, "native", ""));

	c = text_list_add(add(c, "--cpus"), text_cpus(&b->cpus));
	c = text_list_add(add(c, "--memory"), text_format("%llu", (unsigned long long)b->mib));
	c = add(add(c, "--pages"), b->pages);
	if (b->nodes.nr)
		c = text_list_add(add(c, "--nodes"), text_cpus(&b->nodes));
	c = text_list_add(c, machine_path(s->machine, b->payload, ".elf"));
	return add(c, args);
}

/* One guest node for each host node, and each vCPU in that of its CPU. */
static char **nodes_add(char **c, const struct bench *b)
{
	for (uint32_t n = 0; n < b->nodes.nr; n++) {
		char *vcpus = text_format("%s", n ? "" : "0");

		/* Benches over nodes have one vCPU, which is on the first of them. */
		c = text_list_add(add(c, "--node"), text_format("%u:mem=%lluM,cpus=%s,host=%d", n,
			(unsigned long long)(b->mib / b->nodes.nr), vcpus, b->nodes.cpu[n].os));
		free(vcpus);
	}
	return c;
}

static char **place_add(char **c, const struct bench *b)
{
	if (b->vcpus) {
		c = text_list_add(add(c, "--cpus"), text_format("%u", b->vcpus));
		c = add(c, "--overcommit");
	} else {
		char *pins = text_format("%s", "");

		c = text_list_add(add(c, "--cpus"), text_format("%u", b->cpus.nr));
		for (uint32_t i = 0; i < b->cpus.nr; i++) {
			char *more = text_format("%s%s%u=%d", pins, i ? "," : "", i, b->cpus.cpu[i].os);

			free(pins);
			pins = more;
		}
		c = text_list_add(add(c, "--pin"), pins);
	}
	return b->nodes.nr ? nodes_add(c, b) :
		text_list_add(add(c, "--memory"), text_format("%lluM", (unsigned long long)b->mib));
}

static char **virtual_command(const struct suite *s, const struct bench *b, const char *args)
{
	char **c = add(add(add(NULL, s->machine->thole), "run"), "--quiet");

	if (b->payload) {
		c = text_list_add(add(c, "--payload"), machine_path(s->machine, b->payload, ".elf"));
		c = add(add(c, "--guest-page"), b->guest_page);
	}
	c = add(add(c, "--append"), args);
	c = place_add(c, b);
	c = add(add(c, "--hugepages"), strcmp(b->pages, "4K") == 0 ? "none" : b->pages);
	c = add(add(c, "--prefault"), b->fill ? "yes" : "no");
	for (char **more = b->more; more && *more; more++)
		c = add(c, *more);
	if (!b->bare) {
		c = text_list_add(add(c, "--stats"), text_format("/dev/fd/%d", PROCESS_FD_STATS));
		c = text_list_add(add(c, "--report"), text_format("/dev/fd/%d", PROCESS_FD_REPORT));
	}
	return c;
}

char **side_command(const struct suite *s, const struct bench *b, enum side side, const char *args)
{
	char **copy = NULL;

	if (!b->command[side]) {
		args = args ? args : b->args ? b->args : "";
		return side == SIDE_NATIVE ? native_command(s, b, args) : virtual_command(s, b, args);
	}
	for (char **word = b->command[side]; *word; word++)
		copy = add(copy, *word);
	return copy;
}
