/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util.h - the few macros that every file uses: sizes, arrays, alignment, compile-time checks.
 *
 * Pure; any thread.
 */
#ifndef VMM_UTIL_H
#define VMM_UTIL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define KiB(n) ((uint64_t)(n) << 10)
#define MiB(n) ((uint64_t)(n) << 20)
#define GiB(n) ((uint64_t)(n) << 30)
#define TiB(n) ((uint64_t)(n) << 40)

/* The result says whether it worked; a caller that drops it has a bug. */
#define must_check     __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define packed_type    __attribute__((packed))
#define unused_fn      __attribute__((unused))
#define noreturn_fn    __attribute__((noreturn))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#define min(a, b) ({ __typeof__(a) min_a = (a); __typeof__(b) min_b = (b); min_a < min_b ? min_a : min_b; })
#define max(a, b) ({ __typeof__(a) max_a = (a); __typeof__(b) max_b = (b); max_a > max_b ? max_a : max_b; })

/* align is a power of two. */
static inline uint64_t align_down(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

/* Wraps to 0 when v is within align of 2^64: callers check v first. */
static inline uint64_t align_up(uint64_t v, uint64_t align)
{
	return align_down(v + align - 1, align);
}

static inline bool is_aligned(uint64_t v, uint64_t align)
{
	return (v & (align - 1)) == 0;
}

static inline bool is_pow2(uint64_t v)
{
	return v && (v & (v - 1)) == 0;
}

/* Bits needed to tell n things apart: 0 for 0 and 1, 1 for 2, 2 for 3 and 4. */
static inline unsigned bits_for(uint64_t n)
{
	return n <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(n - 1);
}

#endif
