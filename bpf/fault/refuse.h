/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * refuse: the SYN is answered by an RST, as where nobody listens: connect() fails with
 * ECONNREFUSED.
 */
#ifndef CUT_FAULT_REFUSE_H
#define CUT_FAULT_REFUSE_H

#include "plan.h"

#define CUT_REFUSE_VALUE CUT_VALUE_SYN
#define CUT_REFUSE_KEYS 0
#define CUT_REFUSE_POSITION CUT_BEFORE
#define CUT_REFUSE_AT CUT_AT_CONNECT
#define CUT_REFUSE_HOLDS 0
#define CUT_REFUSE_MEANING "the SYN is answered by an RST: connect() fails with ECONNREFUSED"

CUT_INLINE void cut_fault_refuse(const struct cut_rule *rule, struct cut_plan *plan)
{
	plan->act = CUT_ACT_REFUSE;
}

#endif
