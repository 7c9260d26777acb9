/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.c - print what this machine's KVM supports, as the tests read it.
 *
 *   cc -o /tmp/record tests/data/cpuid/record.c && /tmp/record >tests/data/cpuid/NAME.txt
 *
 * An entry a line, hexadecimal: function index flags eax ebx ecx edx. Add NAME to test_cpuid.c.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

int main(void)
{
	unsigned max = 256;
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + max * sizeof(c->entries[0]));
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (!c || kvm < 0) {
		perror("/dev/kvm");
		return 1;
	}
	c->nent = max;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, c) < 0) {
		perror("KVM_GET_SUPPORTED_CPUID");
		return 1;
	}
	for (unsigned i = 0; i < c->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &c->entries[i];

		printf("%08x %02x %x %08x %08x %08x %08x\n", e->function, e->index, e->flags,
			e->eax, e->ebx, e->ecx, e->edx);
	}
	return 0;
}
