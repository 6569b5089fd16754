/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records the segments around a cut: the last ones before it, the one in which a rule fired, those
 * that follow while the flow is cut, and some more. A flow of a service that rules wait for pays
 * for a copy of the headers of each, into the flow itself; others pay nothing.
 */
#ifndef CUT_PROG_CAPTURE_H
#define CUT_PROG_CAPTURE_H

#include "../maps/captures.h"
#include "../maps/flows.h"
#include "decide.h"
#include "line.h"
#include "packet.h"

CUT_STATIC_ASSERT(CUT_MAX_RULES <= 32, "those that fired in a segment are a set of 32 bits");

/* Some rule may fire on it: by itself, or because it is of a service that is told by name. */
static __always_inline bool flow_may_fire(const struct cut_flow *flow)
{
	return service_table[flow->head.service & (CUT_SERVICE_SLOTS - 1)].armed ||
	       flow_is_undecided(flow);
}

/* For whoever records it: what became of it, and how much of its payload goes on. */
static __always_inline void packet_fares(struct cut_packet *packet, enum cut_fate fate,
					 __u32 passed)
{
	packet->fate = fate;
	packet->passed = passed;
}

/* Bytes of the packet in front of its payload. */
static __always_inline __u32 packet_header_bytes(const struct cut_packet *packet)
{
	return packet->payload - packet->network;
}

/* What most segments have: the network's header and TCP's, with time stamps. */
#define CUT_HEADERS_BARE (20 + 20) /* of IPv4, without */
#define CUT_HEADERS_V4 (20 + 32)
#define CUT_HEADERS_V6 (40 + 32)

/* Of what leaves a socket, TCP has noted the time; as it arrives the clock has to be asked. */
static __always_inline __u64 segment_time(const struct __sk_buff *skb, enum cut_side hook)
{
	__u64 noted = skb->tstamp;

	return hook != CUT_INGRESS && noted ? noted : bpf_ktime_get_ns();
}

/*
 * By words, where all of them lie in front: that costs a few nanoseconds, and the helper some
 * twenty. What lies behind shorter headers is copied with them, and told to nobody. False: it is
 * for the helper to do.
 */
static __always_inline bool headers_copy(struct __sk_buff *skb, __u32 network, __u64 *to,
					 __u32 size)
{
	void *data_end = (void *)(long)skb->data_end;
	const __u64 *from = (void *)(long)skb->data + (network & 15);

	if (size > CUT_HEADERS_V6 || (void *)from + CUT_HEADERS_BARE > data_end)
		return false;
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
	to[4] = from[4];
	if (size <= CUT_HEADERS_BARE)
		return true;
	if ((void *)from + CUT_HEADERS_V4 > data_end)
		return false;
	to[5] = from[5];
	*(__u32 *)&to[6] = *(const __u32 *)&from[6];
	if (size <= CUT_HEADERS_V4)
		return true;
	if ((void *)from + CUT_HEADERS_V6 > data_end)
		return false;
	to[6] = from[6];
	to[7] = from[7];
	to[8] = from[8];
	return true;
}

/* Headers of any length, wherever they lie. */
static __noinline void headers_load(struct __sk_buff *skb, const struct cut_packet *packet,
				    struct cut_past_segment *segment)
{
	__u32 beyond_first = packet_header_bytes(packet) - 1;

	if (beyond_first >= CUT_CAPTURE_HEADERS)
		beyond_first = CUT_CAPTURE_HEADERS - 1;
	CUT_OPAQUE(beyond_first);
	if (beyond_first >= CUT_CAPTURE_HEADERS ||
	    bpf_skb_load_bytes(skb, packet->network, segment->byte, beyond_first + 1))
		segment->length = 0;
}

/* In case that a rule fires on its flow soon. */
static __always_inline void flow_remember(struct __sk_buff *skb, struct cut_flow *flow,
					  const struct cut_packet *packet,
					  enum cut_direction direction)
{
	__u8 *oldest = &flow->oldest[direction & 1];
	struct cut_past_segment *segment =
		&flow->past[direction & 1][*oldest & (CUT_CAPTURES_BEFORE - 1)];
	__u32 headers = packet_header_bytes(packet);

	++*oldest;
	segment->ns = segment_time(skb, packet_hook(skb, direction));
	segment->length = headers + packet->segment.length;
	segment->headers = headers;
	if (!headers_copy(skb, packet->network, (__u64 *)segment->byte, headers))
		headers_load(skb, packet, segment);
}

/* Those that the flow remembers, in the order of each direction. They are told once. */
CUT_GLOBAL int flow_recall(struct cut_flow *flow, enum cut_direction direction)
{
	__u8 oldest;

	if (!flow)
		return 0;
	oldest = flow->oldest[direction & 1];
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_CAPTURES_BEFORE; i++) {
		struct cut_past_segment *segment =
			&flow->past[direction & 1][(oldest + i) & (CUT_CAPTURES_BEFORE - 1)];
		struct cut_capture *capture;

		if (!segment->length)
			continue;
		capture = bpf_ringbuf_reserve(&captures, sizeof(*capture) + CUT_CAPTURE_HEADERS, 0);
		if (!capture) {
			count(CUT_COUNT_CAPTURES_LOST);
			continue;
		}
		__builtin_memset(capture, 0, sizeof(*capture));
		capture->ns = segment->ns;
		capture->flow = flow->head.cookie;
		capture->length = segment->length;
		capture->payload = segment->length - segment->headers;
		capture->passed = capture->payload;
		capture->size = segment->headers < CUT_CAPTURE_HEADERS ? segment->headers
								       : CUT_CAPTURE_HEADERS;
		capture->direction = direction;
		capture->rule = CUT_NO_RULE;
		capture->before = 1;
		__builtin_memcpy(capture + 1, segment->byte, CUT_CAPTURE_HEADERS);
		bpf_ringbuf_submit(capture, BPF_RB_NO_WAKEUP);
		segment->length = 0;
	}
	return 0;
}

/* The rules that fired since the flow's last segment, or in this one. */
static __always_inline __u32 flow_take_fired(struct cut_flow *flow)
{
	return flow->fired_now ? __sync_lock_test_and_set(&flow->fired_now, 0) : 0;
}

/* How many bytes of the packet are recorded. */
static __always_inline __u32 capture_size(const struct cut_packet *packet, __u32 fired)
{
	__u32 size = packet_header_bytes(packet);
	__u32 limit = fired ? CUT_CAPTURE_SNAP_CUT : CUT_CAPTURE_SNAP;

	if (capturing == CUT_CAPTURES_PAYLOADS)
		size += packet->segment.length;
	return size < limit ? size : limit;
}

/*
 * Is the segment recorded? 0: no; 1: yes; 2: in case that a rule fires later on. Counts it among
 * those of its flow.
 */
static __always_inline int flow_counts_capture(struct cut_flow *flow, __u32 fired, __u64 now)
{
	if (fired) {
		flow->captures_during = CUT_CAPTURES_DURING;
		flow->captures_after = CUT_CAPTURES_AFTER;
		return 1;
	}
	if (!flow->captures_after)
		return 2;
	if (!flow_is_cut(flow, now)) {
		flow->captures_after--;
		return 1;
	}
	if (!flow->captures_during) {
		count(CUT_COUNT_CAPTURES_BEYOND);
		return 0;
	}
	flow->captures_during--;
	return 1;
}

/* The segment as it came, before anything is done to it. flow_capture() says what became of it. */
CUT_GLOBAL int flow_take(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet,
			 enum cut_direction direction)
{
	struct cut_taken_segment *taken = taken_segment_of_this_cpu();
	__u64 now = bpf_ktime_get_ns();
	__u32 fired, size;
	int counted;

	if (!flow || !packet || !taken)
		return 0;
	fired = flow_take_fired(flow);
	counted = flow_counts_capture(flow, fired, now);
	if (!counted)
		return 0;
	__builtin_memset(&taken->head, 0, sizeof(taken->head));
	taken->head.ns = now;
	taken->head.flow = flow->head.cookie;
	taken->head.length = packet_header_bytes(packet) + packet->segment.length;
	taken->head.payload = packet->segment.length;
	taken->head.fired = fired;
	taken->head.direction = direction;
	taken->head.before = counted == 2;
	size = CUT_BOUND(capture_size(packet, fired), CUT_CAPTURE_SNAP_CUT);
	taken->head.size = size;
	if (bpf_skb_load_bytes(skb, packet->network, taken->byte, size)) {
		count(CUT_COUNT_CAPTURES_LOST);
		return 0;
	}
	packet->taken = 1;
	return 0;
}

/* Tells of the segment that was taken; behind those before it, if a rule has fired in it. */
CUT_GLOBAL int flow_capture(struct cut_flow *flow, struct cut_packet *packet,
			    enum cut_direction direction)
{
	struct cut_taken_segment *taken = taken_segment_of_this_cpu();
	const struct cut_line *line;
	__u32 size;

	if (!flow || !packet || !taken)
		return 0;
	packet->taken = 0;
	line = &flow->head.line[direction & 1];
	taken->head.fate = packet->fate;
	taken->head.passed = packet->passed;
	taken->head.rule = CUT_NO_RULE;
	if (packet->fate != CUT_FATE_PASSED && line->extent != CUT_EXTENT_NONE)
		taken->head.rule = line->rule;
	if (taken->head.fired) {
		flow_recall(flow, CUT_UPSTREAM);
		flow_recall(flow, CUT_DOWNSTREAM);
	}
	size = CUT_BOUND(taken->head.size, CUT_CAPTURE_SNAP_CUT);
	if (bpf_ringbuf_output(&captures, taken, sizeof(taken->head) + size,
			       taken->head.before ? BPF_RB_NO_WAKEUP : 0))
		count(CUT_COUNT_CAPTURES_LOST);
	return 0;
}

static __always_inline bool flow_is_captured(const struct cut_flow *flow)
{
	return capturing == CUT_CAPTURES_PAYLOADS || flow->captures_after || flow->fired_now;
}

/*
 * Every segment of a flow comes by here, before it is acted on, and by flow_tell() afterwards. The
 * cut of a service silences flows, too, on which no rule has fired: what it met is not remembered.
 */
static __always_inline void flow_see(struct __sk_buff *skb, struct cut_flow *flow,
				     struct cut_packet *packet, enum cut_direction direction)
{
	if (!capturing || !flow_may_fire(flow))
		return;
	packet_fares(packet, CUT_FATE_PASSED, packet->segment.length);
	if (flow_is_captured(flow))
		flow_take(skb, flow, packet, direction);
	else if (flow->extent[direction & 1] == CUT_EXTENT_NONE)
		flow_remember(skb, flow, packet, direction);
}

static __always_inline void flow_tell(struct cut_flow *flow, struct cut_packet *packet,
				      enum cut_direction direction)
{
	if (capturing && packet->taken)
		flow_capture(flow, packet, direction);
}

#endif
