/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vhost_user.c - what is said to a vhost-user back end, and what becomes of answers that are wrong,
 * late or missing. The back end is the other end of a socket pair: its answers are put there beforehand,
 * and what it was asked is read afterwards.
 */
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

struct bench {
	struct guest g;
	struct loop loop;
	int back; /* the back end's end; -1: it has gone */
	int front;
	struct vhost_user_dev d;
};

static struct bench b;

static void woken(void *ctx)
{
	(void)ctx;
}

static int setup(void **state)
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

static int teardown(void **state)
{
	(void)state;
	if (b.back >= 0)
		close(b.back);
	loop_fini(&b.loop);
	guest_fini(&b.g);
	return 0;
}

static void send_to_front(struct vhost_user_msg *m)
{
	m->header.flags |= VHOST_USER_REPLY;
	assert_int_equal(vhost_user_socket_send(b.back, m, 1000), 0);
}

static void answer(uint32_t request, uint64_t v)
{
	struct vhost_user_msg m;

	vhost_user_make_u64(&m, request, v);
	send_to_front(&m);
}

static void answer_config(uint32_t size, uint8_t byte)
{
	uint8_t bytes[VHOST_USER_CONFIG_MAX];
	struct vhost_user_msg m;

	memset(bytes, byte, sizeof(bytes));
	vhost_user_make_config(&m, 0, bytes, size);
	m.header.request = VHOST_USER_GET_CONFIG;
	send_to_front(&m);
}

/* The next message that was sent; its descriptors are the caller's. */
static struct vhost_user_msg sent(uint32_t request)
{
	const char *why = NULL;
	struct vhost_user_msg m;

	assert_int_equal(vhost_user_socket_receive(b.back, &m, 1000, &why), 0);
	assert_null(why);
	assert_int_equal(m.header.request, request);
	return m;
}

static void sent_u64(uint32_t request, uint64_t v)
{
	struct vhost_user_msg m = sent(request);

	assert_int_equal(m.header.size, 8);
	assert_int_equal(m.payload.u64, v);
	assert_int_equal(m.nr_fds, 0);
}

static void sent_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_msg m = sent(request);

	assert_int_equal(m.header.size, 8);
	assert_int_equal(m.payload.state.index, index);
	assert_int_equal(m.payload.state.num, num);
}

static bool same_file(int a, int c)
{
	struct stat x, y;

	assert_int_equal(fstat(a, &x), 0);
	assert_int_equal(fstat(c, &y), 0);
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Nothing more was sent. */
static void sent_all(void)
{
	char c;

	assert_int_equal(recv(b.back, &c, 1, MSG_DONTWAIT), -1);
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* What a back end with these protocol features answers until the device is there. */
static void answers_init(uint64_t protocol)
{
	answer(VHOST_USER_GET_FEATURES, VERSION_1 | PROTOCOL);
	answer(VHOST_USER_GET_PROTOCOL_FEATURES, protocol);
	if (protocol & ACK)
		answer(VHOST_USER_SET_OWNER, 0);
	if ((protocol & ACK) && (protocol & CHANNEL) && (protocol & CONFIG))
		answer(VHOST_USER_SET_BACKEND_REQ_FD, 0);
}

static void sent_init(uint64_t protocol)
{
	struct vhost_user_msg m;

	(void)sent(VHOST_USER_GET_FEATURES);
	(void)sent(VHOST_USER_GET_PROTOCOL_FEATURES);
	sent_u64(VHOST_USER_SET_PROTOCOL_FEATURES, protocol);
	m = sent(VHOST_USER_SET_OWNER);
	assert_int_equal(m.header.flags, VHOST_USER_VERSION | (protocol & ACK ? VHOST_USER_NEED_REPLY : 0));
}

static struct vhost_user_setup what(void)
{
	return (struct vhost_user_setup){ "the back end", b.front, 1000, &b.g.mem, &b.loop };
}

static void fs_make(uint64_t protocol)
{
	struct vhost_user_setup s = what();

	answers_init(protocol);
	assert_int_equal(vhost_user_fs_create(&b.d, &s, "home"), 0);
	sent_init(protocol);
	sent_all();
}

static void driver_status(uint8_t v)
{
	pthread_mutex_lock(&b.d.v.lock);
	virtio_status_set(&b.d.v, v);
	pthread_mutex_unlock(&b.d.v.lock);
}

/* A driver that uses queue 1 only. */
static void driver_start(void)
{
	struct guest_ring r;

	virtio_accept(&b.d.v, 1, (uint32_t)(VERSION_1 >> 32));
	driver_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	guest_ring_init(&r, &b.g, RINGS);
	b.d.v.queue[1].place = r.place;
	b.d.v.queue[1].enabled = true;
	driver_status(b.d.v.status | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void sent_memory(void)
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

static void sent_queue(uint32_t index)
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

static void test_session(void **state)
{
	(void)state;
	fs_make(0);
	assert_memory_equal(b.d.config, "home\0", 5);
	assert_int_equal(b.d.config[36], 1);
	assert_int_equal(b.d.v.setup.nr_queues, 2);
	driver_start();
	assert_true(b.d.v.active);
	sent_u64(VHOST_USER_SET_FEATURES, VERSION_1 | PROTOCOL);
	sent_memory();
	sent_queue(1);
	sent_state(VHOST_USER_SET_VRING_ENABLE, 1, 1);
	sent_all();

	answer(VHOST_USER_GET_VRING_BASE, 1 | 7ull << 32);
	driver_status(0);
	sent_state(VHOST_USER_SET_VRING_ENABLE, 1, 0);
	sent_state(VHOST_USER_GET_VRING_BASE, 1, 0);
	sent_all();
	assert_false(b.d.u.broken);
	vhost_user_dev_destroy(&b.d);
}

/* Every request is acknowledged, so that a refusal is known. */
static void test_ack(void **state)
{
	static const uint32_t asked[] = { VHOST_USER_SET_FEATURES, VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR, VHOST_USER_SET_VRING_CALL,
		VHOST_USER_SET_VRING_KICK, VHOST_USER_SET_VRING_ENABLE };

	(void)state;
	for (size_t refused = 0; refused <= ARRAY_SIZE(asked); refused++) {
		if (refused)
			setup(NULL);
		fs_make(ACK);
		for (size_t i = 0; i < ARRAY_SIZE(asked) && i <= refused; i++)
			answer(asked[i], i == refused);
		driver_start();
		assert_int_equal(b.d.v.active, refused == ARRAY_SIZE(asked));
		assert_int_equal(b.d.u.broken, refused != ARRAY_SIZE(asked));
		if (b.d.v.active) {
			answer(VHOST_USER_SET_VRING_ENABLE, 0);
			answer(VHOST_USER_GET_VRING_BASE, 1);
		} else {
			assert_true(b.d.v.status & VIRTIO_CONFIG_S_NEEDS_RESET);
		}
		vhost_user_dev_destroy(&b.d);
		if (refused < ARRAY_SIZE(asked))
			teardown(NULL);
	}
}

static int blk_make(uint64_t protocol)
{
	struct vhost_user_setup s = what();

	answers_init(protocol);
	if (protocol & CONFIG)
		answer_config(BLK_BYTES, 0x11);
	return vhost_user_blk_create(&b.d, &s, 2);
}

static void test_disk(void **state)
{
	struct vhost_user_msg m;
	int err;

	(void)state;
	assert_int_equal(blk_make(CONFIG), 0);
	sent_init(CONFIG);
	m = sent(VHOST_USER_GET_CONFIG);
	assert_int_equal(m.payload.config.size, BLK_BYTES);
	assert_int_equal(b.d.config[0], 0x11);
	assert_int_equal(b.d.v.setup.config_size, BLK_BYTES);
	err = vhost_user_config_set(&b.d.u, 32, (const uint8_t *)"\1", 1);
	assert_int_equal(err, 0);
	m = sent(VHOST_USER_SET_CONFIG);
	assert_int_equal(m.payload.config.offset, 32);
	assert_int_equal(m.payload.config.bytes[0], 1);
	vhost_user_dev_destroy(&b.d);
}

static void test_disk_without_config(void **state)
{
	(void)state;
	assert_int_equal(blk_make(0), -ENOTSUP);
}

/* The back end asks by its channel: the configuration is fetched again, and the driver told. */
static void test_config_change(void **state)
{
	struct vhost_user_msg m;
	int channel;

	(void)state;
	assert_int_equal(blk_make(CONFIG | CHANNEL), 0);
	sent_init(CONFIG | CHANNEL);
	m = sent(VHOST_USER_SET_BACKEND_REQ_FD);
	assert_int_equal(m.nr_fds, 1);
	channel = m.fd[0];
	(void)sent(VHOST_USER_GET_CONFIG);
	b.d.v.status = VIRTIO_CONFIG_S_DRIVER_OK;

	vhost_user_make(&m, VHOST_USER_BACKEND_CONFIG_CHANGE_MSG);
	m.header.flags |= VHOST_USER_NEED_REPLY;
	assert_int_equal(vhost_user_socket_send(channel, &m, 1000), 0);
	answer_config(BLK_BYTES, 0x22);
	b.d.channel.ready(&b.d.channel, EPOLLIN);
	assert_int_equal(b.d.config[0], 0x22);
	assert_true(eventfd_take(b.d.v.config_call));

	/* Nonsense ends it. */
	vhost_user_make(&m, 77);
	assert_int_equal(vhost_user_socket_send(channel, &m, 1000), 0);
	b.d.channel.ready(&b.d.channel, EPOLLIN);
	assert_true(b.d.u.broken);
	assert_false(b.d.watched);
	close(channel);
	vhost_user_dev_destroy(&b.d);
}

/* More regions than a table has go one by one. */
static void test_slots(void **state)
{
	struct vhost_user_msg m;
	struct mem many = b.g.mem;

	(void)state;
	many.nr_regions = VHOST_USER_REGIONS_MAX + 1;
	for (uint32_t i = b.g.mem.nr_regions; i < many.nr_regions; i++)
		many.region[i] = many.region[0];
	fs_make(SLOTS);
	b.d.v.setup.mem = &many;
	answer(VHOST_USER_GET_MAX_MEM_SLOTS, 32);
	assert_int_equal(vhost_user_start(&b.d.u, &b.d.v), 0);
	(void)sent(VHOST_USER_SET_FEATURES);
	(void)sent(VHOST_USER_GET_MAX_MEM_SLOTS);
	for (uint32_t i = 0; i < many.nr_regions; i++) {
		m = sent(VHOST_USER_ADD_MEM_REG);
		assert_int_equal(m.nr_fds, 1);
		assert_int_equal(m.header.size, 40);
		assert_int_equal(m.payload.region.at.size, many.region[i].gpa.size);
		vhost_user_socket_drop(&m);
	}
	answer(VHOST_USER_GET_MAX_MEM_SLOTS, 8);
	assert_int_equal(vhost_user_start(&b.d.u, &b.d.v), -ENOSPC);
	vhost_user_dev_destroy(&b.d);
}

/* What is wrong with a first answer. */
static void bad_request(struct vhost_user_msg *m)
{
	m->header.request = VHOST_USER_GET_QUEUE_NUM;
}

static void bad_flags(struct vhost_user_msg *m)
{
	m->header.flags = VHOST_USER_VERSION;
}

static void bad_version(struct vhost_user_msg *m)
{
	m->header.flags = VHOST_USER_REPLY | 2;
}

static void bad_size(struct vhost_user_msg *m)
{
	m->header.size = 4;
}

static void bad_length(struct vhost_user_msg *m)
{
	m->header.size = UINT32_MAX;
}

static void bad_descriptors(struct vhost_user_msg *m)
{
	m->fd[0] = m->fd[1] = STDERR_FILENO;
	m->nr_fds = 2;
}

static void test_malformed(void **state)
{
	static void (*const spoil[])(struct vhost_user_msg *m) = { bad_request, bad_flags, bad_version, bad_size,
		bad_length, bad_descriptors };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoil); i++) {
		struct vhost_user_msg m;
		struct vhost_user u;
		unsigned before;

		if (i)
			setup(NULL);
		before = descriptors();
		vhost_user_make_u64(&m, VHOST_USER_GET_FEATURES, VERSION_1);
		m.header.flags |= VHOST_USER_REPLY;
		spoil[i](&m);
		if (m.header.size > sizeof(m.payload)) {
			assert_int_equal(send(b.back, &m, sizeof(m.header), 0), sizeof(m.header));
		} else {
			assert_int_equal(vhost_user_socket_send(b.back, &m, 1000), 0);
		}
		assert_int_equal(vhost_user_init(&u, b.front, "the back end", 1000), -EPROTO);
		assert_int_equal(descriptors(), before - 1); /* the connection, and nothing that came */
		if (i + 1 < ARRAY_SIZE(spoil))
			teardown(NULL);
	}
}

static void test_config_malformed(void **state)
{
	uint8_t bytes[16];
	struct vhost_user_msg m;

	(void)state;
	fs_make(CONFIG);
	vhost_user_make(&m, VHOST_USER_GET_CONFIG); /* none of that size */
	send_to_front(&m);
	assert_int_equal(vhost_user_config_get(&b.d.u, bytes, sizeof(bytes)), -EPROTO);
	assert_int_equal(vhost_user_config_get(&b.d.u, bytes, sizeof(bytes)), -EPIPE);
	vhost_user_dev_destroy(&b.d);
}

/* It dies after so many answers, in each phase: an error, never a wait without end. */
static void test_death(void **state)
{
	(void)state;
	for (unsigned after = 0; after < 10; after++) {
		struct vhost_user_setup s;
		bool made;

		if (after)
			setup(NULL);
		s = what();
		if (after >= 1)
			answer(VHOST_USER_GET_FEATURES, VERSION_1 | PROTOCOL);
		if (after >= 2)
			answer(VHOST_USER_GET_PROTOCOL_FEATURES, ACK);
		if (after >= 3)
			answer(VHOST_USER_SET_OWNER, 0);
		if (after >= 4)
			answer(VHOST_USER_SET_FEATURES, 0);
		if (after >= 5)
			answer(VHOST_USER_SET_MEM_TABLE, 0);
		for (unsigned i = 6; i <= after; i++)
			answer(VHOST_USER_SET_VRING_NUM + (i == 6 ? 0 : i == 7 ? 2 : i == 8 ? 1 : 5), 0);
		shutdown(b.back, SHUT_WR);
		made = vhost_user_fs_create(&b.d, &s, "home") == 0;
		assert_int_equal(made, after >= 3);
		if (made) {
			driver_start();
			assert_false(b.d.v.active);
			assert_true(b.d.u.broken);
			vhost_user_dev_destroy(&b.d);
		}
		if (after < 9)
			teardown(NULL);
	}
}

static void test_silence(void **state)
{
	struct vhost_user u;

	(void)state;
	assert_int_equal(vhost_user_init(&u, b.front, "the back end", 1), -ETIMEDOUT);
	assert_true(u.silent);
}

static void *init_for_ever(void *arg)
{
	struct vhost_user *u = arg;

	return vhost_user_init(u, b.front, "the back end", UINT32_MAX) == -ECONNRESET ? arg : NULL;
}

/* Whoever waits for an answer that does not come stops waiting when it is not wanted any more. */
static void test_abort(void **state)
{
	struct vhost_user u = { .fd = b.front };
	pthread_t thread;
	void *rc;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, init_for_ever, &u), 0);
	(void)sent(VHOST_USER_GET_FEATURES);
	vhost_user_abort(&u);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_ptr_equal(rc, &u);
	assert_false(u.silent);
}

/* The guest is gone: its back end is not asked, and so not waited for. */
static void test_destroy_asks_nothing(void **state)
{
	(void)state;
	fs_make(0);
	driver_start();
	assert_true(b.d.v.active);
	while (recv(b.back, &(char){ 0 }, 1, MSG_DONTWAIT) == 1)
		continue;
	vhost_user_dev_destroy(&b.d);
	assert_int_equal(recv(b.back, &(char){ 0 }, 1, 0), 0);
}

/* A driver that resets a device whose back end does not answer goes on, without the device. */
static void test_silence_at_reset(void **state)
{
	(void)state;
	fs_make(0);
	driver_start();
	assert_true(b.d.v.active);
	b.d.u.timeout_ms = 1;
	driver_status(0);
	assert_false(b.d.v.active);
	assert_true(b.d.u.broken);
	vhost_user_dev_destroy(&b.d);
}

static void test_too_old(void **state)
{
	struct vhost_user_setup s = what();

	(void)state;
	answer(VHOST_USER_GET_FEATURES, 0);
	assert_int_equal(vhost_user_fs_create(&b.d, &s, "home"), -ENOTSUP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_session),
		T(test_ack),
		T(test_disk),
		T(test_disk_without_config),
		T(test_config_change),
		T(test_slots),
		T(test_malformed),
		T(test_config_malformed),
		T(test_death),
		T(test_silence),
		T(test_abort),
		T(test_destroy_asks_nothing),
		T(test_silence_at_reset),
		T(test_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
