/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flow_slots: struct cut_flow, by number. free_slots: numbers that were used and are free again;
 * those from slots_used on were never used.
 * flows: wire tuple -> the slot of its flow; the tuple of flow_ahead_key() -> that of the copy of a
 * flow that has read what a cut holds of it. Written by the programs at the tc hooks; made when the
 * target's SYN leaves. Removed when the target's socket closes, unless a cut is on or the outcome
 * of a request is not known yet: then by the controller after the heal. A copy goes with its flow,
 * or with the first segment that leaves after the cut. Never evicted: a full map means "not
 * covered", which is counted. slot_hints: local port -> 1 + the slot of the flow that was made for
 * it last. Most segments find their flow there, which takes a third of what the hash map takes;
 * whose it is, its tuple tells.
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
	__u32 next_seq[CUT_DIRECTIONS]; /* first byte that was not parsed yet */
	__u32 skip[CUT_DIRECTIONS];	/* bytes after it that the parser does not want */
	__u32 busy[CUT_DIRECTIONS];	/* 1: a CPU is in this direction's stream */
	struct cut_flow_head head;	/* what the controller reads */
	struct cut_tuple tuple;		/* under which it is found */
	__u32 number;			/* 1 + that of its slot; 0: it is nobody's; atomic */
	__u32 rest_end;			/* where the service said `rest_word`, at a segment's end */
	__u8 rest_word;			/* what it said as it came to rest; 0: it has not */
	/* Of the segment in hand: kept here, where the verifier loses sight of it, for it would
	 * look at the whole parser once for each value. */
	__u8 extent[CUT_DIRECTIONS];
	__u8 reserved;
	union {
		struct {
			__u8 altered[CUT_DIRECTIONS];	 /* 1: some of `alterations` is set */
			__u8 duplicated[CUT_DIRECTIONS]; /* 1: a copy is on its way */
			__u8 named;   /* of an undecided flow: set of the services it may be of */
			__u8 wrapped; /* 1: it speaks TLS, and is read by prog/tie.h */
			/* 1: what the record of `record_begin` says is still to be met */
			__u8 record_ended;
			/* How many segments are captured while it is not cut; 0: none is. */
			__u8 captures_after;
		};
		__u64 particular; /* 0: none of these is set */
	};
	__u16 captures_during;	     /* how many more there may be while it is cut */
	__u8 oldest[CUT_DIRECTIONS]; /* of `past`, or where none is yet; modulo their number */
	__u32 fired_now;	     /* bit set of the rules whose segment is not captured yet */
	__u32 met; /* bit set of the rules whose transport moment has passed; atomic */
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
	__u8 reserved_line[52];
	struct cut_past_segment past[CUT_DIRECTIONS][CUT_CAPTURES_BEFORE];
	union cut_protocol_state protocol;
	__u64 filler[7];
};

/* What each segment reads lies in as few cache lines as it fits into. */
#define CUT_CACHE_LINE 64
#define CUT_IN_LINE(field) (__builtin_offsetof(struct cut_flow, field) % CUT_CACHE_LINE)

CUT_STATIC_ASSERT(__builtin_offsetof(struct cut_flow, head) == CUT_FLOW_HEAD, "abi/flow.h");
CUT_STATIC_ASSERT(__builtin_offsetof(struct cut_flow, tuple) == CUT_FLOW_TUPLE, "abi/flow.h");
CUT_STATIC_ASSERT(__builtin_offsetof(struct cut_flow, number) == CUT_FLOW_NUMBER, "abi/flow.h");
CUT_STATIC_ASSERT(CUT_FLOW_TUPLE % 8 == 0, "it is compared by words: tuple_equals()");
CUT_STATIC_ASSERT(sizeof(struct cut_flow) % CUT_CACHE_LINE == 0, "each flow begins a line");
CUT_STATIC_ASSERT(CUT_IN_LINE(head.line) == 0, "both directions are one line");
CUT_STATIC_ASSERT(CUT_IN_LINE(past) == 0, "no segment is in three");
CUT_STATIC_ASSERT(CUT_IN_LINE(protocol) == 0, "a parser's state begins one");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CUT_MAX_FLOWS);
	__type(key, struct cut_tuple);
	__type(value, __u32);
} flows SEC(".maps");

/* As one that could be mapped, for its elements begin where a page does, and so a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CUT_MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct cut_flow);
} flow_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, CUT_MAX_FLOWS);
	__type(value, __u32);
} free_slots SEC(".maps");

__u32 slots_used;
__u16 slot_hints[65536];
CUT_STATIC_ASSERT(CUT_MAX_FLOWS < 65536, "a hint is 16 bits");

/* A flow is larger than a program's stack: new ones are copied from here. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_flow);
} blank_flows SEC(".maps");

static __always_inline struct cut_flow *flow_in_slot(__u32 slot)
{
	return bpf_map_lookup_elem(&flow_slots, &slot);
}

static __always_inline struct cut_flow *flow_lookup(const struct cut_tuple *tuple)
{
	__u32 *slot = bpf_map_lookup_elem(&flows, tuple);

	return slot ? flow_in_slot(*slot) : NULL;
}

/* By words of 8 bytes, and the ports as one of 4: both are in maps, at a multiple of 8. */
static __always_inline bool tuple_equals(const struct cut_tuple *a, const struct cut_tuple *b)
{
	const __u64 *one = (const void *)a, *other = (const void *)b;

	return !((one[0] ^ other[0]) | (one[1] ^ other[1]) | (one[2] ^ other[2]) |
		 (one[3] ^ other[3]) | (*(const __u32 *)&one[4] ^ *(const __u32 *)&other[4]));
}

/* The same for a segment: the tuple of maps/packets.h. */
static __always_inline struct cut_flow *flow_of_segment(const struct cut_tuple *tuple)
{
	__u32 number = slot_hints[tuple->local_port];
	struct cut_flow *flow = number ? flow_in_slot(number - 1) : NULL;

	/* A copy that is just being filled has the tuple and the number of another. */
	if (!flow || flow->number != number || !tuple_equals(&flow->tuple, tuple))
		return flow_lookup(tuple);
	return flow;
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

static __always_inline void slot_free(__u32 slot)
{
	bpf_map_push_elem(&free_slots, &slot, 0);
}

/*
 * Of two that remove it at once one deletes it, and frees its slot. (Were it removed and made anew
 * by two other CPUs between the look-up and the removal, that one would be lost: a port is not used
 * again as fast.)
 */
static __always_inline void flow_remove(const struct cut_tuple *tuple)
{
	__u32 *found = bpf_map_lookup_elem(&flows, tuple);
	struct cut_flow *flow;
	__u32 slot;

	if (!found)
		return;
	slot = *found;
	flow = flow_in_slot(slot);
	/* Another's by now: it was removed. */
	if (!flow || flow->tuple.local_port != tuple->local_port ||
	    flow->tuple.remote_port != tuple->remote_port)
		return;
	if (!bpf_map_delete_elem(&flows, tuple) && __sync_lock_test_and_set(&flow->number, 0))
		slot_free(slot);
}

/* With its copy. */
static __always_inline void flow_delete(struct cut_tuple tuple)
{
	flow_remove(&tuple);
	flow_ahead_key(&tuple);
	flow_remove(&tuple);
}

/* False: all are in use. */
static __always_inline bool slot_take(__u32 *slot)
{
	if (!bpf_map_pop_elem(&free_slots, slot))
		return true;
	*slot = __sync_fetch_and_add(&slots_used, 1);
	if (*slot < CUT_MAX_FLOWS)
		return true;
	__sync_fetch_and_add(&slots_used, -1);
	return false;
}

/* What `slot` holds from now on: as `from` is, under `tuple`. */
static __always_inline struct cut_flow *slot_fill(__u32 slot, const struct cut_tuple *tuple,
						  const struct cut_flow *from)
{
	struct cut_flow *flow;

	if (bpf_map_update_elem(&flow_slots, &slot, from, BPF_ANY))
		return NULL;
	flow = flow_in_slot(slot);
	if (!flow)
		return NULL;
	flow->tuple = *tuple;
	barrier();
	flow->number = slot + 1;
	return flow;
}

/* A flow under `tuple`, as `from` is, in place of what was there; NULL: there is no room. */
static __always_inline struct cut_flow *flow_put(const struct cut_tuple *tuple,
						 const struct cut_flow *from)
{
	struct cut_flow *flow;
	__u32 slot;

	flow_remove(tuple);
	if (!slot_take(&slot))
		return NULL;
	flow = slot_fill(slot, tuple, from);
	if (flow && !bpf_map_update_elem(&flows, tuple, &slot, BPF_ANY))
		return flow;
	if (flow)
		flow->number = 0;
	slot_free(slot);
	return NULL;
}

/* A fresh flow under `tuple`, replacing what was there, and its copy; NULL: there is no room. */
static __always_inline struct cut_flow *flow_create(struct cut_tuple *tuple)
{
	__u32 zero = 0;
	struct cut_flow *blank = bpf_map_lookup_elem(&blank_flows, &zero), *flow;

	flow_ahead_key(tuple);
	flow_remove(tuple);
	flow_ahead_key(tuple);
	flow = blank ? flow_put(tuple, blank) : NULL;
	if (flow)
		slot_hints[tuple->local_port] = flow->number;
	return flow;
}

#endif
