/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cut × segment → what becomes of the segment, and why. Pure. */
#ifndef CUT_CORE_VERDICT_H
#define CUT_CORE_VERDICT_H

#include "../abi/reasons.h"
#include "language.h"

enum cut_action {
	CUT_PASS,
	CUT_TRUNCATE, /* to `keep` bytes of payload, without FIN and PSH */
	CUT_SWALLOW,
};

enum cut_extent {
	CUT_EXTENT_NONE,
	CUT_EXTENT_FROM_SEQ, /* silent from one sequence number on: what is before it passes */
	CUT_EXTENT_ALL,	     /* severed: nothing passes, whatever its sequence number */
	CUT_EXTENT_QUEUE,    /* the cut has ended; what it held passes first */
};

/* Of the flags in a TCP header (RFC 9293, 3.1), those that are looked at. */
#define CUT_FIN 0x01
#define CUT_SYN 0x02
#define CUT_RST 0x04
#define CUT_ACK 0x10

struct cut_segment {
	__u32 seq;
	__u32 length; /* payload bytes */
	__u8 flags;   /* as in the header */
};

struct cut_verdict {
	__u32 keep;
	__u8 action; /* enum cut_action */
	__u8 reason; /* enum cut_reason */
};

/* The sequence number of the first byte of payload. */
CUT_INLINE __u32 cut_segment_payload(const struct cut_segment *segment)
{
	return segment->seq + !!(segment->flags & CUT_SYN);
}

/* One past the last sequence number that the segment occupies. */
CUT_INLINE __u32 cut_segment_end(const struct cut_segment *segment)
{
	return cut_segment_payload(segment) + segment->length + !!(segment->flags & CUT_FIN);
}

/*
 * What becomes of `segment` under a cut that is on. `firing`: this very segment carries the cut
 * point, so the acknowledgement in its header is still delivered if it starts at the cut.
 */
CUT_INLINE struct cut_verdict cut_judge(enum cut_extent extent, __u32 cut_seq,
					const struct cut_segment *segment, bool firing)
{
	struct cut_verdict verdict = {.keep = 0, .action = CUT_PASS, .reason = CUT_REASON_NONE};
	__u32 end = cut_segment_end(segment);

	if (extent == CUT_EXTENT_NONE) {
		verdict.action = CUT_PASS;
		verdict.reason = CUT_REASON_NO_CUT;
	} else if (extent == CUT_EXTENT_ALL) {
		verdict.action = CUT_SWALLOW;
		verdict.reason = CUT_REASON_SEVERED;
	} else if (extent == CUT_EXTENT_QUEUE) {
		verdict.action = CUT_SWALLOW;
		verdict.reason = CUT_REASON_OVERTAKES;
	} else if (end == segment->seq || segment->flags & CUT_RST) {
		/* A bare acknowledgement or an RST carries no byte before the cut. */
		verdict.action = CUT_SWALLOW;
		verdict.reason = CUT_REASON_PAST_CUT;
	} else if (!cut_seq_before(cut_seq, end)) {
		verdict.action = CUT_PASS;
		verdict.reason = CUT_REASON_BEFORE_CUT;
	} else if (cut_seq_before(segment->seq, cut_seq)) {
		verdict.action = CUT_TRUNCATE;
		verdict.reason = CUT_REASON_STRADDLES_CUT;
		verdict.keep = cut_seq - segment->seq;
	} else if (firing && (segment->flags & (CUT_ACK | CUT_SYN)) == CUT_ACK) {
		verdict.action = CUT_TRUNCATE;
		verdict.reason = CUT_REASON_BARE_ACK;
	} else {
		verdict.action = CUT_SWALLOW;
		verdict.reason = CUT_REASON_PAST_CUT;
	}
	return verdict;
}

/*
 * The same in a direction where TCP's own words pass (CUT_ACKS_PASS): of what would be swallowed a
 * handshake and an acknowledgement are delivered, of a segment with more only that.
 */
CUT_INLINE struct cut_verdict cut_let_acks_pass(struct cut_verdict verdict,
						const struct cut_segment *segment)
{
	if (verdict.action != CUT_SWALLOW || segment->flags & CUT_RST ||
	    !(segment->flags & (CUT_ACK | CUT_SYN)))
		return verdict;
	if (segment->flags & CUT_SYN || cut_segment_end(segment) == segment->seq) {
		verdict.action = CUT_PASS;
		verdict.reason = CUT_REASON_ACKS_PASS;
	} else {
		verdict.action = CUT_TRUNCATE;
		verdict.reason = CUT_REASON_BARE_ACK;
	}
	return verdict;
}

#endif
