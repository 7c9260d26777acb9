/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - what thole exec asks an agent to run: a program, and all that it would have inherited.
 *
 * In bytes it is a sequence of fields: tag, size (32 bits, little-endian), value. Strings end with a
 * zero byte, which is counted. A field of a list may come again.
 *
 * Pure but for memory; any thread. Ownership: a decoded order points into the bytes that it was decoded
 * from, and owns its arrays. Errors: -EPROTO, -ENOMEM; not reported.
 */
#ifndef LAUNCHER_AGENT_ORDER_H
#define LAUNCHER_AGENT_ORDER_H

#include <sys/types.h>

#include "launcher/agent/frame.h"

/* More than the kernel takes of arguments and environment with the usual stack. */
#define ORDER_BYTES_MAX (8u << 20)
#define ORDER_LIMITS    16u
#define ORDER_CPUS_MAX  4096u

/* What the program gets as standard input, output or error. */
enum order_stream {
	ORDER_NULL, /* /dev/null: the caller has it closed */
	ORDER_PIPE,
	ORDER_TTY,  /* all that are this are one terminal */
	ORDER_LIKE_OUT, /* standard error: whatever standard output is, so that their order is kept */
	ORDER_STREAM_KINDS,
};

enum order_pmi { ORDER_PMI_NONE, ORDER_PMI_FD, ORDER_PMI_PORT, ORDER_PMI_KINDS };

struct order_limit {
	uint64_t soft, hard;
};

struct order_window {
	uint16_t rows, columns, width, height;
};

struct order {
	uint32_t nr_args, nr_env, nr_groups, nr_cpus;
	char **args; /* NULL-terminated, at least one */
	char **env;  /* NULL-terminated */
	char *cwd;
	char *program; /* a path to try before the PATH is searched; NULL: none */
	uint32_t umask;
	uint32_t uid, gid;
	uint32_t *groups;
	uint32_t *cpus;    /* the guest's, to bind it to; none: all */
	uint64_t ignored;  /* bit n - 1: signal n is ignored */
	uint16_t limits;   /* bit n: limit[n] is given */
	struct order_limit limit[ORDER_LIMITS];
	enum order_stream stream[3];
	struct order_window window; /* of a terminal */
	enum order_pmi pmi;
	uint32_t pmi_fd; /* ORDER_PMI_FD: the number that the program knows it by */
};

/* The bytes of an order, growing. Starts as all zeroes. */
struct order_bytes {
	uint8_t *at;
	uint32_t nr, room;
	int err; /* -ENOMEM, or -E2BIG */
};

/* All of o. b->err says whether it worked; the caller frees b->at. */
void order_encode(struct order_bytes *b, const struct order *o);

/* buf is changed nowhere, and must live as long as o. On failure there is nothing to end. */
int order_decode(struct order *o, uint8_t *buf, uint32_t size) must_check;

void order_fini(struct order *o);

#endif
