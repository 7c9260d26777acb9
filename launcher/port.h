/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port.h - the host's end of a named console port: a file, a socket that others connect to, or a
 * connected socket that thole was started with.
 *
 * One at a time may be connected; the guest is told who comes and goes, and what it writes while
 * nobody is there is dropped. What a client has sent before it left is delivered, also later, unless the
 * next client comes before the guest has taken it; a client that only ends its own sending goes on
 * receiving. No end waits for the other in the event loop.
 *
 * Threads: the event loop's. Owns: descriptors, and the socket's name. Errors: reported.
 */
#ifndef LAUNCHER_PORT_H
#define LAUNCHER_PORT_H

#include "launcher/config.h"
#include "vmm/loop.h"
#include "vmm/virtio/console.h"

struct port {
	const struct config_port *cfg;
	struct loop *loop;
	struct virtio_port *guest;
	struct loop_source listen; /* fd -1: none */
	struct loop_source end;	   /* fd -1: nobody is there */
	uint32_t watched;	   /* events that the loop looks for at the end */
	bool in_loop;		/* the end; it no longer is when it has hung up */
	bool listening;		/* listen is in the loop: somebody else may come */
	bool in_ended;		/* nothing more comes from there */
	bool out_failed;	/* nothing more goes there */
	uint8_t pending[16384]; /* output taken from the guest and not yet written */
	uint32_t pending_at, pending_nr;
};

/* The guest's end calls this; ctx is a struct port. */
void port_pump(void *ctx);

/* again: after a reboot, a file is gone on with. */
int port_start(struct port *p, const struct config_port *cfg, struct virtio_port *guest,
	struct loop *loop, bool again) must_check;

/* Write out what is left, for as long as somebody reads. */
void port_stop(struct port *p);

#endif
