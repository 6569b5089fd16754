/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why a rule fired or not, and why a segment was treated as it was. Every decision has one. */
#ifndef CUT_ABI_REASONS_H
#define CUT_ABI_REASONS_H

/* X(identifier, "name", "what it means") */
#define CUT_REASONS(X)                                                                             \
	X(NONE, "none", "no decision")                                                             \
	X(MATCHED, "matched", "moment, filters and occurrence matched")                            \
	X(FILTERED, "filtered", "a filter refused the message")                                    \
	X(FLOW_USED, "flow_used", "once_per: flow, and it had fired on this flow")                 \
	X(GATED, "gated", "the rule that it waits for has not fired, or its fault is over")        \
	X(UNREACHABLE, "unreachable", "the bytes that it changes are not in this segment")         \
	X(BEFORE_NTH, "before_nth", "an earlier occurrence than the wanted one")                   \
	X(NOT_EVERY, "not_every", "between two of every N occurrences")                            \
	X(UNLUCKY, "unlucky", "the seeded draw said no")                                           \
	X(TIMES_SPENT, "times_spent", "the rule has fired as often as it may")                     \
	X(NO_CUT, "no_cut", "nothing is cut here")                                                 \
	X(CUT_HEALED, "cut_healed", "the cut has ended")                                           \
	X(BEFORE_CUT, "before_cut", "all of its bytes lie before the cut")                         \
	X(STRADDLES_CUT, "straddles_cut", "it is shortened to the bytes before the cut")           \
	X(BARE_ACK, "bare_ack", "only the acknowledgement that it carries is delivered")           \
	X(ACKS_PASS, "acks_pass", "TCP's own words pass: a handshake or an acknowledgement")       \
	X(COPY, "copy", "it is held already: TCP sent it again meanwhile")                         \
	X(PAST_CUT, "past_cut", "all of its bytes lie past the cut")                               \
	X(SEVERED, "severed", "the whole direction is silent")                                     \
	X(REFUSED, "refused", "the SYN was answered by an RST")                                    \
	X(OVERTAKES, "overtakes", "the cut has ended, and bytes that it held are still to come")

enum cut_reason {
#define X(id, name, meaning) CUT_REASON_##id,
	CUT_REASONS(X)
#undef X
		CUT_REASON_TOTAL
};

#endif
