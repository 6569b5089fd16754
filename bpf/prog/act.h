/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done with a segment once it was judged, and what is remembered of it. */
#ifndef CUT_PROG_ACT_H
#define CUT_PROG_ACT_H

#include "capture.h"
#include "fire.h"
#include "line.h"
#include "refuse.h"
#include "report.h"
#include "skb_truncate.h"

/* A filter of a clsact qdisc is told the same: TC_ACT_UNSPEC (the next filter), TC_ACT_SHOT. */
#define CUT_TCX_NEXT (-1) /* let other programs and the stack go on */
#define CUT_TCX_DROP 2
/*
 * An interface that does not exist. Redirecting there consumes the segment and tells TCP that it
 * was sent; dropping it would tell TCP that it was not, and TCP would try again twice a second.
 * A filter says so itself (include/uapi/linux/pkt_cls.h); tcx takes that for CUT_TCX_NEXT.
 */
#define CUT_NOWHERE 0x7ffffff0
#define CUT_TC_STOLEN 4

/* The cut of the whole service reaches a flow with the first segment that it meets. */
static __always_inline void flow_join_service_cut(struct cut_flow *flow,
						  enum cut_direction direction, __u64 now)
{
	__u8 service = flow->head.service & (CUT_SERVICE_SLOTS - 1);
	const struct cut_service_cut *cut = &service_cuts[service][direction];

	/* The flow that fired has a cut of its own, as lasting and to the byte. */
	if (rule_cuts(cut->rule, cut->until_ns, now))
		line_sever(&flow->head.line[direction], cut->rule, cut->until_ns, now);
}

/* Gone, and its sender believes that it was sent. Returns the program's value. */
static __always_inline int segment_swallow(enum cut_side hook)
{
	if (hook != CUT_EGRESS)
		return CUT_TCX_DROP;
	return clsact ? CUT_TC_STOLEN : bpf_redirect(CUT_NOWHERE, 0);
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
			if (!line_goes_on(line))
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
CUT_GLOBAL int flow_hold(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet,
			 enum cut_direction direction, const struct cut_verdict *verdict)
{
	enum cut_side hook = packet_hook(skb, direction);
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
	packet_fares(packet, is_copy ? CUT_FATE_SWALLOWED : CUT_FATE_HELD, 0);
	if (is_copy) {
		__sync_fetch_and_add(&state->copies, 1);
		report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction, CUT_REASON_COPY);
		return segment_swallow(hook);
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
		packet->passed = verdict->keep;
		flow_delivered(flow, packet, direction, packet->segment.seq + verdict->keep);
		return CUT_TCX_NEXT;
	}
	return segment_swallow(hook);
}

/*
 * Of a segment that does not pass as it is; returns the program's value. A function of its own, so
 * that its stack is not beneath that of the reading.
 */
CUT_GLOBAL int flow_act(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet,
			enum cut_direction direction, const struct cut_verdict *verdict)
{
	enum cut_side hook = packet_hook(skb, direction);
	struct cut_rule_state *state;

	if (!flow || !packet || !verdict)
		return CUT_TCX_NEXT;
	state = &rule_states[flow->head.line[direction & 1].rule & (CUT_MAX_RULES - 1)];
	if (verdict->action == CUT_TRUNCATE) {
		int done = segment_truncate(skb, packet, hook, verdict->keep);
		bool split = done == CUT_TRUNCATION_DEFERRED && segmenter_takes(packet, hook);

		if (done == CUT_TRUNCATED || split) {
			packet_fares(packet, CUT_FATE_SHORTENED, verdict->keep);
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
	packet_fares(packet, CUT_FATE_SWALLOWED, 0);
	flow_held(flow, packet, direction, 0);
	__sync_fetch_and_add(&state->segments_swallowed, 1);
	__sync_fetch_and_add(&state->bytes_swallowed, packet->segment.length);
	report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction, verdict->reason);
	return segment_swallow(hook);
}

/* The target's SYN goes back as an RST. Returns the program's value. */
CUT_GLOBAL int flow_refuse(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet,
			   const struct cut_firing *firing)
{
	if (!flow || !packet || !firing)
		return CUT_TCX_NEXT;
	packet_fares(packet, CUT_FATE_REFUSED, 0);
	report_segment(flow, packet, CUT_EVENT_REFUSED, CUT_UPSTREAM, CUT_REASON_REFUSED);
	if (!segment_refuse(skb, packet)) {
		count(CUT_COUNT_REFUSE_FAILED);
		return segment_swallow(CUT_EGRESS);
	}
	__sync_fetch_and_add(&rule_states[(firing->refused - 1) & (CUT_MAX_RULES - 1)].refused, 1);
	skb->mark = own_mark;
	/* Loopback turns it round itself; redirected it would lose its route, and be a martian. */
	return skb->ifindex == loopback ? CUT_TCX_NEXT : bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

/* A copy goes in front of the segment, past all of our programs. */
static __always_inline long segment_copy(struct __sk_buff *skb, enum cut_side hook)
{
	__u32 mark = skb->mark;
	long failed;

	skb->mark = own_mark;
	failed = bpf_clone_redirect(skb, skb->ifindex, hook == CUT_INGRESS ? BPF_F_INGRESS : 0);
	skb->mark = mark;
	return failed;
}

CUT_GLOBAL int flow_duplicate(struct __sk_buff *skb, struct cut_flow *flow,
			      const struct cut_packet *packet, enum cut_direction direction,
			      __u32 rule)
{
	if (!flow || !packet)
		return 0;
	if (segment_copy(skb, packet_hook(skb, direction))) {
		count(CUT_COUNT_DUPLICATE_FAILED);
		return 0;
	}
	flow->duplicated[direction & 1] = 1;
	__sync_fetch_and_add(&rule_states[rule & (CUT_MAX_RULES - 1)].segments_duplicated, 1);
	report_segment(flow, packet, CUT_EVENT_DUPLICATED, direction, CUT_REASON_MATCHED);
	return 0;
}

/* `rules`: bit set of those that want a copy of it, each its own. */
CUT_GLOBAL int flow_duplicate_all(struct __sk_buff *skb, struct cut_flow *flow,
				  const struct cut_packet *packet, enum cut_direction direction,
				  __u32 rules)
{
	if (!flow || !packet)
		return 0;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_RULES; i++) {
		if (rules & 1U << i)
			flow_duplicate(skb, flow, packet, direction, i);
	}
	return 0;
}

/*
 * A segment that was held and is sent on: unless it has been silenced meanwhile, when TCP will have
 * to send it again.
 */
CUT_GLOBAL int flow_goes_on(struct __sk_buff *skb, struct cut_flow *flow, struct cut_packet *packet,
			    enum cut_direction direction)
{
	enum cut_side hook = packet_hook(skb, direction);
	struct cut_verdict verdict;
	struct cut_line *line;
	__u64 now;

	if (!flow || !packet)
		return CUT_TCX_NEXT;
	now = bpf_ktime_get_ns();
	line = &flow->head.line[direction & 1];
	packet_fares(packet, CUT_FATE_SENT_ON, packet->segment.length);
	if (capturing && flow->captures_after)
		flow_take(skb, flow, packet, direction);
	flow_join_service_cut(flow, direction & 1, now);
	if (line->effect == CUT_EFFECT_SILENCE && line_is_cut(line, now) && lease_holds(now)) {
		verdict = cut_judge(line->extent, line->cut_seq, &packet->segment, false);
		if (verdict.action != CUT_PASS) {
			packet_fares(packet, CUT_FATE_SWALLOWED, 0);
			flow_held(flow, packet, direction, 0);
			report_segment(flow, packet, CUT_EVENT_SWALLOWED, direction,
				       verdict.reason);
			flow_tell(flow, packet, direction);
			return segment_swallow(hook);
		}
	}
	flow_tell(flow, packet, direction);
	flow_delivered(flow, packet, direction, cut_segment_end(&packet->segment));
	return CUT_TCX_NEXT;
}

#endif
