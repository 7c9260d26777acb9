/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_vhost_user.c - what is said to a vhost-user back end, and what comes of its answers. */
#include "tests/unit/vhost_user_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_session),
		T(test_ack),
		T(test_disk),
		T(test_disk_without_config),
		T(test_config_change),
		T(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
