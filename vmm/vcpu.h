/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - one thread a vCPU: made, started, stopped, counted.
 *
 * Each thread makes its own vCPU, so that what the kernel allocates for it lies near the CPU that it
 * runs on, then all wait for a common start:
 *
 *   vcpus_create: create() -> thread: begin() -> KVM_CREATE_VCPU -> CPUID, MSRs, registers
 *   vcpus_run:    [all made] -> thread: ready() -> [all ready] -> run
 *   vcpus_stop:   stop flag, immediate_exit and a signal to each -> leave() -> join -> (statistics)
 *                 -> vcpus_fini
 *
 * create(), begin(), ready() and leave() are the hooks by which others say where and how a thread
 * runs; vmm/ itself pins nothing.
 *
 * A vCPU thread leaves when the machine's end is set, when it is told to stop, or when its payload
 * says that it is done.
 *
 * Threads: create, run, stop and fini on one; counters may be read from any at any time (each is
 * written by its own thread only). Owns: threads, vCPU fds. Borrows: the vm and the setup's values.
 */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <pthread.h>
#include <stdatomic.h>

#include "vmm/boot/boot.h"
#include "vmm/cpuid.h"
#include "vmm/topology.h"
#include "vmm/vm.h"

/* KVM's exit reasons that we count apart; the last also counts what is above it. */
#define VCPU_EXIT_REASONS 48

struct vcpus;

struct vcpu {
	struct vcpus *all;
	struct vm *vm;
	uint32_t index;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool has_thread;
	pid_t tid; /* the kernel's number of it; written by it before it is ready */
	bool parked; /* its payload is done; written by its own thread */
	uint64_t exits[VCPU_EXIT_REASONS];
	uint64_t nobody; /* accesses that no device answered */
	uint64_t bad;    /* accesses that made no sense to their device */
};

/* Each is called once for each vCPU and returns 0 or -errno, reported, which stops the start. */
struct vcpu_hooks {
	/* On the starter's thread, before it makes the vCPU's: where that begins. */
	int (*create)(void *ctx, uint32_t vcpu, pthread_attr_t *attr);
	/* The rest on the vCPU's thread. First of all: */
	int (*begin)(void *ctx, uint32_t vcpu);
	/* All vCPUs are made, KVM knows of the guest's memory; the guest doesn't run yet. */
	int (*ready)(void *ctx, uint32_t vcpu, int vcpu_fd);
	/* It has run and will not again; not called after a failed start. */
	void (*leave)(void *ctx, uint32_t vcpu);
	void *ctx;
};

/* What vCPUs are made from; borrowed until vcpus_stop(). */
struct vcpu_setup {
	const struct topology *topology;
	const struct kvm_cpuid2 *supported; /* KVM's CPUID set */
	const struct cpuid_config *cpuid;
	const struct boot_plan *boot;
	struct vcpu_hooks hooks;
};

/* What the starter says to the threads when all are made. */
enum vcpus_word { VCPUS_WAIT, VCPUS_GO_ON, VCPUS_LEAVE };

struct vcpus {
	struct vm *vm;
	const struct vcpu_setup *setup;
	uint32_t nr;
	struct vcpu *vcpu;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t made;  /* threads that have made their vCPU, or failed */
	uint32_t ready; /* and of these, such that have got it ready, or failed */
	int err;        /* the first failure */
	_Atomic enum vcpus_word word;
	_Atomic bool go; /* all are ready: run, or leave if err */
	_Atomic bool stop;
	_Atomic uint32_t running;
};

/*
 * Have nr vCPUs made, each by its own thread, which goes on beside the caller. On an error (reported)
 * nothing is left.
 * Installs a handler for VCPU_SIGNAL, which must not be used for anything else.
 */
int vcpus_create(struct vcpus *all, struct vm *vm, uint32_t nr, const struct vcpu_setup *setup) must_check;

/* When KVM has been told of memory: wait until all are made, have them get ready, and let them run. If
 * anything failed (reported), none runs. */
int vcpus_run(struct vcpus *all) must_check;

/* Make every vCPU leave the guest, if it ever ran, and wait until the threads are gone; counters stay readable. */
void vcpus_stop(struct vcpus *all);

/* After vcpus_stop(). */
void vcpus_fini(struct vcpus *all);

/* The signal that gets a vCPU out of the guest. */
int vcpu_signal(void);

#endif
