/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_page.c - see html_page.h. What it looks like is in page/style.css. */
#include "benchmarks/bench/html_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/explain.h"
#include "benchmarks/bench/page.h"

static void escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc(*text, out); break;
		}
	}
}

static void element(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	escape(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static bool is(const json_t *r, const char *key, const char *word)
{
	return strcmp(string_of(r, key), word) == 0;
}

void html_head(FILE *out, const json_t *document)
{
	const json_t *host = json_object_get(document, "host"), *kvm = json_object_get(host, "kvm");
	const char *isolated = string_of(json_object_get(host, "isolation"), "isolated");

	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<title>thole bench: native against virtual</title>\n<style>\n", out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<h1>What the virtual machine costs here</h1>\n<p class=\"soft\">", out);
	escape(out, string_of(host, "cpu"));
	fputs(", CPUs ", out);
	escape(out, string_of(host, "cpus_used"));
	fputs("; Linux ", out);
	escape(out, string_of(host, "kernel"));
	fputs("; KVM ", out);
	escape(out, string_of(kvm, "backend"));
	fputs(json_is_true(json_object_get(kvm, "nested_paging")) ? "" : " without nested paging", out);
	fputs("; isolated CPUs: ", out);
	escape(out, *isolated ? isolated : "none");
	fputs("; thole ", out);
	escape(out, string_of(document, "version"));
	fputs("; ", out);
	escape(out, string_of(document, "ended"));
	fprintf(out, ", %.0f s%s</p>\n", number_of(document, "seconds"),
		json_is_true(json_object_get(document, "quick")) ? ", quick" : "");
	if (json_is_true(json_object_get(host, "emulated")))
		fputs("<p class=\"warn\"><b>This host is emulated.</b> Times and ratios of times mean nothing here; counts, such as "
		      "exits for each operation, do.</p>\n", out);
}

static size_t count(const json_t *document, const char *key, const char *word)
{
	size_t nr = 0, i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r)
		nr += is(r, key, word);
	return nr;
}

static void tile(FILE *out, const char *class, size_t nr, const char *what)
{
	fprintf(out, "<div class=\"tile\"><b class=\"%s\">%zu</b>%s</div>\n", class, nr, what);
}

void html_summary(FILE *out, const json_t *document)
{
	size_t failed = count(document, "status", "failed");

	fputs("<div class=\"tiles\">\n", out);
	tile(out, "", count(document, "status", "measured"), "figures");
	tile(out, "met", count(document, "verdict", "met"), "targets met");
	tile(out, "not", count(document, "verdict", "not shown"), "not shown");
	tile(out, "soft", count(document, "status", "not available"), "not available");
	if (failed)
		tile(out, "failed", failed, "failed");
	fputs("</div>\n<p>The same object code ran natively and in a guest, in turn, on the same CPUs, nodes and pages. <i>Met</i> "
	      "means that the whole 95&nbsp;% interval is on the good side of the target; <i>not shown</i> does not mean "
	      "missed.</p>\n", out);
}

void html_figure(FILE *out, const char *id, const char *title, const char *caption, const char *svg)
{
	fprintf(out, "<figure id=\"plot-%s\">\n", id);
	element(out, "h2", title);
	fputs("\n<div class=\"draw\" tabindex=\"0\">", out);
	fputs(svg, out);
	fputs("</div>\n", out);
	element(out, "figcaption", caption);
	fputs("\n</figure>\n", out);
}

static void cell(FILE *out, double value)
{
	char text[24];

	element(out, "td", number_text(value, text));
}

static void event_row(FILE *out, const json_t *r, double tsc_hz)
{
	const json_t *virtual = json_object_get(r, "virtual"), *each = json_object_get(r, "exits_per_operation");
	double median = number_of(virtual, "median");
	char exits[24];

	fputs("<tr>", out);
	element(out, "td", string_of(r, "name"));
	cell(out, number_of(json_object_get(r, "native"), "median"));
	cell(out, median);
	cell(out, number_of(virtual, "p99"));
	cell(out, number_of(virtual, "max"));
	cell(out, tsc_hz > 0 ? median / tsc_hz * 1e6 : NAN);
	snprintf(exits, sizeof(exits), "%.2f", number_of(each, "kvm"));
	element(out, "td", isnan(number_of(each, "kvm")) ? "-" : exits);
	snprintf(exits, sizeof(exits), "%.2f", number_of(each, "user"));
	element(out, "td", isnan(number_of(each, "user")) ? "-" : exits);
	fputs("</tr>\n", out);
}

void html_events(FILE *out, const json_t *document)
{
	double tsc_hz = number_of(json_object_get(document, "host"), "tsc_hz");
	bool any = false;
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r) {
		if (!is(r, "group", "events") || !is(r, "status", "measured"))
			continue;
		if (!any)
			fputs("<section id=\"events\"><h2>What events cost</h2>\n<p class=\"soft\">Cycles of the time stamp counter; exits that "
			      "KVM counted for each operation, and how many of them came to thole. Interrupts, MMIO and registers are measured in ring "
			      "0, which a KVM without nested paging emulates: there, these are the emulator's figures.</p>\n<div class=\"wide\" tabindex=\"0\">"
			      "<table><thead><tr><th>event<th>native<th>guest<th>p99<th>max<th>&micro;s<th>exits<th>to thole</tr></thead>\n", out);
		any = true;
		event_row(out, r, tsc_hz);
	}
	if (any)
		fputs("</table></div></section>\n", out);
}

static void noise_row(FILE *out, const json_t *r)
{
	struct counts n = explain_numbers(r);
	bool native = json_is_object(json_object_get(r, "native"));

	fputs("<tr>", out);
	element(out, "td", string_of(r, "bench"));
	cell(out, native ? n.interrupts_native : NAN);
	cell(out, n.interrupts_virtual);
	cell(out, n.exits_kvm);
	cell(out, n.exits_thole);
	cell(out, native ? n.steal_native : NAN);
	cell(out, n.steal_virtual);
	fputs("</tr>\n", out);
}

void html_noise(FILE *out, const json_t *document)
{
	const char *last = "";
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r) {
		if (!is(r, "group", "noise") || !is(r, "status", "measured") || is(r, "bench", last))
			continue;
		if (!*last)
			fputs("<section id=\"noise\"><h2>What else happened beside the noise</h2>\n<p class=\"soft\">In a run, on its CPUs, its "
			      "start and end included, of which the detectors see nothing: interrupts of this host, exits that KVM served and those "
			      "that came to thole, and time that a hypervisor below this host took.</p>\n<div class=\"wide\" tabindex=\"0\"><table>"
			      "<thead><tr><th>benchmark<th>interrupts<th>with the guest<th>exits<th>to thole<th>taken, ms<th>with the guest</tr></thead>"
			      "\n", out);
		last = string_of(r, "bench");
		noise_row(out, r);
	}
	fputs(*last ? "</table></div></section>\n" : "", out);
}

static void result_row(FILE *out, const json_t *r)
{
	const json_t *native = json_object_get(r, "native"), *virtual = json_object_get(r, "virtual");
	double target = number_of(r, "target");
	const char *class = is(r, "verdict", "met") ? "met" : is(r, "verdict", "not shown") ? "not" : "soft";
	char text[48];

	fputs("<tr>", out);
	element(out, "td", string_of(r, "name"));
	element(out, "td", string_of(r, "unit"));
	cell(out, number_of(native, "median"));
	cell(out, number_of(virtual, "median"));
	cell(out, number_of(native, "p99"));
	cell(out, number_of(virtual, "p99"));
	element(out, "td", comparison_text(r, text));
	element(out, "td", interval_text(r, text));
	snprintf(text, sizeof(text), "%s %.3g", is(r, "better", "higher") ? "≥" : "≤", target);
	element(out, "td", isnan(target) ? "-" : text);
	fprintf(out, "<td class=\"%s\">%s</td></tr>\n", class, string_of(r, "verdict"));
}

void html_tables(FILE *out, const json_t *document)
{
	const char *group = "";
	size_t i;
	json_t *r;

	fputs("<section id=\"figures\"><h2>All figures</h2>\n<p class=\"soft\">Medians are of runs, p99 of all samples. A ratio is "
	      "guest over native; what can be zero is compared by the difference, which has a sign.</p>\n", out);
	json_array_foreach(json_object_get(document, "results"), i, r) {
		if (!is(r, "status", "measured"))
			continue;
		if (strcmp(group, string_of(r, "group")) != 0) {
			fputs(*group ? "</table></div>\n" : "", out);
			group = string_of(r, "group");
			element(out, "h3", group);
			fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>figure<th>unit<th>native<th>guest<th>p99<th>p99, guest"
			      "<th>guest / native<th>95&nbsp;% interval<th>target<th>verdict</tr></thead>\n", out);
		}
		result_row(out, r);
	}
	fputs(*group ? "</table></div></section>\n" : "</section>\n", out);
}

static void misses(FILE *out, const json_t *results)
{
	const char *bench = "";
	size_t i;
	json_t *r;

	json_array_foreach(results, i, r) {
		char *counts;

		if (!*string_of(r, "why"))
			continue;
		fputs(*bench ? "" : "<section id=\"missed\"><h2>Targets that are not shown, and why</h2>\n<ul>\n", out);
		fputs("<li><b>", out);
		escape(out, string_of(r, "name"));
		fputs("</b>: ", out);
		escape(out, string_of(r, "why"));
		if (strcmp(bench, string_of(r, "bench")) != 0 && (counts = explain_counts(r)) != NULL) {
			fputs("<br><span class=\"soft\">", out);
			escape(out, counts);
			fputs("</span>", out);
			free(counts);
		}
		bench = string_of(r, "bench");
		fputs("</li>\n", out);
	}
	fputs(*bench ? "</ul></section>\n" : "", out);
}

void html_reasons(FILE *out, const json_t *document)
{
	const json_t *results = json_object_get(document, "results");
	const char *last = "";
	size_t i;
	json_t *r;

	misses(out, results);
	json_array_foreach(results, i, r) {
		const char *reason = string_of(r, "reason");

		if (!*reason)
			continue;
		if (strcmp(last, reason) == 0) {
			fputs(", ", out);
			escape(out, string_of(r, "name"));
			continue;
		}
		fputs(*last ? "</li>\n" : "<section id=\"missing\"><h2>Not measured here</h2>\n<ul>\n", out);
		fprintf(out, "<li><b class=\"%s\">", is(r, "status", "failed") ? "failed" : "soft");
		escape(out, string_of(r, "status"));
		fputs("</b>: ", out);
		escape(out, reason);
		fputs("<br><span class=\"soft\">", out);
		escape(out, string_of(r, "name"));
		last = reason;
	}
	fputs(*last ? "</li></ul></section>\n" : "", out);
}

void html_host(FILE *out, const json_t *document)
{
	char *text = json_dumps(json_object_get(document, "host"), JSON_INDENT(2) | JSON_REAL_PRECISION(6));

	fputs("<section id=\"host\"><h2>The host</h2>\n<p>Everything that these figures depend on, with thole's plan and its proof that "
	      "it was kept.</p>\n<details><summary>Manifest</summary>", out);
	element(out, "pre tabindex=\"0\"", text ? text : "");
	fputs("</details></section>\n", out);
	free(text);
}

void html_foot(FILE *out)
{
	fputs("<section id=\"method\"><h2>Method</h2>\n<p>Runs are interleaved (native, virtual, virtual, native, &hellip;), those over memory "
	      "by slices of time; a run is a fresh machine, and its value the median of its samples. Ratios are of pairs of runs; their "
	      "95&nbsp;% interval is the percentile bootstrap's, or the whole range of 6 to 9 pairs. Nothing is left out but what the end "
	      "of a slice has cut. All samples are in the JSON file. "
	      "<code>benchmarks/METHOD.md</code> says it all.</p></section>\n</body>\n</html>", out);
}
