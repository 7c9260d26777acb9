/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_print.c - see doctor_print.h.
 *
 * Five columns don't fit a terminal, so what is found and wanted stand side by side, and the effect and
 * the remedy below them:
 *
 *   SEVERITY  CHECK              FOUND                     WANTED
 *   warning   governor           powersave on 8 CPUs       performance
 *             effect  the clock follows the load late, and differs between runs
 *             change  cpupower frequency-set -g performance (as root)
 */
#include "launcher/doctor_print.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sched/ktext.h"

#define SEVERITY_WIDTH 10
#define CHECK_WIDTH    19
#define LABEL_WIDTH    8
#define WIDTH_MIN      72
#define WIDTH_MAX      160

struct doctor_page doctor_page_of(FILE *out)
{
	const char *columns = getenv("COLUMNS"), *no_color = getenv("NO_COLOR");
	struct doctor_page page = { 80, !(no_color && *no_color) && isatty(fileno(out)) };
	struct winsize size;

	if (columns && *columns)
		page.width = (unsigned)min(strtoul(columns, NULL, 10), (unsigned long)WIDTH_MAX);
	else if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		page.width = size.ws_col;
	page.width = min(max(page.width, (unsigned)WIDTH_MIN), (unsigned)WIDTH_MAX);
	return page;
}

/* The next line of *text that fits, which moves past it. A longer word, such as the name of a file, stays
 * whole. */
static size_t line_take(const char **text, unsigned width, const char **line)
{
	size_t len = 0, next;

	*text += strspn(*text, " ");
	*line = *text;
	do {
		next = len + strspn(*line + len, " ");
		next += strcspn(*line + next, " ");
		if (len && next > width)
			break;
		len = next;
	} while ((*line)[len]);
	*text += len;
	return len;
}

/* Two columns beside each other; the cursor is where the first begins. */
static void columns_print(const char *a, unsigned a_width, const char *b, unsigned b_width, FILE *out)
{
	for (bool first = true; first || *a || *b; first = false) {
		const char *line;
		size_t len;

		if (!first)
			fprintf(out, "%*s", SEVERITY_WIDTH + CHECK_WIDTH, "");
		len = line_take(&a, a_width, &line);
		fwrite(line, 1, len, out);
		if (*b) {
			fprintf(out, "%*s", (int)(max((size_t)a_width, len) - len) + 2, "");
			len = line_take(&b, b_width, &line);
			fwrite(line, 1, len, out);
		}
		putc('\n', out);
		a += strspn(a, " ");
		b += strspn(b, " ");
	}
}

/* A paragraph below the columns, its further lines under its text. */
static void labelled_print(const char *label, const char *text, unsigned page_width, FILE *out)
{
	const unsigned indent = SEVERITY_WIDTH + LABEL_WIDTH;

	for (bool first = true; *text; first = false, text += strspn(text, " ")) {
		const char *line;
		size_t len = line_take(&text, page_width - indent, &line);

		fprintf(out, "%*s%-*s%.*s\n", SEVERITY_WIDTH, "", LABEL_WIDTH, first ? label : "", (int)len, line);
	}
}

static const char *colour_of(enum doctor_severity severity)
{
	static const char *const colours[DOCTOR_SEVERITIES] = { [DOCTOR_GOOD] = "\033[32m", [DOCTOR_UNKNOWN] = "\033[2m",
		[DOCTOR_ADVICE] = "\033[36m", [DOCTOR_WARNING] = "\033[1;33m", [DOCTOR_ERROR] = "\033[1;31m" };

	return colours[severity];
}

static void finding_print(const struct finding *x, struct doctor_page page, FILE *out)
{
	const unsigned width = page.width - SEVERITY_WIDTH - CHECK_WIDTH;
	const unsigned found = *x->wanted ? width * 55 / 100 : width;
	char change[sizeof(x->remedy) + 64];

	fprintf(out, "%s%-*s%s%-*s", page.colour ? colour_of(x->severity) : "", SEVERITY_WIDTH,
		doctor_severity_name(x->severity), page.colour ? "\033[0m" : "", CHECK_WIDTH, x->check);
	columns_print(x->found, found, x->wanted, width - found - 2, out);
	labelled_print("effect", x->effect, page.width, out);
	if (!*x->remedy)
		return;
	snprintf(change, sizeof(change), "%s (%s)", x->remedy, doctor_change_text(x->change));
	labelled_print("change", change, page.width, out);
}

/* Control characters, which could move the cursor, and what isn't ASCII become question marks. */
static void host_line(const struct host_facts *f, char *text, size_t size)
{
	char model[96];
	struct cpulist online;

	if (ktext_field(fact_text(&f->cpuinfo), "model name", model, sizeof(model)) == -ENOENT)
		snprintf(model, sizeof(model), "unknown processor");
	if (cpulist_parse(&online, fact_text(&f->online), NULL, NULL) != 0 || !online.nr)
		snprintf(text, size, "%s", model);
	else
		snprintf(text, size, "%s, %u CPU%s, %u node%s", model, online.nr, online.nr > 1 ? "s" : "", f->nr_nodes,
			f->nr_nodes == 1 ? "" : "s");
	cpulist_fini(&online);
	for (char *p = text; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void counts_take(const struct finding *finding, uint32_t nr, uint32_t counts[static DOCTOR_SEVERITIES])
{
	for (uint32_t i = 0; i < nr; i++)
		counts[finding[i].severity]++;
}

static const char *plural(enum doctor_severity severity, uint32_t count)
{
	return count != 1 && (severity == DOCTOR_ERROR || severity == DOCTOR_WARNING) ? "s" : "";
}

void doctor_print(const struct host_facts *f, const struct finding *finding, uint32_t nr, struct doctor_page page,
	FILE *out)
{
	const unsigned width = page.width - SEVERITY_WIDTH - CHECK_WIDTH;
	uint32_t counts[DOCTOR_SEVERITIES] = { 0 };
	bool first = true;
	char host[192];

	host_line(f, host, sizeof(host));
	fprintf(out, "%s\n\n%-*s%-*s%-*s  %s\n", host, SEVERITY_WIDTH, "SEVERITY", CHECK_WIDTH, "CHECK",
		(int)(width * 55 / 100), "FOUND", "WANTED");
	for (uint32_t i = 0; i < nr; i++)
		finding_print(&finding[i], page, out);
	counts_take(finding, nr, counts);
	putc('\n', out);
	for (int s = DOCTOR_ERROR; s >= DOCTOR_GOOD; s--)
		if (counts[s]) {
			fprintf(out, "%s%u %s%s", first ? "" : ", ", counts[s], doctor_severity_name((enum doctor_severity)s),
				plural((enum doctor_severity)s, counts[s]));
			first = false;
		}
	fputs(".\nNothing was changed.\n", out);
}

static json_t *finding_json(const struct finding *x)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "check", x->check, "severity",
		doctor_severity_name(x->severity), "found", x->found, "wanted", x->wanted, "effect", x->effect, "change",
		"how", x->remedy, "when", doctor_change_name(x->change));
}

int doctor_json(const struct host_facts *f, const struct finding *finding, uint32_t nr, FILE *out)
{
	uint32_t counts[DOCTOR_SEVERITIES] = { 0 };
	json_t *list = json_array(), *numbers = json_object(), *root;
	char host[192];
	int err = 0;

	host_line(f, host, sizeof(host));
	for (uint32_t i = 0; i < nr; i++)
		err |= json_array_append_new(list, finding_json(&finding[i]));
	counts_take(finding, nr, counts);
	for (int s = DOCTOR_ERROR; s >= DOCTOR_GOOD; s--)
		err |= json_object_set_new(numbers, doctor_severity_name((enum doctor_severity)s), json_integer(counts[s]));
	root = json_pack("{s:s, s:o, s:o}", "host", host, "count", numbers, "findings", list);
	if (err || !root) {
		json_decref(root);
		return -ENOMEM;
	}
	err = json_dumpf(root, out, JSON_INDENT(2)) < 0 || putc('\n', out) == EOF ? -EIO : 0;
	json_decref(root);
	return err;
}
