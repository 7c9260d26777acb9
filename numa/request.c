/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.c - the text forms of pins and guest nodes.
 *
 * Both are parsed into a copy that replaces the request's array only when all of the text was good.
 */
#include "numa/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_LIMIT (UINT64_C(1) << 56) /* no machine has more, and sums can't overflow */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number below limit at *p, which moves past it. */
static int number_parse(const char **p, uint64_t limit, uint64_t *number)
{
	uint64_t n = 0;

	if (!is_digit(**p))
		return -EINVAL;
	for (; is_digit(**p); (*p)++)
		n = min(n * 10 + (uint64_t)(**p - '0'), limit);
	*number = n;
	return n < limit ? 0 : -ERANGE;
}

/* "8G", "512M", "1T", "4096": bytes, at *p. */
static int size_parse(const char **p, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned shift = 0;
	int err = number_parse(p, SIZE_LIMIT, bytes);

	if (err)
		return err;
	if (**p && (unit = strchr(units, **p)) != NULL) {
		shift = 10 * (unsigned)(unit - units + 1);
		(*p)++;
	}
	if (*bytes >= SIZE_LIMIT >> shift)
		return -ERANGE;
	*bytes <<= shift;
	return 0;
}

static int pin_cmp(const void *a, const void *b)
{
	const struct request_pin *x = a, *y = b;

	return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
}

/* One "vcpu=cpu" at *p. */
static int pin_parse(const char **p, struct request_pin *pin, char *why, size_t size)
{
	uint64_t vcpu = 0, cpu = 0;
	int err = number_parse(p, REQUEST_VCPUS_MAX, &vcpu);

	if (!err && **p == '=') {
		(*p)++;
		err = number_parse(p, CPULIST_MAX, &cpu);
	} else if (!err) {
		err = -EINVAL;
	}
	if (!err && **p && **p != ',')
		err = -EINVAL;
	if (err) {
		snprintf(why, size, "%s", err == -ERANGE ? "a vCPU or CPU number is too large" :
			"expected vCPU=CPU,vCPU=CPU such as 0=4,1=5");
		return err;
	}
	*pin = (struct request_pin){ (uint32_t)vcpu, { (int)cpu } };
	return 0;
}

int request_add_pins(struct request *r, const char *text, char *why, size_t size)
{
	size_t room = r->nr_pins + strlen(text) / 3 + 1;
	struct request_pin *pin = calloc(room, sizeof(*pin));
	uint32_t nr = r->nr_pins;
	int err = 0;

	if (!pin) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	if (nr)
		memcpy(pin, r->pin, nr * sizeof(*pin));
	for (const char *p = text; *p;) {
		if ((err = pin_parse(&p, &pin[nr], why, size)) != 0)
			goto fail;
		nr++;
		if (*p && !*++p) {
			snprintf(why, size, "nothing after the last comma");
			err = -EINVAL;
			goto fail;
		}
	}
	qsort(pin, nr, sizeof(*pin), pin_cmp);
	for (uint32_t i = 1; i < nr; i++) {
		if (pin[i].vcpu == pin[i - 1].vcpu) {
			snprintf(why, size, "vCPU %u is pinned twice", pin[i].vcpu);
			err = -EINVAL;
			goto fail;
		}
	}
	free(r->pin);
	r->pin = pin;
	r->nr_pins = nr;
	return 0;
fail:
	free(pin);
	return err;
}

/* A list of vCPUs of len bytes, in the notation of CPU lists. */
static int vcpus_parse(struct request_node *n, const char *text, size_t len, char *why, size_t size)
{
	const char *reason = "out of memory";
	struct cpulist list = { 0 };
	char *copy = strndup(text, len);
	int err = copy ? cpulist_parse(&list, copy, &reason, NULL) : -ENOMEM;

	free(copy);
	if (!err && list.nr && list.cpu[list.nr - 1].os >= REQUEST_VCPUS_MAX) {
		reason = "a vCPU number is too large";
		err = -ERANGE;
	}
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

/* One "key=value" at *p. */
static int key_parse(const char **p, struct request_node *n, char *why, size_t size)
{
	uint64_t host;
	int err;

	if (strncmp(*p, "mem=", 4) == 0) {
		if (n->has_bytes)
			return key_twice("mem=", why, size);
		*p += 4;
		if ((err = size_parse(p, &n->bytes)) != 0)
			snprintf(why, size, "mem=: expected a size such as 8G");
		n->has_bytes = true;
		return err;
	}
	if (strncmp(*p, "cpus=", 5) == 0) {
		size_t len = vcpus_length(*p += 5);

		if (n->has_vcpus)
			return key_twice("cpus=", why, size);
		if ((err = vcpus_parse(n, *p, len, why, size)) == 0)
			*p += len;
		return err;
	}
	if (strncmp(*p, "host=", 5) == 0) {
		if (n->host.os != REQUEST_ANY_HOST)
			return key_twice("host=", why, size);
		*p += 5;
		if ((err = number_parse(p, CPULIST_MAX, &host)) != 0)
			snprintf(why, size, "host=: expected the number of a host node");
		else
			n->host.os = (int)host;
		return err;
	}
	snprintf(why, size, "expected mem=, cpus= or host= at \"%.32s\"", *p);
	return -EINVAL;
}

/* One "index:key=value,…" at *p. On failure n may own vCPUs. */
static int node_parse(const char **p, struct request_node *n, char *why, size_t size)
{
	uint64_t index;
	int err;

	*n = (struct request_node){ .host = { REQUEST_ANY_HOST } };
	if (number_parse(p, REQUEST_NODES_MAX, &index) != 0 || **p != ':') {
		snprintf(why, size, "expected a guest node's number (below %d) and ':' as in "
			"0:mem=8G,cpus=0-3", REQUEST_NODES_MAX);
		return -EINVAL;
	}
	n->index = (uint32_t)index;
	do {
		(*p)++;
		if ((err = key_parse(p, n, why, size)) != 0)
			return err;
	} while (**p == ',');
	if (**p && **p != ';') {
		snprintf(why, size, "expected ',' or ';' at \"%.32s\"", *p);
		return -EINVAL;
	}
	if (n->has_vcpus && !n->nr_vcpus && n->host.os == REQUEST_ANY_HOST) {
		snprintf(why, size, "guest node %u has no vCPUs: say host=, the host node that its "
			"memory comes from", n->index);
		return -EINVAL;
	}
	return 0;
}

static int request_node_add(struct request *r, struct request_node *n, char *why, size_t size)
{
	struct request_node *more;
	uint32_t at = 0;

	for (; at < r->nr_nodes && r->node[at].index <= n->index; at++) {
		if (r->node[at].index == n->index) {
			snprintf(why, size, "guest node %u is given twice", n->index);
			return -EINVAL;
		}
	}
	more = realloc(r->node, (r->nr_nodes + 1) * sizeof(*more));
	if (!more) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	memmove(&more[at + 1], &more[at], (r->nr_nodes - at) * sizeof(*more));
	more[at] = *n;
	r->node = more;
	r->nr_nodes++;
	return 0;
}

/* Take back the nodes that bear these indexes: what a text that turned out bad had added. */
static void request_nodes_drop(struct request *r, uint64_t added)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->nr_nodes; i++) {
		if (added >> r->node[i].index & 1)
			free(r->node[i].vcpu);
		else
			r->node[kept++] = r->node[i];
	}
	r->nr_nodes = kept;
}
static_assert(REQUEST_NODES_MAX <= 64, "added is a 64-bit mask");

int request_add_nodes(struct request *r, const char *text, char *why, size_t size)
{
	uint64_t added = 0;
	const char *p = text;

	for (;;) {
		struct request_node n;
		int err = node_parse(&p, &n, why, size);

		if (!err)
			err = request_node_add(r, &n, why, size);
		if (err) {
			free(n.vcpu);
			request_nodes_drop(r, added);
			return err;
		}
		added |= UINT64_C(1) << n.index;
		if (!*p)
			return 0;
		p++;
	}
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
	static const char *const name[] = { "auto", "idle", "use" };

	return smt < ARRAY_SIZE(name) ? name[smt] : NULL;
}

const char *page_policy_name(enum page_policy page)
{
	static const char *const name[] = { "auto", "1G", "2M", "thp", "none" };

	return page < ARRAY_SIZE(name) ? name[page] : NULL;
}

void request_fini(struct request *r)
{
	for (uint32_t i = 0; i < r->nr_nodes; i++)
		free(r->node[i].vcpu);
	cpulist_fini(&r->host_cpus);
	free(r->pin);
	free(r->node);
	free(r->device);
	*r = (struct request){ 0 };
}
