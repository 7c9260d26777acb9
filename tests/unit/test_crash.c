/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_crash.c - registers that tell of a crash, and those that KVM has reset since. */
#include "tests/unit/unit.h"

#include "vmm/crash.h"

static void state_after_init_tells_nothing(void **state)
{
	struct kvm_regs regs = { .rip = 0xfff0, .rdx = 0x800f12, .rflags = 2 };
	struct kvm_sregs sregs = { .cs = { .selector = 0xf000, .base = 0xffff0000 }, .cr0 = 0x10 };

	(void)state;
	assert_true(crash_state_is_reset(&regs, &sregs));
	sregs.cr0 = 0x60000010;
	assert_true(crash_state_is_reset(&regs, &sregs));
}

static void state_of_a_guest_is_told(void **state)
{
	struct kvm_regs regs = { .rip = 0xfff0 };
	struct kvm_sregs sregs = { .cs = { .selector = 0x33, .l = 1 }, .cr0 = 0x80050033 };

	(void)state;
	assert_false(crash_state_is_reset(&regs, &sregs));
	sregs = (struct kvm_sregs){ .cs = { .selector = 0x10 }, .cr0 = 0x11 };
	assert_false(crash_state_is_reset(&regs, &sregs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_after_init_tells_nothing),
		cmocka_unit_test(state_of_a_guest_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
