/* SPDX-License-Identifier: GPL-2.0-or-later */
/* speed.c - see speed.h. */
#include "numa/speed.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t file_number(const char *dir, const char *name)
{
	char path[256];
	unsigned n = 0;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* The numbers of the links nodeN in a directory. -ENOENT: no such directory. */
static int initiators_read(const char *dir, struct cpulist *l)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char text[1024] = "";
	size_t len = 0;
	int err;

	*l = (struct cpulist){ 0 };
	if (!d)
		return -ENOENT;
	while ((e = readdir(d)) != NULL) {
		unsigned n;

		if (sscanf(e->d_name, "node%u", &n) == 1 && len + 16 < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u", len ? "," : "", n);
	}
	closedir(d);
	err = cpulist_parse(l, text, NULL, NULL);
	return err == -ENOMEM ? err : 0;
}

static int node_read(struct speed_node *n, const char *root, hnode_t node)
{
	char dir[192];
	int err = -ENOENT;

	*n = (struct speed_node){ .node = node };
	for (int class = 1; class >= 0 && err == -ENOENT; class--) {
		snprintf(dir, sizeof(dir), "%s/sys/devices/system/node/node%d/access%d/initiators", root, node.os,
			class);
		err = initiators_read(dir, &n->initiators);
	}
	if (err == -ENOENT || !n->initiators.nr)
		return err == -ENOENT ? 0 : err;
	n->read_latency_ns = file_number(dir, "read_latency");
	n->write_latency_ns = file_number(dir, "write_latency");
	n->read_bandwidth_mbs = file_number(dir, "read_bandwidth");
	n->write_bandwidth_mbs = file_number(dir, "write_bandwidth");
	return 0;
}

int speed_load(struct speed *s, const char *root, const struct plan *plan)
{
	int err = 0;

	*s = (struct speed){ .at = calloc(plan->guest.nr_nodes, sizeof(*s->at)) };
	if (!s->at)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->guest.nr_nodes && !err; i++) {
		bool again = false;

		for (uint32_t k = 0; k < s->nr; k++)
			again |= s->at[k].node.os == plan->node_host[i].os;
		if (!again)
			err = node_read(&s->at[s->nr++], root, plan->node_host[i]);
	}
	if (err)
		speed_fini(s);
	return err;
}

void speed_fini(struct speed *s)
{
	for (uint32_t i = 0; i < s->nr; i++)
		cpulist_fini(&s->at[i].initiators);
	free(s->at);
	*s = (struct speed){ 0 };
}

static const struct speed_node *node_find(const struct speed *s, hnode_t node)
{
	for (uint32_t i = 0; i < s->nr; i++)
		if (s->at[i].node.os == node.os)
			return &s->at[i];
	return NULL;
}

/* Nanoseconds as picoseconds, "not known" where they don't fit. */
static uint32_t picoseconds(uint32_t ns)
{
	return ns > UINT32_MAX / 1000 ? 0 : ns * 1000;
}

bool speed_hmat(const struct speed *s, const struct plan *plan, struct acpi_hmat *hmat)
{
	uint32_t nr = plan->guest.nr_nodes, cells = nr * nr;
	uint32_t *m = calloc(4ul * cells, sizeof(*m));
	bool known = false;

	*hmat = (struct acpi_hmat){ 0 };
	for (uint32_t i = 0; i < cells && m; i++) {
		hnode_t from = plan->node_host[i / nr];
		const struct speed_node *to = node_find(s, plan->node_host[i % nr]);

		if (!to || !cpulist_has(&to->initiators, (hcpu_t){ from.os }))
			continue;
		m[i] = picoseconds(to->read_latency_ns);
		m[cells + i] = picoseconds(to->write_latency_ns);
		m[2 * cells + i] = to->read_bandwidth_mbs;
		m[3 * cells + i] = to->write_bandwidth_mbs;
		known |= m[i] || m[cells + i] || m[2 * cells + i] || m[3 * cells + i];
	}
	if (known)
		*hmat = (struct acpi_hmat){ m, m + cells, m + 2ul * cells, m + 3ul * cells };
	else
		free(m);
	return known;
}

void hmat_fini(struct acpi_hmat *hmat)
{
	free((void *)(uintptr_t)hmat->read_latency_ps);
	*hmat = (struct acpi_hmat){ 0 };
}
