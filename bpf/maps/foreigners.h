/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * foreigners: tuple of a connection that was made from another network namespace to a service, and
 * counted as not covered. Of a trace: it is taken back where that service is here and has accepted
 * it. Written and read by sockops; the oldest go first, and then stay counted.
 */
#ifndef CUT_MAPS_FOREIGNERS_H
#define CUT_MAPS_FOREIGNERS_H

#include "../abi/endpoint.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct cut_tuple);
	__type(value, __u8);
} foreigners SEC(".maps");

#endif
