/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * packets: the segment that a CPU has in hand, its headers read, and a piece of its payload.
 * Written and read by the tc programs, which have a CPU to themselves while they run
 * (maps/chunks.h). Off the stack: it would be beneath the longest chain of calls, which needs all
 * that there is.
 */
#ifndef CUT_MAPS_PACKETS_H
#define CUT_MAPS_PACKETS_H

#include "../abi/endpoint.h"
#include "../abi/glances.h"
#include "../core/firing.h"
#include "../core/verdict.h"
#include "chunks.h"

struct cut_packet {
	struct cut_tuple tuple; /* seen from the target's socket */
	struct cut_segment segment;
	__u32 acknowledged; /* acknowledgement number */
	__u32 readable;	    /* bytes of payload up to where a rule has just cut it */
	__u32 passed;	    /* bytes of payload that go on, once it was acted on */
	__u16 network;	    /* offsets into the skb */
	__u16 transport;
	__u16 payload;
	bool ipv6;
	__u8 fate;  /* enum cut_fate, once it was acted on */
	__u8 taken; /* 1: taken_segments has it, until it was acted on */
	struct cut_firing firing;
	struct cut_chunk chunk;
	struct cut_glanced_counts glanced; /* of this CPU: what the controller reads */
};

CUT_STATIC_ASSERT(__builtin_offsetof(struct cut_packet, glanced) +
				  sizeof(struct cut_glanced_counts) ==
			  sizeof(struct cut_packet),
		  "abi/glances.h: a packet ends with them");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_packet);
} packets SEC(".maps");

/* Beside the one in hand: stands for the bytes of a message that were delivered before it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_packet);
} heard_packets SEC(".maps");

static __always_inline struct cut_packet *heard_packet_of_this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&heard_packets, &zero);
}

static __always_inline struct cut_packet *packet_of_this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&packets, &zero);
}

static __always_inline struct cut_chunk *chunk_of_this_cpu(void)
{
	struct cut_packet *packet = packet_of_this_cpu();

	return packet ? &packet->chunk : NULL;
}

#endif
