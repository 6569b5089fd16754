/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The moments that every flow has (abi/transport.h), seen in the headers of its segments. */
#ifndef CUT_PROG_TRANSPORT_H
#define CUT_PROG_TRANSPORT_H

#include "../maps/packets.h"
#include "fire.h"

static __always_inline bool service_has_transport(const struct cut_flow *flow)
{
	return service_table[flow->head.service & (CUT_SERVICE_SLOTS - 1)].armed >>
	       CUT_TRANSPORT_FIRST;
}

/* Of one moment: is it in this segment, and which sequence numbers does it occupy? */
static __always_inline bool transport_span(const struct cut_flow *flow,
					   const struct cut_packet *packet,
					   enum cut_direction direction,
					   const struct cut_rule *rule, struct cut_facts *facts)
{
	const struct cut_segment *segment = &packet->segment;
	__u32 payload = cut_segment_payload(segment);
	__u32 number = 1;

	switch ((enum cut_transport_moment)rule->moment) {
	case CUT_TRANSPORT_CONNECT:
	case CUT_TRANSPORT_ACCEPT:
		facts->begin = segment->seq;
		facts->end = segment->seq + 1;
		return segment->flags & CUT_SYN;
	case CUT_TRANSPORT_CLOSE_UP:
	case CUT_TRANSPORT_CLOSE_DOWN:
		facts->begin = payload + segment->length;
		facts->end = facts->begin + 1;
		return segment->flags & CUT_FIN;
	case CUT_TRANSPORT_BYTES_UP:
	case CUT_TRANSPORT_BYTES_DOWN:
		number = rule->byte_number;
		break;
	case CUT_TRANSPORT_FIRST_BYTE_UP:
	case CUT_TRANSPORT_FIRST_BYTE_DOWN:
		break;
	case CUT_TRANSPORT_BEFORE_FIRST:
	case CUT_TRANSPORT_END:
		return false;
	}
	/* Which byte it is, is known where the flow was seen to begin. */
	facts->begin = flow->first_seq[direction] + number - 1;
	facts->end = facts->begin + 1;
	return !flow->head.joined && !cut_seq_before(facts->begin, payload) &&
	       cut_seq_before(facts->begin, payload + segment->length);
}

CUT_GLOBAL int transport_meet_one(struct cut_flow *flow, const struct cut_packet *packet,
				  struct cut_firing *firing, enum cut_direction direction,
				  __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_chunk *chunk = chunk_of_this_cpu();

	if (!flow || !packet || !firing || !chunk)
		return 0;
	/* A rule's moment comes once in a flow; TCP may send it more often. */
	if (rule->moment < CUT_TRANSPORT_FIRST || rule->moment_direction != direction ||
	    rule->service != flow->head.service || flow->met & 1U << (index & 31))
		return 0;
	__builtin_memset(&chunk->facts, 0, sizeof(chunk->facts));
	if (!transport_span(flow, packet, direction & 1, rule, &chunk->facts))
		return 0;
	/* What comes behind a cut will be met when it passes. */
	if (firing->stops && !cut_seq_before(chunk->facts.begin, firing->cut_seq))
		return 0;
	chunk->facts.moments = 1ULL << (rule->moment & 63);
	__sync_fetch_and_or(&flow->met, 1U << (index & 31));
	rule_meets(flow, packet, &chunk->facts, firing, index);
	return 0;
}

/* Shows the segment to the rules that wait for such a moment. */
static __always_inline void flow_meet_transport(struct cut_flow *flow,
						const struct cut_packet *packet,
						enum cut_direction direction,
						struct cut_firing *firing)
{
	struct cut_chunk *chunk = chunk_of_this_cpu();

	if (!chunk)
		return;
	chunk->owner = 0;
	chunk->found = 0;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_RULES && i < control.rules; i++)
		transport_meet_one(flow, packet, firing, direction, i);
}

#endif
