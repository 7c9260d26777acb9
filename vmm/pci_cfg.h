/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_cfg.h - little-endian fields in a configuration space's bytes.
 *
 * Pure; the caller has checked that offset + size lies inside.
 */
#ifndef VMM_PCI_CFG_H
#define VMM_PCI_CFG_H

#include <stdint.h>

static inline uint64_t cfg_get(const uint8_t *cfg, uint32_t offset, uint32_t size)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < size; i++)
		v |= (uint64_t)cfg[offset + i] << (8 * i);
	return v;
}

static inline void cfg_put(uint8_t *cfg, uint32_t offset, uint64_t v, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		cfg[offset + i] = (uint8_t)(v >> (8 * i));
}

#endif
