/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link.h - network interfaces of this host, by name: what they are, and the few things that are changed.
 *
 * Threads: any. Owns nothing. Errors: -errno, not reported: callers know what for.
 */
#ifndef LAUNCHER_LINK_H
#define LAUNCHER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/util.h"

/* Is that a name that an interface can have? */
bool link_name_good(const char *name);

bool link_exists(const char *name);
bool link_is_bridge(const char *name);

/* A tun or tap device's flags, IFF_TAP and so on (linux/if_tun.h); false: it is none. */
bool link_tun_flags(const char *name, unsigned *flags);

/* Is it turned on, and does it have a carrier? For a tap: does a program have it? */
bool link_is_up(const char *name);
bool link_has_carrier(const char *name);

int link_up(const char *name) must_check;
int link_mtu(const char *name, uint32_t *mtu) must_check;
int link_mtu_set(const char *name, uint32_t mtu) must_check;
int link_mac(const char *name, uint8_t mac[static 6]) must_check;

/* Make it a port of the bridge. */
int link_bridge_add(const char *bridge, const char *port) must_check;

#endif
