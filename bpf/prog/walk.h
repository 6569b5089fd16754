/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks the new payload bytes of one segment: chunk by chunk, message by message. What of a message
 * has not arrived yet stays in the flow's parser state until the next segment.
 */
#ifndef CUT_PROG_WALK_H
#define CUT_PROG_WALK_H

#include "../core/cursor.h"
#include "../maps/packets.h"
#include "decide.h"
#include "fire.h"
#include "measure.h"
#include "protocol.h"
#include "search.h"
#include "settings.h"
#include "tie.h"

/*
 * Parser steps per segment. The shortest messages, of 5 bytes, take one each, the shortest
 * statements of a Query one for two, of 4 bytes: enough for any segment of 390,000 bytes. TCP
 * builds none above 131,000, or with BIG TCP 524,000; what is left over is counted
 * (CUT_COUNT_DESYNC_BUDGET).
 */
#define CUT_WALK_STRIDE 4
#define CUT_WALK_STRIDES (98304 / CUT_WALK_STRIDE)

struct cut_walk {
	struct __sk_buff *skb;
	struct cut_flow *flow;
	struct cut_chunk *chunk;
	const struct cut_packet *packet;
	struct cut_firing *firing;
	struct cut_progress progress;
	__u32 left; /* bytes of the segment behind the chunk */
	__u32 end;  /* enum cut_walk_end */
};

static __always_inline __u64 walk_owner(const struct cut_flow *flow, enum cut_direction direction)
{
	return flow->head.cookie << 1 | direction;
}

/* It is read as it leaves, but waits: what holds it will send it on (CUT_EFFECT_HOLD). */
static __always_inline bool message_is_held(const struct cut_flow *flow,
					    const struct cut_facts *facts,
					    const struct cut_firing *firing,
					    enum cut_direction direction)
{
	const struct cut_line *line = &flow->head.line[direction];

	return line->effect == CUT_EFFECT_HOLD &&
	       (firing->holds || flow->extent[direction] != CUT_EXTENT_NONE) &&
	       (line->extent == CUT_EXTENT_ALL || cut_seq_before(line->cut_seq, facts->end));
}

/* The moments of which somebody wants to know more than how many there were. */
static __always_inline __u64 service_wants(const struct cut_service *service)
{
	__u64 wanted = service->reported | service->armed | service->searched;

	if (only_looks)
		wanted |= 1ULL << (service->asks & 63) | 1ULL << (service->answers & 63);
	return wanted;
}

/* Most messages are of no interest to a trace that counts none: they cost no call. */
static __always_inline bool message_is_wanted(const struct cut_facts *facts,
					      const struct cut_service *service)
{
	return counting || facts->mismatch || facts->forgot ||
	       facts->moments & service_wants(service);
}

/* Shows a message, which was counted, to the rules, and reports it. */
static __always_inline void message_show(struct cut_flow *flow, const struct cut_packet *packet,
					 struct cut_facts *facts, struct cut_firing *firing,
					 enum cut_direction direction)
{
	struct cut_mention mention = {.direction = direction, .rule = CUT_NO_RULE};
	const struct cut_service *service =
		&service_table[flow->head.service & (CUT_SERVICE_SLOTS - 1)];

	if (only_looks && service->asks != service->answers)
		flow_measure(flow, facts, service);
	/* What a message means hangs on the other direction, too: if lost, nothing fires. */
	if (facts->moments & service->armed &&
	    flow->head.line[!(direction & 1)].sync == CUT_SYNC_ON)
		rules_meet(flow, packet, facts, firing);
	if (facts->mismatch) {
		mention.kind = CUT_EVENT_MISMATCH;
		report_facts(flow, packet, facts, &mention);
	}
	/* Delivered: the message ends before the cut that it may just have brought about. */
	if (facts->moments & service->reported &&
	    !(firing->stops && cut_seq_before(firing->cut_seq, facts->end))) {
		mention.kind = message_is_held(flow, facts, firing, direction & 1)
				       ? CUT_EVENT_HELD
				       : CUT_EVENT_MOMENT;
		report_facts(flow, packet, facts, &mention);
	}
}

/* Counts a message, shows it to the rules, reports it. */
CUT_GLOBAL int message_meet(struct cut_flow *flow, const struct cut_packet *packet,
			    struct cut_facts *facts, struct cut_firing *firing,
			    enum cut_direction direction)
{
	struct cut_mention held = {
		.kind = CUT_EVENT_HELD, .direction = direction, .rule = CUT_NO_RULE};

	if (!flow || !packet || !facts || !firing ||
	    flow->head.line[direction & 1].sync != CUT_SYNC_ON)
		return 0;
	/* Not delivered yet: counted, and shown to the rules, once it passes. */
	if (flow->head.ahead == CUT_AHEAD_ITSELF) {
		if (facts->moments &
		    service_table[flow->head.service & (CUT_SERVICE_SLOTS - 1)].reported)
			report_facts(flow, packet, facts, &held);
		return 0;
	}
	message_count(flow->head.service, facts);
	if (facts->forgot)
		count(CUT_COUNT_NAMES_FULL);
	message_show(flow, packet, facts, firing, direction);
	return 0;
}

static __always_inline void walk_message(struct cut_walk *walk, enum cut_direction direction)
{
	__u8 service;

	if (flow_is_undecided(walk->flow)) {
		walk->end = flow_decide(walk->flow, walk->packet);
		if (walk->end != CUT_WALK_ON)
			return;
		/* What another parser reads is in TLS. */
		if (walk->flow->wrapped)
			return;
	}
	service = walk->flow->head.service & (CUT_SERVICE_SLOTS - 1);
	if (walk->chunk->facts.moments & service_table[service].searched)
		message_search(walk->skb, walk->packet, walk->chunk, service);
	if (!message_is_wanted(&walk->chunk->facts, &service_table[service]))
		return;
	message_meet(walk->flow, walk->packet, &walk->chunk->facts, walk->firing, direction);
	if (walk->firing->stops)
		walk->end = CUT_WALK_STOPPED;
}

/* Moves on by `skip` bytes, of which some may lie behind the segment. */
static __always_inline void walk_skip(struct cut_walk *walk, enum cut_direction direction,
				      __u32 skip)
{
	__u32 in_chunk = walk->progress.filled - walk->progress.at;
	__u32 step = skip < in_chunk ? skip : in_chunk;

	walk->progress.at += step;
	walk->progress.seq += step;
	skip -= step;
	step = skip < walk->left ? skip : walk->left;
	walk->left -= step;
	walk->progress.seq += step;
	walk->flow->skip[direction] = skip - step;
}

/* Fills the chunk with the next bytes; false: there are none, or they cannot be read. */
static __always_inline bool walk_fill(struct cut_walk *walk, enum cut_direction direction)
{
	__u32 size = walk->left < CUT_CHUNK ? walk->left : CUT_CHUNK;
	__u32 offset = walk->packet->payload + walk->packet->readable - walk->left;

	if (!size)
		return false;
	size = CUT_BOUND(size, CUT_CHUNK);
	if (bpf_skb_load_bytes(walk->skb, offset, walk->chunk->bytes.byte, size)) {
		walk->end = CUT_WALK_UNREADABLE;
		return false;
	}
	walk->left -= size;
	walk->progress.at = 0;
	walk->progress.filled = size;
	return true;
}

/*
 * A rule has cut, and the parser may hold a message back that has ended all the same: an AMQP
 * message whose last body frame it was that the rule waited for.
 */
static __always_inline void walk_stopped(struct cut_walk *walk, enum cut_direction direction)
{
	if (cut_seq_before(walk->firing->cut_seq, walk->progress.seq) ||
	    protocol_flush(protocol_of(walk->flow), &walk->flow->protocol, direction,
			   &walk->chunk->facts) != CUT_PARSE_OK)
		return;
	message_meet(walk->flow, walk->packet, &walk->chunk->facts, walk->firing, direction);
}

/* The segment's bytes are used up: the parser may still hold a message back. */
static __always_inline long walk_finish(struct cut_walk *walk, enum cut_direction direction)
{
	if (walk->end != CUT_WALK_ON)
		return 1;
	walk->end = CUT_WALK_DONE;
	if (protocol_flush(protocol_of(walk->flow), &walk->flow->protocol, direction,
			   &walk->chunk->facts) == CUT_PARSE_OK)
		walk_message(walk, direction);
	return 1;
}

static __always_inline long walk_step(struct cut_walk *walk, enum cut_direction direction)
{
	enum cut_parse parse =
		plaintext && walk->flow->wrapped
			? (enum cut_parse)tied_step(walk->flow, walk->chunk, &walk->progress,
						    direction)
			: protocol_step(protocol_of(walk->flow), &walk->flow->protocol, walk->chunk,
					direction, &walk->progress);

	if (walk->chunk->owner != walk_owner(walk->flow, direction)) {
		walk->end = CUT_WALK_RACED;
		return 1;
	}
	switch (parse) {
	case CUT_PARSE_OK:
		walk_message(walk, direction);
		if (walk->end == CUT_WALK_STOPPED)
			walk_stopped(walk, direction);
		/* The usual end of a segment: what comes next would be MORE. */
		if (walk->progress.at >= walk->progress.filled && !walk->left &&
		    !walk->flow->record_ended)
			return walk_finish(walk, direction);
		break;
	case CUT_PARSE_IGNORED:
		break;
	case CUT_PARSE_SKIP:
		walk_skip(walk, direction, walk->progress.skip);
		if (walk->flow->skip[direction])
			return walk_finish(walk, direction);
		break;
	case CUT_PARSE_MORE:
		if (!walk_fill(walk, direction))
			return walk_finish(walk, direction);
		break;
	case CUT_PARSE_SWITCH:
		if (plaintext)
			flow_wrap(walk->flow);
		else
			walk->end = CUT_WALK_OPAQUE;
		break;
	case CUT_PARSE_OPAQUE:
		walk->end = CUT_WALK_OPAQUE;
		break;
	case CUT_PARSE_UNTIED:
		walk->end = CUT_WALK_UNTIED;
		break;
	case CUT_PARSE_EXCLUDE:
		walk->end = CUT_WALK_EXCLUDED;
		break;
	case CUT_PARSE_DESYNC:
		walk->end = CUT_WALK_MALFORMED;
		break;
	}
	return walk->end != CUT_WALK_ON;
}

/* A few steps at a time: a return costs as much as a step where processors guard theirs (SRSO). */
static __always_inline long walk_stride(struct cut_walk *walk, enum cut_direction direction)
{
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_WALK_STRIDE; i++) {
		if (walk_step(walk, direction))
			return 1;
	}
	return 0;
}

/* One callback per direction: each holds the half of the parser that it needs. */
static long walk_stride_up(__u32 index, void *walk)
{
	return walk_stride(walk, CUT_UPSTREAM);
}

static long walk_stride_down(__u32 index, void *walk)
{
	return walk_stride(walk, CUT_DOWNSTREAM);
}

static __always_inline void walk_steps(struct cut_walk *walk, enum cut_direction direction)
{
	if (direction == CUT_UPSTREAM)
		bpf_loop(CUT_WALK_STRIDES, walk_stride_up, walk, 0);
	else
		bpf_loop(CUT_WALK_STRIDES, walk_stride_down, walk, 0);
}

/* Parses the segment's payload from sequence number `from` on. */
static __always_inline enum cut_walk_end walk_segment(struct __sk_buff *skb, struct cut_flow *flow,
						      const struct cut_packet *packet,
						      enum cut_direction direction, __u32 from,
						      struct cut_firing *firing)
{
	__u32 skipped = from - packet->segment.seq;
	struct cut_walk walk = {.skb = skb,
				.flow = flow,
				.packet = packet,
				.firing = firing,
				.left = packet->readable - skipped,
				.progress = {.seq = from}};

	walk.chunk = chunk_of_this_cpu();
	if (!walk.chunk)
		return CUT_WALK_UNREADABLE;
	walk_skip(&walk, direction, flow->skip[direction]);
	flow->next_seq[direction] = walk.progress.seq;
	/* Bulk data inside one message is passed over without being read. */
	if (flow->skip[direction])
		return CUT_WALK_DONE;
	walk.chunk->owner = walk_owner(flow, direction);
	walk_steps(&walk, direction);
	flow->next_seq[direction] = walk.progress.seq;
	return walk.end;
}

#endif
