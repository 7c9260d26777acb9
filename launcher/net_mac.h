/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_mac.h - Ethernet addresses: as text, and for machines that were given none.
 *
 * Pure, but for net_identity_read(), which reads the environment. Any thread.
 */
#ifndef LAUNCHER_NET_MAC_H
#define LAUNCHER_NET_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_BYTES 6u

/* "02:00:00:00:00:01": six bytes, of one station (not a group's, not all zeroes). */
bool mac_read(const char *text, uint8_t mac[static MAC_BYTES]);

/* What tells a machine from all others; NULL: not known. */
struct net_identity {
	const char *host; /* its name */
	const char *name; /* the machine's */
	const char *job;  /* the batch system's number */
	const char *rank; /* within the job */
	long pid;	  /* 0 if the above will do: an address is the same whenever a job's machine starts again */
};

/* host: room for the host's name. */
struct net_identity net_identity_read(const char *name, char *host, size_t size);

/* The address of the machine's so-manieth network device: locally administered, equal for equal identities,
 * different for others but for one chance in 2^46. */
void mac_derive(const struct net_identity *id, uint32_t index, uint8_t mac[static MAC_BYTES]);

#endif
