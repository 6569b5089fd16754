/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * counters: one array of counts, by enum cut_counter, per CPU.
 * moment_counts: service -> array of messages, by moment, per CPU.
 * Written by every program, read by the controller. Arrays as values, because the kernel spreads
 * the elements of such a map over as many cache lines.
 */
#ifndef CUT_MAPS_COUNTERS_H
#define CUT_MAPS_COUNTERS_H

#include "../abi/control.h"
#include "../abi/counters.h"
#include "../core/workarounds.h"

struct cut_counts {
	__u64 of[CUT_COUNTERS_TOTAL];
};

struct cut_moment_counts {
	__u64 of[CUT_MOMENT_BITS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_counts);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CUT_MAX_SERVICES);
	__type(key, __u32);
	__type(value, struct cut_moment_counts);
} moment_counts SEC(".maps");

static __always_inline void count_several(enum cut_counter counter, __u64 several)
{
	__u32 zero = 0;
	struct cut_counts *counts = bpf_map_lookup_elem(&counters, &zero);

	if (counts && counter < CUT_COUNTERS_TOTAL)
		counts->of[counter] += several;
}

static __always_inline void count(enum cut_counter counter)
{
	count_several(counter, 1);
}

/* What was counted too early: the sum over the CPUs is right. */
static __always_inline void count_back(enum cut_counter counter)
{
	count_several(counter, -1ULL);
}

/*
 * Index of the lowest bit of a non-empty set: the number of bits below it. Without a branch, of
 * which the verifier would follow both sides.
 */
static __always_inline __u32 lowest_bit(__u64 set)
{
	__u64 below = (set & -set) - 1;

	below -= below >> 1 & 0x5555555555555555ULL;
	below = (below & 0x3333333333333333ULL) + (below >> 2 & 0x3333333333333333ULL);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return below * 0x0101010101010101ULL >> 56;
}

/* A Query may be as many as eight: it, BEGIN, a statement and five ways to end one. */
static __always_inline void count_moments(__u8 service, __u64 moments)
{
	__u32 key = service;
	struct cut_moment_counts *counts = bpf_map_lookup_elem(&moment_counts, &key);

	if (!counts)
		return;
	CUT_NO_UNROLL
	for (int i = 0; i < 8 && moments; i++) {
		__u32 bit = lowest_bit(moments);

		CUT_OPAQUE(bit);
		counts->of[bit & (CUT_MOMENT_BITS - 1)]++;
		moments &= moments - 1;
	}
}

#endif
