/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_sysfs.c - read a machine from /sys.
 *
 * Each CPU starts out in no group. Walking the online CPUs in order, one that has no core yet
 * names its core's CPUs, which all get it as their group's number; packages and complexes
 * likewise. So the number of a group is its lowest online CPU, as host_seal() likes it.
 */
#include "numa/host_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "numa/nodemask.h"
#include "vmm/cpulist.h"

#define NO_GROUP  UINT32_MAX
#define TEXT_SIZE 8192 /* longer files are left to hwloc */
#define INDEX_MAX 16   /* cache/index* of one CPU */

struct reader {
	int root; /* directory fd */
	struct host *host;
	struct cpulist online;
	uint32_t *slot; /* [CPULIST_MAX] kernel's number -> pu[], NO_GROUP if not online */
	char text[TEXT_SIZE];
};

/* A whole small file into r->text. -ENOENT, -ENOTSUP (too long). */
static int text_read(struct reader *r, const char *fmt, ...) printf_like(2, 3);
static int text_read(struct reader *r, const char *fmt, ...)
{
	char path[160];
	ssize_t n;
	va_list ap;
	int fd, len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENOTSUP;
	fd = openat(r->root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	n = read(fd, r->text, sizeof(r->text));
	close(fd);
	if (n < 0 || (size_t)n == sizeof(r->text))
		return -ENOTSUP;
	r->text[n] = 0;
	return 0;
}

/* The list in r->text. */
static int list_take(struct reader *r, struct cpulist *l)
{
	int err = cpulist_parse(l, r->text, NULL, NULL);

	return err && err != -ENOMEM ? -ENOTSUP : err;
}

static int number_take(struct reader *r, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(r->text, &end, 10);
	return end == r->text || errno ? -ENOTSUP : 0;
}

/* The value of "key: 123 kB" or "key:\tlist" in r->text, "" if there is none. */
static const char *field_find(const struct reader *r, const char *key)
{
	const char *at = strstr(r->text, key);

	if (!at)
		return "";
	at += strlen(key);
	return at + strspn(at, ": \t");
}

static int online_read(struct reader *r)
{
	struct host *h = r->host;
	int err;

	if (text_read(r, "sys/devices/system/cpu/online") != 0)
		return -ENOTSUP;
	if ((err = list_take(r, &r->online)) != 0)
		return err;
	if (!r->online.nr)
		return -ENOTSUP;
	h->nr_pus = r->online.nr;
	h->pu = calloc(h->nr_pus, sizeof(*h->pu));
	r->slot = malloc(CPULIST_MAX * sizeof(*r->slot));
	if (!h->pu || !r->slot)
		return -ENOMEM;
	memset(r->slot, 0xff, CPULIST_MAX * sizeof(*r->slot));
	for (uint32_t i = 0; i < h->nr_pus; i++) {
		h->pu[i] = (struct host_pu){ r->online.cpu[i], NO_GROUP, NO_GROUP, NO_GROUP,
			NO_GROUP, false };
		r->slot[r->online.cpu[i].os] = i;
	}
	return 0;
}

/* Where in struct host_pu the number of a kind of group is. */
typedef uint32_t *group_fn(struct host_pu *pu);

static uint32_t *core_at(struct host_pu *pu)
{
	return &pu->core;
}

static uint32_t *complex_at(struct host_pu *pu)
{
	return &pu->complex;
}

static uint32_t *package_at(struct host_pu *pu)
{
	return &pu->package;
}

static uint32_t *node_at(struct host_pu *pu)
{
	return &pu->node;
}

/* The online CPUs of the list in r->text make one group. -ENOTSUP if one is in another already, or
 * if self (may be NULL) is not among them. */
static int group_take(struct reader *r, group_fn *at, uint32_t number, struct host_pu *self)
{
	struct cpulist l;
	int err = list_take(r, &l);

	for (uint32_t i = 0; i < l.nr && !err; i++) {
		uint32_t slot = r->slot[l.cpu[i].os];

		if (slot == NO_GROUP)
			continue;
		if (*at(&r->host->pu[slot]) != NO_GROUP)
			err = -ENOTSUP;
		*at(&r->host->pu[slot]) = number;
	}
	if (!err && self && *at(self) != number)
		err = -ENOTSUP;
	cpulist_fini(&l);
	return err;
}

/* Old kernels (before 5.3) have the second name only. */
static int siblings_read(struct reader *r, struct host_pu *pu, group_fn *at, const char *name,
	const char *old_name)
{
	if (text_read(r, "sys/devices/system/cpu/cpu%d/topology/%s", pu->id.os, name) != 0 &&
		text_read(r, "sys/devices/system/cpu/cpu%d/topology/%s", pu->id.os, old_name) != 0)
		return -ENOTSUP;
	return group_take(r, at, (uint32_t)pu->id.os, pu);
}

/* Does group number hold more of the machine than the PU's core? */
static bool wider_than_core(const struct host *h, const struct cpulist *l, const struct host_pu *pu,
	const uint32_t *slot)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (slot[l->cpu[i].os] != NO_GROUP && h->pu[slot[l->cpu[i].os]].core != pu->core)
			return true;
	return false;
}

static uint64_t cache_number(struct reader *r, int cpu, unsigned index, const char *name)
{
	uint64_t n = 0;

	if (text_read(r, "sys/devices/system/cpu/cpu%d/cache/index%u/%s", cpu, index, name) != 0 ||
		number_take(r, &n) != 0)
		return 0;
	if (strchr(r->text, 'K'))
		n *= KiB(1);
	return n;
}

/* One cache of a CPU. -ENOENT: there is no such index. */
static int cache_read(struct reader *r, int cpu, unsigned index, struct topo_cache *c)
{
	if (text_read(r, "sys/devices/system/cpu/cpu%d/cache/index%u/type", cpu, index) != 0)
		return -ENOENT;
	*c = (struct topo_cache){ .type = r->text[0] == 'D' ? TOPO_CACHE_DATA :
		r->text[0] == 'I' ? TOPO_CACHE_INSTRUCTION : TOPO_CACHE_UNIFIED };
	c->level = (uint8_t)cache_number(r, cpu, index, "level");
	c->size = cache_number(r, cpu, index, "size");
	c->line = (uint32_t)cache_number(r, cpu, index, "coherency_line_size");
	c->ways = (uint32_t)cache_number(r, cpu, index, "ways_of_associativity");
	return c->level ? 0 : -ENOTSUP;
}

static int caches_read(struct reader *r, const struct host_cache_at *at)
{
	struct host *h = r->host;

	for (unsigned index = 0; index < INDEX_MAX && h->nr_caches < TOPO_CACHES_MAX; index++) {
		struct topo_cache *c = &h->cache[h->nr_caches];
		int err = cache_read(r, at->cpu, index, c);

		if (err == -ENOENT)
			break;
		if (err)
			return err;
		c->shared = (int)index == at->outermost ? TOPO_COMPLEX : TOPO_CORE;
		h->nr_caches++;
	}
	return 0;
}

/* Does that cache make a complex: of level 3 or more, or shared by more than the PU's core? 1, 0 or -errno. */
static int makes_complex(struct reader *r, const struct host_pu *pu, unsigned index, uint64_t level)
{
	int cpu = pu->id.os, err;
	struct cpulist l;
	bool wide;

	if (text_read(r, "sys/devices/system/cpu/cpu%d/cache/index%u/type", cpu, index) != 0)
		return -ENOTSUP;
	if (r->text[0] == 'I')
		return 0;
	if (level >= 3)
		return 1;
	if (text_read(r, "sys/devices/system/cpu/cpu%d/cache/index%u/shared_cpu_list", cpu, index) != 0)
		return -ENOTSUP;
	if ((err = list_take(r, &l)) != 0)
		return err;
	wide = wider_than_core(r->host, &l, pu, r->slot);
	cpulist_fini(&l);
	return wide;
}

/* The kernel has them by level, so the last one that makes complexes is the outermost. at->outermost: -1, none does. */
static int outermost_find(struct reader *r, const struct host_pu *pu, struct host_cache_at *at)
{
	uint64_t level[INDEX_MAX];
	int nr = 0, made = 0;

	while (nr < INDEX_MAX && (level[nr] = cache_number(r, pu->id.os, (unsigned)nr, "level")) != 0)
		nr++;
	while (nr-- && !made)
		made = makes_complex(r, pu, (unsigned)nr, level[nr]);
	*at = (struct host_cache_at){ pu->id.os, made > 0 ? nr + 1 : -1 };
	return made < 0 ? made : 0;
}

static int groups_read(struct reader *r)
{
	struct host *h = r->host;

	for (uint32_t i = 0; i < h->nr_pus; i++) {
		int err = 0;

		if (h->pu[i].core == NO_GROUP)
			err = siblings_read(r, &h->pu[i], core_at, "core_cpus_list",
				"thread_siblings_list");
		if (!err && h->pu[i].package == NO_GROUP)
			err = siblings_read(r, &h->pu[i], package_at, "package_cpus_list",
				"core_siblings_list");
		if (err)
			return err;
	}
	return 0;
}

static int complexes_read(struct reader *r, struct host_cache_at *at)
{
	struct host *h = r->host;
	uint32_t first = 0;
	int err;

	while (first + 1 < h->nr_pus && !h->pu[first].allowed)
		first++;
	if ((err = outermost_find(r, &h->pu[first], at)) != 0)
		return err;
	for (uint32_t i = 0; i < h->nr_pus && !err; i++) {
		if (h->pu[i].complex != NO_GROUP)
			continue;
		if (at->outermost < 0) {
			h->pu[i].complex = h->pu[i].package;
			continue;
		}
		if (text_read(r, "sys/devices/system/cpu/cpu%d/cache/index%d/shared_cpu_list",
			h->pu[i].id.os, at->outermost) != 0)
			return -ENOTSUP;
		err = group_take(r, complex_at, (uint32_t)h->pu[i].id.os, &h->pu[i]);
	}
	return err;
}

/* Bytes of "Node 0 MemFree:  123 kB". */
static uint64_t meminfo_bytes(const struct reader *r, const char *key)
{
	return strtoull(field_find(r, key), NULL, 10) * KiB(1);
}

static int pool_read(struct reader *r, struct host_node *n, enum host_page size)
{
	struct host_pool *pool = &n->pool[size];
	unsigned long kb = (unsigned long)(host_page_bytes(size) / KiB(1));

	*pool = (struct host_pool){ 0 };
	if (text_read(r, "sys/devices/system/node/node%d/hugepages/hugepages-%lukB/nr_hugepages",
		n->id.os, kb) != 0)
		return 0; /* no pages of that size on this machine */
	if (number_take(r, &pool->total) != 0)
		return -ENOTSUP;
	if (!pool->total)
		return 0;
	if (text_read(r, "sys/devices/system/node/node%d/hugepages/hugepages-%lukB/free_hugepages",
		n->id.os, kb) != 0)
		return -ENOTSUP;
	return number_take(r, &pool->free);
}

/* The numbers in r->text are the row of a node. */
static int distance_take(struct reader *r, uint32_t node)
{
	struct host *h = r->host;
	char *at = r->text;

	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		char *end;
		unsigned long d = strtoul(at, &end, 10);

		if (end == at || d > UINT8_MAX || d < HOST_DISTANCE_LOCAL)
			return -ENOTSUP;
		h->distance[node * h->nr_nodes + i] = (uint8_t)d;
		at = end;
	}
	return 0;
}

static int node_read(struct reader *r, uint32_t i)
{
	struct host_node *n = &r->host->node[i];
	int err;

	if (text_read(r, "sys/devices/system/node/node%d/cpulist", n->id.os) != 0)
		return -ENOTSUP;
	if ((err = group_take(r, node_at, i, NULL)) != 0)
		return err;
	if (text_read(r, "sys/devices/system/node/node%d/meminfo", n->id.os) != 0)
		return -ENOTSUP;
	n->total = meminfo_bytes(r, "MemTotal");
	n->free = meminfo_bytes(r, "MemFree") + meminfo_bytes(r, "Active(file)") +
		  meminfo_bytes(r, "Inactive(file)") + meminfo_bytes(r, "SReclaimable");
	n->free = min(n->free, n->total);
	for (enum host_page p = 0; p < HOST_PAGES; p++)
		if ((err = pool_read(r, n, p)) != 0)
			return err;
	if (text_read(r, "sys/devices/system/node/node%d/distance", n->id.os) != 0)
		return -ENOTSUP;
	return distance_take(r, i);
}

static int nodes_read(struct reader *r)
{
	struct host *h = r->host;
	struct cpulist online; /* the same notation */
	int err;

	if (text_read(r, "sys/devices/system/node/online") != 0)
		return -ENOTSUP;
	if ((err = list_take(r, &online)) != 0)
		return err;
	h->nr_nodes = online.nr;
	h->node = calloc(h->nr_nodes + 1, sizeof(*h->node));
	h->distance = malloc((size_t)h->nr_nodes * h->nr_nodes + 1);
	err = h->node && h->distance ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < online.nr && !err; i++) {
		h->node[i].id.os = online.cpu[i].os;
		err = node_read(r, i);
	}
	cpulist_fini(&online);
	for (uint32_t i = 0; i < h->nr_pus && !err; i++)
		if (h->pu[i].node == NO_GROUP)
			err = -ENOTSUP;
	return err;
}

/* The list of a line "key:\t0-3" of r->text. -ENOENT: there is no such line. */
static int field_list(struct reader *r, const char *key, struct cpulist *l)
{
	const char *at = field_find(r, key);
	char line[TEXT_SIZE];
	size_t len = strcspn(at, "\n");
	int err;

	*l = (struct cpulist){ 0 };
	if (!*at)
		return -ENOENT;
	memcpy(line, at, len);
	line[len] = 0;
	err = cpulist_parse(l, line, NULL, NULL);
	return err && err != -ENOMEM ? -ENOTSUP : err;
}

/* What allowed_read() finds, of this process's first thread, in a tenth of the time. */
static int allowed_ask(struct host *h)
{
	cpu_set_t cpus[CPULIST_MAX / CPU_SETSIZE] = { 0 };
	struct nodemask mems = { 0 };

	if (sched_getaffinity(getpid(), sizeof(cpus), cpus) < 0)
		return -ENOTSUP;
	/* A kernel without NUMA has one node, and no such call. */
	if (syscall(SYS_get_mempolicy, NULL, mems.word, NODEMASK_MAXNODE, 0ul, MPOL_F_MEMS_ALLOWED) < 0) {
		if (errno != ENOSYS)
			return -ENOTSUP;
		nodemask_add(&mems, (hnode_t){ 0 });
	}
	for (uint32_t i = 0; i < h->nr_pus; i++)
		h->pu[i].allowed = CPU_ISSET_S((size_t)h->pu[i].id.os, sizeof(cpus), cpus);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		h->node[i].allowed = nodemask_has(&mems, h->node[i].id);
	return 0;
}

/* Affinity and cpusets together (man 5 proc). In a copy of /sys without them, all is allowed. */
static int allowed_read(struct reader *r)
{
	struct host *h = r->host;
	struct cpulist cpus = { 0 }, mems = { 0 };
	bool all = text_read(r, "proc/self/status") != 0;
	int err = 0;

	if (!all) {
		err = field_list(r, "Cpus_allowed_list", &cpus);
		if (!err)
			err = field_list(r, "Mems_allowed_list", &mems);
		if (err == -ENOENT)
			all = true;
	}
	for (uint32_t i = 0; i < h->nr_pus; i++)
		h->pu[i].allowed = all || cpulist_has(&cpus, h->pu[i].id);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		h->node[i].allowed = all || cpulist_has(&mems, (hcpu_t){ h->node[i].id.os });
	cpulist_fini(&cpus);
	cpulist_fini(&mems);
	return all ? 0 : err;
}

bool host_thp_allowed(const char *text)
{
	static const char *const yes[] = { "[always]", "[madvise]", "[within_size]", "[advise]", "[force]" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strstr(text, yes[i]))
			return true;
	return false;
}

static bool thp_missing(struct reader *r, const char *file)
{
	return text_read(r, "%s", file) != 0 || !host_thp_allowed(r->text);
}

static int places_read(struct reader *r, struct host_cache_at *at)
{
	int err;

	if ((err = online_read(r)) != 0 || (err = nodes_read(r)) != 0)
		return err;
	if ((err = r->host->live ? allowed_ask(r->host) : allowed_read(r)) != 0)
		return err;
	if ((err = groups_read(r)) != 0 || (err = complexes_read(r, at)) != 0)
		return err;
	r->host->no_thp = thp_missing(r, HOST_THP_PRIVATE);
	r->host->no_thp_shared = thp_missing(r, HOST_THP_SHARED);
	return host_seal(r->host);
}

static struct reader *reader_open(struct host *h, const char *root, int *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	*err = r ? -ENOTSUP : -ENOMEM;
	if (!r)
		return NULL;
	r->host = h;
	r->root = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->root >= 0)
		return r;
	free(r);
	return NULL;
}

static void reader_close(struct reader *r)
{
	close(r->root);
	cpulist_fini(&r->online);
	free(r->slot);
	free(r);
}

int host_load_sysfs_places(struct host *h, const char *root, struct host_cache_at *at)
{
	struct reader *r;
	int err;

	*h = (struct host){ .name = "this machine", .live = !*root };
	r = reader_open(h, root, &err);
	if (!r)
		return err;
	err = places_read(r, at);
	reader_close(r);
	if (err)
		host_fini(h);
	return err;
}

int host_load_sysfs_caches(struct host *h, const char *root, const struct host_cache_at *at)
{
	struct reader *r;
	int err;

	h->nr_caches = 0;
	r = reader_open(h, root, &err);
	if (!r)
		return err;
	err = caches_read(r, at);
	reader_close(r);
	return err;
}

int host_load_sysfs(struct host *h, const char *root)
{
	struct host_cache_at at;
	int err = host_load_sysfs_places(h, root, &at);

	if (err)
		return err;
	err = host_load_sysfs_caches(h, root, &at);
	if (err)
		host_fini(h);
	return err;
}
