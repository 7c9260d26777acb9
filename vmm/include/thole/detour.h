/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thole/detour.h - the moments that a CPU was away from the program that runs on it.
 *
 * A loop reads the time stamp counter and does nothing else. Each turn takes some tens of ticks; a turn that
 * takes much longer was a detour: an interrupt, another thread, an exit from a guest, the firmware. This is
 * the "selfish detour" of Hoefler, Schneider and Lumsdaine (SC10). `thole noise` watches the host's CPUs
 * with it, and payloads theirs, so that both can be compared.
 *
 *   struct detour_log log = { .event = events, .capacity = N };      (or without events)
 *   detour_calibrate(&log, tsc_hz / 100)    what a turn takes; in short bursts, the least counts
 *   detour_watch(&log, tsc_hz * seconds)    again and again, if one likes: it adds
 *
 * Freestanding: for payloads, for native programs, and for thole. Statistics on it: sched/detour.h.
 * Threads: a log is one thread's, which stays on one CPU. Ownership: events are the caller's. Errors: none.
 * Ticks are the time stamp counter's, which on every processor that KVM runs on goes at a constant rate.
 */
#ifndef THOLE_DETOUR_H
#define THOLE_DETOUR_H

#include <stdint.h>

#define DETOUR_FACTOR  9  /* a turn of so many times the least one's ticks is a detour, as in the paper */
#define DETOUR_BUCKETS 64 /* [b]: detours of 2^b to 2^(b+1) - 1 ticks */

struct detour_event {
	uint64_t at;    /* ticks since the start of the first detour_watch() */
	uint64_t ticks; /* how long, beyond the least turn */
};

/* 64-bit words only, so that a guest and a host agree on it. */
struct detour_log {
	uint64_t turn;      /* ticks of the least turn */
	uint64_t threshold; /* a turn of more ticks is a detour */
	uint64_t first;     /* the counter when watching began; 0: it has not */
	uint64_t watched;   /* ticks */
	uint64_t turns;
	uint64_t nr;        /* detours, of which the first are in event[] */
	uint64_t lost;      /* ticks of all detours */
	uint64_t longest;
	uint64_t bucket[DETOUR_BUCKETS];
	uint64_t capacity;  /* of event[] */
	struct detour_event *event; /* may be NULL with capacity 0 */
};

/* Not serialized: in a row of them none can be long for the sake of another. */
static inline uint64_t detour_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* A detour that took so long and was noticed then. */
static inline void detour_note(struct detour_log *log, uint64_t at, uint64_t ticks)
{
	uint64_t length = ticks > log->turn ? ticks - log->turn : 0;

	if (log->nr < log->capacity)
		log->event[log->nr] = (struct detour_event){ at - log->first, length };
	log->nr++;
	log->lost += length;
	if (length > log->longest)
		log->longest = length;
	log->bucket[length ? 63 - __builtin_clzll(length) : 0]++;
}

/* Finds turn and threshold, in so many ticks. */
static inline void detour_calibrate(struct detour_log *log, uint64_t ticks)
{
	uint64_t start = detour_tsc(), before = start, now, least = UINT64_MAX;

	do {
		uint64_t turn;

		now = detour_tsc();
		turn = now - before;
		if (turn < least)
			least = turn;
		before = now;
	} while (now - start < ticks);
	/* Emulators may let the counter stand still between two turns. */
	log->turn = least ? least : 1;
	log->threshold = log->turn * DETOUR_FACTOR;
}

/* Watches for so many ticks. The turns between two calls are nobody's. */
static inline void detour_watch(struct detour_log *log, uint64_t ticks)
{
	const uint64_t threshold = log->threshold;
	uint64_t start = detour_tsc(), before = start, now, turns = 0;

	if (!log->first)
		log->first = start;
	do {
		now = detour_tsc();
		turns++;
		if (now - before > threshold) {
			detour_note(log, now, now - before);
			now = detour_tsc(); /* taking the note is no detour */
		}
		before = now;
	} while (now - start < ticks);
	log->watched += now - start;
	log->turns += turns;
}

#endif
