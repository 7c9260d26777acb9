/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib_late.c - zlib, loaded when it is first called (late.h): the doctor reads /proc/config.gz. */
#include <zlib.h>

#include "vmm/late.h"

#define ZLIB "libz.so.1"

LATE_FIRST(ZLIB, gzFile, gzdopen, (int fd, const char *mode), (fd, mode))
LATE(ZLIB, int, gzread, (gzFile file, voidp buf, unsigned size), (file, buf, size))
LATE(ZLIB, int, gzclose, (gzFile file), (file))
