/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kill: the process that sends the message, or reads it, gets a signal before its system call
 * returns.
 */
#ifndef CUT_FAULT_KILL_H
#define CUT_FAULT_KILL_H

#include "plan.h"

#define CUT_KILL_VALUE CUT_VALUE_SIGNAL
#define CUT_KILL_KEYS 0
#define CUT_KILL_POSITION CUT_BEFORE
#define CUT_KILL_AT CUT_AT_BYTES
#define CUT_KILL_HOLDS 0
#define CUT_KILL_MEANING                                                                           \
	"the process gets that signal at that message, before its system call returns"

CUT_INLINE void cut_fault_kill(const struct cut_rule *rule, struct cut_plan *plan)
{
	plan->act = CUT_ACT_SIGNAL;
}

#endif
