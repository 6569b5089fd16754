/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments whose messages are counted together, because most are of one of these kinds: one number
 * is raised, and whoever reads it knows how many messages it stands for, and of which moments.
 */
#ifndef CUT_ABI_GLANCES_H
#define CUT_ABI_GLANCES_H

#include "control.h"
#include "postgres.h"

/* X(identifier, messages that are counted, set of their moments: each is one message's) */
#define CUT_GLANCES(X)                                                                             \
	X(PG_EXECUTED, 2, 1ULL << CUT_PG_BIND | 1ULL << CUT_PG_EXECUTE | 1ULL << CUT_PG_STATEMENT) \
	X(PG_BEGUN, 2,                                                                             \
	  1ULL << CUT_PG_BIND | 1ULL << CUT_PG_EXECUTE | 1ULL << CUT_PG_STATEMENT |                \
		  1ULL << CUT_PG_BEGIN)                                                            \
	X(PG_COMMITTED, 2,                                                                         \
	  1ULL << CUT_PG_BIND | 1ULL << CUT_PG_EXECUTE | 1ULL << CUT_PG_STATEMENT |                \
		  1ULL << CUT_PG_COMMIT_REQUEST)                                                   \
	X(PG_ANSWERED, 1, 1ULL << CUT_PG_READY)                                                    \
	X(PG_ANSWERED_IMPLICIT, 1, 1ULL << CUT_PG_READY | 1ULL << CUT_PG_COMMIT_IMPLICIT)          \
	X(PG_ANSWERED_COMMIT, 2, 1ULL << CUT_PG_READY | 1ULL << CUT_PG_COMMIT_ACK)

enum cut_glanced {
	CUT_GLANCED_OTHER = 0, /* of another kind: counted message by message */
#define X(id, messages, moments) CUT_GLANCED_##id,
	CUT_GLANCES(X)
#undef X
		CUT_GLANCED_KINDS
};

#define CUT_GLANCED_SLOTS 8 /* a power of two */
CUT_STATIC_ASSERT(CUT_GLANCED_KINDS <= CUT_GLANCED_SLOTS, "each kind has one");

/* How many segments were of each kind. At the end of what `packets` holds for each CPU. */
struct cut_glanced_counts {
	__u64 of[CUT_SERVICE_SLOTS][CUT_GLANCED_SLOTS];
};

#endif
