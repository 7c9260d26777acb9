/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - qemu-storage-daemon for a disk: raw and qcow2 images, read-only bases, overlays.
 *
 *   image ------------------------------> format (raw | qcow2) -> vhost-user-blk
 *   image -> format, read-only -> overlay: qcow2, a file or one without a name -> vhost-user-blk
 *
 * Threads: main. Errors: negative errno, reported, with the remedy. What qemu-storage-daemon itself does not
 * like (an image that another process has) it says when it is asked for the device: backend_explain().
 */
#ifndef LAUNCHER_DISK_H
#define LAUNCHER_DISK_H

#include "launcher/backend.h"
#include "launcher/config.h"

/*
 * name: for messages. nr_queues: requests are served from as many queues. *lock: a descriptor that keeps
 * others of thole's machines from writing to the image, or from using it at all if this one writes; to be
 * closed after the back end's end.
 */
int disk_start(const struct config_disk *d, const char *name, uint16_t nr_queues, struct backend *b,
	int *lock) must_check;

#endif
