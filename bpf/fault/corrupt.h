/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * corrupt: bytes of the message's body are others when it arrives, its length and its checksums are
 * right: nobody but the application can notice. Each time that TCP sends them.
 */
#ifndef CUT_FAULT_CORRUPT_H
#define CUT_FAULT_CORRUPT_H

#include "plan.h"

#define CUT_CORRUPT_VALUE CUT_VALUE_CHANGE
#define CUT_CORRUPT_KEYS (CUT_KEY_OFFSET | CUT_KEY_BYTES | CUT_KEY_PATTERN | CUT_KEY_WITH)
#define CUT_CORRUPT_POSITION CUT_BEFORE
#define CUT_CORRUPT_AT CUT_AT_BYTES
#define CUT_CORRUPT_HOLDS 0
#define CUT_CORRUPT_MEANING                                                                        \
	"bytes of the message's body are changed; lengths and checksums stay right"

CUT_INLINE void cut_fault_corrupt(const struct cut_rule *rule, struct cut_plan *plan)
{
	plan->act = CUT_ACT_ALTER;
}

#endif
