/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.h - the guest's console (a serial port, or a virtio console) and the person, pipe or file at
 * the other end.
 *
 *   guest --out--> its stream --kick--> event loop --> stdout or FILE
 *   guest <--in--- its stream <-------- event loop <-- stdin (a terminal: through the escape keys)
 *
 * The event loop never blocks on a slow reader: it writes when the descriptor has room, and the
 * stream's full buffer holds the guest back. A reader that goes away (EPIPE, EIO) loses the output
 * from there on; the guest goes on.
 *
 * Threads: the event loop's; console_kick() from any. Owns: the file, the terminal's mode.
 * Errors: negative errno, reported.
 */
#ifndef LAUNCHER_CONSOLE_H
#define LAUNCHER_CONSOLE_H

#include "launcher/config.h"
#include "launcher/terminal.h"
#include "vmm/loop.h"
#include "vmm/stream.h"
#include "vmm/vm.h"

/* Somebody who looks on: gets what the guest says, and may have given input that waits. */
struct console_tap {
	void (*out)(void *ctx, const uint8_t *bytes, uint32_t nr); /* NULL: nobody */
	void (*room)(void *ctx);
	void *ctx;
};

struct console {
	struct vm *vm;
	struct stream *guest;    /* may be set anew before console_start() */
	struct loop_source kick; /* an eventfd: there is output, or room for input */
	struct loop_source in;   /* fd -1: none */
	struct loop_source out;  /* fd -1: output is thrown away */
	struct loop_source again; /* a timer, with a terminal: read it again */
	struct console_tap tap;
	bool in_watched, out_watched;
	bool in_paused;   /* until the timer: the terminal is somebody else's now */
	bool in_is_file;  /* cannot be watched, is always ready */
	bool owns_out;
	bool has_terminal;
	struct terminal terminal;
	struct terminal_escape escape;
	uint8_t pending[4096]; /* output taken from the guest and not yet written */
	uint32_t pending_at, pending_nr;
};

/* The stream's notify callback; ctx is a struct console. */
void console_kick(void *ctx);

/* Make the kick descriptor; before the stream is used. */
int console_init(struct console *c, struct vm *vm, struct stream *guest) must_check;

/* Connect to what the configuration says. again: go on with a file, rather than begin it. */
int console_start(struct console *c, const struct config_console *cfg, bool again) must_check;

/* Write out what is left, for as long as somebody reads; give the terminal back. */
void console_stop(struct console *c);

void console_fini(struct console *c);

#endif
