/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.h - a virtio device, whatever it does and wherever its work is done (virtio 1.2, 2 and 3.1).
 *
 * A device is its operations and a struct virtio_setup: features, queue sizes, configuration space.
 * A transport (virtio_pci.h) shows it to the guest. When the driver is ready, activate() finds in
 * queue[i] all that a back end takes, here, in the kernel (vhost) or in another process (vhost-user):
 *
 *   place     where the ring is; virtio_queue_map() has it as host addresses
 *   kick      eventfd that the driver's doorbell counts in, through KVM
 *   call      eventfd that becomes the queue's interrupt, through KVM
 *   mem       guest memory: each region's guest address, host address, file and offset
 *   accepted  the features agreed on
 *
 *   virtio_init -> transport -> ( activate -> queues work -> reset ) ... -> virtio_fini
 *
 * A driver that breaks the rules of a ring stops its device: virtio_fail() sets DEVICE_NEEDS_RESET,
 * counts, says so once, and calls reset(); the driver may begin anew by resetting the device.
 *
 * Threads: the transport's calls come from vCPUs and hold the lock, and so do the operations; a
 * device that works on its queues elsewhere takes the lock for that and looks at active first. It
 * must not take a lock in which it takes this one. Owns: eventfds. Borrows: memory, configuration.
 */
#ifndef VMM_VIRTIO_VIRTIO_H
#define VMM_VIRTIO_VIRTIO_H

#include <pthread.h>

#include "vmm/device.h"
#include "vmm/virtio/ring.h"

#define VIRTIO_QUEUES_MAX 64u

struct virtio;

/* Every operation is present; all are called with the lock held. */
struct virtio_ops {
	const char *name; /* "virtio-console" */
	uint16_t id;	  /* virtio 1.2, 5 */
	uint32_t class;	  /* PCI class, 24 bits */
	/* The driver is ready: start on the queues that are enabled. -errno: the device needs reset. */
	int (*activate)(struct virtio *v);
	/* Stop: once this returns nothing touches guest memory or the eventfds. Only after activate(). */
	void (*reset)(struct virtio *v);
	/* After the driver's write to configuration space; see virtio_setup.config. */
	void (*config_written)(struct virtio *v, uint32_t offset, uint32_t size);
};

struct virtio_setup {
	const struct virtio_ops *ops;
	const struct mem *mem;
	uint64_t features; /* offered; the transport adds VIRTIO_F_VERSION_1 */
	uint16_t nr_queues;
	const uint16_t *queue_size; /* [nr_queues], largest that the driver may take */
	uint8_t *config;	    /* configuration space, the device's own; little endian */
	const uint8_t *config_mask; /* 1: the driver may change the bit; NULL: none */
	uint32_t config_size;
};

struct virtio_queue {
	uint16_t size_max;
	bool enabled;
	struct ring_place place;
	int kick, call;
};

struct virtio {
	const struct virtio_ops *ops;
	struct virtio_setup setup;
	pthread_mutex_t lock;
	uint64_t accepted;
	uint8_t status;
	uint8_t generation; /* of configuration space */
	uint8_t isr;
	bool active; /* between activate() and reset() */
	uint64_t faults;
	struct virtio_queue *queue;
	int config_call; /* eventfd: configuration space has changed, or the device needs reset */
	/* The transport's, told when active has changed. */
	void (*activity)(struct virtio *v);
	void *transport;
};

/* Errors are reported. */
int virtio_init(struct virtio *v, const struct virtio_setup *setup) must_check;

/* vCPUs are gone; an active device is reset. */
void virtio_fini(struct virtio *v);

/* For devices, with the lock held. */
bool virtio_has(const struct virtio *v, unsigned feature);
void virtio_call(struct virtio *v, uint16_t queue); /* an interrupt for the queue */
void virtio_config_changed(struct virtio *v);	    /* after changing setup.config */
void virtio_fail(struct virtio *v, const char *what, const char *why);
void virtio_queue_ring(const struct virtio *v, uint16_t queue, struct ring *r);

/* A queue's parts as this process sees them. They have been checked before activate(). */
struct virtio_queue_map {
	void *desc, *avail, *used;
};
struct virtio_queue_map virtio_queue_map(const struct virtio *v, uint16_t queue);

/* Say to whoever watches a queue that it should look; any thread, no lock. */
void virtio_kick(const struct virtio *v, uint16_t queue);

/* For transports, with the lock held. */
uint64_t virtio_offered(const struct virtio *v);
void virtio_accept(struct virtio *v, unsigned word, uint32_t bits);
bool virtio_negotiated(const struct virtio *v); /* features are settled */
void virtio_status_set(struct virtio *v, uint8_t status);
void virtio_halt(struct virtio *v); /* keep away from memory until the driver starts anew */
enum io_result virtio_config_access(struct virtio *v, struct access *a);

#endif
