/* SPDX-License-Identifier: GPL-2.0-or-later */
/* order.c - one row for each field: how to take it from bytes; and the way back. */
#include "launcher/agent/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum tag { ARG = 1, ENV, CWD, UMASK, USER, GROUP, CPU, IGNORED, LIMIT, STREAM, WINDOW, PMI, PROGRAM, TAGS };

#define FIELD_HEADER 5u

static void field_put(struct order_bytes *b, enum tag tag, const void *value, size_t size)
{
	if (b->err)
		return;
	if (size > ORDER_BYTES_MAX - FIELD_HEADER || b->nr > ORDER_BYTES_MAX - FIELD_HEADER - size) {
		b->err = -E2BIG;
		return;
	}
	if (b->room - b->nr < size + FIELD_HEADER) {
		uint32_t room = max(2 * b->room, b->nr + (uint32_t)size + FIELD_HEADER + 4096);
		uint8_t *at = realloc(b->at, room);

		if (!at) {
			b->err = -ENOMEM;
			return;
		}
		b->at = at;
		b->room = room;
	}
	b->at[b->nr] = (uint8_t)tag;
	put_u32(b->at + b->nr + 1, (uint32_t)size);
	memcpy(b->at + b->nr + FIELD_HEADER, value, size);
	b->nr += (uint32_t)size + FIELD_HEADER;
}

static void text_put(struct order_bytes *b, enum tag tag, const char *text)
{
	field_put(b, tag, text, strlen(text) + 1);
}

static void number_put(struct order_bytes *b, enum tag tag, uint32_t v)
{
	uint8_t at[4];

	put_u32(at, v);
	field_put(b, tag, at, sizeof(at));
}

static void user_put(struct order_bytes *b, const struct order *o)
{
	uint8_t at[8];

	put_u32(at, o->uid);
	put_u32(at + 4, o->gid);
	field_put(b, USER, at, sizeof(at));
	for (uint32_t i = 0; i < o->nr_groups; i++)
		number_put(b, GROUP, o->groups[i]);
}

static void limits_put(struct order_bytes *b, const struct order *o)
{
	uint8_t at[17];

	for (uint8_t i = 0; i < ORDER_LIMITS; i++) {
		if (!(o->limits & 1u << i))
			continue;
		at[0] = i;
		put_u64(at + 1, o->limit[i].soft);
		put_u64(at + 9, o->limit[i].hard);
		field_put(b, LIMIT, at, sizeof(at));
	}
}

static void streams_put(struct order_bytes *b, const struct order *o)
{
	const uint8_t kinds[3] = { (uint8_t)o->stream[0], (uint8_t)o->stream[1], (uint8_t)o->stream[2] };
	uint8_t at[8];

	field_put(b, STREAM, kinds, sizeof(kinds));
	put_u16(at, o->window.rows);
	put_u16(at + 2, o->window.columns);
	put_u16(at + 4, o->window.width);
	put_u16(at + 6, o->window.height);
	field_put(b, WINDOW, at, sizeof(at));
	at[0] = (uint8_t)o->pmi;
	put_u32(at + 1, o->pmi_fd);
	field_put(b, PMI, at, 5);
}

void order_encode(struct order_bytes *b, const struct order *o)
{
	uint8_t ignored[8];

	for (uint32_t i = 0; i < o->nr_args; i++)
		text_put(b, ARG, o->args[i]);
	for (uint32_t i = 0; i < o->nr_env; i++)
		text_put(b, ENV, o->env[i]);
	text_put(b, CWD, o->cwd);
	if (o->program)
		text_put(b, PROGRAM, o->program);
	number_put(b, UMASK, o->umask);
	user_put(b, o);
	for (uint32_t i = 0; i < o->nr_cpus; i++)
		number_put(b, CPU, o->cpus[i]);
	put_u64(ignored, o->ignored);
	field_put(b, IGNORED, ignored, sizeof(ignored));
	limits_put(b, o);
	streams_put(b, o);
}

/* Room for one more, and for the NULL after it. */
static void *grown(void *list, uint32_t nr, size_t size)
{
	/* Doubled when nr is a power of two, and at the start. */
	if (nr && !is_pow2(nr))
		return list;
	return realloc(list, (nr ? 2 * (size_t)nr + 1 : 2) * size);
}

static int text_add(char ***list, uint32_t *nr, uint8_t *value)
{
	char **at = grown(*list, *nr, sizeof(*at));

	if (!at)
		return -ENOMEM;
	*list = at;
	at[(*nr)++] = (char *)value;
	at[*nr] = NULL;
	return 0;
}

static int number_add(uint32_t **list, uint32_t *nr, uint32_t most, uint32_t v)
{
	uint32_t *at = *nr < most ? grown(*list, *nr, sizeof(*at)) : NULL;

	if (!at)
		return *nr < most ? -ENOMEM : -EPROTO;
	*list = at;
	at[(*nr)++] = v;
	return 0;
}

static int limit_take(struct order *o, const uint8_t *v)
{
	if (v[0] >= ORDER_LIMITS)
		return -EPROTO;
	o->limits |= (uint16_t)(1u << v[0]);
	o->limit[v[0]] = (struct order_limit){ get_u64(v + 1), get_u64(v + 9) };
	return 0;
}

static int streams_take(struct order *o, const uint8_t *v)
{
	for (int i = 0; i < 3; i++) {
		if (v[i] >= ORDER_STREAM_KINDS || (v[i] == ORDER_LIKE_OUT && i != 2))
			return -EPROTO;
		o->stream[i] = (enum order_stream)v[i];
	}
	return 0;
}

static int pmi_take(struct order *o, const uint8_t *v)
{
	uint32_t fd = get_u32(v + 1);

	/* Not the standard streams, and nothing that the kernel would refuse. */
	if (v[0] >= ORDER_PMI_KINDS || (v[0] == ORDER_PMI_FD && (fd < 3 || fd > 1u << 20)))
		return -EPROTO;
	o->pmi = (enum order_pmi)v[0];
	o->pmi_fd = fd;
	return 0;
}

/* The size of a field's value; 0: a string. */
static const uint32_t sizes[TAGS] = { [UMASK] = 4, [USER] = 8, [GROUP] = 4, [CPU] = 4, [IGNORED] = 8, [LIMIT] = 17,
	[STREAM] = 3, [WINDOW] = 8, [PMI] = 5 };

static int field_take(struct order *o, enum tag tag, uint8_t *v)
{
	switch (tag) {
	case ARG: return text_add(&o->args, &o->nr_args, v);
	case ENV: return text_add(&o->env, &o->nr_env, v);
	case CWD: o->cwd = (char *)v; return 0;
	case PROGRAM: o->program = (char *)v; return 0;
	case UMASK: o->umask = get_u32(v) & 0777; return 0;
	case USER:
		o->uid = get_u32(v);
		o->gid = get_u32(v + 4);
		return o->uid == UINT32_MAX || o->gid == UINT32_MAX ? -EPROTO : 0;
	case GROUP: return number_add(&o->groups, &o->nr_groups, 65536, get_u32(v));
	case CPU: return number_add(&o->cpus, &o->nr_cpus, ORDER_CPUS_MAX, get_u32(v));
	case IGNORED: o->ignored = get_u64(v); return 0;
	case LIMIT: return limit_take(o, v);
	case STREAM: return streams_take(o, v);
	case WINDOW:
		o->window = (struct order_window){ get_u16(v), get_u16(v + 2), get_u16(v + 4), get_u16(v + 6) };
		return 0;
	case PMI: return pmi_take(o, v);
	default: return -EPROTO;
	}
}

/* The length of the field at buf, checked; or -EPROTO. */
static int field_check(const uint8_t *buf, uint32_t left, uint32_t *size)
{
	uint8_t tag;

	if (left < FIELD_HEADER)
		return -EPROTO;
	tag = buf[0];
	*size = get_u32(buf + 1);
	if (!tag || tag >= TAGS || *size > left - FIELD_HEADER)
		return -EPROTO;
	if (sizes[tag])
		return *size == sizes[tag] ? 0 : -EPROTO;
	return *size && memchr(buf + FIELD_HEADER, 0, *size) == buf + FIELD_HEADER + *size - 1 ? 0 : -EPROTO;
}

int order_decode(struct order *o, uint8_t *buf, uint32_t size)
{
	bool has_user = false;
	int err = 0;

	*o = (struct order){ .umask = 022 };
	for (uint32_t at = 0, len; !err && at < size; at += FIELD_HEADER + len) {
		if ((err = field_check(buf + at, size - at, &len)) != 0)
			break;
		has_user |= buf[at] == USER;
		err = field_take(o, (enum tag)buf[at], buf + at + FIELD_HEADER);
	}
	if (!err && (!o->nr_args || !o->cwd || !has_user))
		err = -EPROTO;
	if (!err && !o->env)
		err = (o->env = calloc(1, sizeof(*o->env))) != NULL ? 0 : -ENOMEM;
	if (err)
		order_fini(o);
	return err;
}

void order_fini(struct order *o)
{
	free(o->args);
	free(o->env);
	free(o->groups);
	free(o->cpus);
	*o = (struct order){ 0 };
}
