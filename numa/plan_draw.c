/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_draw.c - a plan as a picture, by hwloc's own drawing program.
 *
 *   topology -> annotate -> XML in a temporary file -> lstopo -> SVG
 *
 * The machine is drawn in white; what has colour is the plan. A guest node has one colour for its
 * memory and its vCPUs, which are boxes in the host's node and CPUs that they are on.
 */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "numa/host_hwloc.h"
#include "numa/plan_work.h"
#include "vmm/log.h"

/* By guest node, in turn: light enough for black text. */
static const char *const node_colors[] = { "#9ecae1", "#fdae6b", "#a1d99b", "#bcbddc", "#fa9fb5",
	"#c7e9b4", "#fdd0a2", "#c6dbef" };

#define COLOR_HOUSEKEEPING "#fff2ae"
#define COLOR_NOT_ALLOWED  "#d0d0d0"

static bool color_set(hwloc_obj_t obj, const char *color)
{
	char style[64];

	snprintf(style, sizeof(style), "Background=%s", color);
	return hwloc_obj_add_info(obj, "lstopoStyle", style) == 0;
}

static bool node_color_set(hwloc_obj_t obj, uint32_t guest_node)
{
	return color_set(obj, node_colors[guest_node % ARRAY_SIZE(node_colors)]);
}

/* What is drawn in place of an object's type; the object frees it. */
static bool label_set(hwloc_obj_t obj, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return false;
	free(obj->subtype);
	obj->subtype = copy;
	return true;
}

/* "vCPU 3 on" [CPU 7], or "vCPU 3, 5 on" where several share it. */
static bool vcpu_add(hwloc_obj_t pu, const struct plan *p, uint32_t vcpu)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "vCPU %u", vcpu);

	for (uint32_t v = 0; v < p->nr_vcpus && p->overcommit && n < (int)sizeof(text) - 32; v++) {
		if (v == vcpu || p->vcpu[v].cpu.os != p->vcpu[vcpu].cpu.os)
			continue;
		if (v < vcpu) /* said already */
			return true;
		n += snprintf(text + n, sizeof(text) - (size_t)n, ", %u", v);
	}
	snprintf(text + n, sizeof(text) - (size_t)n, " on");
	return label_set(pu, text) && node_color_set(pu, p->vcpu[vcpu].guest_node);
}

static bool memory_add(hwloc_topology_t t, const struct plan *p, const struct plan_memory *m)
{
	hwloc_obj_t node = hwloc_get_numanode_obj_by_os_index(t, (unsigned)m->node.os), box;
	char text[128], bytes[24], page[24];
	int n = snprintf(text, sizeof(text), "guest node %u: %s", m->guest_node,
		size_text(m->bytes, bytes));

	if (p->page == PAGE_1G || p->page == PAGE_2M)
		snprintf(text + n, sizeof(text) - (size_t)n, " = %" PRIu64 " x %s",
			m->bytes / m->page_size, size_text(m->page_size, page));
	else
		snprintf(text + n, sizeof(text) - (size_t)n, " in %s pages",
			p->page == PAGE_THP ? "transparent huge" : "4K");
	box = node ? hwloc_topology_insert_misc_object(t, node, text) : NULL;
	return box && node_color_set(box, m->guest_node);
}

static bool plan_annotate(hwloc_topology_t t, const struct plan *p, const struct host *h)
{
	bool ok = true;

	for (uint32_t i = 0; i < h->nr_pus; i++) {
		hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(t, (unsigned)h->pu[i].id.os);

		if (!pu)
			return false;
		ok &= label_set(pu, "CPU");
		if (!h->pu[i].allowed)
			ok &= color_set(pu, COLOR_NOT_ALLOWED);
		else if (!p->housekeeping_shared && cpulist_has(&p->housekeeping, h->pu[i].id))
			ok &= color_set(pu, COLOR_HOUSEKEEPING);
	}
	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(t, (unsigned)p->vcpu[v].cpu.os);

		ok &= vcpu_add(pu, p, v);
	}
	for (uint32_t i = 0; i < p->nr_memory; i++)
		ok &= memory_add(t, p, &p->memory[i]);
	return ok;
}

/* 0, -ENOENT (no such program), -EIO (it failed). */
static int program_run(char *const argv[])
{
	extern char **environ;
	int status, err;
	pid_t pid;

	if ((err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ)) != 0)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int lstopo_run(const char *xml, const struct plan *p, const char *svg)
{
	static const char *const programs[] = { "lstopo", "lstopo-no-graphics" };
	char legend[160];
	int err = -ENOENT;

	snprintf(legend, sizeof(legend),
		"thole: %u vCPU%s on %u guest node%s%s; grey: not thole's to "
		"use",
		p->nr_vcpus, p->nr_vcpus == 1 ? "" : "s", p->guest.nr_nodes,
		p->guest.nr_nodes == 1 ? "" : "s",
		p->housekeeping_shared ? ""
				       : "; yellow: housekeeping (thole's own threads, vhost)");
	for (size_t i = 0; i < ARRAY_SIZE(programs) && err == -ENOENT; i++) {
		const char *const argv[] = { programs[i], "--if", "xml", "-i", xml, "--of", "svg",
			"--force", "--disallowed", "--disallowed-color", "none", "--no-io",
			"--no-icaches", "--no-factorize", "--physical", "--os-index-prefix", " ",
			"--no-text=group", "--palette", "white", "--no-default-legend",
			"--append-legend", legend, svg, NULL };

		err = program_run((char *const *)(uintptr_t)argv);
	}
	if (err == -ENOENT)
		return log_errno(err,
			"lstopo is not installed: it draws the plan; it is in the package "
			"hwloc (apt install hwloc, dnf install hwloc-gui)");
	if (err)
		return log_errno(err, "lstopo could not draw %s: %m", svg);
	return 0;
}

/* The annotated topology in a file that the caller removes. */
static int xml_write(hwloc_topology_t t, char *path, size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, size, "%s/thole-plan-XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return log_errno(-errno, "temporary file %s: %m", path);
	close(fd);
	if (hwloc_topology_export_xml(t, path, 0) == 0)
		return 0;
	unlink(path);
	return log_errno(-EIO, "hwloc could not write %s", path);
}

int plan_draw(const struct plan *plan, const struct host *host, const char *what,
	const char *svg_path)
{
	char path[512];
	hwloc_topology_t t;
	int err = hwloc_open(&t, what, HWLOC_OPEN_DRAW);

	if (err)
		return err;
	if (!plan_annotate(t, plan, host))
		err = log_errno(-EINVAL, "the plan can't be drawn: hwloc knows another machine");
	if (!err && (err = xml_write(t, path, sizeof(path))) == 0) {
		err = lstopo_run(path, plan, svg_path);
		unlink(path);
	}
	hwloc_topology_destroy(t);
	return err;
}
