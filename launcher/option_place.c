/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_place.c - the kinds of value that say where things live: CPU lists, pins, nodes, and the
 * scheduling class.
 */
#include "launcher/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/topology.h"

static int out_of_memory(struct complaint *why)
{
	complain(why, "out of memory");
	return -ENOMEM;
}

/* Host CPUs, never none. */
static int cpulist_read(const char *text, struct cpulist *list, struct complaint *why)
{
	const char *reason;
	size_t at;
	int err = cpulist_parse(list, text, &reason, &at);

	if (err == -ENOMEM)
		return out_of_memory(why);
	if (err)
		return complain(why, "%s at \"%.32s\"; a list looks like 0-7,16-23", reason,
			text + at);
	return list->nr ? 0 : complain(why, "expected a list such as 0-7,16-23");
}

static int cpulist_field_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct cpulist list;
	int err = cpulist_read(text, &list, why);

	(void)o;
	if (err)
		return err;
	cpulist_fini(field);
	*(struct cpulist *)field = list;
	return 0;
}

static uint32_t cpulist_count(const void *field)
{
	return ((const struct cpulist *)field)->nr ? 1 : 0;
}

static void cpus_print(const struct cpulist *list, FILE *out)
{
	size_t size = cpulist_format(list, NULL, 0) + 1;
	char *text = malloc(size);

	if (text) {
		cpulist_format(list, text, size);
		fputs(text, out);
	}
	free(text);
}

static void cpulist_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	(void)i;
	cpus_print(field, out);
}

static void cpulist_field_fini(void *field)
{
	cpulist_fini(field);
}

const struct option_type type_cpulist = { "cpulist", "a list of CPUs such as 0-7,16-23",
	BARE_NUMBER, false, cpulist_field_parse, cpulist_count, cpulist_print, cpulist_field_fini };

/* other, or fifo:N */

static int sched_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct config_sched *sched = field;
	uint64_t priority;
	const char *p = text;

	if (strcmp(text, "other") == 0) {
		*sched = (struct config_sched){ 0 };
		return 0;
	}
	if (strncmp(p, "fifo:", 5) != 0)
		return complain(why, "expected %s", o->type->form);
	p += 5;
	if (!number_read(&p, &priority) || *p || priority < 1 || priority > 99)
		return complain(why, "a priority is from 1 to 99, as in fifo:10");
	*sched = (struct config_sched){ true, (uint32_t)priority };
	return 0;
}

static uint32_t sched_count(const void *field)
{
	(void)field;
	return 1;
}

static void sched_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_sched *sched = field;

	(void)o;
	(void)i;
	if (sched->fifo)
		fprintf(out, "fifo:%" PRIu32, sched->priority);
	else
		fputs("other", out);
}

static void sched_fini(void *field)
{
	*(struct config_sched *)field = (struct config_sched){ 0 };
}

const struct option_type type_sched = { "sched", "other, or fifo:N such as fifo:10", BARE_NOTHING,
	false, sched_parse, sched_count, sched_print, sched_fini };

/* 0=4,1=5 */

static int pin_read(const char **p, struct config_pin *pin, struct complaint *why)
{
	uint64_t vcpu, cpu;
	const char *start = *p;

	if (!number_read(p, &vcpu) || **p != '=')
		goto form;
	(*p)++;
	if (!number_read(p, &cpu) || (**p && **p != ','))
		goto form;
	if (vcpu >= CPULIST_MAX || cpu >= CPULIST_MAX)
		return complain(why, "no CPU has a number above %d: \"%.32s\"", CPULIST_MAX - 1,
			start);
	*pin = (struct config_pin){ (uint32_t)vcpu, { (int)cpu } };
	if (**p == ',') {
		(*p)++;
		if (!**p)
			goto form;
	}
	return 0;
form:
	return complain(why, "expected VCPU=CPU,... such as 0=4,1=5, at \"%.32s\"", start);
}

static int pin_compare(const void *a, const void *b)
{
	const struct config_pin *x = a, *y = b;

	return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
}

static int pins_read(const char *p, struct config_pins *pins, struct complaint *why)
{
	int err;

	do {
		if ((err = pin_read(&p, &pins->at[pins->nr], why)) != 0)
			return err;
		pins->nr++;
	} while (*p);
	qsort(pins->at, pins->nr, sizeof(*pins->at), pin_compare);
	for (uint32_t i = 1; i < pins->nr; i++)
		if (pins->at[i].vcpu == pins->at[i - 1].vcpu)
			return complain(why, "vCPU %" PRIu32 " is pinned twice", pins->at[i].vcpu);
	return 0;
}

static uint32_t pins_count(const void *field)
{
	return ((const struct config_pins *)field)->nr ? 1 : 0;
}

static void pins_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_pins *pins = field;

	(void)o;
	for (i = 0; i < pins->nr; i++)
		fprintf(out, "%s%" PRIu32 "=%d", i ? "," : "", pins->at[i].vcpu,
			pins->at[i].cpu.os);
}

static void pins_fini(void *field)
{
	struct config_pins *pins = field;

	free(pins->at);
	*pins = (struct config_pins){ 0 };
}

static int pins_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct config_pins pins = { 0 };
	size_t commas = 0;
	int err;

	(void)o;
	for (const char *p = text; *p; p++)
		commas += *p == ',';
	pins.at = calloc(commas + 1, sizeof(*pins.at));
	if (!pins.at)
		return out_of_memory(why);
	if ((err = pins_read(text, &pins, why)) != 0) {
		pins_fini(&pins);
		return err;
	}
	pins_fini(field);
	*(struct config_pins *)field = pins;
	return 0;
}

const struct option_type type_pins = { "pins", "VCPU=CPU,... such as 0=4,1=5", BARE_NOTHING, false,
	pins_parse, pins_count, pins_print, pins_fini };

/* 0:mem=8G,cpus=0-3 */

static const char node_mem[] = "mem=", node_cpus[] = "cpus=";

static int node_memory_read(struct config_node *node, const char *text, struct complaint *why)
{
	int err;

	if (node->memory)
		return complain(why, "mem is given twice");
	if ((err = size_read(text, &node->memory, why)) != 0)
		return err;
	if (!node->memory || !is_aligned(node->memory, KiB(4)))
		return complain(why, "a node's memory is a multiple of 4K, and not 0");
	return 0;
}

static int node_cpus_read(struct config_node *node, const char *text, struct complaint *why)
{
	struct cpulist list;
	int err;

	if (node->nr_vcpus)
		return complain(why, "cpus is given twice");
	if ((err = cpulist_read(text, &list, why)) != 0)
		return err;
	node->vcpu = calloc(list.nr, sizeof(*node->vcpu));
	if (node->vcpu) {
		node->nr_vcpus = list.nr;
		for (uint32_t i = 0; i < list.nr; i++)
			node->vcpu[i] = (uint32_t)list.cpu[i].os;
	}
	cpulist_fini(&list);
	return node->vcpu ? 0 : out_of_memory(why);
}

/* One "mem=" or "cpus="; commas inside a CPU list belong to it, so its end is the next key. */
static int node_part_read(struct config_node *node, const char **p, struct complaint *why)
{
	bool mem = strncmp(*p, node_mem, strlen(node_mem)) == 0;
	const char *value = *p + (mem ? strlen(node_mem) : strlen(node_cpus));
	const char *end;
	char part[512];

	if (!mem && strncmp(*p, node_cpus, strlen(node_cpus)) != 0)
		return complain(why, "expected mem=SIZE or cpus=LIST at \"%.32s\"", *p);
	for (end = value; *end; end++)
		if (*end == ',' && (strncmp(end + 1, node_mem, strlen(node_mem)) == 0 ||
					   strncmp(end + 1, node_cpus, strlen(node_cpus)) == 0))
			break;
	if ((size_t)(end - value) >= sizeof(part))
		return complain(why, "\"%.32s...\" is too long", *p);
	memcpy(part, value, (size_t)(end - value));
	part[end - value] = 0;
	*p = *end ? end + 1 : end;
	return mem ? node_memory_read(node, part, why) : node_cpus_read(node, part, why);
}

static int node_read(struct config_node *node, const char *p, struct complaint *why)
{
	uint64_t number;
	int err;

	if (!number_read(&p, &number) || *p++ != ':')
		return complain(why, "expected %s", type_nodes.form);
	if (number >= TOPO_NODES_MAX)
		return complain(why, "nodes are numbered from 0 to %d", TOPO_NODES_MAX - 1);
	node->node = (uint32_t)number;
	do {
		if ((err = node_part_read(node, &p, why)) != 0)
			return err;
	} while (*p);
	return 0;
}

static int nodes_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct config_nodes *nodes = field;
	struct config_node node = { 0 };
	struct config_node *at;
	int err;

	(void)o;
	if ((err = node_read(&node, text, why)) != 0)
		goto fail;
	for (uint32_t i = 0; i < nodes->nr; i++)
		if (nodes->at[i].node == node.node) {
			err = complain(why, "node %" PRIu32 " is described twice", node.node);
			goto fail;
		}
	at = realloc(nodes->at, (nodes->nr + 1) * sizeof(*at));
	if (!at) {
		err = out_of_memory(why);
		goto fail;
	}
	nodes->at = at;
	at[nodes->nr++] = node;
	return 0;
fail:
	free(node.vcpu);
	return err;
}

static uint32_t nodes_count(const void *field)
{
	return ((const struct config_nodes *)field)->nr;
}

static void nodes_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_node *node = &((const struct config_nodes *)field)->at[i];
	char sep = ':';

	(void)o;
	fprintf(out, "%" PRIu32, node->node);
	if (node->memory) {
		fprintf(out, "%c%s", sep, node_mem);
		size_print(node->memory, out);
		sep = ',';
	}
	if (node->nr_vcpus) {
		hcpu_t *numbers = calloc(node->nr_vcpus, sizeof(*numbers));

		fprintf(out, "%c%s", sep, node_cpus);
		for (uint32_t v = 0; numbers && v < node->nr_vcpus; v++)
			numbers[v].os = (int)node->vcpu[v];
		cpus_print(&(struct cpulist){ numbers ? node->nr_vcpus : 0, numbers }, out);
		free(numbers);
	}
}

static void nodes_fini(void *field)
{
	struct config_nodes *nodes = field;

	for (uint32_t i = 0; i < nodes->nr; i++)
		free(nodes->at[i].vcpu);
	free(nodes->at);
	*nodes = (struct config_nodes){ 0 };
}

const struct option_type type_nodes = { "nodes", "N:mem=SIZE,cpus=LIST such as 0:mem=8G,cpus=0-3",
	BARE_NOTHING, true, nodes_parse, nodes_count, nodes_print, nodes_fini };
