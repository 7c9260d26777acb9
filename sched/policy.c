/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.c - see policy.h. */
#include "sched/policy.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "vmm/log.h"

static long file_number(const char *path, long absent)
{
	FILE *f = fopen(path, "re");
	long n = absent;

	if (!f)
		return absent;
	if (fscanf(f, "%ld", &n) != 1)
		n = absent;
	fclose(f);
	return n;
}

struct policy_limits policy_load(void)
{
	return (struct policy_limits){
		.runtime_us = file_number("/proc/sys/kernel/sched_rt_runtime_us", -1),
		.period_us = file_number("/proc/sys/kernel/sched_rt_period_us", 1000000),
	};
}

int policy_check(const struct policy_limits *l, bool shared, char *why, size_t size)
{
	if (shared) {
		snprintf(why, size, "sched=fifo: no CPU is left for thole's own threads and the kernel's, and a vCPU that "
			"doesn't halt would keep them from running: leave one out of the vCPUs' (fewer vCPUs, or "
			"more in host-cpus), or --force");
		return -EPERM;
	}
	if (l->runtime_us >= 0 && l->runtime_us < l->period_us) {
		snprintf(why, size, "sched=fifo: the kernel stops real-time threads for %ld ms of each %ld ms, and the guest "
			"would lose that time: echo -1 > /proc/sys/kernel/sched_rt_runtime_us, or --force",
			(l->period_us - l->runtime_us) / 1000, l->period_us / 1000);
		return -EPERM;
	}
	return 0;
}

int policy_fifo(const char *who, uint32_t priority)
{
	const struct sched_param p = { .sched_priority = (int)priority };

	/* Not for what it may start: a program started by exec() at this rank would be as much of a trap. */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) == 0)
		return 0;
	return log_errno(-errno, "%s: cannot make it SCHED_FIFO with priority %u: %m%s", who, priority,
		errno == EPERM ? "; allow it with ulimit -r (RLIMIT_RTPRIO) or CAP_SYS_NICE" : "");
}
