/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_command.c - `thole pci`: what devices there are, take them from the host, and give them back. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/handover.h"
#include "launcher/output.h"
#include "launcher/pci_print.h"
#include "launcher/suggest.h"
#include "numa/device_cpus.h"
#include "passthrough/pci_bind.h"
#include "passthrough/pci_names.h"
#include "vmm/log.h"

struct pci_args {
	struct host_tree tree;
	const char *ledger; /* directory */
	bool json, all, force, orphans;
	int nr;
	char **word; /* behind the verb */
};

static const char usage[] =
	"usage: thole pci list [--json] [--all] [--root DIR]\n"
	"       thole pci bind [--force] ADDRESS...\n"
	"       thole pci unbind ADDRESS...\n"
	"       thole pci vfs ADDRESS N\n"
	"       thole pci restore [--orphans]\n"
	"\n"
	"Devices of this host that can be handed over to a guest (thole run --device).\n"
	"\n"
	"  list     each device with its driver, IOMMU group, node and nearest CPUs, ways to reset it,\n"
	"           virtual functions, and whether it can be passed; if not, why, and what to do\n"
	"  bind     take it from its driver for VFIO, until unbind, restore or the next boot\n"
	"  unbind   give it back to the driver that it had\n"
	"  vfs      make N virtual functions, which no driver of the host takes by itself\n"
	"  restore  give back everything: what bind and vfs did, and what a killed thole left\n"
	"\n"
	"      --json       print JSON rather than a table\n"
	"      --all        list bridges, too\n"
	"      --orphans    give back only what a killed thole left\n"
	"      --root DIR   look at a copy of another machine's /proc and /sys\n"
	"      --force      take what the host uses: its disk, its network";

/* hwloc's, for this machine: a copy's are what the files say. It has told why where it can't. */
static void cpus_fill(const struct pci_args *a, struct pci_devs *devs)
{
	struct device_cpus near;
	char name[PCI_ADDR_TEXT];

	if (*a->tree.root || device_cpus_open(&near, NULL) != 0)
		return;
	for (uint32_t i = 0; i < devs->nr; i++)
		device_cpus_list(&near, pci_addr_format(devs->at[i].addr, name), devs->at[i].cpus, sizeof(devs->at[i].cpus));
	device_cpus_close(&near);
}

static uint32_t rows_fill(const struct pci_args *a, const struct pci_devs *devs, struct pci_row *row)
{
	struct pci_names *names = pci_names_open();
	struct pci_use use;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < devs->nr; i++) {
		struct pci_row *r = &row[nr];

		if (pci_dev_is_bridge(&devs->at[i]) && !a->all)
			continue;
		*r = (struct pci_row){ .dev = &devs->at[i] };
		pci_use(&a->tree, r->dev, &use);
		pci_verdict(devs, r->dev, &use, &r->verdict);
		pci_names_device(names, r->dev->vendor, r->dev->device, r->name, sizeof(r->name));
		pci_names_class(names, r->dev->class, r->class_name, sizeof(r->class_name));
		nr++;
	}
	pci_names_close(names);
	return nr;
}

static int list(const struct pci_args *a)
{
	struct pci_devs devs;
	struct pci_row *row;
	uint32_t nr;
	int err;

	if (a->nr)
		return log_errno(-EINVAL, "thole pci list takes no argument '%.40s'; see thole pci --help", a->word[0]);
	err = pci_devs_read(&a->tree, &devs);
	if (err)
		return log_errno(err, err == -ENODEV ? "this machine has no PCI bus" : "PCI devices: %m");
	cpus_fill(a, &devs);
	row = calloc(devs.nr + 1, sizeof(*row));
	if (!row)
		err = -ENOMEM;
	nr = row ? rows_fill(a, &devs, row) : 0;
	if (!err && a->json)
		err = pci_json(&devs, row, nr, stdout);
	else if (!err)
		pci_print(&devs, row, nr, stdout);
	if (err)
		log_errno(err, "standard output: %m");
	else
		err = output_end();
	free(row);
	pci_devs_fini(&devs);
	return err;
}

static int addr_read(const char *text, struct pci_addr *addr)
{
	if (pci_addr_parse(text, addr))
		return 0;
	return log_errno(-EINVAL, "%.40s is no PCI address, which looks like 0000:3b:00.1; thole pci list shows them", text);
}

static int words_need(const struct pci_args *a, const char *verb, int least, int most)
{
	if (a->nr >= least && a->nr <= most)
		return 0;
	return log_errno(-EINVAL, "thole pci %s: %s; see thole pci --help", verb,
		a->nr < least ? "something is missing behind it" : "there is too much behind it");
}

static int bind(const struct pci_args *a)
{
	struct ledger l;
	struct pci_addr addr;
	int err = words_need(a, "bind", 1, INT_MAX);

	for (int i = 0; i < a->nr && !err; i++)
		err = addr_read(a->word[i], &addr);
	if (err || (err = ledger_open(&l, a->ledger, PCI_LEDGER, LEDGER_KEPT)) != 0)
		return err;
	for (int i = 0; i < a->nr && !err; i++)
		if ((err = addr_read(a->word[i], &addr)) == 0)
			err = pci_bind(&a->tree, &l, addr, a->force);
	ledger_close(&l);
	return err;
}

struct unbinding {
	const struct pci_args *args;
	struct pci_addr addr;
};

static int unbind_pick(void *ctx, const char *entry)
{
	const struct unbinding *u = ctx;

	return pci_entry_binds(entry, u->addr) ? 0 : 1;
}

static int unbind_undo(void *ctx, const char *entry)
{
	struct unbinding *u = ctx;

	return pci_undo((void *)(uintptr_t)&u->args->tree, entry);
}

static int unbind_one(const struct pci_args *a, struct ledger *l, struct pci_addr addr)
{
	struct unbinding u = { a, addr };
	char name[PCI_ADDR_TEXT];
	struct pci_dev d;
	int err = ledger_undo_one(l, unbind_pick, unbind_undo, &u);

	if (err != -ENOENT)
		return err;
	pci_addr_format(addr, name);
	if (pci_dev_read(&a->tree, addr, &d) != 0)
		return log_errno(-ENODEV, "%s: there is no such device; thole pci list shows them", name);
	return log_errno(-ENOENT, "%s: thole pci bind has not taken it from the host; its driver is %s", name,
		*d.driver ? d.driver : "none");
}

static int unbind(const struct pci_args *a)
{
	struct ledger l;
	struct pci_addr addr;
	int err = words_need(a, "unbind", 1, INT_MAX);

	if (err || (err = ledger_open(&l, a->ledger, PCI_LEDGER, LEDGER_KEPT)) != 0)
		return err;
	for (int i = 0; i < a->nr && !err; i++)
		if ((err = addr_read(a->word[i], &addr)) == 0)
			err = unbind_one(a, &l, addr);
	ledger_close(&l);
	return err;
}

static int vfs(const struct pci_args *a)
{
	struct ledger l;
	struct pci_addr addr;
	unsigned long nr;
	char *end;
	int err = words_need(a, "vfs", 2, 2);

	if (err || (err = addr_read(a->word[0], &addr)) != 0)
		return err;
	nr = strtoul(a->word[1], &end, 10);
	if (end == a->word[1] || *end || nr > 0xffff || a->word[1][0] == '-')
		return log_errno(-EINVAL, "thole pci vfs: %.40s is no number of virtual functions", a->word[1]);
	if ((err = ledger_open(&l, a->ledger, PCI_LEDGER, LEDGER_KEPT)) != 0)
		return err;
	err = pci_vfs_set(&a->tree, &l, addr, (uint32_t)nr);
	ledger_close(&l);
	return err;
}

static int restore(const struct pci_args *a)
{
	uint32_t undone;
	int err = words_need(a, "restore", 0, 0);

	if (err)
		return err;
	err = ledger_recover(a->ledger, PCI_LEDGER, !a->orphans, pci_undo, (void *)(uintptr_t)&a->tree, &undone);
	if (undone || !err)
		log_info(undone == 1 ? "gave back 1 thing" : "gave back %u things", undone);
	return err;
}

static const struct verb {
	const char *name;
	int (*run)(const struct pci_args *a);
} verbs[] = { { "list", list }, { "bind", bind }, { "unbind", unbind }, { "vfs", vfs }, { "restore", restore } };

static int verb_run(const struct pci_args *a, const char *name)
{
	struct suggest s;
	char hint[80];

	suggest_start(&s, name);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			/* Which counts them itself; and another machine's are not ours. */
			if (verbs[i].run != restore && !*a->tree.root)
				handover_recover();
			return verbs[i].run(a);
		}
		suggest_offer(&s, verbs[i].name);
	}
	return log_errno(-EINVAL, "thole pci has no command \"%.40s\"%s%s", name, suggest_text(&s, hint, sizeof(hint)),
		s.best ? "" : "; see thole pci --help");
}

int pci_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "force", no_argument, NULL, 'f' },
		{ "orphans", no_argument, NULL, 'o' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct pci_args a = { .tree = { .root = "" }, .ledger = LEDGER_DIR };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'j': a.json = true; break;
		case 'a': a.all = true; break;
		case 'f': a.force = true; break;
		case 'o': a.orphans = true; break;
		case 'r': a.tree.root = optarg; break;
		case 'h': puts(usage); return 0;
		default: return EXIT_CODE_FAILED;
		}
	}
	if (optind == argc) {
		log_errno(-EINVAL, "thole pci needs list, bind, unbind, vfs or restore; see thole pci --help");
		return EXIT_CODE_FAILED;
	}
	a.nr = argc - optind - 1;
	a.word = argv + optind + 1;
	if (*a.tree.root && strcmp(argv[optind], "list") != 0) {
		log_errno(-EINVAL, "--root is for thole pci list: only this machine can be changed");
		return EXIT_CODE_FAILED;
	}
	return verb_run(&a, argv[optind]) ? EXIT_CODE_FAILED : 0;
}
