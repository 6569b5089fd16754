/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens to one segment of a target flow: it is read, judged and acted on. Both tc hooks. */
#ifndef CUT_PROG_SEGMENT_H
#define CUT_PROG_SEGMENT_H

#include "act.h"
#include "capture.h"
#include "decide.h"
#include "dsack.h"
#include "join.h"
#include "tcp_options.h"
#include "transport.h"
#include "walk.h"

CUT_GLOBAL int flow_desync(struct cut_flow *flow, const struct cut_packet *packet,
			   enum cut_direction direction, enum cut_counter reason)
{
	struct cut_event *event;

	if (!flow || !packet)
		return 0;
	/* No TLS, so nobody's: unless it could not be read at all. */
	if (flow_is_undecided(flow) && reason == CUT_COUNT_DESYNC_MALFORMED) {
		flow_dismiss(flow);
		return 0;
	}
	if (flow->head.line[direction & 1].sync == CUT_SYNC_TRIAL) {
		flow_fail_trial(flow);
		return 0;
	}
	flow->head.line[direction & 1].sync = CUT_SYNC_LOST;
	count(reason);
	event = flow_event(flow, &packet->tuple, CUT_EVENT_FLOW_DESYNC, direction);
	if (!event)
		return 0;
	event->begin = packet->segment.seq;
	event->end = flow->next_seq[direction & 1];
	event->attr[0] = reason;
	event_submit(event);
	return 0;
}

/* Neither direction can be read, from here on or at all; for what reason, is counted. */
static __always_inline void flow_uncover(struct cut_flow *flow, const struct cut_packet *packet,
					 enum cut_direction direction, enum cut_counter reason)
{
	flow_desync(flow, packet, direction, reason);
	flow->head.line[CUT_UPSTREAM].sync = CUT_SYNC_UNCOVERED;
	flow->head.line[CUT_DOWNSTREAM].sync = CUT_SYNC_UNCOVERED;
}

static __always_inline void flow_walked(struct cut_flow *flow, const struct cut_packet *packet,
					enum cut_direction direction, enum cut_walk_end end)
{
	switch (end) {
	case CUT_WALK_DONE:
		if (direction == CUT_DOWNSTREAM &&
		    flow->head.line[direction].sync == CUT_SYNC_TRIAL)
			flow_end_trial(flow, packet);
		break;
	case CUT_WALK_STOPPED:
		break;
	case CUT_WALK_ON:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_BUDGET);
		break;
	case CUT_WALK_OPAQUE:
		flow_uncover(flow, packet, direction, CUT_COUNT_FLOWS_ENCRYPTED);
		break;
	case CUT_WALK_EXCLUDED:
		flow_uncover(flow, packet, direction, CUT_COUNT_FLOWS_EXCLUDED);
		break;
	case CUT_WALK_MALFORMED:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_MALFORMED);
		break;
	case CUT_WALK_UNTIED:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_UNTIED);
		break;
	case CUT_WALK_RACED:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_RACE);
		break;
	case CUT_WALK_UNREADABLE:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_LOAD);
		break;
	}
}

/* Reads what is new in the segment, if the direction is needed and its boundaries are known. */
static __always_inline void flow_read(struct __sk_buff *skb, struct cut_flow *flow,
				      const struct cut_packet *packet, enum cut_direction direction,
				      struct cut_firing *firing)
{
	__u8 service = flow->head.service & (CUT_SERVICE_SLOTS - 1);
	const struct cut_line *line = &flow->head.line[direction];
	enum cut_walk_end end;
	__u32 from;

	if (!(service_table[service].parsed & 1 << direction) || !packet->readable)
		return;
	if (line->sync == CUT_SYNC_NONE && flow->head.joined)
		flow_seek(skb, flow, packet, direction);
	if (line->sync != CUT_SYNC_ON && line->sync != CUT_SYNC_TRIAL)
		return;
	from = flow->next_seq[direction];
	if (cut_seq_before(from, packet->segment.seq)) {
		/* What the cut swallowed in front of it comes again. */
		if (flow->head.ahead == CUT_AHEAD_ITSELF)
			return;
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_GAP);
		return;
	}
	/* A retransmission: its verdict was given, its messages were counted. */
	if (!cut_seq_before(from, packet->segment.seq + packet->readable))
		return;
	if (__sync_lock_test_and_set(&flow->busy[direction], 1)) {
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_RACE);
		return;
	}
	end = walk_segment(skb, flow, packet, direction, from, firing);
	flow->busy[direction] = 0;
	flow_walked(flow, packet, direction, end);
}

/* As global functions, because the verifier would look at the parser once per state before it. */
CUT_GLOBAL int flow_read_up(struct __sk_buff *skb, struct cut_flow *flow,
			    const struct cut_packet *packet, struct cut_firing *firing)
{
	if (flow && packet && firing)
		flow_read(skb, flow, packet, CUT_UPSTREAM, firing);
	return 0;
}

CUT_GLOBAL int flow_read_down(struct __sk_buff *skb, struct cut_flow *flow,
			      const struct cut_packet *packet, struct cut_firing *firing)
{
	if (flow && packet && firing)
		flow_read(skb, flow, packet, CUT_DOWNSTREAM, firing);
	return 0;
}

/*
 * The copy of the flow that reads what a cut holds of its requests. NULL: none can be made. Packet
 * and flow are looked up again for the maps' sake: CUT_GLOBAL says why.
 */
static __always_inline struct cut_flow *flow_ahead(struct cut_flow *flow)
{
	struct cut_packet *packet = packet_of_this_cpu();
	struct cut_flow *copy = NULL, *original;

	if (!packet)
		return NULL;
	original = flow_lookup(&packet->tuple);
	flow_ahead_key(&packet->tuple);
	if (original && flow->head.ahead == CUT_AHEAD_NONE &&
	    flow->head.line[CUT_UPSTREAM].sync == CUT_SYNC_ON && !flow->busy[CUT_UPSTREAM]) {
		if (bpf_map_update_elem(&flows, &packet->tuple, original, BPF_ANY))
			count(CUT_COUNT_FLOWS_FULL);
		else
			flow->head.ahead = CUT_AHEAD_A_COPY;
	}
	if (flow->head.ahead == CUT_AHEAD_A_COPY)
		copy = flow_lookup(&packet->tuple);
	if (copy)
		copy->head.ahead = CUT_AHEAD_ITSELF;
	flow_ahead_key(&packet->tuple);
	return copy;
}

static __always_inline void flow_end_ahead(struct cut_flow *flow)
{
	struct cut_packet *packet = packet_of_this_cpu();

	if (!packet)
		return;
	flow_ahead_key(&packet->tuple);
	bpf_map_delete_elem(&flows, &packet->tuple);
	flow_ahead_key(&packet->tuple);
	flow->head.ahead = CUT_AHEAD_NONE;
}

/*
 * The rest of a segment that has just fired is held with it, and may not come again before the heal
 * takes it away.
 */
static __always_inline void flow_read_rest(struct __sk_buff *skb, struct cut_flow *flow,
					   struct cut_packet *packet, struct cut_firing *firing)
{
	struct cut_flow *ahead;

	if (!cut_seq_before(flow->next_seq[CUT_UPSTREAM], cut_segment_end(&packet->segment)))
		return;
	ahead = flow_ahead(flow);
	if (!ahead)
		return;
	firing->stops = 0;
	flow_read_up(skb, ahead, packet, firing);
	firing->stops = 1;
}

/*
 * Who reads the segment: the flow, unless it is held. NULL: nobody does, it is an answer, or comes
 * again.
 */
static __always_inline struct cut_flow *flow_reader(struct cut_flow *flow,
						    struct cut_packet *packet,
						    enum cut_direction direction,
						    enum cut_extent extent)
{
	if (extent == CUT_EXTENT_QUEUE)
		return NULL;
	/* It will be delivered as it is, so it is read as it leaves. */
	if (extent != CUT_EXTENT_NONE && flow->head.line[direction].effect == CUT_EFFECT_HOLD)
		return flow;
	if (extent != CUT_EXTENT_NONE)
		return direction == CUT_UPSTREAM && packet->segment.length ? flow_ahead(flow)
									   : NULL;
	if (direction == CUT_UPSTREAM && flow->head.ahead != CUT_AHEAD_NONE)
		flow_end_ahead(flow);
	return flow;
}

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
	struct cut_line *line = &flow->head.line[direction];

	if (line->sync != CUT_SYNC_NONE)
		return; /* a SYN sent again */
	flow->next_seq[direction] = packet->segment.seq + 1;
	flow->first_seq[direction] = packet->segment.seq + 1;
	line->delivered = packet->segment.seq;
	line->started = 1;
	line->sync = CUT_SYNC_ON;
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

	return other->deferred && segment->ack && !segment->rst &&
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
	__u32 begin = packet->segment.seq + packet->segment.syn;

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

static __always_inline int flow_segment(struct __sk_buff *skb, struct cut_flow *flow,
					struct cut_packet *packet, enum cut_side side)
{
	/* Only sockets that the target itself connected are enrolled: it is always the client. */
	enum cut_direction direction = side == CUT_EGRESS ? CUT_UPSTREAM : CUT_DOWNSTREAM;
	struct cut_line *line = &flow->head.line[direction];
	struct cut_firing firing = {0};
	struct cut_verdict verdict;
	struct cut_flow *reader;
	enum cut_extent extent;
	__u8 cut_before;

	count(CUT_COUNT_SEGMENTS);
	if (packet->segment.ack) {
		flow->head.line[!direction].acked = packet->acknowledged;
		flow->head.line[!direction].acks = 1;
	}
	if (flow->duplicated[!direction])
		flow_look_for_dsack(skb, flow, packet, !direction);
	if (packet->segment.syn)
		flow_handshake(skb, flow, packet, direction);
	if (plaintext && flow->wrapped)
		flow_meet_heard(flow);
	if (only_looks)
		return flow_look(skb, flow, packet, direction, &firing);
	flow->extent[direction] = CUT_EXTENT_NONE;
	if (flow_may_be_cut(flow, direction)) {
		flow_join_service_cut(flow, direction, firing_now(&firing));
		flow->extent[direction] = flow_extent(flow, packet, direction, firing_now(&firing));
	}
	packet->readable = packet->segment.length;
	if (service_has_transport(flow) && flow_will_deliver(flow, direction))
		flow_meet_transport(flow, packet, direction, &firing);
	cut_before = firing.stops;
	if (cut_before)
		packet->readable = flow_readable(packet, firing.cut_seq);
	firing.stops = 0;
	reader = flow_reader(flow, packet, direction, flow->extent[direction]);
	if (reader && direction == CUT_UPSTREAM) {
		flow_read_up(skb, reader, packet, &firing);
		firing.stops |= cut_before;
		packet->readable = packet->segment.length;
		if (firing.stops)
			flow_read_rest(skb, flow, packet, &firing);
	} else if (reader) {
		flow_read_down(skb, reader, packet, &firing);
	}
	firing.stops |= cut_before;
	if (flow->altered[direction])
		flow_alter(skb, flow, packet, direction);
	packet->fate = CUT_FATE_PASSED;
	packet->passed = packet->segment.length;
	flow_see(skb, flow, packet, direction);
	if (firing.refused)
		return flow_refuse(skb, flow, packet, &firing);
	extent = firing.stops || firing.holds ? line->extent : flow->extent[direction];
	if (!firing.stops && extent == CUT_EXTENT_ALL && flow_owes_prefix(flow, packet, direction))
		extent = CUT_EXTENT_NONE;
	/* With the queue in front of it nothing passes, not even an acknowledgement. */
	verdict = cut_judge(extent, line->cut_seq, &packet->segment,
			    firing.stops ||
				    (firing.holds && flow->extent[direction] == CUT_EXTENT_NONE));
	if (extent != CUT_EXTENT_QUEUE && line_lets_acks_pass(line))
		verdict = cut_let_acks_pass(verdict, &packet->segment);
	/* Another rule keeps the segment back: it is not sent twice. */
	if (firing.duplicates && verdict.action != CUT_PASS)
		count(CUT_COUNT_DUPLICATE_FAILED);
	else if (firing.duplicates)
		flow_duplicate_all(skb, flow, packet, direction, firing.duplicates);
	if (verdict.action != CUT_PASS && extent != CUT_EXTENT_QUEUE &&
	    line->effect == CUT_EFFECT_HOLD)
		return flow_hold(skb, flow, packet, direction, &verdict);
	if (verdict.action != CUT_PASS)
		return flow_act(skb, flow, packet, direction, &verdict);
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

/* One segment of a flow that leaves, one that arrives; return the program's value. */
CUT_GLOBAL int flow_sends(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet)
{
	int verdict;

	if (!flow || !packet)
		return CUT_TCX_NEXT;
	verdict = flow_segment(skb, flow, packet, CUT_EGRESS);
	flow_tell(flow, packet, CUT_UPSTREAM);
	return verdict;
}

CUT_GLOBAL int flow_receives(struct __sk_buff *skb, struct cut_flow *flow,
			     struct cut_packet *packet)
{
	int verdict;

	if (!flow || !packet)
		return CUT_TCX_NEXT;
	verdict = flow_segment(skb, flow, packet, CUT_INGRESS);
	flow_tell(flow, packet, CUT_DOWNSTREAM);
	return verdict;
}

#endif
