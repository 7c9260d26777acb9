/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user.c - the conversation. Sections are those of vhost-user.rst.
 *
 *   GET_FEATURES  GET/SET_PROTOCOL_FEATURES  SET_OWNER  GET_QUEUE_NUM  SET_BACKEND_REQ_FD   init
 *   SET_FEATURES  SET_MEM_TABLE | ADD_MEM_REG...                                            start
 *   for each queue: SET_VRING_NUM, _BASE, _ADDR, _CALL, _KICK; then _ENABLE
 *   for each queue: SET_VRING_ENABLE 0, GET_VRING_BASE                                      stop
 *
 * With REPLY_ACK each request that can fail is answered, so a failure is known where it happens.
 */
#include "vmm/virtio/vhost_user.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/virtio/vhost_user_socket.h"

#define PROTOCOL_WANTED \
	(1ull << VHOST_USER_PROTOCOL_F_MQ | 1ull << VHOST_USER_PROTOCOL_F_REPLY_ACK | \
		1ull << VHOST_USER_PROTOCOL_F_BACKEND_REQ | 1ull << VHOST_USER_PROTOCOL_F_CONFIG | \
		1ull << VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS)

/* On the channel whole messages come, or none: the event loop does not wait for the rest of one. */
#define CHANNEL_MS 1000u

static const char *const request_names[] = {
	[VHOST_USER_GET_FEATURES] = "GET_FEATURES",
	[VHOST_USER_SET_FEATURES] = "SET_FEATURES",
	[VHOST_USER_SET_OWNER] = "SET_OWNER",
	[VHOST_USER_SET_MEM_TABLE] = "SET_MEM_TABLE",
	[VHOST_USER_SET_VRING_NUM] = "SET_VRING_NUM",
	[VHOST_USER_SET_VRING_ADDR] = "SET_VRING_ADDR",
	[VHOST_USER_SET_VRING_BASE] = "SET_VRING_BASE",
	[VHOST_USER_GET_VRING_BASE] = "GET_VRING_BASE",
	[VHOST_USER_SET_VRING_KICK] = "SET_VRING_KICK",
	[VHOST_USER_SET_VRING_CALL] = "SET_VRING_CALL",
	[VHOST_USER_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
	[VHOST_USER_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
	[VHOST_USER_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
	[VHOST_USER_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
	[VHOST_USER_SET_BACKEND_REQ_FD] = "SET_BACKEND_REQ_FD",
	[VHOST_USER_GET_CONFIG] = "GET_CONFIG",
	[VHOST_USER_SET_CONFIG] = "SET_CONFIG",
	[VHOST_USER_GET_MAX_MEM_SLOTS] = "GET_MAX_MEM_SLOTS",
	[VHOST_USER_ADD_MEM_REG] = "ADD_MEM_REG",
};

/* Whatever went wrong: the two sides no longer agree where they are, so that was it. */
static int broken(struct vhost_user *u, int err)
{
	u->broken = true;
	vhost_user_socket_shut(u->fd);
	return err;
}

static int request_failed(struct vhost_user *u, const struct vhost_user_msg *m, int err)
{
	const char *what = request_names[m->header.request];

	broken(u, err);
	if (err == -ETIMEDOUT) {
		u->silent = true;
		return log_errno(err,
			"%s: does not answer (%s) within %u s, and is given up; has somebody stopped it, or "
			"does the disk or network hang that its files are on?",
			u->name, what, u->timeout_ms / 1000);
	}
	/* Whoever started it knows why, and tells. */
	if (err == -EPIPE || err == -ECONNRESET) {
		log_debug("%s: is gone (at %s)", u->name, what);
		return err;
	}
	return log_errno(err, "%s: %s: %m", u->name, what);
}

static int refused(struct vhost_user *u, const struct vhost_user_msg *m, const char *why)
{
	return log_errno(broken(u, -EPROTO), "%s: its answer to %s is %s", u->name,
		request_names[m->header.request], why);
}

static int say(struct vhost_user *u, const struct vhost_user_msg *m)
{
	int err;

	if (u->broken)
		return -EPIPE;
	err = vhost_user_socket_send(u->fd, m, u->timeout_ms);
	return err ? request_failed(u, m, err) : 0;
}

/* m becomes the answer. */
static int ask(struct vhost_user *u, struct vhost_user_msg *m)
{
	struct vhost_user_msg answer;
	const char *why = NULL;
	int err = say(u, m);

	if (err)
		return err;
	err = vhost_user_socket_receive(u->fd, &answer, u->timeout_ms, &why);
	if (err && !why)
		return request_failed(u, m, err);
	if (!why)
		why = vhost_user_reply_fault(m, &answer);
	vhost_user_socket_drop(&answer);
	if (why)
		return refused(u, m, why);
	*m = answer;
	return 0;
}

static int ask_u64(struct vhost_user *u, uint32_t request, uint64_t *v)
{
	struct vhost_user_msg m;
	int err;

	vhost_user_make(&m, request);
	err = ask(u, &m);
	*v = err ? 0 : m.payload.u64;
	return err;
}

/* A request without an answer of its own. */
static int tell(struct vhost_user *u, struct vhost_user_msg *m)
{
	uint32_t request = m->header.request;
	int err;

	if (!vhost_user_has(u, VHOST_USER_PROTOCOL_F_REPLY_ACK))
		return say(u, m);
	m->header.flags |= VHOST_USER_NEED_REPLY;
	if ((err = ask(u, m)) != 0)
		return err;
	if (m->payload.u64)
		return log_errno(broken(u, -EIO), "%s: refuses %s", u->name, request_names[request]);
	return 0;
}

static int tell_u64(struct vhost_user *u, uint32_t request, uint64_t v)
{
	struct vhost_user_msg m;

	vhost_user_make_u64(&m, request, v);
	return tell(u, &m);
}

static int tell_state(struct vhost_user *u, uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_msg m;

	vhost_user_make_state(&m, request, index, num);
	return tell(u, &m);
}

static int tell_fd(struct vhost_user *u, uint32_t request, uint32_t index, int fd)
{
	struct vhost_user_msg m;

	vhost_user_make_fd(&m, request, index, fd);
	return tell(u, &m);
}

bool vhost_user_has(const struct vhost_user *u, unsigned protocol_feature)
{
	return u->protocol >> protocol_feature & 1;
}

static int protocol_agree(struct vhost_user *u)
{
	struct vhost_user_msg m;
	uint64_t offered;
	int err = ask_u64(u, VHOST_USER_GET_PROTOCOL_FEATURES, &offered);

	if (err)
		return err;
	/* From the next message on; this one is not acknowledged. */
	vhost_user_make_u64(&m, VHOST_USER_SET_PROTOCOL_FEATURES, offered & PROTOCOL_WANTED);
	if ((err = say(u, &m)) != 0)
		return err;
	u->protocol = offered & PROTOCOL_WANTED;
	return 0;
}

static int channel_open(struct vhost_user *u)
{
	int pair[2];
	int err;

	if (!vhost_user_has(u, VHOST_USER_PROTOCOL_F_BACKEND_REQ) ||
		!vhost_user_has(u, VHOST_USER_PROTOCOL_F_CONFIG))
		return 0;
	if ((err = vhost_user_socket_pair(pair)) != 0)
		return log_errno(err, "%s: cannot make a channel for it: %m", u->name);
	u->channel = pair[0];
	err = tell_fd(u, VHOST_USER_SET_BACKEND_REQ_FD, 0, pair[1]);
	close(pair[1]);
	return err;
}

static int agree(struct vhost_user *u)
{
	struct vhost_user_msg m;
	uint64_t nr = 0;
	int err = ask_u64(u, VHOST_USER_GET_FEATURES, &u->features);

	if (err)
		return err;
	u->has_protocol = u->features >> VHOST_USER_F_PROTOCOL_FEATURES & 1;
	u->features &= ~(1ull << VHOST_USER_F_PROTOCOL_FEATURES);
	if (u->has_protocol && (err = protocol_agree(u)) != 0)
		return err;
	vhost_user_make(&m, VHOST_USER_SET_OWNER);
	if ((err = tell(u, &m)) != 0)
		return err;
	if (vhost_user_has(u, VHOST_USER_PROTOCOL_F_MQ) &&
		(err = ask_u64(u, VHOST_USER_GET_QUEUE_NUM, &nr)) != 0)
		return err;
	u->nr_queues = (uint32_t)min(nr, (uint64_t)UINT32_MAX);
	return channel_open(u);
}

int vhost_user_init(struct vhost_user *u, int fd, const char *name, uint32_t timeout_ms)
{
	int err;

	*u = (struct vhost_user){ .name = name, .fd = fd, .channel = -1, .timeout_ms = timeout_ms };
	err = agree(u);
	if (err)
		vhost_user_fini(u);
	return err;
}

void vhost_user_abort(struct vhost_user *u)
{
	vhost_user_socket_shut(u->fd);
}

void vhost_user_fini(struct vhost_user *u)
{
	if (u->channel >= 0)
		close(u->channel);
	if (u->fd >= 0)
		close(u->fd);
	u->fd = u->channel = -1;
	u->broken = true;
}

int vhost_user_config_get(struct vhost_user *u, uint8_t *bytes, uint32_t size)
{
	struct vhost_user_msg m;
	int err;

	if (!vhost_user_has(u, VHOST_USER_PROTOCOL_F_CONFIG))
		return -ENOTSUP;
	vhost_user_make_config(&m, 0, NULL, size);
	if ((err = ask(u, &m)) != 0)
		return err;
	memcpy(bytes, m.payload.config.bytes, size);
	return 0;
}

int vhost_user_config_set(struct vhost_user *u, uint32_t offset, const uint8_t *bytes, uint32_t size)
{
	struct vhost_user_msg m;

	if (!vhost_user_has(u, VHOST_USER_PROTOCOL_F_CONFIG))
		return -ENOTSUP;
	vhost_user_make_config(&m, offset, bytes, size);
	return tell(u, &m);
}

/* More regions than a table holds go one by one, if the back end can take them so. */
static int regions_tell(struct vhost_user *u, const struct mem *mem)
{
	uint64_t slots = 0;
	int err;

	if (vhost_user_has(u, VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS) &&
		(err = ask_u64(u, VHOST_USER_GET_MAX_MEM_SLOTS, &slots)) != 0)
		return err;
	if (slots < mem->nr_regions)
		return log_errno(-ENOSPC,
			"%s: takes memory in %u pieces, the guest has %u; give it fewer nodes", u->name,
			(unsigned)max(slots, (uint64_t)VHOST_USER_REGIONS_MAX), mem->nr_regions);
	for (uint32_t i = 0; i < mem->nr_regions; i++) {
		struct vhost_user_msg m;

		vhost_user_make_region(&m, mem, i);
		if ((err = tell(u, &m)) != 0)
			return err;
	}
	return 0;
}

static int memory_tell(struct vhost_user *u, const struct mem *mem)
{
	struct vhost_user_msg m;

	return vhost_user_make_table(&m, mem) == 0 ? tell(u, &m) : regions_tell(u, mem);
}

static int queue_tell(struct vhost_user *u, const struct virtio *v, uint16_t index)
{
	const struct virtio_queue *q = &v->queue[index];
	struct virtio_queue_map map = virtio_queue_map(v, index);
	struct vhost_user_msg m;
	int err = tell_state(u, VHOST_USER_SET_VRING_NUM, index, q->place.size);

	if (!err)
		err = tell_state(u, VHOST_USER_SET_VRING_BASE, index, 0);
	if (!err) {
		vhost_user_make_addr(&m, index, map.desc, map.used, map.avail);
		err = tell(u, &m);
	}
	if (!err)
		err = tell_fd(u, VHOST_USER_SET_VRING_CALL, index, q->call);
	if (!err)
		err = tell_fd(u, VHOST_USER_SET_VRING_KICK, index, q->kick);
	return err;
}

int vhost_user_start(struct vhost_user *u, const struct virtio *v)
{
	uint64_t features = v->accepted;
	int err;

	if (!v->setup.mem->shared)
		return log_errno(-EINVAL, "%s: cannot have guest memory, which is private", u->name);
	if (u->has_protocol)
		features |= 1ull << VHOST_USER_F_PROTOCOL_FEATURES;
	err = tell_u64(u, VHOST_USER_SET_FEATURES, features);
	if (!err)
		err = memory_tell(u, v->setup.mem);
	for (uint16_t i = 0; i < v->setup.nr_queues && !err; i++)
		if (v->queue[i].enabled)
			err = queue_tell(u, v, i);
	/* Without protocol features a queue is enabled from its start ("Ring states"). */
	for (uint16_t i = 0; i < v->setup.nr_queues && !err && u->has_protocol; i++)
		if (v->queue[i].enabled)
			err = tell_state(u, VHOST_USER_SET_VRING_ENABLE, i, 1);
	return err;
}

int vhost_user_stop(struct vhost_user *u, const struct virtio *v)
{
	int err = 0;

	for (uint16_t i = 0; i < v->setup.nr_queues && !err; i++) {
		struct vhost_user_msg m;

		if (!v->queue[i].enabled)
			continue;
		if (u->has_protocol)
			err = tell_state(u, VHOST_USER_SET_VRING_ENABLE, i, 0);
		vhost_user_make_state(&m, VHOST_USER_GET_VRING_BASE, i, 0);
		if (!err)
			err = ask(u, &m);
	}
	return err;
}

int vhost_user_channel_read(struct vhost_user *u)
{
	struct vhost_user_msg m;
	const char *why = NULL;
	int err = vhost_user_socket_receive(u->channel, &m, min(u->timeout_ms, CHANNEL_MS), &why);

	if (!err && !why)
		why = vhost_user_backend_fault(&m);
	if (!err)
		vhost_user_socket_drop(&m);
	if (why)
		return log_errno(broken(u, -EPROTO), "%s: sends %s", u->name, why);
	if (err) /* its end of the channel; the connection tells how it ended */
		return broken(u, err);
	if (m.header.flags & VHOST_USER_NEED_REPLY) {
		vhost_user_make_u64(&m, m.header.request, 0);
		m.header.flags |= VHOST_USER_REPLY;
		if ((err = vhost_user_socket_send(u->channel, &m, min(u->timeout_ms, CHANNEL_MS))) != 0)
			return broken(u, err);
	}
	return 1;
}
