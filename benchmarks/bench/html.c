/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.c - see html.h: the page's order. Its parts are in html_page.c, its drawings in plots.c, and what both look like
 * in page/.
 */
#include "benchmarks/bench/html.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/gnuplot.h"
#include "benchmarks/bench/html_page.h"
#include "benchmarks/bench/plots.h"
#include "benchmarks/bench/text.h"
#include "launcher/file_replace.h"
#include "vmm/log.h"

int html_prepare(const char *dir)
{
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return log_errno(-errno, "--html: cannot make the directory %s: %m", dir);
	if (access(dir, W_OK | X_OK) < 0)
		return log_errno(-errno, "--html: cannot write into %s: %m", dir);
	return gnuplot_check();
}

static int plots_put(FILE *out, const json_t *document)
{
	int err = 0;

	for (size_t i = 0; i < plots_nr; i++) {
		char *svg = plots[i].draw(plots[i].name, document, &err);

		if (svg)
			html_figure(out, plots[i].name, plots[i].title, plots[i].caption, svg);
		free(svg);
	}
	return err;
}

int html_write(const json_t *document, const char *dir)
{
	char *text = NULL, *path;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err;

	if (!out)
		return log_errno(-ENOMEM, "--html: %m");
	html_head(out, document);
	html_summary(out, document);
	err = plots_put(out, document);
	html_noise(out, document);
	html_events(out, document);
	html_tables(out, document);
	html_reasons(out, document);
	html_host(out, document);
	html_foot(out);
	if (fclose(out) != 0)
		err = log_errno(-ENOMEM, "--html: %m");
	path = text_format("%s/index.html", dir);
	if (!err)
		err = file_replace(path, text);
	if (!err)
		printf("report: %s\n", path);
	free(path);
	free(text);
	return err;
}
