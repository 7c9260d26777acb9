/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_place.c - the kinds of value that say where things live: CPU lists, pins, nodes, and the
 * scheduling class. Pins and nodes are the planner's own values and notation (numa/request.h).
 */
#include "launcher/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "numa/request.h"

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

static uint32_t pins_count(const void *field)
{
	return ((const struct request_pins *)field)->nr ? 1 : 0;
}

static void pins_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct request_pins *pins = field;

	(void)o;
	for (i = 0; i < pins->nr; i++)
		fprintf(out, "%s%" PRIu32 "=%d", i ? "," : "", pins->at[i].vcpu,
			pins->at[i].cpu.os);
}

static void pins_fini(void *field)
{
	request_pins_fini(field);
}

static int pins_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct request_pins pins = { 0 };
	int err = request_pins_add(&pins, text, why->text, sizeof(why->text));

	(void)o;
	if (err)
		return err;
	pins_fini(field);
	*(struct request_pins *)field = pins;
	return 0;
}

const struct option_type type_pins = { "pins", "VCPU=CPU,... such as 0=4,1=5", BARE_NOTHING, false,
	pins_parse, pins_count, pins_print, pins_fini };

/* 0:mem=8G,cpus=0-3,host=1 */

static int nodes_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	(void)o;
	return request_nodes_add(field, text, why->text, sizeof(why->text));
}

static uint32_t nodes_count(const void *field)
{
	return ((const struct request_nodes *)field)->nr;
}

static void nodes_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct request_node *node = &((const struct request_nodes *)field)->at[i];
	char sep = ':';

	(void)o;
	fprintf(out, "%" PRIu32, node->index);
	if (node->has_bytes) {
		fprintf(out, "%cmem=", sep);
		size_print(node->bytes, out);
		sep = ',';
	}
	if (node->has_vcpus) {
		hcpu_t *numbers = calloc(node->nr_vcpus + 1, sizeof(*numbers));

		fprintf(out, "%ccpus=", sep);
		for (uint32_t v = 0; numbers && v < node->nr_vcpus; v++)
			numbers[v].os = (int)node->vcpu[v];
		cpus_print(&(struct cpulist){ numbers ? node->nr_vcpus : 0, numbers }, out);
		free(numbers);
		sep = ',';
	}
	if (node->host.os != REQUEST_ANY_HOST)
		fprintf(out, "%chost=%d", sep, node->host.os);
}

static void nodes_fini(void *field)
{
	request_nodes_fini(field);
}

const struct option_type type_nodes = { "nodes", "N:mem=SIZE,cpus=LIST such as 0:mem=8G,cpus=0-3",
	BARE_NOTHING, true, nodes_parse, nodes_count, nodes_print, nodes_fini };
