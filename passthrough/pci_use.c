/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_use.c - from a function to its block devices and its interface, and on to who has them.
 *
 *   /sys/class/block/X -> its path has the function in it, or leads to an NVMe subsystem one of whose
 *   controllers' paths has -> /proc/self/mountinfo, /proc/swaps, X/holders
 */
#include "passthrough/pci_use.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NVME_SUBSYSTEM "/nvme-subsystem/"

struct search {
	const struct host_tree *tree;
	char in_path[PCI_ADDR_TEXT + 2]; /* "/0000:01:00.0/" */
	struct pci_use *use;
	char subsystem[64]; /* whose controllers are looked at */
	bool found;
};

static void busy(struct pci_use *use, const char *format, ...) printf_like(2, 3);
static void busy(struct pci_use *use, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(use->why, sizeof(use->why), format, args);
	va_end(args);
	use->busy = true;
}

/* Field n of a line, from 0; "" if there is none. */
static const char *field(const char *line, unsigned n, char *buf, size_t size)
{
	size_t len;

	for (; n; n--) {
		line += strcspn(line, " \t");
		line += strspn(line, " \t");
	}
	len = strcspn(line, " \t\n");
	snprintf(buf, size, "%.*s", (int)len, line);
	return buf;
}

/* mountinfo (proc(5)): the device's number is field 2, the mount point field 4; the source comes behind " - ". */
static bool mounted(struct search *s, const char *name)
{
	char number[32], line[1024], text[PATH_MAX], at[128], source[80];
	FILE *in = tree_open(s->tree, "proc/self/mountinfo");

	tree_line(s->tree, number, sizeof(number), "sys/class/block/%s/dev", name);
	snprintf(source, sizeof(source), "/dev/%.64s", name);
	while (in && !s->use->busy && fgets(line, sizeof(line), in)) {
		const char *behind = strstr(line, " - ");

		field(line, 4, at, sizeof(at));
		if (number[0] && strcmp(field(line, 2, text, sizeof(text)), number) == 0)
			busy(s->use, "its disk %s is mounted at %.64s", name, at);
		else if (behind && strcmp(field(behind + 3, 1, text, sizeof(text)), source) == 0)
			busy(s->use, "its disk %s is mounted at %.64s", name, at);
	}
	if (in)
		fclose(in);
	return s->use->busy;
}

static bool swapped_to(struct search *s, const char *name)
{
	char line[256], text[128], source[80];
	FILE *in = tree_open(s->tree, "proc/swaps");

	snprintf(source, sizeof(source), "/dev/%.64s", name);
	while (in && !s->use->busy && fgets(line, sizeof(line), in))
		if (strcmp(field(line, 0, text, sizeof(text)), source) == 0)
			busy(s->use, "the host swaps to its disk %s", name);
	if (in)
		fclose(in);
	return s->use->busy;
}

static bool holder_tell(void *ctx, const char *name)
{
	struct search *s = ctx;

	busy(s->use, "its disk %s is part of %.64s", s->subsystem, name);
	return false;
}

static bool controller_look(void *ctx, const char *name)
{
	struct search *s = ctx;
	char to[PATH_MAX];

	tree_target(s->tree, to, sizeof(to), "sys/class/nvme-subsystem/%s/%s", s->subsystem, name);
	s->found |= strstr(to, s->in_path) != NULL;
	return !s->found;
}

static bool is_ours(struct search *s, const char *name)
{
	char to[PATH_MAX], path[128];
	const char *sub;

	tree_target(s->tree, to, sizeof(to), "sys/class/block/%s", name);
	if (strstr(to, s->in_path))
		return true;
	sub = strstr(to, NVME_SUBSYSTEM);
	if (!sub)
		return false;
	sub += strlen(NVME_SUBSYSTEM);
	snprintf(s->subsystem, sizeof(s->subsystem), "%.*s", (int)strcspn(sub, "/"), sub);
	snprintf(path, sizeof(path), "sys/class/nvme-subsystem/%s", s->subsystem);
	s->found = false;
	tree_names(s->tree, path, controller_look, s);
	return s->found;
}

static bool disk_look(void *ctx, const char *name)
{
	struct search *s = ctx;
	char path[128];

	if (!is_ours(s, name))
		return true;
	if (mounted(s, name) || swapped_to(s, name))
		return false;
	snprintf(path, sizeof(path), "sys/class/block/%.64s/holders", name);
	snprintf(s->subsystem, sizeof(s->subsystem), "%s", name);
	tree_names(s->tree, path, holder_tell, s);
	return !s->use->busy;
}

/* Is there a default route by that interface? IPv4's table has hexadecimal addresses, IPv6's has the
 * destination and its prefix length in front and the interface at the end; lo's unreachable one is no route. */
static bool default_route(const struct host_tree *t, const char *name)
{
	char line[256], a[40], b[40];
	bool found = false;
	FILE *in = tree_open(t, "proc/net/route");

	while (in && fgets(line, sizeof(line), in))
		found |= strcmp(field(line, 0, a, sizeof(a)), name) == 0 &&
			 strcmp(field(line, 1, b, sizeof(b)), "00000000") == 0;
	if (in)
		fclose(in);
	in = tree_open(t, "proc/net/ipv6_route");
	while (in && fgets(line, sizeof(line), in))
		found |= strcmp(field(line, 9, a, sizeof(a)), name) == 0 &&
			 strcmp(field(line, 1, b, sizeof(b)), "00") == 0;
	if (in)
		fclose(in);
	return found;
}

static void net_look(const struct host_tree *t, const char *name, struct pci_use *use)
{
	char state[16], master[32];

	tree_line(t, state, sizeof(state), "sys/class/net/%s/operstate", name);
	tree_link(t, master, sizeof(master), "sys/class/net/%s/master", name);
	if (default_route(t, name))
		busy(use, "its interface %s carries the default route", name);
	else if (master[0] && default_route(t, master))
		busy(use, "its interface %s carries the default route, as a part of %s", name, master);
	else if (master[0])
		busy(use, "its interface %s is a part of %s", name, master);
	else if (strcmp(state, "up") == 0)
		busy(use, "its interface %s is up", name);
}

void pci_use(const struct host_tree *t, const struct pci_dev *d, struct pci_use *use)
{
	struct search s = { .tree = t, .use = use };
	char name[PCI_ADDR_TEXT];

	*use = (struct pci_use){ 0 };
	snprintf(s.in_path, sizeof(s.in_path), "/%s/", pci_addr_format(d->addr, name));
	tree_names(t, "sys/class/block", disk_look, &s);
	if (!use->busy && d->net[0])
		net_look(t, d->net, use);
}
