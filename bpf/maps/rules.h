/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules, their states, and the fuse. Who writes what: abi/rule.h and abi/control.h. */
#ifndef CUT_MAPS_RULES_H
#define CUT_MAPS_RULES_H

#include "../abi/control.h"

struct cut_control control;
struct cut_rule rules[CUT_MAX_RULES];
struct cut_rule_bytes rule_bytes[CUT_MAX_RULES];
struct cut_rule_state rule_states[CUT_MAX_RULES];

static __always_inline bool lease_holds(__u64 now)
{
	return now < control.lease_until_ns;
}

/* Is a cut of this rule, up to this time, still on? */
static __always_inline bool rule_cuts(__u32 rule, __u64 until_ns, __u64 now)
{
	const struct cut_rule_state *state = &rule_states[rule & (CUT_MAX_RULES - 1)];

	return now < until_ns &&
	       (state->phase == CUT_RULE_ARMED || state->phase == CUT_RULE_CLOSED) &&
	       state->healed_until_ns < until_ns;
}

/* When the controller will end that cut. */
static __always_inline __u64 rule_heals(__u32 rule, __u64 until_ns)
{
	return until_ns - rules[rule & (CUT_MAX_RULES - 1)].grace_ns;
}

#endif
