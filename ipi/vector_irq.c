/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vector_irq.c - lines of /proc/interrupts, and /proc/irq. */
#include "ipi/vector_irq.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* " 45:   12   0   IR-PCI-MSIX-0000:01:00.0   3-edge   vfio-msix[3](0000:01:00.0)" */
static bool line_read(const char *line, struct vector_irq *v)
{
	const char *name = strstr(line, "vfio-"), *p = strchr(line, ':');

	*v = (struct vector_irq){ 0 };
	if (!name || !p || sscanf(line, " %u:", &v->irq) != 1)
		return false;
	if (sscanf(name, "vfio-%7[a-z][%u](%15[^)])", v->kind, &v->vector, v->device) != 3 &&
		sscanf(name, "vfio-%7[a-z](%15[^)])", v->kind, v->device) != 2)
		return false;
	for (p++; p < name;) {
		char *end;
		unsigned long long n = strtoull(p, &end, 10);

		if (end == p || (*end != ' ' && *end != '\n'))
			break; /* the controller's name */
		v->count += n;
		p = end;
	}
	return true;
}

int vector_irqs_read(struct vector_irqs *v, const char *root)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	struct vector_irq one, *at;
	int err = 0;
	FILE *in;

	*v = (struct vector_irqs){ 0 };
	snprintf(path, sizeof(path), "%s/proc/interrupts", root);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (!err && getline(&line, &size, in) > 0) {
		if (!line_read(line, &one))
			continue;
		at = realloc(v->at, (v->nr + 1) * sizeof(*at));
		err = at ? 0 : -ENOMEM;
		if (at) {
			v->at = at;
			at[v->nr++] = one;
		}
	}
	free(line);
	fclose(in);
	if (err)
		vector_irqs_fini(v);
	return err;
}

void vector_irqs_fini(struct vector_irqs *v)
{
	free(v->at);
	*v = (struct vector_irqs){ 0 };
}

hcpu_t vector_irq_cpu(const char *root, uint32_t irq)
{
	char path[PATH_MAX];
	hcpu_t cpu = { -1 };
	FILE *in;

	snprintf(path, sizeof(path), "%s/proc/irq/%u/effective_affinity_list", root, irq);
	in = fopen(path, "re");
	if (in && fscanf(in, "%d", &cpu.os) != 1)
		cpu.os = -1;
	if (in)
		fclose(in);
	return cpu;
}

int vector_irq_move(const char *root, uint32_t irq, hcpu_t cpu)
{
	char path[PATH_MAX], text[16];
	int fd, len, err = 0;

	snprintf(path, sizeof(path), "%s/proc/irq/%u/smp_affinity_list", root, irq);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "%d", cpu.os);
	if (write(fd, text, (size_t)len) != len)
		err = -errno;
	close(fd);
	return err;
}

/* Other interrupts make exits, too, so few of them prove that these do not; many prove nothing, and are called the worst. */
enum vector_way vector_way(enum ipi_device best, double taken, double irq_exits)
{
	if (taken <= 0)
		return best == IPI_DEVICE_POSTED ? VECTOR_POSTED : VECTOR_NONE_SEEN;
	if (best != IPI_DEVICE_EXIT && irq_exits < taken / 10)
		return VECTOR_INJECTED;
	return VECTOR_EXIT;
}

const char *vector_way_text(enum vector_way way)
{
	static const char *const text[] = { "none came", "posted: if any came, no CPU of the host took them",
		"injected without an exit of the vCPU", "injected with an exit" };

	return text[way];
}
