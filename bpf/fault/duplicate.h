/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * duplicate: the segment in which the message ends is sent twice. The receiving TCP discards the
 * copy, and may say so (DSACK).
 */
#ifndef CUT_FAULT_DUPLICATE_H
#define CUT_FAULT_DUPLICATE_H

#include "plan.h"

#define CUT_DUPLICATE_VALUE CUT_VALUE_SEGMENT
#define CUT_DUPLICATE_KEYS 0
#define CUT_DUPLICATE_POSITION CUT_BEFORE
#define CUT_DUPLICATE_AT CUT_AT_BYTES
#define CUT_DUPLICATE_HOLDS 0
#define CUT_DUPLICATE_MEANING "the segment arrives twice, and TCP discards the copy"

CUT_INLINE void cut_fault_duplicate(const struct cut_rule *rule, struct cut_plan *plan)
{
	plan->act = CUT_ACT_DUPLICATE;
}

#endif
