/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_mac.c - see net_mac.h. */
#include "launcher/net_mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/util.h"

bool mac_read(const char *text, uint8_t mac[static MAC_BYTES])
{
	unsigned any = 0;

	for (unsigned i = 0; i < MAC_BYTES; i++) {
		static const char digits[] = "0123456789abcdef";
		unsigned byte = 0;

		for (int k = 0; k < 2; k++, text++) {
			const char *at = *text ? strchr(digits, *text | 0x20) : NULL;

			if (!at)
				return false;
			byte = byte * 16 + (unsigned)(at - digits);
		}
		if (*text++ != (i == MAC_BYTES - 1 ? '\0' : ':'))
			return false;
		mac[i] = (uint8_t)byte;
		any |= byte;
	}
	return any && !(mac[0] & 1);
}

static const char *first_set(const char *const *names)
{
	for (; *names; names++) {
		const char *value = getenv(*names);

		if (value && *value)
			return value;
	}
	return NULL;
}

struct net_identity net_identity_read(const char *name, char *host, size_t size)
{
	static const char *const jobs[] = { "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID", NULL };
	static const char *const ranks[] = { "PMI_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", NULL };
	struct net_identity id = { .host = host, .name = name, .job = first_set(jobs), .rank = first_set(ranks) };

	if (gethostname(host, size) < 0)
		*host = 0;
	host[size - 1] = 0;
	if (!id.name && !id.job)
		id.pid = getpid();
	return id;
}

/* FNV-1a; the length keeps "ab", "c" from being "a", "bc". */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return (h ^ size) * 0x100000001b3;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	return text ? hash(h, text, strlen(text)) : hash(h, "\377", 1);
}

void mac_derive(const struct net_identity *id, uint32_t index, uint8_t mac[static MAC_BYTES])
{
	uint64_t h = 0xcbf29ce484222325;

	h = hash_text(h, id->host);
	h = hash_text(h, id->name);
	h = hash_text(h, id->job);
	h = hash_text(h, id->rank);
	h = hash(h, &id->pid, sizeof(id->pid));
	h = hash(h, &index, sizeof(index));
	/* FNV's upper bits know little of the last bytes: mix (the finalizer of MurmurHash3). */
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	h ^= h >> 33;
	for (unsigned i = 0; i < MAC_BYTES; i++)
		mac[i] = (uint8_t)(h >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); /* a station's, locally administered (IEEE 802, 8.2) */
}
