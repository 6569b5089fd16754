/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a rule that fires has done, and what all of them have brought about in one segment. */
#ifndef CUT_CORE_FIRING_H
#define CUT_CORE_FIRING_H

#include "../abi/vocabulary.h"
#include "language.h"

/* What is done beside cutting. */
enum cut_act {
	CUT_ACT_NONE = 0,
	CUT_ACT_ALTER,	   /* the rule's bytes of the message */
	CUT_ACT_DUPLICATE, /* the segment */
	CUT_ACT_REFUSE,	   /* the SYN */
	CUT_ACT_SIGNAL,	   /* to the process that sends the message, or reads it */
};

struct cut_plan {
	__u64 duration_ns;	     /* as the rule says, unless the fault says otherwise */
	__u16 draw;		     /* for the fault to use: random by the rule's seed */
	__u8 extent[CUT_DIRECTIONS]; /* enum cut_extent, for the flow that fired */
	__u8 service_directions; /* enum cut_direction_mask, for all other flows of the service */
	__u8 effect;		 /* enum cut_effect */
	__u8 act;		 /* enum cut_act */
};

/* What one segment brought about, for the verdict on that segment. */
struct cut_firing {
	__u64 now;     /* when it came, CLOCK_MONOTONIC; 0: nobody has asked: firing_now() */
	__u32 cut_seq; /* if it stops: where the line of that direction is cut, by whatever rule */
	__u16 duplicates; /* bit set of the rules that want a copy of it sent, each its own */
	__u8 stops;	  /* 1: the direction of the segment itself is silent, from cut_seq on */
	__u8 holds : 1;	  /* 1: it is held, and read on: all of it will be delivered */
	__u8 refused : 7; /* 1 + the rule that refuses it, a SYN; 0: none does */
	struct cut_plan plan; /* of the rule that fired last */
	__u64 until_ns;	      /* when that ends, with its grace: kept, for want of stack */
};

#endif
