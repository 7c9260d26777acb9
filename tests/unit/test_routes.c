/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_routes.c - KVM's routing table: pins stay, messages come and go, changes are gathered. */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_guest.h"
#include "vmm/payload_wires.h"
#include "vmm/routes.h"
#include "thole/payload.h"

struct bench {
	struct wired wired;
	struct routes r;
};

static struct bench b;

static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	routes_init(&b.r, (struct wires){ &wired_ops, &b.wired });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	routes_fini(&b.r);
	return 0;
}

static void changes_are_gathered(void **state)
{
	uint32_t gsi;

	(void)state;
	assert_int_equal(routes_take(&b.r, 8, &gsi), 0);
	assert_int_equal(gsi, ROUTES_MSI_FIRST);
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(b.wired.routings, 0); /* they go nowhere yet */
	for (uint32_t i = 0; i < 8; i++)
		routes_set(&b.r, gsi + i, (struct msi_message){ 0xfee00000, i });
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(b.wired.routings, 1);
	assert_int_equal(b.wired.nr_routes, 40 + 8);
	routes_set(&b.r, gsi, (struct msi_message){ 0xfee00000, 0 });
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(b.wired.routings, 1); /* nothing new */
	b.wired.fail = -EINVAL;
	routes_set(&b.r, gsi, (struct msi_message){ 0xfee00000, 99 });
	assert_int_equal(routes_commit(&b.r), -EINVAL);
	b.wired.fail = 0;
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(wired_message(&b.wired, gsi)->data, 99);
}

static void pins_stay(void **state)
{
	const struct kvm_irq_routing_entry *e = b.wired.route;
	uint32_t gsi;

	(void)state;
	assert_int_equal(routes_take(&b.r, 1, &gsi), 0);
	routes_set(&b.r, gsi, (struct msi_message){ 0xfee00000, 1 });
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(e[9].gsi, 9);
	assert_int_equal(e[9].u.irqchip.irqchip, KVM_IRQCHIP_PIC_SLAVE);
	assert_int_equal(e[9].u.irqchip.pin, 1);
	assert_int_equal(e[16 + 23].gsi, 23);
	assert_int_equal(e[16 + 23].u.irqchip.irqchip, KVM_IRQCHIP_IOAPIC);
	assert_int_equal(e[16 + 23].u.irqchip.pin, 23);
	routes_give_back(&b.r, gsi, 1);
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(b.wired.nr_routes, 40);
}

static void gsis_run_out_and_come_back(void **state)
{
	uint32_t first, second, third;

	(void)state;
	assert_int_equal(routes_take(&b.r, 1000, &first), 0);
	assert_int_equal(routes_take(&b.r, 25, &second), -ENOSPC);
	assert_int_equal(routes_take(&b.r, 24, &second), 0);
	assert_int_equal(second, first + 1000);
	assert_int_equal(routes_take(&b.r, 1, &third), -ENOSPC);
	routes_give_back(&b.r, first, 1000);
	assert_int_equal(routes_take(&b.r, 1, &third), 0);
	assert_int_equal(third, first);
	assert_int_equal(routes_take(&b.r, ROUTES_MSI_MAX + 1, &third), -ENOSPC);
}

static void far_apics_are_told_to_kvm(void **state)
{
	uint32_t gsi;

	(void)state;
	assert_int_equal(routes_take(&b.r, 2, &gsi), 0);
	routes_set(&b.r, gsi, (struct msi_message){ 0xfee12040, 0x31 }); /* APIC id 0x212 */
	/* The remappable format is not ours. */
	routes_set(&b.r, gsi + 1, (struct msi_message){ 0xfee12050, 0x31 });
	assert_int_equal(routes_commit(&b.r), 0);
	assert_int_equal(wired_message(&b.wired, gsi)->address_lo, 0xfee12000);
	assert_int_equal(wired_message(&b.wired, gsi)->address_hi, 0x200);
	assert_int_equal(wired_message(&b.wired, gsi + 1)->address_lo, 0xfee12050);
}

/* A payload's doorbells: one counts, the other comes back as a message to the first vCPU. */
static void doorbells_of_payloads(void **state)
{
	struct payload_wires w;

	(void)state;
	assert_int_equal(payload_wires_init(&w, &b.r), 0);
	assert_int_equal(b.wired.nr_bells, 2);
	assert_int_equal(b.wired.bell[0].addr, PAYLOAD_BELL);
	assert_int_equal(b.wired.bell[1].addr, PAYLOAD_BELL_BACK);
	assert_int_equal(b.wired.nr_irqfds, 1);
	assert_int_equal(b.wired.irqfd[0].fd, b.wired.bell[1].fd);
	assert_int_equal(wired_message(&b.wired, w.gsi)->address_lo, 0xfee00000);
	assert_int_equal(wired_message(&b.wired, w.gsi)->data, PAYLOAD_BELL_VECTOR);
	payload_wires_fini(&w);
	assert_int_equal(b.wired.nr_bells + b.wired.nr_irqfds, 0);
	payload_wires_fini(&w); /* twice, or without a start: nothing */
	b.wired.fail = -EINVAL;
	assert_int_equal(payload_wires_init(&w, &b.r), -EINVAL);
	assert_null(w.routes);
	b.wired.fail = 0;
	assert_int_equal(b.wired.nr_bells + b.wired.nr_irqfds, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_gathered),
		TEST(pins_stay),
		TEST(gsis_run_out_and_come_back),
		TEST(far_apics_are_told_to_kvm),
		TEST(doorbells_of_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
