/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules, their states, and the fuse. Who writes what: abi/rule.h and abi/control.h. */
#ifndef CUT_MAPS_RULES_H
#define CUT_MAPS_RULES_H

#include "../abi/control.h"

struct cut_control control;
struct cut_rule rules[CUT_MAX_RULES];
struct cut_rule_state rule_states[CUT_MAX_RULES];

static __always_inline bool lease_holds(__u64 now)
{
	return now < control.lease_until_ns;
}

static __always_inline bool rule_is_armed(__u8 rule)
{
	return rule_states[rule & (CUT_MAX_RULES - 1)].phase == CUT_RULE_ARMED;
}

#endif
