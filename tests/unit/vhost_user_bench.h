/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_bench.h - what the tests of vhost-user share: a device, and a back end that is the other end of a socket
 * pair: its answers are put there beforehand, and what it was asked is read afterwards.
 */
#ifndef TESTS_UNIT_VHOST_USER_BENCH_H
#define TESTS_UNIT_VHOST_USER_BENCH_H

#include "tests/unit/unit.h"

#include <dirent.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/unit/virtio_guest.h"
#include "vmm/virtio/vhost_user_dev.h"
#include "vmm/virtio/vhost_user_socket.h"

#define VERSION_1 (1ull << VIRTIO_F_VERSION_1)
#define PROTOCOL  (1ull << VHOST_USER_F_PROTOCOL_FEATURES)
#define ACK	  (1ull << VHOST_USER_PROTOCOL_F_REPLY_ACK)
#define CONFIG	  (1ull << VHOST_USER_PROTOCOL_F_CONFIG)
#define CHANNEL	  (1ull << VHOST_USER_PROTOCOL_F_BACKEND_REQ)
#define SLOTS	  (1ull << VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS)
#define RINGS	  MiB(1)
#define BLK_BYTES 60u

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

struct bench {
	struct guest g;
	struct loop loop;
	int back; /* the back end's end; -1: it has gone */
	int front;
	struct vhost_user_dev d;
};

static struct bench b;

static inline void woken(void *ctx)
{
	(void)ctx;
}

static inline int setup(void **state)
{
	int pair[2];

	(void)state;
	memset(&b, 0, sizeof(b));
	guest_init(&b.g);
	assert_int_equal(loop_init(&b.loop, woken, NULL), 0);
	assert_int_equal(vhost_user_socket_pair(pair), 0);
	b.front = pair[0];
	b.back = pair[1];
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	if (b.back >= 0)
		close(b.back);
	loop_fini(&b.loop);
	guest_fini(&b.g);
	return 0;
}

static inline void send_to_front(struct vhost_user_msg *m)
{
	m->header.flags |= VHOST_USER_REPLY;
	assert_int_equal(vhost_user_socket_send(b.back, m, 1000), 0);
}

static inline void answer(uint32_t request, uint64_t v)
{
	struct vhost_user_msg m;

	vhost_user_make_u64(&m, request, v);
	send_to_front(&m);
}

static inline void answer_config(uint32_t size, uint8_t byte)
{
	uint8_t bytes[VHOST_USER_CONFIG_MAX];
	struct vhost_user_msg m;

	memset(bytes, byte, sizeof(bytes));
	vhost_user_make_config(&m, 0, bytes, size);
	m.header.request = VHOST_USER_GET_CONFIG;
	send_to_front(&m);
}

/* The next message that was sent; its descriptors are the caller's. */
static inline struct vhost_user_msg sent(uint32_t request)
{
	const char *why = NULL;
	struct vhost_user_msg m;

	assert_int_equal(vhost_user_socket_receive(b.back, &m, 1000, &why), 0);
	assert_null(why);
	assert_int_equal(m.header.request, request);
	return m;
}

static inline void sent_u64(uint32_t request, uint64_t v)
{
	struct vhost_user_msg m = sent(request);

	assert_int_equal(m.header.size, 8);
	assert_int_equal(m.payload.u64, v);
	assert_int_equal(m.nr_fds, 0);
}

static inline void sent_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_msg m = sent(request);

	assert_int_equal(m.header.size, 8);
	assert_int_equal(m.payload.state.index, index);
	assert_int_equal(m.payload.state.num, num);
}

static inline bool same_file(int a, int c)
{
	struct stat x, y;

	assert_int_equal(fstat(a, &x), 0);
	assert_int_equal(fstat(c, &y), 0);
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Nothing more was sent. */
static inline void sent_all(void)
{
	char c;

	assert_int_equal(recv(b.back, &c, 1, MSG_DONTWAIT), -1);
}

static inline unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* What a back end with these protocol features answers until the device is there. */
static inline void answers_init(uint64_t protocol)
{
	answer(VHOST_USER_GET_FEATURES, VERSION_1 | PROTOCOL);
	answer(VHOST_USER_GET_PROTOCOL_FEATURES, protocol);
	if (protocol & ACK)
		answer(VHOST_USER_SET_OWNER, 0);
	if ((protocol & ACK) && (protocol & CHANNEL) && (protocol & CONFIG))
		answer(VHOST_USER_SET_BACKEND_REQ_FD, 0);
}

static inline void sent_init(uint64_t protocol)
{
	struct vhost_user_msg m;

	(void)sent(VHOST_USER_GET_FEATURES);
	(void)sent(VHOST_USER_GET_PROTOCOL_FEATURES);
	sent_u64(VHOST_USER_SET_PROTOCOL_FEATURES, protocol);
	m = sent(VHOST_USER_SET_OWNER);
	assert_int_equal(m.header.flags, VHOST_USER_VERSION | (protocol & ACK ? VHOST_USER_NEED_REPLY : 0));
}

static inline struct vhost_user_setup what(void)
{
	return (struct vhost_user_setup){ "the back end", b.front, 1000, &b.g.mem, &b.loop };
}

static inline void fs_make(uint64_t protocol)
{
	struct vhost_user_setup s = what();

	answers_init(protocol);
	assert_int_equal(vhost_user_fs_create(&b.d, &s, "home"), 0);
	sent_init(protocol);
	sent_all();
}

static inline void driver_status(uint8_t v)
{
	pthread_mutex_lock(&b.d.v.lock);
	virtio_status_set(&b.d.v, v);
	pthread_mutex_unlock(&b.d.v.lock);
}

/* A driver that uses queue 1 only. */
static inline void driver_start(void)
{
	struct guest_ring r;

	virtio_accept(&b.d.v, 1, (uint32_t)(VERSION_1 >> 32));
	driver_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	guest_ring_init(&r, &b.g, RINGS);
	b.d.v.queue[1].place = r.place;
	b.d.v.queue[1].enabled = true;
	driver_status(b.d.v.status | VIRTIO_CONFIG_S_DRIVER_OK);
}

static inline void sent_memory(void)
{
	struct vhost_user_msg m = sent(VHOST_USER_SET_MEM_TABLE);

	assert_int_equal(m.payload.table.nr, b.g.mem.nr_regions);
	assert_int_equal(m.nr_fds, b.g.mem.nr_regions);
	assert_int_equal(m.header.size, 8 + 32 * m.nr_fds);
	for (uint32_t i = 0; i < m.nr_fds; i++) {
		const struct mem_region *r = &b.g.mem.region[i];

		assert_int_equal(m.payload.table.at[i].gpa, r->gpa.base);
		assert_int_equal(m.payload.table.at[i].size, r->gpa.size);
		assert_int_equal(m.payload.table.at[i].user_addr, (uintptr_t)r->hva);
		assert_int_equal(m.payload.table.at[i].mmap_offset, r->fd_offset);
		assert_true(same_file(m.fd[i], b.g.mem.node[r->node].fd));
	}
	vhost_user_socket_drop(&m);
}

static inline void sent_queue(uint32_t index)
{
	struct vhost_user_msg m;

	sent_state(VHOST_USER_SET_VRING_NUM, index, GUEST_RING_SIZE);
	sent_state(VHOST_USER_SET_VRING_BASE, index, 0);
	m = sent(VHOST_USER_SET_VRING_ADDR);
	assert_int_equal(m.payload.addr.index, index);
	assert_int_equal(m.payload.addr.desc_user_addr, (uintptr_t)b.g.mem.window + RINGS);
	assert_int_equal(m.payload.addr.avail_user_addr, (uintptr_t)b.g.mem.window + RINGS + 0x400);
	assert_int_equal(m.payload.addr.used_user_addr, (uintptr_t)b.g.mem.window + RINGS + 0x800);
	m = sent(VHOST_USER_SET_VRING_CALL);
	assert_int_equal(m.payload.u64, index);
	assert_int_equal(m.nr_fds, 1);
	vhost_user_socket_drop(&m);
	m = sent(VHOST_USER_SET_VRING_KICK);
	assert_int_equal(m.nr_fds, 1);
	/* It is the queue's: what is counted there is seen here. */
	virtio_kick(&b.d.v, (uint16_t)index);
	assert_true(eventfd_take(m.fd[0]));
	vhost_user_socket_drop(&m);
}

#endif
