/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a fault does to a flow and its service when its rule fires: filled by cut_fault_<name>() of
 * fault/<name>.h, which also defines CUT_<NAME>_VALUE, _KEYS and _MEANING for the scenario
 * language.
 */
#ifndef CUT_FAULT_PLAN_H
#define CUT_FAULT_PLAN_H

#include "../abi/rule.h"
#include "../core/verdict.h"

struct cut_plan {
	__u8 extent[CUT_DIRECTIONS]; /* enum cut_extent, for the flow that fired */
	__u8 service_directions; /* enum cut_direction_mask, for all other flows of the service */
	__u8 reserved;
};

#endif
