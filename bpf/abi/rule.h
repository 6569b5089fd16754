/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A rule as installed in the kernel, and what the kernel keeps beside it. */
#ifndef CUT_ABI_RULE_H
#define CUT_ABI_RULE_H

#include "fault.h"
#include "types.h"
#include "vocabulary.h"

#define CUT_MAX_RULES 16
#define CUT_MAX_SERVICES 8   /* of a scenario */
#define CUT_MAX_FILTERS 4    /* of a rule */
#define CUT_MAX_ATTRIBUTES 8 /* that facts carry */
#define CUT_MAX_PATTERN 32   /* bytes */
#define CUT_MAX_CHANGED 120  /* bytes that one firing changes */
#define CUT_SEARCH_MAX 16384 /* places where a pattern is looked for: 0.5 ms at most */
#define CUT_MAX_TEXTS 2	     /* filters of a rule that ask for a text */
#define CUT_TEXT_BYTES 63    /* of a text, that are remembered */

/* A filter on one attribute; `kind` is enum cut_attribute_kind. */
struct cut_filter {
	/* A command: its bit set, matched by intersection. A text: which of the rule's. Else
	 * matched by equality. */
	__u32 value;
	__u8 attribute;
	__u8 kind;
	__u8 used;
	__u8 reserved;
};

/* Written by the controller before arming; constant afterwards. */
struct cut_rule {
	__u64 duration_ns; /* of the fault, from its firing */
	__u64 grace_ns;	   /* the kernel's own deadline is this much later: time for resets */
	__u64 jitter_ns;   /* each firing's duration is that much shorter or longer, at most */
	__u64 seed;
	__u32 nth;	       /* first matching message that may fire, counted from 1 */
	__u32 every;	       /* then each every-th one; never 0 */
	__u32 times;	       /* fires at most; 0: no limit */
	__u32 probability;     /* chance of each eligible match, in 1/2^32; 0xffffffff: always */
	__u32 byte;	       /* for CUT_BYTE: bytes of the message that are still delivered */
	__u8 service;	       /* index of the service */
	__u8 moment;	       /* bit number within the service's protocol */
	__u8 moment_direction; /* enum cut_direction: where the moment is seen */
	__u8 fault;	       /* enum cut_fault */
	__u8 directions;       /* enum cut_direction_mask: which the fault silences */
	__u8 position;	       /* enum cut_position */
	__u8 scope;	       /* enum cut_scope */
	__u8 heal;	       /* enum cut_heal */
	__u8 mode;	       /* enum cut_mode */
	__u8 once_per_flow;
	__u8 acks; /* enum cut_acks */
	__u8 ends; /* set of enum cut_end: who is reset */
	/* Without a gap. */
	struct cut_filter filters[CUT_MAX_FILTERS];
	__u64 rate;	   /* of the fault: bytes per second */
	__u32 byte_number; /* of the moment `bytes`: which, counted from 1 */
	__u32 offset;	   /* into the message's body, of the bytes that are changed */
	__u32 changed;	   /* bytes that are changed; at most CUT_MAX_CHANGED */
	__u8 change;	   /* enum cut_change */
	__u8 signal;	   /* number of the signal that the sender gets */
	__u8 after;	   /* 1 + index of a rule that must have fired before; 0: none */
	__u8 during;	   /* 1 + index of a rule whose fault must be on; 0: none */
};

/* A text that a message says, or a filter asks for. */
struct cut_text {
	__u8 length; /* of the whole text, 255 at most: bytes past those below are counted alone */
	__u8 byte[CUT_TEXT_BYTES];
};

/*
 * What a rule looks for in a body, writes into it, and asks for in texts. Written by the controller
 * before arming.
 */
struct cut_rule_bytes {
	__u32 pattern_length; /* 0: it looks for nothing */
	__u32 texts_used;     /* how many of `texts` */
	__u8 pattern[CUT_MAX_PATTERN];
	__u8 with[CUT_MAX_CHANGED];
	struct cut_text texts[CUT_MAX_TEXTS];
};

enum cut_rule_phase {
	CUT_RULE_OFF = 0,
	CUT_RULE_ARMED = 1,
	CUT_RULE_HEALED = 2, /* lifted by the controller: neither fires nor acts any more */
	CUT_RULE_CLOSED = 3, /* fires no more; its cuts last until they are healed */
};

/* Written by the programs (atomically); `phase` and `healed_until_ns` by the controller. */
struct cut_rule_state {
	__u64 healed_until_ns; /* cuts that were to last up to here are over; later ones are not */
	__u64 moments;	       /* messages of the rule's moment, before any filter */
	__u64 matches;	       /* of them, those that passed every filter */
	__u64 fired;	       /* times that the rule was applied */
	__u64 would_fire;      /* observe mode: times that it would have been */
	__u64 segments_swallowed;
	__u64 bytes_swallowed; /* payload */
	__u64 segments_truncated;
	__u64 segments_held;
	__u64 copies;	   /* of held segments, which TCP sent again meanwhile: swallowed */
	__u64 until_ns;	   /* end of the newest firing's fault, CLOCK_MONOTONIC */
	__u64 unsearched;  /* messages too long to look for its pattern in all of them */
	__u64 unreachable; /* matches whose bytes to change were not in reach: it did not fire */
	__u64 segments_altered;
	__u64 segments_duplicated;
	__u64 refused;	 /* SYNs */
	__u64 signalled; /* processes, from the kernel */
	__u64 untold;	 /* messages that did not tell what a filter asks for: it did not fire */
	__u64 missed[CUT_MAX_FILTERS];	     /* messages that this filter alone refused first */
	__u32 missed_value[CUT_MAX_FILTERS]; /* the newest value it refused */
	__u32 phase;			     /* enum cut_rule_phase */
	__u32 reserved;
};

CUT_ASSERT_SIZE(cut_filter, 8);
CUT_ASSERT_SIZE(cut_rule, 120);
CUT_ASSERT_SIZE(cut_text, 64);
CUT_ASSERT_SIZE(cut_rule_bytes, 288);
CUT_ASSERT_SIZE(cut_rule_state, 200);

#endif
