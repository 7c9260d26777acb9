/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kit.h - what benchmark payloads share: arguments, memory, a barrier, and the way to say what was measured.
 *
 *   kit_arg(params, "rounds", 10)     of "rounds=20 bytes=64M" on the command line; K, M and G are powers of 1024
 *   kit_memory(params, bytes, node)   that much of the memory of a guest node, from a 2 MiB boundary on
 *   kit_uncut(params, ticks, n)       leaves out those of repetitions that were stopped meanwhile
 *   kit_samples("triad", cycles, n)   prints "triad: 12 13 12"
 *   kit_done()                        sends what was printed and ends the machine
 *   kit_wrong("...")                  prints "wrong: ..." and ends it with exit code 1
 *
 * A line is a name, a colon and whole numbers; the catalog (bench/) says what their unit is. Output is kept
 * until the end, so that no exit falls into what is measured.
 *
 * For one file: each payload is one. Threads: printing and arguments on one vCPU at a time.
 */
#ifndef BENCHMARKS_KIT_H
#define BENCHMARKS_KIT_H

#include <thole/payload.h>

#define KIT_TEXT  (512u << 10)
#define KIT_ALIGN (2ull << 20)
#define KIT_ANY_NODE (~0u)

/* The compiler may call these, and nobody else brings them. */
void *memset(void *to, int byte, unsigned long n);
void *memcpy(void *to, const void *from, unsigned long n);
void _start(uint64_t vcpu, const struct payload_params *params);

void *memset(void *to, int byte, unsigned long n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}

static struct {
	uint64_t nr;
	char text[KIT_TEXT];
} kit_out;

static inline void kit_flush(void)
{
	static struct payload_text text;

	payload_text(&text, kit_out.text, kit_out.nr);
	kit_out.nr = 0;
}

static inline void kit_print(const char *text)
{
	for (; *text; text++) {
		if (kit_out.nr == KIT_TEXT)
			kit_flush();
		kit_out.text[kit_out.nr++] = *text;
	}
}

static inline void kit_print_u64(uint64_t value)
{
	char digits[21];
	unsigned at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	kit_print(digits + at);
}

static inline void kit_values(const uint64_t *value, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++) {
		kit_print(" ");
		kit_print_u64(value[i]);
	}
}

static inline void kit_samples(const char *name, const uint64_t *value, uint64_t nr)
{
	kit_print(name);
	kit_print(":");
	kit_values(value, nr);
	kit_print("\n");
}

static inline void kit_sample(const char *name, uint64_t value)
{
	kit_samples(name, &value, 1);
}

static inline __attribute__((noreturn)) void kit_done(void)
{
	kit_flush();
	payload_exit(0);
}

static inline __attribute__((noreturn)) void kit_wrong(const char *why)
{
	kit_out.nr = 0;
	kit_print("wrong: ");
	kit_print(why);
	kit_print("\n");
	kit_flush();
	payload_exit(1);
}

/* The value of that word of the command line: what follows name and "="; NULL if it is not there. */
static inline const char *kit_word(const struct payload_params *params, const char *name)
{
	const char *at = payload_cmdline(params);

	while (*at) {
		const char *n = name;

		while (*n && *at == *n) {
			at++;
			n++;
		}
		if (!*n && (*at == '=' || *at == ' ' || !*at))
			return *at == '=' ? at + 1 : at;
		while (*at && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	return (const char *)0;
}

static inline uint64_t kit_arg(const struct payload_params *params, const char *name, uint64_t otherwise)
{
	const char *at = kit_word(params, name);
	uint64_t value = 0;

	if (!at)
		return otherwise;
	while (*at >= '0' && *at <= '9')
		value = value * 10 + (uint64_t)(*at++ - '0');
	switch (*at) {
	case 'K': return value << 10;
	case 'M': return value << 20;
	case 'G': return value << 30;
	default: return value;
	}
}

/* "64K" */
static inline void kit_print_size(uint64_t bytes)
{
	unsigned unit = bytes >= 1u << 30 ? 3 : bytes >= 1u << 20 ? 2 : bytes >= 1u << 10 ? 1 : 0;

	kit_print_u64(bytes >> (10 * unit));
	kit_print(unit == 3 ? "G" : unit == 2 ? "M" : unit == 1 ? "K" : "");
}

static inline void *kit_memory(const struct payload_params *params, uint64_t bytes, uint32_t node)
{
	const struct payload_range *range = payload_ranges(params);

	for (uint32_t i = 0; i < params->nr_ranges; i++) {
		uint64_t base = (range[i].base + KIT_ALIGN - 1) & ~(KIT_ALIGN - 1);

		if ((node == KIT_ANY_NODE || range[i].node == node) && base - range[i].base <= range[i].size
			&& range[i].size - (base - range[i].base) >= bytes)
			return (void *)(uintptr_t)base;
	}
	kit_wrong("the machine has not enough memory for this");
}

/* a * by / over, whose product needs 128 bits; the result must fit in 64. */
static inline uint64_t kit_scale(uint64_t a, uint64_t by, uint64_t over)
{
	uint64_t high, low;

	__asm__("mulq %3" : "=a"(low), "=d"(high) : "a"(a), "r"(by));
	if (high >= over)
		return UINT64_MAX;
	__asm__("divq %2" : "+a"(low), "+d"(high) : "r"(over));
	return low;
}

/* Ticks as nanoseconds, and as thousandths of them; 0 if their rate is not known. */
static inline uint64_t kit_ns(const struct payload_params *params, uint64_t ticks)
{
	return params->tsc_khz ? kit_scale(ticks, 1000000, params->tsc_khz) : 0;
}

static inline uint64_t kit_ps(const struct payload_params *params, uint64_t ticks)
{
	return params->tsc_khz ? kit_scale(ticks, 1000000000, params->tsc_khz) : 0;
}

/* All vCPUs have come here. The last one lets the others go. */
static inline void kit_barrier(const struct payload_params *params)
{
	static uint32_t arrived, generation;
	uint32_t mine = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == params->nr_cpus) {
		__atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&generation, mine + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&generation, __ATOMIC_ACQUIRE) == mine)
		__builtin_ia32_pause();
}

static inline void kit_sort(uint64_t *at, uint64_t nr)
{
	for (uint64_t i = 1; i < nr; i++)
		for (uint64_t k = i; k > 0 && at[k - 1] > at[k]; k--) {
			uint64_t swap = at[k];

			at[k] = at[k - 1];
			at[k - 1] = swap;
		}
}

/*
 * Of the ticks of repetitions those that no stop has cut; how many. A benchmark that has its CPUs in turn with another
 * one is told by "slice=MS" how long each of its stops lasts at least, so what took as long was cut. Not for what may
 * take that long by itself.
 */
static inline uint64_t kit_uncut(const struct payload_params *params, uint64_t *ticks, uint64_t nr)
{
	uint64_t slice = kit_arg(params, "slice", 0) * params->tsc_khz, kept = 0;

	for (uint64_t i = 0; i < nr; i++)
		if (!slice || ticks[i] < slice)
			ticks[kept++] = ticks[i];
	if (!kept)
		kit_wrong("every repetition took longer than a slice of time, which tells nothing");
	return kept;
}

/* For scripts: one number and nothing else. Higher is better. */
static inline __attribute__((noreturn)) void kit_best(const uint64_t *value, uint64_t nr)
{
	uint64_t best = 0;

	for (uint64_t i = 0; i < nr; i++)
		best = value[i] > best ? value[i] : best;
	kit_print_u64(best);
	kit_print("\n");
	kit_done();
}

#endif
