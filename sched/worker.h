/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - the threads that the kernel makes for us, and the CPUs that they run on: of devices (vhost), and the one
 * with which KVM puts split huge pages together again.
 *
 *                           vhost         KVM's     they are
 *   kernel threads, named   before 6.4    before    of their own, listed in /proc; they begin where kernel threads
 *   vhost-PID and kvm-nx-                 6.14      may run, as far as our cpuset goes, and to move them takes
 *   lpage-recovery-PID                              CAP_SYS_NICE or the host's root
 *   vhost-PID and           6.4 on        6.14 on   threads of this process, listed in /proc/self/task; they begin on
 *   kvm-nx-lpage-re                                 the CPUs, and in the cgroup, of the thread that made them, and
 *                                                   are moved like any of ours
 *
 * In a PID namespace the number in the name is another one than ours: kernel threads are not found there. Nor is KVM's
 * before 5.17, which cut the number off.
 *
 * Threads: the caller's. Owns nothing. Errors: -errno, not reported.
 */
#ifndef SCHED_WORKER_H
#define SCHED_WORKER_H

#include <sys/types.h>

#include "vmm/cpulist.h"

enum worker_kind {
	WORKER_VHOST, /* of a device */
	WORKER_PAGES, /* KVM's; it is there from the first KVM_RUN on, if not before */
	WORKER_PAGES_THREAD, /* the same if it is a thread of the process, which is found at once */
};

/* Is that, as /proc/TID/comm has it, the name of such a thread of process pid? pid 0: of any. */
bool worker_named(const char *comm, enum worker_kind kind, pid_t pid);

/*
 * Call found for each worker of process pid below a mounted /proc: those among its threads, or else among
 * all processes. Returns their number, or -errno.
 */
int worker_each(const char *proc, pid_t pid, enum worker_kind kind, void (*found)(void *ctx, pid_t tid), void *ctx)
	must_check;

/*
 * Bind all workers of this process to cpus; none: they stay where they are. `leave`, unless NULL, is called for each
 * first, to have it out of a cgroup that has not these CPUs. Returns how many were bound, or -errno of the first that
 * was not (-EPERM, ...).
 */
int worker_bind(enum worker_kind kind, const struct cpulist *cpus, int (*leave)(void *ctx, pid_t tid), void *ctx)
	must_check;

#endif
