/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * counters: enum cut_counter -> count, per CPU.
 * moment_counts: service * 64 + moment -> messages, per CPU.
 * Written by every program, read by the controller.
 */
#ifndef CUT_MAPS_COUNTERS_H
#define CUT_MAPS_COUNTERS_H

#include "../abi/control.h"
#include "../abi/counters.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CUT_COUNTERS_TOTAL);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CUT_MAX_SERVICES * 64);
	__type(key, __u32);
	__type(value, __u64);
} moment_counts SEC(".maps");

static __always_inline void count(enum cut_counter counter)
{
	__u32 key = counter;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		(*value)++;
}

static __always_inline void count_moment(__u8 service, __u32 moment)
{
	__u32 key = service * 64 + moment;
	__u64 *value = bpf_map_lookup_elem(&moment_counts, &key);

	if (value)
		(*value)++;
}

#endif
