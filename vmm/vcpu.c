/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.c - vCPU threads: make, wait for the others, run, leave.
 *
 * A vCPU is got out of the guest by setting immediate_exit in its kvm_run and then sending a signal:
 * if it is in the guest, the signal ends KVM_RUN; if it is about to enter, KVM_RUN returns at once.
 * The flag is never taken back, so there is no window (api.rst, 5: immediate_exit).
 */
#include "vmm/vcpu.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/exit.h"
#include "vmm/log.h"
#include "vmm/vcpu_state.h"

/* Deep enough for a device's handlers and a crash report; touched by the page. */
#define STACK_BYTES KiB(256)

#define LOOKS 1000 /* some half a millisecond */

int vcpu_signal(void)
{
	return SIGRTMIN;
}

static void signal_ignored(int sig)
{
	(void)sig; /* its arrival alone interrupts KVM_RUN */
}

static int vcpu_open(struct vcpu *v)
{
	apicid_t id = topology_apicid(v->all->setup->topology, v->index);
	void *run;
	int err;

	/* KVM takes the vCPU's id for its initial APIC id (api.rst, 4.7). */
	v->fd = kvm_ioctl_val(v->vm->fd, KVM_CREATE_VCPU, id.id);
	if (v->fd < 0)
		return log_errno(v->fd, "vCPU %u: KVM does not make it (APIC id %u): %m", v->index, id.id);
	run = mmap(NULL, v->vm->kvm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (run == MAP_FAILED)
		return log_errno(-errno, "vCPU %u: cannot map its state: %m", v->index);
	v->run = run;
	err = vcpu_state_set(v->fd, v->index, v->all->setup);
	return err ? log_errno(err, "vCPU %u: KVM does not take its start state: %m", v->index) : 0;
}

static bool word_said(const struct vcpus *all)
{
	return all->word != VCPUS_WAIT;
}

static bool all_ready(const struct vcpus *all)
{
	return all->go;
}

/*
 * What the other side is about to do on a small machine: one who sleeps meanwhile is woken late, since its CPU sleeps,
 * too. Lets others run who want to. On a large machine it takes longer, and is slept for.
 */
static void look_for(bool (*there)(const struct vcpus *all), const struct vcpus *all)
{
	for (unsigned looks = 0; looks < LOOKS && !there(all); looks++)
		sched_yield();
}

/* This thread has made its vCPU, or failed. Wait for the starter's word; true: go on. */
static bool made_agreed(struct vcpus *all, int err)
{
	bool go_on;

	pthread_mutex_lock(&all->lock);
	all->made++;
	if (err && !all->err)
		all->err = err;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	look_for(word_said, all);
	pthread_mutex_lock(&all->lock);
	while (all->word == VCPUS_WAIT)
		pthread_cond_wait(&all->changed, &all->lock);
	go_on = all->word == VCPUS_GO_ON;
	pthread_mutex_unlock(&all->lock);
	return go_on;
}

/* This vCPU is ready, or not. The last to be lets all run, so that one alone waits for nobody. */
static bool ready_agreed(struct vcpus *all, int err)
{
	bool run;

	pthread_mutex_lock(&all->lock);
	if (err && !all->err)
		all->err = err;
	if (++all->ready == all->nr) {
		all->go = true;
		pthread_cond_broadcast(&all->changed);
	}
	while (!all->go)
		pthread_cond_wait(&all->changed, &all->lock);
	run = !all->err;
	pthread_mutex_unlock(&all->lock);
	return run;
}

static void run_failed(const struct vcpu *v, int err)
{
	if (!end_set(&v->vm->end, END_FAILED, 0))
		return;
	if (err == -EFAULT)
		log_errno(err, "vCPU %u: the host has no page for a part of guest memory: huge pages ran out, or "
			"its memory is damaged (see dmesg)", v->index);
	else
		log_errno(err, "vCPU %u: KVM_RUN failed: %m", v->index);
}

/* Whoever started us may have the signal blocked, and the mask is inherited. */
static void signal_unblock(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, vcpu_signal());
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * A KVM_RUN that ends before the guest's first instruction. Linux 6.14 and newer make a thread at a machine's first
 * one, where and as the thread is that calls: it is there afterwards, for ready() to move.
 */
static void vcpu_enter_once(struct vcpu *v)
{
	__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	(void)!ioctl(v->fd, KVM_RUN, 0);
	__atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}

static void vcpu_loop(struct vcpu *v)
{
	struct vcpus *all = v->all;
	enum verdict verdict = VERDICT_RUN;

	while (verdict == VERDICT_RUN && !atomic_load_explicit(&all->stop, memory_order_acquire)) {
		int r = ioctl(v->fd, KVM_RUN, 0);

		/* EAGAIN: it waits for INIT and SIPI, and something woke it. */
		if (r < 0 && errno != EINTR && errno != EAGAIN) {
			run_failed(v, -errno);
			return;
		}
		if (r == 0)
			verdict = exit_handle(v);
	}
}

/* The last payload vCPU to be done switches the machine off. */
static void vcpu_left(struct vcpu *v)
{
	if (atomic_fetch_sub(&v->all->running, 1) == 1 && v->parked)
		end_set(&v->vm->end, END_POWER_OFF, 0);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	const struct vcpu_hooks *hooks = &v->all->setup->hooks;
	int err;

	v->tid = gettid();
	signal_unblock();
	err = hooks->begin(hooks->ctx, v->index);
	if (!err)
		err = vcpu_open(v);
	if (!made_agreed(v->all, err))
		return NULL;
	if (v->index == 0)
		vcpu_enter_once(v);
	err = hooks->ready(hooks->ctx, v->index, v->fd);
	if (ready_agreed(v->all, err)) {
		vcpu_loop(v);
		hooks->leave(hooks->ctx, v->index);
		vcpu_left(v);
	}
	return NULL;
}

static int thread_create(struct vcpu *v, pthread_attr_t *attr)
{
	const struct vcpu_hooks *hooks = &v->all->setup->hooks;
	int err = hooks->create(hooks->ctx, v->index, attr);

	if (err)
		return err;
	err = -pthread_create(&v->thread, attr, vcpu_thread, v);
	v->has_thread = !err;
	if (err == -EINVAL) /* what it says for a CPU that this process may not use */
		return log_errno(err, "vCPU %u: cannot make a thread on its CPU; did the cpuset change?", v->index);
	if (err)
		log_errno(err, "vCPU %u: cannot make a thread: %m; is there a limit (ulimit -u)?", v->index);
	return err;
}

static int threads_create(struct vcpus *all)
{
	pthread_attr_t attr;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (uint32_t i = 0; i < all->nr && !err; i++)
		err = thread_create(&all->vcpu[i], &attr);
	pthread_attr_destroy(&attr);
	return err;
}

/* Wait until every thread that exists has made its vCPU, or failed to. */
static int threads_await(struct vcpus *all)
{
	uint32_t threads = 0;
	int err;

	for (uint32_t i = 0; i < all->nr; i++)
		threads += all->vcpu[i].has_thread;
	pthread_mutex_lock(&all->lock);
	while (all->made < threads)
		pthread_cond_wait(&all->changed, &all->lock);
	err = all->err;
	pthread_mutex_unlock(&all->lock);
	return err;
}

/* Let them go on, or leave. */
static void threads_release(struct vcpus *all, bool go_on)
{
	pthread_mutex_lock(&all->lock);
	all->word = go_on && !all->stop ? VCPUS_GO_ON : VCPUS_LEAVE;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

static void threads_join(struct vcpus *all)
{
	for (uint32_t i = 0; i < all->nr; i++) {
		struct vcpu *v = &all->vcpu[i];

		if (v->has_thread)
			pthread_join(v->thread, NULL);
		v->has_thread = false;
	}
}

int vcpus_create(struct vcpus *all, struct vm *vm, uint32_t nr, const struct vcpu_setup *setup)
{
	struct sigaction ignore = { .sa_handler = signal_ignored };
	int err;

	*all = (struct vcpus){ .vm = vm, .setup = setup, .nr = nr };
	all->vcpu = calloc(nr, sizeof(*all->vcpu));
	if (!all->vcpu)
		return log_errno(-ENOMEM, "no memory for %u vCPUs: %m", nr);
	for (uint32_t i = 0; i < nr; i++)
		all->vcpu[i] = (struct vcpu){ .all = all, .vm = vm, .index = i, .fd = -1 };
	atomic_store(&all->running, nr);
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	sigaction(vcpu_signal(), &ignore, NULL);
	err = threads_create(all);
	if (err) {
		vcpus_stop(all);
		vcpus_fini(all);
	}
	return err;
}

int vcpus_run(struct vcpus *all)
{
	int err = threads_await(all);

	if (!err)
		err = vm_clock_start(all->vm);
	threads_release(all, !err);
	if (err)
		return err;
	look_for(all_ready, all);
	pthread_mutex_lock(&all->lock);
	while (!all->go)
		pthread_cond_wait(&all->changed, &all->lock);
	err = all->err;
	pthread_mutex_unlock(&all->lock);
	return err;
}

void vcpus_stop(struct vcpus *all)
{
	atomic_store_explicit(&all->stop, true, memory_order_release);
	/* What they are making is not ours to look at before they have made it. */
	if (all->word == VCPUS_WAIT) {
		(void)threads_await(all);
		threads_release(all, false);
	}
	for (uint32_t i = 0; i < all->nr; i++) {
		struct vcpu *v = &all->vcpu[i];

		if (v->run)
			__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		if (v->has_thread)
			pthread_kill(v->thread, vcpu_signal());
	}
	threads_join(all);
}

void vcpus_fini(struct vcpus *all)
{
	for (uint32_t i = 0; i < all->nr; i++) {
		struct vcpu *v = &all->vcpu[i];

		if (v->run)
			munmap(v->run, all->vm->kvm->run_bytes);
		if (v->fd >= 0)
			close(v->fd);
	}
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
	free(all->vcpu);
	*all = (struct vcpus){ 0 };
}
