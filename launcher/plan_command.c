/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_command.c - `thole plan`: say where everything would go, on this machine or another.
 *
 *   options -> host (this machine, or --topology) -> request -> plan -> table, JSON, picture
 *
 * Nothing is started and nothing is changed.
 */
#include <errno.h>
#include <stdlib.h>

#include "launcher/command.h"
#include "launcher/config_args.h"
#include "launcher/exit_code.h"
#include "launcher/handover.h"
#include "launcher/output.h"
#include "launcher/placement.h"

enum { KEY_TOPOLOGY = CONFIG_KEY_OWN, KEY_FREE_PAGES, KEY_DEVICE_NODE, KEY_JSON, KEY_SVG };

#define TEXTS_MAX 64

/* What `plan` has of its own. Strings are argv's. */
struct plan_args {
	const char *topology; /* NULL: this machine */
	const char *free_pages[TEXTS_MAX];
	uint32_t nr_free_pages;
	hnode_t device[TEXTS_MAX];
	uint32_t nr_devices;
	const char *svg;
	bool json;
};

static const struct argp_option plan_options[] = {
	{ .doc = "What to plan for, and how to show it", .group = 100 },
	{ "topology", KEY_TOPOLOGY, "FILE|TEXT", 0,
		"another machine: hwloc's XML (lstopo FILE.xml), or a "
		"description such as \"package:2 [numa(memory=64GB)] l3:1 core:8 pu:2\"",
		100 },
	{ "free-pages", KEY_FREE_PAGES, "NODE:SIZE=N,...;...", 0,
		"free huge pages of host nodes, such as "
		"'0:1G=4,2M=512;1:1G=4'; may be given again",
		100 },
	{ "device-node", KEY_DEVICE_NODE, "NODE", 0,
		"plan near a device on this host node; may be given "
		"again",
		100 },
	{ "json", KEY_JSON, NULL, 0, "print JSON rather than a table", 100 },
	{ "svg", KEY_SVG, "FILE", 0, "draw the plan, too", 100 },
	{ 0 },
};

static error_t device_node_add(struct plan_args *a, const char *text)
{
	char *end;
	unsigned long node = strtoul(text, &end, 10);

	if (end == text || *end || *text == '-' || node > INT32_MAX || a->nr_devices == TEXTS_MAX) {
		log_errno(-EINVAL, "--device-node=%.40s: expected the number of a host node", text);
		return EINVAL;
	}
	a->device[a->nr_devices++].os = (int)node;
	return 0;
}

static error_t plan_key(int key, char *arg, struct argp_state *state)
{
	struct plan_args *a = state->input;

	switch (key) {
	case KEY_TOPOLOGY: a->topology = arg; return 0;
	case KEY_DEVICE_NODE: return device_node_add(a, arg);
	case KEY_JSON: a->json = true; return 0;
	case KEY_SVG: a->svg = arg; return 0;
	case KEY_FREE_PAGES:
		if (a->nr_free_pages == TEXTS_MAX)
			return E2BIG;
		a->free_pages[a->nr_free_pages++] = arg;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp plan_argp = { .options = plan_options, .parser = plan_key };

static int host_make(struct host *h, const struct plan_args *a)
{
	char why[128];
	int err = a->topology ? host_load_described(h, a->topology) : host_load(h);

	for (uint32_t i = 0; i < a->nr_free_pages && !err; i++) {
		err = host_set_pages(h, a->free_pages[i], why, sizeof(why));
		if (!err)
			continue;
		host_fini(h);
		log_errno(err, "--free-pages=%.64s: %s", a->free_pages[i], why);
	}
	return err;
}

/* Devices of this machine, which a plan for another one knows nothing of. */
static int devices_add(struct request *r, const struct run_config *c, const struct host *h, const struct plan_args *a)
{
	struct handover *devices;
	int err;

	if (!c->device.nr)
		return 0;
	if (a->topology)
		return log_errno(-EINVAL, "--device is looked up on this machine; with --topology, say --device-node=NODE");
	devices = calloc(1, sizeof(*devices));
	if (!devices)
		return log_errno(-ENOMEM, "--device: %m");
	err = handover_choose(devices, c);
	if (!err)
		err = handover_request(devices, h, r);
	free(devices);
	return err;
}

static int request_make(struct request *r, const struct run_config *c, const struct host *h,
	const struct plan_args *a)
{
	int err = placement_request(r, c);

	for (uint32_t i = 0; i < a->nr_devices && !err; i++) {
		if (!host_find_node(h, a->device[i]))
			err = log_errno(-EINVAL, "--device-node=%d: there is no such node",
				a->device[i].os);
		else if ((err = request_add_device(r, a->device[i])) != 0)
			log_errno(err, "--device-node: %m");
		if (err)
			request_fini(r);
	}
	if (!err && (err = devices_add(r, c, h, a)) != 0)
		request_fini(r);
	return err;
}

static int plan_show(const struct plan *p, const struct host *h, const struct plan_args *a)
{
	int err = 0;

	if (!a->json)
		plan_print(p, h, stdout);
	else if ((err = plan_json(p, h, stdout)) != 0)
		return log_errno(err, "JSON: %m");
	if ((err = output_end()) != 0)
		return err;
	return a->svg ? plan_draw(p, h, a->topology, a->svg) : 0;
}

static int plan_for(const struct run_config *c, const struct plan_args *a)
{
	struct claim claim;
	struct request r;
	struct plan p;
	struct host h;
	int err = host_make(&h, a);

	if (err)
		return err;
	if ((err = request_make(&r, c, &h, a)) != 0)
		goto err_host;
	if (a->topology) {
		err = placement_plan(&h, &r, &p);
	} else {
		claim_open(&claim, CLAIM_FILE);
		err = placement_beside(&h, &r, &claim, &p);
		claim_close(&claim);
	}
	if (err)
		goto err_request;
	err = plan_show(&p, &h, a);
	plan_fini(&p);
err_request:
	request_fini(&r);
err_host:
	host_fini(&h);
	return err;
}

int plan_command(int argc, char **argv)
{
	struct plan_args args = { 0 };
	const struct config_line line = {
		.name = "plan",
		.doc = "Show which CPUs, memory and pages a machine would get, without starting "
		       "it.",
		.own = &plan_argp,
		.own_input = &args,
	};
	struct run_config config;
	int err = run_config_from_args(&config, &line, argc, argv);

	if (err)
		return err < 0 ? EXIT_CODE_FAILED : 0;
	err = plan_for(&config, &args);
	run_config_fini(&config);
	return err ? EXIT_CODE_FAILED : 0;
}
