/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A whole segment that is taken at a glance: all of its messages are counted, one at most is told,
 * by its facts.
 */
#ifndef CUT_CORE_GLANCE_H
#define CUT_CORE_GLANCE_H

#include "../abi/glances.h"
#include "cursor.h"
#include "facts.h"

struct cut_glance {
	const struct cut_bytes *bytes; /* of which `filled` are valid: the segment */
	__u32 filled;
	__u32 seq;    /* TCP sequence number of the first */
	__u64 wanted; /* moments of which somebody wants to know more than how many there are */
	__u64 acted;  /* of these, where a rule may act: what is told then, is what is read last */
	/* Results: of its messages, each moment is one's. The kind says as much, and is counted
	 * instead, unless it is OTHER. */
	__u64 moments;
	__u8 kind; /* enum cut_glanced */
};

/* cut_<name>_glance() of a parser that takes nothing at a glance, but all by steps. */
#define CUT_NO_GLANCE(name)                                                                        \
	enum { cut_##name##_glances = 0 };                                                         \
	CUT_INLINE __u32 cut_##name##_glance(struct cut_##name *state,                             \
					     enum cut_direction direction,                         \
					     struct cut_glance *glance, struct cut_facts *facts)   \
	{                                                                                          \
		(void)state;                                                                       \
		(void)direction;                                                                   \
		(void)glance;                                                                      \
		(void)facts;                                                                       \
		return 0;                                                                          \
	}

#endif
