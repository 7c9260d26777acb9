/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover.c - from --device to functions of the host that are bound to vfio-pci. */
#include "launcher/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "passthrough/device_spec.h"
#include "passthrough/pci_bind.h"
#include "vmm/log.h"

static const struct host_tree this_host = { .root = "" };

static int one_choose(struct handover *h, const char *text, struct device_candidate *c, uint32_t nr, bool force)
{
	struct device_spec spec;
	char why[768];
	int i = device_spec_parse(text, &spec, why, sizeof(why)), pf;

	if (i < 0)
		return log_errno(i, "--device %s: %s", text, why);
	i = device_choose(&spec, c, nr, force, why, sizeof(why));
	/* None to be had: one can be made where the card has none at all, since its number is changed by way of 0. */
	pf = i < 0 ? device_choose_pf(&spec, c, nr) : -1;
	if (i < 0 && pf < 0)
		return log_errno(i, "--device %s: %s", text, why);
	if (i >= 0)
		c[i].taken = true;
	h->make[h->nr] = i < 0;
	h->link[h->nr] = spec.link;
	h->dev[h->nr++] = *c[i < 0 ? pf : i].dev;
	return 0;
}

int handover_choose(struct handover *h, const struct run_config *cfg)
{
	struct device_candidate *c;
	struct pci_devs devs;
	struct pci_use use;
	int err;

	*h = (struct handover){ .ledger.fd = -1 };
	if (!cfg->device.nr)
		return 0;
	err = pci_devs_read(&this_host, &devs);
	if (!err && !devs.nr)
		err = -ENODEV;
	if (err)
		return log_errno(err, err == -ENODEV ? "device: this machine has no PCI bus" : "PCI devices: %m");
	c = calloc(devs.nr + 1, sizeof(*c));
	if (!c) {
		pci_devs_fini(&devs);
		return log_errno(-ENOMEM, "devices: %m");
	}
	for (uint32_t i = 0; i < devs.nr; i++) {
		c[i].dev = &devs.at[i];
		pci_use(&this_host, c[i].dev, &use);
		pci_verdict(&devs, c[i].dev, &use, &c[i].verdict);
	}
	for (uint32_t i = 0; i < cfg->device.nr && !err; i++)
		err = one_choose(h, cfg->device.at[i], c, devs.nr, cfg->force);
	free(c);
	pci_devs_fini(&devs);
	return err;
}

int handover_request(const struct handover *h, const struct host *host, struct request *r)
{
	int err = 0;

	for (uint32_t i = 0; i < h->nr && !err; i++) {
		/* On a machine of one node, firmware often does not tell. */
		hnode_t node = host_find_node(host, h->dev[i].node) ? h->dev[i].node : (hnode_t){ -1 };

		err = request_add_device(r, node);
	}
	return err ? log_errno(err, "placement: %m") : 0;
}

/* Of this process, when its ledger is closed, and of others that are no more. */
static int orphans_return(uint32_t *nr)
{
	return ledger_recover(LEDGER_DIR, PCI_LEDGER, false, pci_undo, (void *)(uintptr_t)&this_host, nr);
}

/* What others left is no reason not to start. */
void handover_recover(void)
{
	uint32_t nr;

	if (geteuid() != 0)
		return;
	if (orphans_return(&nr) == 0 && nr)
		log_info("gave back %u device%s that a killed thole had", nr, nr == 1 ? "" : "s");
}

static int ledger_need(struct handover *h)
{
	return h->ledger.fd < 0 ? ledger_open(&h->ledger, LEDGER_DIR, PCI_LEDGER, NULL) : 0;
}

/* As many as are asked of that card, at once; in their order they are the devices that ask. */
static int vfs_make(struct handover *h, struct pci_addr pf)
{
	uint32_t nr = 0, n = 0;
	int err;

	for (uint32_t i = 0; i < h->nr; i++)
		nr += h->make[i] && pci_addr_equal(h->dev[i].addr, pf);
	if ((err = ledger_need(h)) != 0 || (err = pci_vfs_set(&this_host, &h->ledger, pf, nr)) != 0)
		return err;
	for (uint32_t i = 0; i < h->nr && !err; i++) {
		struct pci_addr vf;

		if (!h->make[i] || !pci_addr_equal(h->dev[i].addr, pf))
			continue;
		h->make[i] = false;
		err = pci_vf_find(&this_host, pf, n++, &vf);
		if (!err)
			err = pci_dev_read(&this_host, vf, &h->dev[i]);
		if (err)
			log_errno(err, "virtual function %u, which was just made, is not there; see dmesg", n - 1);
	}
	return err;
}

static int vfs_prepare(struct handover *h)
{
	int err = 0;

	for (uint32_t i = 0; i < h->nr && !err; i++)
		if (h->make[i])
			err = vfs_make(h, h->dev[i].addr);
	for (uint32_t i = 0; i < h->nr && !err; i++)
		if (!vf_link_is_empty(&h->link[i]) && (err = ledger_need(h)) == 0)
			err = pci_vf_link(&this_host, &h->ledger, h->dev[i].addr, &h->link[i]);
	return err;
}

int handover_take(struct handover *h, bool force)
{
	int err = vfs_prepare(h);

	for (uint32_t i = 0; i < h->nr && !err; i++) {
		struct pci_dev now;

		if (pci_dev_read(&this_host, h->dev[i].addr, &now) == 0 && strcmp(now.driver, "vfio-pci") == 0)
			continue;
		err = ledger_need(h);
		if (!err)
			err = pci_bind(&this_host, &h->ledger, h->dev[i].addr, force);
	}
	if (err)
		handover_return(h);
	return err;
}

void handover_return(struct handover *h)
{
	uint32_t nr;

	if (h->ledger.fd < 0)
		return;
	ledger_close(&h->ledger);
	if (orphans_return(&nr) != 0)
		log_warn("not all devices are back with their drivers; thole pci restore tries again");
}
