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

static __always_inline struct cut_counts *counts_of_this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count_several(enum cut_counter counter, __u64 several)
{
	struct cut_counts *counts = counts_of_this_cpu();

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
 * Index of the lowest bit of a non-empty set: by a de Bruijn sequence, of which each six bits in a
 * row are others. Without a branch, of which the verifier would follow both sides.
 */
#define CUT_DE_BRUIJN 0x03f79d71b4cb0a89ULL
static const __u8 bit_of_sequence[64] = {
	0,  1,	48, 2,	57, 49, 28, 3,	61, 58, 50, 42, 38, 29, 17, 4,	62, 55, 59, 36, 53, 51,
	43, 22, 45, 39, 33, 30, 24, 18, 12, 5,	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
	44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,	13, 8,	7,  6};

static __always_inline __u32 lowest_bit(__u64 set)
{
	return bit_of_sequence[((set & -set) * CUT_DE_BRUIJN) >> 58];
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
