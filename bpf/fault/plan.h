/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a fault does to a flow and its service when its rule fires: filled by cut_fault_<name>() of
 * fault/<name>.h. That also defines, for the scenario language, CUT_<NAME>_VALUE, _KEYS, _POSITION
 * (where `at:` gives none) and _MEANING; and _HOLDS: 1 if what it cuts goes to the holder.
 */
#ifndef CUT_FAULT_PLAN_H
#define CUT_FAULT_PLAN_H

#include "../abi/flow.h"
#include "../abi/rule.h"
#include "../core/verdict.h"

struct cut_plan {
	__u64 duration_ns;	     /* as the rule says, unless the fault says otherwise */
	__u32 draw;		     /* for the fault to use: random by the rule's seed */
	__u8 extent[CUT_DIRECTIONS]; /* enum cut_extent, for the flow that fired */
	__u8 service_directions; /* enum cut_direction_mask, for all other flows of the service */
	__u8 effect;		 /* enum cut_effect */
};

#endif
