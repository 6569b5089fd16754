/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * blackhole: silence. The direction of the moment falls silent at the cut's byte, the other one
 * altogether; with scope service, so does every other flow of the target with the service.
 */
#ifndef CUT_FAULT_BLACKHOLE_H
#define CUT_FAULT_BLACKHOLE_H

#include "plan.h"

#define CUT_BLACKHOLE_VALUE CUT_VALUE_DIRECTIONS
#define CUT_BLACKHOLE_KEYS (CUT_KEY_FOR | CUT_KEY_SCOPE | CUT_KEY_HEAL | CUT_KEY_ACKS)
#define CUT_BLACKHOLE_POSITION CUT_AFTER
#define CUT_BLACKHOLE_AT CUT_AT_ANY
#define CUT_BLACKHOLE_HOLDS 0
#define CUT_BLACKHOLE_MEANING "silence: nothing passes, and TCP believes that it was sent"

CUT_INLINE void cut_fault_blackhole(const struct cut_rule *rule, struct cut_plan *plan)
{
	cut_plan_over(plan, rule, rule->directions);
	plan->service_directions = rule->scope == CUT_SCOPE_SERVICE ? rule->directions : 0;
}

#endif
