/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part of a flow's state that the controller reads: where a cut is, what each end expects. */
#ifndef CUT_ABI_FLOW_H
#define CUT_ABI_FLOW_H

#include "endpoint.h"
#include "vocabulary.h"

#define CUT_MAX_FLOWS 16384

/* What becomes of what is past the cut. */
enum cut_effect {
	CUT_EFFECT_SILENCE = 0, /* swallowed: TCP will send it again */
	CUT_EFFECT_HOLD,	/* handed to the controller, which sends it on in order */
};

/* One direction of a flow. Sequence numbers are those of TCP, in host byte order. */
struct cut_line {
	__u64 until_ns;	 /* end of the cut, CLOCK_MONOTONIC */
	__u32 cut_seq;	 /* first byte that is not delivered, with CUT_EXTENT_FROM_SEQ */
	__u32 held_end;	 /* one past the last sequence number that was swallowed */
	__u32 delivered; /* one past the last sequence number that passed */
	__u32 acked;	 /* newest acknowledgement of this direction, swallowed or not */
	__u8 extent;	 /* enum cut_extent */
	__u8 rule;	 /* whose cut it is */
	__u8 held;	 /* 1: something was swallowed; 2: and released since */
	__u8 sync;	 /* enum cut_sync */
	__u8 acks;	 /* 1: `acked` is valid */
	__u8 started;	 /* 1: `delivered` is valid */
	__u8 deferred;	 /* 1: bytes before the cut were swallowed with a large segment */
	__u8 effect;	 /* enum cut_effect */
};

/* What a cut holds back is read as well, by a copy of the flow. */
enum cut_ahead {
	CUT_AHEAD_NONE = 0,
	CUT_AHEAD_A_COPY, /* a copy of this flow is ahead of it */
	CUT_AHEAD_ITSELF, /* this is the copy: it reports, and shows nothing to the rules */
};

/* Of a trace: what of a connection was made here. */
enum cut_accepted {
	CUT_ACCEPTED_NONE = 0, /* it was connected */
	CUT_ACCEPTED_ASKED,    /* a SYN has come; there may never be more */
	CUT_ACCEPTED_IT_IS,
};

/* Where these stand in a flow (maps/flows.h), in bytes. */
#define CUT_FLOW_HEAD 24
#define CUT_FLOW_TUPLE (CUT_FLOW_HEAD + sizeof(struct cut_flow_head))
#define CUT_FLOW_NUMBER (CUT_FLOW_TUPLE + sizeof(struct cut_tuple))

struct cut_flow_head {
	__u64 cookie; /* of the target's socket, whichever end that is */
	__u64 opened_ns;
	__u32 fired;  /* bit set of the rules that fired on this flow; atomic */
	__u32 device; /* interface where its segments go on from the segmenter, or the holder */
	__u8 service;
	__u8 closed;   /* 1: the target's socket is gone */
	__u8 joined;   /* 1: it was open before the programs were attached */
	__u8 ahead;    /* enum cut_ahead */
	__u32 handler; /* the process that sent or took bytes last; 0: not known */
	__u8 accepted; /* enum cut_accepted */
	__u8 reserved[7];
	struct cut_line line[CUT_DIRECTIONS];
};

CUT_ASSERT_SIZE(cut_line, 32);
CUT_ASSERT_SIZE(cut_flow_head, 104);

#endif
