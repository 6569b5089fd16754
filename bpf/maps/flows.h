/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flows: wire tuple -> struct cut_flow; the tuple of flow_ahead_key() -> the copy of a flow that
 * has read what a cut holds of it. Written by the programs at the tc hooks; made when the target's
 * SYN leaves. Removed when the target's socket closes, unless a cut is on or the outcome of a
 * request is not known yet: then by the controller after the heal. A copy goes with its flow, or
 * with the first segment that leaves after the cut. Never evicted: a full map means "not covered",
 * which is counted.
 */
#ifndef CUT_MAPS_FLOWS_H
#define CUT_MAPS_FLOWS_H

#include "../abi/capture.h"
#include "../abi/flow.h"
#include "generated/parsers.h"

enum cut_sync {
	CUT_SYNC_NONE = 0, /* no boundary was proven yet */
	CUT_SYNC_ON,
	CUT_SYNC_LOST,
	CUT_SYNC_UNCOVERED, /* it says nothing that can be read: flow_uncover() */
	CUT_SYNC_TRIAL,	    /* a likely boundary: parsed until the service has answered in step */
};

union cut_protocol_state {
#define X(name, upper) struct cut_##name name;
	CUT_PROTOCOLS(X)
#undef X
};

/* Bytes that are changed each time that TCP sends them. */
struct cut_alteration {
	__u32 seq;
	__u32 length; /* 0: none */
	__u8 rule;
	__u8 direction; /* enum cut_direction */
	__u8 reserved[2];
};

/*
 * A signal that is due to the process that handles the bytes before `seq`, as one word, so that it
 * is put there and taken at once; 0: none.
 */
static __always_inline __u64 cut_due_signal(enum cut_direction direction, __u32 rule, __u32 seq)
{
	return (__u64)(direction << 8 | (rule + 1)) << 32 | seq;
}

/* An SSL object of a process. */
struct cut_session_key {
	__u64 ssl; /* its address; 0: none */
	__u32 process;
	__u32 reserved;
};

/* A segment that nothing was done to, remembered in case that a rule fires soon. */
struct cut_past_segment {
	__u64 ns;      /* CLOCK_MONOTONIC */
	__u32 length;  /* of the packet, from its network header on; 0: there is none */
	__u32 headers; /* bytes of it in front of the payload */
	__u8 byte[CUT_CAPTURE_HEADERS]; /* of the headers, as far as they fit */
};

#define CUT_MAX_DUE_SIGNALS 4
#define CUT_MAX_ALTERATIONS 4 /* of a flow at a time: until they are acknowledged */

struct cut_flow {
	struct cut_flow_head head;	/* what the controller reads */
	__u32 next_seq[CUT_DIRECTIONS]; /* first byte that was not parsed yet */
	__u32 skip[CUT_DIRECTIONS];	/* bytes after it that the parser does not want */
	__u32 busy[CUT_DIRECTIONS];	/* 1: a CPU is in this direction's stream */
	__u32 rest_end;			/* where the service said `rest_word`, at a segment's end */
	__u8 rest_word;			/* what it said as it came to rest; 0: it has not */
	/* Of the segment in hand: kept here, where the verifier loses sight of it, for it would
	 * look at the whole parser once for each value. */
	__u8 extent[CUT_DIRECTIONS];
	__u8 altered[CUT_DIRECTIONS];	 /* 1: some of `alterations` is set */
	__u8 duplicated[CUT_DIRECTIONS]; /* 1: a copy is on its way */
	__u8 named;	       /* of an undecided flow: set of the services it may be of */
	__u8 wrapped;	       /* 1: it speaks TLS, and is read by prog/tie.h */
	__u8 record_ended;     /* 1: what the record of `record_begin` says is still to be met */
	__u16 captures_during; /* how many more there may be while it is cut */
	__u8 captures_after;   /* and afterwards; 0: none is captured */
	__u8 oldest[CUT_DIRECTIONS]; /* of `past`, or where none is yet; modulo their number */
	__u8 reserved;
	__u32 fired_now; /* bit set of the rules whose segment is not captured yet */
	__u32 met;	 /* bit set of the rules whose transport moment has passed; atomic */
	__u32 first_seq[CUT_DIRECTIONS]; /* of the first byte of payload, if the SYN was seen */
	struct cut_alteration alterations[CUT_MAX_ALTERATIONS];
	__u64 signals[CUT_MAX_DUE_SIGNALS]; /* cut_due_signal() */
	struct cut_session_key session;	    /* of a flow that speaks TLS */
	__u32 said_at;			    /* messages of it that have left */
	__u32 record_begin; /* of what the target sends: the record that ended last */
	__u32 record_end;
	__u32 sent;	/* records that count for its session */
	__u64 asked_ns; /* when it asked what is measured; 0: nothing is unanswered */
	__u32 asked_exchange;
	__u32 reserved_word;
	struct cut_past_segment past[CUT_DIRECTIONS][CUT_CAPTURES_BEFORE];
	union cut_protocol_state protocol;
	__u64 filler[7];
};

/*
 * What each segment reads lies in as few cache lines as it fits into: elements of a hash map follow
 * each other in pages, the value behind the key. Nothing but time depends on it.
 */
#define CUT_CACHE_LINE 64
#define CUT_ELEMENT_HEAD 48 /* sizeof(struct htab_elem), kernel/bpf/hashtab.c, kernel 6.18 */
#define CUT_ELEMENT_KEY ((sizeof(struct cut_tuple) + 7) / 8 * 8)
#define CUT_IN_ELEMENT(field)                                                                      \
	(CUT_ELEMENT_HEAD + CUT_ELEMENT_KEY + __builtin_offsetof(struct cut_flow, field))

CUT_STATIC_ASSERT((CUT_ELEMENT_HEAD + CUT_ELEMENT_KEY + sizeof(struct cut_flow)) % CUT_CACHE_LINE ==
			  0,
		  "each flow begins where a line does");
CUT_STATIC_ASSERT(CUT_IN_ELEMENT(head.line) % CUT_CACHE_LINE == 0, "both directions are one line");
CUT_STATIC_ASSERT(CUT_IN_ELEMENT(next_seq) % CUT_CACHE_LINE == 0, "what follows is the next");
CUT_STATIC_ASSERT(CUT_IN_ELEMENT(past) % CUT_CACHE_LINE == 0, "no segment is in three");
CUT_STATIC_ASSERT(CUT_IN_ELEMENT(protocol) % CUT_CACHE_LINE == 0, "a parser's state begins one");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CUT_MAX_FLOWS);
	__type(key, struct cut_tuple);
	__type(value, struct cut_flow);
} flows SEC(".maps");

/* A flow is larger than a program's stack: new ones are copied from here. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_flow);
} blank_flows SEC(".maps");

static __always_inline struct cut_flow *flow_lookup(const struct cut_tuple *tuple)
{
	return bpf_map_lookup_elem(&flows, tuple);
}

/*
 * To the key of the copy, and back. No socket has such an address: IPv4 ones begin with zeroes
 * here, and IPv6 ones would be multicast. In the same map, so that the verifier sees one kind of
 * flow.
 */
static __always_inline void flow_ahead_key(struct cut_tuple *tuple)
{
	tuple->local.word[0] = ~tuple->local.word[0];
}

/* With its copy. */
static __always_inline void flow_delete(struct cut_tuple tuple)
{
	bpf_map_delete_elem(&flows, &tuple);
	flow_ahead_key(&tuple);
	bpf_map_delete_elem(&flows, &tuple);
}

/* A fresh flow under `tuple`, replacing what was there, and its copy; NULL: the map is full. */
static __always_inline struct cut_flow *flow_create(struct cut_tuple *tuple)
{
	__u32 zero = 0;
	struct cut_flow *blank = bpf_map_lookup_elem(&blank_flows, &zero);

	flow_ahead_key(tuple);
	bpf_map_delete_elem(&flows, tuple);
	flow_ahead_key(tuple);
	if (!blank || bpf_map_update_elem(&flows, tuple, blank, BPF_ANY))
		return NULL;
	return flow_lookup(tuple);
}

#endif
