/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of a segment is read, and by whom: the flow, or while a cut holds its requests the copy of
 * it that is ahead. And what becomes of a flow that cannot be read on.
 */
#ifndef CUT_PROG_READ_H
#define CUT_PROG_READ_H

#include "../core/verdict.h"
#include "decide.h"
#include "join.h"
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
		if (!flow_put(&packet->tuple, original))
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
	flow_remove(&packet->tuple);
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

#endif
