/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap.h - the host's end of a network device: a tap that is there or made, alone or on a bridge; a macvtap that is
 * made on an interface; or descriptors of either that thole was started with.
 *
 * What is made here goes with the process, however that ends: a tap that is not persistent lives as long as its
 * descriptors, and a macvtap is made in a network namespace of its own, which nothing but a descriptor of ours keeps.
 *
 * Threads: one. Owns: its descriptors. Errors: reported, with what to do.
 */
#ifndef LAUNCHER_TAP_H
#define LAUNCHER_TAP_H

#include <net/if.h>

#include "launcher/config.h"
#include "vmm/virtio/net.h"

struct tap {
	char name[IFNAMSIZ]; /* of the interface; "": not known here */
	uint32_t nr;	     /* queues */
	int fd[NET_PAIRS_MAX];
	int netns;	/* a macvtap's, or -1 */
	uint32_t mtu;	/* 0: not known */
	bool mac_fixed; /* it gets frames for this address only */
	uint8_t mac[NET_MAC_BYTES];
};

/* queues: as many as there can be, up to that, unless cfg says how many. mac: the guest's; a macvtap that was
 * there before has its own, which is taken unless cfg gives one. */
int tap_open(struct tap *t, const struct config_net *cfg, uint32_t queues, const uint8_t mac[NET_MAC_BYTES])
	must_check;
void tap_close(struct tap *t);

/* For the kinds of it: a queue more, of the interface whose name is in t; flags beside those of any tap. */
int tap_queue_add(struct tap *t, const char *path, unsigned flags) must_check;

/* In tap_macvtap.c: on the interface cfg->name; t->mac and the number of queues are given. */
int macvtap_open(struct tap *t, const struct config_net *cfg, uint32_t queues) must_check;

#endif
