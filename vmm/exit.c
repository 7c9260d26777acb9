/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit.c - exits from the guest: count, table, verdict (api.rst, section 5, the kvm_run structure).
 *
 * A handler answers what is to be done; vcpu.c does it. Nothing here logs on the way of a healthy
 * guest.
 */
#include "vmm/exit.h"

#include <string.h>

#include "vmm/crash.h"
#include "vmm/log.h"

/* One access by the guest has been answered; is there anything left to run for? */
static enum verdict exit_verdict(struct vcpu *v, enum io_result result)
{
	v->nobody += result == IO_NOBODY;
	v->bad += result == IO_BAD_GUEST;
	v->parked |= result == IO_PARK;
	if (end_kind(&v->vm->end) != END_NONE)
		return VERDICT_END;
	return v->parked ? VERDICT_PARK : VERDICT_RUN;
}

/* count > 1: a string instruction, each element is an access of its own. */
static enum verdict exit_io(struct vcpu *v)
{
	uint8_t *data = (uint8_t *)v->run + v->run->io.data_offset;
	enum io_result result = IO_OK;

	for (uint32_t i = 0; i < v->run->io.count; i++, data += v->run->io.size) {
		struct access a = {
			.addr = v->run->io.port,
			.size = v->run->io.size,
			.write = v->run->io.direction == KVM_EXIT_IO_OUT,
		};

		if (a.write)
			memcpy(&a.value, data, a.size);
		result = bus_access(&v->vm->pio, &a);
		if (!a.write)
			memcpy(data, &a.value, a.size);
	}
	return exit_verdict(v, result);
}

static enum verdict exit_mmio(struct vcpu *v)
{
	struct access a = {
		.addr = v->run->mmio.phys_addr,
		.size = (uint8_t)v->run->mmio.len,
		.write = v->run->mmio.is_write,
	};
	enum io_result result;

	if (a.write)
		memcpy(&a.value, v->run->mmio.data, a.size);
	result = bus_access(&v->vm->mmio, &a);
	if (!a.write)
		memcpy(v->run->mmio.data, &a.value, a.size);
	return exit_verdict(v, result);
}

/* A signal; vcpu.c looks at the stop flag. */
static enum verdict exit_interrupted(struct vcpu *v)
{
	(void)v;
	return VERDICT_RUN;
}

static enum verdict exit_crash(struct vcpu *v)
{
	if (end_set(&v->vm->end, END_CRASH, 0))
		crash_report(v);
	return VERDICT_END;
}

/* The guest asked KVM itself (PSCI and the like elsewhere; on x86 only a crash can come). */
static enum verdict exit_system_event(struct vcpu *v)
{
	switch (v->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN: end_set(&v->vm->end, END_POWER_OFF, 0); return VERDICT_END;
	case KVM_SYSTEM_EVENT_RESET: end_set(&v->vm->end, END_REBOOT, 0); return VERDICT_END;
	default: return exit_crash(v);
	}
}

static const struct {
	const char *name;
	enum verdict (*fn)(struct vcpu *v);
} exits[VCPU_EXIT_REASONS] = {
	[KVM_EXIT_UNKNOWN] = { "unknown", exit_crash },
	[KVM_EXIT_IO] = { "io", exit_io },
	[KVM_EXIT_MMIO] = { "mmio", exit_mmio },
	[KVM_EXIT_HLT] = { "hlt", exit_interrupted },
	[KVM_EXIT_INTR] = { "intr", exit_interrupted },
	[KVM_EXIT_IRQ_WINDOW_OPEN] = { "irq_window", exit_interrupted },
	[KVM_EXIT_SHUTDOWN] = { "shutdown", exit_crash },
	[KVM_EXIT_FAIL_ENTRY] = { "fail_entry", exit_crash },
	[KVM_EXIT_INTERNAL_ERROR] = { "internal_error", exit_crash },
	[KVM_EXIT_SYSTEM_EVENT] = { "system_event", exit_system_event },
};

enum verdict exit_handle(struct vcpu *v)
{
	uint32_t why = min(v->run->exit_reason, VCPU_EXIT_REASONS - 1u);

	v->exits[why]++;
	return exits[why].fn ? exits[why].fn(v) : exit_crash(v);
}

const char *exit_name(uint32_t reason)
{
	return reason < VCPU_EXIT_REASONS && exits[reason].name ? exits[reason].name : "other";
}
