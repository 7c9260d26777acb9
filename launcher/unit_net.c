/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_net.c - network devices: the host's end of each, and the guest's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/machine.h"
#include "launcher/net_mac.h"
#include "vmm/log.h"

/* More than that many pairs help few guests, and each is a thread of the kernel's. */
#define QUEUES_UNASKED 8u

static_assert(CONFIG_NET_QUEUES_MAX == NET_PAIRS_MAX, "what can be asked for can be had");

static int net_create(struct machine *m, struct net_device *d, const struct config_net *cfg, const uint8_t *mac)
{
	struct virtio_net_setup setup = { .sys = &vhost_kernel, .mem = &m->vm.mem, .loop = &m->vm.loop };
	int err = tap_open(&d->tap, cfg, min(m->plan.nr_vcpus, QUEUES_UNASKED), mac);

	if (err)
		return err;
	setup.nr_pairs = d->tap.nr;
	setup.tap = d->tap.fd;
	setup.mtu = d->tap.mtu;
	setup.mac_fixed = d->tap.mac_fixed;
	memcpy(setup.mac, d->tap.mac, sizeof(setup.mac));
	if ((err = virtio_net_create(&d->net, &setup)) != 0)
		goto err_tap;
	if ((err = virtio_pci_add(&d->pci, &d->net.v, &m->pci, &m->vm.routes)) == 0)
		return 0;
	virtio_net_destroy(&d->net);
err_tap:
	tap_close(&d->tap);
	return err;
}

static void net_stop(struct machine *m)
{
	while (m->nr_nets) {
		struct net_device *d = &m->nets[--m->nr_nets];

		virtio_pci_remove(&d->pci);
		virtio_net_destroy(&d->net);
		tap_close(&d->tap);
	}
	free(m->nets);
	m->nets = NULL;
}

static void net_tell(const struct net_device *d, uint32_t i)
{
	const uint8_t *a = d->tap.mac;

	log_debug("net %u: %s, %u pairs of queues, MTU %u, address %02x:%02x:%02x:%02x:%02x:%02x", i,
		*d->tap.name ? d->tap.name : "macvtap", d->tap.nr, d->tap.mtu, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int net_start(struct machine *m)
{
	const struct config_nets *cfg = &m->cfg->net;
	char host[256];
	const struct net_identity id = net_identity_read(m->cfg->name, host, sizeof(host));
	int err = 0;

	if (!cfg->nr)
		return 0;
	m->nets = calloc(cfg->nr, sizeof(*m->nets));
	if (!m->nets)
		return log_errno(-ENOMEM, "cannot make the network devices: %m");
	while (!err && m->nr_nets < cfg->nr) {
		const struct config_net *c = &cfg->at[m->nr_nets];
		uint8_t mac[NET_MAC_BYTES];

		mac_derive(&id, m->nr_nets, mac);
		if (c->has_mac)
			memcpy(mac, c->mac, sizeof(mac));
		if ((err = net_create(m, &m->nets[m->nr_nets], c, mac)) != 0)
			break;
		net_tell(&m->nets[m->nr_nets], m->nr_nets);
		m->nr_nets++;
	}
	if (err)
		net_stop(m);
	return err;
}

const struct unit net_unit = { "net", net_start, net_stop };
