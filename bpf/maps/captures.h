/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * captures: ring buffer of struct cut_capture, each with its bytes. Written by the tc programs,
 * drained by the controller. What it has no room for is counted; no verdict rests on it.
 * taken_segments: the segment in hand, before anything is done to it. Of a CPU, like maps/chunks.h.
 */
#ifndef CUT_MAPS_CAPTURES_H
#define CUT_MAPS_CAPTURES_H

#include "../abi/capture.h"
#include "counters.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* bytes: 6,000 segments without payload */
} captures SEC(".maps");

struct cut_taken_segment {
	struct cut_capture head;
	__u8 byte[CUT_CAPTURE_SNAP_CUT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_taken_segment);
} taken_segments SEC(".maps");

static __always_inline struct cut_taken_segment *taken_segment_of_this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&taken_segments, &zero);
}

#endif
