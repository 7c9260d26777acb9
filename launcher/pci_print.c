/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_print.c - a line of facts for each function, its name below, and below that what is in the way. */
#include "launcher/pci_print.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static void number_or_dash(int64_t v, char buf[static 12])
{
	if (v < 0)
		snprintf(buf, 12, "-");
	else
		snprintf(buf, 12, "%d", (int)v);
}

static void row_print(const struct pci_row *r, FILE *out)
{
	const struct pci_dev *d = r->dev;
	char addr[PCI_ADDR_TEXT], node[12], group[12], vfs[24] = "-";

	number_or_dash(d->node.os, node);
	number_or_dash(d->group, group);
	if (d->vfs_max)
		snprintf(vfs, sizeof(vfs), "%u/%u", d->vfs, d->vfs_max);
	else if (d->is_vf)
		snprintf(vfs, sizeof(vfs), "is one");
	fprintf(out, "%-13s %-14s %-12s %5s %4s %-10s %-10s %-7s %s\n", pci_addr_format(d->addr, addr),
		pci_class_word(d->class), or_dash(d->driver), group, node, or_dash(d->cpus), or_dash(d->reset), vfs,
		pci_can_word(r->verdict.can));
	fprintf(out, "    %s%s%s [%04x:%04x]\n", r->name, *r->name && *r->class_name ? ", " : "", r->class_name,
		d->vendor, d->device);
	if (*r->verdict.why)
		fprintf(out, "    %s%s%s\n", r->verdict.why, *r->verdict.remedy ? "; " : "", r->verdict.remedy);
}

void pci_print(const struct pci_devs *devs, const struct pci_row *row, uint32_t nr, FILE *out)
{
	(void)devs;
	if (!nr) {
		fputs("This host has no PCI devices that could be handed over.\n", out);
		return;
	}
	fprintf(out, "%-13s %-14s %-12s %5s %4s %-10s %-10s %-7s %s\n", "ADDRESS", "CLASS", "DRIVER", "GROUP", "NODE",
		"CPUS", "RESET", "VFS", "PASS");
	for (uint32_t i = 0; i < nr; i++)
		row_print(&row[i], out);
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *number_or_null(int64_t v)
{
	return v < 0 ? json_null() : json_integer(v);
}

static json_t *members_json(const struct pci_devs *devs, const struct pci_dev *d)
{
	json_t *list = json_array();
	char addr[PCI_ADDR_TEXT];

	for (uint32_t i = 0; list && i < devs->nr; i++) {
		const struct pci_dev *o = &devs->at[i];

		if (d->group >= 0 && o->group == d->group && !pci_addr_equal(o->addr, d->addr))
			json_array_append_new(list, json_string(pci_addr_format(o->addr, addr)));
	}
	return list;
}

static json_t *resets_json(const struct pci_dev *d)
{
	json_t *list = json_array();
	char text[sizeof(d->reset)], *save = NULL;

	snprintf(text, sizeof(text), "%s", d->reset);
	for (char *word = strtok_r(text, " ", &save); list && word; word = strtok_r(NULL, " ", &save))
		json_array_append_new(list, json_string(word));
	return list;
}

static json_t *row_json(const struct pci_devs *devs, const struct pci_row *r)
{
	const struct pci_dev *d = r->dev;
	char addr[PCI_ADDR_TEXT], pf[PCI_ADDR_TEXT], class[12];

	snprintf(class, sizeof(class), "0x%06x", d->class & 0xffffff);
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:i, s:i}, s:o, s:s, s:o, s:o}",
		"address", pci_addr_format(d->addr, addr), "class", pci_class_word(d->class), "name", text_or_null(r->name),
		"class_name", text_or_null(r->class_name), "class_code", class, "vendor", d->vendor, "device", d->device,
		"driver", text_or_null(d->driver), "group", number_or_null(d->group), "group_members", members_json(devs, d),
		"node", number_or_null(d->node.os), "cpus", text_or_null(d->cpus), "reset", resets_json(d), "sriov", "vfs",
		(int)d->vfs, "most", (int)d->vfs_max, "vf_of",
		d->is_vf ? json_string(pci_addr_format(d->pf, pf)) : json_null(), "pass", pci_can_word(r->verdict.can), "why",
		text_or_null(r->verdict.why), "remedy", text_or_null(r->verdict.remedy));
}

int pci_json(const struct pci_devs *devs, const struct pci_row *row, uint32_t nr, FILE *out)
{
	json_t *list = json_array();
	int err = list ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < nr && !err; i++)
		err = json_array_append_new(list, row_json(devs, &row[i])) ? -ENOMEM : 0;
	if (!err && json_dumpf(list, out, JSON_INDENT(2)) != 0)
		err = -EIO;
	if (!err)
		fputc('\n', out);
	json_decref(list);
	return err;
}
