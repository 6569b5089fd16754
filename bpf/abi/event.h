/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One ring-buffer record. */
#ifndef CUT_ABI_EVENT_H
#define CUT_ABI_EVENT_H

#include "endpoint.h"
#include "owner.h"
#include "rule.h"

/* X(identifier, "name", "what it says") */
#define CUT_EVENTS(X)                                                                              \
	X(FLOW_OPENED, "flow.opened",                                                              \
	  "the target's SYN left; begin: initial sequence number; of a trace, attr: cut_owner; "   \
	  "end: 1: it was accepted, and is told again once it is known who serves it")             \
	X(FLOW_JOINED, "flow.joined",                                                              \
	  "open before arming; begin, end: next bytes up, down; attr[0]: synchronised")            \
	X(FLOW_ESTABLISHED, "flow.established", "the handshake ended")                             \
	X(FLOW_STATE, "flow.state", "TCP state of the target's socket; begin: old, end: new")      \
	X(FLOW_CLOSED, "flow.closed", "the target's socket is gone from the kernel")               \
	X(FLOW_DESYNC, "flow.desync", "a direction lost the message boundaries; attr[0]: reason")  \
	X(MOMENT, "moment", "a message, delivered; begin..end: its sequence numbers")              \
	X(FIRED, "fired", "a rule was applied; begin..end: its message, cut: where")               \
	X(HELD, "held", "a message that a cut holds; begin..end: its sequence numbers")            \
	X(WOULD_FIRE, "would_fire", "observe mode: a rule would have been applied")                \
	X(MISMATCH, "mismatch", "a COMMIT was answered ROLLBACK, or the reverse")                  \
	X(TRUNCATED, "truncated", "a segment was shortened at the cut; attr[0]: bytes kept")       \
	X(SWALLOWED, "swallowed", "a segment was swallowed whole")                                 \
	X(RELEASED, "released", "bytes that the cut had held passed after its end")                \
	X(ALTERED, "altered", "bytes begin..end were changed on their way; attr[0]: how many")     \
	X(DUPLICATED, "duplicated", "a copy of the segment was sent before it")                    \
	X(DSACK, "dsack", "its receiver had bytes begin..end already, and says so (RFC 2883)")     \
	X(REFUSED, "refused", "the target's SYN was answered by an RST")                           \
	X(SIGNALLED, "signalled", "attr[0]: the process, attr[1]: its signal")                     \
	X(CODE_MAPPED, "code.mapped", "attr[0]: a process of the target that may have got libssl") \
	X(PROCESS_DIED, "process.died",                                                            \
	  "attr[0]: of the target's, attr[1]: exit code, attr[2]: signal")                         \
	X(RETRANSMIT, "retransmit", "the target's TCP sent a segment again")                       \
	X(RETRANSMIT_PEER, "retransmit.peer", "the service's TCP on this host sent one again")     \
	X(RTO, "rto", "retransmission timer expired; begin: back-off, end: RTO in ms")             \
	X(RESET_SENT, "reset.sent", "the target's end sent an RST")                                \
	X(RESET_RECEIVED, "reset.received", "the target's end accepted an RST")                    \
	X(RESET_SENT_PEER, "reset.sent.peer", "the service's end on this host sent an RST")        \
	X(RESET_RECEIVED_PEER, "reset.received.peer", "the service's end on this host accepted one")

enum cut_event_kind {
#define X(id, name, meaning) CUT_EVENT_##id,
	CUT_EVENTS(X)
#undef X
		CUT_EVENT_KINDS
};

struct cut_event {
	/* Consecutive from 0: one that never comes is a lost event. Two CPUs may swap theirs. */
	__u64 number;
	__u64 ns;	/* CLOCK_MONOTONIC */
	__u64 flow;	/* socket cookie; 0: no socket was known */
	__u64 moments;	/* bit set, in the service's protocol */
	__u64 heals_ns; /* fired: when the fault in this direction ends, CLOCK_MONOTONIC; 0: none */
	__u32 begin;	/* TCP sequence numbers, unless the kind says otherwise */
	__u32 end;
	__u32 length;			/* payload bytes of the segment */
	__u32 attr[CUT_MAX_ATTRIBUTES]; /* the protocol's, unless the kind says otherwise */
	struct cut_tuple tuple;
	__u8 kind;
	__u8 direction; /* enum cut_direction */
	__u8 service;
	__u8 rule;   /* CUT_NO_RULE: none */
	__u8 reason; /* enum cut_reason, of the verdict or the match */
	__u8 flags;  /* enum cut_fact_flag */
	__u8 reserved[2];
	__u32 cut;	/* where a cut is on: its TCP sequence number in this direction */
	__u32 exchange; /* which of the flow's requests it belongs to, from 1; 0: not known */
};

#define CUT_NO_RULE 0xff

enum cut_fact_flag {
	CUT_FACT_IN_TRANSACTION = 1 << 0, /* the message acts inside an open transaction */
	CUT_FACT_COLLATERAL = 1 << 1,	  /* its segment carried other messages past the cut */
	CUT_FACT_LATE = 1 << 2,	   /* bytes past the wanted cut had left in earlier segments */
	CUT_FACT_SEVERAL = 1 << 3, /* the message holds the same moment more than once */
};

CUT_STATIC_ASSERT(sizeof(struct cut_owner) <= CUT_MAX_ATTRIBUTES * 4, "it goes with an event");
CUT_ASSERT_SIZE(cut_event, 136);

#endif
