/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Changes bytes of payload, and the checksum with them. TCP's own copy stays as it was: a segment
 * on its way is a clone, and is copied before it is written to. So the same bytes are changed again
 * whenever they are sent again, until they are acknowledged.
 */
#ifndef CUT_PROG_ALTER_H
#define CUT_PROG_ALTER_H

#include "../maps/flows.h"
#include "../maps/rules.h"
#include "report.h"

#define CUT_ALTER_WINDOW (CUT_CHUNK / 2) /* the bytes as they were, and behind them as they are */

CUT_STATIC_ASSERT(CUT_MAX_CHANGED + 4 <= CUT_ALTER_WINDOW, "aligned on both sides");

/* False: the flow has no room to remember it. */
static __always_inline bool flow_will_alter(struct cut_flow *flow, enum cut_direction direction,
					    __u8 rule, __u32 seq, __u32 length)
{
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_MAX_ALTERATIONS; i++) {
		struct cut_alteration *free = &flow->alterations[i];

		if (free->length)
			continue;
		free->seq = seq;
		free->length = length;
		free->rule = rule;
		free->direction = direction;
		flow->altered[direction & 1] = 1;
		return true;
	}
	return false;
}

static __always_inline __u8 altered_byte(const struct cut_rule *rule, const __u8 *with, __u32 index,
					 __u8 byte)
{
	switch ((enum cut_change)rule->change) {
	case CUT_CHANGE_FLIP:
		return ~byte;
	case CUT_CHANGE_ZERO:
		return 0;
	case CUT_CHANGE_REPLACE:
		break;
	}
	CUT_OPAQUE(index);
	return index < CUT_MAX_CHANGED ? with[index] : byte;
}

/* The part of the segment that is changed; offsets are into the skb. */
struct cut_window {
	__u32 begin; /* even, from the TCP header on: as checksums are */
	__u32 first; /* in the window, of the bytes that are changed */
	__u32 last;  /* one past the last of them: where the window ends */
	__u32 index; /* of the first one, among those that the rule changes */
	__u32 rule;
};

struct cut_window_fill {
	struct cut_chunk *chunk;
	const struct cut_window *window;
};

/* One byte that is changed. */
static long window_fill_step(__u32 step, void *context)
{
	const struct cut_window_fill *fill = context;
	const struct cut_window *window = fill->window;
	const struct cut_rule *rule = &rules[window->rule & (CUT_MAX_RULES - 1)];
	const struct cut_rule_bytes *bytes = &rule_bytes[window->rule & (CUT_MAX_RULES - 1)];
	__u32 at = window->first + step;

	if (at >= window->last)
		return 1;
	CUT_OPAQUE(at);
	at &= CUT_ALTER_WINDOW - 1;
	fill->chunk->bytes.byte[CUT_ALTER_WINDOW + at] =
		altered_byte(rule, bytes->with, window->index + step, fill->chunk->bytes.byte[at]);
	return 0;
}

static __always_inline void window_fill(struct cut_chunk *chunk, const struct cut_window *window)
{
	struct cut_window_fill fill = {.chunk = chunk, .window = window};

	__builtin_memcpy(&chunk->bytes.byte[CUT_ALTER_WINDOW], chunk->bytes.byte, CUT_ALTER_WINDOW);
	bpf_loop(CUT_MAX_CHANGED, window_fill_step, &fill, 0);
}

/* Returns an error of the kernel's; the segment is as it was, or is not to be used. */
static __always_inline long window_write(struct __sk_buff *skb, const struct cut_packet *packet,
					 const struct cut_window *window)
{
	struct cut_chunk *chunk = chunk_of_this_cpu();
	__u32 size = CUT_BOUND(window->last, CUT_ALTER_WINDOW);
	__s64 difference;

	if (!chunk)
		return -1;
	chunk->owner = 0;
	__builtin_memset(chunk->bytes.byte, 0, CUT_CHUNK);
	if (bpf_skb_load_bytes(skb, window->begin, chunk->bytes.byte, size))
		return -1;
	window_fill(chunk, window);
	difference =
		bpf_csum_diff((__be32 *)chunk->bytes.byte, CUT_ALTER_WINDOW,
			      (__be32 *)&chunk->bytes.byte[CUT_ALTER_WINDOW], CUT_ALTER_WINDOW, 0);
	if (difference < 0 ||
	    bpf_skb_store_bytes(skb, window->begin, &chunk->bytes.byte[CUT_ALTER_WINDOW], size, 0))
		return -1;
	/* Where the device computes the checksum the kernel ignores this. */
	return bpf_l4_csum_replace(skb, packet->transport + offsetof(struct tcphdr, check), 0,
				   difference, 0);
}

/* What of one alteration lies in the segment. */
CUT_GLOBAL int segment_alter(struct __sk_buff *skb, const struct cut_flow *flow,
			     const struct cut_packet *packet,
			     const struct cut_alteration *alteration)
{
	struct cut_rule_state *state;
	struct cut_window window = {0};
	struct cut_event *event;
	__u32 begin, end, odd;

	if (!flow || !packet || !alteration)
		return 0;
	state = &rule_states[alteration->rule & (CUT_MAX_RULES - 1)];
	begin = cut_seq_max(alteration->seq, packet->segment.seq);
	end = packet->segment.seq + packet->segment.length;
	if (cut_seq_before(alteration->seq + alteration->length, end))
		end = alteration->seq + alteration->length;
	if (!cut_seq_before(begin, end))
		return 0;
	window.rule = alteration->rule;
	window.begin = packet->payload + begin - packet->segment.seq;
	odd = (window.begin - packet->transport) & 1;
	window.begin -= odd;
	window.first = odd;
	window.last = odd + end - begin;
	window.index = begin - alteration->seq;
	if (window_write(skb, packet, &window)) {
		count(CUT_COUNT_ALTER_FAILED);
		return 0;
	}
	__sync_fetch_and_add(&state->segments_altered, 1);
	event = flow_event(flow, &packet->tuple, CUT_EVENT_ALTERED,
			   (enum cut_direction)alteration->direction);
	if (!event)
		return 0;
	event->rule = alteration->rule;
	event->begin = begin;
	event->end = end;
	event->length = packet->segment.length;
	event->attr[0] = end - begin;
	event_submit(event);
	return 0;
}

/* Everything that is to be changed in this segment; forgets what has arrived. */
CUT_GLOBAL int flow_alter(struct __sk_buff *skb, struct cut_flow *flow,
			  const struct cut_packet *packet, enum cut_direction direction)
{
	const struct cut_line *line;
	bool left = false;

	if (!flow || !packet || !lease_holds(bpf_ktime_get_ns()))
		return 0;
	line = &flow->head.line[direction & 1];
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_MAX_ALTERATIONS; i++) {
		struct cut_alteration *alteration = &flow->alterations[i];

		if (!alteration->length || alteration->direction != direction)
			continue;
		if (line->acks &&
		    !cut_seq_before(line->acked, alteration->seq + alteration->length)) {
			alteration->length = 0;
			continue;
		}
		left = true;
		segment_alter(skb, flow, packet, alteration);
	}
	if (!left)
		flow->altered[direction & 1] = 0;
	return 0;
}

#endif
