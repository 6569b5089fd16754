/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts -> trigger -> cut. Protocol-blind: moments are bits, attributes are numbers. */
#ifndef CUT_PROG_FIRE_H
#define CUT_PROG_FIRE_H

#include "../core/firing.h"
#include "../core/trigger.h"
#include "../maps/rules.h"
#include "alter.h"
#include "generated/fault_actions.h"
#include "line.h"
#include "protocol.h"
#include "report.h"

static __always_inline __u64 firing_now(struct cut_firing *firing)
{
	if (!firing->now)
		firing->now = bpf_ktime_get_ns();
	return firing->now;
}

static __always_inline void rule_plan(const struct cut_rule *rule, struct cut_plan *plan)
{
	switch ((enum cut_fault)rule->fault) {
#define X(name, upper)                                                                             \
	case CUT_FAULT_##upper:                                                                    \
		cut_fault_##name(rule, plan);                                                      \
		break;
		CUT_FAULTS(X)
#undef X
	case CUT_FAULT_COUNT:
		break;
	}
}

/* Set of the rule's filters whose text the message says. With a stack of its own. */
CUT_GLOBAL int rule_texts(const struct cut_flow *flow, __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	const struct cut_rule_bytes *bytes = &rule_bytes[index & (CUT_MAX_RULES - 1)];
	__u32 said = 0;

	if (!flow)
		return 0;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_FILTERS; i++) {
		const struct cut_filter *filter = &rule->filters[i];
		const struct cut_text *text;

		if (!filter->used || !cut_filter_is_text(filter))
			continue;
		text = protocol_text(flow, rule->moment_direction & 1, filter->attribute);
		if (text && cut_text_matches(&bytes->texts[filter->value & (CUT_MAX_TEXTS - 1)],
					     text, filter->kind))
			said |= 1U << i;
	}
	return said;
}

/* Notes the filter that refused the facts, and why. With a stack of its own. */
CUT_GLOBAL int rule_misses(const struct cut_facts *facts, __u32 index, __u32 refusing)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_rule_state *state = &rule_states[index & (CUT_MAX_RULES - 1)];
	const struct cut_filter *filter = &rule->filters[refusing & (CUT_MAX_FILTERS - 1)];

	if (!facts)
		return 0;
	if (cut_filter_is_untold(filter, facts)) {
		__sync_fetch_and_add(&state->untold, 1);
		count(CUT_COUNT_FILTERS_UNTOLD);
		return 0;
	}
	refusing &= CUT_MAX_FILTERS - 1;
	state->missed_value[refusing] = facts->attr[filter->attribute & (CUT_MAX_ATTRIBUTES - 1)];
	__sync_fetch_and_add(&state->missed[refusing], 1);
	return 0;
}

/* How often it has fired. */
static __always_inline __u64 *rule_firings(const struct cut_rule *rule,
					   struct cut_rule_state *state)
{
	return rule->mode == CUT_OBSERVE ? &state->would_fire : &state->fired;
}

/*
 * Counts the match; is it the rule's turn? Atomic, because flows on other CPUs match the same rule.
 * With a stack of its own, off that of acting.
 */
CUT_GLOBAL int rule_decide(const struct cut_flow *flow, const struct cut_facts *facts, __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_rule_state *state = &rule_states[index & (CUT_MAX_RULES - 1)];
	__u64 occurrence;
	__u32 texts = 0;
	__u8 refusing = CUT_NO_FILTER;

	if (!flow || !facts)
		return CUT_REASON_NONE;
	__sync_fetch_and_add(&state->moments, 1);
	if (rule->filters[0].used) {
		if (rule_bytes[index & (CUT_MAX_RULES - 1)].texts_used)
			texts = rule_texts(flow, index);
		refusing = cut_refusing_filter(rule, facts, texts);
	}
	if (refusing < CUT_MAX_FILTERS) {
		rule_misses(facts, index, refusing);
		return CUT_REASON_FILTERED;
	}
	occurrence = __sync_fetch_and_add(&state->matches, 1) + 1;
	return cut_occurrence(rule, occurrence, *rule_firings(rule, state),
			      flow->head.fired & 1U << index);
}

/*
 * Counts the firing. False: other CPUs have used up the last one meanwhile, or nobody may be there
 * to end what the rule would begin. That takes the clock, so it is asked at a rule's turn alone.
 * With a stack of its own.
 */
CUT_GLOBAL int rule_takes_turn(struct cut_firing *firing, __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	__u64 *fired = rule_firings(rule, &rule_states[index & (CUT_MAX_RULES - 1)]);

	if (!firing)
		return false;
	if (!lease_holds(firing_now(firing))) {
		count(CUT_COUNT_LEASE_LAPSED);
		return false;
	}
	if (__sync_fetch_and_add(fired, 1) < rule->times || !rule->times)
		return true;
	__sync_fetch_and_add(fired, -1);
	return false;
}

/* It waits for another rule, which has not fired, or whose fault is over. */
static __always_inline bool rule_is_gated(const struct cut_rule *rule, struct cut_firing *firing)
{
	const struct cut_rule_state *state;

	if (rule->after) {
		state = &rule_states[(rule->after - 1) & (CUT_MAX_RULES - 1)];
		if (!state->fired && !state->would_fire)
			return true;
	}
	if (rule->during) {
		state = &rule_states[(rule->during - 1) & (CUT_MAX_RULES - 1)];
		return !rule_cuts(rule->during - 1, state->until_ns, firing_now(firing));
	}
	return false;
}

/*
 * Where the bytes that the rule changes begin; false: not all of them are in this segment, and in
 * the message.
 */
static __always_inline bool rule_reaches(const struct cut_rule *rule, __u32 index,
					 const struct cut_packet *packet,
					 const struct cut_facts *facts, __u32 *seq)
{
	*seq = cut_changed_seq(rule, facts);
	if (rule_bytes[index].pattern_length) {
		struct cut_chunk *chunk = chunk_of_this_cpu();

		if (!chunk || !(chunk->found & 1U << index))
			return false;
		*seq = chunk->found_at[index] + rule->offset;
	}
	return cut_reaches(*seq, rule->changed, facts, &packet->segment);
}

/* Asked about every message that is read as it passes: rule_approaches() would say MATCHED. */
static __always_inline bool rule_is_plain(const struct cut_rule *rule,
					  const struct cut_facts *facts)
{
	return !rule->after && !rule->during && !rule->changed && facts->begin != facts->end;
}

/*
 * Why the rule is not asked about the message at all; else MATCHED, and where it would act. With a
 * stack of its own.
 */
CUT_GLOBAL int rule_approaches(const struct cut_packet *packet, const struct cut_facts *facts,
			       struct cut_firing *firing, struct cut_mention *mention, __u32 index)
{
	const struct cut_rule *rule;
	bool passed;

	if (!packet || !facts || !firing || !mention)
		return CUT_REASON_NONE;
	index &= CUT_MAX_RULES - 1;
	rule = &rules[index];
	if (rule_is_gated(rule, firing))
		return CUT_REASON_GATED;
	mention->cut_seq = cut_wanted_seq(rule, facts);
	/* What was read inside of TLS has passed as a whole (flow_meet_heard). */
	passed = rule->position != CUT_AFTER && facts->begin == facts->end &&
		 rule->moment < CUT_TRANSPORT_FIRST;
	if (passed ||
	    (rule->changed && !rule_reaches(rule, index, packet, facts, &mention->cut_seq))) {
		__sync_fetch_and_add(&rule_states[index].moments, 1);
		__sync_fetch_and_add(&rule_states[index].unreachable, 1);
		return CUT_REASON_UNREACHABLE;
	}
	return CUT_REASON_MATCHED;
}

/* What the rule's fault does, this time. */
CUT_GLOBAL int firing_plan(struct cut_firing *firing, __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_rule_state *state = &rule_states[index & (CUT_MAX_RULES - 1)];

	if (!firing)
		return 0;
	__builtin_memset(&firing->plan, 0, sizeof(firing->plan));
	firing->plan.duration_ns = rule->duration_ns;
	firing->plan.draw = cut_draw(~rule->seed, state->fired) >> 16;
	rule_plan(rule, &firing->plan);
	firing->until_ns = firing->now + firing->plan.duration_ns + rule->grace_ns;
	state->until_ns = firing->until_ns;
	return 0;
}

/* False: too many are due already. */
static __always_inline bool flow_will_signal(struct cut_flow *flow, enum cut_direction direction,
					     __u32 index, __u32 seq)
{
	__u64 due = cut_due_signal(direction, index, seq);

	CUT_NO_UNROLL
	for (int i = 0; i < CUT_MAX_DUE_SIGNALS; i++) {
		/* The sender may be taking one out at the same time. */
		if (!__sync_val_compare_and_swap(&flow->signals[i], 0, due))
			return true;
	}
	return false;
}

/* What it does beside cutting. */
CUT_GLOBAL int flow_act_on(struct cut_flow *flow, struct cut_firing *firing, __u32 index, __u32 seq)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	enum cut_direction direction = rule->moment_direction & 1;

	if (!flow || !firing)
		return 0;
	switch ((enum cut_act)firing->plan.act) {
	case CUT_ACT_NONE:
		break;
	case CUT_ACT_ALTER:
		if (!flow_will_alter(flow, direction, index, seq, rule->changed))
			count(CUT_COUNT_ALTER_FAILED);
		break;
	case CUT_ACT_DUPLICATE:
		firing->duplicates |= 1U << (index & (CUT_MAX_RULES - 1));
		break;
	case CUT_ACT_REFUSE:
		firing->refused = index + 1;
		break;
	case CUT_ACT_SIGNAL:
		if (!flow_will_signal(flow, direction, index, seq))
			count(CUT_COUNT_SIGNAL_FAILED);
		break;
	}
	return 0;
}

/* Silences what it wants silent. With a stack of its own, off that of reporting. */
CUT_GLOBAL int flow_cut(struct cut_flow *flow, struct cut_firing *firing, __u32 index,
			__u32 cut_seq)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	const struct cut_plan *plan;

	if (!flow || !firing)
		return 0;
	plan = &firing->plan;
	CUT_NO_UNROLL
	for (int direction = 0; direction < CUT_DIRECTIONS; direction++) {
		struct cut_line *line = &flow->head.line[direction];
		enum cut_extent extent = plan->extent[direction];

		if (extent != CUT_EXTENT_NONE && plan->effect == CUT_EFFECT_HOLD)
			line_hold(line, index, firing->until_ns, extent, cut_seq, firing->now);
		else if (extent == CUT_EXTENT_FROM_SEQ)
			line_cut(line, index, firing->until_ns, cut_seq, firing->now);
		else if (extent == CUT_EXTENT_ALL)
			line_sever(line, index, firing->until_ns, firing->now);
		if (extent != CUT_EXTENT_NONE && direction == rule->moment_direction) {
			firing->stops = line->effect == CUT_EFFECT_SILENCE;
			firing->holds = line->effect == CUT_EFFECT_HOLD;
			firing->cut_seq = line->cut_seq;
		}
		if (plan->service_directions & 1 << direction)
			service_sever(rule->service, direction, index, firing->until_ns,
				      firing->now);
	}
	return 0;
}

/* One armed rule meets the facts of one message. */
CUT_GLOBAL int rule_meets(struct cut_flow *flow, const struct cut_packet *packet,
			  struct cut_facts *facts, struct cut_firing *firing, __u32 index)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_rule_state *state = &rule_states[index & (CUT_MAX_RULES - 1)];
	struct cut_mention mention = {.direction = rule->moment_direction, .rule = index};
	bool plain;

	if (!flow || !packet || !facts || !firing)
		return 0;
	if (state->phase != CUT_RULE_ARMED || rule->service != flow->head.service ||
	    !(facts->moments & 1ULL << (rule->moment & 63)))
		return 0;
	plain = rule_is_plain(rule, facts);
	if (!plain && rule_approaches(packet, facts, firing, &mention, index) != CUT_REASON_MATCHED)
		return 0;
	if (rule_decide(flow, facts, index) != CUT_REASON_MATCHED ||
	    !rule_takes_turn(firing, index))
		return 0;
	if (plain)
		mention.cut_seq = cut_wanted_seq(rule, facts);
	/* The other direction may fire on another CPU. */
	__sync_fetch_and_or(&flow->head.fired, 1U << (index & (CUT_MAX_RULES - 1)));
	/* What left in earlier segments cannot be taken back. */
	if (cut_seq_before(mention.cut_seq, packet->segment.seq)) {
		mention.cut_seq = packet->segment.seq;
		facts->flags |= CUT_FACT_LATE;
	}
	if (rule->mode == CUT_OBSERVE) {
		firing_plan(firing, index);
		mention.kind = CUT_EVENT_WOULD_FIRE;
		report_facts(flow, packet, facts, &mention);
		return 0;
	}
	firing_plan(firing, index);
	flow_cut(flow, firing, index, mention.cut_seq);
	flow_act_on(flow, firing, index, mention.cut_seq);
	if (rule->moment < CUT_TRANSPORT_FIRST &&
	    cut_seq_before(facts->end, cut_segment_end(&packet->segment)))
		facts->flags |= CUT_FACT_COLLATERAL;
	mention.kind = CUT_EVENT_FIRED;
	if (capturing)
		__sync_fetch_and_or(&flow->fired_now, 1U << (index & (CUT_MAX_RULES - 1)));
	report_facts(flow, packet, facts, &mention);
	return 0;
}

/* Shows one message's facts to every rule; the first that cuts the segment's direction ends it. */
static __always_inline void rules_meet(struct cut_flow *flow, const struct cut_packet *packet,
				       struct cut_facts *facts, struct cut_firing *firing)
{
	if (only_looks)
		return;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_RULES && i < control.rules && !firing->stops; i++)
		rule_meets(flow, packet, facts, firing, i);
}

#endif
