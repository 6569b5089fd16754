/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A buffer into which payload is copied before it is walked, and what the parser makes of it, which
 * is too large for the stack: each CPU has one (maps/packets.h).
 * tc programs run with bottom halves off, so one CPU has one user at a time; the owner is noted,
 * and checked after each step all the same: a stale buffer would be parsed as somebody else's
 * bytes.
 */
#ifndef CUT_MAPS_CHUNKS_H
#define CUT_MAPS_CHUNKS_H

#include "../core/cursor.h"
#include "../core/facts.h"
#include "rules.h"

struct cut_chunk {
	__u64 owner;		/* cookie of the flow, direction in the lowest bit */
	struct cut_facts facts; /* of the message that ended last */
	struct cut_bytes bytes;
	__u32 found;		       /* set of the rules whose pattern is in it */
	__u32 found_at[CUT_MAX_RULES]; /* TCP sequence numbers */
};

#endif
