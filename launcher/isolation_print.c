/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isolation_print.c - see isolation_print.h. */
#include "launcher/isolation_print.h"

static void counts_print(const struct isolation_result *r, FILE *out)
{
	if (r->files > 1)
		fprintf(out, " (%u files: %u changed, %u were right, %u refused)", r->files, r->changed, r->already, r->refused);
}

void isolation_print(const struct isolation *iso, FILE *out)
{
	fprintf(out, "%-18s%-14s%s\n", "SETTING", "STATUS", "WHAT IT DOES");
	for (uint32_t i = 0; i < iso->nr; i++) {
		const struct isolation_result *r = &iso->result[i];

		fprintf(out, "%-18s%-14s%s", r->knob->name, isolation_status_name(r->status), r->knob->what);
		if (!iso->ask.show)
			counts_print(r, out);
		fprintf(out, "\n%18s%-14s%s\n", "", "gained", r->knob->worth);
		if (*r->detail)
			fprintf(out, "%18s%-14s%s\n", "", "note", r->detail);
		if (*r->command && (r->status == ISOLATION_WOULD || r->status == ISOLATION_RIGHTS))
			fprintf(out, "%18s%-14s%s\n", "", "by hand", r->command);
	}
}

static json_t *result_json(const struct isolation_result *r)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:s, s:s}", "knob", r->knob->name, "status",
		isolation_status_name(r->status), "files", (int)r->files, "changed", (int)r->changed, "refused", (int)r->refused,
		"detail", r->detail, "command", r->command);
}

json_t *isolation_json(const struct isolation *iso)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < iso->nr; i++)
		json_array_append_new(list, result_json(&iso->result[i]));
	return json_pack("{s:b, s:o}", "isolated", (int)iso->isolated, "knobs", list);
}
