/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The controller's side of the fuse, and what of a service is cut as a whole. */
#ifndef CUT_ABI_CONTROL_H
#define CUT_ABI_CONTROL_H

#include "rule.h"

/*
 * What a flow is of beside the services of the scenario, as an index of the same tables. No rule is
 * for them, nothing of them is reported.
 */
#define CUT_SERVICE_UNDECIDED 8 /* the name that its ClientHello asks for will tell */
#define CUT_SERVICE_NOBODY 9	/* of no service: it is forgotten */
#define CUT_SERVICE_SLOTS 16	/* a power of two */

/*
 * Where services are told by name: the value of the map `services` is CUT_SERVICE_UNDECIDED, and
 * above these bits the set of them.
 */
#define CUT_SERVICE_NAMED_SHIFT 8

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
	__u64 reported;	   /* moments that are reported as events, bit set */
	__u64 armed;	   /* moments that some rule waits for, bit set */
	__u64 searched;	   /* those of which some rule looks for a pattern in the body, bit set */
	__u8 protocol;	   /* enum cut_protocol */
	__u8 parsed;	   /* enum cut_direction_mask: the directions that need parsing */
	__u16 name_length; /* 0: it is told by its address */
	/* Of a trace that measures: bit numbers of a moment and of the one that answers it; else
	 * both are 0. */
	__u8 asks;
	__u8 answers;
	__u8 reserved[2];
	__u64 name_hash; /* FNV-1a of its name in lower case (proto/tls_hello.h) */
};

CUT_STATIC_ASSERT(CUT_SERVICE_UNDECIDED == CUT_MAX_SERVICES, "they follow the scenario's");

CUT_ASSERT_SIZE(cut_control, 16);
CUT_ASSERT_SIZE(cut_service_cut, 16);
CUT_ASSERT_SIZE(cut_service, 40);

#endif
