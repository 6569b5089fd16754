/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * throttle: from the cut's byte on the flow is as slow as a link of that rate: a packet arrives
 * when such a link would have carried the last byte of it.
 */
#ifndef CUT_FAULT_THROTTLE_H
#define CUT_FAULT_THROTTLE_H

#include "plan.h"

#define CUT_THROTTLE_VALUE CUT_VALUE_RATE
#define CUT_THROTTLE_KEYS (CUT_KEY_FOR | CUT_KEY_DIRECTION)
#define CUT_THROTTLE_POSITION CUT_AFTER
#define CUT_THROTTLE_AT CUT_AT_ANY
#define CUT_THROTTLE_HOLDS 1
#define CUT_THROTTLE_MEANING                                                                       \
	"at most so many bytes a second, headers included, from the cut point on"

CUT_INLINE void cut_fault_throttle(const struct cut_rule *rule, struct cut_plan *plan)
{
	cut_plan_over(plan, rule, rule->directions);
	plan->effect = CUT_EFFECT_HOLD;
}

#endif
