/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens to one segment of a target flow: judge, parse, act, account. Both tc hooks. */
#ifndef CUT_PROG_SEGMENT_H
#define CUT_PROG_SEGMENT_H

#include "join.h"
#include "multipath.h"
#include "settings.h"
#include "skb_truncate.h"
#include "walk.h"

#define CUT_TCX_NEXT (-1) /* let other programs and the stack go on */
#define CUT_TCX_DROP 2
/*
 * An interface that does not exist. Redirecting there consumes the segment and tells TCP that it
 * was sent; dropping it would tell TCP that it was not, and TCP would try again twice a second.
 */
#define CUT_NOWHERE 0x7ffffff0

CUT_GLOBAL int flow_desync(struct cut_flow *flow, const struct cut_packet *packet,
			   enum cut_direction direction, enum cut_counter reason)
{
	struct cut_event *event;

	if (!flow || !packet)
		return 0;
	if (flow->head.line[direction & 1].sync == CUT_SYNC_TRIAL) {
		flow_fail_trial(flow);
		return 0;
	}
	flow->head.line[direction & 1].sync = CUT_SYNC_LOST;
	count(reason);
	event = event_reserve(CUT_EVENT_FLOW_DESYNC, &packet->tuple);
	if (!event)
		return 0;
	event->flow = flow->head.cookie;
	event->service = flow->head.service;
	event->direction = direction;
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
	case CUT_WALK_SWITCHED:
		flow_uncover(flow, packet, direction, CUT_COUNT_FLOWS_ENCRYPTED);
		break;
	case CUT_WALK_EXCLUDED:
		flow_uncover(flow, packet, direction, CUT_COUNT_FLOWS_REPLICATION);
		break;
	case CUT_WALK_MALFORMED:
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_MALFORMED);
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
	__u8 service = flow->head.service & (CUT_MAX_SERVICES - 1);
	const struct cut_line *line = &flow->head.line[direction];
	enum cut_walk_end end;
	__u32 from;

	if (!(service_table[service].parsed & 1 << direction) || !packet->segment.length)
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
	if (!cut_seq_before(from, packet->segment.seq + packet->segment.length))
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

/* The copy of the flow that reads what a cut holds of its requests. NULL: none can be made. */
static __always_inline struct cut_flow *flow_ahead(struct cut_flow *flow, struct cut_packet *packet)
{
	struct cut_flow *copy = NULL;

	flow_ahead_key(&packet->tuple);
	if (flow->head.ahead == CUT_AHEAD_NONE &&
	    flow->head.line[CUT_UPSTREAM].sync == CUT_SYNC_ON && !flow->busy[CUT_UPSTREAM]) {
		if (bpf_map_update_elem(&flows, &packet->tuple, flow, BPF_ANY))
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
	ahead = flow_ahead(flow, packet);
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
		return direction == CUT_UPSTREAM && packet->segment.length
			       ? flow_ahead(flow, packet)
			       : NULL;
	if (direction == CUT_UPSTREAM && flow->head.ahead != CUT_AHEAD_NONE) {
		flow_ahead_key(&packet->tuple);
		bpf_map_delete_elem(&flows, &packet->tuple);
		flow_ahead_key(&packet->tuple);
		flow->head.ahead = CUT_AHEAD_NONE;
	}
	return flow;
}

/* The cut of the whole service reaches a flow with the first segment that it meets. */
static __always_inline void flow_join_service_cut(struct cut_flow *flow,
						  enum cut_direction direction, __u64 now)
{
	__u8 service = flow->head.service & (CUT_MAX_SERVICES - 1);
	const struct cut_service_cut *cut = &service_cuts[service][direction];

	/* The flow that fired has a cut of its own, as lasting and to the byte. */
	if (rule_cuts(cut->rule, cut->until_ns, now))
		line_sever(&flow->head.line[direction], cut->rule, cut->until_ns, now);
}

/* Without the clock: false for all but the flows that are, or have been, cut. */
static __always_inline bool flow_may_be_cut(const struct cut_flow *flow,
					    enum cut_direction direction)
{
	__u8 service = flow->head.service & (CUT_MAX_SERVICES - 1);
	const struct cut_line *line = &flow->head.line[direction];

	return line->extent != CUT_EXTENT_NONE || line->held == 1 ||
	       service_cuts[service][direction].until_ns;
}

/*
 * After the heal TCP may send something new before it sends again what the cut held (F-RTO, RFC
 * 5682, 2.1). Read out of order it would lose the message boundaries: it is lost instead, and comes
 * again.
 */
static __always_inline bool flow_overtakes(const struct cut_flow *flow,
					   const struct cut_packet *packet,
					   enum cut_direction direction)
{
	const struct cut_line *line = &flow->head.line[direction];

	return direction == CUT_UPSTREAM && line->held == 1 && line->sync == CUT_SYNC_ON &&
	       packet->segment.length &&
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

static __always_inline void flow_delivered(struct cut_flow *flow, const struct cut_packet *packet,
					   enum cut_direction direction, __u32 end)
{
	struct cut_line *line = &flow->head.line[direction & 1];

	/* A bare acknowledgement or an RST carries no byte, though the number of the next one. */
	if (end == packet->segment.seq)
		return;
	/* Held bytes pass after the end of their cut: what a dead client left may take effect. */
	if (line->held == 1 && cut_seq_before(line->cut_seq, end)) {
		report_segment(flow, packet, CUT_EVENT_RELEASED, direction, CUT_REASON_CUT_HEALED);
		if (!cut_seq_before(end, line->held_end)) {
			line->held = 2;
			line->extent = CUT_EXTENT_NONE;
		}
	}
	line->delivered = line->started ? cut_seq_max(line->delivered, end) : end;
	line->started = 1;
}

static __always_inline void flow_held(struct cut_flow *flow, const struct cut_packet *packet,
				      enum cut_direction direction, __u32 keep)
{
	struct cut_line *line = &flow->head.line[direction & 1];
	__u32 end = cut_segment_end(&packet->segment);

	if (end != packet->segment.seq + keep) {
		line->held_end = line->held ? cut_seq_max(line->held_end, end) : end;
		line->held = 1;
	}
}

/* The segmenter is an Ethernet device: it cannot carry what has no such header. */
static __always_inline bool segmenter_takes(const struct cut_packet *packet, enum cut_side hook)
{
	return segmenter && hook == CUT_EGRESS && packet->network == CUT_ETHERNET_HEADER;
}

/* To the controller, which sends it on when its time has come. Returns the program's value. */
CUT_GLOBAL int flow_hold(struct __sk_buff *skb, struct cut_flow *flow,
			 const struct cut_packet *packet, enum cut_direction direction,
			 const struct cut_verdict *verdict)
{
	enum cut_side hook = packet_hook(skb, direction == CUT_UPSTREAM ? CUT_EGRESS : CUT_INGRESS);
	struct cut_rule_state *state;
	struct cut_line *line;
	bool is_copy;

	if (!flow || !packet || !verdict)
		return CUT_TCX_NEXT;
	line = &flow->head.line[direction & 1];
	state = &rule_states[line->rule & (CUT_MAX_RULES - 1)];
	/* Once it is due a copy may be wanted: its first one may have been lost on the way. */
	is_copy = line->held == 1 && packet->segment.length &&
		  !cut_seq_before(line->held_end, cut_segment_end(&packet->segment)) &&
		  line_is_cut(line, bpf_ktime_get_ns());
	if (is_copy) {
		__sync_fetch_and_add(&state->copies, 1);
		report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction, CUT_REASON_COPY);
		return hook == CUT_EGRESS ? bpf_redirect(CUT_NOWHERE, 0) : CUT_TCX_DROP;
	}
	flow->head.device = skb->ifindex;
	flow_held(flow, packet, direction, verdict->keep);
	__sync_fetch_and_add(&state->segments_held, 1);
	if (verdict->action != CUT_TRUNCATE)
		return bpf_redirect(holder, 0);
	/* Whole, for its receiver takes what is new; what is before the cut goes on at once. */
	if (bpf_clone_redirect(skb, holder, 0))
		count(CUT_COUNT_HOLD_FAILED);
	if (segment_truncate(skb, packet, hook, verdict->keep) == CUT_TRUNCATED) {
		flow_delivered(flow, packet, direction, packet->segment.seq + verdict->keep);
		return CUT_TCX_NEXT;
	}
	return hook == CUT_EGRESS ? bpf_redirect(CUT_NOWHERE, 0) : CUT_TCX_DROP;
}

/*
 * Of a segment that does not pass as it is; returns the program's value. A function of its own, so
 * that its stack is not beneath that of the reading.
 */
CUT_GLOBAL int flow_act(struct __sk_buff *skb, struct cut_flow *flow,
			const struct cut_packet *packet, enum cut_direction direction,
			const struct cut_verdict *verdict)
{
	enum cut_side hook = packet_hook(skb, direction == CUT_UPSTREAM ? CUT_EGRESS : CUT_INGRESS);
	struct cut_rule_state *state;

	if (!flow || !packet || !verdict)
		return CUT_TCX_NEXT;
	state = &rule_states[flow->head.line[direction & 1].rule & (CUT_MAX_RULES - 1)];
	if (verdict->action == CUT_TRUNCATE) {
		int done = segment_truncate(skb, packet, hook, verdict->keep);
		bool split = done == CUT_TRUNCATION_DEFERRED && segmenter_takes(packet, hook);

		if (done == CUT_TRUNCATED || split) {
			flow_held(flow, packet, direction, verdict->keep);
			flow_delivered(flow, packet, direction,
				       packet->segment.seq + verdict->keep);
			__sync_fetch_and_add(&state->segments_truncated, 1);
			__sync_fetch_and_add(&state->bytes_swallowed,
					     packet->segment.length - verdict->keep);
			report_segment(flow, packet, CUT_EVENT_TRUNCATED, direction,
				       verdict->reason);
			if (!split)
				return CUT_TCX_NEXT;
			flow->head.device = skb->ifindex;
			return bpf_redirect(segmenter, 0);
		}
		if (done == CUT_TRUNCATION_DEFERRED)
			flow->head.line[direction & 1].deferred = 1;
		count(done == CUT_TRUNCATION_DEFERRED ? CUT_COUNT_TRUNCATE_DEFERRED
						      : CUT_COUNT_TRUNCATE_FAILED);
	}
	flow_held(flow, packet, direction, 0);
	__sync_fetch_and_add(&state->segments_swallowed, 1);
	__sync_fetch_and_add(&state->bytes_swallowed, packet->segment.length);
	report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction, verdict->reason);
	return hook == CUT_EGRESS ? bpf_redirect(CUT_NOWHERE, 0) : CUT_TCX_DROP;
}

static __always_inline void flow_handshake(struct __sk_buff *skb, struct cut_flow *flow,
					   const struct cut_packet *packet,
					   enum cut_direction direction)
{
	struct cut_line *line = &flow->head.line[direction];

	if (line->sync != CUT_SYNC_NONE)
		return; /* a SYN sent again */
	flow->next_seq[direction] = packet->segment.seq + 1;
	line->delivered = packet->segment.seq;
	line->started = 1;
	line->sync = CUT_SYNC_ON;
	/* Both ends have agreed on it: other subflows carry parts of the stream. */
	if (direction == CUT_DOWNSTREAM && segment_is_multipath(skb, packet))
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

	count(CUT_COUNT_SEGMENTS);
	if (packet->segment.ack) {
		flow->head.line[!direction].acked = packet->acknowledged;
		flow->head.line[!direction].acks = 1;
	}
	if (packet->segment.syn)
		flow_handshake(skb, flow, packet, direction);
	flow->extent[direction] = CUT_EXTENT_NONE;
	if (flow_may_be_cut(flow, direction)) {
		flow_join_service_cut(flow, direction, firing_now(&firing));
		flow->extent[direction] = flow_extent(flow, packet, direction, firing_now(&firing));
	}
	reader = flow_reader(flow, packet, direction, flow->extent[direction]);
	if (reader && direction == CUT_UPSTREAM) {
		flow_read_up(skb, reader, packet, &firing);
		if (firing.stops)
			flow_read_rest(skb, flow, packet, &firing);
	} else if (reader) {
		flow_read_down(skb, reader, packet, &firing);
	}
	extent = firing.stops || firing.holds ? line->extent : flow->extent[direction];
	if (!firing.stops && extent == CUT_EXTENT_ALL && flow_owes_prefix(flow, packet, direction))
		extent = CUT_EXTENT_NONE;
	/* With the queue in front of it nothing passes, not even an acknowledgement. */
	verdict = cut_judge(extent, line->cut_seq, &packet->segment,
			    firing.stops ||
				    (firing.holds && flow->extent[direction] == CUT_EXTENT_NONE));
	if (extent != CUT_EXTENT_QUEUE && line_lets_acks_pass(line))
		verdict = cut_let_acks_pass(verdict, &packet->segment);
	if (verdict.action != CUT_PASS && extent != CUT_EXTENT_QUEUE &&
	    line->effect == CUT_EFFECT_HOLD)
		return flow_hold(skb, flow, packet, direction, &verdict);
	if (verdict.action != CUT_PASS)
		return flow_act(skb, flow, packet, direction, &verdict);
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

/*
 * A segment that was held and is sent on: unless it has been silenced meanwhile, when TCP will have
 * to send it again.
 */
CUT_GLOBAL int flow_goes_on(struct __sk_buff *skb, struct cut_flow *flow,
			    const struct cut_packet *packet, enum cut_direction direction)
{
	enum cut_side hook = packet_hook(skb, direction == CUT_UPSTREAM ? CUT_EGRESS : CUT_INGRESS);
	struct cut_verdict verdict;
	struct cut_line *line;
	__u64 now;

	if (!flow || !packet)
		return CUT_TCX_NEXT;
	now = bpf_ktime_get_ns();
	line = &flow->head.line[direction & 1];
	flow_join_service_cut(flow, direction & 1, now);
	if (line->effect == CUT_EFFECT_SILENCE && line_is_cut(line, now) && lease_holds(now)) {
		verdict = cut_judge(line->extent, line->cut_seq, &packet->segment, false);
		if (verdict.action != CUT_PASS) {
			flow_held(flow, packet, direction, 0);
			report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction,
				       verdict.reason);
			return hook == CUT_EGRESS ? bpf_redirect(CUT_NOWHERE, 0) : CUT_TCX_DROP;
		}
	}
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

/* One segment of a flow that leaves, one that arrives; return the program's value. */
CUT_GLOBAL int flow_sends(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet)
{
	return flow && packet ? flow_segment(skb, flow, packet, CUT_EGRESS) : CUT_TCX_NEXT;
}

CUT_GLOBAL int flow_receives(struct __sk_buff *skb, struct cut_flow *flow,
			     struct cut_packet *packet)
{
	return flow && packet ? flow_segment(skb, flow, packet, CUT_INGRESS) : CUT_TCX_NEXT;
}

#endif
