/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hwloc_late.c - the library hwloc, loaded when it is first called (late.h).
 *
 * `thole run` reads /sys by itself. hwloc reads descriptions of other machines, draws, and helps out
 * where /sys is odd. It would bring libm and libudev into every run: 0.3 ms of a start, and 0.4 MiB. A use of it
 * begins with hwloc_topology_init(), which fails where there is no library.
 */
#include <hwloc.h>

#include "vmm/late.h"
#include "vmm/util.h"

#define HWLOC "libhwloc.so.15" /* the ABI of all of hwloc 2 */
static_assert(HWLOC_API_VERSION >> 16 == 2, "another hwloc has another ABI");

int hwloc_topology_init(hwloc_topology_t *t)
{
	__typeof__(&hwloc_topology_init) late =
		(__typeof__(&hwloc_topology_init))late_function(HWLOC, "hwloc_topology_init");

	return late ? late(t) : -1;
}

LATE(HWLOC, void, hwloc_topology_destroy, (hwloc_topology_t t), (t))
LATE(HWLOC, int, hwloc_topology_load, (hwloc_topology_t t), (t))
LATE(HWLOC, int, hwloc_topology_set_flags, (hwloc_topology_t t, unsigned long flags), (t, flags))
LATE(HWLOC, int, hwloc_topology_set_components, (hwloc_topology_t t, unsigned long flags, const char *name), (t, flags, name))
LATE(HWLOC, int, hwloc_topology_set_xml, (hwloc_topology_t t, const char *path), (t, path))
LATE(HWLOC, int, hwloc_topology_set_synthetic, (hwloc_topology_t t, const char *text), (t, text))
LATE(HWLOC, int, hwloc_topology_export_xml, (hwloc_topology_t t, const char *path, unsigned long flags), (t, path, flags))
LATE(HWLOC, int, hwloc_topology_set_type_filter, (hwloc_topology_t t, hwloc_obj_type_t type, enum hwloc_type_filter_e filter),
	(t, type, filter))
LATE(HWLOC, int, hwloc_topology_set_all_types_filter, (hwloc_topology_t t, enum hwloc_type_filter_e filter), (t, filter))
LATE(HWLOC, int, hwloc_topology_set_cache_types_filter, (hwloc_topology_t t, enum hwloc_type_filter_e filter), (t, filter))
LATE(HWLOC, int, hwloc_topology_set_icache_types_filter, (hwloc_topology_t t, enum hwloc_type_filter_e filter), (t, filter))
LATE(HWLOC, hwloc_const_cpuset_t, hwloc_topology_get_allowed_cpuset, (hwloc_topology_t t), (t))
LATE(HWLOC, hwloc_const_nodeset_t, hwloc_topology_get_allowed_nodeset, (hwloc_topology_t t), (t))

LATE(HWLOC, int, hwloc_get_type_depth, (hwloc_topology_t t, hwloc_obj_type_t type), (t, type))
LATE(HWLOC, unsigned, hwloc_get_nbobjs_by_depth, (hwloc_topology_t t, int depth), (t, depth))
LATE(HWLOC, hwloc_obj_t, hwloc_get_obj_by_depth, (hwloc_topology_t t, int depth, unsigned index), (t, depth, index))
LATE(HWLOC, int, hwloc_obj_type_is_cache, (hwloc_obj_type_t type), (type))
LATE(HWLOC, int, hwloc_obj_type_is_dcache, (hwloc_obj_type_t type), (type))
LATE(HWLOC, int, hwloc_obj_add_info, (hwloc_obj_t obj, const char *name, const char *value), (obj, name, value))
LATE(HWLOC, hwloc_obj_t, hwloc_topology_insert_misc_object, (hwloc_topology_t t, hwloc_obj_t parent, const char *name),
	(t, parent, name))

LATE(HWLOC, int, hwloc_bitmap_first, (hwloc_const_bitmap_t bitmap), (bitmap))
LATE(HWLOC, int, hwloc_bitmap_isset, (hwloc_const_bitmap_t bitmap, unsigned id), (bitmap, id))
LATE(HWLOC, int, hwloc_bitmap_list_snprintf, (char *to, size_t size, hwloc_const_bitmap_t bitmap), (to, size, bitmap))
LATE(HWLOC, int, hwloc_bitmap_weight, (hwloc_const_bitmap_t bitmap), (bitmap))

LATE(HWLOC, int, hwloc_distances_get_by_type, (hwloc_topology_t t, hwloc_obj_type_t type, unsigned *nr,
	struct hwloc_distances_s **distances, unsigned long kind, unsigned long flags),
	(t, type, nr, distances, kind, flags))
LATE(HWLOC, void, hwloc_distances_release, (hwloc_topology_t t, struct hwloc_distances_s *distances), (t, distances))
