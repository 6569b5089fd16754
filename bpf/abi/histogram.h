/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long a service's answers took, counted in the kernel by powers of two. */
#ifndef CUT_ABI_HISTOGRAM_H
#define CUT_ABI_HISTOGRAM_H

#include "types.h"

/* Bucket n: from 2^n up to 2^(n+1) nanoseconds; the first also holds 0. 2^39 ns are nine minutes.
 */
#define CUT_HISTOGRAM_BUCKETS 40
/* Behind them: requests whose answer was not measured, for the flow asked again before it came. */
#define CUT_HISTOGRAM_PASSED_OVER CUT_HISTOGRAM_BUCKETS
#define CUT_HISTOGRAM_COUNTS (CUT_HISTOGRAM_BUCKETS + 1)

struct cut_histogram {
	__u64 of[CUT_HISTOGRAM_COUNTS];
};

#endif
