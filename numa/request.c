/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.c - the text forms of pins and guest nodes.
 *
 * Both are parsed into a copy that replaces the request's array only when all of the text was good.
 */
#include "numa/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_LIMIT (UINT64_C(1) << 56) /* no machine has more, and sums can't overflow */

static const char pin_form[] = "expected VCPU=CPU,... such as 0=4,1=5";
static const char node_form[] = "expected N:mem=SIZE,cpus=LIST such as 0:mem=8G,cpus=0-3";

static int out_of_memory(char *why, size_t size)
{
	snprintf(why, size, "out of memory");
	return -ENOMEM;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number at *p, which moves past it; limit if it is that or more. False: there is
 * none. */
static bool number_parse(const char **p, uint64_t limit, uint64_t *number)
{
	if (!is_digit(**p))
		return false;
	for (*number = 0; is_digit(**p); (*p)++)
		*number = min(*number * 10 + (uint64_t)(**p - '0'), limit);
	return true;
}

/* "8G", "512M", "1TiB": bytes, at *p. */
static int size_parse(const char **p, uint64_t *bytes, char *why, size_t size)
{
	static const char units[] = "KMGT";
	const char *start = *p, *unit;
	unsigned shift;

	if (!number_parse(p, SIZE_LIMIT, bytes) || !**p ||
		(unit = strchr(units, toupper((unsigned char)**p))) == NULL) {
		snprintf(why, size,
			"mem=%.32s: a size is a number with a unit, one of K, M, G, T, as "
			"in 8G",
			start);
		return -EINVAL;
	}
	(*p)++;
	if (strncmp(*p, "iB", 2) == 0)
		*p += 2;
	shift = 10 * (unsigned)(unit - units + 1);
	if (*bytes >= SIZE_LIMIT >> shift) {
		snprintf(why, size, "mem=%.32s: no machine is that large", start);
		return -EINVAL;
	}
	*bytes <<= shift;
	if (*bytes && is_aligned(*bytes, KiB(4)))
		return 0;
	snprintf(why, size, "mem=%.32s: a node's memory is a multiple of 4K, and not 0", start);
	return -EINVAL;
}

static int pin_cmp(const void *a, const void *b)
{
	const struct request_pin *x = a, *y = b;

	return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
}

/* One "vcpu=cpu" at *p, and the comma after it. */
static int pin_parse(const char **p, struct request_pin *pin, char *why, size_t size)
{
	const char *start = *p;
	uint64_t vcpu, cpu;

	if (!number_parse(p, CPULIST_MAX, &vcpu) || *(*p)++ != '=')
		goto form;
	if (!number_parse(p, CPULIST_MAX, &cpu) || (**p && **p != ','))
		goto form;
	if (**p == ',' && !*++*p)
		goto form;
	if (vcpu == CPULIST_MAX || cpu == CPULIST_MAX) {
		snprintf(why, size, "no CPU has a number above %d: \"%.32s\"", CPULIST_MAX - 1,
			start);
		return -EINVAL;
	}
	*pin = (struct request_pin){ (uint32_t)vcpu, { (int)cpu } };
	return 0;
form:
	snprintf(why, size, "%s, at \"%.32s\"", pin_form, start);
	return -EINVAL;
}

/* Text into at[], which has room, behind the first *nr. */
static int pins_parse(
	const char *text, struct request_pin *at, uint32_t *nr, char *why, size_t size)
{
	const char *p = text;
	int err;

	do {
		if ((err = pin_parse(&p, &at[*nr], why, size)) != 0)
			return err;
		++*nr;
	} while (*p);
	qsort(at, *nr, sizeof(*at), pin_cmp);
	for (uint32_t i = 1; i < *nr; i++) {
		if (at[i].vcpu == at[i - 1].vcpu) {
			snprintf(why, size, "vCPU %u is pinned twice", at[i].vcpu);
			return -EINVAL;
		}
	}
	return 0;
}

int request_pins_add(struct request_pins *pins, const char *text, char *why, size_t size)
{
	size_t room = pins->nr + strlen(text) / 3 + 1; /* "0=0" is the shortest */
	struct request_pin *at = calloc(room, sizeof(*at));
	uint32_t nr = pins->nr;
	int err;

	if (!at)
		return out_of_memory(why, size);
	if (nr)
		memcpy(at, pins->at, nr * sizeof(*at));
	if ((err = pins_parse(text, at, &nr, why, size)) != 0) {
		free(at);
		return err;
	}
	request_pins_fini(pins);
	*pins = (struct request_pins){ nr, at };
	return 0;
}

int request_pins_copy(struct request_pins *to, const struct request_pins *from)
{
	*to = (struct request_pins){ 0 };
	if (!from->nr)
		return 0;
	to->at = calloc(from->nr, sizeof(*to->at));
	if (!to->at)
		return -ENOMEM;
	memcpy(to->at, from->at, from->nr * sizeof(*to->at));
	to->nr = from->nr;
	return 0;
}

void request_pins_fini(struct request_pins *pins)
{
	free(pins->at);
	*pins = (struct request_pins){ 0 };
}

/* A list of vCPUs of len bytes, in the notation of CPU lists. */
static int vcpus_parse(struct request_node *n, const char *text, size_t len, char *why, size_t size)
{
	const char *reason = "out of memory";
	struct cpulist list = { 0 };
	char *copy = strndup(text, len);
	int err = copy ? cpulist_parse(&list, copy, &reason, NULL) : -ENOMEM;

	free(copy);
	if (!err && list.nr && (n->vcpu = calloc(list.nr, sizeof(*n->vcpu))) == NULL)
		err = -ENOMEM;
	if (err) {
		snprintf(why, size, "cpus=%.*s: %s", (int)min(len, (size_t)64), text, reason);
	} else {
		n->has_vcpus = true;
		n->nr_vcpus = list.nr;
		for (uint32_t i = 0; i < list.nr; i++)
			n->vcpu[i] = (uint32_t)list.cpu[i].os;
	}
	cpulist_fini(&list);
	return err;
}

/* Bytes of a vCPU list at p: digits, '-', and commas that a digit follows. */
static size_t vcpus_length(const char *p)
{
	size_t n = 0;

	while (is_digit(p[n]) || p[n] == '-' || (n && p[n] == ',' && is_digit(p[n + 1])))
		n++;
	return n;
}

static int key_twice(const char *key, char *why, size_t size)
{
	snprintf(why, size, "%s is given twice", key);
	return -EINVAL;
}

static int host_parse(const char **p, struct request_node *n, char *why, size_t size)
{
	const char *start = *p;
	uint64_t host;

	if (!number_parse(p, INT32_MAX, &host) || host == INT32_MAX) {
		snprintf(why, size, "host=%.32s: expected the number of a host node", start);
		return -EINVAL;
	}
	n->host.os = (int)host;
	return 0;
}

/* One "key=value" at *p. */
static int key_parse(const char **p, struct request_node *n, char *why, size_t size)
{
	if (strncmp(*p, "mem=", 4) == 0) {
		if (n->has_bytes)
			return key_twice("mem", why, size);
		*p += 4;
		n->has_bytes = true;
		return size_parse(p, &n->bytes, why, size);
	}
	if (strncmp(*p, "cpus=", 5) == 0) {
		size_t len = vcpus_length(*p += 5);
		int err;

		if (n->has_vcpus)
			return key_twice("cpus", why, size);
		if ((err = vcpus_parse(n, *p, len, why, size)) == 0)
			*p += len;
		return err;
	}
	if (strncmp(*p, "host=", 5) == 0) {
		if (n->host.os != REQUEST_ANY_HOST)
			return key_twice("host", why, size);
		*p += 5;
		return host_parse(p, n, why, size);
	}
	snprintf(why, size, "expected mem=SIZE, cpus=LIST or host=NODE at \"%.32s\"", *p);
	return -EINVAL;
}

/* One "index:key=value,…" at *p. On failure n may own vCPUs. */
static int node_parse(const char **p, struct request_node *n, char *why, size_t size)
{
	uint64_t index;
	int err;

	*n = (struct request_node){ .host = { REQUEST_ANY_HOST } };
	if (!number_parse(p, REQUEST_NODES_MAX, &index) || **p != ':') {
		snprintf(why, size, "%s", node_form);
		return -EINVAL;
	}
	if (index == REQUEST_NODES_MAX) {
		snprintf(why, size, "nodes are numbered from 0 to %d", REQUEST_NODES_MAX - 1);
		return -EINVAL;
	}
	n->index = (uint32_t)index;
	do {
		(*p)++;
		if ((err = key_parse(p, n, why, size)) != 0)
			return err;
	} while (**p == ',');
	if (**p && **p != ';') {
		snprintf(why, size, "expected a comma and another key at \"%.32s\"", *p);
		return -EINVAL;
	}
	if (n->has_vcpus && !n->nr_vcpus && n->host.os == REQUEST_ANY_HOST) {
		snprintf(why, size, "node %u has no vCPUs: say host=NODE, the host node that its "
			"memory comes from", n->index);
		return -EINVAL;
	}
	return 0;
}

static int node_insert(struct request_nodes *nodes, const struct request_node *n, char *why,
	size_t size)
{
	struct request_node *more;
	uint32_t at = 0;

	for (; at < nodes->nr && nodes->at[at].index <= n->index; at++) {
		if (nodes->at[at].index == n->index) {
			snprintf(why, size, "node %u is described twice", n->index);
			return -EINVAL;
		}
	}
	more = realloc(nodes->at, (nodes->nr + 1) * sizeof(*more));
	if (!more)
		return out_of_memory(why, size);
	memmove(&more[at + 1], &more[at], (nodes->nr - at) * sizeof(*more));
	more[at] = *n;
	nodes->at = more;
	nodes->nr++;
	return 0;
}

/* Take back the nodes that bear these indexes: what a text that turned out bad had added. */
static void nodes_drop(struct request_nodes *nodes, uint64_t added)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < nodes->nr; i++) {
		if (added >> nodes->at[i].index & 1)
			free(nodes->at[i].vcpu);
		else
			nodes->at[kept++] = nodes->at[i];
	}
	nodes->nr = kept;
}
static_assert(REQUEST_NODES_MAX <= 64, "added is a 64-bit mask");

int request_nodes_add(struct request_nodes *nodes, const char *text, char *why, size_t size)
{
	uint64_t added = 0;
	const char *p = text;

	for (;;) {
		struct request_node n;
		int err = node_parse(&p, &n, why, size);

		if (!err)
			err = node_insert(nodes, &n, why, size);
		if (err) {
			free(n.vcpu);
			nodes_drop(nodes, added);
			return err;
		}
		added |= UINT64_C(1) << n.index;
		if (!*p)
			return 0;
		p++;
	}
}

int request_nodes_copy(struct request_nodes *to, const struct request_nodes *from)
{
	*to = (struct request_nodes){ 0 };
	if (!from->nr)
		return 0;
	to->at = calloc(from->nr, sizeof(*to->at));
	if (!to->at)
		return -ENOMEM;
	for (uint32_t i = 0; i < from->nr; i++) {
		const struct request_node *n = &from->at[i];

		to->at[to->nr++] = *n;
		to->at[i].vcpu = NULL;
		if (!n->nr_vcpus)
			continue;
		to->at[i].vcpu = calloc(n->nr_vcpus, sizeof(*n->vcpu));
		if (!to->at[i].vcpu) {
			request_nodes_fini(to);
			return -ENOMEM;
		}
		memcpy(to->at[i].vcpu, n->vcpu, n->nr_vcpus * sizeof(*n->vcpu));
	}
	return 0;
}

void request_nodes_fini(struct request_nodes *nodes)
{
	for (uint32_t i = 0; i < nodes->nr; i++)
		free(nodes->at[i].vcpu);
	free(nodes->at);
	*nodes = (struct request_nodes){ 0 };
}

int request_add_device(struct request *r, hnode_t node)
{
	hnode_t *more = realloc(r->device, (r->nr_devices + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[r->nr_devices++] = node;
	r->device = more;
	return 0;
}

const char *place_policy_name(enum place_policy policy)
{
	static const char *const name[] = { "like-host", "one-node", "spread" };

	return policy < ARRAY_SIZE(name) ? name[policy] : NULL;
}

const char *smt_policy_name(enum smt_policy smt)
{
	static const char *const name[] = { "avoid", "use", "never" };

	return smt < ARRAY_SIZE(name) ? name[smt] : NULL;
}

const char *page_policy_name(enum page_policy page)
{
	static const char *const name[] = { "auto", "1G", "2M", "thp", "none" };

	return page < ARRAY_SIZE(name) ? name[page] : NULL;
}

void request_fini(struct request *r)
{
	request_pins_fini(&r->pin);
	request_nodes_fini(&r->node);
	cpulist_fini(&r->host_cpus);
	free(r->device);
	*r = (struct request){ 0 };
}
