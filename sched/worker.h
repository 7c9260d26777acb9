/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - the threads that the kernel makes for devices of ours (vhost), and the CPUs that they run on.
 *
 * They are named vhost-PID. What they are depends on the kernel:
 *
 *   before 6.4   kernel threads of their own, listed in /proc; they begin where kernel threads may run, as
 *                far as our cpuset goes, and to move them takes CAP_SYS_NICE or the host's root
 *   6.4 on       threads of this process, listed in /proc/self/task; they begin on the CPUs of the thread
 *                that made them, and are moved like any of ours
 *
 * In a PID namespace the number in the name is another one than ours: kernel threads are not found there.
 *
 * Threads: the caller's. Owns nothing. Errors: -errno, not reported.
 */
#ifndef SCHED_WORKER_H
#define SCHED_WORKER_H

#include <sys/types.h>

#include "vmm/cpulist.h"

/* Is that, as /proc/TID/comm has it, the name of such a thread of process pid? pid 0: of any. */
bool worker_named(const char *comm, pid_t pid);

/*
 * Call found for each worker of process pid below a mounted /proc: those among its threads, or else among
 * all processes. Returns their number, or -errno.
 */
int worker_each(const char *proc, pid_t pid, void (*found)(void *ctx, pid_t tid), void *ctx) must_check;

/*
 * Bind all workers of this process to cpus; none: they stay where they are. Returns how many were
 * bound, or -errno of the first that was not (-EPERM, ...).
 */
int worker_bind(const struct cpulist *cpus) must_check;

#endif
