/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * truncate: so many bytes of the message arrive, then the flow is silent both ways; its receiver is
 * told by the controller, if the scenario says so, that this was the end.
 */
#ifndef CUT_FAULT_TRUNCATE_H
#define CUT_FAULT_TRUNCATE_H

#include "plan.h"

#define CUT_TRUNCATE_VALUE CUT_VALUE_BYTES
#define CUT_TRUNCATE_KEYS (CUT_KEY_FOR | CUT_KEY_THEN | CUT_KEY_HEAL)
#define CUT_TRUNCATE_POSITION CUT_BYTE
#define CUT_TRUNCATE_AT CUT_AT_BYTES
#define CUT_TRUNCATE_HOLDS 0
#define CUT_TRUNCATE_MEANING "so many bytes of the message arrive, then silence, an end or a reset"

CUT_INLINE void cut_fault_truncate(const struct cut_rule *rule, struct cut_plan *plan)
{
	cut_plan_over(plan, rule, CUT_BOTH);
}

#endif
