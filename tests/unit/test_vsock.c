/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vsock.c - vhost and virtio-vsock, with a kernel that is a table: what it is told and when, addresses
 * that are taken, and a ring that it cannot make sense of.
 */
#include "tests/unit/unit.h"

#include "tests/unit/log_lines.h"
#include "tests/unit/vhost_fake.h"
#include "tests/unit/virtio_driver.h"
#include "vmm/virtio/vsock.h"

#define KERNEL_HAS                                                                                 \
	(1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_EVENT_IDX |                            \
		1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_VSOCK_F_SEQPACKET | 1ull << 26)

static struct driver d;
static struct virtio_vsock s;
static struct log_lines said = { .least = LOG_LEVEL_DEBUG };
static int create(uint32_t cid, uint64_t seed)
{
	return virtio_vsock_create(&s, &(struct virtio_vsock_setup){ .sys = &fake_sys,
					       .mem = &d.g.mem,
					       .loop = &d.loop,
					       .cid = cid,
					       .seed = seed });
}

static int setup(void **state)
{
	(void)state;
	driver_init(&d);
	fake_reset(KERNEL_HAS);
	said.last[0] = '\0';
	said.nr = 0;
	log_set_sink(log_lines_keep, &said);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	driver_fini(&d);
	return 0;
}

static void attach(void)
{
	assert_int_equal(create(42, 0), 0);
	driver_attach(&d, &s.v);
}

static void detach(void)
{
	driver_detach(&d);
	virtio_vsock_destroy(&s);
}

static struct fake_vhost *kernel(void)
{
	return fake_of(s.vhost.fd);
}

static void memory_is_told_in_one_piece(void **state)
{
	(void)state;
	attach();
	/* Two nodes that meet. */
	assert_int_equal(d.g.mem.nr_regions, 2);
	assert_int_equal(kernel()->nr_regions, 1);
	assert_int_equal(kernel()->region[0].guest_phys_addr, 0);
	assert_int_equal(kernel()->region[0].memory_size, GUEST_MEMORY);
	assert_ptr_equal((void *)(uintptr_t)kernel()->region[0].userspace_addr, d.g.mem.window);
	detach();
}

static void memory_around_the_hole_is_two_pieces(void **state)
{
	const uint64_t bytes[] = { GiB(2), GiB(2), GiB(3) };
	struct vhost_memory_region region[LAYOUT_RAM_MAX];
	struct ram_layout layout;
	struct mem mem;

	(void)state;
	assert_int_equal(ram_layout_make(&layout, bytes, 3, KiB(64), 46), 0);
	assert_int_equal(mem_map(&mem, &layout, NULL, true), 0);
	assert_int_equal(mem.nr_regions, 4);
	assert_int_equal(vhost_regions(&mem, region), 2);
	assert_int_equal(region[0].memory_size, GiB(3));
	assert_int_equal(region[1].guest_phys_addr, GiB(4));
	assert_int_equal(region[1].memory_size, GiB(4));
	assert_int_equal(region[1].userspace_addr - region[0].userspace_addr, GiB(4));
	mem_fini(&mem);
}

static void what_the_guest_sees(void **state)
{
	(void)state;
	attach();
	assert_int_equal(driver_cfg(&d, 0, 4), (0x1040 + 19) << 16 | 0x1af4);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG, 4), 42);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 4, 4), 0);
	assert_int_equal(driver_reg(&d, DRIVER_REG(num_queues), 2), 3);
	/* What vhost has for its own purposes is not for the guest. */
	assert_int_equal(driver_offered(&d), KERNEL_HAS & ~(1ull << 26));
	detach();
}

static void a_kernel_with_less_offers_less(void **state)
{
	(void)state;
	fake.features = 1ull << VIRTIO_F_VERSION_1;
	attach();
	assert_int_equal(driver_offered(&d), 1ull << VIRTIO_F_VERSION_1);
	detach();
}

static void queues_are_the_kernels_while_active(void **state)
{
	const struct fake_vring *tx;

	(void)state;
	attach();
	assert_false(kernel()->running);
	driver_start(&d, 1ull << VIRTIO_RING_F_EVENT_IDX);
	assert_int_equal(driver_status(&d), DRIVER_RUNNING);
	assert_true(kernel()->running);
	assert_int_equal(kernel()->accepted, 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_EVENT_IDX);
	tx = &kernel()->vring[1];
	assert_int_equal(tx->size, GUEST_RING_SIZE);
	assert_int_equal(tx->kick, s.v.queue[1].kick);
	assert_int_equal(tx->call, s.v.queue[1].call);
	assert_int_equal(tx->err, s.watch.source.fd);
	assert_ptr_equal((void *)(uintptr_t)tx->addr.desc_user_addr, d.g.mem.window + driver_ring_at(1));
	assert_ptr_equal((void *)(uintptr_t)tx->addr.used_user_addr, d.g.mem.window + driver_ring_at(1) + 0x800);
	/* What was put there early is looked at. */
	assert_true(eventfd_take(s.v.queue[0].kick));
	assert_true(eventfd_take(s.v.queue[1].kick));
	driver_status_set(&d, 0);
	assert_false(kernel()->running);
	assert_int_equal(tx->kick, -1);
	assert_int_equal(tx->call, -1);
	assert_int_equal(tx->err, -1);
	driver_start(&d, 0);
	assert_true(kernel()->running);
	assert_int_equal(kernel()->accepted, 1ull << VIRTIO_F_VERSION_1);
	detach();
	assert_int_equal(said.nr, 0);
}

static void a_start_that_fails_leaves_nothing_running(void **state)
{
	static const unsigned long requests[] = { VHOST_SET_FEATURES, VHOST_SET_VRING_NUM, VHOST_SET_VRING_ADDR,
		VHOST_SET_VRING_CALL, VHOST_VSOCK_SET_RUNNING };

	(void)state;
	attach();
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		fake.fail_request = requests[i];
		fake.fail_error = -EFAULT;
		driver_start(&d, 0);
		assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_false(s.v.active);
		assert_int_equal(kernel()->vring[0].kick, -1);
		assert_int_equal(kernel()->vring[1].kick, -1);
		fake.fail_request = 0;
	}
	assert_int_equal(said.nr, 1);
	driver_start(&d, 0);
	assert_true(kernel()->running);
	detach();
}

static void a_queue_that_is_missing_needs_reset(void **state)
{
	(void)state;
	attach();
	driver_negotiate(&d, 0);
	driver_queue(&d, 0);
	driver_status_set(&d, DRIVER_RUNNING);
	assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_false(kernel()->running);
	detach();
}

static void complain_as_kernel(void)
{
	const uint64_t one = 1;

	assert_int_equal(write(s.watch.source.fd, &one, sizeof(one)), sizeof(one));
}

static void a_ring_that_the_kernel_cannot_read_stops_the_device(void **state)
{
	(void)state;
	attach();
	for (int i = 0; i < 3; i++) {
		driver_start(&d, 0);
		assert_true(kernel()->running);
		complain_as_kernel();
		s.watch.source.ready(&s.watch.source, EPOLLIN);
		assert_false(kernel()->running);
		assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_int_equal(d.wired.nr_bells, 0);
	}
	assert_int_equal(s.v.faults, 3);
	assert_int_equal(said.nr, 1); /* said once */
	detach();
}

/* A complaint about the driver before is none about the next one. */
static void complaints_end_with_the_driver(void **state)
{
	(void)state;
	attach();
	driver_start(&d, 0);
	complain_as_kernel();
	driver_start(&d, 0);
	s.watch.source.ready(&s.watch.source, EPOLLIN);
	assert_true(kernel()->running);
	assert_int_equal(s.v.faults, 0);
	driver_status_set(&d, 0);
	complain_as_kernel();
	s.watch.source.ready(&s.watch.source, EPOLLIN);
	assert_int_equal(s.v.faults, 0);
	detach();
}

static void addresses(void **state)
{
	(void)state;
	fake.taken[fake.nr_taken++] = 42;
	assert_int_equal(create(42, 0), -EADDRINUSE);
	assert_non_null(strstr(said.last, "CID 42 is another guest's"));
	assert_int_equal(create(43, 0), 0);
	assert_int_equal(s.cid, 43);
	assert_int_equal(kernel()->cid, 43);
	virtio_vsock_destroy(&s);
}

static void a_free_address_is_found(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		fake.taken[fake.nr_taken++] = vsock_candidate(7, i);
	assert_int_equal(create(0, 7), 0);
	assert_int_equal(s.cid, vsock_candidate(7, 20));
	assert_int_equal(fake.cids_tried, 21);
	assert_int_equal(s.config.guest_cid, s.cid);
	virtio_vsock_destroy(&s);
	for (uint32_t i = 20; i < VSOCK_TRIES; i++)
		fake.taken[fake.nr_taken++] = vsock_candidate(7, i);
	assert_int_equal(create(0, 7), -EADDRINUSE);
	assert_int_equal(said.nr, 1);
}

static void candidates_differ_and_are_allowed(void **state)
{
	const uint64_t seeds[] = { 0, 1, 0x7fffffff, UINT64_MAX, 0xcbf29ce484222325 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(seeds); k++)
		for (uint32_t i = 0; i < VSOCK_TRIES; i++) {
			uint32_t cid = vsock_candidate(seeds[k], i);

			assert_true(cid >= 0x10000 && cid < 0x80000000);
			for (uint32_t j = 0; j < i; j++)
				assert_int_not_equal(cid, vsock_candidate(seeds[k], j));
		}
}

static void errors_say_what_to_do(void **state)
{
	(void)state;
	fake.open_error = -ENOENT;
	assert_int_equal(create(42, 0), -ENOENT);
	assert_non_null(strstr(said.last, "modprobe vhost_vsock"));
	fake.open_error = -EACCES;
	assert_int_equal(create(42, 0), -EACCES);
	assert_non_null(strstr(said.last, "/dev/vhost-vsock"));
	assert_non_null(strstr(said.last, "group"));
	fake.open_error = 0;
	fake.fail_error = -ENOMEM;
	fake.fail_request = VHOST_SET_OWNER;
	assert_int_equal(create(42, 0), -ENOMEM);
	fake.fail_request = VHOST_SET_MEM_TABLE;
	assert_int_equal(create(42, 0), -ENOMEM);
	fake.fail_request = VHOST_VSOCK_SET_GUEST_CID;
	assert_int_equal(create(42, 0), -ENOMEM);
	assert_int_equal(said.nr, 5);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_told_in_one_piece),
		TEST(memory_around_the_hole_is_two_pieces),
		TEST(what_the_guest_sees),
		TEST(a_kernel_with_less_offers_less),
		TEST(queues_are_the_kernels_while_active),
		TEST(a_start_that_fails_leaves_nothing_running),
		TEST(a_queue_that_is_missing_needs_reset),
		TEST(a_ring_that_the_kernel_cannot_read_stops_the_device),
		TEST(complaints_end_with_the_driver),
		TEST(addresses),
		TEST(a_free_address_is_found),
		TEST(candidates_differ_and_are_allowed),
		TEST(errors_say_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
