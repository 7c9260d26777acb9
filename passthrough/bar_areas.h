/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bar_areas.h - which parts of a BAR the guest reaches directly: what the kernel lets be mapped, without the pages
 * that hold the MSI-X table or its pending bits.
 *
 * Pure; any thread.
 */
#ifndef PASSTHROUGH_BAR_AREAS_H
#define PASSTHROUGH_BAR_AREAS_H

#include "passthrough/vfio_device.h"

#define BAR_AREAS_MAX (VFIO_AREAS_MAX + 2)
#define BAR_PAGE      KiB(4)

/* Fill area[BAR_AREAS_MAX] with multiples of BAR_PAGE, in order; trapped: nr ranges of the BAR. Returns how many. */
uint32_t bar_areas(const struct vfio_region *r, const struct range *trapped, uint32_t nr, struct range *area);

#endif
