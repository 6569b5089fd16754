/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * histograms: service -> how long its answers took, per CPU. Written by tc_look, read by the
 * controller.
 */
#ifndef CUT_MAPS_HISTOGRAMS_H
#define CUT_MAPS_HISTOGRAMS_H

#include "../abi/control.h"
#include "../abi/histogram.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CUT_MAX_SERVICES);
	__type(key, __u32);
	__type(value, struct cut_histogram);
} histograms SEC(".maps");

static __always_inline void histogram_count(__u8 service, __u32 which)
{
	__u32 key = service;
	struct cut_histogram *histogram = bpf_map_lookup_elem(&histograms, &key);

	if (histogram && which < CUT_HISTOGRAM_COUNTS)
		histogram->of[which]++;
}

#endif
