/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks for the rules' patterns in the body of a message, as far as it is in this segment. */
#ifndef CUT_PROG_SEARCH_H
#define CUT_PROG_SEARCH_H

#include "../maps/chunks.h"
#include "../maps/flows.h"
#include "../maps/packets.h"
#include "../maps/rules.h"

struct cut_search {
	struct __sk_buff *skb;
	const struct cut_rule_bytes *wanted;
	__u32 offset; /* in the skb, of the first place */
	__u32 places;
	__u32 found; /* index of the place; `places`: nowhere */
};

static long search_step(__u32 index, void *context)
{
	struct cut_search *search = context;
	__u32 length = CUT_BOUND(search->wanted->pattern_length, CUT_MAX_PATTERN);
	__u8 here[CUT_MAX_PATTERN] = {0};

	if (index >= search->places ||
	    bpf_skb_load_bytes(search->skb, search->offset + index, here, length))
		return 1;
	/* Behind its length a pattern is zero, as is what was read. */
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_MAX_PATTERN; i++) {
		if (here[i] != search->wanted->pattern[i])
			return 0;
	}
	search->found = index;
	return 1;
}

/* The pattern of one rule; what is found is noted in the chunk. */
CUT_GLOBAL int message_search_one(struct __sk_buff *skb, const struct cut_packet *packet,
				  struct cut_chunk *chunk, __u32 index)
{
	struct cut_search search = {.skb = skb};
	__u32 begin, end;

	if (!packet || !chunk)
		return 0;
	index &= CUT_MAX_RULES - 1;
	search.wanted = &rule_bytes[index];
	begin = cut_seq_max(chunk->facts.begin + chunk->facts.body, packet->segment.seq);
	end = chunk->facts.end - search.wanted->pattern_length + 1;
	if (!search.wanted->pattern_length || !cut_seq_before(begin, end))
		return 0;
	search.places = end - begin;
	search.found = search.places;
	search.offset = packet->payload + begin - packet->segment.seq;
	bpf_loop(CUT_SEARCH_MAX, search_step, &search, 0);
	if (search.found == search.places) {
		if (search.places > CUT_SEARCH_MAX)
			__sync_fetch_and_add(&rule_states[index].unsearched, 1);
		return 0;
	}
	chunk->found |= 1U << index;
	chunk->found_at[index] = begin + search.found;
	return 0;
}

/* Those of every rule of the service that waits for this message. */
CUT_GLOBAL int message_search(struct __sk_buff *skb, const struct cut_packet *packet,
			      struct cut_chunk *chunk, __u8 service)
{
	if (!packet || !chunk)
		return 0;
	chunk->found = 0;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_RULES && i < control.rules; i++) {
		if (rules[i].service == service &&
		    chunk->facts.moments & 1ULL << (rules[i].moment & 63))
			message_search_one(skb, packet, chunk, i);
	}
	return 0;
}

#endif
