/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat_print.c - differences over seconds. */
#include "launcher/stat_print.h"

#include <stdio.h>
#include <string.h>

#include "ipi/vector_irq.h"
#include "vmm/util.h"

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

/* What happened in between, per second, of each counter that is a number; *sum may be NULL. */
static json_t *rates_of(const json_t *before, const json_t *now, double seconds, double *sum)
{
	json_t *rates = json_object();
	const char *name;
	json_t *count;

	json_object_foreach((json_t *)(uintptr_t)now, name, count) {
		double rate = (json_number_value(count) - number(before, name)) / seconds;

		if (!json_is_number(count) || !(rate > 0))
			continue;
		if (sum)
			*sum += rate;
		json_object_set_new(rates, name, json_real(rate));
	}
	return rates;
}

/* Of one counter, 0 too; null: it isn't known. */
static json_t *rate_or_null(const json_t *before, const json_t *now, const char *name, double seconds)
{
	if (!json_is_number(json_object_get(before, name)) || !json_is_number(json_object_get(now, name)))
		return json_null();
	return json_real((number(now, name) - number(before, name)) / seconds);
}

static json_t *vcpu_rates(const json_t *before, const json_t *now, double seconds)
{
	double to_thole = 0;
	json_t *reasons = rates_of(json_object_get(before, "exits"), json_object_get(now, "exits"), seconds, &to_thole);
	json_t *kvm = rates_of(json_object_get(before, "kvm"), json_object_get(now, "kvm"), seconds, NULL);
	const json_t *all = json_object_get(json_object_get(now, "kvm"), "exits");
	const json_t *thread = json_object_get(now, "thread"), *former = json_object_get(before, "thread");

	/* KVM's own count has those that it deals with itself, too. */
	return json_pack("{s:O, s:O, s:o, s:f, s:o, s:o, s:o, s:o, s:o}", "index", json_object_get(now, "index"), "host_cpu",
		json_object_get(now, "host_cpu"), "exits_per_second", all ? json_real(number(kvm, "exits")) : json_null(),
		"exits_to_thole_per_second", to_thole, "by_reason", reasons, "kvm", kvm, "voluntary_switches_per_second",
		rate_or_null(former, thread, "voluntary_switches", seconds), "involuntary_switches_per_second",
		rate_or_null(former, thread, "involuntary_switches", seconds), "waited_ns_per_second",
		rate_or_null(former, thread, "waited_ns", seconds));
}

static json_t *vector_find(const json_t *devices, size_t device, const json_t *vector)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(json_array_get(devices, device), "vectors"), i, v)
		if (number(v, "irq") == number(vector, "irq"))
			return v;
	return NULL;
}

/* What came in between, and what the vCPU did in the same time. */
static json_t *vector_rates(const json_t *device, const json_t *before, const json_t *now, const json_t *vcpus, double seconds)
{
	double taken = (number(now, "taken") - number(before, "taken")) / seconds;
	const json_t *vcpu = json_object_get(now, "vcpu");
	const json_t *kvm = json_is_integer(vcpu)
				    ? json_object_get(json_array_get(vcpus, (size_t)json_integer_value(vcpu)), "kvm")
				    : NULL;
	double exits = number(kvm, "irq_exits");

	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:f, s:f, s:f, s:s}", "kind", json_object_get(now, "kind"), "vector",
		json_object_get(now, "vector"), "irq", json_object_get(now, "irq"), "host_cpu", json_object_get(now, "cpu"),
		"vcpu", vcpu, "taken", json_object_get(now, "taken"), "taken_per_second", taken, "irq_exits_per_second", exits, "injections_per_second",
		number(kvm, "irq_injections"), "way",
		vector_way_text(vector_way((enum ipi_device)number(device, "way"), taken, exits)));
}

static json_t *devices_rates(const json_t *before, const json_t *now, const json_t *vcpus, double seconds)
{
	const json_t *olds = json_object_get(before, "devices");
	json_t *list = json_array(), *device, *v;
	size_t i, k;

	json_array_foreach(json_object_get(now, "devices"), i, device) {
		json_t *vectors = json_array();

		json_array_foreach(json_object_get(device, "vectors"), k, v)
			json_array_append_new(vectors, vector_rates(device, vector_find(olds, i, v), v, vcpus, seconds));
		json_array_append_new(list, json_pack("{s:O, s:O, s:o}", "address", json_object_get(device, "address"), "best",
						    json_object_get(device, "best"), "vectors", vectors));
	}
	return list;
}

json_t *stat_rates(const json_t *before, const json_t *now)
{
	const json_t *olds = json_object_get(before, "vcpus"), *news = json_object_get(now, "vcpus");
	double seconds = number(now, "clock") - number(before, "clock");
	json_t *list;

	if (!(seconds > 0) || json_array_size(olds) != json_array_size(news))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < json_array_size(news); i++)
		json_array_append_new(list, vcpu_rates(json_array_get(olds, i), json_array_get(news, i), seconds));
	return json_pack("{s:s, s:O, s:O, s:f, s:O, s:O, s:o, s:o}", "schema", "thole-rates/1", "name",
		json_object_get(now, "name"), "seconds", json_object_get(now, "seconds"), "interval", seconds, "programs",
		json_object_get(now, "programs"), "memory", json_object_get(now, "memory"), "vcpus", list, "devices",
		devices_rates(before, now, list, seconds));
}

/* Those whose names end so. */
static const char *reasons_print(FILE *out, const json_t *rates, const char *end, const char *comma)
{
	const char *why;
	json_t *rate;

	json_object_foreach((json_t *)(uintptr_t)rates, why, rate) {
		size_t len = strlen(why), tail = strlen(end);

		if (len < tail || strcmp(why + len - tail, end) != 0)
			continue;
		fprintf(out, "%s%s %.1f", comma, why, json_number_value(rate));
		comma = ", ";
	}
	return comma;
}

static void vectors_print(FILE *out, const json_t *device)
{
	json_t *v;
	size_t i;

	fprintf(out, "device %s: at best %s\n", json_string_value(json_object_get(device, "address")),
		json_string_value(json_object_get(device, "best")));
	json_array_foreach(json_object_get(device, "vectors"), i, v) {
		const json_t *vcpu = json_object_get(v, "vcpu");

		fprintf(out, "  %s %.0f: %.0f taken, %.1f/s, on host CPU %.0f", json_string_value(json_object_get(v, "kind")),
			number(v, "vector"), number(v, "taken"), number(v, "taken_per_second"), number(v, "host_cpu"));
		if (json_is_integer(vcpu))
			fprintf(out, ", for vCPU %.0f (%.1f exits/s for interrupts, %.1f injections/s): %s", number(v, "vcpu"),
				number(v, "irq_exits_per_second"), number(v, "injections_per_second"),
				json_string_value(json_object_get(v, "way")));
		fputc('\n', out);
	}
}

void stat_print_table(const json_t *rates, FILE *out)
{
	const json_t *memory = json_object_get(rates, "memory");
	size_t i;
	json_t *v;

	fprintf(out, "%s: up %.0f s, %.0f programs, memory %.0f MiB, of which %.0f MiB used\n",
		json_string_value(json_object_get(rates, "name")), number(rates, "seconds"), number(rates, "programs"),
		number(memory, "bytes") / (double)MiB(1), number(memory, "resident") / (double)MiB(1));
	fprintf(out, "%5s %8s %10s %10s %10s  BY REASON\n", "VCPU", "HOST CPU", "SWITCHES/s", "EXITS/s", "TO THOLE/s");
	json_array_foreach(json_object_get(rates, "vcpus"), i, v) {
		const char *comma = "";

		fprintf(out, "%5.0f %8.0f ", number(v, "index"), number(v, "host_cpu"));
		if (json_is_number(json_object_get(v, "involuntary_switches_per_second")))
			fprintf(out, "%10.1f ", number(v, "involuntary_switches_per_second"));
		else
			fprintf(out, "%10s ", "-");
		fprintf(out, "%10.1f %10.1f  ", number(v, "exits_per_second"), number(v, "exits_to_thole_per_second"));
		comma = reasons_print(out, json_object_get(v, "by_reason"), "", comma);
		comma = reasons_print(out, json_object_get(v, "kvm"), "_exits", comma);
		fputs(*comma ? "\n" : "none\n", out);
	}
	json_array_foreach(json_object_get(rates, "devices"), i, v)
		vectors_print(out, v);
}

static void gauge(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP thole_%s %s\n# TYPE thole_%s %s\n", name, help, name, type);
}

void stat_print_prometheus(const json_t *now, FILE *out)
{
	const char *machine = json_string_value(json_object_get(now, "name"));
	const json_t *memory = json_object_get(now, "memory");
	size_t i;
	json_t *v;

	gauge(out, "up_seconds", "counter", "Time since the machine was made.");
	fprintf(out, "thole_up_seconds{machine=\"%s\"} %.3f\n", machine, number(now, "seconds"));
	gauge(out, "programs", "gauge", "Programs of thole exec in the machine.");
	fprintf(out, "thole_programs{machine=\"%s\"} %.0f\n", machine, number(now, "programs"));
	gauge(out, "memory_bytes", "gauge", "Memory of the guest.");
	fprintf(out, "thole_memory_bytes{machine=\"%s\"} %.0f\n", machine, number(memory, "bytes"));
	gauge(out, "resident_bytes", "gauge", "Memory that the host has given so far.");
	fprintf(out, "thole_resident_bytes{machine=\"%s\"} %.0f\n", machine, number(memory, "resident"));
	gauge(out, "exits_total", "counter", "Exits to thole, by vCPU and reason.");
	json_array_foreach(json_object_get(now, "vcpus"), i, v) {
		const char *why;
		json_t *count;

		json_object_foreach(json_object_get(v, "exits"), why, count)
			fprintf(out, "thole_exits_total{machine=\"%s\",vcpu=\"%zu\",reason=\"%s\"} %.0f\n", machine, i, why,
				json_number_value(count));
	}
	gauge(out, "switches_total", "counter", "Times that a vCPU's thread has left its CPU: by itself, or for another.");
	json_array_foreach(json_object_get(now, "vcpus"), i, v) {
		static const char *const kinds[] = { "voluntary", "involuntary" };

		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			char name[32];

			snprintf(name, sizeof(name), "%s_switches", kinds[k]);
			if (json_is_number(json_object_get(json_object_get(v, "thread"), name)))
				fprintf(out, "thole_switches_total{machine=\"%s\",vcpu=\"%zu\",kind=\"%s\"} %.0f\n", machine, i,
					kinds[k], number(json_object_get(v, "thread"), name));
		}
	}
	gauge(out, "kvm_total", "counter", "What KVM counted, by vCPU.");
	json_array_foreach(json_object_get(now, "vcpus"), i, v) {
		const char *name;
		json_t *count;

		json_object_foreach(json_object_get(v, "kvm"), name, count)
			if (json_is_number(count))
				fprintf(out, "thole_kvm_total{machine=\"%s\",vcpu=\"%zu\",counter=\"%s\"} %.0f\n", machine,
					i, name, json_number_value(count));
	}
}
