/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.h - virtio-console (virtio 1.2, 5.3): a console, and named ports beside it.
 *
 *   guest: /dev/hvc0 <-----> port 0 <--stream--> the host's end
 *          /dev/virtio-ports/NAME <-> port 1, 2, ... <--stream--> ...
 *
 * Nothing is buffered here: output stays in the guest's buffers until the host's end takes it, and
 * input goes straight into buffers that the guest has posted. So a guest can write no faster than it
 * is read, and nothing is lost. Linux spins while the console itself (port 0) is not read.
 *
 *   virtio_console_init -> add ports -> virtio_console_create -> virtio_pci_add -> vCPUs run and are gone
 *   -> virtio_pci_remove -> virtio_console_destroy
 *
 * Threads: all on the event loop's, but for what the transport calls; locked within. The notify
 * functions are called on the event loop, without a lock. Borrows: the loop, guest memory.
 */
#ifndef VMM_VIRTIO_CONSOLE_H
#define VMM_VIRTIO_CONSOLE_H

#include "vmm/loop.h"
#include "vmm/stream.h"
#include "vmm/virtio/virtio.h"

#include <linux/virtio_console.h>

#define VIRTIO_PORTS_MAX     16u /* port 0 and 15 with names */
#define VIRTIO_PORT_NAME_MAX 64u

/* A chain that the guest has handed over and that is not used up yet. */
struct port_chain {
	struct ring_chain chain;
	bool held;
	uint64_t at; /* bytes used */
};

struct virtio_console;

/* A queue's doorbell on the event loop. */
struct console_kick {
	struct loop_source source;
	struct virtio_console *console;
	uint16_t queue;
};

struct virtio_port {
	struct stream stream;
	struct virtio_console *console;
	uint32_t id;
	char name[VIRTIO_PORT_NAME_MAX + 1];
	bool exists;
	bool host_open;	 /* somebody is at the host's end */
	bool guest_open; /* somebody is at the guest's */
	bool ready;	 /* the guest knows the port, so it can be told about it */
	uint8_t tell;	 /* messages that the guest has yet to get */
	struct ring in, out;
	struct port_chain in_chain, out_chain;
	void (*notify)(
		void *ctx); /* there is output, or room for input, or the guest has come or gone */
	void *notify_ctx;
};

struct virtio_console {
	struct virtio v;
	struct loop *loop;
	struct virtio_port port[VIRTIO_PORTS_MAX];
	uint32_t nr_ports; /* up to the last that exists; at least 1 */
	struct ring control_in, control_out;
	struct ring_chain scratch; /* control messages */
	struct virtio_console_config config;
	struct console_kick kick[2 * VIRTIO_PORTS_MAX + 2]; /* by queue */
};

void virtio_console_init(struct virtio_console *c);

/* The console itself: hvc0. Its host's end is always open. Before create. */
struct virtio_port *virtio_console_hvc(
	struct virtio_console *c, void (*notify)(void *ctx), void *ctx);

/* A port with a name. NULL: there are too many. Before create. */
struct virtio_port *virtio_console_port(
	struct virtio_console *c, const char *name, void (*notify)(void *ctx), void *ctx);

/* Make the device, and have the loop listen to its doorbells. Errors are reported. */
int virtio_console_create(
	struct virtio_console *c, const struct mem *mem, struct loop *loop) must_check;
void virtio_console_destroy(struct virtio_console *c);

/* Somebody has come to the host's end of the port, or gone; the guest is told. Ports begin closed. */
void virtio_port_open(struct virtio_port *p, bool open);

/* Have notify() called again, from the loop: there was more to do than one turn should. */
void virtio_port_again(struct virtio_port *p);

#endif
