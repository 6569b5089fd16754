/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a fault does to a flow and its service when its rule fires (struct cut_plan): filled by
 * cut_fault_<name>() of fault/<name>.h. That also defines, for the scenario language,
 * CUT_<NAME>_VALUE, _KEYS, _POSITION (where `at:` gives none), _AT (enum cut_fault_at) and
 * _MEANING; and _HOLDS: 1 if what it cuts goes to the holder.
 */
#ifndef CUT_FAULT_PLAN_H
#define CUT_FAULT_PLAN_H

#include "../abi/flow.h"
#include "../abi/rule.h"
#include "../core/firing.h"
#include "../core/verdict.h"

/*
 * Over the `directions` (set of enum cut_direction_mask): from the cut's byte on where the message
 * goes, as a whole the other way.
 */
CUT_INLINE void cut_plan_over(struct cut_plan *plan, const struct cut_rule *rule, __u8 directions)
{
	for (int direction = 0; direction < CUT_DIRECTIONS; direction++) {
		if (!(directions & (1 << direction)))
			plan->extent[direction] = CUT_EXTENT_NONE;
		else if (direction == rule->moment_direction)
			plan->extent[direction] = CUT_EXTENT_FROM_SEQ;
		else
			plan->extent[direction] = CUT_EXTENT_ALL;
	}
}

#endif
