/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens to one segment of a target flow: it is read, judged and acted on. Both tc hooks. */
#ifndef CUT_PROG_SEGMENT_H
#define CUT_PROG_SEGMENT_H

#include "act.h"
#include "capture.h"
#include "dsack.h"
#include "read.h"
#include "tcp_options.h"
#include "transport.h"
#include "usual.h"

/* Without the clock: false for all but the flows that are, or have been, cut. */
static __always_inline bool flow_may_be_cut(const struct cut_flow *flow,
					    enum cut_direction direction)
{
	__u8 service = flow->head.service & (CUT_SERVICE_SLOTS - 1);
	const struct cut_line *line = &flow->head.line[direction];

	return line->extent != CUT_EXTENT_NONE || line->held == 1 ||
	       service_cuts[service][direction].until_ns;
}

/*
 * After the heal TCP may send something new before it sends again what the cut held (F-RTO, RFC
 * 5682, 2.1). Read out of order it would lose the message boundaries: it is lost instead, and comes
 * again. Only behind bytes that have not passed: TCP will send these, whatever was read of them.
 */
static __always_inline bool flow_overtakes(const struct cut_flow *flow,
					   const struct cut_packet *packet,
					   enum cut_direction direction)
{
	const struct cut_line *line = &flow->head.line[direction];

	return direction == CUT_UPSTREAM && line->held == 1 && line->sync == CUT_SYNC_ON &&
	       packet->segment.length && cut_seq_before(line->delivered, packet->segment.seq) &&
	       cut_seq_before(flow->next_seq[direction], packet->segment.seq);
}

static __always_inline enum cut_extent flow_extent(const struct cut_flow *flow,
						   const struct cut_packet *packet,
						   enum cut_direction direction, __u64 now)
{
	const struct cut_line *line = &flow->head.line[direction];
	bool is_cut = line_is_cut(line, now) || line_queues(line);

	if (!is_cut && !flow_overtakes(flow, packet, direction))
		return CUT_EXTENT_NONE;
	if (!lease_holds(now)) {
		count(CUT_COUNT_LEASE_LAPSED);
		return CUT_EXTENT_NONE;
	}
	return is_cut ? line->extent : CUT_EXTENT_QUEUE;
}

static __always_inline void flow_handshake(struct __sk_buff *skb, struct cut_flow *flow,
					   const struct cut_packet *packet,
					   enum cut_direction direction)
{
	if (flow->head.line[direction].sync != CUT_SYNC_NONE)
		return; /* a SYN sent again */
	flow_start(flow, direction, packet->segment.seq + 1);
	/* Where it was accepted, the SYN had passed before there was a flow. */
	if (only_looks && direction == CUT_DOWNSTREAM &&
	    flow->head.line[CUT_UPSTREAM].sync == CUT_SYNC_NONE)
		flow_start(flow, CUT_UPSTREAM, packet->acknowledged);
	/* Both ends have agreed on it: other subflows carry parts of the stream. */
	if (direction == CUT_DOWNSTREAM && tcp_option_find(skb, packet, CUT_TCP_OPTION_MULTIPATH))
		flow_uncover(flow, packet, direction, CUT_COUNT_FLOWS_MULTIPATH);
}

/*
 * A large segment that held the cut was swallowed whole. TCP sends what of it lies before the cut
 * again, in smaller segments, and goes on only when it is told that they have arrived: so their
 * acknowledgements pass a direction that is severed, all but the last.
 */
static __always_inline bool flow_owes_prefix(const struct cut_flow *flow,
					     const struct cut_packet *packet,
					     enum cut_direction direction)
{
	const struct cut_line *other = &flow->head.line[!direction];
	const struct cut_segment *segment = &packet->segment;

	return other->deferred && (segment->flags & (CUT_ACK | CUT_RST)) == CUT_ACK &&
	       cut_segment_end(segment) == segment->seq &&
	       cut_seq_before(packet->acknowledged, other->cut_seq);
}

/* It passes, now or later: nothing is silent. */
static __always_inline bool flow_will_deliver(const struct cut_flow *flow,
					      enum cut_direction direction)
{
	return flow->extent[direction] == CUT_EXTENT_NONE ||
	       (flow->extent[direction] != CUT_EXTENT_QUEUE &&
		flow->head.line[direction].effect == CUT_EFFECT_HOLD);
}

/* Bytes of the payload that lie before `cut_seq`. */
static __always_inline __u32 flow_readable(const struct cut_packet *packet, __u32 cut_seq)
{
	__u32 begin = cut_segment_payload(&packet->segment);

	if (!cut_seq_before(begin, cut_seq))
		return 0;
	return cut_seq - begin < packet->segment.length ? cut_seq - begin : packet->segment.length;
}

/*
 * What the target has read in clear since the flow's last segment is shown to the rules. It has all
 * been delivered: what is cut is what comes next, in either direction.
 */
CUT_GLOBAL int flow_meet_heard(struct cut_flow *flow)
{
	struct cut_packet *packet = heard_packet_of_this_cpu();
	struct cut_chunk *chunk = chunk_of_this_cpu();
	struct cut_firing firing = {0};
	struct cut_session *session;

	if (!flow || !packet || !chunk)
		return 0;
	session = flow_session(flow);
	if (!session || session->heard_head == session->heard_tail)
		return 0;
	packet->tuple = session->tuple;
	packet->segment.seq = flow->head.line[CUT_DOWNSTREAM].delivered;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_HEARD; i++) {
		__u32 head = session->heard_head;

		if (head == session->heard_tail)
			break;
		chunk->facts = session->heard[head & (CUT_HEARD - 1)];
		/* The flow's other direction may be in hand on another CPU. */
		if (__sync_val_compare_and_swap(&session->heard_head, head, head + 1) != head)
			break;
		chunk->facts.begin = packet->segment.seq;
		chunk->facts.end = packet->segment.seq;
		firing.stops = 0;
		if (flow->head.line[CUT_UPSTREAM].sync == CUT_SYNC_ON &&
		    flow->head.line[CUT_DOWNSTREAM].sync == CUT_SYNC_ON)
			rules_meet(flow, packet, &chunk->facts, &firing);
	}
	return 0;
}

/* Of a trace: it is read, and passes as it is. */
static __always_inline int flow_look(struct __sk_buff *skb, struct cut_flow *flow,
				     struct cut_packet *packet, enum cut_direction direction,
				     struct cut_firing *firing)
{
	packet->readable = packet->segment.length;
	if (direction == CUT_UPSTREAM)
		flow_read_up(skb, flow, packet, firing);
	else
		flow_read_down(skb, flow, packet, firing);
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

/* If a rule has asked for the time of it, it was read at a glance, and counted. */
static __always_inline int flow_judge(struct __sk_buff *skb, struct cut_flow *flow,
				      struct cut_packet *packet, enum cut_direction direction)
{
	struct cut_line *line = &flow->head.line[direction];
	struct cut_firing *firing = &packet->firing;
	struct cut_verdict verdict;
	struct cut_flow *reader;
	enum cut_extent extent;
	__u8 cut_before;

	if (!firing->now)
		count(CUT_COUNT_SEGMENTS);
	if (packet->segment.flags & CUT_ACK) {
		flow->head.line[!direction].acked = packet->acknowledged;
		flow->head.line[!direction].acks = 1;
	}
	if (flow->duplicated[!direction])
		flow_look_for_dsack(skb, flow, packet, !direction);
	if (packet->segment.flags & CUT_SYN)
		flow_handshake(skb, flow, packet, direction);
	if (plaintext && flow->wrapped)
		flow_meet_heard(flow);
	flow->extent[direction] = CUT_EXTENT_NONE;
	if (only_looks)
		return flow_look(skb, flow, packet, direction, firing);
	if (!firing->now && flow_may_be_cut(flow, direction)) {
		flow_join_service_cut(flow, direction, firing_now(firing));
		flow->extent[direction] = flow_extent(flow, packet, direction, firing_now(firing));
	}
	packet->readable = packet->segment.length;
	if (service_has_transport(flow) && flow_will_deliver(flow, direction))
		flow_meet_transport(flow, packet, direction, firing);
	cut_before = firing->stops;
	if (cut_before)
		packet->readable = flow_readable(packet, firing->cut_seq);
	firing->stops = 0;
	reader = flow_reader(flow, packet, direction, flow->extent[direction]);
	if (reader && direction == CUT_UPSTREAM) {
		flow_read_up(skb, reader, packet, firing);
		firing->stops |= cut_before;
		packet->readable = packet->segment.length;
		if (firing->stops)
			flow_read_rest(skb, flow, packet, firing);
	} else if (reader) {
		flow_read_down(skb, reader, packet, firing);
	}
	firing->stops |= cut_before;
	if (flow->altered[direction])
		flow_alter(skb, flow, packet, direction);
	flow_see(skb, flow, packet, direction);
	if (firing->refused)
		return flow_refuse(skb, flow, packet, firing);
	extent = firing->stops || firing->holds ? line->extent : flow->extent[direction];
	if (!firing->stops && extent == CUT_EXTENT_ALL && flow_owes_prefix(flow, packet, direction))
		extent = CUT_EXTENT_NONE;
	/* With the queue in front of it nothing passes, not even an acknowledgement. */
	verdict = cut_judge(extent, line->cut_seq, &packet->segment,
			    firing->stops ||
				    (firing->holds && flow->extent[direction] == CUT_EXTENT_NONE));
	if (extent != CUT_EXTENT_QUEUE && line_lets_acks_pass(line))
		verdict = cut_let_acks_pass(verdict, &packet->segment);
	/* Another rule keeps the segment back: it is not sent twice. */
	if (firing->duplicates && verdict.action != CUT_PASS)
		count(CUT_COUNT_DUPLICATE_FAILED);
	else if (firing->duplicates)
		flow_duplicate_all(skb, flow, packet, direction, firing->duplicates);
	if (verdict.action != CUT_PASS && extent != CUT_EXTENT_QUEUE &&
	    line->effect == CUT_EFFECT_HOLD)
		return flow_hold(skb, flow, packet, direction, &verdict);
	if (verdict.action != CUT_PASS)
		return flow_act(skb, flow, packet, direction, &verdict);
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

static __always_inline int flow_segment(struct __sk_buff *skb, struct cut_flow *flow,
					struct cut_packet *packet, enum cut_direction direction)
{
	int verdict = flow_judge(skb, flow, packet, direction);

	flow_tell(flow, packet, direction);
	return verdict;
}

/*
 * One segment of a flow that leaves, one that arrives, by the long way; return the program's value.
 * Only sockets that the target itself connected are enrolled: it is always the client.
 */
CUT_GLOBAL int flow_sends_unusual(struct __sk_buff *skb, struct cut_flow *flow,
				  struct cut_packet *packet)
{
	return flow && packet ? flow_segment(skb, flow, packet, CUT_UPSTREAM) : CUT_TCX_NEXT;
}

CUT_GLOBAL int flow_receives_unusual(struct __sk_buff *skb, struct cut_flow *flow,
				     struct cut_packet *packet)
{
	return flow && packet ? flow_segment(skb, flow, packet, CUT_DOWNSTREAM) : CUT_TCX_NEXT;
}

static __always_inline int flow_sends(struct __sk_buff *skb, struct cut_flow *flow,
				      struct cut_packet *packet)
{
	if (flow_take_usual(skb, flow, packet, CUT_UPSTREAM))
		return CUT_TCX_NEXT;
	return flow_sends_unusual(skb, flow, packet);
}

static __always_inline int flow_receives(struct __sk_buff *skb, struct cut_flow *flow,
					 struct cut_packet *packet)
{
	if (flow_take_usual(skb, flow, packet, CUT_DOWNSTREAM))
		return CUT_TCX_NEXT;
	return flow_receives_unusual(skb, flow, packet);
}

#endif
