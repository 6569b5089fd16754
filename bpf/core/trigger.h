/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rule × facts × occurrence → does it fire. Pure. */
#ifndef CUT_CORE_TRIGGER_H
#define CUT_CORE_TRIGGER_H

#include "../abi/reasons.h"
#include "../abi/rule.h"
#include "facts.h"
#include "verdict.h"

#define CUT_NO_FILTER 0xff

CUT_INLINE bool cut_filter_is_text(const struct cut_filter *filter)
{
	return filter->kind == CUT_ATTR_TEXT || filter->kind == CUT_ATTR_PREFIX;
}

/*
 * Is `said` the wanted text, or with `kind` CUT_ATTR_PREFIX does it begin so? What is wanted is at
 * most CUT_TEXT_BYTES long.
 */
CUT_INLINE bool cut_text_matches(const struct cut_text *wanted, const struct cut_text *said,
				 __u32 kind)
{
	if (kind == CUT_ATTR_PREFIX ? said->length < wanted->length
				    : said->length != wanted->length)
		return false;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_TEXT_BYTES && i < wanted->length; i++) {
		if (wanted->byte[i] != said->byte[i])
			return false;
	}
	return true;
}

/* `texts`: set of the filters whose text the message says. */
CUT_INLINE bool cut_filter_accepts(const struct cut_rule *rule, const struct cut_facts *facts,
				   __u32 texts, __u8 index)
{
	const struct cut_filter *filter = &rule->filters[index];
	__u32 value = facts->attr[filter->attribute & (CUT_MAX_ATTRIBUTES - 1)];

	if (cut_filter_is_text(filter))
		return texts & 1U << index;
	if (filter->kind == CUT_ATTR_COMMANDS)
		return value & filter->value;
	return value == filter->value;
}

/* The message has what the filter asks for, but in a form that is not read. */
CUT_INLINE bool cut_filter_is_untold(const struct cut_filter *filter, const struct cut_facts *facts)
{
	return facts->untold & 1U << (filter->attribute & (CUT_MAX_ATTRIBUTES - 1));
}

/* Index of the first filter that refuses the facts, or CUT_NO_FILTER. */
CUT_INLINE __u8 cut_refusing_filter(const struct cut_rule *rule, const struct cut_facts *facts,
				    __u32 texts)
{
	for (__u8 i = 0; i < CUT_MAX_FILTERS; i++) {
		if (rule->filters[i].used && (cut_filter_is_untold(&rule->filters[i], facts) ||
					      !cut_filter_accepts(rule, facts, texts, i)))
			return i;
	}
	return CUT_NO_FILTER;
}

/* splitmix64 (Steele, Lea, Flood 2014): equal seeds give equal runs. */
CUT_INLINE __u32 cut_draw(__u64 seed, __u64 occurrence)
{
	__u64 z = seed + occurrence * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (__u32)((z ^ (z >> 31)) >> 32);
}

/*
 * May the rule fire at its `occurrence`-th match (from 1), having fired `fired` times?
 * The caller has counted the match and applies the result atomically.
 */
CUT_INLINE enum cut_reason cut_occurrence(const struct cut_rule *rule, __u64 occurrence,
					  __u64 fired, bool flow_used)
{
	if (rule->once_per_flow && flow_used)
		return CUT_REASON_FLOW_USED;
	if (occurrence < rule->nth)
		return CUT_REASON_BEFORE_NTH;
	if (rule->every > 1 && (occurrence - rule->nth) % rule->every)
		return CUT_REASON_NOT_EVERY;
	if (rule->times && fired >= rule->times)
		return CUT_REASON_TIMES_SPENT;
	if (rule->probability != 0xffffffff &&
	    cut_draw(rule->seed, occurrence) >= rule->probability)
		return CUT_REASON_UNLUCKY;
	return CUT_REASON_MATCHED;
}

/* Where the bytes that the rule changes begin, without a pattern. */
CUT_INLINE __u32 cut_changed_seq(const struct cut_rule *rule, const struct cut_facts *facts)
{
	return facts->begin + facts->body + rule->offset;
}

/*
 * Are so many bytes from `seq` on in the segment, and in the message? What has left in an earlier
 * one cannot be changed any more.
 */
CUT_INLINE bool cut_reaches(__u32 seq, __u32 changed, const struct cut_facts *facts,
			    const struct cut_segment *segment)
{
	__u32 end = cut_segment_payload(segment) + segment->length;

	if (cut_seq_before(facts->end, end))
		end = facts->end;
	return !cut_seq_before(seq, segment->seq) && !cut_seq_before(end, seq + changed);
}

/* The TCP sequence number at which the rule wants the direction of the message to fall silent. */
CUT_INLINE __u32 cut_wanted_seq(const struct cut_rule *rule, const struct cut_facts *facts)
{
	if (rule->position == CUT_BEFORE)
		return facts->begin;
	if (rule->position == CUT_BYTE && rule->byte < facts->end - facts->begin)
		return facts->begin + rule->byte;
	return facts->end;
}

#endif
