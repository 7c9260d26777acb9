/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.c - the device's side of initialization (virtio 1.2, 3.1.1), whatever the transport:
 *
 *   reset -> ACKNOWLEDGE -> DRIVER -> features -> FEATURES_OK -> queues -> DRIVER_OK -> active
 *     ^                                   (sticks if they are a subset)                  |
 *     `------------- status := 0, at any time; the only way out of NEEDS_RESET <--------'
 */
#include "vmm/virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/log.h"

#define ISR_QUEUE  1u /* 4.1.4.5 */
#define ISR_CONFIG 2u

static int eventfd_make(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void eventfd_count(int fd)
{
	const uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n; /* full: nobody has looked yet, and there is something to see */
}

static void eventfd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void queues_fini(struct virtio *v)
{
	for (uint16_t i = 0; i < v->setup.nr_queues; i++) {
		eventfd_close(v->queue[i].kick);
		eventfd_close(v->queue[i].call);
	}
	eventfd_close(v->config_call);
	free(v->queue);
}

static bool queues_open(struct virtio *v)
{
	bool all = true;

	v->config_call = eventfd_make();
	for (uint16_t i = 0; i < v->setup.nr_queues; i++) {
		struct virtio_queue *q = &v->queue[i];

		*q = (struct virtio_queue){ .size_max = v->setup.queue_size[i] };
		q->kick = eventfd_make();
		q->call = eventfd_make();
		q->place.size = q->size_max;
		all &= q->kick >= 0 && q->call >= 0;
	}
	return all && v->config_call >= 0;
}

int virtio_init(struct virtio *v, const struct virtio_setup *setup)
{
	int err;

	*v = (struct virtio){ .ops = setup->ops, .setup = *setup };
	if (setup->nr_queues > VIRTIO_QUEUES_MAX)
		return log_errno(
			-EINVAL, "%s: %u queues are too many", v->ops->name, setup->nr_queues);
	v->queue = calloc(setup->nr_queues, sizeof(*v->queue));
	if (!v->queue)
		return log_errno(-ENOMEM, "%s: %m", v->ops->name);
	if (!queues_open(v)) {
		err = log_errno(-errno,
			"%s: cannot make its eventfds: %m; is the limit on open files too low "
			"(ulimit -n)?",
			v->ops->name);
		queues_fini(v);
		return err;
	}
	pthread_mutex_init(&v->lock, NULL);
	return 0;
}

void virtio_fini(struct virtio *v)
{
	if (v->active)
		v->ops->reset(v);
	queues_fini(v);
	pthread_mutex_destroy(&v->lock);
}

bool virtio_has(const struct virtio *v, unsigned feature)
{
	return v->accepted >> feature & 1;
}

void virtio_call(struct virtio *v, uint16_t queue)
{
	v->isr |= ISR_QUEUE;
	eventfd_count(v->queue[queue].call);
}

void virtio_config_changed(struct virtio *v)
{
	v->generation++;
	v->isr |= ISR_CONFIG;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		eventfd_count(v->config_call);
}

static void activity(struct virtio *v, bool active)
{
	if (!active && v->active)
		v->ops->reset(v);
	v->active = active;
	if (v->activity)
		v->activity(v);
}

void virtio_fail(struct virtio *v, const char *what, const char *why)
{
	if (!v->faults++)
		log_warn("%s: the guest's driver broke it (%s: %s); it does nothing until the "
			 "driver resets it",
			v->ops->name, what, why);
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	activity(v, false);
	virtio_config_changed(v); /* 2.1.2: only after DRIVER_OK is there somebody to tell */
}

void virtio_queue_ring(const struct virtio *v, uint16_t queue, struct ring *r)
{
	ring_start(r, v->setup.mem, &v->queue[queue].place, v->accepted);
}

struct virtio_queue_map virtio_queue_map(const struct virtio *v, uint16_t queue)
{
	const struct ring_place *p = &v->queue[queue].place;

	return (struct virtio_queue_map){
		mem_at(v->setup.mem, p->desc, 1),
		mem_at(v->setup.mem, p->avail, 1),
		mem_at(v->setup.mem, p->used, 1),
	};
}

void virtio_kick(const struct virtio *v, uint16_t queue)
{
	eventfd_count(v->queue[queue].kick);
}

uint64_t virtio_offered(const struct virtio *v)
{
	return v->setup.features | 1ull << VIRTIO_F_VERSION_1;
}

bool virtio_negotiated(const struct virtio *v)
{
	return v->status & VIRTIO_CONFIG_S_FEATURES_OK;
}

void virtio_accept(struct virtio *v, unsigned word, uint32_t bits)
{
	if (word > 1 || virtio_negotiated(v))
		return;
	v->accepted &= ~(0xffffffffull << (32 * word));
	v->accepted |= (uint64_t)bits << (32 * word);
}

/* Everything as at power-on but the eventfds, which others hold. */
static void device_reset(struct virtio *v)
{
	activity(v, false);
	v->accepted = 0;
	v->status = 0;
	v->isr = 0;
	for (uint16_t i = 0; i < v->setup.nr_queues; i++) {
		struct virtio_queue *q = &v->queue[i];

		q->enabled = false;
		q->place = (struct ring_place){ .size = q->size_max };
	}
}

static void device_activate(struct virtio *v)
{
	int err;

	for (uint16_t i = 0; i < v->setup.nr_queues; i++) {
		const struct virtio_queue *q = &v->queue[i];
		const char *why = q->enabled ? ring_place_fault(v->setup.mem, &q->place) : NULL;

		if (why) {
			virtio_fail(v, "a queue", why);
			return;
		}
	}
	if ((err = v->ops->activate(v)) != 0) {
		virtio_fail(v, "its start", strerror(-err));
		return;
	}
	activity(v, true);
}

void virtio_status_set(struct virtio *v, uint8_t status)
{
	uint8_t added;

	if (!status) {
		device_reset(v);
		return;
	}
	/* Bits are only added (2.1.1), and NEEDS_RESET is ours. */
	added = status & (uint8_t) ~(v->status | VIRTIO_CONFIG_S_NEEDS_RESET);
	if ((added & VIRTIO_CONFIG_S_FEATURES_OK) &&
		((v->accepted & ~virtio_offered(v)) || !virtio_has(v, VIRTIO_F_VERSION_1)))
		added &=
			(uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK; /* the driver reads it back (3.1.1, step 6) */
	if (!((v->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= (uint8_t)~VIRTIO_CONFIG_S_DRIVER_OK;
	v->status |= added;
	if ((added & VIRTIO_CONFIG_S_DRIVER_OK) && !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		device_activate(v);
}

void virtio_halt(struct virtio *v)
{
	if (!v->active)
		return;
	activity(v, false);
	v->status &= (uint8_t)~VIRTIO_CONFIG_S_DRIVER_OK;
}

static void config_write(struct virtio *v, const struct access *a, uint32_t offset)
{
	for (uint32_t i = 0; i < a->size; i++) {
		uint8_t mask = v->setup.config_mask ? v->setup.config_mask[offset + i] : 0;
		uint8_t byte = (uint8_t)(a->value >> (8 * i));

		v->setup.config[offset + i] =
			(uint8_t)((v->setup.config[offset + i] & ~mask) | (byte & mask));
	}
	v->ops->config_written(v, offset, a->size);
}

enum io_result virtio_config_access(struct virtio *v, struct access *a)
{
	uint32_t offset = (uint32_t)a->offset;

	if (a->offset >= v->setup.config_size || a->size > v->setup.config_size - offset) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	if (a->write) {
		config_write(v, a, offset);
		return IO_OK;
	}
	a->value = 0;
	memcpy(&a->value, v->setup.config + offset, a->size);
	return IO_OK;
}
