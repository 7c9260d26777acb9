/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native.c - run a payload without a virtual machine: the same file, byte for byte.
 *
 *   native [--cpus LIST] [--memory MIB] [--nodes LIST] [--pages 4K|thp|2M|1G] PAYLOAD.elf [ARGUMENTS]
 *
 * The image goes to the addresses that it is linked for, free memory follows it, and one thread a
 * vCPU starts at its entry with the registers of thole/payload.h. A payload's only contact with its
 * machine is OUT to three ports; here, OUT faults, and the handler does what thole would. So a
 * benchmark's time between two reads of the TSC compares the machine, not two builds.
 *
 * Threads: one for each CPU of the list, pinned to it. Memory: of the kind that a guest's is, and in equal parts bound
 * to the nodes of the list, which the payload knows as nodes 0, 1, ...; --pages 4K keeps huge pages away, 2M and
 * 1G come from the hugetlb pool.
 */
#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <thole/payload.h>

#include "launcher/exit_code.h"
#include "launcher/image.h"
#include "launcher/stderr_log.h"
#include "sched/affinity.h"
#include "vmm/boot/elf.h"
#include "vmm/cpulist.h"
#include "vmm/log.h"

#define STACK_BYTES KiB(64)

struct pages {
	const char *name;
	uint64_t size;
	int mmap_flags;
	int advice;
};

static const struct pages page_kinds[] = {
	{ "4K", KiB(4), MAP_PRIVATE, MADV_NOHUGEPAGE },
	{ "thp", MiB(2), MAP_PRIVATE, MADV_HUGEPAGE },
	{ "2M", MiB(2), MAP_SHARED | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, MADV_NORMAL },
	{ "1G", GiB(1), MAP_SHARED | MAP_HUGETLB | 30 << MAP_HUGE_SHIFT, MADV_NORMAL },
};

struct native {
	struct blob file;
	struct elf elf;
	struct cpulist cpus;
	struct cpulist nodes; /* host nodes, by number; none: wherever the kernel likes */
	uint64_t memory;
	const struct pages *pages;
	struct payload_params params;
	struct payload_range *range; /* one for each node */
	uint32_t *cpu_nodes;
	uint8_t *stacks;
};

static struct native machine; /* one a process: a signal handler has no other way to know it */
static __thread sigjmp_buf done;

/* What thole's payload ports do (vmm/payload_ports.c). */
static void port_write(uint16_t port, uint32_t value)
{
	const struct payload_text *text;

	switch (port) {
	case PAYLOAD_PORT_CONSOLE: putchar((int)(value & 0xff)); break;
	case PAYLOAD_PORT_TEXT:
		text = (const struct payload_text *)(uintptr_t)value;
		fwrite((const void *)(uintptr_t)text->base, 1, text->size, stdout);
		break;
	case PAYLOAD_PORT_EXIT:
		fflush(stdout);
		_exit((int)min(value, 255u));
	case PAYLOAD_PORT_DONE: siglongjmp(done, 1);
	default: break;
	}
}

/* [REP] OUTSB; the registers move on as the processor's would. */
static void outs_emulate(greg_t *r, bool rep)
{
	uint64_t count = rep ? (uint64_t)r[REG_RCX] : 1;

	for (; count; count--)
		port_write((uint16_t)r[REG_RDX], *(const uint8_t *)r[REG_RSI]++);
	if (rep)
		r[REG_RCX] = 0;
}

/* OUT DX,AL; OUT DX,EAX; [REP] OUTSB (Intel SDM vol. 2B): the ones that payload.h has. */
static bool out_emulate(greg_t *r)
{
	const uint8_t *code = (const uint8_t *)r[REG_RIP];
	bool rep = code[0] == 0xf3;
	uint8_t opcode = code[rep];

	if (opcode != 0xee && opcode != 0xef && opcode != 0x6e)
		return false;
	r[REG_RIP] += rep + 1;
	if (opcode == 0x6e)
		outs_emulate(r, rep);
	else
		port_write((uint16_t)r[REG_RDX], opcode == 0xee ? (uint8_t)r[REG_RAX] : (uint32_t)r[REG_RAX]);
	return true;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)info;
	if (out_emulate(u->uc_mcontext.gregs))
		return;
	fprintf(stderr, "native: the payload faulted (%s) at %#llx\n", strsignal(sig),
		(unsigned long long)u->uc_mcontext.gregs[REG_RIP]);
	_exit(EXIT_CODE_CRASHED);
}

static int map_at(uint64_t base, uint64_t size, int flags)
{
	void *p = mmap((void *)(uintptr_t)base, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0);

	if (p == MAP_FAILED)
		return log_errno(-errno, "cannot map %llu MiB at %#llx: %m%s", (unsigned long long)(size >> 20),
			(unsigned long long)base, flags & MAP_HUGETLB ? "; are there enough huge pages?" : "");
	return 0;
}

/* Copy the segments; *end: where the last one ends. */
static int image_place(struct native *n, uint64_t *end)
{
	int err;

	*end = 0;
	for (uint32_t i = 0; i < n->elf.nr_segments; i++) {
		struct elf_segment s = elf_segment_get(&n->elf, i);
		uint64_t base = align_down(s.vaddr, KiB(4));

		if (s.type != PT_LOAD || !s.mem_size)
			continue;
		if ((err = map_at(base, align_up(s.vaddr + s.mem_size, KiB(4)) - base, MAP_PRIVATE)) != 0)
			return err;
		memcpy((void *)(uintptr_t)s.vaddr, s.data, s.file_size);
		*end = max(*end, s.vaddr + s.mem_size);
	}
	return 0;
}

static int range_bind(const struct payload_range *r, hcpu_t node)
{
	struct bitmask *mask = numa_allocate_nodemask();
	long err;

	numa_bitmask_setbit(mask, (unsigned)node.os);
	err = mbind((void *)(uintptr_t)r->base, r->size, MPOL_BIND, mask->maskp, mask->size + 1, 0);
	numa_free_nodemask(mask);
	return err ? log_errno(-errno, "cannot bind memory to node %d: %m", node.os) : 0;
}

/* Free memory starts at the next GiB, where every page size fits, and each node's part at one, too. */
static int ranges_place(struct native *n, uint64_t end)
{
	uint32_t parts = max(n->nodes.nr, 1u);
	uint64_t base = align_up(end, GiB(1)), size = align_down(n->memory / parts, n->pages->size);
	int err = 0;

	n->range = calloc(parts, sizeof(*n->range));
	if (!n->range || !size)
		return log_errno(-EINVAL, "--memory is less than one page of %s for each node", n->pages->name);
	for (uint32_t i = 0; i < parts && !err; i++) {
		struct payload_range *r = &n->range[i];

		*r = (struct payload_range){ .base = base, .size = size, .node = i };
		err = map_at(base, size, n->pages->mmap_flags);
		if (!err && madvise((void *)(uintptr_t)base, size, n->pages->advice) < 0)
			log_warn("--pages %s: the kernel does not take the advice: %m", n->pages->name);
		if (!err && n->nodes.nr)
			err = range_bind(r, n->nodes.cpu[i]);
		base += align_up(size, GiB(1));
	}
	return err;
}

/* Which of the payload's nodes each CPU belongs to: 0 if its node has no memory here. */
static int cpus_place(struct native *n)
{
	n->stacks = aligned_alloc(KiB(4), n->cpus.nr * STACK_BYTES);
	n->cpu_nodes = calloc(n->cpus.nr, sizeof(*n->cpu_nodes));
	if (!n->stacks || !n->cpu_nodes)
		return log_errno(-ENOMEM, "stacks: %m");
	for (uint32_t i = 0; i < n->cpus.nr && n->nodes.nr; i++)
		for (uint32_t k = 0; k < n->nodes.nr; k++)
			if (numa_node_of_cpu(n->cpus.cpu[i].os) == n->nodes.cpu[k].os)
				n->cpu_nodes[i] = k;
	return 0;
}

/* Guests are told by KVM; natively, the TSC is held against the kernel's clock for a moment. */
static uint64_t tsc_khz_measure(void)
{
	const struct timespec moment = { .tv_nsec = 50000000 };
	struct timespec a, b;
	uint64_t t0, t1, ns;

	clock_gettime(CLOCK_MONOTONIC_RAW, &a);
	t0 = __builtin_ia32_rdtsc();
	nanosleep(&moment, NULL);
	clock_gettime(CLOCK_MONOTONIC_RAW, &b);
	t1 = __builtin_ia32_rdtsc();
	ns = (uint64_t)(b.tv_sec - a.tv_sec) * 1000000000u + (uint64_t)b.tv_nsec - (uint64_t)a.tv_nsec;
	return (uint64_t)((double)(t1 - t0) * 1e6 / (double)ns);
}

static void params_fill(struct native *n, const char *cmdline)
{
	uint32_t nodes = max(n->nodes.nr, 1u);

	n->params = (struct payload_params){
		.magic = PAYLOAD_MAGIC,
		.version = PAYLOAD_VERSION,
		.size = sizeof(n->params),
		.nr_cpus = n->cpus.nr,
		.nr_ranges = nodes,
		.ranges = (uintptr_t)n->range,
		.cpu_nodes = (uintptr_t)n->cpu_nodes,
		.cmdline = (uintptr_t)cmdline,
		.tsc_khz = tsc_khz_measure(),
		.guest_page = n->pages->size,
		.stack_size = STACK_BYTES,
		.stack_base = (uintptr_t)n->stacks,
	};
}

/* Enter the payload on its own stack, as after a call; it leaves through a port. */
static noreturn_fn void payload_enter(uint64_t index)
{
	uintptr_t top = (uintptr_t)machine.stacks + (machine.cpus.nr - index) * STACK_BYTES - 8;

	*(uint64_t *)top = 0;
	__asm__ volatile("mov %0, %%rsp; jmp *%1"
			 :
			 : "r"(top), "r"(machine.elf.entry), "D"(index), "S"(&machine.params)
			 : "memory");
	__builtin_unreachable();
}

static void *payload_thread(void *arg)
{
	size_t cpu = (size_t)machine.cpus.cpu[(uintptr_t)arg].os;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		log_errno(-errno, "cannot run on CPU %zu: %m", cpu);
		_exit(EXIT_CODE_FAILED);
	}
	if (sigsetjmp(done, 1) == 0)
		payload_enter((uintptr_t)arg);
	return NULL;
}

static int threads_run(struct native *n)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	pthread_t *thread = calloc(n->cpus.nr, sizeof(*thread));
	int err = thread ? 0 : -ENOMEM;

	sigaction(SIGSEGV, &fault, NULL);
	for (uintptr_t i = 0; i < n->cpus.nr && !err; i++)
		err = -pthread_create(&thread[i], NULL, payload_thread, (void *)i);
	if (err)
		return log_errno(err, "cannot make threads: %m"); /* main returns, which ends those there are */
	for (uint32_t i = 0; i < n->cpus.nr; i++)
		pthread_join(thread[i], NULL);
	free(thread);
	return 0;
}

static int usage(void)
{
	fputs("usage: native [--cpus LIST] [--memory MIB] [--nodes LIST] [--pages 4K|thp|2M|1G] PAYLOAD.elf "
	      "[ARGUMENTS]\n", stderr);
	return EXIT_CODE_FAILED;
}

static bool list_read(struct cpulist *list, const char *text)
{
	const char *reason;
	size_t at;

	cpulist_fini(list);
	if (cpulist_parse(list, text, &reason, &at) == 0 && list->nr)
		return true;
	fprintf(stderr, "native: \"%s\" is no list such as 0-3,8\n", text);
	return false;
}

static bool pages_read(struct native *n, const char *name)
{
	for (n->pages = page_kinds; n->pages < page_kinds + ARRAY_SIZE(page_kinds); n->pages++)
		if (!strcmp(n->pages->name, name))
			return true;
	return false;
}

/* The first CPU that this process may use. */
static bool cpus_default(struct cpulist *list)
{
	struct affinity a;
	char text[16];

	if (list->nr)
		return true;
	if (affinity_get(&a) != 0)
		return false;
	for (int i = 0; i < CPULIST_MAX; i++) {
		if (!CPU_ISSET_S((size_t)i, sizeof(a.set), a.set))
			continue;
		snprintf(text, sizeof(text), "%d", i);
		return list_read(list, text);
	}
	return false;
}

static bool options_read(struct native *n, int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "memory", required_argument, NULL, 'm' },
		{ "nodes", required_argument, NULL, 'n' },
		{ "pages", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;

	*n = (struct native){ .memory = GiB(1), .pages = &page_kinds[0] };
	for (int c; good && (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		switch (c) {
		case 'c': good = list_read(&n->cpus, optarg); break;
		case 'm': n->memory = MiB(strtoul(optarg, NULL, 10)); break;
		case 'n': good = list_read(&n->nodes, optarg); break;
		case 'p': good = pages_read(n, optarg); break;
		default: return false;
		}
	}
	return good && optind < argc && cpus_default(&n->cpus);
}

int main(int argc, char **argv)
{
	struct native *n = &machine;
	const char *cmdline;
	uint64_t end;

	stderr_log_install();
	if (!options_read(n, argc, argv))
		return usage();
	cmdline = optind + 1 < argc ? argv[optind + 1] : "";
	if (image_load(&n->file, "payload", argv[optind]) != 0 || elf_open(&n->elf, &n->file) != 0
		|| image_place(n, &end) != 0 || ranges_place(n, end) != 0 || cpus_place(n) != 0)
		return EXIT_CODE_FAILED;
	params_fill(n, cmdline);
	if (threads_run(n) != 0 || fflush(stdout) != 0)
		return EXIT_CODE_FAILED;
	return 0;
}
