/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reset: the connection is torn down at the cut's byte. Both directions fall silent there, so that
 * each end expects a known sequence number, until the controller has sent it an RST with just that.
 */
#ifndef CUT_FAULT_RESET_H
#define CUT_FAULT_RESET_H

#include "plan.h"

#define CUT_RESET_VALUE CUT_VALUE_ENDS
#define CUT_RESET_KEYS 0
#define CUT_RESET_POSITION CUT_AFTER
#define CUT_RESET_AT CUT_AT_MADE
#define CUT_RESET_HOLDS 0
#define CUT_RESET_MEANING "an RST that the receiving TCP accepts, behind the bytes before the cut"

CUT_INLINE void cut_fault_reset(const struct cut_rule *rule, struct cut_plan *plan)
{
	cut_plan_over(plan, rule, CUT_BOTH);
}

#endif
