/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_vhost_user_faults.c - what becomes of a back end's answers that are wrong, late or missing. */
#include "tests/unit/vhost_user_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
