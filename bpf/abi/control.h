/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The controller's side of the fuse, and what of a service is cut as a whole. */
#ifndef CUT_ABI_CONTROL_H
#define CUT_ABI_CONTROL_H

#include "rule.h"

#define CUT_LEASE_NS 2000000000ULL /* rules act at most this long without a renewal */
#define CUT_LEASE_RENEWAL_NS 200000000ULL

/* Written by the controller alone. */
struct cut_control {
	__u64 lease_until_ns; /* CLOCK_MONOTONIC; later than this, everything passes */
	__u32 rules;	      /* number of rules installed */
	__u32 holds_no_more;  /* 1: the controller cannot send on what is held */
};

/* A cut with scope service, of one direction. Written by the program that fires. */
struct cut_service_cut {
	__u64 until_ns; /* CLOCK_MONOTONIC; 0: none */
	__u32 rule;
	__u32 reserved;
};

/* Written by the controller before the programs are attached. */
struct cut_service {
	__u64 reported; /* moments that are reported as events, bit set */
	__u64 armed;	/* moments that some rule waits for, bit set */
	__u64 searched; /* those of which some rule looks for a pattern in the body, bit set */
	__u8 protocol;	/* enum cut_protocol */
	__u8 parsed;	/* enum cut_direction_mask: the directions that need parsing */
	__u8 reserved[6];
};

CUT_ASSERT_SIZE(cut_control, 16);
CUT_ASSERT_SIZE(cut_service_cut, 16);
CUT_ASSERT_SIZE(cut_service, 32);

#endif
