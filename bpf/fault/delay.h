/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * delay: each matched message arrives that much later; later bytes of the same direction wait
 * behind it, other flows do not.
 */
#ifndef CUT_FAULT_DELAY_H
#define CUT_FAULT_DELAY_H

#include "plan.h"

#define CUT_DELAY_VALUE CUT_VALUE_DURATION
#define CUT_DELAY_KEYS CUT_KEY_JITTER
#define CUT_DELAY_POSITION CUT_BEFORE
#define CUT_DELAY_AT CUT_AT_ANY
#define CUT_DELAY_HOLDS 1
#define CUT_DELAY_MEANING "each matched message arrives later; what follows it waits behind it"

CUT_INLINE void cut_fault_delay(const struct cut_rule *rule, struct cut_plan *plan)
{
	/* From D - J up to, not including, D + J. */
	plan->duration_ns += ((2 * rule->jitter_ns >> 16) * plan->draw) - rule->jitter_ns;
	cut_plan_over(plan, rule, 1 << rule->moment_direction);
	plan->effect = CUT_EFFECT_HOLD;
}

#endif
