/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame.h - what lab-front (on the host) and lab-agent (in the lab machine)
 * say to each other over one virtio-serial port.
 *
 * A frame is a header and then `size` bytes. One ordered stream for everything
 * means that when FRAME_EXIT is there, all output is.
 *
 * Owns: nothing. Errors: 0 or -errno; -EPIPE when the other side has gone.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum frame_type {
	/* from the lab machine */
	FRAME_READY = 'R',  /* the command starts now */
	FRAME_FAILED = 'F', /* text: why the machine cannot run the command */
	FRAME_STDOUT = 'O',
	FRAME_STDERR = 'E',
	FRAME_TAKEN = 'K', /* uint32_t: bytes of input that the command was given */
	FRAME_EXIT = 'X',  /* uint32_t: exit code, 128 + signal as in a shell */
	FRAME_ALIVE = 'A', /* text: what runs in there; the answer to FRAME_ASK */
	/* from the host */
	FRAME_STDIN = 'I',  /* no bytes: end of file */
	FRAME_WINDOW = 'W', /* struct winsize; with a terminal, the first frame */
	FRAME_ASK = 'Q',    /* time is up: is there anybody? */
};

struct frame {
	uint8_t type;
	uint8_t reserved[3];
	uint32_t size;
};
_Static_assert(sizeof(struct frame) == 8, "both sides agree on this");

#define FRAME_MAX	   32768u /* bytes in a frame; what one write to a port takes */
#define FRAME_WINDOW_BYTES 65536u /* input sent ahead of FRAME_TAKEN; the port buffers more */

/* A frame being received, piece by piece. */
struct frame_in {
	struct frame head;
	size_t fill; /* bytes of head and data so far */
	uint8_t data[FRAME_MAX];
};

static inline int write_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size) {
		n = write(fd, at, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static inline int frame_send(int fd, enum frame_type type, const void *data, size_t size)
{
	struct {
		struct frame head;
		uint8_t data[FRAME_MAX];
	} f;

	f.head = (struct frame){ .type = (uint8_t)type, .size = (uint32_t)size };
	memcpy(f.data, data, size);
	return write_all(fd, &f, sizeof(f.head) + size);
}

/* Read once. 1: a whole frame is in `in`; the next call starts a new one. 0: not yet. */
static inline int frame_receive(int fd, struct frame_in *in)
{
	size_t want;
	uint8_t *to;
	ssize_t n;

	if (in->fill < sizeof(in->head)) {
		to = (uint8_t *)&in->head + in->fill;
		want = sizeof(in->head) - in->fill;
	} else {
		to = in->data + in->fill - sizeof(in->head);
		want = sizeof(in->head) + in->head.size - in->fill;
	}
	n = read(fd, to, want);
	if (n == 0)
		return -EPIPE;
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	in->fill += (size_t)n;
	if (in->fill < sizeof(in->head))
		return 0;
	if (in->head.size > FRAME_MAX)
		return -EBADMSG;
	if (in->fill < sizeof(in->head) + in->head.size)
		return 0;
	in->fill = 0;
	return 1;
}

#endif
