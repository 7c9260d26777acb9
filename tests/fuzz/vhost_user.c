/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user.c - fuzz: what a vhost-user back end can answer, and ask. The first byte says which: the answers
 * to a disk's start, use and end, or requests on the back end's own channel. Whatever comes, it is an
 * error or it is not, no descriptor is left open, and once the connection is broken it stays so.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/virtio_guest.h"
#include "vmm/log.h"
#include "vmm/virtio/vhost_user_dev.h"
#include "vmm/virtio/vhost_user_socket.h"

#define RINGS MiB(1)

static struct guest g;
static struct loop loop;

static void broken_rule(const char *rule)
{
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

static void woken(void *ctx)
{
	(void)ctx;
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void status(struct virtio *v, uint8_t s)
{
	pthread_mutex_lock(&v->lock);
	virtio_status_set(v, s);
	pthread_mutex_unlock(&v->lock);
}

static void drive(struct vhost_user_dev *d)
{
	struct guest_ring r;
	bool was;

	virtio_accept(&d->v, 0, (uint32_t)virtio_offered(&d->v));
	virtio_accept(&d->v, 1, (uint32_t)(virtio_offered(&d->v) >> 32));
	status(&d->v, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	for (uint16_t q = 0; q < 2; q++) {
		guest_ring_init(&r, &g, RINGS + q * KiB(4));
		d->v.queue[q].place = r.place;
		d->v.queue[q].enabled = true;
	}
	status(&d->v, d->v.status | VIRTIO_CONFIG_S_DRIVER_OK);
	was = d->u.broken;
	if (was && d->v.active)
		broken_rule("a device is not started by a back end that has failed");
	status(&d->v, 0);
	if (was && !d->u.broken)
		broken_rule("what is broken stays so");
}

static void session(int front)
{
	struct vhost_user_setup s = { "the back end", front, 5, &g.mem, &loop };
	struct vhost_user_dev d;

	if (vhost_user_blk_create(&d, &s, 2) != 0)
		return;
	drive(&d);
	vhost_user_dev_destroy(&d);
}

static void channel(int front)
{
	struct vhost_user u = { .name = "the back end", .fd = -1, .channel = front, .timeout_ms = 5 };

	while (vhost_user_channel_read(&u) == 1)
		if (u.broken)
			broken_rule("a good request breaks nothing");
	if (!u.broken)
		broken_rule("the end of a channel is its end");
	vhost_user_fini(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2], before;

	if (!g.mem.window) {
		guest_init(&g);
		if (loop_init(&loop, woken, NULL) != 0)
			abort();
	}
	if (size < 2 || size > 65536)
		return 0;
	before = descriptors();
	if (vhost_user_socket_pair(pair) != 0 || send(pair[1], data + 1, size - 1, MSG_DONTWAIT) < 0)
		abort();
	shutdown(pair[1], SHUT_WR);
	if (*data & 1)
		channel(pair[0]);
	else
		session(pair[0]);
	close(pair[1]);
	if (descriptors() != before)
		broken_rule("no descriptor is left open");
	return 0;
}
