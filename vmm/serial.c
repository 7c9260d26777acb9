/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serial.c - registers of the 16550A; see serial.h. */
#include "vmm/serial.h"

#include <string.h>

/* Register offsets; some are shared by DLAB and direction. */
enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RDI  0x01 /* received data */
#define IER_THRI 0x02 /* transmitter empty */
#define IER_MASK 0x0f

#define IIR_NONE  0x01
#define IIR_THRI  0x02
#define IIR_RDI   0x04
#define IIR_FIFOS 0xc0

#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04

#define LCR_DLAB 0x80

#define MCR_DTR  0x01
#define MCR_RTS  0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_MASK 0x1f

#define LSR_DATA    0x01
#define LSR_OVERRUN 0x02
#define LSR_THRE    0x20
#define LSR_TEMT    0x40

#define MSR_CTS 0x10
#define MSR_DSR 0x20
#define MSR_RI  0x40
#define MSR_DCD 0x80

/* The part's FIFO depth: room that is promised when THRE is set. Drivers write this many at once. */
#define FIFO_DEPTH 16

/* So many looks at the line status without anything sent in between are somebody's who waits for input. */
#define POLLS_HEARD 32

static uint32_t ring_used(const struct serial_ring *r)
{
	return r->head - r->tail;
}

static uint32_t ring_free(const struct serial_ring *r)
{
	return r->room - ring_used(r);
}

static void ring_put(struct serial_ring *r, uint8_t byte)
{
	r->data[r->head++ & (r->room - 1)] = byte;
}

static uint8_t ring_get(struct serial_ring *r)
{
	return r->data[r->tail++ & (r->room - 1)];
}

static bool can_send(const struct serial *s)
{
	return ring_free(&s->out) >= FIFO_DEPTH;
}

/*
 * Input waits on the line until the guest says that it is ready for it: by RTS, as every driver does at the end of
 * its start-up, in which it also clears the FIFO and reads what it finds there without a look. Drivers that know
 * nothing of RTS ask for interrupts, or look at the line status again and again.
 */
static bool is_heard(const struct serial *s)
{
	return (s->mcr & (MCR_RTS | MCR_LOOP)) || (s->ier & IER_RDI) || s->polls >= POLLS_HEARD;
}

static bool has_input(const struct serial *s)
{
	return ring_used(&s->in) && is_heard(s);
}

/* The reason with the highest priority among those enabled, IIR_NONE if none. */
static uint8_t irq_reason(const struct serial *s)
{
	if ((s->ier & IER_RDI) && has_input(s))
		return IIR_RDI;
	if ((s->ier & IER_THRI) && s->thr_pending && can_send(s))
		return IIR_THRI;
	return IIR_NONE;
}

/* Drive the line by the state; OUT2 gates it, as it does on every PC. */
static void irq_update(struct serial *s)
{
	bool high = irq_reason(s) != IIR_NONE && (s->mcr & MCR_OUT2) && !(s->mcr & MCR_LOOP);

	if (high == s->irq_high)
		return;
	s->irq_high = high;
	irq_set(&s->irq, high);
}

/* Into the output buffer; the reader is told of the first byte only. */
static bool out_put(struct serial *s, uint8_t byte)
{
	bool was_empty = !ring_used(&s->out);

	if (!ring_free(&s->out))
		return false;
	ring_put(&s->out, byte);
	if (was_empty)
		s->notify(s->notify_ctx);
	return true;
}

static void data_write(struct serial *s, uint8_t byte)
{
	if (s->mcr & MCR_LOOP) {
		if (ring_free(&s->in))
			ring_put(&s->in, byte);
		else
			s->lsr_errors |= LSR_OVERRUN;
	} else {
		/* A guest that writes although the transmitter is busy loses the byte, as on a real part. */
		(void)out_put(s, byte);
	}
	s->thr_pending = true;
	if (s->polls < POLLS_HEARD)
		s->polls = 0;
}

/* Input has been taken away: whoever stands still for want of room hears of it when it is worth it. */
static void in_taken(struct serial *s)
{
	if (!s->room_wanted || ring_free(&s->in) < s->in.room / 2)
		return;
	s->room_wanted = false;
	s->notify(s->notify_ctx);
}

static uint8_t data_read(struct serial *s)
{
	uint8_t byte;

	if (!has_input(s))
		return 0;
	byte = ring_get(&s->in);
	in_taken(s);
	return byte;
}

static void in_drop(struct serial *s, uint32_t most)
{
	s->in.tail += min(most, ring_used(&s->in));
	in_taken(s);
}

static void fcr_write(struct serial *s, uint8_t v)
{
	bool clear = (v ^ s->fcr) & FCR_ENABLE || (v & FCR_CLEAR_RX);

	/* Of a part's FIFO; what does not fit in there is still on the line. */
	if (clear && (s->mcr & (MCR_RTS | MCR_LOOP)))
		in_drop(s, FIFO_DEPTH);
	/* Output already belongs to the person at the console: FCR_CLEAR_TX drops nothing. */
	if (v & FCR_CLEAR_TX)
		s->thr_pending = true;
	s->fcr = v & (uint8_t)~(FCR_CLEAR_RX | FCR_CLEAR_TX);
}

static void reg_write(struct serial *s, uint64_t reg, uint8_t v)
{
	bool dlab = s->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		if (dlab)
			s->dll = v;
		else
			data_write(s, v);
		break;
	case REG_IER:
		if (dlab) {
			s->dlm = v;
			break;
		}
		/* Enabling it with an empty transmitter raises it at once (data sheet, 8.6.1). */
		if ((v & IER_THRI) && !(s->ier & IER_THRI))
			s->thr_pending = true;
		s->ier = v & IER_MASK;
		break;
	case REG_IIR_FCR: fcr_write(s, v); break;
	case REG_LCR: s->lcr = v; break;
	case REG_MCR: s->mcr = v & MCR_MASK; break;
	case REG_SCR: s->scr = v; break;
	default: break; /* LSR and MSR are read-only */
	}
}

static uint8_t iir_read(struct serial *s)
{
	uint8_t reason = irq_reason(s);

	if (reason == IIR_THRI)
		s->thr_pending = false;
	return reason | ((s->fcr & FCR_ENABLE) ? IIR_FIFOS : 0);
}

static uint8_t lsr_read(struct serial *s)
{
	uint8_t v = s->lsr_errors;

	s->lsr_errors = 0;
	if (s->polls < POLLS_HEARD)
		s->polls++;
	if (has_input(s))
		v |= LSR_DATA;
	if (can_send(s))
		v |= LSR_THRE | LSR_TEMT;
	return v;
}

static uint8_t msr_read(const struct serial *s)
{
	uint8_t v = 0;

	if (!(s->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	v |= (s->mcr & MCR_RTS) ? MSR_CTS : 0;
	v |= (s->mcr & MCR_DTR) ? MSR_DSR : 0;
	v |= (s->mcr & MCR_OUT1) ? MSR_RI : 0;
	v |= (s->mcr & MCR_OUT2) ? MSR_DCD : 0;
	return v;
}

static uint8_t reg_read(struct serial *s, uint64_t reg)
{
	bool dlab = s->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA: return dlab ? s->dll : data_read(s);
	case REG_IER: return dlab ? s->dlm : s->ier;
	case REG_IIR_FCR: return iir_read(s);
	case REG_LCR: return s->lcr;
	case REG_MCR: return s->mcr;
	case REG_LSR: return lsr_read(s);
	case REG_MSR: return msr_read(s);
	default: return s->scr;
	}
}

/* Registers are bytes; a wider access touches the ones that follow, as on the ISA bus. */
static enum io_result serial_access(struct device *dev, struct access *a)
{
	struct serial *s = container_of(dev, struct serial, dev);
	uint64_t value = 0;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < a->size; i++) {
		if (a->write)
			reg_write(s, a->offset + i, (uint8_t)(a->value >> (8 * i)));
		else
			value |= (uint64_t)reg_read(s, a->offset + i) << (8 * i);
	}
	irq_update(s);
	pthread_mutex_unlock(&s->lock);
	if (!a->write)
		a->value = value;
	return IO_OK;
}

static void serial_reset(struct device *dev)
{
	struct serial *s = container_of(dev, struct serial, dev);

	pthread_mutex_lock(&s->lock);
	s->ier = s->fcr = s->lcr = s->scr = s->dlm = s->lsr_errors = 0;
	s->mcr = MCR_OUT2; /* as firmware leaves it: early consoles do not set it */
	s->dll = 12;       /* 9600 baud; the number means nothing here */
	s->thr_pending = false;
	s->polls = 0;
	in_drop(s, SERIAL_IN_MAX);
	irq_update(s);
	pthread_mutex_unlock(&s->lock);
}

static void serial_destroy(struct device *dev)
{
	serial_fini(container_of(dev, struct serial, dev));
}

static const struct dev_ops serial_ops = {
	.type = "16550",
	.access = serial_access,
	.reset = serial_reset,
	.destroy = serial_destroy,
};

static uint32_t take(struct stream *stream, uint8_t *buf, uint32_t size)
{
	return serial_take(container_of(stream, struct serial, stream), buf, size);
}

static uint32_t give(struct stream *stream, const uint8_t *buf, uint32_t size)
{
	return serial_give(container_of(stream, struct serial, stream), buf, size);
}

static uint32_t room(struct stream *stream)
{
	return serial_room(container_of(stream, struct serial, stream));
}

static const struct stream_ops stream_ops = { take, give, room };

void serial_init(struct serial *s, struct irq_line irq, void (*notify)(void *ctx), void *ctx)
{
	memset(s, 0, offsetof(struct serial, out_data)); /* the buffers stay untouched, and unbacked */
	s->dev.ops = &serial_ops;
	s->stream.ops = &stream_ops;
	s->irq = irq;
	s->notify = notify;
	s->notify_ctx = ctx;
	s->out = (struct serial_ring){ .room = SERIAL_OUT_MAX, .data = s->out_data };
	s->in = (struct serial_ring){ .room = SERIAL_IN_MAX, .data = s->in_data };
	pthread_mutex_init(&s->lock, NULL);
	serial_reset(&s->dev);
}

void serial_fini(struct serial *s)
{
	pthread_mutex_destroy(&s->lock);
}

bool serial_put(struct serial *s, uint8_t byte)
{
	bool done;

	pthread_mutex_lock(&s->lock);
	done = out_put(s, byte);
	pthread_mutex_unlock(&s->lock);
	return done;
}

uint32_t serial_take(struct serial *s, uint8_t *buf, uint32_t size)
{
	uint32_t n = 0;

	pthread_mutex_lock(&s->lock);
	while (n < size && ring_used(&s->out))
		buf[n++] = ring_get(&s->out);
	irq_update(s);
	pthread_mutex_unlock(&s->lock);
	return n;
}

uint32_t serial_give(struct serial *s, const uint8_t *buf, uint32_t size)
{
	uint32_t n = 0;

	pthread_mutex_lock(&s->lock);
	while (n < size && ring_free(&s->in))
		ring_put(&s->in, buf[n++]);
	irq_update(s);
	pthread_mutex_unlock(&s->lock);
	return n;
}

uint32_t serial_room(struct serial *s)
{
	uint32_t room;

	pthread_mutex_lock(&s->lock);
	room = ring_free(&s->in);
	s->room_wanted = room < s->in.room / 2;
	pthread_mutex_unlock(&s->lock);
	return room;
}
