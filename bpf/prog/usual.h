/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The usual segment, by a short way: the next one of a flow to which nothing is done, nor was,
 * taken at a glance (core/glance.h). It says and leaves behind what the long way would (segment.h).
 * Most segments are such, and each run of a program costs the application what it finds evicted
 * from the processor's caches afterwards: so what counts here is how many instructions there are,
 * and in how many cache lines what they read lies.
 */
#ifndef CUT_PROG_USUAL_H
#define CUT_PROG_USUAL_H

#include "capture.h"
#include "protocol.h"
#include "read.h"
#include "transport.h"
#include "walk.h"

/* Data that fits into a chunk, and of TCP's marks that of its acknowledgement alone. */
static __always_inline bool segment_is_usual(const struct cut_segment *segment)
{
	return segment->length - 1 < CUT_CHUNK &&
	       (segment->flags & (CUT_SYN | CUT_FIN | CUT_RST | CUT_ACK)) == CUT_ACK;
}

/* It is read, and bytes and acknowledgements of it have passed; and it was never cut. */
static __always_inline bool line_is_usual(const struct cut_line *line)
{
	const struct cut_line usual = {.sync = CUT_SYNC_ON, .acks = 1, .started = 1};

	return line_marks(line) == line_marks(&usual);
}

/* No rule looks at bytes, be it TCP's headers or a pattern, and no cut of the whole service is. */
static __always_inline bool service_is_usual(__u8 index, enum cut_direction direction)
{
	const struct cut_service *service = &service_table[index];

	return service->parsed & 1 << direction && protocol_glances(service->protocol) &&
	       !(service->armed >> CUT_TRANSPORT_FIRST | service->searched) &&
	       !service_cuts[index][direction].until_ns;
}

static __always_inline bool flow_is_usual(const struct cut_flow *flow,
					  const struct cut_packet *packet,
					  enum cut_direction direction)
{
	return segment_is_usual(&packet->segment) && line_is_usual(&flow->head.line[direction]) &&
	       flow->next_seq[direction] == packet->segment.seq && !flow->skip[direction] &&
	       !flow->particular && !flow->fired_now && flow->head.ahead == CUT_AHEAD_NONE &&
	       capturing != CUT_CAPTURES_PAYLOADS;
}

/* How many messages are counted, and the segment with them; 0: it is for the steps. */
static __always_inline __u32 flow_glance(struct cut_flow *flow, struct cut_packet *packet,
					 enum cut_direction direction, __u32 filled)
{
	__u8 index = flow->head.service & (CUT_SERVICE_SLOTS - 1);
	const struct cut_service *service = &service_table[index];
	struct cut_chunk *chunk = &packet->chunk;
	struct cut_glance glance = {.bytes = &chunk->bytes,
				    .filled = filled,
				    .seq = flow->next_seq[direction],
				    .wanted = service_wants(service),
				    .acted = service->armed};
	__u32 messages;

	chunk->facts.moments = 0;
	messages = protocol_glance(flow, direction, &glance, &chunk->facts);
	if (!messages || chunk->owner != walk_owner(flow, direction))
		return 0;
	flow->next_seq[direction] += filled;
	if (glance.kind) {
		packet->glanced.of[index][glance.kind & (CUT_GLANCED_SLOTS - 1)]++;
		return messages;
	}
	count(CUT_COUNT_SEGMENTS);
	messages_count(index, glance.moments, messages);
	return messages;
}

CUT_GLOBAL int flow_glance_up(struct cut_flow *flow, struct cut_packet *packet, __u32 filled)
{
	return flow && packet ? flow_glance(flow, packet, CUT_UPSTREAM, filled) : 0;
}

CUT_GLOBAL int flow_glance_down(struct cut_flow *flow, struct cut_packet *packet, __u32 filled)
{
	return flow && packet ? flow_glance(flow, packet, CUT_DOWNSTREAM, filled) : 0;
}

/* False: it was not at a glance. What is told of it, if anything, is in the chunk. */
static __always_inline bool flow_take_glance(struct __sk_buff *skb, struct cut_flow *flow,
					     struct cut_packet *packet,
					     enum cut_direction direction)
{
	struct cut_chunk *chunk = &packet->chunk;
	__u32 length = packet->segment.length;

	length = CUT_BOUND(length, CUT_CHUNK);
	chunk->owner = walk_owner(flow, direction);
	if (bpf_skb_load_bytes(skb, packet->payload, chunk->bytes.byte, length))
		return false;
	return direction == CUT_UPSTREAM ? flow_glance_up(flow, packet, length)
					 : flow_glance_down(flow, packet, length);
}

/*
 * `taken`: by a glance, with something to tell; else it was none for a glance. True: that was all.
 * False: it goes the long way. Where packet->firing says that a rule has asked for the time it is
 * read already, and counted.
 */
CUT_GLOBAL int flow_tell_glance(struct cut_flow *flow, struct cut_packet *packet, __u32 taken,
				enum cut_direction direction)
{
	if (!flow || !packet)
		return false;
	__builtin_memset(&packet->firing, 0, sizeof(packet->firing));
	if (taken) {
		flow->extent[direction & 1] = CUT_EXTENT_NONE;
		message_show(flow, packet, &packet->chunk.facts, &packet->firing, direction);
	}
	/* Somebody else's bytes were taken for its own. */
	if (packet->chunk.owner != walk_owner(flow, direction))
		flow_desync(flow, packet, direction, CUT_COUNT_DESYNC_RACE);
	/* A rule that fires asks when that is. */
	return taken && !packet->firing.now;
}

/* True: that was all, it passes. False: it goes the long way, as flow_tell_glance() says. */
static __always_inline bool flow_take_usual(struct __sk_buff *skb, struct cut_flow *flow,
					    struct cut_packet *packet, enum cut_direction direction)
{
	struct cut_line *line = &flow->head.line[direction];
	bool passes;

	if (!flow_is_usual(flow, packet, direction) ||
	    !service_is_usual(flow->head.service & (CUT_SERVICE_SLOTS - 1), direction))
		goto unusual;
	/* Another CPU is in the stream, or was: the long way tells. */
	if (__sync_lock_test_and_set(&flow->busy[direction], 1))
		goto unusual;
	flow->head.line[!direction].acked = packet->acknowledged;
	flow->head.line[!direction].acks = 1;
	passes = flow_take_glance(skb, flow, packet, direction);
	if (!passes || packet->chunk.facts.moments)
		passes = flow_tell_glance(flow, packet, passes, direction);
	flow->busy[direction] = 0;
	if (!passes)
		return false;
	line->delivered = cut_seq_max(line->delivered, flow->next_seq[direction]);
	if (!only_looks && capturing && flow_may_fire(flow))
		flow_remember(skb, flow, packet, direction);
	return true;
unusual:
	__builtin_memset(&packet->firing, 0, sizeof(packet->firing));
	return false;
}

/*
 * Functions lie behind a program in the order in which it calls them first (libbpf 1.1,
 * bpf_object__reloc_code()). So these are called first, in a place where no program ever comes (a
 * map's only element is always there): what a usual segment runs lies in as few pages as it fits
 * into. After the application has run the processor has to look up each of them anew, and waits for
 * it.
 */
static __always_inline int usual_code_up(void)
{
	flow_glance_up(NULL, NULL, 0);
	report_facts(NULL, NULL, NULL, NULL);
	flow_tell_glance(NULL, NULL, 0, CUT_UPSTREAM);
	return CUT_TCX_NEXT;
}

static __always_inline int usual_code_down(void)
{
	flow_glance_down(NULL, NULL, 0);
	report_facts(NULL, NULL, NULL, NULL);
	flow_tell_glance(NULL, NULL, 0, CUT_DOWNSTREAM);
	return CUT_TCX_NEXT;
}

#endif
