/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial.h - a 16550A UART, the guest's first and last resort for words.
 *
 * Output goes into a buffer that the event loop empties; while it is full the transmitter says that
 * it is busy, so a slow reader slows the guest down and nothing is lost. Input is a buffer that the
 * event loop fills and the guest's FIFO reads from; what comes before the guest listens waits there.
 *
 * Follows the PC16550D data sheet (National Semiconductor, 1995), section 8.
 * Threads: registers from any vCPU, serial_take()/serial_give() from the event loop; locked within.
 * Borrows: the line and the notify callback's context.
 */
#ifndef VMM_SERIAL_H
#define VMM_SERIAL_H

#include <pthread.h>

#include "vmm/device.h"
#include "vmm/irq.h"
#include "vmm/stream.h"

#define SERIAL_PORTS   8
#define SERIAL_OUT_MAX 16384 /* bytes; a page of console text and then some */
#define SERIAL_IN_MAX  4096

struct serial_ring {
	uint32_t head; /* bytes ever written */
	uint32_t tail; /* bytes ever read */
	uint32_t room; /* size of data, a power of two */
	uint8_t *data;
};

struct serial {
	struct device dev;
	struct stream stream; /* the three functions below, for who has a stream in hand */
	pthread_mutex_t lock;
	struct irq_line irq;
	void (*notify)(void *ctx); /* output came into an empty buffer, or input has room again */
	void *notify_ctx;
	uint8_t ier, fcr, lcr, mcr, lsr_errors, scr, dll, dlm;
	uint8_t polls;    /* looks at LSR since something was sent, up to what shows a reader */
	bool thr_pending; /* "transmitter empty" not yet acknowledged */
	bool room_wanted; /* notify when half of the input buffer is free */
	bool irq_high;
	struct serial_ring out, in;
	uint8_t out_data[SERIAL_OUT_MAX];
	uint8_t in_data[SERIAL_IN_MAX];
};

void serial_init(struct serial *s, struct irq_line irq, void (*notify)(void *ctx), void *ctx);
void serial_fini(struct serial *s);

/* Add a byte to the output past the registers; false while the buffer is full. Any thread. */
bool serial_put(struct serial *s, uint8_t byte);

/* Take up to size bytes of output. Returns how many. */
uint32_t serial_take(struct serial *s, uint8_t *buf, uint32_t size);

/* Offer input; returns how many bytes there was room for. */
uint32_t serial_give(struct serial *s, const uint8_t *buf, uint32_t size);

/* Room for input now, bytes. If that is less than half of the buffer, notify says when it is more. */
uint32_t serial_room(struct serial *s);

#endif
