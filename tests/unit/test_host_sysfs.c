/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_host_sysfs.c - every recorded machine, written out as the kernel would show it in /sys and
 * read back: both loaders must see the same machine.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "numa/host.h"
#include "numa/host_sysfs.h"

static char root[64];

/* A file and the folders above it. */
static FILE *file_open(const char *fmt, ...) printf_like(1, 2);
static FILE *file_open(const char *fmt, ...)
{
	char path[256];
	va_list ap;
	int n = snprintf(path, sizeof(path), "%s/", root);
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *p = path + n; (p = strchr(p, '/')) != NULL; p++) {
		*p = 0;
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	return f;
}

/* Which PUs of the host are in a list? */
typedef bool member_fn(const struct host *h, uint32_t pu, uint32_t of);

static bool is_any(const struct host *h, uint32_t pu, uint32_t of)
{
	(void)h;
	(void)pu;
	(void)of;
	return true;
}

static bool is_allowed(const struct host *h, uint32_t pu, uint32_t of)
{
	(void)of;
	return h->pu[pu].allowed;
}

static bool in_core(const struct host *h, uint32_t pu, uint32_t of)
{
	return h->pu[pu].core == h->pu[of].core;
}

static bool in_complex(const struct host *h, uint32_t pu, uint32_t of)
{
	return h->pu[pu].complex == h->pu[of].complex;
}

static bool in_package(const struct host *h, uint32_t pu, uint32_t of)
{
	return h->pu[pu].package == h->pu[of].package;
}

static bool in_node(const struct host *h, uint32_t pu, uint32_t node)
{
	return h->pu[pu].node == node;
}

static void list_print(FILE *f, const struct host *h, member_fn *member, uint32_t of)
{
	const char *comma = "";

	for (uint32_t i = 0; i < h->nr_pus; i++) {
		if (!member(h, i, of))
			continue;
		fprintf(f, "%s%d", comma, h->pu[i].id.os);
		comma = ",";
	}
	fputc('\n', f);
}

static void list_write(const struct host *h, member_fn *member, uint32_t of, const char *path)
{
	FILE *f = file_open("%s", path);

	list_print(f, h, member, of);
	fclose(f);
}

static void number_write(
	const char *folder, const char *name, unsigned long long n, const char *unit)
{
	FILE *f = file_open("%s/%s", folder, name);

	fprintf(f, "%llu%s\n", n, unit);
	fclose(f);
}

static void caches_write(const struct host *h, uint32_t pu)
{
	static const char *const type[] = { "", "Data", "Instruction", "Unified" };
	char folder[96], path[128];

	for (uint32_t i = 0; i < h->nr_caches; i++) {
		const struct topo_cache *c = &h->cache[i];
		FILE *f;

		snprintf(folder, sizeof(folder), "sys/devices/system/cpu/cpu%d/cache/index%u",
			h->pu[pu].id.os, i);
		f = file_open("%s/type", folder);
		fprintf(f, "%s\n", type[c->type]);
		fclose(f);
		number_write(folder, "level", c->level, "");
		number_write(folder, "size", c->size / 1024, "K");
		number_write(folder, "coherency_line_size", c->line, "");
		number_write(folder, "ways_of_associativity", c->ways, "");
		snprintf(path, sizeof(path), "%s/shared_cpu_list", folder);
		list_write(h, c->shared == TOPO_CORE ? in_core : in_complex, pu, path);
	}
}

static void cpus_write(const struct host *h, bool old_names)
{
	char path[128];

	list_write(h, is_any, 0, "sys/devices/system/cpu/online");
	for (uint32_t i = 0; i < h->nr_pus; i++) {
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/topology/%s",
			h->pu[i].id.os, old_names ? "thread_siblings_list" : "core_cpus_list");
		list_write(h, in_core, i, path);
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/topology/%s",
			h->pu[i].id.os, old_names ? "core_siblings_list" : "package_cpus_list");
		list_write(h, in_package, i, path);
		caches_write(h, i);
	}
}

static void nodes_write(const struct host *h)
{
	char folder[96], path[128];
	FILE *f = file_open("sys/devices/system/node/online");

	for (uint32_t i = 0; i < h->nr_nodes; i++)
		fprintf(f, "%s%d", i ? "," : "", h->node[i].id.os);
	fclose(f);
	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		int id = h->node[i].id.os;

		snprintf(folder, sizeof(folder), "sys/devices/system/node/node%d", id);
		snprintf(path, sizeof(path), "%s/cpulist", folder);
		list_write(h, in_node, i, path);
		f = file_open("%s/meminfo", folder);
		fprintf(f, "Node %d MemTotal:       %llu kB\nNode %d MemFree:  1000 kB\n"
			"Node %d Active(file):  20 kB\nNode %d SReclaimable:     3 kB\n", id,
			(unsigned long long)h->node[i].total / 1024, id, id, id);
		fclose(f);
		f = file_open("%s/distance", folder);
		for (uint32_t j = 0; j < h->nr_nodes; j++)
			fprintf(f, "%s%u", j ? " " : "", host_distance(h, i, j));
		fclose(f);
		snprintf(path, sizeof(path), "%s/hugepages/hugepages-2048kB", folder);
		number_write(path, "nr_hugepages", i + 7, "");
		number_write(path, "free_hugepages", i + 5, "");
	}
}

static void process_write(const struct host *h)
{
	FILE *f = file_open("proc/self/status");

	fputs("Name:\tthole\nCpus_allowed:\tff\nCpus_allowed_list:\t", f);
	list_print(f, h, is_allowed, 0);
	fputs("Mems_allowed:\t1\nMems_allowed_list:\t", f);
	for (uint32_t i = 0, n = 0; i < h->nr_nodes; i++)
		if (h->node[i].allowed)
			fprintf(f, "%s%d", n++ ? "," : "", h->node[i].id.os);
	fputs("\nvoluntary_ctxt_switches:\t1\n", f);
	fclose(f);
	f = file_open(HOST_THP_PRIVATE);
	fputs("always [madvise] never\n", f);
	fclose(f);
	f = file_open(HOST_THP_SHARED);
	fputs("always within_size advise [never] deny force\n", f);
	fclose(f);
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void hosts_equal(const struct host *a, const struct host *b)
{
	assert_int_equal(a->nr_pus, b->nr_pus);
	assert_int_equal(a->nr_cores, b->nr_cores);
	assert_int_equal(a->nr_complexes, b->nr_complexes);
	assert_int_equal(a->nr_packages, b->nr_packages);
	assert_int_equal(a->nr_nodes, b->nr_nodes);
	assert_int_equal(a->nr_caches, b->nr_caches);
	for (uint32_t i = 0; i < a->nr_pus; i++) {
		assert_int_equal(a->pu[i].id.os, b->pu[i].id.os);
		assert_int_equal(a->pu[i].core, b->pu[i].core);
		assert_int_equal(a->pu[i].complex, b->pu[i].complex);
		assert_int_equal(a->pu[i].package, b->pu[i].package);
		assert_int_equal(a->pu[i].node, b->pu[i].node);
		assert_int_equal(a->pu[i].allowed, b->pu[i].allowed);
	}
	for (uint32_t i = 0; i < a->nr_nodes; i++) {
		assert_int_equal(a->node[i].id.os, b->node[i].id.os);
		assert_int_equal(a->node[i].total, b->node[i].total);
		assert_int_equal(a->node[i].allowed, b->node[i].allowed);
		assert_int_equal(a->node[i].has_cpus, b->node[i].has_cpus);
	}
	assert_memory_equal(a->distance, b->distance, a->nr_nodes * a->nr_nodes);
	for (uint32_t i = 0; i < a->nr_caches; i++) {
		assert_int_equal(a->cache[i].level, b->cache[i].level);
		assert_int_equal(a->cache[i].type, b->cache[i].type);
		assert_int_equal(a->cache[i].size, b->cache[i].size);
		assert_int_equal(a->cache[i].line, b->cache[i].line);
		assert_int_equal(a->cache[i].ways, b->cache[i].ways);
		assert_int_equal(a->cache[i].shared, b->cache[i].shared);
	}
}

static int tree_setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/thole-test-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tree_teardown(void **state)
{
	(void)state;
	return nftw(root, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void machine_reads_back(const char *xml, bool old_names)
{
	struct host a, b;

	assert_int_equal(tree_setup(NULL), 0);
	assert_int_equal(host_load_described(&a, xml), 0);
	cpus_write(&a, old_names);
	nodes_write(&a);
	process_write(&a);
	assert_int_equal(host_load_sysfs(&b, root), 0);
	hosts_equal(&a, &b);
	assert_false(b.no_thp);
	assert_true(b.no_thp_shared);
	assert_false(b.live);
	assert_int_equal(b.node[0].pool[HOST_PAGE_2M].total, 7);
	assert_int_equal(b.node[0].pool[HOST_PAGE_2M].free, 5);
	assert_int_equal(b.node[0].pool[HOST_PAGE_1G].free, 0);
	assert_int_equal(b.node[0].free, KiB(1023));
	host_fini(&a);
	host_fini(&b);
	assert_int_equal(tree_teardown(NULL), 0);
}

static void every_machine_reads_back(void **state)
{
	glob_t found;

	(void)state;
	if (glob("tests/data/topologies/*.xml", 0, NULL, &found) != 0)
		skip(); /* not run in the source folder */
	for (size_t i = 0; i < found.gl_pathc; i++)
		machine_reads_back(found.gl_pathv[i], i % 2);
	assert_true(found.gl_pathc >= 12);
	globfree(&found);
}

static void what_does_not_fit_is_left_to_hwloc(void **state)
{
	struct host h, b;
	FILE *f;

	(void)state;
	assert_int_equal(host_load_sysfs(&b, "/no/such/folder"), -ENOTSUP);
	assert_int_equal(host_load_sysfs(&b, root), -ENOTSUP);
	assert_int_equal(host_load_described(&h, "package:2 [numa] core:2 pu:2"), 0);
	cpus_write(&h, false);
	assert_int_equal(host_load_sysfs(&b, root), -ENOTSUP); /* no nodes */
	nodes_write(&h);
	assert_int_equal(host_load_sysfs(&b, root), 0); /* all is allowed */
	assert_true(b.pu[0].allowed);
	host_fini(&b);
	f = file_open("sys/devices/system/cpu/cpu2/topology/core_cpus_list");
	fputs("1-2\n", f); /* but CPU 1 is in a core already */
	fclose(f);
	assert_int_equal(host_load_sysfs(&b, root), -ENOTSUP);
	f = file_open("sys/devices/system/cpu/cpu2/topology/core_cpus_list");
	fputs("garbage\n", f);
	fclose(f);
	assert_int_equal(host_load_sysfs(&b, root), -ENOTSUP);
	host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_machine_reads_back),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_left_to_hwloc, tree_setup,
			tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
