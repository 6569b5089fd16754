/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stall: what leaves after the cut's byte is held, in order, and delivered when the fault is over.
 * Nothing is lost, though TCP sends again what it holds to be lost.
 */
#ifndef CUT_FAULT_STALL_H
#define CUT_FAULT_STALL_H

#include "plan.h"

#define CUT_STALL_VALUE CUT_VALUE_DIRECTIONS
#define CUT_STALL_KEYS CUT_KEY_FOR
#define CUT_STALL_POSITION CUT_AFTER
#define CUT_STALL_AT CUT_AT_ANY
#define CUT_STALL_HOLDS 1
#define CUT_STALL_MEANING "segments are held in order, and all of them delivered afterwards"

CUT_INLINE void cut_fault_stall(const struct cut_rule *rule, struct cut_plan *plan)
{
	cut_plan_over(plan, rule, rule->directions);
	plan->effect = CUT_EFFECT_HOLD;
}

#endif
