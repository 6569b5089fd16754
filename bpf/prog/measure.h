/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long a service takes to answer, measured where its messages pass. */
#ifndef CUT_PROG_MEASURE_H
#define CUT_PROG_MEASURE_H

#include "../core/facts.h"
#include "../core/workarounds.h"
#include "../maps/flows.h"
#include "../maps/histograms.h"
#include "../maps/services.h"

static __always_inline __u32 histogram_bucket(__u64 ns)
{
	__u32 bucket = 0;

	CUT_NO_UNROLL
	for (int step = 32; step; step >>= 1) {
		if (ns >> step) {
			ns >>= step;
			bucket += step;
		}
	}
	return bucket < CUT_HISTOGRAM_BUCKETS ? bucket : CUT_HISTOGRAM_BUCKETS - 1;
}

/* One question of a flow at a time: the newest. */
static __always_inline void flow_measure(struct cut_flow *flow, const struct cut_facts *facts,
					 const struct cut_service *service)
{
	__u64 now;

	if (facts->moments & 1ULL << (service->asks & 63)) {
		if (flow->asked_ns)
			histogram_count(flow->head.service, CUT_HISTOGRAM_PASSED_OVER);
		flow->asked_exchange = facts->exchange;
		flow->asked_ns = bpf_ktime_get_ns();
	}
	if (facts->moments & 1ULL << (service->answers & 63) && flow->asked_ns &&
	    flow->asked_exchange == facts->exchange) {
		now = bpf_ktime_get_ns();
		histogram_count(flow->head.service, histogram_bucket(now - flow->asked_ns));
		flow->asked_ns = 0;
	}
}

#endif
