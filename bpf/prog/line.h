/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cut of one direction of a flow, or of a service: where several meet, the most lasting holds.
 */
#ifndef CUT_PROG_LINE_H
#define CUT_PROG_LINE_H

#include "../maps/flows.h"
#include "../maps/rules.h"
#include "../maps/services.h"

/* What is known of it beside its sequence numbers, as one word: from `extent` on. */
CUT_STATIC_ASSERT(__builtin_offsetof(struct cut_line, extent) + sizeof(__u64) ==
			  sizeof(struct cut_line),
		  "a line ends with its marks");

static __always_inline __u64 line_marks(const struct cut_line *line)
{
	__u64 marks;

	__builtin_memcpy(&marks, &line->extent, sizeof(marks));
	return marks;
}

static __always_inline bool line_is_cut(const struct cut_line *line, __u64 now)
{
	return line->extent != CUT_EXTENT_NONE && rule_cuts(line->rule, line->until_ns, now);
}

/* When its fault ends; 0: there is none. */
static __always_inline __u64 line_heals(const struct cut_line *line)
{
	return line->extent == CUT_EXTENT_NONE ? 0 : rule_heals(line->rule, line->until_ns);
}

static __always_inline bool line_lets_acks_pass(const struct cut_line *line)
{
	return line->extent != CUT_EXTENT_NONE &&
	       rules[line->rule & (CUT_MAX_RULES - 1)].acks == CUT_ACKS_PASS;
}

static __always_inline bool flow_is_cut(const struct cut_flow *flow, __u64 now)
{
	return line_is_cut(&flow->head.line[CUT_UPSTREAM], now) ||
	       line_is_cut(&flow->head.line[CUT_DOWNSTREAM], now);
}

/* What is past the cut goes to the holder, and behind it whatever comes before it is empty. */
static __always_inline bool line_queues(const struct cut_line *line)
{
	return line->effect == CUT_EFFECT_HOLD && line->held == 1 && !control.holds_no_more;
}

/* Some fault holds this direction, or has not sent on all of it. */
static __always_inline bool line_holds(const struct cut_line *line, __u64 now)
{
	return line->effect == CUT_EFFECT_HOLD && (line->held == 1 || line_is_cut(line, now));
}

/* What is held passes while its fault is on: a slow link, whose end is not that of its queue. */
static __always_inline bool line_goes_on(const struct cut_line *line)
{
	return line->effect == CUT_EFFECT_HOLD && rules[line->rule & (CUT_MAX_RULES - 1)].rate &&
	       line_is_cut(line, bpf_ktime_get_ns());
}

/* Silent as a whole, unless it is silent for longer already. */
static __always_inline void line_sever(struct cut_line *line, __u8 rule, __u64 until_ns, __u64 now)
{
	if (line->effect == CUT_EFFECT_SILENCE && line_is_cut(line, now) &&
	    rule_heals(line->rule, line->until_ns) >= rule_heals(rule, until_ns))
		return;
	/* Bytes that an earlier cut still holds stay behind one and the same mark. */
	if (line->held != 1 && !line_holds(line, now)) {
		line->cut_seq = line->delivered;
		line->held = 0;
	}
	line->rule = rule;
	line->until_ns = until_ns;
	line->deferred = 0;
	line->effect = CUT_EFFECT_SILENCE;
	line->extent = CUT_EXTENT_ALL;
}

/*
 * Silent from one sequence number on. The message that fires was let through: no cut was on, unless
 * another rule has just fired in the same segment. Then the first byte of all counts, and the fault
 * that lasts longest.
 */
static __always_inline void line_cut(struct cut_line *line, __u8 rule, __u64 until_ns,
				     __u32 cut_seq, __u64 now)
{
	bool silent = line->effect == CUT_EFFECT_SILENCE && line_is_cut(line, now);
	/* What is held is silenced with it: it cannot pass what lies before it. */
	bool holds = line_holds(line, now);

	if (!(silent || holds) || cut_seq_before(cut_seq, line->cut_seq))
		line->cut_seq = cut_seq;
	line->extent = CUT_EXTENT_FROM_SEQ;
	if (silent && rule_heals(line->rule, line->until_ns) >= rule_heals(rule, until_ns))
		return;
	if (!holds)
		line->held = 0;
	line->rule = rule;
	line->until_ns = until_ns;
	line->deferred = 0;
	line->effect = CUT_EFFECT_SILENCE;
}

/* Held from one sequence number on, or as a whole. Behind what is held already, for no less long.
 */
static __always_inline void line_hold(struct cut_line *line, __u8 rule, __u64 until_ns,
				      enum cut_extent extent, __u32 cut_seq, __u64 now)
{
	bool holds = line_holds(line, now);

	/* Silence is stronger: nothing can be sent on in it. */
	if (line->effect == CUT_EFFECT_SILENCE && line_is_cut(line, now))
		return;
	line->rule = rule;
	line->until_ns = holds && line->until_ns > until_ns ? line->until_ns : until_ns;
	if (holds)
		return;
	line->cut_seq = extent == CUT_EXTENT_ALL ? line->delivered : cut_seq;
	line->held = 0;
	line->deferred = 0;
	line->effect = CUT_EFFECT_HOLD;
	line->extent = extent;
}

static __always_inline void service_sever(__u8 service, enum cut_direction direction, __u8 rule,
					  __u64 until_ns, __u64 now)
{
	struct cut_service_cut *cut = &service_cuts[service & (CUT_SERVICE_SLOTS - 1)][direction];

	if (rule_cuts(cut->rule, cut->until_ns, now) &&
	    rule_heals(cut->rule, cut->until_ns) >= rule_heals(rule, until_ns))
		return;
	cut->rule = rule;
	cut->until_ns = until_ns;
}

static __always_inline bool service_is_cut(__u8 service, __u64 now)
{
	const struct cut_service_cut *cut = service_cuts[service & (CUT_SERVICE_SLOTS - 1)];

	return rule_cuts(cut[CUT_UPSTREAM].rule, cut[CUT_UPSTREAM].until_ns, now) ||
	       rule_cuts(cut[CUT_DOWNSTREAM].rule, cut[CUT_DOWNSTREAM].until_ns, now);
}

#endif
