/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pause: the process that sends the message, or reads it, is stopped (SIGSTOP) before its system
 * call returns, and goes on when the fault is over; or a cgroup is frozen, by the controller.
 */
#ifndef CUT_FAULT_PAUSE_H
#define CUT_FAULT_PAUSE_H

#include "plan.h"

#define CUT_PAUSE_VALUE CUT_VALUE_STOPPED
#define CUT_PAUSE_KEYS (CUT_KEY_FOR | CUT_KEY_CGROUP)
#define CUT_PAUSE_POSITION CUT_BEFORE
#define CUT_PAUSE_AT CUT_AT_BYTES
#define CUT_PAUSE_HOLDS 0
#define CUT_PAUSE_MEANING                                                                          \
	"the process stops at that message, and goes on afterwards; or a cgroup is frozen"

CUT_INLINE void cut_fault_pause(const struct cut_rule *rule, struct cut_plan *plan)
{
	plan->act = rule->signal ? CUT_ACT_SIGNAL : CUT_ACT_NONE;
}

#endif
